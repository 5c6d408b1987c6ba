/* SPDX-License-Identifier: MIT */
/*
 * The router's HTTP server on libevent and OpenSSL: threads with an event base
 * and a listener each; a request is parsed, limited, authenticated and checked
 * against its row of wire/tbl/api.h before a handler sees it.
 *
 * An exchange is one request and its answer. It lives on one thread:
 *
 *	1. the handler (router/routes.h) reads what it needs with exchange_*
 *	2. it answers at once; or keeps the pointer and answers later (after a
 *	   store job: the pointer stays good though the peer leaves, the answer
 *	   then goes nowhere); or parks, to be told of time and of departure
 *	3. from another thread it is touched only by way of httpd_post
 *	4. after exchange_reply_* or exchange_stream_end the pointer is invalid
 *
 * Bodies: JSON up to API_BODY_MAX_BYTES, BYTES up to API_APPEND_MAX_BYTES in
 * memory; artefact_put's goes to a file on its way (exchange_body_fd).
 */
#pragma once

#include <stdarg.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/jsn.h"
#include "common/sign.h"
#include "wire/api.h"

struct router;
struct httpd;
struct exchange;

struct httpd_options {
	const char *address; /* to listen on */
	int port;            /* 0: the kernel's choice, see httpd_port */
	int threads;         /* 0: one a core, at most 8 */
	const char *certificate_file, *key_file; /* PEM */
	int spool_dir;             /* directory for bodies that go to files */
	size_t max_connections;    /* 0: from RLIMIT_NOFILE */
	int64_t header_timeout_ms; /* 0: 30 s */
};

int httpd_start(struct router *r, const struct httpd_options *o,
    struct httpd **ret_httpd, struct err *e) MUST_CHECK;
int httpd_port(const struct httpd *h);
/* Certificate and key again, for connections to come; on failure the old ones
 * stay. */
int httpd_reload(struct httpd *h, struct err *e) MUST_CHECK;
/* Takes no new connections; calls on_time of every parked exchange
 * (exchange_is_draining is then true); returns when every exchange is
 * answered or after grace_ms. Posts still work. */
void httpd_drain(struct httpd *h, int64_t grace_ms);
/* Ends the threads. Nobody may post any more: after store_close. */
void httpd_free(struct httpd **h);
/* How many threads a start with this wish makes. */
int httpd_thread_count(int wanted);
int httpd_threads(const struct httpd *h);
struct httpd_counts {
	int64_t connections, max_connections;
	int64_t exchanges, parked; /* parked is part of exchanges */
};
void httpd_count(const struct httpd *h, struct httpd_counts *ret);

enum caller_kind {
	CALLER_NOBODY,
	CALLER_INSTANCE,
	CALLER_OPERATOR,
};
struct caller {
	enum caller_kind kind;
	char id[40];         /* instance id, or name of the token */
	char deployment[64]; /* of an instance */
	const char *scopes;  /* of an operator: words of API_SCOPES */
	bool loopback;       /* the peer is this machine */
};

const struct caller *exchange_caller(const struct exchange *x);
enum api_route exchange_route(const struct exchange *x);
/* The peer's address, "gone" when it has left. */
void exchange_peer(const struct exchange *x, char *out, size_t room);
/* Value of {x} in the path, by position. */
const char *exchange_var(const struct exchange *x, size_t i);
const char *exchange_query(const struct exchange *x, const char *name);
int64_t exchange_query_int(
    const struct exchange *x, const char *name, int64_t fallback);
const struct jsn *exchange_json(
    const struct exchange *x); /* checked, or NULL */
struct str exchange_bytes(const struct exchange *x);
/* artefact_put: the body in an unlinked file of the spool directory, with its
 * length and the SHA-256 of it; the descriptor stays the exchange's
 * (linkat from /proc/self/fd gives it a name). */
int exchange_body_fd(const struct exchange *x);
int64_t exchange_body_bytes(const struct exchange *x);
const char *exchange_body_sha256(const struct exchange *x);
/* In the exchange's arena; NULL: not there. */
const char *exchange_header(struct exchange *x, const char *name);
/* Made at the first call; ends with the exchange, and when it parks. */
struct arena *exchange_arena(struct exchange *x);
struct router *exchange_router(const struct exchange *x);
/* Which I/O thread, 0 .. threads-1: index of per-thread things. */
int exchange_thread(const struct exchange *x);

void exchange_set_header(
    struct exchange *x, const char *name, const char *value);
/* Takes value over. */
void exchange_reply_json(struct exchange *x, int status, struct jsn *value);
/* {"error":{"code": err_code_name, "message"}}. */
void exchange_reply_error(struct exchange *x, int status, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The usual status of an error's code: INVALID, SYNTAX, PROTOCOL 422; ABSENT
 * 404; EXISTS 409; LIMIT 413 (disk full: 507); DIGEST 401; STATE 409; else
 * 500, whose text is logged, not shown. */
void exchange_reply_err(struct exchange *x, const struct err *e);
void exchange_reply_bytes(
    struct exchange *x, int status, const char *type, struct str bytes);
/* A file from offset on, len bytes, without reading it whole; fd is taken. */
void exchange_reply_file(struct exchange *x, int status, const char *type,
    int fd, int64_t offset, int64_t len);
void exchange_reply_empty(struct exchange *x, int status);

/*
 * Keeps the exchange open and forgets its body, headers and arena (a parked
 * poll costs little); query, path and caller stay. on_time runs once, after
 * wait_ms or when the router drains, and must answer (or park again); on_gone
 * runs when the peer left, and the exchange is freed after it returns.
 * exchange_unpark ends this without an answer: neither will run, the exchange
 * is held as after step 2. None of the two runs from within park or unpark.
 */
typedef void (*exchange_fn)(struct exchange *x, void *arg);
void exchange_park(struct exchange *x, int64_t wait_ms, exchange_fn on_time,
    exchange_fn on_gone, void *arg);
void exchange_unpark(struct exchange *x);
/* The router is about to stop: answer now, tell the peer to come back. */
bool exchange_is_draining(const struct exchange *x);
/* Runs fn on the thread, from any thread. Nothing is kept alive by it. */
typedef void (*httpd_fn)(void *arg);
void httpd_post(struct httpd *h, int thread, httpd_fn fn, void *arg);

/*
 * A chunked answer that goes on: events for a console. Park the exchange first
 * (on_time: the drain, or keep-alive by parking again). A slow reader whose
 * unsent data passes 1 MiB is cut off, which is on_gone.
 */
void exchange_stream_begin(struct exchange *x, const char *type);
void exchange_stream_send(struct exchange *x, struct str chunk);
void exchange_stream_end(struct exchange *x);
