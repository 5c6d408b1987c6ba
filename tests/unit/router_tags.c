/* SPDX-License-Identifier: MIT */
/* Tags, their leases, queries by tag. */
#include "tests/unit/store_world.h"

#include "router/store_priv.h"

/* --- tags --------------------------------------------------------------- */

static struct store_tag_change
change(struct world *w, const char *id, const char *const *add, size_t add_len,
    const char *const *remove, size_t remove_len, int rc)
{
	struct store_job *j = world_job(STORE_tag_change);
	j->tag_change = (struct store_tag_change){ .id = id,
		.add = add,
		.add_len = add_len,
		.remove = remove,
		.remove_len = remove_len,
		.now = w->now };
	world_do(w, j, rc);
	struct store_tag_change r = j->tag_change;
	for (size_t i = 0; rc == 0 && i < r.tags.len; i++)
		r.tags.items[i] = arena_strdup(w->a, r.tags.items[i]);
	if (rc == 0) {
		const char **items =
		    arena_array_of(w->a, const char *, r.tags.len + 1);
		memcpy(items, r.tags.items, r.tags.len * sizeof(*items));
		r.tags.items = items;
	}
	store_job_free(&j);
	return r;
}

static void
tags_change_as_a_set_and_their_version_tells_so(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	static const char *const two[] = { "b:x=1", "raw one", "b:x=2" };
	struct store_tag_change r = change(&w, id, two, 3, NULL, 0, 0);
	assert_true(r.changed);
	assert_int_equal(r.tags.len, 3);
	assert_string_equal(r.tags.items[0], "b:x=1");
	assert_string_equal(r.tags.items[2], "raw one");
	int64_t version = r.tags.version;
	r = change(&w, id, two, 3, NULL, 0, 0); /* a repeat */
	assert_false(r.changed);
	assert_int_equal(r.tags.version, version);
	/* Removal goes first: "set" is remove all values, add one. */
	static const char *const all[] = { "b:x=*" };
	r = change(&w, id, &two[2], 1, all, 1, 0);
	assert_true(r.changed);
	assert_int_equal(r.tags.len, 2);
	assert_string_equal(r.tags.items[0], "b:x=2");
	assert_true(r.tags.version > version);
	version = r.tags.version;
	r = change(&w, id, &two[2], 1, all, 1, 0);
	assert_false(r.changed);
	static const char *const bad[] = { "b:x=" };
	change(&w, id, bad, 1, NULL, 0, ERR_INVALID);
	change(&w, "nobody", two, 1, NULL, 0, ERR_ABSENT);
	world_free(&w);
}

struct alive {
	const char *id;
	int64_t at;
};

static int64_t
alive_at(const char *id, void *arg)
{
	const struct alive *a = arg;
	return text_eq(a->id, id) ? a->at : 0;
}

static size_t
tags_len(struct world *w, const char *id)
{
	struct store_tags t;
	struct err e = { 0 };
	if (store_tags_of(w->store, 0, w->a, id, &t, &e) < 0)
		fail_msg("%s", e.text);
	return t.len;
}

static void
a_lease_ends_after_the_last_proof_of_life(void **state)
{
	(void)state;
	struct world w;
	int64_t due;
	struct err e = { 0 };
	world_new(&w);
	const char *id = world_join(&w, "a", "default", "k:eep=1");
	int64_t start = w.now;
	world_tag(&w, id, "l:ease=1", NULL, 10000);
	assert_int_equal(store_next_deadline(w.store, 0, &due, &e), 0);
	assert_true(due <= start + 10000);
	/* Alive at 5 s, as memory knows: it ends at 15 s. */
	struct alive alive = { id, start + 5000 };
	for (int64_t at = 9000; at <= 15000; at += 2000) {
		w.now = start + at;
		struct store_job *j = world_job(STORE_sweep);
		j->sweep = (struct store_sweep){
			.now = w.now, .alive = alive_at, .arg = &alive
		};
		world_do(&w, j, 0);
		store_job_free(&j);
		assert_int_equal(tags_len(&w, id), at < 15000 ? 2 : 1);
	}
	world_free(&w);
}

