/* SPDX-License-Identifier: MIT */
/*
 * Many kept HTTPS connections on one thread: epoll and OpenSSL, one request at
 * a time on each. For the load client; not a general HTTP client.
 */
#pragma once

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

struct load;
struct load_conn;

/* Of a router: host:port of https URL, CA file. */
int load_new(const char *url, const char *ca_file, struct load **ret_load,
    struct err *e) MUST_CHECK;
void load_free(struct load **l);
/* Handles what happened, waiting at most timeout_ms for it. */
int load_step(struct load *l, int timeout_ms, struct err *e) MUST_CHECK;

/* The answer of the request under way. */
typedef void (*load_fn)(
    struct load_conn *c, int status, struct str body, void *arg);

struct load_conn *load_conn_new(struct load *l);
void load_conn_free(struct load_conn **c);
/* token: for Authorization, or NULL; body NULL: GET. Connects when it must.
 * Ends the program when the connection fails: a load run must not hide it. */
void load_send(struct load_conn *c, const char *method, const char *path,
    const char *token, const char *body, load_fn fn, void *arg);
