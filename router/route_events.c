/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/events: what happens, as server-sent events. The id of an event is
 * its number in the store; a listener that comes back with Last-Event-ID
 * misses nothing within the time that events are kept.
 */
#include <stdatomic.h>
#include <string.h>

#include "common/auto.h"
#include "common/log.h"
#include "router/events.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store.h"

#define LISTENERS_MAX 1000
#define KEEP_ALIVE_MS 15000
#define EVENTS_AT_ONCE 500
#define CHUNK_MAX_BYTES ((size_t)512 << 10)
#define KINDS "instance|delivery|tag|audit|bundle|command"

struct listener {
	struct events *events;
	struct exchange *x;
	const char *kinds; /* the query's, or NULL; the exchange's */
	int64_t after;     /* the newest event that was sent or skipped */
	int thread;
	struct listener *prev, *next;
};

/* Of one thread; only `posted` is anybody's. */
struct hub {
	struct events *events;
	int thread;
	struct listener *listeners;
	atomic_bool posted;
};

struct events {
	struct router *router;
	struct hub *hubs;
	atomic_int listeners;
};

struct events *
events_new(struct router *r)
{
	struct events *v = xcalloc(1, sizeof(*v));
	v->router = r;
	v->hubs = xcalloc((size_t)r->threads, sizeof(*v->hubs));
	for (int i = 0; i < r->threads; i++) {
		v->hubs[i].events = v;
		v->hubs[i].thread = i;
	}
	return v;
}

void
events_free(struct events **v)
{
	if (v == NULL || *v == NULL)
		return;
	free((*v)->hubs);
	free(*v);
	*v = NULL;
}

int64_t
events_listeners(const struct events *v)
{
	return atomic_load(&v->listeners);
}

/* --- sending ----------------------------------------------------------- */

static bool
is_wanted(const char *kinds, const char *kind)
{
	struct str rest = str_from(kinds), word;
	if (kinds == NULL)
		return true;
	while (str_split(&rest, ',', &word)) {
		if (str_eq_text(str_trim(word), kind))
			return true;
	}
	return false;
}

static void
format_event(const struct store_event *v, struct buf *out)
{
	AUTO(jsn_free) struct jsn *o = jsn_new_object();
	jsn_set_int(o, "seq", v->seq);
	jsn_set_int(o, "at", v->at);
	jsn_set_str(o, "kind", v->kind);
	jsn_set_str(o, "ref", v->ref);
	jsn_set_str(o, "what", v->what);
	buf_printf(
	    out, "id: %lld\nevent: %s\ndata: ", (long long)v->seq, v->kind);
	jsn_format(o, JSN_PLAIN, out);
	buf_add_str(out, "\n\n");
}

/* One page; true when there may be more. */
static bool
send_page(struct listener *l)
{
	struct router *r = l->events->router;
	struct err e = { 0 };
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO_BUF struct buf text = BUF_INIT(CHUNK_MAX_BYTES);
	struct store_event_list list = { 0 };
	if (store_event_list(r->store, l->thread, a, l->after, EVENTS_AT_ONCE,
		&list, &e) < 0) {
		log_event(LOG_LEVEL_ERROR, "events_unreadable",
		    LOG_STR("why", e.text));
		return false;
	}
	for (size_t i = 0; i < list.len; i++) {
		if (is_wanted(l->kinds, list.items[i].kind))
			format_event(&list.items[i], &text);
		l->after = list.items[i].seq;
	}
	exchange_stream_send(l->x, (struct str){ buf_text(&text), text.len });
	return list.len == EVENTS_AT_ONCE;
}

static void
send_new(struct listener *l)
{
	/* A reader that is far behind is cut off before this ends. */
	for (int i = 0; i < 100 && send_page(l); i++)
		;
}

static void
send_to_all(void *arg)
{
	struct hub *hub = arg;
	atomic_store(&hub->posted, false);
	for (struct listener *l = hub->listeners; l != NULL; l = l->next)
		send_new(l);
}

void
events_wake(struct events *v)
{
	struct router *r = v->router;
	if (atomic_load(&v->listeners) == 0)
		return;
	for (int i = 0; i < r->threads; i++) {
		if (!atomic_exchange(&v->hubs[i].posted, true))
			httpd_post(r->httpd, i, send_to_all, &v->hubs[i]);
	}
}

/* --- a listener -------------------------------------------------------- */

static void
listener_free(struct listener *l)
{
	struct hub *hub = &l->events->hubs[l->thread];
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		hub->listeners = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	atomic_fetch_sub(&l->events->listeners, 1);
	free(l);
}

static void
on_gone(struct exchange *x, void *arg)
{
	(void)x;
	listener_free(arg);
}

static void
on_time(struct exchange *x, void *arg)
{
	if (exchange_is_draining(x)) {
		listener_free(arg);
		exchange_stream_end(x);
		return;
	}
	exchange_stream_send(x, STR(": still here\n\n"));
	exchange_park(x, KEEP_ALIVE_MS, on_time, on_gone, arg);
}

static int
check_kinds(const char *kinds, struct err *e)
{
	struct str rest = str_from(kinds), word;
	while (kinds != NULL && str_split(&rest, ',', &word)) {
		if (!wire_words_have(KINDS, str_trim(word)))
			return err_set(e, ERR_INVALID,
			    "query: kinds: words of %s, separated by commas",
			    KINDS);
	}
	return 0;
}

static int
first_event(struct exchange *x, int64_t *ret_after, struct err *e)
{
	const char *last = exchange_header(x, "Last-Event-ID");
	if (last == NULL) {
		*ret_after = store_event_last(exchange_router(x)->store);
		return 0;
	}
	if (!str_to_i64(str_from(last), 10, ret_after) || *ret_after < 0)
		return err_set(
		    e, ERR_INVALID, "Last-Event-ID must be a number");
	return 0;
}

void
route_events(struct exchange *x)
{
	struct events *v = exchange_router(x)->events;
	const char *kinds = exchange_query(x, "kinds");
	struct err e = { 0 };
	int64_t after = 0;
	if (check_kinds(kinds, &e) < 0 || first_event(x, &after, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	if (atomic_load(&v->listeners) >= LISTENERS_MAX) {
		exchange_reply_error(
		    x, 503, "%d listeners are here already", LISTENERS_MAX);
		return;
	}
	struct listener *l = xcalloc(1, sizeof(*l));
	*l = (struct listener){ .events = v,
		.x = x,
		.kinds = kinds,
		.after = after,
		.thread = exchange_thread(x) };
	struct hub *hub = &v->hubs[l->thread];
	l->next = hub->listeners;
	if (l->next != NULL)
		l->next->prev = l;
	hub->listeners = l;
	/* From here on a commit wakes us; what came before is read now. */
	atomic_fetch_add(&v->listeners, 1);
	exchange_stream_begin(x, "text/event-stream");
	exchange_stream_send(x, STR("retry: 2000\n\n"));
	exchange_park(x, KEEP_ALIVE_MS, on_time, on_gone, l);
	send_new(l);
}
