/* SPDX-License-Identifier: MIT */
/* Audits, bundles, events, operators, what is used once, old rows. */
#include "tests/unit/store_world.h"

#include "router/store_priv.h"

/* --- audits ------------------------------------------------------------- */

static struct store_audit_put
audit_put(struct world *w, const char *aid, const char *id, bool closed,
    int64_t text_bytes, int rc)
{
	struct store_job *j = world_job(STORE_audit_put);
	j->audit_put.now = w->now;
	j->audit_put.audit = (struct store_audit){ .aid = aid,
		.id = id,
		.kind = "remote",
		.summary = "app::deploy",
		.status = closed ? "completed" : "running",
		.started_at = w->now,
		.updated = -1,
		.bytes = { text_bytes, -1 },
		.closed = closed };
	world_do(w, j, rc);
	struct store_audit_put r = j->audit_put;
	store_job_free(&j);
	return r;
}

static int64_t
append(struct world *w, const char *aid, const char *id, int64_t offset,
    const char *text, int rc)
{
	struct store_job *j = world_job(STORE_audit_append);
	j->audit_append = (struct store_audit_append){ .aid = aid,
		.id = id,
		.part = STORE_PART_TEXT,
		.offset = offset,
		.bytes = str_from(text),
		.now = w->now };
	world_do(w, j, rc);
	int64_t length = j->audit_append.length;
	store_job_free(&j);
	return length;
}

static void
parts_grow_by_offset_and_repeats_do_no_harm(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	world_new(&w);
	append(&w, "A", "I", 0, "x", ERR_ABSENT);
	audit_put(&w, "A", "I", false, -1, 0);
	audit_put(&w, "A", "J", false, -1, ERR_EXISTS);
	assert_int_equal(append(&w, "A", "I", 0, "hello ", 0), 6);
	assert_int_equal(append(&w, "A", "I", 6, "world", 0), 11);
	assert_int_equal(append(&w, "A", "I", 6, "world", 0), 11);
	assert_int_equal(append(&w, "A", "I", 6, "other", ERR_STATE), 11);
	assert_int_equal(append(&w, "A", "I", 20, "gap", ERR_STATE), 11);
	append(&w, "A", "J", 11, "alien", ERR_ABSENT);
	struct store_audit_put r = audit_put(&w, "A", "I", true, 12, ERR_STATE);
	assert_int_equal(r.here[STORE_PART_TEXT], 11);
	audit_put(&w, "A", "I", true, 11, 0);
	audit_put(&w, "A", "I", true, 11, 0);
	audit_put(&w, "A", "I", false, -1, ERR_STATE);
	append(&w, "A", "I", 11, "late", ERR_STATE);
	for (int64_t at = 0; at <= 11; at++) {
		AUTO_BUF struct buf b = BUF_INIT(100);
		int64_t length;
		bool closed;
		assert_int_equal(
		    store_audit_read(w.store, 0, "A", STORE_PART_TEXT, at, 4,
			&b, &length, &closed, &e),
		    0);
		assert_true(closed);
		assert_int_equal(length, 11);
		assert_int_equal(b.len, at + 4 <= 11 ? 4 : 11 - at);
		assert_memory_equal(buf_text(&b), &"hello world"[at], b.len);
	}
	world_free(&w);
}

static void
audits_are_listed_newest_first_and_purged_oldest_first(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	struct store_audit_list l;
	world_new(&w);
	int64_t start = w.now;
	static const char *const aids[] = { "A", "B", "C", "D" };
	for (size_t i = 0; i < 4; i++, w.now += i == 2) /* two of an age */
		audit_put(&w, aids[i], i % 2 ? "I" : "J", false, -1, 0);
	struct store_page page = { .limit = 3 };
	struct store_audit_filter f = { 0 };
	assert_int_equal(
	    store_audit_list(w.store, 0, w.a, &f, &page, &l, &e), 0);
	assert_int_equal(l.len, 3);
	assert_string_equal(l.items[0].aid, "D");
	page.cursor = l.next;
	assert_int_equal(
	    store_audit_list(w.store, 0, w.a, &f, &page, &l, &e), 0);
	assert_int_equal(l.len, 1);
	assert_string_equal(l.items[0].aid, "A");
	assert_null(l.next);
	page.cursor = NULL;
	f.id = "I";
	assert_int_equal(
	    store_audit_list(w.store, 0, w.a, &f, &page, &l, &e), 0);
	assert_int_equal(l.len, 2);
	append(&w, "A", "J", 0, "x", 0);
	struct store_job *j = world_job(STORE_audit_purge);
	j->audit_purge =
	    (struct store_audit_purge){ .before = start + 1, .max = 100 };
	world_do(&w, j, 0);
	assert_int_equal(j->audit_purge.done, 2);
	store_job_free(&j);
	append(&w, "A", "J", 1, "x", ERR_ABSENT);
	world_free(&w);
}

/* --- the rest ----------------------------------------------------------- */

static void
push(struct world *w, int64_t serial, const char *envelope, int rc)
{
	struct store_job *j = world_job(STORE_bundle_put);
	j->bundle_put.bundle = (struct store_bundle){ .name = "web",
		.sha256 = "aa",
		.envelope = envelope,
		.serial = serial,
		.bytes = 5,
		.pushed_at = w->now };
	world_do(w, j, rc);
	store_job_free(&j);
}

