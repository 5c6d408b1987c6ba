/* SPDX-License-Identifier: MIT */
/*
 * libcurl's multi interface on our event loop: libcurl names the sockets and
 * the time it waits for, we tell it what has come. Trickiest invariants:
 * libcurl must not be called from its own callbacks, so what a chunk function
 * asks for (start, cancel) is put off until libcurl has returned (drive); and
 * a done function may free the client, whose memory then stays until drive has
 * seen it.
 */
#include "common/http_loop.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/http_priv.h"

#define CLIENT_MAGIC 0x68636c69u
#define CALL_MAGIC 0x6863616cu
#define MAX_IDLE 2
#define MAX_IDLE_MS 118000
#define BODY_MAX_BYTES ((size_t)4 << 20)
#define TIMEOUT_MS 60000

/* A socket that libcurl waits for. */
struct sock {
	struct sock *next;
	struct http_client *client;
	int fd;
	struct loop_watch *in, *out;
};

struct http_call {
	unsigned magic;
	struct http_call *next; /* in calls or idle of the client */
	struct http_client *client;
	struct http_transfer transfer;
	char *method, *url;
	struct buf sent, body;
	struct err err;
	http_done_fn done;
	void *arg;
	bool added; /* libcurl has it */
};

struct http_client {
	unsigned magic;
	struct loop *loop;
	CURLM *multi;
	struct loop_watch *timer;
	struct sock *socks;
	struct http_call *calls; /* under way */
	struct http_call *idle;  /* their handles wait for the next call */
	size_t idle_len, max_idle;
	int64_t max_idle_ms;
	char *ca_file, *proxy;
	bool driving; /* inside libcurl */
	bool telling; /* inside a done function */
	bool closed;  /* by that */
};

static void drive(struct http_client *c, int fd, int what);

static void
on_readable(void *arg)
{
	struct sock *s = arg;
	drive(s->client, s->fd, CURL_CSELECT_IN);
}

static void
on_writable(void *arg)
{
	struct sock *s = arg;
	drive(s->client, s->fd, CURL_CSELECT_OUT);
}

static void
on_time(void *arg)
{
	drive(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
sock_free(struct sock *s)
{
	struct sock **at = &s->client->socks;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	loop_unwatch(&s->in);
	loop_unwatch(&s->out);
	free(s);
}

/* libcurl: wait for this socket so, or not any more. */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock)
{
	(void)easy;
	struct http_client *c = arg;
	struct sock *s = sock;
	if (what == CURL_POLL_REMOVE) {
		if (s != NULL)
			sock_free(s);
		return 0;
	}
	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		s->client = c;
		s->fd = fd;
		s->next = c->socks;
		c->socks = s;
		curl_multi_assign(c->multi, fd, s);
	}
	if ((what & CURL_POLL_IN) == 0)
		loop_unwatch(&s->in);
	else if (s->in == NULL)
		s->in = loop_watch_read(c->loop, fd, on_readable, s);
	if ((what & CURL_POLL_OUT) == 0)
		loop_unwatch(&s->out);
	else if (s->out == NULL)
		s->out = loop_watch_write(c->loop, fd, on_writable, s);
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	(void)multi;
	struct http_client *c = arg;
	loop_set(c->timer, timeout_ms);
	return 0;
}

struct http_client *
http_client_new(struct loop *l, const struct http_client_options *o)
{
	http_set_up();
	struct http_client *c = xcalloc(1, sizeof(*c));
	c->magic = CLIENT_MAGIC;
	c->loop = l;
	c->max_idle = o->max_idle > 0 ? o->max_idle : MAX_IDLE;
	c->max_idle_ms = o->max_idle_ms > 0 ? o->max_idle_ms : MAX_IDLE_MS;
	c->ca_file = o->ca_file != NULL ? xstrdup(o->ca_file) : NULL;
	c->proxy = o->proxy != NULL ? xstrdup(o->proxy) : NULL;
	c->timer = loop_after(l, 0, on_time, c);
	loop_set(c->timer, -1);
	c->multi = curl_multi_init();
	ASSERT(c->multi != NULL);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)c->max_idle);
	curl_multi_setopt(
	    c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return c;
}

