/* SPDX-License-Identifier: MIT */
/*
 * The router's own certificate authority and its server certificate: ECDSA
 * P-256 keys, X.509 v3, made on this machine. Keys are files of mode 0600,
 * certificates 0644; each is replaced as a whole.
 *
 * Machines pin the CA by the SHA-256 of ca.pem's bytes, which their enrolment
 * token carries: the CA is made once, the server's certificate as often as
 * one likes.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

#define TLS_CA_FILE "ca.pem"
#define TLS_CA_KEY_FILE "ca-key.pem"
#define TLS_SERVER_FILE "server.pem"
#define TLS_SERVER_KEY_FILE "server-key.pem"
#define TLS_CA_DAYS 7300
#define TLS_SERVER_DAYS 825
#define TLS_NAMES_MAX 32

/* Host names and IP addresses that the certificate is for; the first is also
 * its common name. */
struct tls_names {
	const char *items[TLS_NAMES_MAX];
	size_t len;
};
/* A host name or an address? ERR_INVALID. */
int tls_name_check(const char *name, struct err *e) MUST_CHECK;

/* ca.pem and ca-key.pem in dirfd. ERR_EXISTS: a CA is never overwritten. */
int tls_make_ca(int dirfd, const char *common_name, struct err *e) MUST_CHECK;
/* A new key and a certificate by the CA in dirfd. ERR_ABSENT: no CA here;
 * ERR_STATE: the CA has ended. */
int tls_make_server(int dirfd, const struct tls_names *names, int days,
    struct err *e) MUST_CHECK;

struct tls_look {
	int64_t not_before, not_after;      /* ms since 1970 */
	char names[TLS_NAMES_MAX][256 + 1]; /* as in struct tls_names */
	size_t names_len;
};
/* Reads a certificate. ERR_ABSENT, ERR_SYNTAX. */
int tls_look(int dirfd, const char *file, struct tls_look *ret_look,
    struct err *e) MUST_CHECK;
/* Is it good at this time? ERR_TIMEOUT: ended or not begun, and what to do. */
int tls_check_time(const struct tls_look *l, const char *file, int64_t now_ms,
    struct err *e) MUST_CHECK;
