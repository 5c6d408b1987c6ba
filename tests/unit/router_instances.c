/* SPDX-License-Identifier: MIT */
/* Nodes, tokens of machines and live questions through the API. */
#include "tests/unit/router_world.h"

#include <pthread.h>

static const char *
admin(const struct world *w)
{
	return buf_text(&w->operator_token);
}

static void
join(struct world *w, struct agent *a, const char *name)
{
	AUTO_STR char *secret = first_secret(w);
	AUTO_STR char *more = xasprintf(
	    ",\"name\":\"%s\",\"tags\":[\"app:role=%s\"]", name, name);
	agent_new(a);
	assert_int_equal(enroll(w, a, secret, more), 201);
	assert_int_equal(ask_token(w, a, &(struct assertion){ 0 }), 200);
}

static int
call_path(struct world *w, const char *method, const char *token,
    const char *body, const char *fmt, const char *arg)
{
	AUTO_BUF struct buf path = BUF_INIT(1024);
	buf_printf(&path, "%s%s", fmt, arg);
	return call(w, method, buf_text(&path), token, body);
}

static void
nodes_are_listed_by_name_with_their_tags(void **state)
{
	struct world *w = *state;
	struct agent b, a;
	join(w, &b, "beta");
	join(w, &a, "alpha");
	assert_int_equal(call(w, "GET", "/v1/instances", admin(w), NULL), 200);
	const struct jsn *list = jsn_get(w->json, "instances");
	assert_int_equal(jsn_len(list), 2);
	const struct jsn *first = jsn_at(list, 0);
	assert_string_equal(jsn_peek_str(first, "name", ""), "alpha");
	assert_string_equal(jsn_peek_str(first, "id", ""), a.id);
	assert_string_equal(jsn_peek_str(first, "presence", ""), "offline");
	assert_true(str_eq_text(
	    jsn_str(jsn_at(jsn_get(first, "tags"), 0)), "app:role=alpha"));
	struct err e = { 0 };
	must(wire_shape_check(
		 &wire_routes[API_instance_list].reply, w->json, "reply", &e),
	    &e);
	assert_int_equal(
	    call(w, "GET", "/v1/instances?limit=1", admin(w), NULL), 200);
	assert_int_equal(jsn_len(jsn_get(w->json, "instances")), 1);
	AUTO_STR char *next = xstrdup(jsn_peek_str(w->json, "next", ""));
	assert_int_equal(call_path(w, "GET", admin(w), NULL,
			     "/v1/instances?limit=1&cursor=", next),
	    200);
	first = jsn_at(jsn_get(w->json, "instances"), 0);
	assert_string_equal(jsn_peek_str(first, "name", ""), "beta");
	assert_int_equal(
	    call(w, "GET", "/v1/instances?presence=online", admin(w), NULL),
	    200);
	assert_int_equal(jsn_len(jsn_get(w->json, "instances")), 0);
	assert_int_equal(
	    call(w, "GET", "/v1/instances?presence=here", admin(w), NULL), 422);
	agent_free(&a);
	agent_free(&b);
}

static void
a_node_is_found_by_id_and_by_name(void **state)
{
	struct world *w = *state;
	struct agent a;
	join(w, &a, "web1");
	assert_int_equal(
	    call(w, "GET", "/v1/instances/web1", admin(w), NULL), 200);
	assert_string_equal(
	    jsn_peek_str(jsn_get(w->json, "instance"), "id", ""), a.id);
	assert_int_equal(
	    call_path(w, "GET", admin(w), NULL, "/v1/instances/", a.id), 200);
	assert_int_equal(
	    call(w, "GET", "/v1/instances/web1", buf_text(&a.access), NULL),
	    200);
	assert_int_equal(
	    call(w, "GET", "/v1/instances/web2", admin(w), NULL), 404);
	agent_free(&a);
}

static char *
new_token(struct world *w, const char *body, char id[64])
{
	assert_int_equal(
	    call(w, "POST", "/v1/enroll-tokens", admin(w), body), 201);
	struct join_token t;
	struct err e = { 0 };
	snprintf(id, 64, "%s", jsn_peek_str(w->json, "id", ""));
	must(join_token_parse(jsn_str(jsn_get(w->json, "token")), &t, &e), &e);
	assert_string_equal(t.ca_sha256, w->made.ca_sha256);
	return xstrndup(t.secret.data, t.secret.len);
}