static void
call_free(struct http_call *call)
{
	curl_easy_cleanup(call->transfer.easy);
	call->magic = 0;
	free(call);
}

/* Everything of one call; the handle stays. */
static void
call_clear(struct http_call *call)
{
	http_transfer_release(&call->transfer);
	str_free(&call->method);
	str_free(&call->url);
	buf_release(&call->sent);
	buf_release(&call->body);
}

/* Takes it from the calls under way. */
static void
call_unlink(struct http_call *call)
{
	struct http_call **at = &call->client->calls;
	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	if (call->added)
		curl_multi_remove_handle(
		    call->client->multi, call->transfer.easy);
	call->added = false;
}

/* Into the idle ones, or away when there are enough. */
static void
call_retire(struct http_call *call)
{
	struct http_client *c = call->client;
	call_clear(call);
	if (c->idle_len >= c->max_idle) {
		call_free(call);
		return;
	}
	curl_easy_reset(call->transfer.easy);
	call->magic = 0;
	call->next = c->idle;
	c->idle = call;
	c->idle_len++;
}

void
http_client_free(struct http_client **client)
{
	if (client == NULL || *client == NULL)
		return;
	struct http_client *c = *client;
	CHECK_OBJ(c, CLIENT_MAGIC);
	ASSERT(!c->driving);
	while (c->calls != NULL) {
		struct http_call *call = c->calls;
		call_unlink(call);
		call_clear(call);
		call_free(call);
	}
	while (c->idle != NULL) {
		struct http_call *call = c->idle;
		c->idle = call->next;
		call_free(call);
	}
	curl_multi_cleanup(c->multi);
	while (c->socks != NULL)
		sock_free(c->socks);
	loop_unwatch(&c->timer);
	free(c->ca_file);
	free(c->proxy);
	c->magic = 0;
	c->closed = true;
	if (!c->telling)
		free(c);
	*client = NULL;
}

static struct http_call *
call_new(struct http_client *c)
{
	struct http_call *call = c->idle;
	if (call != NULL) {
		c->idle = call->next;
		c->idle_len--;
	} else {
		call = xcalloc(1, sizeof(*call));
		call->transfer.easy = curl_easy_init();
		ASSERT(call->transfer.easy != NULL);
	}
	CURL *easy = call->transfer.easy;
	*call = (struct http_call){
		.magic = CALL_MAGIC, .client = c, .transfer = { .easy = easy }
	};
	return call;
}

static void
set_options(struct http_call *call, const struct http_call_spec *spec)
{
	const struct http_client *c = call->client;
	struct http_transfer *t = &call->transfer;
	size_t max =
	    spec->max_body_bytes > 0 ? spec->max_body_bytes : BODY_MAX_BYTES;
	int64_t timeout = spec->timeout_ms == 0 ? TIMEOUT_MS : spec->timeout_ms;
	call->body = BUF_INIT(max);
	t->request = (struct http_request){ .method = call->method,
		.url = call->url,
		.headers = spec->headers,
		.body = { call->sent.data, call->sent.len },
		.body_buf = &call->body,
		.max_body_bytes = max,
		.max_redirects = -1,
		.ca_file = c->ca_file,
		.proxy = c->proxy,
		.no_decode = true };
	t->err = &call->err;
	t->chunk = spec->chunk;
	t->chunk_arg = spec->arg;
	http_transfer_begin(t);
	/* The watch for stalls wakes the process every second. */
	int64_t stall = spec->stall_timeout_ms;
	curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, stall > 0 ? 1L : 0L);
	curl_easy_setopt(
	    t->easy, CURLOPT_LOW_SPEED_TIME, (long)((stall + 999) / 1000));
	curl_easy_setopt(
	    t->easy, CURLOPT_TIMEOUT_MS, timeout > 0 ? (long)timeout : 0L);
	/* libcurl wakes up at the connection's limit although it is made long
	 * since. */
	if (timeout > 0)
		curl_easy_setopt(
		    t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout);
	curl_easy_setopt(t->easy, CURLOPT_MAXAGE_CONN,
	    (long)((c->max_idle_ms + 999) / 1000));
	curl_easy_setopt(
	    t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, call);
}

