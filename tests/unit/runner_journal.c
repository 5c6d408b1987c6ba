/* SPDX-License-Identifier: MIT */
/* The agent's journal: moves of a command, batches, results, tags, what is
 * forgotten. */
#include "tests/unit/journal_world.h"

static void
receive(struct world *w, const char *cid)
{
	struct err e = { 0 };
	struct journal_new n = command(cid);
	assert_int_equal(journal_receive(w->j, &n, &e), 1);
}

static struct journal_entry
find(struct world *w, const char *cid)
{
	struct err e = { 0 };
	struct journal_entry entry = { .cid = NULL };
	assert_int_equal(journal_find(w->a, w->j, cid, &entry, &e), 1);
	return entry;
}

static void
finish(struct world *w, const char *cid, const char *state)
{
	struct err e = { 0 };
	struct journal_result r = { .state = state,
		.updated = 3,
		.elapsed_ms = 40,
		.exit_status = 1,
		.reason = "because" };
	assert_int_equal(journal_finish(w->j, cid, &r, NOW, &e), 0);
}

/* ---- moves ---- */

static void
fabric_6_2_a_command_goes_its_way_once(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	receive(w, "c1");
	struct journal_new again = command("c1");
	assert_int_equal(journal_receive(w->j, &again, &e), 0);
	assert_int_equal(journal_grant(w->j, "c1", &e), 1);
	assert_int_equal(journal_grant(w->j, "c1", &e), 0);
	assert_int_equal(journal_start(w->j, "c1", "r1", &e), 0);
	assert_int_equal(journal_start(w->j, "c1", "r2", &e), ERR_STATE);
	assert_non_null(strstr(e.text, "is running"));
	assert_string_equal(find(w, "c1").run_id, "r1");
	finish(w, "c1", "failed");
	struct journal_result r = { .state = "ok" };
	assert_int_equal(journal_finish(w->j, "c1", &r, NOW, &e), ERR_STATE);
	reopen(w);
	struct journal_entry done = find(w, "c1");
	assert_int_equal(done.state, JOURNAL_DONE);
	assert_string_equal(done.result.state, "failed");
	assert_string_equal(done.result.reason, "because");
	assert_string_equal(done.result.run_id, "r1");
	assert_int_equal(done.result.updated, 3);
	assert_int_equal(done.payload.len, 0);
	assert_int_equal(journal_ack(w->j, "c1", &e), 0);
	assert_int_equal(find(w, "c1").state, JOURNAL_ACKED);
	assert_int_equal(journal_grant(w->j, "c1", &e), 0);
	assert_int_equal(journal_start(w->j, "c1", "r3", &e), ERR_STATE);
}

static void
fabric_6_2_a_dropped_command_never_runs(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	receive(w, "c1");
	assert_int_equal(journal_drop(w->j, "c1", NOW, &e), 1);
	assert_int_equal(journal_drop(w->j, "c1", NOW, &e), 0);
	assert_int_equal(journal_grant(w->j, "c1", &e), ERR_STATE);
	struct journal_new again = command("c1");
	assert_int_equal(journal_receive(w->j, &again, &e), 0);
	assert_int_equal(journal_grant(w->j, "none", &e), ERR_ABSENT);
	receive(w, "c2");
	assert_int_equal(journal_grant(w->j, "c2", &e), 1);
	assert_int_equal(journal_start(w->j, "c2", "r", &e), 0);
	assert_int_equal(journal_drop(w->j, "c2", NOW, &e), 0);
}

static void
fabric_6_2_a_rejected_command_has_a_result(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct journal_new n = command("c1");
	n.issued_at = 0;
	assert_int_equal(journal_reject(w->j, &n, "bad signature", &e), 0);
	struct journal_entry entry = find(w, "c1");
	assert_int_equal(entry.state, JOURNAL_DONE);
	assert_string_equal(entry.result.state, "rejected");
	assert_string_equal(entry.result.reason, "bad signature");
	receive(w, "c2");
	assert_int_equal(journal_grant(w->j, "c2", &e), 1);
	n.cid = "c2";
	assert_int_equal(journal_reject(w->j, &n, "late", &e), 0);
	assert_int_equal(find(w, "c2").state, JOURNAL_GRANTED);
}

