/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a request to its handler: head, route, caller, query,
 * body, shape. Whatever is wrong is answered here, as early as it is known:
 * before its body is read, a request is known to be allowed.
 */
#include "router/httpd_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/log.h"
#include "router/metrics.h"

#define METHOD_BYTES 24

void
request_refuse(struct conn *c, int status, const char *message)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	reply_format_error(status, NULL, message, &text);
	if (c->x != NULL) {
		exchange_set_header(c->x, "Connection", "close");
		c->keep = false;
		exchange_reply_error(c->x, status, "%s", message);
		return;
	}
	c->keep = false;
	metrics_request(c->thread->httpd->router->metrics, c->thread->index,
	    API_ROUTES, status);
	reply_head(c, status, "application/json", (int64_t)text.len,
	    status == 503 ? "Retry-After: 5\r\n" : "", false);
	buf_add(&c->out, text.data, text.len);
	c->state = CONN_REPLY;
	conn_set_timer(c, HTTPD_WRITE_TIMEOUT_MS);
}

/* --- what stands before the body --------------------------------------- */

static size_t
body_limit(enum api_route route)
{
	if (wire_routes[route].in == API_CONTENT_JSON)
		return API_BODY_MAX_BYTES;
	return route == API_artefact_put ? API_ARTEFACT_MAX_BYTES
					 : API_APPEND_MAX_BYTES;
}

static bool
is_json_type(struct str type)
{
	struct str name = { 0 };
	if (!str_split(&type, ';', &name))
		return false;
	name = str_trim(name);
	return name.len == strlen("application/json") &&
	       strncasecmp(name.data, "application/json", name.len) == 0;
}

static bool
refuse(struct exchange *x, int status, const char *text)
{
	exchange_reply_error(x, status, "%s", text);
	return false;
}

/* True: the body may come. */
static bool
check_body(struct conn *c, struct exchange *x)
{
	const struct wire_route *row = &wire_routes[x->route];
	const struct http_head *h = &x->head;
	struct str type = { NULL, 0 };
	c->body.max = body_limit(x->route);
	if (row->in == API_CONTENT_NONE) {
		if (h->chunked || h->length > 0)
			return refuse(x, 400, "this route takes no body");
		return true;
	}
	if (!h->chunked && h->length < 0)
		return refuse(x, 411, "a body with a Content-Length is needed");
	if (row->in == API_CONTENT_JSON &&
	    (!http_head_field(h, "Content-Type", &type) || !is_json_type(type)))
		return refuse(x, 415, "Content-Type must be application/json");
	if (h->length > (int64_t)c->body.max) {
		c->keep = false;
		exchange_reply_error(
		    x, 413, "the body is longer than %zu bytes", c->body.max);
		return false;
	}
	return true;
}

