/* SPDX-License-Identifier: MIT */
/* A real router on a free port, spoken to over TLS: what is answered, who is
 * let in, how it ends and comes back. */
#include "tests/unit/router_world.h"

#include "router/trust_edit.h"

static void
health_and_documents_are_for_everybody(void **state)
{
	struct world *w = *state;
	assert_int_equal(call(w, "GET", "/healthz", NULL, NULL), 200);
	assert_string_equal(buf_text(&w->body), "ok\n");
	assert_int_equal(call(w, "GET", "/readyz", NULL, NULL), 200);
	assert_int_equal(call(w, "GET", "/metrics", NULL, NULL), 200);
	assert_non_null(strstr(buf_text(&w->body),
	    "rightlink_http_requests_total{route=\"healthz\",status=\"200\"} "
	    "1\n"));
	AUTO_STR char *type = http_header(&w->head, "content-type");
	assert_string_equal(type, "text/plain; version=0.0.4");
}

static void
openapi_has_every_route(void **state)
{
	struct world *w = *state;
	assert_int_equal(call(w, "GET", "/v1/openapi.json", NULL, NULL), 200);
	assert_string_equal(jsn_peek_str(w->json, "openapi", ""), "3.0.3");
	const struct jsn *paths = jsn_get(w->json, "paths");
	for (size_t i = 0; i < API_ROUTES; i++) {
		const struct wire_route *row = &wire_routes[i];
		char method[16] = "";
		for (size_t k = 0; row->method[k] != '\0'; k++)
			method[k] = (char)(row->method[k] | 0x20);
		const struct jsn *o =
		    jsn_get(jsn_get(paths, row->path), method);
		assert_string_equal(
		    jsn_peek_str(o, "operationId", ""), row->name);
	}
}

static void
wrong_paths_and_methods_are_explained(void **state)
{
	struct world *w = *state;
	assert_int_equal(call(w, "GET", "/v1/trusty", NULL, NULL), 404);
	assert_non_null(strstr(error_text(w), "did you mean '/v1/trust'?"));
	assert_int_equal(call(w, "PUT", "/v1/trust", NULL, "{}"), 405);
	AUTO_STR char *allow = http_header(&w->head, "allow");
	assert_string_equal(allow, "GET, HEAD");
	assert_int_equal(call(w, "GET", "/v1/audits/%zz",
			     buf_text(&w->operator_token), NULL),
	    400);
	assert_int_equal(metrics_requests(w->r->metrics, API_ROUTES, 404), 1);
}

