/* SPDX-License-Identifier: MIT */
/* What a handler may ask of an exchange; its birth, parking and end. */
#include "router/httpd_priv.h"

#include <string.h>

#include "common/auto.h"
#include "common/clock.h"

#define EXCHANGE_MAGIC 0x65786368u
#define HEADERS_MAX_BYTES ((size_t)8 << 10)

struct exchange *
exchange_new(struct conn *c)
{
	struct exchange *x = xcalloc(1, sizeof(*x));
	x->magic = EXCHANGE_MAGIC;
	x->thread = c->thread;
	x->conn = c;
	x->route = API_ROUTES;
	x->spool = -1;
	x->began_ms = clock_mono_ms();
	buf_init(&x->body, API_BODY_MAX_BYTES);
	buf_init(&x->headers, HEADERS_MAX_BYTES);
	atomic_fetch_add(&c->thread->httpd->exchanges, 1);
	c->x = x;
	return x;
}

static void
set_parked(struct exchange *x, bool parked)
{
	if (x->parked == parked)
		return;
	x->parked = parked;
	if (parked)
		atomic_fetch_add(&x->thread->httpd->parked, 1);
	else
		atomic_fetch_sub(&x->thread->httpd->parked, 1);
}

void
exchange_free(struct exchange **exchange)
{
	struct exchange *x = *exchange;
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	set_parked(x, false);
	if (x->conn != NULL)
		x->conn->x = NULL;
	if (x->later != NULL)
		event_free(x->later);
	jsn_free(&x->json);
	buf_release(&x->body);
	buf_release(&x->headers);
	digest_free(&x->digest);
	arena_free(&x->arena);
	fd_close(&x->spool);
	free(x->text);
	free(x->decoded);
	atomic_fetch_sub(&x->thread->httpd->exchanges, 1);
	x->magic = 0;
	free(x);
	*exchange = NULL;
}

/* Held by a handler it waits for its answer, else nobody knows it. */
void
exchange_lose_peer(struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	bool held = x->conn->state == CONN_BUSY && !x->parked;
	x->conn = NULL;
	if (held)
		return;
	if (x->parked)
		x->on_gone(x, x->arg);
	exchange_free(&x);
}

void
exchange_time_is_up(struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	exchange_fn fn = x->on_time;
	if (!x->parked)
		return;
	/* Held until it answers or parks again. */
	set_parked(x, false);
	if (x->conn != NULL)
		conn_set_timer(x->conn, -1);
	fn(x, x->arg);
}

/* The peer had left before the exchange was parked. */
static void
tell_departure(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct exchange *x = arg;
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	x->on_gone(x, x->arg);
	exchange_free(&x);
}

void
exchange_park(struct exchange *x, int64_t wait_ms, exchange_fn on_time,
    exchange_fn on_gone, void *arg)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	ASSERT(wait_ms >= 0 && on_time != NULL && on_gone != NULL);
	x->on_time = on_time;
	x->on_gone = on_gone;
	x->arg = arg;
	set_parked(x, true);
	/* A parked poll costs as little as it can. */
	jsn_free(&x->json);
	buf_release(&x->body);
	arena_free(&x->arena);
	free(x->text);
	x->text = NULL;
	x->head = (struct http_head){ .length = -1 };
	if (x->conn != NULL) {
		conn_set_timer(x->conn, exchange_is_draining(x) ? 0 : wait_ms);
		/* a timer that is set forgets a kick */
		if (x->conn->out.len > 0)
			conn_kick(x->conn);
		return;
	}
	if (x->later == NULL)
		x->later = event_new(x->thread->base, -1, 0, tell_departure, x);
	ASSERT(x->later != NULL);
	event_active(x->later, EV_TIMEOUT, 0);
}

void
exchange_unpark(struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	ASSERT(x->parked);
	set_parked(x, false);
	if (x->conn != NULL)
		conn_set_timer(x->conn, -1);
	if (x->later != NULL) {
		event_free(x->later);
		x->later = NULL;
	}
}

bool
exchange_is_draining(const struct exchange *x)
{
	return x->thread->draining;
}

const struct caller *
exchange_caller(const struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	return &x->caller;
}

void
exchange_peer(const struct exchange *x, char *out, size_t room)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	if (x->conn != NULL)
		conn_peer(x->conn, out, room);
	else
		snprintf(out, room, "gone");
}

enum api_route
exchange_route(const struct exchange *x)
{
	return x->route;
}

const char *
exchange_var(const struct exchange *x, size_t i)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	ASSERT(i < API_PATH_VARS && x->vars[i] != NULL);
	return x->vars[i];
}

const char *
exchange_query(const struct exchange *x, const char *name)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	const struct wire_field *f = wire_routes[x->route].query.fields;
	for (size_t i = 0; f[i].name != NULL; i++) {
		if (text_eq(f[i].name, name))
			return x->query[i];
	}
	assert_fail("a query field of this route", __FILE__, __LINE__);
}

int64_t
exchange_query_int(const struct exchange *x, const char *name, int64_t fallback)
{
	int64_t n = fallback;
	const char *text = exchange_query(x, name);
	/* It was found to be a number. */
	if (text != NULL && !str_to_i64(str_from(text), 10, &n))
		return fallback;
	return n;
}

const struct jsn *
exchange_json(const struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	return x->json;
}

struct str
exchange_bytes(const struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	return (struct str){ buf_text(&x->body), x->body.len };
}

int
exchange_body_fd(const struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	return x->spool;
}

int64_t
exchange_body_bytes(const struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	return x->spool >= 0 ? x->body_bytes : (int64_t)x->body.len;
}

const char *
exchange_body_sha256(const struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	return x->sha256.hex;
}

const char *
exchange_header(struct exchange *x, const char *name)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	struct str value;
	if (x->text == NULL || !http_head_field(&x->head, name, &value))
		return NULL;
	return arena_strndup(exchange_arena(x), value.data, value.len);
}

struct arena *
exchange_arena(struct exchange *x)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	if (x->arena == NULL)
		x->arena = arena_new();
	return x->arena;
}

struct router *
exchange_router(const struct exchange *x)
{
	return x->thread->httpd->router;
}

int
exchange_thread(const struct exchange *x)
{
	return x->thread->index;
}