static bool
open_spool(struct conn *c, struct exchange *x)
{
	if (x->route != API_artefact_put)
		return true;
	x->spool = openat(c->thread->httpd->spool_dir, ".",
	    O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	if (x->spool >= 0) {
		x->digest = digest_new(DIGEST_SHA256);
		return true;
	}
	struct err e = { 0 };
	(void)err_sys(&e, "make a file for the body");
	exchange_reply_err(x, &e);
	return false;
}

/* --- query and path ---------------------------------------------------- */

static int
take_var(struct exchange *x, struct str raw, size_t i, char **at, struct err *e)
{
	size_t len = 0;
	int rc = http_unescape(raw, false, *at, &len, e);
	if (rc == 0 && (len == 0 || len > HTTPD_VAR_MAX_BYTES))
		rc = err_set(e, ERR_LIMIT,
		    "a part of the path must have 1 to %d bytes",
		    HTTPD_VAR_MAX_BYTES);
	x->vars[i] = *at;
	*at += len + 1;
	return rc;
}

static int
set_query(struct exchange *x, const char *name, char *value, struct err *e)
{
	const struct wire_field *f = wire_routes[x->route].query.fields;
	for (size_t i = 0; f[i].name != NULL; i++) {
		if (!text_eq(f[i].name, name))
			continue;
		ASSERT(i < HTTPD_QUERY_MAX);
		if (x->query[i] != NULL)
			return err_set(
			    e, ERR_INVALID, "query: %s is there twice", name);
		int64_t n;
		if (f[i].type == WIRE_INT &&
		    !str_to_i64(str_from(value), 10, &n))
			return err_set(
			    e, ERR_INVALID, "query: %s must be a number", name);
		x->query[i] = value;
	}
	return 0;
}

static int
take_query(struct exchange *x, char *at, struct err *e)
{
	struct str rest = x->head.query, pair, name;
	while (rest.len > 0 && str_split(&rest, '&', &pair)) {
		size_t name_len = 0, value_len = 0;
		struct str value = pair;
		(void)!str_split(&value, '=', &name);
		if (value.data == NULL)
			value = STR("");
		int rc = http_unescape(name, true, at, &name_len, e);
		char *value_at = at + name_len + 1;
		if (rc == 0)
			rc =
			    http_unescape(value, true, value_at, &value_len, e);
		if (rc == 0)
			rc = set_query(x, at, value_at, e);
		if (rc < 0)
			return rc;
		at = value_at + value_len + 1;
	}
	return 0;
}

static int
need_query(const struct exchange *x, struct err *e)
{
	const struct wire_field *f = wire_routes[x->route].query.fields;
	for (size_t i = 0; f[i].name != NULL; i++) {
		if (f[i].need == WIRE_NEED && x->query[i] == NULL)
			return err_set(e, ERR_INVALID,
			    "query: %s is needed: %s", f[i].name, f[i].prose);
	}
	return 0;
}

static bool
take_target(struct exchange *x, const struct api_vars *vars)
{
	struct err e = { 0 };
	/* Each pair of the query grows by at most two NULs. */
	size_t room = x->head.path.len + 2 * x->head.query.len + 8;
	x->decoded = xmalloc(room);
	char *at = x->decoded;
	int rc = 0;
	for (size_t i = 0; i < vars->len && rc == 0; i++)
		rc = take_var(x, vars->values[i], i, &at, &e);
	if (rc < 0) {
		exchange_reply_error(x, 400, "path: %s", e.text);
		return false;
	}
	rc = take_query(x, at, &e);
	if (rc == 0)
		rc = need_query(x, &e);
	if (rc < 0)
		exchange_reply_error(
		    x, rc == ERR_SYNTAX ? 400 : 422, "%s", e.text);
	return rc == 0;
}

/* --- route and caller -------------------------------------------------- */

static void
copy_cut(char *out, size_t room, struct str text)
{
	size_t len = text.len < room ? text.len : room - 1;
	memcpy(out, text.data, len);
	out[len] = '\0';
}

static void
refuse_path(struct exchange *x, const char *text)
{
	char path[65] = "";
	const char *near = NULL;
	size_t best = 4;
	if (x->head.path.len < sizeof(path))
		copy_cut(path, sizeof(path), x->head.path);
	for (size_t i = 0; i < API_ROUTES && path[0] != '\0'; i++) {
		size_t far = text_distance(path, wire_routes[i].path);
		if (far < best) {
			best = far;
			near = wire_routes[i].path;
		}
	}
	if (near != NULL)
		exchange_reply_error(
		    x, 404, "%s; did you mean '%s'?", text, near);
	else
		exchange_reply_error(
		    x, 404, "%s; /v1/openapi.json lists what is there", text);
}

static void
refuse_method(struct exchange *x, const char *text)
{
	AUTO_BUF struct buf allow = BUF_INIT(256);
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		enum api_route route;
		struct api_vars vars;
		struct err e = { 0 };
		if (wire_route_find(
			methods[i], x->head.path, &route, &vars, &e) == 0)
			buf_printf(&allow, "%s%s%s", allow.len > 0 ? ", " : "",
			    methods[i], i == 0 ? ", HEAD" : "");
	}
	exchange_set_header(x, "Allow", buf_text(&allow));
	exchange_reply_error(x, 405, "%s", text);
}

static bool
find_route(struct exchange *x, struct api_vars *vars)
{
	char method[METHOD_BYTES];
	struct err e = { 0 };
	copy_cut(method, sizeof(method), x->head.method);
	x->head_only = text_eq(method, "HEAD");
	int rc = wire_route_find(method, x->head.path, &x->route, vars, &e);
	/* HEAD is GET whose body stays here. */
	if (rc == ERR_UNSUPPORTED && x->head_only) {
		err_clear(&e);
		rc = wire_route_find("GET", x->head.path, &x->route, vars, &e);
	}
	if (rc == 0)
		return true;
	x->route = API_ROUTES;
	if (rc == ERR_UNSUPPORTED)
		refuse_method(x, e.text);
	else
		refuse_path(x, e.text);
	return false;
}

