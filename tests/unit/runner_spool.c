/* SPDX-License-Identifier: MIT */
/*
 * Audits on their way to the router: here the other half's port is a router
 * that keeps what it gets and loses calls and answers on purpose.
 */
#include "supervisor_world.h"

#include "runner/run.h"

#define RECORDS_MAX 8
#define PART_MAX_BYTES ((size_t)8 << 20)

struct record {
	char aid[ULID_TEXT_BYTES];
	struct buf text, events;
	bool closed;
	char status[16], cid[ULID_TEXT_BYTES];
};

static struct {
	struct record list[RECORDS_MAX];
	size_t len, calls, lost;
	unsigned seed;
	int fault_percent;
	bool away;
} router;

struct answer {
	port_done_fn done;
	void *arg;
	int rc, status;
	struct jsn *reply;
	struct loop_watch *timer;
};

static bool
bad_luck(void)
{
	router.seed = router.seed * 1103515245u + 12345u;
	return (int)((router.seed >> 16) % 100) < router.fault_percent;
}

static struct record *
record_of(const char *aid, bool make)
{
	for (size_t i = 0; i < router.len; i++) {
		if (text_eq(router.list[i].aid, aid))
			return &router.list[i];
	}
	if (!make)
		return NULL;
	assert_true(router.len < RECORDS_MAX);
	struct record *r = &router.list[router.len++];
	memcpy(r->aid, aid, strlen(aid) + 1);
	buf_init(&r->text, PART_MAX_BYTES);
	buf_init(&r->events, PART_MAX_BYTES);
	return r;
}

static int
do_put(const char *aid, const struct jsn *body, struct jsn *reply)
{
	struct record *r = record_of(aid, true);
	struct err e = { 0 };
	if (wire_shape_check(
		&wire_routes[API_audit_put].request, body, "put", &e) < 0)
		fail_msg("%s", e.text);
	if (jsn_peek_bool(body, "closed", false)) {
		if (jsn_peek_int(body, "text_bytes", -1) !=
			(int64_t)r->text.len ||
		    jsn_peek_int(body, "events_bytes", -1) !=
			(int64_t)r->events.len)
			return 409;
		r->closed = true;
	}
	const char *status = jsn_peek_str(body, "status", "?");
	memcpy(r->status, status, strlen(status) + 1);
	jsn_set_int(reply, "text_bytes", (int64_t)r->text.len);
	jsn_set_int(reply, "events_bytes", (int64_t)r->events.len);
	return 200;
}

static int
do_append(const struct port_call *c, struct jsn *reply)
{
	struct record *r = record_of(c->vars[0], false);
	if (r == NULL)
		return 404;
	struct buf *part = text_eq(c->vars[1], "text") ? &r->text : &r->events;
	int64_t offset = -1;
	assert_true(text_has_prefix(c->query, "offset="));
	assert_true(
	    str_to_i64(str_from(c->query + strlen("offset=")), 10, &offset));
	assert_true(c->bytes.len <= API_APPEND_MAX_BYTES);
	bool fits = offset == (int64_t)part->len;
	if (fits)
		buf_add(part, c->bytes.data, c->bytes.len);
	jsn_set_int(reply, "length", (int64_t)part->len);
	return fits ? 200 : 409;
}

static void
on_answer(void *arg)
{
	struct answer *a = arg;
	struct err e = { 0 };
	if (a->rc < 0)
		(void)err_set(&e, ERR_NETWORK, "lost");
	loop_unwatch(&a->timer);
	a->done(a->rc, a->status, a->reply, &e, a->arg);
	jsn_free(&a->reply);
	free(a);
}

