/* SPDX-License-Identifier: MIT */
/* Calls of the router's API: words, answers, asking again. */
#include "runner/api_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"

#define REST_FIRST_MS 500
#define REST_MAX_MS 60000
#define CALL_TIMEOUT_MS 30000
#define URL_MAX_BYTES ((size_t)64 << 10)

struct api_client {
	struct loop *loop;
	struct http_client *http;
	const struct context *context;
	struct term *term;
	char *authorization;
	char *hint;
	int64_t give_up_ms;
	int64_t skew_ms;
	bool in_outage;
};

struct api_call {
	struct api_client *client;
	enum api_route route;
	char *url, *body, *last_event_id;
	int64_t wait_ms, give_up_ms, begun_ms;
	size_t max_bytes;
	int tries;
	bool flowing; /* a chunk came: it cannot be asked again */
	http_chunk_fn chunk;
	api_done_fn done;
	void *arg;
	struct http_call *http;
	struct loop_watch *rest;
};

struct api_client *
api_client_new(struct loop *l, const struct context *context, struct term *t)
{
	struct api_client *c = xcalloc(1, sizeof(*c));
	struct http_client_options o = { .ca_file = context->ca_file,
		.max_idle = 8 };
	c->loop = l;
	c->http = http_client_new(l, &o);
	c->context = context;
	c->term = t;
	c->authorization =
	    xasprintf("Authorization: Bearer %s", context->token);
	c->give_up_ms = API_GIVE_UP_MS;
	return c;
}

void
api_client_free(struct api_client **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct api_client *c = *at;
	http_client_free(&c->http);
	explicit_bzero(c->authorization, strlen(c->authorization));
	free(c->authorization);
	free(c->hint);
	free(c);
	*at = NULL;
}

void
api_client_set_give_up(struct api_client *c, int64_t ms)
{
	c->give_up_ms = ms;
}

const char *
api_client_hint(const struct api_client *c)
{
	return c->hint;
}

int64_t
api_client_skew_ms(const struct api_client *c)
{
	return c->skew_ms;
}

struct loop *
api_client_loop(struct api_client *c)
{
	return c->loop;
}

static void
set_hint(struct api_client *c, const char *text)
{
	free(c->hint);
	c->hint = text != NULL ? xstrdup(text) : NULL;
}

static void
call_free(struct api_call *c)
{
	http_call_cancel(&c->http);
	loop_unwatch(&c->rest);
	free(c->url);
	free(c->body);
	free(c->last_event_id);
	free(c);
}

void
api_cancel(struct api_call **call)
{
	if (call == NULL || *call == NULL)
		return;
	call_free(*call);
	*call = NULL;
}

/* The call is over before its function is called: it may start another. */
static void
call_end(
    struct api_call *c, int rc, const struct api_answer *a, const struct err *e)
{
	api_done_fn done = c->done;
	void *arg = c->arg;
	c->http = NULL;
	call_free(c);
	done(rc, a, e, arg);
}

static void
note_time(struct api_client *c, const struct http_response *r)
{
	AUTO_STR char *date = http_header(r, "date");
	struct tm tm = { 0 };
	if (date == NULL ||
	    strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
		return;
	c->skew_ms = (int64_t)timegm(&tm) * 1000 - clock_now_ms();
}

static bool
is_passing(int status)
{
	static const int statuses[] = { 408, 425, 429, 502, 503, 504 };
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i] == status)
			return true;
	}
	return false;
}

static enum err_code
code_of(int status)
{
	static const struct {
		int status;
		enum err_code code;
	} table[] = {
		{ 401, ERR_DIGEST },
		{ 403, ERR_DIGEST },
		{ 404, ERR_ABSENT },
		{ 409, ERR_STATE },
		{ 413, ERR_LIMIT },
		{ 422, ERR_INVALID },
		{ 504, ERR_TIMEOUT },
		{ 507, ERR_LIMIT },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].status == status)
			return table[i].code;
	}
	return ERR_REMOTE;
}