static bool
find_caller(struct conn *c, struct exchange *x)
{
	char peer[64];
	struct err e = { 0 };
	int status = 401;
	struct str value = { NULL, 0 };
	(void)http_head_field(&x->head, "Authorization", &value);
	conn_peer(c, peer, sizeof(peer));
	c->auth.caller.loopback = c->loopback;
	x->caller.loopback = c->loopback;
	int rc = auth_check(c->thread->httpd->router, c->thread->index,
	    x->route, value, peer, &c->auth, &x->caller, &status, &e);
	if (rc == 0) {
		snprintf(x->scopes, sizeof(x->scopes), "%s",
		    x->caller.scopes != NULL ? x->caller.scopes : "");
		x->caller.scopes = x->scopes;
		return true;
	}
	if (status == 401)
		exchange_set_header(
		    x, "WWW-Authenticate", "Bearer realm=\"rightlink\"");
	if (status == 429)
		exchange_set_header(x, "Retry-After", "30");
	exchange_reply_error(x, status, "%s", e.text);
	return false;
}

static bool
may_come_now(struct conn *c, struct exchange *x)
{
	bool about_us = x->route == API_healthz || x->route == API_readyz ||
			x->route == API_metrics;
	if (!c->thread->draining || about_us)
		return true;
	exchange_set_header(x, "Retry-After", "2");
	return refuse(x, 503, "the router is about to stop");
}

/* The head is there: up to the point where the body may come. */
static void
begin(struct conn *c, struct exchange *x)
{
	struct api_vars vars = { .len = 0 };
	if (!find_route(x, &vars) || !may_come_now(c, x) ||
	    !find_caller(c, x) || !take_target(x, &vars) || !check_body(c, x) ||
	    !open_spool(c, x))
		return;
	c->state = CONN_BODY;
	conn_set_timer(c, HTTPD_BODY_TIMEOUT_MS);
	if (x->head.expect_continue && c->body_open && c->in.len == 0)
		buf_add_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void
take_head(struct conn *c, size_t skip, size_t len)
{
	struct err e = { 0 };
	int status = 400;
	struct exchange *x = exchange_new(c);
	x->text = xstrndup(c->in.data + skip, len);
	buf_consume(&c->in, skip + len);
	c->seen = 0;
	c->keep = false;
	c->body_open = false;
	if (http_head_parse(
		(struct str){ x->text, len }, &x->head, &status, &e) < 0) {
		exchange_reply_error(x, status, "%s", e.text);
		return;
	}
	x->http10 = x->head.minor == 0;
	c->keep = x->head.keep_alive;
	c->body = (struct conn_body){ .chunked = x->head.chunked,
		.left = x->head.length > 0 ? x->head.length : 0 };
	c->body_open = c->body.chunked || c->body.left > 0;
	/* Whether an unwanted body comes after all is the peer's secret. */
	c->body.unsure = x->head.expect_continue ||
			 c->body.left > (int64_t)API_BODY_MAX_BYTES;
	begin(c, x);
}

static bool
advance_head(struct conn *c)
{
	size_t skip = 0;
	struct str in = { buf_text(&c->in), c->in.len };
	size_t len = http_head_end(in, &c->seen, &skip);
	if (in.len == 0)
		return false;
	if (c->overload) {
		request_refuse(c, 503, "too many connections are open");
		return true;
	}
	if (len > HTTP_HEAD_MAX_BYTES ||
	    (len == 0 && in.len >= HTTP_HEAD_MAX_BYTES)) {
		request_refuse(
		    c, 431, "the head of the request is longer than 16 KiB");
		return true;
	}
	if (len > 0) {
		take_head(c, skip, len);
		return true;
	}
	/* Slow heads end: the clock runs from their first byte. */
	if (!c->timed_head)
		conn_set_timer(c, c->thread->httpd->header_timeout_ms);
	c->timed_head = true;
	return false;
}

bool
request_advance(struct conn *c)
{
	switch (c->state) {
	case CONN_HEAD:
		return advance_head(c);
	case CONN_BODY:
		return body_advance(c);
	case CONN_DISCARD:
		return body_discard(c);
	default:
		return false;
	}
}