static void
serials_of_a_bundle_rise_and_its_archive_comes_first(void **state)
{
	(void)state;
	struct world w;
	struct store_bundle b;
	struct store_bundle_list l;
	struct err e = { 0 };
	world_new(&w);
	push(&w, 5, "{}", ERR_ABSENT);
	for (int i = 0; i < 2; i++) {
		struct store_job *j = world_job(STORE_artefact_put);
		j->artefact_put = (struct store_artefact_put){
			.sha256 = "aa", .bytes = 5, .now = w.now
		};
		world_do(&w, j, 0);
		assert_int_equal(j->artefact_put.is_new, i == 0);
		store_job_free(&j);
	}
	push(&w, 5, "{}", 0);
	push(&w, 5, "{}", 0); /* a repeat */
	push(&w, 5, "{1}", ERR_STATE);
	push(&w, 4, "{}", ERR_STATE);
	push(&w, 6, "{2}", 0);
	assert_int_equal(store_bundle_find(w.store, 0, w.a, "web", &b, &e), 0);
	assert_int_equal(b.serial, 6);
	assert_int_equal(store_bundle_list(w.store, 0, w.a, &l, &e), 0);
	assert_int_equal(l.len, 1);
	assert_string_equal(l.items[0].envelope, "{2}");
	assert_int_equal(
	    store_bundle_find(w.store, 0, w.a, "db", &b, &e), ERR_ABSENT);
	world_free(&w);
}

static void
nonces_and_assertions_count_once(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	AUTO_BUF struct buf b = BUF_INIT(256), old = BUF_INIT(256);
	store_nonce_new(w.store, 60000, &b);
	store_nonce_new(w.store, -1, &old);
	assert_false(store_nonce_use(w.store, "made up"));
	assert_false(store_nonce_use(w.store, buf_text(&old)));
	assert_true(store_nonce_use(w.store, buf_text(&b)));
	assert_false(store_nonce_use(w.store, buf_text(&b)));
	int64_t until = clock_now_ms() + 60000;
	assert_true(store_once(w.store, "jti", until));
	assert_false(store_once(w.store, "jti", until));
	assert_false(store_nonce_use(w.store, "jti"));
	world_free(&w);
}

static void
operators_are_found_by_the_digest_of_their_token(void **state)
{
	(void)state;
	struct world w;
	struct store_operator o;
	struct err e = { 0 };
	world_new(&w);
	static const char *const hashes[] = { "h1", "h2" };
	for (size_t i = 0; i < 2; i++) { /* the second replaces the first */
		struct store_job *j = world_job(STORE_operator_put);
		j->operator_put = (struct store_operator_put){ .name = "ann",
			.sha256 = hashes[i],
			.scopes = "read|run",
			.now = w.now };
		world_do(&w, j, 0);
		store_job_free(&j);
	}
	assert_int_equal(
	    store_operator_find(w.store, 0, w.a, "h1", &o, &e), ERR_ABSENT);
	assert_int_equal(store_operator_find(w.store, 0, w.a, "h2", &o, &e), 0);
	assert_string_equal(o.scopes, "read|run");
	world_free(&w);
}

static void
events_go_on_after_a_restart_and_end_after_their_time(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	struct store_event_list l;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	int64_t last = store_event_last(w.store);
	assert_true(last > 0);
	store_close(&w.store);
	world_open(&w);
	assert_int_equal(store_event_last(w.store), last);
	world_tag(&w, id, "a:b=c", NULL, 0);
	assert_int_equal(
	    store_event_list(w.store, 0, w.a, last, 10, &l, &e), 0);
	assert_int_equal(l.len, 1);
	assert_string_equal(l.items[0].kind, "tag");
	assert_string_equal(l.items[0].ref, id);
	w.now += STORE_EVENT_LIFE_MS + 1;
	world_sweep(&w);
	assert_int_equal(store_event_list(w.store, 0, w.a, 0, 10, &l, &e), 0);
	assert_int_equal(l.len, 0);
	world_tag(&w, id, NULL, "a:b=c", 0);
	assert_true(store_event_last(w.store) > last);
	world_free(&w);
}

static void
ended_commands_go_after_their_time(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	struct store_command c;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	const char *done = world_cid(&w), *open = world_cid(&w);
	world_submit(
	    &w, &(struct ask){ .cid = done, .ids = &id, .ids_len = 1 }, 0);
	world_submit(
	    &w, &(struct ask){ .cid = open, .ids = &id, .ids_len = 1 }, 0);
	world_poll(
	    &w, id, &(struct say){ .result_cid = done, .result = DELIVERY_ok });
	world_poll(&w, id, &(struct say){ .started = open });
	w.now += STORE_COMMAND_LIFE_MS + 60001;
	world_sweep(&w);
	assert_int_equal(
	    store_command_find(w.store, 0, w.a, done, &c, &e), ERR_ABSENT);
	assert_int_equal(store_command_find(w.store, 0, w.a, open, &c, &e), 0);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_grow_by_offset_and_repeats_do_no_harm),
		cmocka_unit_test(
		    audits_are_listed_newest_first_and_purged_oldest_first),
		cmocka_unit_test(
		    serials_of_a_bundle_rise_and_its_archive_comes_first),
		cmocka_unit_test(nonces_and_assertions_count_once),
		cmocka_unit_test(
		    operators_are_found_by_the_digest_of_their_token),
		cmocka_unit_test(
		    events_go_on_after_a_restart_and_end_after_their_time),
		cmocka_unit_test(ended_commands_go_after_their_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
