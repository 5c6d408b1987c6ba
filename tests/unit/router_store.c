/* SPDX-License-Identifier: MIT */
/* Joining, instances, accepting commands: the store but for deliveries. */
#include "tests/unit/store_world.h"

#include "router/store_priv.h"

/* --- joining ------------------------------------------------------------ */

static struct store_instance_enroll
enroll(struct world *w, const char *token, const char *key, int rc)
{
	char id[ULID_TEXT_BYTES];
	ulid_new(id);
	struct store_job *j = world_job(STORE_instance_enroll);
	j->instance_enroll =
	    (struct store_instance_enroll){ .token_sha256 = token,
		    .id = arena_strdup(w->a, id),
		    .public_key = key,
		    .now = w->now };
	world_do(w, j, rc);
	struct store_instance_enroll r = j->instance_enroll;
	if (rc == 0) {
		r.instance.id = arena_strdup(w->a, r.instance.id);
		r.instance.state = arena_strdup(w->a, r.instance.state);
		r.instance.bundle = arena_strdup(w->a, r.instance.bundle);
	}
	store_job_free(&j);
	return r;
}

static void
a_token_lets_in_as_often_as_it_says(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	world_token(&w, "t", 2, 1000);
	enroll(&w, "none", "k0", ERR_DIGEST);
	struct store_instance_enroll one = enroll(&w, "t", "k1", 0);
	assert_true(one.is_new);
	assert_string_equal(one.instance.bundle, "web");
	assert_string_equal(one.instance.state, "pending");
	enroll(&w, "t", "k2", 0);
	enroll(&w, "t", "k3", ERR_STATE);
	/* The same machine again, though the token is used up. */
	struct store_instance_enroll again = enroll(&w, "t", "k1", 0);
	assert_false(again.is_new);
	assert_string_equal(again.instance.id, one.instance.id);
	w.now += 2000;
	enroll(&w, "t", "k4", ERR_STATE);
	world_free(&w);
}

static void
set_revoked(struct world *w, const char *id, int revoked)
{
	struct store_job *j = world_job(STORE_instance_change);
	j->instance_change = (struct store_instance_change){
		.id = id, .revoked = revoked, .now = w->now
	};
	world_do(w, j, 0);
	assert_int_equal(
	    j->instance_change.instance.revoked_at, revoked ? w->now : 0);
	store_job_free(&j);
}

static void
a_revoked_key_does_not_join_and_is_not_found_by_tags(void **state)
{
	(void)state;
	struct world w;
	struct store_tagged_list l;
	struct tag_query q = { .match = TAG_MATCH_ALL };
	struct err e = { 0 };
	world_new(&w);
	world_token(&w, "t", 9, 1000);
	struct store_instance_enroll one = enroll(&w, "t", "k1", 0);
	world_tag(&w, one.instance.id, "a:b=c", NULL, 0);
	assert_int_equal(tag_query_add(&q, STR("a:b=c"), &e), 0);
	set_revoked(&w, one.instance.id, 1);
	enroll(&w, "t", "k1", ERR_EXISTS);
	assert_int_equal(store_tag_query(w.store, 0, w.a,
			     &(struct store_tag_query){ .tags = &q },
			     &(struct store_page){ 0 }, &l, &e),
	    0);
	assert_int_equal(l.len, 0);
	set_revoked(&w, one.instance.id, 0);
	enroll(&w, "t", "k1", 0);
	world_free(&w);
}

static void
instances_are_found_by_id_key_and_unique_name(void **state)
{
	(void)state;
	struct world w;
	struct store_instance i;
	struct err e = { 0 };
	world_new(&w);
	const char *id = world_join(&w, "web-1", "default", NULL);
	world_join(&w, "twin", "default", NULL);
	world_join(&w, "twin", "other", NULL);
	assert_int_equal(
	    store_instance_resolve(w.store, 0, w.a, "web-1", &i, &e), 0);
	assert_string_equal(i.id, id);
	assert_int_equal(
	    store_instance_resolve(w.store, 0, w.a, id, &i, &e), 0);
	assert_int_equal(
	    store_instance_find_key(w.store, 0, w.a, i.public_key, &i, &e), 0);
	assert_string_equal(i.id, id);
	assert_int_equal(
	    store_instance_resolve(w.store, 0, w.a, "twin", &i, &e), ERR_STATE);
	assert_int_equal(
	    store_instance_resolve(w.store, 0, w.a, "no", &i, &e), ERR_ABSENT);
	world_free(&w);
}

