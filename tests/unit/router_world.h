/* SPDX-License-Identifier: MIT */
/*
 * For tests of the whole router: one on a free port in a directory of its own,
 * a client over TLS, and agents as far as they speak HTTP. struct world is the
 * state of each test; world_up and world_down are its set-up and tear-down.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/base64.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "common/http.h"
#include "common/log.h"
#include "router/httpd.h"
#include "router/init.h"
#include "router/metrics.h"
#include "router/router.h"
#include "router/store_jobs.h"
#include "wire/jws.h"

#define ANSWER_MAX_BYTES ((size_t)1 << 20)

struct world {
	char path[64], *data, *ca;
	struct init_result made;
	struct router *r;
	struct buf operator_token;
	/* the newest answer */
	struct buf body;
	struct http_response head;
	struct jsn *json;
};

UNUSED static void
must(int rc, const struct err *e)
{
	if (rc < 0)
		fail_msg("%s", e->text);
}

UNUSED static void
start(struct world *w)
{
	struct err e = { 0 };
	must(router_open(w->data, 2, &w->r, &e), &e);
	must(router_serve(w->r, "127.0.0.1", 0, &e), &e);
}

UNUSED static int
world_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	*state = w;
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(w->path, sizeof(w->path), "/tmp/rl-router-XXXXXX");
	assert_non_null(mkdtemp(w->path));
	w->data = path_join(w->path, "r");
	struct init_spec spec = { .data_path = w->data,
		.name = "localhost",
		.listen = "127.0.0.1:0" };
	must(router_init(&spec, &w->made, &e), &e);
	w->ca = path_join(w->data, "tls/ca.pem");
	AUTO(jsn_free) struct jsn *context = NULL;
	must(jsn_load(AT_FDCWD, w->made.context_path, 65536, &context, &e), &e);
	buf_init(&w->operator_token, 256);
	buf_add_str(&w->operator_token, jsn_peek_str(context, "token", ""));
	buf_init(&w->body, ANSWER_MAX_BYTES);
	start(w);
	return 0;
}

UNUSED static int
world_down(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	router_close(&w->r);
	init_result_release(&w->made);
	http_response_release(&w->head);
	buf_release(&w->body);
	buf_release(&w->operator_token);
	jsn_free(&w->json);
	must(fsat_remove_tree(AT_FDCWD, w->path, &e), &e);
	free(w->data);
	free(w->ca);
	free(w);
	return 0;
}

/* The status; the body is in w->body, and in w->json when it is JSON. */
UNUSED static int
call(struct world *w, const char *method, const char *path, const char *token,
    const char *body)
{
	struct err e = { 0 };
	AUTO_STR char *bearer =
	    xasprintf("Authorization: Bearer %s", token != NULL ? token : "");
	AUTO_STR char *url =
	    xasprintf("https://localhost:%d%s", httpd_port(w->r->httpd), path);
	const char *headers[3] = { "Content-Type: application/json" };
	headers[1] = token != NULL ? bearer : NULL;
	struct http_request q = {
		.method = method,
		.url = url,
		.headers = headers,
		.body = body != NULL ? str_from(body) : (struct str){ 0 },
		.body_buf = &w->body,
		.ca_file = w->ca,
		.proxy = "",
	};
	buf_reset(&w->body);
	jsn_free(&w->json);
	http_response_release(&w->head);
	must(http_perform(&q, &w->head, &e), &e);
	(void)!jsn_parse((struct str){ buf_text(&w->body), w->body.len },
	    "answer", ANSWER_MAX_BYTES, &w->json, &e);
	return w->head.status;
}

UNUSED static const char *
error_text(const struct world *w)
{
	return jsn_peek_str(jsn_get(w->json, "error"), "message", "");
}

/* --- enrolment as an agent does it ------------------------------------- */

struct agent {
	struct sign_key *key;
	struct buf public_key;
	char id[64];
	struct buf access;
};

