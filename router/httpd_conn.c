/* SPDX-License-Identifier: MIT */
/* One connection: what its socket allows, what its time is, when it ends. */
#include "router/httpd_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/log.h"
#include "router/metrics.h"

#define CONN_MAGIC 0x636f6e6eu
#define PUMP_STEPS 16
#define READS_AT_ONCE 4

static const char plain_answer[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
    "Content-Length: 76\r\nConnection: close\r\n\r\n"
    "{\"error\":{\"code\":\"ERR_PROTOCOL\",\"message\":"
    "\"this port speaks HTTPS only\"}}\n\n\n";

void
conn_set_timer(struct conn *c, int64_t ms)
{
	if (ms < 0) {
		event_del(&c->timer);
		return;
	}
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };
	event_add(&c->timer, &tv);
}

void
conn_kick(struct conn *c)
{
	CHECK_OBJ(c, CONN_MAGIC);
	if (!c->pumping)
		event_active(&c->timer, EV_WRITE, 0);
}

void
conn_peer(const struct conn *c, char *out, size_t room)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	snprintf(out, room, "unknown");
	if (getpeername(c->fd, (struct sockaddr *)&a, &len) < 0)
		return;
	if (a.ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, &a, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, out, (socklen_t)room);
	} else if (a.ss_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, &a, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, out, (socklen_t)room);
	}
}

void
conn_lose(struct conn *c)
{
	struct exchange *x = c->x;
	c->dead = true;
	c->x = NULL;
	if (x != NULL)
		exchange_lose_peer(x);
}

/* --- reading ----------------------------------------------------------- */

static size_t
input_limit(const struct conn *c)
{
	return c->state == CONN_BODY || c->state == CONN_DISCARD
		   ? HTTPD_IN_BODY_MAX_BYTES
		   : HTTP_HEAD_MAX_BYTES;
}

static void
log_tls_fault(const struct conn *c)
{
	char peer[INET6_ADDRSTRLEN], why[128];
	conn_peer(c, peer, sizeof(peer));
	tls_fault(why, sizeof(why));
	log_event(LOG_LEVEL_DEBUG, "tls_failed", LOG_STR("peer", peer),
	    LOG_STR("why", why));
}

static void
refuse_plain_http(struct conn *c)
{
	_Static_assert(
	    sizeof("{\"error\":{\"code\":\"ERR_PROTOCOL\",\"message\":"
		   "\"this port speaks HTTPS only\"}}\n\n\n") == 76 + 1,
	    "Content-Length of plain_answer");
	ssize_t n = send(c->fd, plain_answer, sizeof(plain_answer) - 1,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)n;
	c->dead = true;
}

static bool
shake_hands(struct conn *c)
{
	switch (tls_handshake(c->tls)) {
	case TLS_DONE:
		c->state = CONN_HEAD;
		c->readable = true;
		conn_set_timer(c, HTTPD_IDLE_TIMEOUT_MS);
		return true;
	case TLS_WANT_READ:
		c->readable = false;
		return false;
	case TLS_WANT_WRITE:
		c->blocked = true;
		return false;
	case TLS_PLAIN_HTTP:
		refuse_plain_http(c);
		return false;
	case TLS_CLOSED:
		c->dead = true;
		return false;
	default:
		log_tls_fault(c);
		c->dead = true;
		return false;
	}
}

/* One piece; true when there may be more. */
static bool
read_piece(struct conn *c)
{
	size_t len = 0;
	enum tls_end end =
	    tls_read(c->tls, c->thread->scratch, HTTPD_SCRATCH_BYTES, &len);
	if (end == TLS_DONE) {
		buf_add(&c->in, c->thread->scratch, len);
		/* The socket tells of the rest; that saves a call. */
		c->readable = tls_pending(c->tls);
		return true;
	}
	c->readable = false;
	if (end == TLS_WANT_WRITE)
		c->blocked = true;
	else if (end != TLS_WANT_READ)
		conn_lose(c);
	return false;
}

