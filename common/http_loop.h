/* SPDX-License-Identifier: MIT */
/*
 * HTTP beside the event loop, on libcurl: several requests at once, keep-alive
 * connections shared between them. For the agent's session with the router and
 * for an operator's command line.
 */
#pragma once

#include "common/http.h"
#include "common/loop.h"

struct http_client;
struct http_call;

struct http_client_options {
	const char *ca_file; /* PEM that peers must chain to, nothing else
				counts; NULL: system's */
	const char *proxy;   /* as struct http_request */
	size_t max_idle;     /* connections kept open; 0: 2 */
	int64_t max_idle_ms; /* and for how long; 0: 118 s */
};

struct http_client *http_client_new(
    struct loop *l, const struct http_client_options *o);
/* Cancels what is under way; callbacks are not called any more. */
void http_client_free(struct http_client **c);

/* rc 0: any complete answer, in r (the callee's until it returns; body of q's
 * max_body_bytes in body). Else as http_perform, in e. Called once, never
 * from within http_call_start. */
typedef void (*http_done_fn)(int rc, const struct http_response *r,
    struct str body, const struct err *e, void *arg);

/* A piece of the body of a 200 or 206 answer, as it comes. It may start and
 * cancel calls, also its own, but not free the client. */
typedef void (*http_chunk_fn)(struct str chunk, void *arg);

struct http_call_spec {
	const char *method, *url;
	const char *const *headers; /* NULL-terminated */
	struct str body;            /* copied */
	size_t max_body_bytes;      /* 0: 4 MiB */
	int64_t timeout_ms;         /* whole call; 0: 60 s; -1: none */
	int64_t stall_timeout_ms;   /* no byte for so long; 0: none */
	http_chunk_fn chunk; /* or NULL; given, a 200 or 206 answer has no body
				when done is called, and no limit */
	http_done_fn done;
	void *arg;
};
/* ERR_INVALID (URL). *ret_call may be NULL; it is valid until done. */
int http_call_start(struct http_client *c, const struct http_call_spec *spec,
    struct http_call **ret_call, struct err *e) MUST_CHECK;
/* done is not called. */
void http_call_cancel(struct http_call **call);
