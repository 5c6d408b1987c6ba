/* SPDX-License-Identifier: MIT */
/*
 * libevent behind few verbs. Trickiest invariant: a watch may be removed in
 * any callback, its own too; libevent allows event_free there, and a one-shot
 * timer that has fired stays allocated until loop_unwatch.
 */
#include "common/loop.h"

#include <stdlib.h>

#include <event2/event.h>

#define LOOP_MAGIC 0x6c6f6f70u
#define WATCH_MAGIC 0x77617463u

struct loop {
	unsigned magic;
	struct event_base *base;
};

struct loop_watch {
	unsigned magic;
	struct event *event;
	loop_fn fn;
	void *arg;
};

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	l->magic = LOOP_MAGIC;
	l->base = event_base_new();
	ASSERT(l->base != NULL);
	return l;
}

void
loop_free(struct loop **l)
{
	if (l == NULL || *l == NULL)
		return;
	CHECK_OBJ(*l, LOOP_MAGIC);
	event_base_free((*l)->base);
	(*l)->magic = 0;
	free(*l);
	*l = NULL;
}

static void
run_callback(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct loop_watch *w = arg;
	CHECK_OBJ(w, WATCH_MAGIC);
	w->fn(w->arg);
}

static struct loop_watch *
watch_new(
    struct loop *l, int fd, short what, int64_t delay_ms, loop_fn fn, void *arg)
{
	CHECK_OBJ(l, LOOP_MAGIC);
	struct loop_watch *w = xcalloc(1, sizeof(*w));
	w->magic = WATCH_MAGIC;
	w->fn = fn;
	w->arg = arg;
	w->event = event_new(l->base, fd, what, run_callback, w);
	ASSERT(w->event != NULL);
	if (what & EV_TIMEOUT) {
		loop_set(w, delay_ms);
	} else {
		int rc = event_add(w->event, NULL);
		ASSERT(rc == 0);
	}
	return w;
}

void
loop_set(struct loop_watch *w, int64_t delay_ms)
{
	CHECK_OBJ(w, WATCH_MAGIC);
	struct timeval delay = { .tv_sec = (time_t)(delay_ms / 1000),
		.tv_usec = (suseconds_t)(delay_ms % 1000 * 1000) };
	int rc =
	    delay_ms < 0 ? event_del(w->event) : event_add(w->event, &delay);
	ASSERT(rc == 0);
}

struct loop_watch *
loop_watch_read(struct loop *l, int fd, loop_fn fn, void *arg)
{
	return watch_new(l, fd, EV_READ | EV_PERSIST, -1, fn, arg);
}

struct loop_watch *
loop_watch_write(struct loop *l, int fd, loop_fn fn, void *arg)
{
	return watch_new(l, fd, EV_WRITE | EV_PERSIST, -1, fn, arg);
}

struct loop_watch *
loop_watch_signal(struct loop *l, int signal_number, loop_fn fn, void *arg)
{
	return watch_new(l, signal_number, EV_SIGNAL | EV_PERSIST, -1, fn, arg);
}

struct loop_watch *
loop_after(struct loop *l, int64_t delay_ms, loop_fn fn, void *arg)
{
	return watch_new(
	    l, -1, EV_TIMEOUT, delay_ms > 0 ? delay_ms : 0, fn, arg);
}

void
loop_unwatch(struct loop_watch **w)
{
	if (w == NULL || *w == NULL)
		return;
	CHECK_OBJ(*w, WATCH_MAGIC);
	event_free((*w)->event);
	(*w)->magic = 0;
	free(*w);
	*w = NULL;
}

int
loop_run(struct loop *l, struct err *e)
{
	CHECK_OBJ(l, LOOP_MAGIC);
	if (event_base_dispatch(l->base) < 0)
		return err_set(e, ERR_SYS, "event loop failed");
	return 0;
}

void
loop_stop(struct loop *l)
{
	CHECK_OBJ(l, LOOP_MAGIC);
	event_base_loopbreak(l->base);
}