static void
a_grant_and_the_start_are_one_commit(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	receive(w, "c1");
	assert_int_equal(journal_start(w->j, "c1", "r1", &e), 0);
	assert_int_equal(journal_grant(w->j, "c1", &e), 0);
	assert_int_equal(journal_start(w->j, "c1", "r2", &e), ERR_STATE);
	receive(w, "c2");
	assert_int_equal(journal_drop(w->j, "c2", NOW, &e), 1);
	assert_int_equal(journal_start(w->j, "c2", "r1", &e), ERR_STATE);
}

static void
local_requests_wait_for_no_router(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct journal_new n = command("boot");
	assert_int_equal(journal_add_local(w->j, &n, &e), 0);
	assert_int_equal(journal_add_local(w->j, &n, &e), ERR_EXISTS);
	assert_int_equal(journal_start(w->j, "boot", "r1", &e), 0);
	finish(w, "boot", "ok");
	assert_int_equal(find(w, "boot").state, JOURNAL_ACKED);
	assert_int_equal(journal_count(w->j, JOURNAL_DONE), 0);
}

static void
a_command_that_may_be_rerun_starts_so_often(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct journal_new n = command("c1");
	n.attempts_max = 2;
	assert_int_equal(journal_receive(w->j, &n, &e), 1);
	assert_int_equal(journal_grant(w->j, "c1", &e), 1);
	assert_int_equal(journal_retry(w->j, "c1", &e), ERR_STATE);
	assert_int_equal(journal_start(w->j, "c1", "r1", &e), 0);
	assert_int_equal(journal_retry(w->j, "c1", &e), 0);
	assert_int_equal(journal_start(w->j, "c1", "r2", &e), 0);
	assert_int_equal(journal_retry(w->j, "c1", &e), ERR_STATE);
	assert_int_equal(find(w, "c1").attempts, 2);
}

static void
a_reboot_that_a_run_asked_for_is_no_attempt(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	receive(w, "c1");
	assert_int_equal(journal_grant(w->j, "c1", &e), 1);
	assert_int_equal(journal_start(w->j, "c1", "r1", &e), 0);
	assert_int_equal(journal_suspend(w->j, "c1", "boot-1", &e), 0);
	reopen(w);
	struct journal_entry entry = find(w, "c1");
	assert_int_equal(entry.state, JOURNAL_GRANTED);
	assert_string_equal(entry.suspended_boot, "boot-1");
	assert_int_equal(entry.attempts, 0);
	assert_int_equal(entry.suspends, 1);
	assert_int_equal(journal_start(w->j, "c1", "r1", &e), 0);
	assert_null(find(w, "c1").suspended_boot);
}

/* ---- batches and lists ---- */

static void
a_batch_is_whole_or_nothing(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	receive(w, "c1");
	assert_int_equal(journal_begin(w->j, &e), 0);
	assert_int_equal(journal_grant(w->j, "c1", &e), 1);
	assert_int_equal(journal_begin(w->j, &e), 0);
	assert_int_equal(journal_start(w->j, "c1", "r1", &e), 0);
	journal_rollback(w->j);
	assert_int_equal(journal_drop(w->j, "c1", NOW, &e), ERR_STATE);
	assert_int_equal(journal_commit(w->j, &e), ERR_STATE);
	assert_int_equal(find(w, "c1").state, JOURNAL_RECEIVED);
	assert_int_equal(journal_begin(w->j, &e), 0);
	assert_int_equal(journal_grant(w->j, "c1", &e), 1);
	assert_int_equal(journal_start(w->j, "c1", "r1", &e), 0);
	assert_int_equal(journal_commit(w->j, &e), 0);
	assert_int_equal(find(w, "c1").state, JOURNAL_RUNNING);
}