/* {"error":{"code","message","hint"?}}, or whatever came instead. */
static int
read_failure(struct api_client *c, const struct http_response *r,
    struct str body, struct err *e)
{
	AUTO(jsn_free) struct jsn *value = NULL;
	struct err ignored = { 0 };
	const struct jsn *error = NULL;
	if (jsn_parse(body, "answer", API_BODY_MAX_BYTES, &value, &ignored) ==
	    0)
		error = jsn_get(value, "error");
	const char *message = jsn_peek_str(error, "message", NULL);
	const char *hint = jsn_peek_str(error, "hint", NULL);
	if (hint == NULL && r->status == 401)
		hint = "the token of the context is not known there, or has "
		       "ended; 'rightlink router token' on the router makes "
		       "one";
	set_hint(c, hint);
	if (message != NULL)
		return err_set(e, code_of(r->status), "router: %s", message);
	return err_set(e, code_of(r->status),
	    "router: '%s' was answered with status %d", c->context->router,
	    r->status);
}

static int64_t
random_below(int64_t limit)
{
	uint64_t n = 0;
	if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
		return limit / 2;
	return limit > 0 ? (int64_t)(n % (uint64_t)limit) : 0;
}

static int64_t
rest_ms(const struct api_call *c, const struct http_response *r)
{
	int64_t seconds = 0, rest = REST_FIRST_MS;
	AUTO_STR char *after = r ? http_header(r, "retry-after") : NULL;
	if (after != NULL && str_to_i64(str_from(after), 10, &seconds) &&
	    seconds > 0)
		return seconds < 60 ? seconds * 1000 : REST_MAX_MS;
	for (int i = 1; i < c->tries && rest < REST_MAX_MS; i++)
		rest *= 2;
	if (rest > REST_MAX_MS)
		rest = REST_MAX_MS;
	/* Full jitter, but never a burst. */
	return 20 + random_below(rest);
}

static void call_send(struct api_call *c);

static void
on_rested(void *arg)
{
	struct api_call *c = arg;
	loop_unwatch(&c->rest);
	call_send(c);
}

/* Shall it be asked again? Then it will be. */
static bool
ask_again(struct api_call *c, const struct http_response *r, int rc,
    const struct err *e)
{
	bool passing = rc == 0 ? is_passing(r->status)
			       : rc == ERR_NETWORK || rc == ERR_TIMEOUT ||
				     rc == ERR_CLOSED || rc == ERR_PROTOCOL;
	int64_t limit = c->give_up_ms;
	int64_t rest = rest_ms(c, rc == 0 ? r : NULL);
	if (!passing || c->flowing ||
	    (limit >= 0 && clock_mono_ms() - c->begun_ms + rest > limit))
		return false;
	struct api_client *client = c->client;
	if (!client->in_outage) {
		client->in_outage = true;
		if (rc == 0)
			term_note(client->term,
			    "the router answers with status %d; trying again",
			    r->status);
		else
			term_note(client->term, "%s; trying again", e->text);
	}
	c->rest = loop_after(client->loop, rest, on_rested, c);
	return true;
}

/* The JSON of a good answer is checked before anyone uses it. */
static int
take_body(const struct api_call *c, struct str body, struct jsn **ret_body,
    struct err *e)
{
	const struct wire_route *route = &wire_routes[c->route];
	if (route->out != API_CONTENT_JSON || body.len == 0)
		return 0;
	int rc = jsn_parse(body, "answer", c->max_bytes, ret_body, e);
	if (rc == 0)
		rc = wire_shape_check(&route->reply, *ret_body, "answer", e);
	return rc < 0 ? err_wrap(e, "router: %s", route->name) : 0;
}

static void
on_done(int rc, const struct http_response *r, struct str body,
    const struct err *e, void *arg)
{
	struct api_call *c = arg;
	struct api_client *client = c->client;
	c->http = NULL;
	if (ask_again(c, r, rc, e))
		return;
	if (rc < 0) {
		set_hint(client, "'rightlink doctor' finds out why");
		call_end(c, rc, NULL, e);
		return;
	}
	client->in_outage = false;
	note_time(client, r);
	struct err failure = { 0 };
	if ((r->status < 200 || r->status > 299) && r->status != 304) {
		rc = read_failure(client, r, body, &failure);
		call_end(c, rc, NULL, &failure);
		return;
	}
	AUTO(jsn_free) struct jsn *value = NULL;
	rc = take_body(c, body, &value, &failure);
	struct api_answer a = {
		.status = r->status, .body = value, .bytes = body, .response = r
	};
	call_end(c, rc, rc == 0 ? &a : NULL, &failure);
}

static void
on_chunk(struct str chunk, void *arg)
{
	struct api_call *c = arg;
	c->flowing = true;
	c->client->in_outage = false;
	c->chunk(chunk, c->arg);
}