static void
bodies_are_checked_against_their_shape(void **state)
{
	struct world *w = *state;
	const char *t = buf_text(&w->operator_token);
	static const struct {
		const char *body, *text;
		int status;
	} cases[] = {
		{ "{", "body: line 1", 400 },
		{ "[]", "must be an object", 422 },
		{ "{\"uses\":\"2\"}", ".uses: must be an integer", 422 },
		{ "{\"deployment\":\"a\\u0000b\"}", "\\u0000", 422 },
		{ "", "body", 400 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status =
		    call(w, "POST", "/v1/enroll-tokens", t, cases[i].body);
		if (status != cases[i].status ||
		    strstr(error_text(w), cases[i].text) == NULL)
			fail_msg("case %zu: %d %s", i, status, error_text(w));
	}
}

static void
operators_need_a_known_token_with_the_scope(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	assert_int_equal(call(w, "GET", "/v1/enroll-tokens", NULL, NULL), 401);
	AUTO_STR char *ask = http_header(&w->head, "www-authenticate");
	assert_non_null(ask);
	assert_int_equal(
	    call(w, "GET", "/v1/enroll-tokens", "rlo_wrong", NULL), 401);
	AUTO(store_job_free)
	struct store_job *j = store_job_new(STORE_operator_put, -1, NULL, NULL);
	struct digest_text sha = digest_of(DIGEST_SHA256, STR("rlo_reader"));
	j->operator_put = (struct store_operator_put){ .name = "reader",
		.sha256 = sha.hex,
		.scopes = "read",
		.now = clock_now_ms() };
	must(store_do(w->r->store, j), &e);
	assert_int_equal(
	    call(w, "GET", "/v1/enroll-tokens", "rlo_reader", NULL), 403);
	assert_non_null(strstr(error_text(w), "lacks the scope 'admin'"));
	assert_int_equal(
	    call(w, "POST", "/v1/poll", buf_text(&w->operator_token), "{}"),
	    403);
}

static void
failures_are_counted_by_address(void **state)
{
	struct world *w = *state;
	int status = 401;
	for (int i = 0; i < 40 && status == 401; i++)
		status = call(w, "GET", "/v1/bundles", "rlo_guess", NULL);
	assert_int_equal(status, 429);
	AUTO_STR char *after = http_header(&w->head, "retry-after");
	assert_non_null(after);
	/* not even the right one is looked at for now */
	assert_int_equal(
	    call(w, "GET", "/v1/bundles", buf_text(&w->operator_token), NULL),
	    429);
}

static void
trust_is_served_as_it_is_and_only_rises(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	assert_int_equal(call(w, "GET", "/v1/trust", NULL, NULL), 200);
	assert_int_equal(jsn_peek_int(w->json, "version", 0), 1);
	struct digest_text sha =
	    digest_of(DIGEST_SHA256, jsn_str(jsn_get(w->json, "ca")));
	assert_string_equal(sha.hex, w->made.ca_sha256);
	AUTO_BUF struct buf old = BUF_INIT(65536);
	must(fsat_read(w->r->data_fd, "trust.json", 65536, &old, &e), &e);
	AUTO(sign_key_free) struct sign_key *root = NULL;
	must(sign_key_load(w->r->data_fd, ROUTER_ROOT_KEY_FILE, &root, &e), &e);
	int64_t version = 0;
	must(trust_edit_revoke(w->r->data_fd, root, "admin", &version, &e), &e);
	assert_int_equal(version, 2);
	must(router_trust_reload(w->r, &e), &e);
	assert_int_equal(call(w, "GET", "/v1/trust", NULL, NULL), 200);
	assert_int_equal(jsn_peek_int(w->json, "version", 0), 2);
	must(fsat_replace(w->r->data_fd, "trust.json",
		 (struct str){ old.data, old.len }, 0644, 0, &e),
	    &e);
	assert_int_equal(router_trust_reload(w->r, &e), ERR_STATE);
	assert_int_equal(router_trust(w->r)->version, 2);
}

static void
init_takes_no_directory_that_holds_something(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct init_result again = { .a = NULL };
	struct init_spec spec = { .data_path = w->data, .name = "localhost" };
	assert_int_equal(router_init(&spec, &again, &e), ERR_EXISTS);
	struct router *r = NULL;
	assert_int_equal(router_open(w->path, 1, &r, &e), ERR_ABSENT);
	assert_non_null(strstr(e.text, "router init"));
}

/* What was in the store when it ended is there when it comes back. */
static void
a_router_comes_back_with_what_it_knew(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = first_secret(w);
	struct agent a;
	agent_new(&a);
	assert_int_equal(enroll(w, &a, secret, ""), 201);
	router_stop(w->r, 1000);
	router_close(&w->r);
	start(w);
	assert_int_equal(ask_token(w, &a, &(struct assertion){ 0 }), 200);
	agent_free(&a);
}

static void
a_new_certificate_is_taken_while_it_serves(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	AUTO_FD int tls = fsat_open_dir(w->r->data_fd, ROUTER_TLS_DIR, &e);
	assert_int_equal(call(w, "GET", "/healthz", NULL, NULL), 200);
	must(tls_make_server(tls, &w->r->config.names, 30, &e), &e);
	must(httpd_reload(w->r->httpd, &e), &e);
	assert_int_equal(call(w, "GET", "/healthz", NULL, NULL), 200);
	must(
	    fsat_replace(tls, TLS_SERVER_FILE, STR("broken"), 0644, 0, &e), &e);
	assert_int_equal(httpd_reload(w->r->httpd, &e), ERR_SYNTAX);
	assert_int_equal(call(w, "GET", "/healthz", NULL, NULL), 200);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
	const struct CMUnitTest tests[] = {
		TEST(health_and_documents_are_for_everybody),
		TEST(openapi_has_every_route),
		TEST(wrong_paths_and_methods_are_explained),
		TEST(bodies_are_checked_against_their_shape),
		TEST(operators_need_a_known_token_with_the_scope),
		TEST(failures_are_counted_by_address),
		TEST(trust_is_served_as_it_is_and_only_rises),
		TEST(init_takes_no_directory_that_holds_something),
		TEST(a_router_comes_back_with_what_it_knew),
		TEST(a_new_certificate_is_taken_while_it_serves),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