static void
lists_are_in_the_order_of_arrival(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	for (int i = 0; i < 20; i++) {
		AUTO_STR char *cid = xasprintf("z%d", 99 - i);
		receive(w, cid);
	}
	struct journal_entry *list = NULL;
	size_t len = 0;
	assert_int_equal(
	    journal_list(w->a, w->j, JOURNAL_RECEIVED, 0, 15, &list, &len, &e),
	    0);
	assert_int_equal(len, 15);
	assert_string_equal(list[0].cid, "z99");
	assert_int_equal(journal_list(w->a, w->j, JOURNAL_RECEIVED,
			     list[14].place, 15, &list, &len, &e),
	    0);
	assert_int_equal(len, 5);
	assert_string_equal(list[4].cid, "z80");
}

static void
too_many_waiting_commands_stay_with_the_router(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	assert_int_equal(journal_begin(w->j, &e), 0);
	for (int i = 0; i < JOURNAL_OPEN_MAX; i++) {
		AUTO_STR char *cid = xasprintf("c%d", i);
		receive(w, cid);
	}
	struct journal_new n = command("one-more");
	assert_int_equal(journal_receive(w->j, &n, &e), ERR_LIMIT);
	n.cid = "c1";
	assert_int_equal(journal_receive(w->j, &n, &e), 0);
	assert_int_equal(journal_commit(w->j, &e), 0);
}

/* ---- forgetting ---- */

static void
fabric_5_4_what_is_forgotten_raises_the_floor(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct journal_new n = command("old");
	n.issued_at = NOW - 40 * DAY_MS;
	n.not_after = NOW - 39 * DAY_MS;
	n.now_ms = NOW - 40 * DAY_MS;
	assert_int_equal(journal_receive(w->j, &n, &e), 1);
	n.cid = "old and open";
	n.issued_at++;
	assert_int_equal(journal_receive(w->j, &n, &e), 1);
	assert_int_equal(journal_drop(w->j, "old", NOW, &e), 1);
	receive(w, "new");
	assert_int_equal(journal_drop(w->j, "new", NOW, &e), 1);
	assert_int_equal(journal_prune(w->j, NOW, &e), 0);
	reopen(w);
	assert_int_equal(journal_floor(w->j), NOW - 40 * DAY_MS);
	struct journal_entry entry;
	assert_int_equal(journal_find(w->a, w->j, "old", &entry, &e), 0);
	assert_int_equal(find(w, "old and open").state, JOURNAL_RECEIVED);
	assert_int_equal(find(w, "new").state, JOURNAL_DROPPED);
}

static void
fabric_5_4_a_long_life_is_remembered_longer(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct journal_new n = command("long");
	n.issued_at = n.now_ms = NOW - 36 * DAY_MS;
	n.not_after = n.issued_at + 30 * DAY_MS;
	assert_int_equal(journal_receive(w->j, &n, &e), 1);
	assert_int_equal(journal_drop(w->j, "long", NOW, &e), 1);
	assert_int_equal(journal_prune(w->j, NOW, &e), 0);
	assert_int_equal(find(w, "long").state, JOURNAL_DROPPED);
	assert_int_equal(journal_prune(w->j, NOW + 2 * DAY_MS, &e), 0);
	assert_int_equal(journal_floor(w->j), n.issued_at);
}

static void
fabric_5_4_what_was_never_verified_raises_no_floor(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct journal_new n = command("evil");
	n.issued_at = 0;
	assert_int_equal(journal_reject(w->j, &n, "unknown key", &e), 0);
	assert_int_equal(journal_prune(w->j, NOW, &e), 0);
	assert_int_equal(find(w, "evil").state, JOURNAL_DONE);
	assert_int_equal(journal_ack(w->j, "evil", &e), 0);
	assert_int_equal(journal_prune(w->j, NOW, &e), 0);
	struct journal_entry entry;
	assert_int_equal(journal_find(w->a, w->j, "evil", &entry, &e), 0);
	assert_int_equal(journal_floor(w->j), 0);
}

