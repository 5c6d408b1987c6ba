/* SPDX-License-Identifier: MIT */
/*
 * Calls beside the polls, with this instance's token. One that comes while
 * there is no token waits for the answer to the request of one; while the
 * router is away it fails at once.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "runner/session_priv.h"

#define CALL_TIMEOUT_MS 60000
#define CALL_ANSWER_MAX_BYTES ((size_t)16 << 20)

static void
unlink_call(struct side_call *c)
{
	struct side_call **at = &c->session->calls;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->session->calls_len--;
}

static void
call_free(struct side_call *c)
{
	free(c->url);
	buf_release(&c->body);
	free(c);
}

/* Tells the asker; the call is gone before. */
static void
finish(struct side_call *c, int rc, int status, const struct jsn *reply,
    const struct err *e)
{
	port_done_fn done = c->done;
	void *arg = c->arg;
	unlink_call(c);
	call_free(c);
	done(rc, status, reply, e, arg);
}

static void
on_answer(int rc, const struct http_response *r, struct str body,
    const struct err *e, void *arg)
{
	struct side_call *c = arg;
	struct session *s = c->session;
	c->call = NULL;
	if (rc < 0) {
		finish(c, rc, 0, NULL, e);
		return;
	}
	if (r->status == 401 && !c->again) {
		c->again = true;
		session_drop_token(s);
		session_need_token(s);
		return;
	}
	struct err ignored = { 0 };
	AUTO(jsn_free) struct jsn *reply = NULL;
	if (jsn_parse(body, "answer", CALL_ANSWER_MAX_BYTES, &reply, &ignored) <
	    0)
		reply = NULL;
	finish(c, 0, r->status, reply, NULL);
}

static void
on_chunk(struct str chunk, void *arg)
{
	struct side_call *c = arg;
	c->chunk(chunk, c->arg);
}

static int
start(struct side_call *c, struct err *e)
{
	struct session *s = c->session;
	int64_t left = c->deadline_ms - clock_mono_ms();
	if (left <= 0)
		return err_set(
		    e, ERR_TIMEOUT, "the router did not answer in time");
	AUTO_STR char *bearer = xasprintf("Authorization: Bearer %s", s->token);
	AUTO_STR char *type =
	    c->type != NULL ? xasprintf("Content-Type: %s", c->type) : NULL;
	AUTO_STR char *range =
	    c->range_from > 0
		? xasprintf("Range: bytes=%lld-", (long long)c->range_from)
		: NULL;
	const char *headers[4] = { bearer };
	size_t len = 1;
	if (type != NULL)
		headers[len++] = type;
	if (range != NULL)
		headers[len++] = range;
	struct http_call_spec spec = { .method = wire_routes[c->route].method,
		.url = c->url,
		.headers = headers,
		.max_body_bytes = CALL_ANSWER_MAX_BYTES,
		.timeout_ms = left,
		.stall_timeout_ms = c->stall_ms,
		.chunk = c->chunk != NULL ? on_chunk : NULL,
		.done = on_answer,
		.arg = c };
	if (c->type != NULL)
		spec.body = (struct str){ buf_text(&c->body), c->body.len };
	return http_call_start(s->http, &spec, &c->call, e);
}

/* Those that are there now: askers may ask anew. */
static size_t
waiting(struct session *s, struct side_call **list, size_t max)
{
	size_t len = 0;
	for (struct side_call *c = s->calls; c != NULL && len < max;
	     c = c->next) {
		if (c->call == NULL)
			list[len++] = c;
	}
	return len;
}

void
session_calls_resume(struct session *s, int rc, const struct err *e)
{
	struct side_call *list[SESSION_CALLS_MAX];
	size_t len = waiting(s, list, ARRAY_LEN(list));
	struct err why = { 0 };
	if (rc == 0 && s->token == NULL && !s->resting)
		return; /* a token is being asked for */
	if (rc == 0 && s->token == NULL) {
		rc = err_set(&why, ERR_NETWORK, "router %s is away: %s",
		    s->o.identity->router,
		    s->trouble != NULL ? s->trouble : "no answer yet");
		e = &why;
	}
	for (size_t i = 0; i < len; i++) {
		struct err bad = { 0 };
		int started = rc < 0 ? rc : start(list[i], &bad);
		if (started < 0)
			finish(list[i], started, 0, NULL, rc < 0 ? e : &bad);
	}
}

static void
add_query(struct buf *url, const char *query)
{
	if (query != NULL && query[0] != '\0')
		buf_printf(url, "?%s", query);
}

void
session_call(struct session *s, const struct port_call *q)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	struct side_call *c = xcalloc(1, sizeof(*c));
	AUTO_BUF struct buf url = BUF_INIT(16384);
	int64_t timeout = q->timeout_ms > 0 ? q->timeout_ms : CALL_TIMEOUT_MS;
	*c = (struct side_call){ .session = s,
		.route = q->route,
		.deadline_ms = clock_mono_ms() + timeout,
		.chunk = q->chunk,
		.range_from = q->range_from,
		.stall_ms = q->stall_ms,
		.done = q->done,
		.arg = q->arg };
	buf_add_str(&url, s->o.identity->router);
	wire_route_path(q->route, q->vars, &url);
	add_query(&url, q->query);
	c->url = buf_take(&url);
	c->body = BUF_INIT(API_ARTEFACT_MAX_BYTES);
	if (q->json != NULL) {
		c->type = "application/json";
		jsn_format(q->json, JSN_PLAIN, &c->body);
	} else if (wire_routes[q->route].in == API_CONTENT_BYTES) {
		c->type = "application/octet-stream";
		buf_add(&c->body, q->bytes.data, q->bytes.len);
	}
	struct side_call **at = &s->calls;
	while (*at != NULL)
		at = &(*at)->next;
	*at = c;
	s->calls_len++;
	/* From the loop: the asker hears of it later in any case. */
	session_news(s);
}

void
session_calls_free(struct session *s)
{
	while (s->calls != NULL) {
		struct side_call *c = s->calls;
		s->calls = c->next;
		call_free(c);
	}
	s->calls_len = 0;
}
