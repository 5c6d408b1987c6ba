/* SPDX-License-Identifier: MIT */
/*
 * The local socket of a run: connections, one request at a time on each. While
 * a request is being worked on its connection is still watched: when the peer
 * goes away, the script that it waits for is stopped.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/local.h"
#include "runner/performer.h"
#include "wire/frames.h"

#define CONNECTIONS_MAX 64

struct request_slot {
	struct local_socket *socket;
	int fd; /* -1: free */
	struct frame_reader reader;
	struct loop_watch *watch;
	bool busy; /* a request is being worked on */
	bool gone; /* the peer went away meanwhile */
	struct child *script;
};

struct local_socket {
	struct performer *performer;
	char *path;
	int fd;
	struct loop_watch *watch;
	struct request_slot slots[CONNECTIONS_MAX];
};

static void
slot_close(struct request_slot *s)
{
	if (s->fd < 0)
		return;
	loop_unwatch(&s->watch);
	frame_reader_release(&s->reader);
	fd_close(&s->fd);
	s->busy = s->gone = false;
}

static void
take_requests(struct request_slot *s)
{
	while (s->fd >= 0 && !s->busy) {
		AUTO(jsn_free) struct jsn *frame = NULL;
		struct err e = { 0 };
		int got = frame_reader_next(&s->reader, &frame, &e);
		if (got == 0)
			return;
		s->busy = true;
		if (got < 0) {
			s->gone = true;
			request_reply(s, wire_reply_error(&e));
			return;
		}
		request_handle(s->socket->performer, s, frame, &s->script);
	}
}

static void
on_readable(void *arg)
{
	struct request_slot *s = arg;
	struct err e = { 0 };
	int rc = frame_reader_fill(&s->reader, s->fd, &e);
	if (rc > 0) {
		take_requests(s);
		return;
	}
	if (!s->busy) {
		slot_close(s);
		return;
	}
	s->gone = true;
	loop_unwatch(&s->watch);
	if (s->script != NULL)
		child_stop(s->script);
}

void
request_reply(struct request_slot *s, struct jsn *reply)
{
	s->script = NULL;
	if (s->fd < 0 || !s->busy) {
		jsn_free(&reply);
		return;
	}
	s->busy = false;
	struct err e = { 0 };
	int rc = frame_write(s->fd, reply, &e);
	jsn_free(&reply);
	if (rc < 0 || s->gone)
		slot_close(s);
}

static void
on_connect(void *arg)
{
	struct local_socket *l = arg;
	AUTO_FD int fd = local_accept(l->fd);
	if (fd < 0)
		return;
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		struct request_slot *s = &l->slots[i];
		if (s->fd >= 0)
			continue;
		*s = (struct request_slot){ .socket = l, .fd = TAKE_FD(fd) };
		frame_reader_init(&s->reader);
		s->watch =
		    loop_watch_read(l->performer->loop, s->fd, on_readable, s);
		return;
	}
	run_warn(l->performer->run, "local socket: more than %d connections",
	    CONNECTIONS_MAX);
}

int
local_socket_open(struct performer *p, struct local_socket **ret, struct err *e)
{
	struct local_socket *l = xcalloc(1, sizeof(*l));
	l->performer = p;
	l->fd = -1;
	AUTO_STR char *name =
	    xasprintf("run-%s.sock", p->order ? p->order->thread : "default");
	l->path = places_state(&p->places, name);
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		l->slots[i].fd = -1;
	int rc = local_listen(l->path, CONNECTIONS_MAX, &l->fd, e);
	if (rc < 0) {
		local_socket_close(&l);
		return rc;
	}
	l->watch = loop_watch_read(p->loop, l->fd, on_connect, l);
	*ret = l;
	return 0;
}

void
local_socket_close(struct local_socket **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct local_socket *l = *at;
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		slot_close(&l->slots[i]);
	loop_unwatch(&l->watch);
	if (l->fd >= 0)
		unlink(l->path);
	fd_close(&l->fd);
	free(l->path);
	free(l);
	*at = NULL;
}

void
local_socket_drain(struct local_socket *l)
{
	struct performer *p = l->performer;
	relay_drop_all(p);
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		if (l->slots[i].fd >= 0 && l->slots[i].script != NULL)
			child_stop(l->slots[i].script);
	}
	p->draining = true;
	struct err e = { 0 };
	while (p->scripts > 0) {
		if (loop_run(p->loop, &e) < 0)
			break;
	}
	p->draining = false;
}

const char *
local_socket_path(const struct local_socket *s)
{
	return s->path;
}