static void
tokens_of_machines_are_made_listed_and_dropped(void **state)
{
	struct world *w = *state;
	struct agent a;
	char id[64], dropped[64];
	AUTO_STR char *secret = new_token(w,
	    "{\"deployment\":\"shop\",\"bundle\":\"web\",\"uses\":2,"
	    "\"ttl_ms\":60000}",
	    id);
	agent_new(&a);
	assert_int_equal(enroll(w, &a, secret, ""), 201);
	assert_string_equal(jsn_peek_str(w->json, "deployment", ""), "shop");
	assert_string_equal(jsn_peek_str(w->json, "bundle", ""), "web");
	assert_int_equal(
	    call(w, "GET", "/v1/enroll-tokens", admin(w), NULL), 200);
	const struct jsn *t = jsn_at(jsn_get(w->json, "tokens"), 0);
	assert_string_equal(jsn_peek_str(t, "id", ""), id);
	assert_int_equal(jsn_peek_int(t, "uses_left", 0), 1);
	assert_null(strstr(buf_text(&w->body), secret));
	AUTO_STR char *other = new_token(w, "{}", dropped);
	assert_int_equal(call_path(w, "DELETE", admin(w), NULL,
			     "/v1/enroll-tokens/", dropped),
	    200);
	assert_true(jsn_peek_bool(w->json, "dropped", false));
	assert_int_equal(call_path(w, "DELETE", admin(w), NULL,
			     "/v1/enroll-tokens/", dropped),
	    200);
	assert_false(jsn_peek_bool(w->json, "dropped", true));
	agent_free(&a);
	agent_new(&a);
	assert_int_equal(enroll(w, &a, other, ""), 401);
	agent_free(&a);
}

static void
tokens_of_machines_have_limits(void **state)
{
	struct world *w = *state;
	static const char *const bad[] = {
		"{\"uses\":0}",
		"{\"uses\":100001}",
		"{\"ttl_ms\":0}",
		"{\"ttl_ms\":999}",
		"{\"ttl_ms\":99999999999}",
		"{\"deployment\":\"a b\"}",
		"{\"deployment\":\"\"}",
		"{\"bundle\":\"../x\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int status =
		    call(w, "POST", "/v1/enroll-tokens", admin(w), bad[i]);
		if (status != 422)
			fail_msg("case %zu: %d", i, status);
	}
}

/* T2: revoking works at once, and is taken back. */
static void
a_node_is_renamed_revoked_and_restored(void **state)
{
	struct world *w = *state;
	struct agent a;
	join(w, &a, "web1");
	const char *access = buf_text(&a.access);
	assert_int_equal(call(w, "GET", "/v1/tags/self", access, NULL), 200);
	assert_int_equal(call(w, "PUT", "/v1/instances/web1", admin(w),
			     "{\"name\":\"web-one\",\"bundle\":\"web\"}"),
	    200);
	const struct jsn *i = jsn_get(w->json, "instance");
	assert_string_equal(jsn_peek_str(i, "name", ""), "web-one");
	assert_string_equal(jsn_peek_str(i, "bundle", ""), "web");
	assert_int_equal(call(w, "PUT", "/v1/instances/web-one", admin(w),
			     "{\"revoked\":true}"),
	    200);
	assert_true(
	    jsn_peek_bool(jsn_get(w->json, "instance"), "revoked", false));
	assert_int_equal(call(w, "GET", "/v1/tags/self", access, NULL), 401);
	assert_int_equal(call(w, "PUT", "/v1/instances/web-one", admin(w),
			     "{\"revoked\":false}"),
	    200);
	assert_int_equal(call(w, "GET", "/v1/tags/self", access, NULL), 200);
	assert_int_equal(call(w, "PUT", "/v1/instances/web-one", admin(w),
			     "{\"name\":\"a b\"}"),
	    422);
	agent_free(&a);
}

static void
a_forgotten_node_is_nobody(void **state)
{
	struct world *w = *state;
	struct agent a;
	join(w, &a, "web1");
	assert_int_equal(
	    call(w, "DELETE", "/v1/instances/web1", admin(w), NULL), 200);
	assert_int_equal(jsn_peek_int(w->json, "ended", -1), 0);
	assert_int_equal(
	    call(w, "GET", "/v1/instances/web1", admin(w), NULL), 404);
	assert_int_equal(
	    call(w, "GET", "/v1/tags/self", buf_text(&a.access), NULL), 401);
	agent_free(&a);
}

/* --- live questions ---------------------------------------------------- */

struct poller {
	struct world w; /* of its own connection and answer */
	const char *access;
	const char *body;
	int status;
};

static void *
poll_once(void *arg)
{
	struct poller *p = arg;
	p->status = call(&p->w, "POST", "/v1/poll", p->access, p->body);
	return NULL;
}

static void
poller_begin(struct poller *p, const struct world *w, const struct agent *a,
    const char *body, pthread_t *thread)
{
	*p = (struct poller){ .access = buf_text(&a->access), .body = body };
	p->w.r = w->r;
	p->w.ca = w->ca;
	buf_init(&p->w.body, ANSWER_MAX_BYTES);
	assert_int_equal(pthread_create(thread, NULL, poll_once, p), 0);
}

static void
poller_end(struct poller *p, pthread_t thread)
{
	pthread_join(thread, NULL);
	jsn_free(&p->w.json);
	buf_release(&p->w.body);
	http_response_release(&p->w.head);
}

