/* SPDX-License-Identifier: MIT */
/*
 * Calls of the router's API (wire/tbl/api.h) by an operator's context, beside
 * the event loop.
 *
 * Every call that changes something carries its own id, so each may be
 * repeated: a router that does not answer, or answers 408, 425, 429, 502, 503
 * or 504, is asked again with the same words after a random rest that grows
 * from half a second to a minute (or what Retry-After says), until give_up_ms
 * have passed. The first failure of an outage is told on standard error.
 */
#pragma once

#include "common/http_loop.h"
#include "common/loop.h"
#include "runner/context.h"
#include "runner/term.h"
#include "wire/api.h"

struct api_client;
struct api_call;

#define API_GIVE_UP_MS 20000

/* The context, the loop and the term outlive it. */
struct api_client *api_client_new(
    struct loop *l, const struct context *c, struct term *t);
void api_client_free(struct api_client **c);
/* For calls that do not say: how long an outage is borne. */
void api_client_set_give_up(struct api_client *c, int64_t ms);

struct api_answer {
	int status;       /* 2xx, or 304 */
	struct jsn *body; /* of a JSON route; borrowed */
	struct str bytes; /* of the others */
	const struct http_response *response;
};
/* rc 0: an answer. Else: ERR_REMOTE, ERR_ABSENT (404), ERR_STATE (409),
 * ERR_INVALID (422), ERR_LIMIT (413, 507), ERR_DIGEST (401, 403, a wrong
 * certificate), or as http_call_start. api_client_hint may say more. */
typedef void (*api_done_fn)(
    int rc, const struct api_answer *a, const struct err *e, void *arg);

struct api_request {
	enum api_route route;
	const char *vars[API_PATH_VARS]; /* of the path; copied */
	const char *const *query;        /* name, value, ... NULL; copied */
	const struct jsn *body;          /* copied */
	int64_t wait_ms;           /* the router may hold the answer so long */
	int64_t give_up_ms;        /* 0: the client's; -1: never */
	size_t max_bytes;          /* of the answer; 0: 4 MiB */
	const char *last_event_id; /* or NULL */
	http_chunk_fn chunk;       /* of a 200 answer; never asked again
				      after the first */
	api_done_fn done;
	void *arg;
};
/* done is called once, later. ERR_INVALID (URL). */
int api_start(struct api_client *c, const struct api_request *q,
    struct api_call **ret_call, struct err *e) MUST_CHECK;
/* done is not called. */
void api_cancel(struct api_call **call);
/* Waits for the answer, running the loop. *ret_body (may be NULL) is the
 * caller's; NULL for a route without JSON. */
int api_do(struct api_client *c, const struct api_request *q,
    struct jsn **ret_body, struct err *e) MUST_CHECK;

/* What the router says to do about the newest failure, or NULL. */
const char *api_client_hint(const struct api_client *c);
/* The router's clock minus ours, from its newest answer; 0 before. Good to a
 * second. */
int64_t api_client_skew_ms(const struct api_client *c);
struct loop *api_client_loop(struct api_client *c);