static void
on_call(const struct port_call *c, void *arg)
{
	struct world *w = arg;
	struct answer *a = xcalloc(1, sizeof(*a));
	a->done = c->done;
	a->arg = c->arg;
	a->reply = jsn_new_object();
	router.calls++;
	if (router.away || bad_luck()) {
		a->rc = ERR_NETWORK;
		router.lost++;
	} else {
		a->status = c->route == API_audit_put
				? do_put(c->vars[0], c->json, a->reply)
				: do_append(c, a->reply);
		/* Done, but nobody hears of it. */
		if (bad_luck()) {
			a->rc = ERR_NETWORK;
			router.lost++;
		}
	}
	a->timer = loop_after(w->loop, 1, on_answer, a);
}

static int
set_up_router(void **at)
{
	memset(&router, 0, sizeof(router));
	router.seed = 7;
	int rc = set_up(at);
	struct world *w = *at;
	w->ports.call = on_call;
	return rc;
}

static int
tear_down_router(void **at)
{
	for (size_t i = 0; i < router.len; i++) {
		buf_release(&router.list[i].text);
		buf_release(&router.list[i].events);
	}
	return tear_down(at);
}

/* The agent has heard that all of it arrived. */
static bool
is_settled(const struct world *w, const struct record *r)
{
	AUTO_STR char *mark =
	    xasprintf("%s/runs/%s/upload.json", w->places.state, r->aid);
	return r->closed && access(mark, F_OK) != 0;
}

static bool
all_is_there(struct world *w)
{
	return supervisor_state(w->s) == STATE_OPERATIONAL &&
	       supervisor_spooled_bytes(w->s) == 0 && router.len > 0 &&
	       is_settled(w, &router.list[router.len - 1]);
}

static void
assert_same(const struct world *w, const struct record *r, const char *file,
    const struct buf *part)
{
	AUTO_STR char *path =
	    xasprintf("%s/runs/%s/%s", w->places.state, r->aid, file);
	AUTO_BUF struct buf text = BUF_INIT(PART_MAX_BYTES);
	struct err e = { 0 };
	assert_int_equal(
	    fsat_read(AT_FDCWD, path, PART_MAX_BYTES, &text, &e), 0);
	assert_int_equal(text.len, part->len);
	assert_memory_equal(text.data, part->data, text.len);
}

static void
assert_whole(const struct world *w, const struct record *r)
{
	assert_true(r->closed);
	assert_same(w, r, "audit.txt", &r->text);
	assert_same(w, r, "events.jsonl", &r->events);
}

static void
a_record_arrives_whole(void **at)
{
	struct world *w = *at;
	put(w, "steps", "flood 1\nsay the end\nconverged\n", 0644);
	open_supervisor(w);
	wait_until(w, all_is_there);
	assert_int_equal(router.len, 1);
	assert_whole(w, &router.list[0]);
	assert_string_equal(router.list[0].status, "completed");
	assert_true(router.list[0].text.len > (size_t)1 << 20);
}

static bool
some_text_is_there(struct world *w)
{
	(void)w;
	return router.len > 0 && router.list[0].text.len > 100;
}

static void
a_record_grows_while_the_run_goes_on(void **at)
{
	struct world *w = *at;
	play_wait(w, "steps", "here", "go");
	open_supervisor(w);
	wait_until(w, some_text_is_there);
	assert_string_equal(router.list[0].status, "running");
	assert_false(router.list[0].closed);
	put(w, "go", "", 0644);
	wait_until(w, all_is_there);
	assert_whole(w, &router.list[0]);
}

static void
lost_calls_and_answers_lose_nothing(void **at)
{
	struct world *w = *at;
	router.fault_percent = 8;
	put(w, "steps", "flood 1\nconverged\n", 0644);
	open_supervisor(w);
	wait_until(w, all_is_there);
	assert_true(router.lost > 0);
	assert_whole(w, &router.list[0]);
}

static bool
is_operational(struct world *w)
{
	return supervisor_state(w->s) == STATE_OPERATIONAL &&
	       queue_is_idle(supervisor_queue(w->s));
}

static bool
no_call_is_open(struct world *w)
{
	(void)w;
	static size_t seen;
	bool quiet = seen == router.calls;
	seen = router.calls;
	return quiet;
}

