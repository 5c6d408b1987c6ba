/* SPDX-License-Identifier: MIT */
/*
 * Joining a router. The only thing believed beforehand is the enrolment token
 * (wire/trust.h), which names the digest of the router's CA and the root key:
 *
 *	1. GET /v1/trust without verification of the peer; nothing of it is
 *	   believed but what the token's digests vouch for
 *	2. from then on only that CA is trusted for TLS
 *	3. a nonce, and the enrolment signed by this machine's key
 *	4. everything is saved, identity.json last
 *
 * Repeating it with the same key is harmless: the router gives the same id.
 */
#pragma once

#include "common/err.h"
#include "runner/places.h"

#define JOIN_TAGS_MAX 256

struct join_spec {
	const struct places *places;
	const char *router; /* as a person wrote it */
	const char *token;  /* whole; never shown */
	const char *name;   /* or NULL: the host's */
	const char *const *tags;
	size_t tags_len;
	bool leave;         /* leave another router that was joined before */
	const char *proxy;  /* as struct http_request */
	int64_t give_up_ms; /* a router that does not answer is asked again
			       for so long */
	/* Told when it has to wait; may be NULL. */
	void (*on_wait)(const struct err *why, int64_t wait_ms, void *arg);
	void *arg;
};

struct join_report {
	char *router, *id, *name, *account, *deployment, *bundle;
	bool again; /* the router knew this key */
};
void join_report_release(struct join_report *r);

/* ERR_INVALID: router, tag, name; a token that is none; ERR_DIGEST: the peer
 * is not the router that the token names, or it refused the token or
 * signature; ERR_STATE: joined elsewhere, key bound elsewhere; ERR_TIMEOUT:
 * the token is spent or over; ERR_LIMIT: too many tries; ERR_NETWORK,
 * ERR_REMOTE, ERR_PROTOCOL. */
int join_router(const struct join_spec *spec, struct join_report *ret_report,
    struct err *e) MUST_CHECK;