static void
another_identity_owes_nothing_to_the_old_router(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	bool changed = false;
	assert_int_equal(journal_adopt(w->j, "i-1", &e), 0);
	receive(w, "waits");
	receive(w, "ended");
	receive(w, "runs");
	assert_int_equal(journal_grant(w->j, "ended", &e), 1);
	finish(w, "ended", "ok");
	assert_int_equal(journal_grant(w->j, "runs", &e), 1);
	assert_int_equal(journal_start(w->j, "runs", "r1", &e), 0);
	AUTO(jsn_free) struct jsn *given = jsn_new_array();
	jsn_push_str(given, "a:b=c");
	assert_int_equal(journal_tags_settle(w->j, given, 7, 0, &e), 0);
	assert_int_equal(
	    journal_tag_change(w->j, JOURNAL_TAG_ADD, "mine", 0, &changed, &e),
	    0);
	assert_int_equal(journal_adopt(w->j, "i-1", &e), 0);
	assert_int_equal(find(w, "waits").state, JOURNAL_RECEIVED);
	assert_int_equal(journal_adopt(w->j, "i-2", &e), 0);
	assert_int_equal(find(w, "waits").state, JOURNAL_DROPPED);
	assert_int_equal(find(w, "ended").state, JOURNAL_ACKED);
	finish(w, "runs", "ok");
	assert_int_equal(find(w, "runs").state, JOURNAL_ACKED);
	struct journal_tag_change *list = NULL;
	size_t len = 0;
	assert_int_equal(
	    journal_tags_pending(w->a, w->j, 10, &list, &len, &e), 0);
	assert_int_equal(len, 2);
	assert_int_equal(journal_tags_version(w->j), -1);
}

/* ---- small things, tags ---- */

static void
small_things_are_kept_by_name(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	assert_null(journal_get(w->a, w->j, "level"));
	assert_int_equal(journal_put(w->j, "level", "debug", &e), 0);
	assert_int_equal(journal_put(w->j, "level", "info", &e), 0);
	reopen(w);
	assert_string_equal(journal_get(w->a, w->j, "level"), "info");
	assert_int_equal(journal_put(w->j, "level", NULL, &e), 0);
	assert_null(journal_get(w->a, w->j, "level"));
}

static void
expect_tags(struct world *w, const char *wanted)
{
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *tags = NULL;
	assert_int_equal(journal_tags(w->j, &tags, &e), 0);
	AUTO_BUF struct buf text = BUF_INIT(10000);
	for (size_t i = 0; i < jsn_len(tags); i++)
		buf_printf(&text, "%s%.*s", i > 0 ? " " : "",
		    STR_ARG(jsn_str(jsn_at(tags, i))));
	assert_string_equal(buf_text(&text), wanted);
}

static bool
change(struct world *w, enum journal_tag_op op, const char *tag, int64_t ttl_ms)
{
	struct err e = { 0 };
	bool changed = false;
	if (journal_tag_change(w->j, op, tag, ttl_ms, &changed, &e) < 0)
		fail_msg("%s", e.text);
	return changed;
}

static void
rl6_6_5_tags_change_while_the_router_is_away(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *given = jsn_new_array();
	jsn_push_str(given, "app:role=web");
	jsn_push_str(given, "app:zone=a");
	assert_int_equal(journal_tags_settle(w->j, given, 4, 0, &e), 0);
	assert_true(change(w, JOURNAL_TAG_ADD, "app:role=db", 0));
	assert_false(change(w, JOURNAL_TAG_ADD, "app:role=db", 0));
	assert_true(change(w, JOURNAL_TAG_SET, "app:zone=b", 0));
	assert_false(change(w, JOURNAL_TAG_SET, "app:zone=b", 0));
	assert_false(change(w, JOURNAL_TAG_REMOVE, "app:none=*", 0));
	reopen(w);
	expect_tags(w, "app:role=db app:role=web app:zone=b");
	assert_true(change(w, JOURNAL_TAG_REMOVE, "app:role=*", 0));
	expect_tags(w, "app:zone=b");
	assert_int_equal(journal_tags_version(w->j), 4);
}

