/* SPDX-License-Identifier: MIT */
/*
 * The access token: asked for with an assertion that the instance's key signs
 * for this router and less than a minute. A clock that is wrong makes a good
 * assertion look bad, so a refused one is made once more with the time that
 * the router's answer carries.
 */
#include "runner/session_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/log.h"
#include "common/str.h"
#include "wire/jws.h"

#define TOKEN_TIMEOUT_MS 30000
#define DATE_OFF_MS 2000
#define REVOKED                                                                \
	"the router refuses this instance's key: it was revoked. An operator " \
	"may take it again (rightlink nodes admit), or this machine joins "    \
	"anew: rightlink join --leave"
#define UNKNOWN                                                                \
	"the router does not know this instance (it may have been forgotten, " \
	"or the router is another one): rightlink join ROUTER --token T"

void
session_drop_token(struct session *s)
{
	if (s->token != NULL)
		explicit_bzero(s->token, strlen(s->token));
	str_free(&s->token);
	loop_set(s->renew, -1);
}

/* "Thu, 01 Jan 1970 00:00:00 GMT" as ms since 1970; 0: none. */
static int64_t
date_of(const struct http_response *r)
{
	AUTO_STR char *text = http_header(r, "date");
	struct tm t = { .tm_isdst = 0 };
	if (text == NULL ||
	    strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &t) == NULL)
		return 0;
	return (int64_t)timegm(&t) * 1000;
}

static void
take_token(struct session *s, const struct jsn *answer)
{
	int64_t life_ms = jsn_peek_int(answer, "expires_in", 0) * 1000;
	if (life_ms < 10000)
		life_ms = 10000;
	session_drop_token(s);
	s->token = xstrdup(jsn_peek_str(answer, "access_token", ""));
	s->clock_tried = false;
	int64_t half = life_ms / 2;
	loop_set(s->renew, half - half / 10 + backoff_random(half / 5));
	log_event(LOG_LEVEL_DEBUG, "token_taken", LOG_INT("life_ms", life_ms));
	session_go(s);
}

/* No token: whoever waits for one hears it. A renewal may fail: the old one is
 * good for a while. */
static void
no_token(struct session *s, const char *text, int64_t pause_ms)
{
	struct err e = { 0 };
	(void)err_set(
	    &e, ERR_NETWORK, "router %s: %s", s->o.identity->router, text);
	session_trouble(s, text, pause_ms);
	if (s->token != NULL) {
		loop_set(s->renew, pause_ms);
		return;
	}
	session_rest(s, pause_ms);
	session_calls_resume(s, ERR_NETWORK, &e);
	s->o.on_beat(s->o.arg);
}

static void
take_refusal(
    struct session *s, const struct http_response *r, const struct jsn *answer)
{
	int64_t date = date_of(r);
	int64_t off = date > 0 ? date - session_now_ms(s) : 0;
	if (r->status == 401 && !s->clock_tried &&
	    (off > DATE_OFF_MS || off < -DATE_OFF_MS)) {
		s->clock_tried = true;
		session_note_time(s, date);
		session_need_token(s);
		return;
	}
	s->clock_tried = false;
	if (r->status == 401 || r->status == 403 || r->status == 404) {
		AUTO_STR char *text =
		    xasprintf("%s (%s)", r->status == 403 ? REVOKED : UNKNOWN,
			session_complaint(answer));
		session_drop_token(s);
		no_token(s, text, backoff_next(&s->slow, 0));
		return;
	}
	AUTO_STR char *text = xasprintf("answers %d to the request of a "
					"token: %s",
	    r->status, session_complaint(answer));
	no_token(s, text, backoff_next(&s->backoff, session_retry_after(r)));
}

static void
on_token(int rc, const struct http_response *r, struct str body,
    const struct err *e, void *arg)
{
	struct session *s = arg;
	s->token_call = NULL;
	if (rc < 0) {
		no_token(s, e->text, backoff_next(&s->backoff, 0));
		return;
	}
	struct err bad = { 0 };
	AUTO(jsn_free) struct jsn *answer = NULL;
	rc = jsn_parse(body, "token", 65536, &answer, &bad);
	if (r->status != 200) {
		take_refusal(s, r, answer);
		return;
	}
	if (rc == 0)
		rc = wire_shape_check(
		    &wire_routes[API_token].reply, answer, "token", &bad);
	if (rc < 0)
		no_token(s, bad.text, backoff_next(&s->backoff, 0));
	else
		take_token(s, answer);
}

static int
ask(struct session *s, struct err *e)
{
	AUTO_BUF struct buf assertion = BUF_INIT(JWS_MAX_BYTES);
	AUTO_BUF struct buf body = BUF_INIT(2 * JWS_MAX_BYTES);
	AUTO_BUF struct buf url = BUF_INIT(2000);
	int rc =
	    identity_assertion(s->o.identity, session_now_ms(s), &assertion, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *q = jsn_new_object();
	jsn_set_str(q, "grant_type", "client_credentials");
	jsn_set_str(q, "client_assertion", buf_text(&assertion));
	jsn_format(q, JSN_PLAIN, &body);
	buf_add_str(&url, s->o.identity->router);
	wire_route_path(API_token, NULL, &url);
	static const char *const headers[] = { "Content-Type: application/json",
		NULL };
	struct http_call_spec spec = { .method = "POST",
		.url = buf_text(&url),
		.headers = headers,
		.body = { body.data, body.len },
		.max_body_bytes = 65536,
		.timeout_ms = TOKEN_TIMEOUT_MS,
		.done = on_token,
		.arg = s };
	return http_call_start(s->http, &spec, &s->token_call, e);
}

void
session_need_token(struct session *s)
{
	struct err e = { 0 };
	if (s->token_call != NULL || s->stopped)
		return;
	if (ask(s, &e) < 0)
		no_token(s, e.text, backoff_next(&s->slow, 0));
}
