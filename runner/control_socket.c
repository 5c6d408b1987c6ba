/* SPDX-License-Identifier: MIT */
/*
 * STATE/agent.sock: many clients, one request at a time on each. Replies come
 * later when they have to; a ticket names the client, also when it is long
 * gone. Nothing here blocks: what a client does not read is kept up to a
 * limit, then the client is cut off.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/local.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"
#include "wire/frames.h"

#define CLIENTS_MAX 256
#define BACKLOG 512
#define UNREAD_MAX_BYTES (2 * FRAME_MAX_BYTES)
#define READY_BYTES ((size_t)256 << 10)

struct control_slot {
	struct control_socket *socket;
	int fd; /* -1: free */
	uint64_t number;
	struct frame_reader reader;
	struct buf out;
	struct loop_watch *read, *write;
	bool busy; /* a request is being worked on */
	bool gone; /* to be closed when all is written */
};

struct control_socket {
	struct supervisor *supervisor;
	char *path;
	int fd;
	struct loop_watch *watch;
	uint64_t numbers;
	struct control_slot slots[CLIENTS_MAX];
};

static void
slot_close(struct control_slot *s)
{
	if (s->fd < 0)
		return;
	loop_unwatch(&s->read);
	loop_unwatch(&s->write);
	frame_reader_release(&s->reader);
	buf_release(&s->out);
	fd_close(&s->fd);
	s->number = 0;
}

static struct control_slot *
find(struct control_socket *c, struct control_ticket t)
{
	if (c == NULL || t.slot >= CLIENTS_MAX)
		return NULL;
	struct control_slot *s = &c->slots[t.slot];
	return s->fd >= 0 && s->number == t.number ? s : NULL;
}

static void on_writable(void *arg);

/* Writes what goes now. */
static void
flush(struct control_slot *s)
{
	while (s->out.len > 0) {
		ssize_t n = send(s->fd, s->out.data, s->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (s->write == NULL)
				s->write = loop_watch_write(
				    s->socket->supervisor->o.loop, s->fd,
				    on_writable, s);
			return;
		}
		if (n < 0) {
			slot_close(s);
			return;
		}
		buf_consume(&s->out, (size_t)n);
	}
	loop_unwatch(&s->write);
	if (s->gone)
		slot_close(s);
}

static void take_requests(struct control_slot *s);

static void
on_writable(void *arg)
{
	struct control_slot *s = arg;
	flush(s);
}

static bool
put_frame(struct control_slot *s, const struct jsn *frame)
{
	AUTO_BUF struct buf text = BUF_INIT(FRAME_MAX_BYTES);
	jsn_format(frame, JSN_PLAIN, &text);
	if (buf_failed(&text))
		return false;
	uint32_t len = (uint32_t)text.len;
	const unsigned char head[] = { (unsigned char)(len >> 24),
		(unsigned char)(len >> 16), (unsigned char)(len >> 8),
		(unsigned char)len };
	buf_add(&s->out, head, sizeof(head));
	buf_add(&s->out, text.data, text.len);
	return !buf_failed(&s->out);
}

bool
control_send(
    struct control_socket *c, struct control_ticket t, struct jsn *frame)
{
	struct control_slot *s = find(c, t);
	bool sent = s != NULL && put_frame(s, frame);
	jsn_free(&frame);
	if (s != NULL && !sent) {
		log_event(LOG_LEVEL_WARN, "client_cut_off",
		    LOG_STR("text", "it does not read what is sent"));
		slot_close(s);
	} else if (s != NULL) {
		flush(s);
	}
	return sent && find(c, t) != NULL;
}

bool
control_is_ready(const struct control_socket *c, struct control_ticket t)
{
	const struct control_slot *s = &c->slots[t.slot];
	return s->fd >= 0 && s->number == t.number && s->out.len < READY_BYTES;
}

bool
control_is_there(const struct control_socket *c, struct control_ticket t)
{
	const struct control_slot *s = &c->slots[t.slot];
	return s->fd >= 0 && s->number == t.number;
}

void
control_reply(
    struct control_socket *c, struct control_ticket t, struct jsn *reply)
{
	if (!control_send(c, t, reply))
		return;
	struct control_slot *s = find(c, t);
	if (s == NULL)
		return;
	s->busy = false;
	take_requests(s);
}

void
control_reply_err(
    struct control_socket *c, struct control_ticket t, const struct err *e)
{
	control_reply(c, t, wire_reply_error(e));
}

static void
take_requests(struct control_slot *s)
{
	uint64_t number = s->number;
	while (s->fd >= 0 && s->number == number && !s->busy && !s->gone) {
		AUTO(jsn_free) struct jsn *frame = NULL;
		struct err e = { 0 };
		int got = frame_reader_next(&s->reader, &frame, &e);
		if (got == 0)
			return;
		struct control_ticket t = {
			.slot = (size_t)(s - s->socket->slots),
			.number = number,
		};
		s->busy = true;
		if (got < 0) {
			s->gone = true;
			control_reply_err(s->socket, t, &e);
			return;
		}
		control_handle(s->socket->supervisor, t, frame);
	}
}

static void
on_readable(void *arg)
{
	struct control_slot *s = arg;
	struct err e = { 0 };
	if (frame_reader_fill(&s->reader, s->fd, &e) > 0)
		take_requests(s);
	else
		slot_close(s);
}

static void
on_connect(void *arg)
{
	struct control_socket *c = arg;
	AUTO_FD int fd = local_accept(c->fd);
	if (fd < 0)
		return;
	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct control_slot *s = &c->slots[i];
		if (s->fd >= 0)
			continue;
		*s = (struct control_slot){ .socket = c,
			.fd = TAKE_FD(fd),
			.number = ++c->numbers,
			.out = BUF_INIT(UNREAD_MAX_BYTES) };
		frame_reader_init(&s->reader);
		s->read = loop_watch_read(
		    c->supervisor->o.loop, s->fd, on_readable, s);
		return;
	}
	log_event(
	    LOG_LEVEL_WARN, "client_refused", LOG_INT("clients", CLIENTS_MAX));
}

int
control_open(struct supervisor *s, struct control_socket **ret, struct err *e)
{
	struct control_socket *c = xcalloc(1, sizeof(*c));
	c->supervisor = s;
	c->fd = -1;
	c->path = places_state(s->o.places, "agent.sock");
	for (int i = 0; i < CLIENTS_MAX; i++)
		c->slots[i].fd = -1;
	int rc = local_listen(c->path, BACKLOG, &c->fd, e);
	if (rc < 0) {
		control_close(&c);
		return rc;
	}
	c->watch = loop_watch_read(s->o.loop, c->fd, on_connect, c);
	*ret = c;
	return 0;
}

void
control_close(struct control_socket **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct control_socket *c = *at;
	for (int i = 0; i < CLIENTS_MAX; i++)
		slot_close(&c->slots[i]);
	loop_unwatch(&c->watch);
	if (c->fd >= 0)
		unlink(c->path);
	fd_close(&c->fd);
	free(c->path);
	free(c);
	*at = NULL;
}