static int
call_try(struct api_call *c, struct err *e)
{
	const char *headers[5] = { c->client->authorization };
	size_t n = 1;
	AUTO_STR char *last = NULL;
	if (c->body != NULL)
		headers[n++] = "Content-Type: application/json";
	if (c->last_event_id != NULL) {
		last = xasprintf("Last-Event-ID: %s", c->last_event_id);
		headers[n++] = last;
	}
	struct http_call_spec spec = {
		.method = wire_routes[c->route].method,
		.url = c->url,
		.headers = headers,
		.body = { c->body, c->body ? strlen(c->body) : 0 },
		.max_body_bytes = c->max_bytes,
		.timeout_ms =
		    c->chunk != NULL ? -1 : c->wait_ms + CALL_TIMEOUT_MS,
		.stall_timeout_ms = c->wait_ms + CALL_TIMEOUT_MS,
		.chunk = c->chunk != NULL ? on_chunk : NULL,
		.done = on_done,
		.arg = c,
	};
	c->tries++;
	return http_call_start(c->client->http, &spec, &c->http, e);
}

static void
call_send(struct api_call *c)
{
	struct err e = { 0 };
	int rc = call_try(c, &e);
	/* The same words were taken the first time. */
	ASSERT(rc == 0);
}

static char *
make_url(const struct api_client *c, const struct api_request *q)
{
	AUTO_BUF struct buf url = BUF_INIT(URL_MAX_BYTES);
	buf_add_str(&url, c->context->router);
	wire_route_path(q->route, q->vars, &url);
	for (size_t i = 0; q->query != NULL && q->query[i] != NULL; i += 2) {
		buf_printf(&url, "%c%s=", i == 0 ? '?' : '&', q->query[i]);
		wire_percent_encode(q->query[i + 1], &url);
	}
	return buf_take(&url);
}

int
api_start(struct api_client *client, const struct api_request *q,
    struct api_call **ret_call, struct err *e)
{
	struct api_call *c = xcalloc(1, sizeof(*c));
	*c = (struct api_call){
		.client = client,
		.route = q->route,
		.url = make_url(client, q),
		.wait_ms = q->wait_ms,
		.give_up_ms =
		    q->give_up_ms != 0 ? q->give_up_ms : client->give_up_ms,
		.begun_ms = clock_mono_ms(),
		.max_bytes = q->max_bytes > 0 ? q->max_bytes : (size_t)4 << 20,
		.chunk = q->chunk,
		.done = q->done,
		.arg = q->arg,
	};
	if (q->last_event_id != NULL)
		c->last_event_id = xstrdup(q->last_event_id);
	if (q->body != NULL) {
		AUTO_BUF struct buf body = BUF_INIT(API_BODY_MAX_BYTES);
		jsn_format(q->body, JSN_PLAIN, &body);
		if (buf_failed(&body)) {
			call_free(c);
			return err_set(e, ERR_LIMIT,
			    "what is to be sent is longer than %zu bytes",
			    API_BODY_MAX_BYTES);
		}
		c->body = buf_take(&body);
	}
	int rc = call_try(c, e);
	if (rc < 0) {
		call_free(c);
		return rc;
	}
	if (ret_call != NULL)
		*ret_call = c;
	return 0;
}

struct waiting {
	struct loop *loop;
	bool is_over;
	int rc;
	struct err e;
	struct jsn *body;
};

static void
on_answer(int rc, const struct api_answer *a, const struct err *e, void *arg)
{
	struct waiting *w = arg;
	w->is_over = true;
	w->rc = rc;
	if (rc < 0)
		w->e = *e;
	else if (a->body != NULL)
		w->body = jsn_ref(a->body);
	loop_stop(w->loop);
}

int
api_do(struct api_client *c, const struct api_request *q, struct jsn **ret_body,
    struct err *e)
{
	struct waiting w = { .loop = c->loop };
	struct api_request mine = *q;
	mine.done = on_answer;
	mine.arg = &w;
	struct api_call *call = NULL;
	int rc = api_start(c, &mine, &call, e);
	while (rc >= 0 && !w.is_over)
		rc = loop_run(c->loop, e);
	if (rc < 0) {
		if (!w.is_over)
			api_cancel(&call);
		return rc;
	}
	if (w.rc < 0) {
		*e = w.e;
		return w.rc;
	}
	if (ret_body != NULL)
		*ret_body = w.body;
	else
		jsn_free(&w.body);
	return 0;
}