static void
url_free(CURLU **u)
{
	curl_url_cleanup(*u);
}

static int
check_url(const char *url, struct err *e)
{
	AUTO(url_free) CURLU *u = curl_url();
	AUTO_STR char *shown = http_url_shown(url);
	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    (!text_has_prefix(url, "https://") &&
		!text_has_prefix(url, "http://")))
		return err_set(
		    e, ERR_INVALID, "'%s' is no http or https URL", shown);
	return 0;
}

int
http_call_start(struct http_client *c, const struct http_call_spec *spec,
    struct http_call **ret_call, struct err *e)
{
	CHECK_OBJ(c, CLIENT_MAGIC);
	int rc = check_url(spec->url, e);
	if (rc < 0)
		return rc;
	struct http_call *call = call_new(c);
	call->method = spec->method != NULL ? xstrdup(spec->method) : NULL;
	call->url = xstrdup(spec->url);
	call->sent = BUF_INIT(spec->body.len);
	if (spec->body.data != NULL) {
		/* Also an empty body is one. */
		buf_add_str(&call->sent, "");
		buf_add(&call->sent, spec->body.data, spec->body.len);
	}
	call->done = spec->done;
	call->arg = spec->arg;
	set_options(call, spec);
	call->next = c->calls;
	c->calls = call;
	if (c->driving) {
		loop_set(c->timer, 0); /* libcurl is busy: drive adds it */
	} else {
		call->added = true;
		CURLMcode code =
		    curl_multi_add_handle(c->multi, call->transfer.easy);
		ASSERT(code == CURLM_OK);
	}
	if (ret_call != NULL)
		*ret_call = call;
	return 0;
}

void
http_call_cancel(struct http_call **call)
{
	if (call == NULL || *call == NULL)
		return;
	CHECK_OBJ(*call, CALL_MAGIC);
	struct http_call *gone = *call;
	*call = NULL;
	if (gone->client->driving) {
		gone->transfer.cancelled = true; /* drive takes it away */
		return;
	}
	call_unlink(gone);
	call_retire(gone);
}

/* What was put off while libcurl was busy. */
static void
catch_up(struct http_client *c)
{
	struct http_call *next = NULL;
	for (struct http_call *call = c->calls; call != NULL; call = next) {
		next = call->next;
		if (call->transfer.cancelled) {
			call_unlink(call);
			call_retire(call);
		} else if (!call->added) {
			call->added = true;
			CURLMcode code = curl_multi_add_handle(
			    c->multi, call->transfer.easy);
			ASSERT(code == CURLM_OK);
		}
	}
}

static void
tell(struct http_call *call, CURLcode code)
{
	int rc = http_transfer_end(&call->transfer, code);
	struct str body = { call->body.data, call->body.len };
	call_unlink(call);
	call->magic = 0; /* it cannot be cancelled any more */
	call->done(rc, rc == 0 ? &call->transfer.response : NULL,
	    rc == 0 ? body : (struct str){ 0 }, rc == 0 ? NULL : &call->err,
	    call->arg);
}

static struct http_call *
next_ended(struct http_client *c, CURLcode *ret_code)
{
	int left = 0;
	for (;;) {
		CURLMsg *m = curl_multi_info_read(c->multi, &left);
		if (m == NULL)
			return NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		struct http_call *call = NULL;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
		CHECK_OBJ(call, CALL_MAGIC);
		*ret_code = m->data.result;
		return call;
	}
}

static void
drive(struct http_client *c, int fd, int what)
{
	int running = 0;
	CURLcode code = CURLE_OK;
	struct http_call *call;
	c->driving = true;
	curl_multi_socket_action(c->multi, fd, what, &running);
	c->driving = false;
	catch_up(c);
	c->telling = true;
	while (!c->closed && (call = next_ended(c, &code)) != NULL) {
		tell(call, code);
		/* The client's end took the others, not this one. */
		if (!c->closed) {
			call_retire(call);
			continue;
		}
		call_clear(call);
		call_free(call);
	}
	c->telling = false;
	if (c->closed)
		free(c);
}
