/* SPDX-License-Identifier: MIT */
/* Enrolment and access tokens, as an agent meets them. */
#include "tests/unit/router_world.h"

static void
a_machine_enrolls_once_and_again_with_its_key(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = first_secret(w);
	struct agent a;
	agent_new(&a);
	assert_int_equal(enroll(w, &a, secret,
			     ",\"name\":\"web1\",\"tags\":[\"a:b=c\"],"
			     "\"facts\":{\"os\":\"debian\"}"),
	    201);
	assert_string_equal(jsn_peek_str(w->json, "deployment", ""), "default");
	assert_string_equal(jsn_peek_str(w->json, "account", ""), "default");
	char id[64];
	memcpy(id, a.id, sizeof(id));
	/* the certificate is the authority's, for this key */
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *claims = NULL;
	must(jws_open(str_from(jsn_peek_str(w->json, "certificate", "")),
		 JWS_TYP_CERTIFICATE,
		 trust_authority(router_trust(w->r)->trust), &claims, &e),
	    &e);
	assert_string_equal(jsn_peek_str(claims, "sub", ""), id);
	assert_string_equal(
	    jsn_peek_str(claims, "pub", ""), buf_text(&a.public_key));
	assert_int_equal(enroll(w, &a, secret, ""), 200);
	assert_string_equal(a.id, id);
	agent_free(&a);
}

static void
enrolment_refuses_what_proves_nothing(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = first_secret(w);
	struct agent a, b;
	agent_new(&a);
	agent_new(&b);
	assert_int_equal(
	    enroll(w, &a, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""), 401);
	/* a key of which only the public half is known */
	buf_reset(&a.public_key);
	buf_add_str(&a.public_key, buf_text(&b.public_key));
	assert_int_equal(enroll(w, &a, secret, ""), 401);
	assert_int_equal(
	    enroll_with_nonce(w, &b, secret, "made-up-nonce", ""), 401);
	assert_non_null(strstr(error_text(w), "nonce"));
	assert_int_equal(enroll(w, &b, secret, ",\"tags\":[\"a:b=*\"]"), 422);
	assert_int_equal(enroll(w, &b, secret, ",\"name\":\"a b\""), 422);
	assert_int_equal(enroll(w, &b, secret, ""), 201);
	agent_free(&a);
	agent_free(&b);
}

static void
a_nonce_is_good_once(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = first_secret(w);
	struct agent a;
	agent_new(&a);
	assert_int_equal(call(w, "GET", "/v1/enroll/nonce", NULL, NULL), 200);
	AUTO_STR char *nonce = xstrdup(jsn_peek_str(w->json, "nonce", ""));
	assert_int_equal(enroll_with_nonce(w, &a, secret, nonce, ""), 201);
	assert_int_equal(enroll_with_nonce(w, &a, secret, nonce, ""), 401);
	agent_free(&a);
}

static void
a_spent_token_is_gone(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = first_secret(w);
	struct agent a;
	for (int i = 0; i < 10; i++) {
		agent_new(&a);
		assert_int_equal(enroll(w, &a, secret, ""), 201);
		agent_free(&a);
	}
	agent_new(&a);
	assert_int_equal(enroll(w, &a, secret, ""), 410);
	agent_free(&a);
}

static void
assertions_bring_access_tokens(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = first_secret(w);
	struct agent a;
	agent_new(&a);
	assert_int_equal(enroll(w, &a, secret, ""), 201);
	assert_int_equal(ask_token(w, &a, &(struct assertion){ 0 }), 200);
	assert_string_equal(jsn_peek_str(w->json, "token_type", ""), "Bearer");
	assert_string_equal(
	    jsn_peek_str(w->json, "router_url", ""), w->r->config.url);
	assert_int_equal(
	    ask_token(w, &a, &(struct assertion){ .audience = "[::1]:1" }),
	    200);
	const char *access = buf_text(&a.access);
	/* the token opens instances' routes, not operators' */
	assert_int_equal(
	    call(w, "GET", "/v1/enroll-tokens", access, NULL), 403);
	assert_int_not_equal(
	    call(w, "GET", "/v1/tags/self", access, NULL), 401);
	agent_free(&a);
}

static void
assertions_that_prove_nothing_are_refused(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = first_secret(w);
	struct agent a, other;
	agent_new(&a);
	agent_new(&other);
	assert_int_equal(enroll(w, &a, secret, ""), 201);
	memcpy(other.id, a.id, sizeof(a.id));
	static const struct assertion bad[] = {
		{ .issuer = "01ARZ3NDEKTSV4RRFFQ69G5FAV" },
		{ .audience = "elsewhere.example:8443" },
		{ .exp_in_s = -100 },
		{ .exp_in_s = 600 },
		{ .jti = "short" },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int status = ask_token(w, &a, &bad[i]);
		if (status != 401)
			fail_msg("case %zu: %d", i, status);
	}
	assert_int_equal(ask_token(w, &other, &(struct assertion){ 0 }), 401);
	struct assertion twice = { .jti = "0123456789abcdef" };
	assert_int_equal(ask_token(w, &a, &twice), 200);
	assert_int_equal(ask_token(w, &a, &twice), 401);
	agent_free(&a);
	agent_free(&other);
}

static void
a_revoked_key_gets_nothing(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	AUTO_STR char *secret = first_secret(w);
	struct agent a;
	agent_new(&a);
	assert_int_equal(enroll(w, &a, secret, ""), 201);
	assert_int_equal(ask_token(w, &a, &(struct assertion){ 0 }), 200);
	AUTO_STR char *access = xstrdup(buf_text(&a.access));
	AUTO(store_job_free)
	struct store_job *j =
	    store_job_new(STORE_instance_change, -1, NULL, NULL);
	j->instance_change = (struct store_instance_change){
		.id = a.id, .revoked = 1, .now = clock_now_ms()
	};
	must(store_do(w->r->store, j), &e);
	router_auth_bump(w->r);
	assert_int_equal(call(w, "GET", "/v1/tags/self", access, NULL), 401);
	assert_int_equal(ask_token(w, &a, &(struct assertion){ 0 }), 403);
	assert_int_equal(enroll(w, &a, secret, ""), 409);
	agent_free(&a);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
	const struct CMUnitTest tests[] = {
		TEST(a_machine_enrolls_once_and_again_with_its_key),
		TEST(enrolment_refuses_what_proves_nothing),
		TEST(a_nonce_is_good_once),
		TEST(a_spent_token_is_gone),
		TEST(assertions_bring_access_tokens),
		TEST(assertions_that_prove_nothing_are_refused),
		TEST(a_revoked_key_gets_nothing),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
