/* SPDX-License-Identifier: MIT */
/* Answers to polls, and what the agent says in the next ones. */
#include "tests/unit/inbound_world.h"

#define C0 CID("0")
#define C1 CID("1")

static void
offer(struct world *w, const char *cid)
{
	struct err e = { 0 };
	struct command c = recipe(cid);
	if (take_one(w, "offers", sealed(&c, w->operator, NULL), &e) < 0)
		fail_msg("%s", e.text);
}

static void
expect_poll(struct world *w, int64_t number, const char *wanted)
{
	AUTO_STR char *poll = next_poll(w, number);
	assert_string_equal(poll, wanted);
}

static void
start(struct world *w, const char *cid, const char *run_id)
{
	struct err e = { 0 };
	assert_int_equal(journal_start(w->j, cid, run_id, &e), 0);
	outbox_add(w->outbox, OUTBOX_STATE, cid, run_id);
}

static void
finish(struct world *w, const char *cid)
{
	struct err e = { 0 };
	struct journal_result r = { .state = "ok", .updated = 2 };
	assert_int_equal(journal_finish(w->j, cid, &r, NOW, &e), 0);
	outbox_add(w->outbox, OUTBOX_RESULT, cid, NULL);
}

#define RESULT(cid)                                                            \
	"{\"results\":[{\"cid\":\"" cid                                        \
	"\",\"state\":\"ok\",\"run_id\":\"r1\",\"updated\":2,"                 \
	"\"elapsed_ms\":0,\"exit_status\":0}]}"

static void
fabric_6_2_the_whole_way(void **at)
{
	struct world *w = *at;
	offer(w, C0);
	assert_true(outbox_has_news(w->outbox));
	expect_poll(w, 1, "{\"received\":[\"" C0 "\"]}");
	assert_false(outbox_has_news(w->outbox));
	outbox_answered(w->outbox, 1, 1000);
	take_cid(w, "grants", C0);
	assert_int_equal(w->granted, 1);
	assert_int_equal(find(w, C0).state, JOURNAL_GRANTED);
	start(w, C0, "r1");
	expect_poll(w, 2,
	    "{\"states\":[{\"cid\":\"" C0
	    "\",\"state\":\"running\",\"run_id\":\"r1\"}]}");
	outbox_answered(w->outbox, 2, 2000);
	finish(w, C0);
	expect_poll(w, 3, RESULT(C0));
	take_cid(w, "acks", C0);
	assert_int_equal(find(w, C0).state, JOURNAL_ACKED);
	outbox_answered(w->outbox, 3, 3000);
	outbox_remind(w->outbox, 3000 + 2 * OUTBOX_AGAIN_MS);
	expect_poll(w, 4, "{}");
}

static void
what_a_failed_poll_carried_is_said_again(void **at)
{
	struct world *w = *at;
	offer(w, C0);
	expect_poll(w, 1, "{\"received\":[\"" C0 "\"]}");
	expect_poll(w, 2, "{}");
	outbox_failed(w->outbox, 1);
	expect_poll(w, 3, "{\"received\":[\"" C0 "\"]}");
	outbox_answered(w->outbox, 3, 1000);
	outbox_remind(w->outbox, 1000 + OUTBOX_AGAIN_MS - 1);
	expect_poll(w, 4, "{}");
	outbox_remind(w->outbox, 1000 + OUTBOX_AGAIN_MS);
	expect_poll(w, 5, "{\"received\":[\"" C0 "\"]}");
}

static void
fabric_6_7_a_restart_says_what_is_open(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	offer(w, C0);
	offer(w, C1);
	take_cid(w, "grants", C0);
	start(w, C0, "r1");
	assert_int_equal(outbox_load(w->outbox, &e), 0);
	expect_poll(w, 1,
	    "{\"received\":[\"" C1 "\"],\"states\":[{\"cid\":\"" C0
	    "\",\"state\":\"running\",\"run_id\":\"r1\"}]}");
	finish(w, C0);
	assert_int_equal(outbox_load(w->outbox, &e), 0);
	AUTO_STR char *poll = next_poll(w, 2);
	assert_non_null(strstr(poll, "\"results\":[{\"cid\":\"" C0));
}

static void
fabric_6_2_a_known_command_is_never_run_again(void **at)
{
	struct world *w = *at;
	offer(w, C0);
	offer(w, C0);
	expect_poll(w, 1, "{\"received\":[\"" C0 "\"]}");
	take_cid(w, "grants", C0);
	take_cid(w, "grants", C0);
	assert_int_equal(w->granted, 1);
	start(w, C0, "r1");
	outbox_answered(w->outbox, 1, 1);
	offer(w, C0);
	AUTO_STR char *running = next_poll(w, 2);
	assert_non_null(strstr(running, "\"received\""));
	assert_non_null(strstr(running, "\"run_id\":\"r1\""));
	outbox_answered(w->outbox, 2, 1);
	finish(w, C0);
	take_cid(w, "grants", C0);
	take_cid(w, "acks", C0);
	/* A router restored from a backup: it gets the stored result. */
	offer(w, C0);
	AUTO_STR char *ended = next_poll(w, 3);
	assert_non_null(strstr(ended, "\"state\":\"ok\""));
	assert_int_equal(find(w, C0).state, JOURNAL_DONE);
	take_cid(w, "grants", C0);
	assert_int_equal(w->granted, 1);
}