static void
instances_are_listed_by_name_in_pages(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	struct store_instance_list l = { 0 };
	static const char *const names[] = { "c", "a", "b", "a", "d" };
	static const char *const sorted[] = { "a", "a", "b", "c", "d" };
	world_new(&w);
	for (size_t i = 0; i < 5; i++)
		world_join(&w, names[i], i == 4 ? "other" : "default", NULL);
	size_t seen = 0;
	struct store_page page = { .limit = 2 };
	do {
		assert_int_equal(store_instance_list(w.store, 0, w.a, NULL,
				     NULL, NULL, &page, &l, &e),
		    0);
		for (size_t i = 0; i < l.len; i++)
			assert_string_equal(l.items[i].name, sorted[seen++]);
		page.cursor = l.next;
	} while (l.next != NULL);
	assert_int_equal(seen, 5);
	page = (struct store_page){ 0 };
	assert_int_equal(store_instance_list(w.store, 0, w.a, "other", NULL,
			     NULL, &page, &l, &e),
	    0);
	assert_int_equal(l.len, 1);
	page.cursor = "%%%";
	assert_int_equal(store_instance_list(
			     w.store, 0, w.a, NULL, NULL, NULL, &page, &l, &e),
	    ERR_INVALID);
	world_free(&w);
}

static void
a_deleted_instance_leaves_its_deliveries_ended(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "n", "default", "a:b=c");
	const char *waits = world_cid(&w), *has = world_cid(&w);
	world_submit(
	    &w, &(struct ask){ .cid = waits, .ids = &id, .ids_len = 1 }, 0);
	world_submit(
	    &w, &(struct ask){ .cid = has, .ids = &id, .ids_len = 1 }, 0);
	world_poll(&w, id, &(struct say){ .received = has });
	struct store_job *j = world_job(STORE_instance_delete);
	j->instance_delete =
	    (struct store_instance_delete){ .id = id, .now = w.now };
	world_do(&w, j, 0);
	assert_int_equal(j->instance_delete.ended, 2);
	store_job_free(&j);
	assert_int_equal(world_state(&w, waits, id), DELIVERY_expired);
	assert_int_equal(world_state(&w, has, id), DELIVERY_lost);
	struct store_tags t;
	struct err e = { 0 };
	assert_int_equal(store_tags_of(w.store, 0, w.a, id, &t, &e), 0);
	assert_int_equal(t.len, 0);
	world_free(&w);
}

/* --- accepting ---------------------------------------------------------- */

static void
a_repeat_gets_the_same_answer_another_content_is_refused(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "n", "default", NULL);
	struct ask ask = { .cid = world_cid(&w), .ids = &id, .ids_len = 1 };
	struct store_command_accept r = world_submit(&w, &ask, 0);
	assert_true(r.is_new);
	assert_int_equal(r.matched, 1);
	world_poll(&w, id, &(struct say){ .received = ask.cid });
	r = world_submit(&w, &ask, 0);
	assert_false(r.is_new);
	assert_int_equal(r.matched, 1);
	assert_int_equal(world_state(&w, ask.cid, id), DELIVERY_granted);
	ask.name = "app::other";
	world_submit(&w, &ask, ERR_EXISTS);
	world_free(&w);
}

static void
all_reaches_everyone_who_matches_in_reach(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *a = world_join(&w, "a", "default", "app:on=1");
	const char *b = world_join(&w, "b", "default", "app:on=2");
	const char *c = world_join(&w, "c", "other", "app:on=1");
	world_set_online(&w, b, true);
	static const struct {
		const char *tag, *reach;
		bool online_only;
		int want; /* bits of a, b, c */
	} table[] = {
		{ "app:on=1", NULL, false, 5 },
		{ "app:on=*", NULL, false, 7 },
		{ "app:on=*", "default", false, 3 },
		{ "app:on=*", NULL, true, 2 },
		{ "app:off=1", NULL, false, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *cid = world_cid(&w);
		struct store_command_accept r = world_submit(&w,
		    &(struct ask){ .cid = cid,
			.tag = table[i].tag,
			.reach = table[i].reach,
			.online_only = table[i].online_only },
		    0);
		int got = (world_state(&w, cid, a) == DELIVERY_queued) +
			  (world_state(&w, cid, b) == DELIVERY_queued) * 2 +
			  (world_state(&w, cid, c) == DELIVERY_queued) * 4;
		assert_int_equal(got, table[i].want);
		assert_int_equal(
		    r.matched, __builtin_popcount((unsigned)table[i].want));
	}
	world_submit(&w,
	    &(struct ask){ .cid = world_cid(&w),
		.tag = "app:off=1",
		.require_match = true },
	    ERR_ABSENT);
	world_free(&w);
}

static void
an_expired_command_is_not_accepted(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "n", "default", NULL);
	world_submit(&w,
	    &(struct ask){
		.cid = world_cid(&w), .ids = &id, .ids_len = 1, .ttl_ms = -1 },
	    ERR_INVALID);
	world_free(&w);
}