UNUSED static void
agent_new(struct agent *a)
{
	struct err e = { 0 };
	struct sign_public p;
	memset(a, 0, sizeof(*a));
	must(sign_key_new(&a->key, &e), &e);
	sign_key_public(a->key, &p);
	buf_init(&a->public_key, 256);
	buf_init(&a->access, JWS_MAX_BYTES);
	sign_public_format(&p, &a->public_key);
}

UNUSED static void
agent_free(struct agent *a)
{
	sign_key_free(&a->key);
	buf_release(&a->public_key);
	buf_release(&a->access);
}

UNUSED static int
enroll_with_nonce(struct world *w, struct agent *a, const char *secret,
    const char *nonce, const char *more)
{
	struct err e = { 0 };
	struct sign_signature s;
	AUTO_BUF struct buf message = BUF_INIT(1024), sig = BUF_INIT(256);
	AUTO_BUF struct buf body = BUF_INIT(65536);
	buf_add(&message, nonce, strlen(nonce) + 1);
	buf_add_str(&message, secret);
	must(sign_message(a->key, SIGN_DOMAIN_ENROLL,
		 (struct str){ message.data, message.len }, &s, &e),
	    &e);
	base64_format(
	    (struct str){ (const char *)s.bytes, sizeof(s.bytes) }, &sig);
	buf_printf(&body,
	    "{\"token\":\"%s\",\"public_key\":\"%s\",\"nonce\":\"%s\","
	    "\"signature\":\"%s\"%s}",
	    secret, buf_text(&a->public_key), nonce, buf_text(&sig), more);
	int status = call(w, "POST", "/v1/enroll", NULL, buf_text(&body));
	snprintf(a->id, sizeof(a->id), "%s", jsn_peek_str(w->json, "id", ""));
	return status;
}

UNUSED static int
enroll(struct world *w, struct agent *a, const char *secret, const char *more)
{
	assert_int_equal(call(w, "GET", "/v1/enroll/nonce", NULL, NULL), 200);
	AUTO_STR char *nonce = xstrdup(jsn_peek_str(w->json, "nonce", ""));
	return enroll_with_nonce(w, a, secret, nonce, more);
}

UNUSED static char *
first_secret(const struct world *w)
{
	struct join_token t;
	struct err e = { 0 };
	must(join_token_parse(str_from(buf_text(&w->made.token)), &t, &e), &e);
	assert_string_equal(t.ca_sha256, w->made.ca_sha256);
	assert_string_equal(t.root_kid.text, w->made.config.root_kid.text);
	return xstrndup(t.secret.data, t.secret.len);
}

struct assertion {
	const char *issuer, *audience, *jti;
	int64_t exp_in_s;
};

UNUSED static int
ask_token(struct world *w, struct agent *a, const struct assertion *s)
{
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *claims = jsn_new_object();
	AUTO_BUF struct buf jws = BUF_INIT(JWS_MAX_BYTES);
	AUTO_BUF struct buf body = BUF_INIT(2 * JWS_MAX_BYTES);
	char jti[ULID_TEXT_BYTES];
	ulid_new(jti);
	jsn_set_str(claims, "iss", s->issuer != NULL ? s->issuer : a->id);
	jsn_set_str(claims, "aud",
	    s->audience != NULL ? s->audience : w->r->config.url + 8);
	jsn_set_str(claims, "jti", s->jti != NULL ? s->jti : jti);
	jsn_set_int(claims, "exp",
	    clock_now_ms() / 1000 + (s->exp_in_s != 0 ? s->exp_in_s : 50));
	must(jws_sign(JWS_TYP_ASSERTION, a->key, claims, &jws, &e), &e);
	buf_printf(&body,
	    "{\"grant_type\":\"client_credentials\",\"client_assertion\":"
	    "\"%s\"}",
	    buf_text(&jws));
	int status = call(w, "POST", "/v1/oauth2/token", NULL, buf_text(&body));
	buf_reset(&a->access);
	buf_add_str(&a->access, jsn_peek_str(w->json, "access_token", "none"));
	return status;
}