static void
what_was_not_sent_is_sent_by_the_next_agent(void **at)
{
	struct world *w = *at;
	router.away = true;
	put(w, "steps", "flood 1\nconverged\n", 0644);
	open_supervisor(w);
	wait_until(w, is_operational);
	assert_true(supervisor_spooled_bytes(w->s) > 1 << 20);
	wait_until(w, no_call_is_open);
	close_supervisor(w);
	router.away = false;
	open_supervisor(w);
	wait_until(w, all_is_there);
	assert_whole(w, &router.list[0]);
}

static void
a_router_that_forgot_gets_it_again(void **at)
{
	struct world *w = *at;
	play_wait(w, "steps", "here", "go");
	open_supervisor(w);
	wait_until(w, some_text_is_there);
	/* A backup from before was put back. */
	buf_release(&router.list[0].text);
	buf_release(&router.list[0].events);
	router.len = 0;
	put(w, "go", "", 0644);
	wait_until(w, all_is_there);
	assert_whole(w, &router.list[0]);
}

static void
too_much_that_waits_is_given_up_oldest_first(void **at)
{
	struct world *w = *at;
	router.away = true;
	w->o.spool_max_bytes = 1 << 20;
	put(w, "steps", "flood 1\nconverged\n", 0644);
	open_supervisor(w);
	wait_until(w, is_operational);
	assert_true(supervisor_spooled_bytes(w->s) <= 1 << 20);
	/* The local audit stays. */
	AUTO_STR char *runs = places_state(&w->places, "runs");
	assert_int_equal(access(runs, F_OK), 0);
}

static void
only_ends_go_up_when_that_is_wanted(void **at)
{
	struct world *w = *at;
	w->o.upload_ends = true;
	open_supervisor(w);
	wait_until(w, is_operational);
	while (router.len == 0 || !router.list[0].closed)
		wait_until(w, no_call_is_open);
	assert_int_equal(router.list[0].text.len, 0);
	assert_string_equal(router.list[0].status, "completed");
}

static bool
two_are_settled(struct world *w)
{
	size_t settled = 0;
	for (size_t i = 0; i < router.len; i++)
		settled += is_settled(w, &router.list[i]);
	return settled >= 2;
}

static void
rl6_2_6_of_a_policy_only_failures_and_the_shared_record_go_up(void **at)
{
	struct world *w = *at;
	open_supervisor(w);
	wait_until(w, all_is_there);
	AUTO(jsn_free) struct jsn *list = jsn_new_array();
	jsn_push_str(list, "demo::a");
	struct run_order o = { .kind = ORDER_SCHEDULE,
		.trusted = true,
		.policy = "web",
		.executables = list };
	char good[ULID_TEXT_BYTES], bad[ULID_TEXT_BYTES];
	struct err e = { 0 };
	assert_int_equal(queue_add(supervisor_queue(w->s), &o, good, &e), 0);
	wait_until(w, is_operational);
	put(w, "steps.demo-a", "exit 1\n", 0644);
	assert_int_equal(queue_add(supervisor_queue(w->s), &o, bad, &e), 0);
	wait_until(w, two_are_settled);
	assert_null(record_of(good, false));
	assert_whole(w, record_of(bad, false));
	assert_int_equal(router.len, 3);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up_router, tear_down_router)
	const struct CMUnitTest tests[] = {
		T(a_record_arrives_whole),
		T(a_record_grows_while_the_run_goes_on),
		T(lost_calls_and_answers_lose_nothing),
		T(what_was_not_sent_is_sent_by_the_next_agent),
		T(a_router_that_forgot_gets_it_again),
		T(too_much_that_waits_is_given_up_oldest_first),
		T(only_ends_go_up_when_that_is_wanted),
		T(rl6_2_6_of_a_policy_only_failures_and_the_shared_record_go_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