static void
tags_are_settled_up_to_what_the_router_took(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	assert_true(change(w, JOURNAL_TAG_ADD, "a:b=1", 0));
	assert_true(change(w, JOURNAL_TAG_ADD, "a:b=2", 60000));
	struct journal_tag_change *list = NULL;
	size_t len = 0;
	assert_int_equal(
	    journal_tags_pending(w->a, w->j, 10, &list, &len, &e), 0);
	assert_int_equal(len, 2);
	assert_int_equal(list[1].ttl_ms, 60000);
	/* A lease is renewed by saying it again. */
	assert_false(change(w, JOURNAL_TAG_ADD, "a:b=2", 60000));
	AUTO(jsn_free) struct jsn *given = jsn_new_array();
	jsn_push_str(given, "a:b=1");
	jsn_push_str(given, "not a tag:");
	assert_int_equal(
	    journal_tags_settle(w->j, given, 5, list[0].place, &e), 0);
	expect_tags(w, "a:b=1 a:b=2");
	assert_int_equal(
	    journal_tags_pending(w->a, w->j, 10, &list, &len, &e), 0);
	assert_int_equal(len, 2);
	reopen(w);
	assert_int_equal(journal_tags_version(w->j), 5);
}

static void
an_outage_of_days_does_not_pile_up_tag_changes(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *given = jsn_new_array();
	jsn_push_str(given, "old:tag=1");
	jsn_push_str(given, "run:at=0");
	assert_int_equal(journal_tags_settle(w->j, given, 1, 0, &e), 0);
	assert_true(change(w, JOURNAL_TAG_REMOVE, "old:tag=1", 0));
	assert_int_equal(journal_begin(w->j, &e), 0);
	for (int i = 1; i <= 3000; i++) {
		AUTO_STR char *tag = xasprintf("run:at=%d", i);
		assert_true(change(w, JOURNAL_TAG_SET, tag, 0));
		assert_true(change(w, JOURNAL_TAG_ADD, "lease:up=yes", 60000) ==
			    (i == 1));
	}
	assert_int_equal(journal_commit(w->j, &e), 0);
	expect_tags(w, "lease:up=yes run:at=3000");
	struct journal_tag_change *list = NULL;
	size_t len = 0;
	assert_int_equal(
	    journal_tags_pending(w->a, w->j, 5000, &list, &len, &e), 0);
	assert_true(len < 250);
	int64_t lease = 0;
	for (size_t i = 0; i < len; i++) {
		if (strcmp(list[i].tag, "lease:up=yes") == 0)
			lease = list[i].ttl_ms;
	}
	assert_int_equal(lease, 60000);
	/* What the router comes to by them is what this instance is. */
	reopen(w);
	expect_tags(w, "lease:up=yes run:at=3000");
}

static void
there_is_a_limit_of_tags(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *given = jsn_new_array();
	for (int i = 0; i < JOURNAL_TAGS_MAX; i++) {
		AUTO_STR char *tag = xasprintf("n:p=%d", i);
		jsn_push_str(given, tag);
	}
	bool changed = false;
	assert_int_equal(journal_tags_settle(w->j, given, 5, 0, &e), 0);
	assert_int_equal(
	    journal_tag_change(w->j, JOURNAL_TAG_ADD, "one", 0, &changed, &e),
	    ERR_LIMIT);
	assert_true(change(w, JOURNAL_TAG_REMOVE, "n:p=7", 0));
	assert_true(change(w, JOURNAL_TAG_ADD, "one", 0));
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(fabric_6_2_a_command_goes_its_way_once),
		CASE(fabric_6_2_a_dropped_command_never_runs),
		CASE(fabric_6_2_a_rejected_command_has_a_result),
		CASE(a_grant_and_the_start_are_one_commit),
		CASE(local_requests_wait_for_no_router),
		CASE(a_command_that_may_be_rerun_starts_so_often),
		CASE(a_reboot_that_a_run_asked_for_is_no_attempt),
		CASE(a_batch_is_whole_or_nothing),
		CASE(lists_are_in_the_order_of_arrival),
		CASE(too_many_waiting_commands_stay_with_the_router),
		CASE(fabric_5_4_what_is_forgotten_raises_the_floor),
		CASE(fabric_5_4_a_long_life_is_remembered_longer),
		CASE(fabric_5_4_what_was_never_verified_raises_no_floor),
		CASE(another_identity_owes_nothing_to_the_old_router),
		CASE(small_things_are_kept_by_name),
		CASE(rl6_6_5_tags_change_while_the_router_is_away),
		CASE(tags_are_settled_up_to_what_the_router_took),
		CASE(an_outage_of_days_does_not_pile_up_tag_changes),
		CASE(there_is_a_limit_of_tags),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