/* What comes after our end is only taken off the socket. */
static bool
read_away(struct conn *c)
{
	ssize_t n =
	    recv(c->fd, c->thread->scratch, HTTPD_SCRATCH_BYTES, MSG_DONTWAIT);
	c->readable = false;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		c->dead = true;
	return n > 0;
}

static bool
read_some(struct conn *c)
{
	bool did = false;
	if (!c->readable)
		return false;
	if (c->state == CONN_HANDSHAKE)
		return shake_hands(c);
	if (c->state == CONN_LINGER)
		return read_away(c);
	for (int i = 0; i < READS_AT_ONCE && c->readable && !c->dead; i++) {
		c->paused = c->in.len >= input_limit(c);
		if (c->paused || !read_piece(c))
			break;
		did = true;
	}
	return did;
}

/* --- writing ----------------------------------------------------------- */

static bool
load_file(struct conn *c)
{
	if (c->file < 0 || c->file_left == 0)
		return false;
	size_t want = HTTPD_FILE_STEP_BYTES;
	if ((int64_t)want > c->file_left)
		want = (size_t)c->file_left;
	char *room = buf_reserve(&c->out, want);
	ssize_t n =
	    room == NULL ? -1 : pread(c->file, room, want, c->file_offset);
	if (n <= 0) {
		/* The length is promised: only an end tells of the failure. */
		log_event(LOG_LEVEL_ERROR, "file_unreadable",
		    LOG_STR("why",
			n == 0 ? "shorter than it was" : err_sys_text(errno)));
		conn_lose(c);
		return false;
	}
	buf_commit(&c->out, (size_t)n);
	c->file_offset += n;
	c->file_left -= n;
	return true;
}

/* Our side ends; the peer shall read what we said before its own end, so
 * what it still sends must not meet a closed socket. */
static void
finish(struct conn *c)
{
	tls_close(c->tls);
	if (shutdown(c->fd, SHUT_WR) < 0) {
		c->dead = true;
		return;
	}
	c->state = CONN_LINGER;
	c->readable = true;
	conn_set_timer(c, HTTPD_LINGER_MS);
}

/* The answer has left. */
static void
after_reply(struct conn *c)
{
	fd_close(&c->file);
	if (!c->keep || c->thread->draining) {
		finish(c);
	} else if (c->body_open) {
		c->state = CONN_DISCARD;
		conn_set_timer(c, HTTPD_BODY_TIMEOUT_MS);
	} else {
		c->state = CONN_HEAD;
		c->timed_head = false;
		conn_set_timer(c, HTTPD_IDLE_TIMEOUT_MS);
	}
	c->readable = c->readable || c->paused;
	c->paused = false;
}

static bool
write_piece(struct conn *c)
{
	size_t len = 0;
	enum tls_end end = tls_write(
	    c->tls, c->out.data + c->sent, c->out.len - c->sent, &len);
	if (end == TLS_DONE) {
		c->sent += len;
		if (c->state == CONN_REPLY)
			conn_set_timer(c, HTTPD_WRITE_TIMEOUT_MS);
		return true;
	}
	if (end == TLS_WANT_WRITE || end == TLS_WANT_READ)
		c->blocked = true;
	else
		conn_lose(c);
	return false;
}

static bool
write_some(struct conn *c)
{
	if (c->state == CONN_HANDSHAKE || c->state == CONN_LINGER)
		return false;
	while (!c->blocked && !c->dead) {
		if (c->sent == c->out.len) {
			/* Idle connections keep no memory for answers. */
			buf_release(&c->out);
			c->sent = 0;
			if (!load_file(c))
				break;
		}
		if (!write_piece(c))
			break;
	}
	if (c->dead || c->blocked || c->out.len > 0 || c->state != CONN_REPLY)
		return false;
	after_reply(c);
	return true;
}

/* --- the pump ---------------------------------------------------------- */

