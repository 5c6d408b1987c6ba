/* SPDX-License-Identifier: MIT */
/*
 * TLS of the router's connections, on OpenSSL: TLS 1.2 and 1.3, no session
 * cache, no tickets, no renegotiation; an idle connection keeps no record
 * buffers. The socket is the caller's and does not block; nothing here waits.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

struct tls_server; /* certificate, key and rules; shared by threads */
struct tls_conn;

/* PEM files; the first may hold a chain. ERR_ABSENT, ERR_SYNTAX, ERR_INVALID:
 * the key is not the certificate's. */
int tls_server_new(const char *certificate_file, const char *key_file,
    struct tls_server **ret_server, struct err *e) MUST_CHECK;
struct tls_server *tls_server_ref(struct tls_server *t);
/* Drops one reference; connections keep their own. */
void tls_server_free(struct tls_server **t);

/* SIGPIPE must be ignored by the process. */
struct tls_conn *tls_conn_new(struct tls_server *t, int fd);
void tls_conn_free(struct tls_conn **c);

enum tls_end {
	TLS_DONE,       /* (part of) what was asked */
	TLS_WANT_READ,  /* again when the socket is readable */
	TLS_WANT_WRITE, /* again when it is writable */
	TLS_CLOSED,     /* the peer has closed */
	TLS_FAILED,     /* nothing more goes; see tls_fault */
	TLS_PLAIN_HTTP, /* handshake: the peer speaks HTTP without TLS */
};
enum tls_end tls_handshake(struct tls_conn *c);
enum tls_end tls_read(
    struct tls_conn *c, void *data, size_t room, size_t *ret_len);
/* Can more be read without the socket? */
bool tls_pending(const struct tls_conn *c);
/* May take less than len. */
enum tls_end tls_write(
    struct tls_conn *c, const void *data, size_t len, size_t *ret_len);
/* Tells the peer that nothing more comes; does not wait for its word. */
void tls_close(struct tls_conn *c);
/* Why the newest call of this thread failed, for the log. */
void tls_fault(char *out, size_t room);