static void
wait_until_parked(const struct world *w)
{
	struct httpd_counts n = { 0 };
	for (int i = 0; i < 2000 && n.parked == 0; i++) {
		struct timespec nap = { .tv_nsec = 5 * 1000 * 1000 };
		nanosleep(&nap, NULL);
		httpd_count(w->r->httpd, &n);
	}
	assert_int_equal(n.parked, 1);
}

#define POLL                                                                   \
	"{\"boot_id\":\"b\",\"session\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\","       \
	"\"hold_ms\":30000"

struct question {
	struct world w;
	const char *token, *body;
	int status;
};

static void *
ask(void *arg)
{
	struct question *q = arg;
	q->status = call(&q->w, "POST", "/v1/requests", q->token, q->body);
	return NULL;
}

static void
a_live_question_goes_down_and_its_answer_up(void **state)
{
	struct world *w = *state;
	struct agent a;
	struct poller p;
	pthread_t polling, asking;
	join(w, &a, "web1");
	poller_begin(&p, w, &a, POLL "}", &polling);
	wait_until_parked(w);
	struct question q = { .token = admin(w),
		.body = "{\"id\":\"web1\",\"type\":\"ping\","
			"\"body\":{\"n\":7}}" };
	q.w.r = w->r;
	q.w.ca = w->ca;
	buf_init(&q.w.body, ANSWER_MAX_BYTES);
	assert_int_equal(pthread_create(&asking, NULL, ask, &q), 0);
	pthread_join(polling, NULL);
	assert_int_equal(p.status, 200);
	const struct jsn *r = jsn_at(jsn_get(p.w.json, "requests"), 0);
	assert_string_equal(jsn_peek_str(r, "type", ""), "ping");
	assert_int_equal(jsn_peek_int(jsn_get(r, "body"), "n", 0), 7);
	AUTO_BUF struct buf answer = BUF_INIT(4096);
	buf_printf(&answer,
	    POLL ",\"replies\":[{\"rid\":\"%s\",\"body\":{\"pong\":1}}]}",
	    jsn_peek_str(r, "rid", ""));
	jsn_free(&p.w.json);
	buf_release(&p.w.body);
	http_response_release(&p.w.head);
	poller_begin(&p, w, &a, buf_text(&answer), &polling);
	pthread_join(asking, NULL);
	assert_int_equal(q.status, 200);
	assert_int_equal(jsn_peek_int(jsn_get(q.w.json, "body"), "pong", 0), 1);
	router_stop(w->r, 5000);
	poller_end(&p, polling);
	assert_int_equal(p.status, 200);
	jsn_free(&q.w.json);
	buf_release(&q.w.body);
	http_response_release(&q.w.head);
	agent_free(&a);
}

static void
a_question_nobody_can_answer_fails_at_once(void **state)
{
	struct world *w = *state;
	struct agent a;
	join(w, &a, "web1");
	assert_int_equal(call(w, "POST", "/v1/requests", admin(w),
			     "{\"id\":\"web1\",\"type\":\"ping\"}"),
	    409);
	assert_int_equal(call(w, "POST", "/v1/requests", admin(w),
			     "{\"id\":\"web2\",\"type\":\"ping\"}"),
	    404);
	assert_int_equal(call(w, "POST", "/v1/requests", admin(w),
			     "{\"id\":\"web1\",\"type\":\"ping\","
			     "\"timeout_ms\":30001}"),
	    422);
	agent_free(&a);
}

/* 6.5: a planned stop answers parked polls with drain and retry_ms. */
static void
a_parked_poll_is_told_of_the_drain(void **state)
{
	struct world *w = *state;
	struct agent a;
	struct poller p;
	pthread_t polling;
	join(w, &a, "web1");
	poller_begin(&p, w, &a, POLL "}", &polling);
	wait_until_parked(w);
	router_stop(w->r, 5000);
	pthread_join(polling, NULL);
	assert_int_equal(p.status, 200);
	assert_true(jsn_peek_bool(p.w.json, "drain", false));
	assert_true(jsn_peek_int(p.w.json, "retry_ms", -1) >= 0);
	AUTO_STR char *end = http_header(&p.w.head, "connection");
	assert_string_equal(end, "close");
	jsn_free(&p.w.json);
	buf_release(&p.w.body);
	http_response_release(&p.w.head);
	agent_free(&a);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
	const struct CMUnitTest tests[] = {
		TEST(nodes_are_listed_by_name_with_their_tags),
		TEST(a_node_is_found_by_id_and_by_name),
		TEST(tokens_of_machines_are_made_listed_and_dropped),
		TEST(tokens_of_machines_have_limits),
		TEST(a_node_is_renamed_revoked_and_restored),
		TEST(a_forgotten_node_is_nobody),
		TEST(a_live_question_goes_down_and_its_answer_up),
		TEST(a_question_nobody_can_answer_fails_at_once),
		TEST(a_parked_poll_is_told_of_the_drain),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