static void
watch(struct conn *c)
{
	bool reading = event_pending(&c->reading, EV_READ, NULL) != 0;
	if (reading && c->paused)
		event_del(&c->reading);
	else if (!reading && !c->paused)
		event_add(&c->reading, NULL);
	if (c->blocked && !event_pending(&c->writing, EV_WRITE, NULL))
		event_add(&c->writing, NULL);
}

/* Nothing was asked and nothing more is to be. */
static void
close_when_draining(struct conn *c)
{
	if (!c->thread->draining || c->state > CONN_HEAD || c->in.len > 0 ||
	    c->out.len > 0)
		return;
	tls_close(c->tls);
	c->dead = true;
}

void
conn_pump(struct conn *c)
{
	CHECK_OBJ(c, CONN_MAGIC);
	bool more = true;
	c->pumping = true;
	if (c->cut)
		conn_lose(c);
	for (int i = 0; i < PUMP_STEPS && more && !c->dead; i++) {
		more = read_some(c);
		more = (!c->dead && request_advance(c)) || more;
		more = (!c->dead && write_some(c)) || more;
	}
	close_when_draining(c);
	c->pumping = false;
	if (c->dead) {
		conn_free(&c);
		return;
	}
	if (buf_failed(&c->out)) {
		log_event(LOG_LEVEL_ERROR, "answer_too_long",
		    LOG_INT("limit", (int64_t)HTTPD_OUT_MAX_BYTES));
		conn_lose(c);
		conn_free(&c);
		return;
	}
	if (more)
		conn_kick(c);
	watch(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct conn *c = arg;
	c->readable = true;
	conn_pump(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct conn *c = arg;
	c->blocked = false;
	if (c->state == CONN_HANDSHAKE)
		c->readable = true;
	conn_pump(c);
}

/* Time is up, or (EV_WRITE) somebody kicked. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	struct conn *c = arg;
	if (what & EV_TIMEOUT) {
		if (c->state == CONN_BUSY)
			exchange_time_is_up(c->x);
		else if (c->state == CONN_BODY ||
			 (c->state == CONN_HEAD && c->in.len > 0))
			request_refuse(c, 408, "the request came too slowly");
		else
			conn_lose(c);
	}
	conn_pump(c);
}

void
conn_new(struct io_thread *t, int fd, bool loopback, bool overload)
{
	struct conn *c = xcalloc(1, sizeof(*c));
	c->magic = CONN_MAGIC;
	c->thread = t;
	c->fd = fd;
	c->file = -1;
	c->loopback = loopback;
	c->overload = overload;
	c->tls = tls_conn_new(t->tls, fd);
	buf_init(&c->in, HTTPD_IN_BODY_MAX_BYTES + HTTPD_SCRATCH_BYTES);
	buf_init(&c->out, HTTPD_OUT_MAX_BYTES);
	event_assign(
	    &c->reading, t->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(&c->writing, t->base, fd, EV_WRITE, on_writable, c);
	event_assign(&c->timer, t->base, -1, 0, on_timer, c);
	c->next = t->conns;
	if (c->next != NULL)
		c->next->prev = c;
	t->conns = c;
	atomic_fetch_add(&t->httpd->connections, 1);
	event_add(&c->reading, NULL);
	conn_set_timer(c, t->httpd->header_timeout_ms);
}

void
conn_free(struct conn **conn)
{
	struct conn *c = *conn;
	CHECK_OBJ(c, CONN_MAGIC);
	struct io_thread *t = c->thread;
	if (c->x != NULL)
		conn_lose(c);
	event_del(&c->reading);
	event_del(&c->writing);
	event_del(&c->timer);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		t->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	tls_conn_free(&c->tls);
	fd_close(&c->file);
	fd_close(&c->fd);
	buf_release(&c->in);
	buf_release(&c->out);
	c->magic = 0;
	free(c);
	size_t open = atomic_fetch_sub(&t->httpd->connections, 1);
	if (open < t->httpd->max_connections / 10 * 9)
		atomic_store(&t->httpd->full, false);
	*conn = NULL;
}
