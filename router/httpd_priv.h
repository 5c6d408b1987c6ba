/* SPDX-License-Identifier: MIT */
/*
 * The inside of the server, shared by its files:
 *
 *	httpd.c          threads, listeners, calls between threads, the end
 *	httpd_conn.c     a connection: TLS, reading, writing, time
 *	httpd_request.c  head, route, caller, path and query of a request
 *	httpd_body.c     its body, up to the call of its handler
 *	httpd_exchange.c what a handler may ask, parking
 *	httpd_reply.c    answers
 *
 * All of a connection happens on its thread. While conn_pump works on it (and
 * so in handlers, mostly) answers are only queued; from elsewhere they make
 * the pump run soon. Only the pump and the timer free a connection.
 */
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>

#include "common/digest.h"
#include "router/auth.h"
#include "router/http_parse.h"
#include "router/httpd.h"
#include "router/router.h"
#include "router/tls.h"

#define HTTPD_THREADS_MAX 8
#define HTTPD_BACKLOG 4096
#define HTTPD_SCRATCH_BYTES ((size_t)16 << 10)
#define HTTPD_OUT_MAX_BYTES ((size_t)64 << 20)
#define HTTPD_STREAM_MAX_BYTES ((size_t)1 << 20)
#define HTTPD_FILE_STEP_BYTES ((size_t)64 << 10)
#define HTTPD_IN_BODY_MAX_BYTES ((size_t)64 << 10)
#define HTTPD_OVERLOAD_ROOM 256 /* connections that are told 503 */
#define HTTPD_HEADER_TIMEOUT_MS 30000
#define HTTPD_BODY_TIMEOUT_MS 60000
#define HTTPD_IDLE_TIMEOUT_MS 125000 /* longer than clients keep theirs */
#define HTTPD_WRITE_TIMEOUT_MS 60000
#define HTTPD_LINGER_MS 2000
#define HTTPD_QUERY_MAX 8
#define HTTPD_VAR_MAX_BYTES 255

struct httpd_post {
	httpd_fn fn;
	void *arg;
	struct httpd_post *next;
};

struct io_thread {
	struct httpd *httpd;
	int index;
	pthread_t id;
	bool started;
	struct event_base *base;
	struct event *accepting, *woken, *retry;
	int listen_fd, wake_fd;
	struct tls_server *tls;
	struct conn *conns;
	char *scratch;
	bool draining;
	pthread_mutex_t lock; /* of the posts */
	struct httpd_post *posts, **posts_end;
};

struct httpd {
	unsigned magic;
	struct router *router;
	struct io_thread *threads;
	int threads_len, port, spool_dir;
	char *certificate_file, *key_file;
	size_t max_connections;
	int64_t header_timeout_ms;
	atomic_size_t connections, exchanges, parked;
	atomic_bool full; /* of connections or descriptors: told once */
};

enum conn_state {
	CONN_HANDSHAKE,
	CONN_HEAD,    /* waits for a request */
	CONN_BODY,    /* a handler will get it */
	CONN_BUSY,    /* a handler has it */
	CONN_REPLY,   /* the whole answer is queued */
	CONN_DISCARD, /* the rest of a body that nobody wants */
	CONN_LINGER,  /* our side is shut; what still comes is dropped */
};

/* The way of a body from the wire. */
struct conn_body {
	bool chunked;
	bool unsure;  /* refused unread, it ends the connection */
	int64_t left; /* of a body with a length */
	size_t max, so_far;
	struct http_chunks chunks;
};

struct conn {
	unsigned magic;
	enum conn_state state;
	struct io_thread *thread;
	struct conn *prev, *next;
	struct tls_conn *tls;
	struct event reading, writing, timer;
	struct buf in; /* not yet understood */
	size_t seen;   /* of `in`, by http_head_end */
	struct buf out;
	size_t sent; /* of `out` */
	int file;    /* goes after `out`; -1: none */
	int64_t file_offset, file_left;
	struct conn_body body;
	struct exchange *x;
	struct auth_cache auth;
	int fd;
	bool keep;      /* another request may follow the answer */
	bool body_open; /* the request's body is not read to its end */
	bool readable, blocked, paused; /* what the socket allows */
	bool cut;                       /* a slow reader: its time is up */
	bool pumping, dead, overload, loopback;
	bool timed_head; /* the timer is that of a request's head */
};

struct exchange {
	unsigned magic;
	struct io_thread *thread;
	struct conn *conn; /* NULL: the peer is gone */
	enum api_route route;
	struct caller caller;
	char scopes[AUTH_SCOPES_BYTES];
	char *text; /* of the head; NULL when parked */
	struct http_head head;
	char *decoded; /* of the next two */
	const char *vars[API_PATH_VARS];
	const char *query[HTTPD_QUERY_MAX];
	struct buf body;
	struct jsn *json;
	int spool; /* -1: the body is in memory */
	int64_t body_bytes;
	struct digest *digest;
	struct digest_text sha256;
	struct buf headers;
	struct arena *arena;
	bool head_only, parked, streaming, http10;
	exchange_fn on_time, on_gone;
	void *arg;
	struct event *later; /* departure that is to be told */
	int64_t began_ms;
};

/* --- httpd_conn.c */
/* Takes the socket. */
void conn_new(struct io_thread *t, int fd, bool loopback, bool overload);
void conn_free(struct conn **c);
void conn_pump(struct conn *c);
/* The peer is gone or shall be: exchange and connection end. */
void conn_lose(struct conn *c);
/* The pump runs soon. */
void conn_kick(struct conn *c);
void conn_set_timer(struct conn *c, int64_t ms); /* < 0: none */
/* The peer's address as text. */
void conn_peer(const struct conn *c, char *out, size_t room);

/* --- httpd_request.c */
/* Does what the input allows; true when something was done. */
bool request_advance(struct conn *c);
/* Answers an error without an exchange (also: timer). Then the end. */
void request_refuse(struct conn *c, int status, const char *message);

/* --- httpd_body.c */
/* State CONN_BODY and CONN_DISCARD; true when something was done. */
bool body_advance(struct conn *c);
bool body_discard(struct conn *c);

/* --- httpd_exchange.c */
struct exchange *exchange_new(struct conn *c);
void exchange_free(struct exchange **x);
/* The peer of its connection is gone. */
void exchange_lose_peer(struct exchange *x);
/* Runs on_time. */
void exchange_time_is_up(struct exchange *x);

/* --- httpd_reply.c */
const char *reply_reason(int status);
/* {"error":...} as text. */
void reply_format_error(
    int status, const char *code, const char *message, struct buf *out);
/* The first lines up to the empty one. length < 0: chunks. */
void reply_head(struct conn *c, int status, const char *type, int64_t length,
    const char *headers, bool chunked);