/* any prefers who is online, then who has the least to do. */
static void
any_takes_the_least_busy_one_that_is_online(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *a = world_join(&w, "a", "default", "app:on=1");
	const char *b = world_join(&w, "b", "default", "app:on=1");
	world_join(&w, "c", "default", "app:on=1");
	world_set_online(&w, a, true);
	world_set_online(&w, b, true);
	world_submit(&w,
	    &(struct ask){ .cid = world_cid(&w), .ids = &a, .ids_len = 1 }, 0);
	for (int i = 0; i < 5; i++) {
		const char *cid = world_cid(&w);
		world_submit(&w,
		    &(struct ask){ .cid = cid, .tag = "app:on=1", .any = true },
		    0);
		assert_int_equal(world_state(&w, cid, b), DELIVERY_queued);
		world_poll(&w, b,
		    &(struct say){ .result_cid = cid, .result = DELIVERY_ok });
	}
	world_free(&w);
}

static void
any_without_a_match_waits_for_the_first_that_comes(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	const char *cid = world_cid(&w), *late = world_cid(&w);
	struct store_command_accept r = world_submit(
	    &w, &(struct ask){ .cid = cid, .tag = "app:on=1", .any = true }, 0);
	world_submit(&w,
	    &(struct ask){
		.cid = late, .tag = "app:on=9", .any = true, .ttl_ms = 5000 },
	    0);
	assert_true(r.waiting);
	assert_int_equal(r.matched, 0);
	world_tag(&w, id, "app:on=1", NULL, 0);
	world_sweep(&w);
	assert_int_equal(world_state(&w, cid, id), DELIVERY_queued);
	/* What nobody matched in time is done without a delivery. */
	w.now += 5001;
	world_sweep(&w);
	struct store_command c;
	struct err e = { 0 };
	assert_int_equal(store_command_find(w.store, 0, w.a, late, &c, &e), 0);
	assert_true(c.done);
	assert_false(c.waiting);
	assert_int_equal(c.matched, 0);
	world_free(&w);
}

static void
a_waiting_command_survives_a_restart(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	const char *cid = world_cid(&w);
	world_submit(
	    &w, &(struct ask){ .cid = cid, .tag = "app:on=1", .any = true }, 0);
	store_close(&w.store);
	world_open(&w);
	world_tag(&w, id, "app:on=1", NULL, 0);
	world_sweep(&w);
	assert_int_equal(world_state(&w, cid, id), DELIVERY_queued);
	world_free(&w);
}

static void
a_full_disk_refuses_new_work_and_lets_results_pass(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	const char *cid = world_cid(&w);
	world_submit(
	    &w, &(struct ask){ .cid = cid, .ids = &id, .ids_len = 1 }, 0);
	store_close(&w.store);
	w.free_min = INT64_MAX / 2; /* more than any disk has */
	world_open(&w);
	world_submit(&w,
	    &(struct ask){ .cid = world_cid(&w), .ids = &id, .ids_len = 1 },
	    ERR_LIMIT);
	assert_true(
	    world_poll(&w, id, &(struct say){ .received = cid }).granted);
	assert_true(world_poll(
	    &w, id, &(struct say){ .result_cid = cid, .result = DELIVERY_ok })
			.acked);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_lets_in_as_often_as_it_says),
		cmocka_unit_test(
		    a_revoked_key_does_not_join_and_is_not_found_by_tags),
		cmocka_unit_test(instances_are_found_by_id_key_and_unique_name),
		cmocka_unit_test(instances_are_listed_by_name_in_pages),
		cmocka_unit_test(
		    a_deleted_instance_leaves_its_deliveries_ended),
		cmocka_unit_test(
		    a_repeat_gets_the_same_answer_another_content_is_refused),
		cmocka_unit_test(all_reaches_everyone_who_matches_in_reach),
		cmocka_unit_test(an_expired_command_is_not_accepted),
		cmocka_unit_test(any_takes_the_least_busy_one_that_is_online),
		cmocka_unit_test(
		    any_without_a_match_waits_for_the_first_that_comes),
		cmocka_unit_test(a_waiting_command_survives_a_restart),
		cmocka_unit_test(
		    a_full_disk_refuses_new_work_and_lets_results_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