static void
a_dropped_command_is_another_ones(void **at)
{
	struct world *w = *at;
	offer(w, C0);
	take_cid(w, "drops", C0);
	expect_poll(w, 1, "{}");
	take_cid(w, "grants", C0);
	assert_int_equal(w->granted, 0);
	AUTO_STR char *poll = next_poll(w, 2);
	assert_non_null(strstr(poll, "\"state\":\"rejected\""));
	assert_non_null(strstr(poll, "dropped here before"));
	/* One that waits in a queue is taken out of it. */
	offer(w, C1);
	take_cid(w, "grants", C1);
	take_cid(w, "drops", C1);
	assert_int_equal(w->cancelled, 1);
	assert_int_equal(find(w, C1).state, JOURNAL_DROPPED);
}

static void
what_the_journal_does_not_have_is_unknown(void **at)
{
	struct world *w = *at;
	take_cid(w, "grants", "never-seen");
	take_cid(w, "cancels", "nor-this");
	take_cid(w, "acks", "fine");
	assert_int_equal(w->granted + w->cancelled, 0);
	expect_poll(w, 1, "{\"unknown\":[\"never-seen\",\"nor-this\"]}");
	outbox_answered(w->outbox, 1, 1);
	expect_poll(w, 2, "{}");
}

static void
a_cancel_reaches_what_is_granted(void **at)
{
	struct world *w = *at;
	offer(w, C0);
	take_cid(w, "cancels", C0);
	assert_int_equal(w->cancelled, 0);
	take_cid(w, "grants", C0);
	take_cid(w, "cancels", C0);
	start(w, C0, "r1");
	take_cid(w, "cancels", C0);
	assert_int_equal(w->cancelled, 2);
	finish(w, C0);
	take_cid(w, "cancels", C0);
	assert_int_equal(w->cancelled, 2);
}

static void
live_requests_are_answered_once(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct jsn *q = jsn_new_object();
	jsn_set_str(q, "rid", "q1");
	jsn_set_str(q, "type", "ping");
	assert_int_equal(take_one(w, "requests", q, &e), 1);
	expect_poll(w, 1,
	    "{\"replies\":[{\"rid\":\"q1\",\"body\":{\"type\":\"ping\"}}]}");
	outbox_answered(w->outbox, 1, 1);
	outbox_remind(w->outbox, 10 * OUTBOX_AGAIN_MS);
	expect_poll(w, 2, "{}");
	/* No more than so many wait while the router is away. */
	for (int i = 0; i < 3 * OUTBOX_REPLIES_MAX; i++) {
		AUTO_STR char *rid = xasprintf("q%d", i);
		outbox_reply(w->outbox, rid, jsn_new_object());
	}
	AUTO_STR char *poll = next_poll(w, 3);
	assert_null(strstr(poll, "\"q64\""));
	assert_non_null(strstr(poll, "\"q63\""));
}

static void
a_poll_carries_so_much(void **at)
{
	struct world *w = *at;
	for (int i = 0; i < 2500; i++) {
		AUTO_STR char *cid = xasprintf("c%d", i);
		outbox_add(w->outbox, OUTBOX_RECEIVED, cid, NULL);
	}
	for (int64_t n = 1; n <= 3; n++) {
		struct err e = { 0 };
		AUTO(jsn_free) struct jsn *body = jsn_new_object();
		assert_int_equal(outbox_compose(w->outbox, n, body, &e), 0);
		size_t wanted = n < 3 ? OUTBOX_RECEIVED_MAX : 500;
		assert_int_equal(jsn_len(jsn_get(body, "received")), wanted);
		outbox_answered(w->outbox, n, 1);
	}
	assert_false(outbox_has_news(w->outbox));
}

static void
wrong_answers_change_nothing(void **at)
{
	struct world *w = *at;
	static const char *const answers[] = { "{}", "[]", "7",
		"{\"hold_ms\":1}",
		"{\"hold_ms\":1,\"time_ms\":1,\"offers\":{}}",
		"{\"hold_ms\":1,\"time_ms\":1,\"grants\":[1]}",
		"{\"hold_ms\":1,\"time_ms\":1,\"offers\":[{\"cid\":\"x\"}]}",
		"{\"hold_ms\":\"1\",\"time_ms\":1,\"grants\":[\"x\"]}" };
	offer(w, C0);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct err e = { 0 };
		AUTO(jsn_free) struct jsn *answer = NULL;
		assert_int_equal(jsn_parse(str_from(answers[i]), "answer",
				     65536, &answer, &e),
		    0);
		assert_int_equal(
		    inbound_take(&w->in, answer, NOW, &e), ERR_PROTOCOL);
	}
	take_cid(w, "grants", "a name with\nnewline");
	take_cid(w, "grants", "");
	assert_int_equal(find(w, C0).state, JOURNAL_RECEIVED);
	expect_poll(w, 1, "{\"received\":[\"" C0 "\"]}");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(fabric_6_2_the_whole_way),
		CASE(what_a_failed_poll_carried_is_said_again),
		CASE(fabric_6_7_a_restart_says_what_is_open),
		CASE(fabric_6_2_a_known_command_is_never_run_again),
		CASE(a_dropped_command_is_another_ones),
		CASE(what_the_journal_does_not_have_is_unknown),
		CASE(a_cancel_reaches_what_is_granted),
		CASE(live_requests_are_answered_once),
		CASE(a_poll_carries_so_much),
		CASE(wrong_answers_change_nothing),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
