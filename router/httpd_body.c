/* SPDX-License-Identifier: MIT */
/*
 * The body of a request: taken from the wire into memory or a file, or
 * dropped; parsed, checked against its shape, given to the handler.
 */
#include "router/httpd_priv.h"

#include <fcntl.h>
#include <string.h>

#include "common/fsat.h"
#include "router/routes.h"

#define SYNC_STEP_BYTES ((int64_t)4 << 20)

static int
keep_in_memory(struct exchange *x, struct str data, struct err *e)
{
	(void)e;
	buf_add(&x->body, data.data, data.len);
	return 0;
}

static int
keep_in_file(struct exchange *x, struct str data, struct err *e)
{
	digest_feed(x->digest, data);
	int rc = fd_write_all(x->spool, data.data, data.len, e);
	if (rc < 0)
		return rc;
	/* Pages go out on the way: the sync at the end finds little to do. */
	int64_t before = x->body_bytes / SYNC_STEP_BYTES;
	x->body_bytes += (int64_t)data.len;
	if (x->body_bytes / SYNC_STEP_BYTES > before)
		(void)sync_file_range(x->spool, before * SYNC_STEP_BYTES,
		    SYNC_STEP_BYTES, SYNC_FILE_RANGE_WRITE);
	return 0;
}

/* A piece of the body; false: answered. */
static bool
keep_piece(struct conn *c, struct str data)
{
	struct err e = { 0 };
	struct exchange *x = c->x;
	c->body.so_far += data.len;
	if (c->body.so_far > c->body.max) {
		c->keep = false;
		exchange_reply_error(
		    x, 413, "the body is longer than %zu bytes", c->body.max);
		return false;
	}
	int rc = x->spool >= 0 ? keep_in_file(x, data, &e)
			       : keep_in_memory(x, data, &e);
	if (rc >= 0)
		return true;
	c->keep = false;
	exchange_reply_err(x, &e);
	return false;
}

enum progress {
	PROGRESS_MORE,
	PROGRESS_END,
	PROGRESS_FAIL,
};

/* Takes what there is of the body; wanted: for c->x, else it is dropped. */
static enum progress
take_body(struct conn *c, bool wanted, struct err *e)
{
	struct conn_body *b = &c->body;
	while (c->in.len > 0 && (b->chunked || b->left > 0)) {
		struct str in = { c->in.data, c->in.len }, data = { NULL, 0 };
		size_t used = in.len;
		int rc = HTTP_CHUNK_DATA;
		if (b->chunked) {
			rc = http_chunks_feed(&b->chunks, in, &used, &data, e);
			if (rc < 0)
				return PROGRESS_FAIL;
		} else {
			if ((int64_t)used > b->left)
				used = (size_t)b->left;
			b->left -= (int64_t)used;
			data = (struct str){ in.data, used };
		}
		if (!wanted)
			b->so_far += data.len;
		else if (data.len > 0 && !keep_piece(c, data))
			return PROGRESS_MORE;
		buf_consume(&c->in, used);
		if (rc == HTTP_CHUNK_END) {
			b->chunked = false;
			b->left = 0;
		}
	}
	return b->chunked || b->left > 0 ? PROGRESS_MORE : PROGRESS_END;
}

/* C strings are made of what JSON brings: no text may end early. */
static bool has_nul(const struct jsn *v);

static int
look_at_member(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)key;
	(void)e;
	bool *found = arg;
	*found = *found || has_nul(value);
	return 0;
}

static bool
has_nul(const struct jsn *v)
{
	struct err e = { 0 };
	bool found = false;
	switch (jsn_type(v)) {
	case JSN_STRING:
		return jsn_str(v).len > 0 &&
		       memchr(jsn_str(v).data, '\0', jsn_str(v).len) != NULL;
	case JSN_ARRAY:
		for (size_t i = 0; i < jsn_len(v) && !found; i++)
			found = has_nul(jsn_at(v, i));
		return found;
	case JSN_OBJECT:
		(void)!jsn_each(v, look_at_member, &found, &e);
		return found;
	default:
		return false;
	}
}

/* True: the handler may have it. */
static bool
read_json(struct exchange *x)
{
	struct err e = { 0 };
	struct str text = { buf_text(&x->body), x->body.len };
	int rc = jsn_parse(text, "body", API_BODY_MAX_BYTES, &x->json, &e);
	if (rc < 0) { /* its length was seen to before */
		exchange_reply_error(x, 400, "%s", e.text);
		return false;
	}
	/* The text has served; what is left is the value. */
	buf_release(&x->body);
	rc = wire_shape_check(
	    &wire_routes[x->route].request, x->json, "body", &e);
	if (rc == 0 && has_nul(x->json))
		rc = err_set(
		    &e, ERR_PROTOCOL, "body: text must not hold \\u0000");
	if (rc < 0)
		exchange_reply_error(x, 422, "%s", e.text);
	return rc == 0;
}

static void
call_handler(struct conn *c)
{
	struct exchange *x = c->x;
	c->state = CONN_BUSY;
	conn_set_timer(c, -1);
	if (x->digest != NULL)
		x->sha256 = digest_finish(x->digest);
	if (wire_routes[x->route].in == API_CONTENT_JSON && !read_json(x))
		return;
	route_handlers[x->route](x);
}

bool
body_advance(struct conn *c)
{
	struct err e = { 0 };
	size_t before = c->in.len;
	switch (take_body(c, true, &e)) {
	case PROGRESS_FAIL:
		request_refuse(c, 400, e.text);
		return true;
	case PROGRESS_END:
		c->body_open = false;
		call_handler(c);
		return true;
	case PROGRESS_MORE:
		break;
	}
	if (c->state != CONN_BODY) /* answered on the way */
		return true;
	if (c->in.len < before && c->x->spool >= 0)
		conn_set_timer(c, HTTPD_BODY_TIMEOUT_MS);
	return false;
}

bool
body_discard(struct conn *c)
{
	struct err e = { 0 };
	enum progress p = take_body(c, false, &e);
	if (p == PROGRESS_FAIL || c->body.so_far > API_BODY_MAX_BYTES) {
		conn_lose(c);
		return false;
	}
	if (p == PROGRESS_MORE)
		return false;
	c->body_open = false;
	c->state = CONN_HEAD;
	c->timed_head = false;
	conn_set_timer(c, HTTPD_IDLE_TIMEOUT_MS);
	return true;
}