/* Many instances, every plan of the query, against the plain definition. */
static void
queries_answer_by_every_plan_what_the_definition_says(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	world_new(&w);
	enum {
		N = 3000
	};
	static struct {
		char id[ULID_TEXT_BYTES];
		char text[3][32];
		struct tag tags[3];
	} all[N];
	world_token(&w, "t", N, 100000);
	for (size_t i = 0; i < N; i++) {
		struct store_job *j = world_job(STORE_instance_enroll);
		const char *tags[3];
		ulid_new(all[i].id);
		snprintf(all[i].text[0], 32, "a:mod=%zu", i % 7);
		snprintf(all[i].text[1], 32, "a:big=%zu", i);
		snprintf(all[i].text[2], 32, "r%zu", i % 3);
		for (size_t k = 0; k < 3; k++) {
			tags[k] = all[i].text[k];
			assert_int_equal(
			    tag_parse(str_from(tags[k]), &all[i].tags[k], &e),
			    0);
		}
		j->instance_enroll =
		    (struct store_instance_enroll){ .token_sha256 = "t",
			    .id = all[i].id,
			    .public_key = all[i].id,
			    .tags = tags,
			    .tags_len = 3,
			    .now = w.now };
		world_do(&w, j, 0);
		store_job_free(&j);
	}
	static const struct {
		enum tag_match match;
		const char *tags[3];
	} table[] = {
		{ TAG_MATCH_ALL, { "a:mod=3" } },
		{ TAG_MATCH_ALL, { "a:big=*" } },
		{ TAG_MATCH_ALL, { "a:mod=3", "r1" } },
		{ TAG_MATCH_ALL, { "a:mod=*", "a:big=1234" } },
		{ TAG_MATCH_ALL, { "a:mod=1", "r0", "a:big=*" } },
		{ TAG_MATCH_ALL, { "a:mod=1", "a:mod=2" } },
		{ TAG_MATCH_ANY, { "a:mod=3", "r1" } },
		{ TAG_MATCH_ANY, { "a:big=7", "a:big=8", "a:big=77777" } },
		{ TAG_MATCH_ANY, { "a:big=*", "r1" } },
		{ TAG_MATCH_ANY, { "nobody" } },
		{ TAG_MATCH_ALL, { "nobody", "r1" } },
	};
	for (size_t t = 0; t < ARRAY_LEN(table); t++) {
		struct tag_query q = { .match = table[t].match };
		for (size_t k = 0; k < 3 && table[t].tags[k] != NULL; k++)
			assert_int_equal(
			    tag_query_add(&q, str_from(table[t].tags[k]), &e),
			    0);
		size_t want = 0, got = 0;
		for (size_t i = 0; i < N; i++)
			want += tag_query_matches(&q, all[i].tags, 3);
		struct store_page page = { .limit = 130 };
		struct store_tagged_list l;
		const char *last = "";
		do {
			assert_int_equal(
			    store_tag_query(w.store, 0, w.a,
				&(struct store_tag_query){ .tags = &q }, &page,
				&l, &e),
			    0);
			for (size_t i = 0; i < l.len; i++) {
				assert_true(strcmp(last, l.items[i].id) < 0);
				last = l.items[i].id;
				assert_int_equal(l.items[i].tags.len, 3);
			}
			got += l.len;
			page.cursor = l.next;
		} while (l.next != NULL);
		if (got != want)
			fail_msg("query %zu: %zu, not %zu", t, got, want);
	}
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    tags_change_as_a_set_and_their_version_tells_so),
		cmocka_unit_test(a_lease_ends_after_the_last_proof_of_life),
		cmocka_unit_test(
		    queries_answer_by_every_plan_what_the_definition_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
