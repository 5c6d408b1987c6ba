/* SPDX-License-Identifier: MIT */
/*
 * One router: what its handlers share. Made by router_open from a data
 * directory (router_init makes one), shared by all threads; what changes while
 * it runs is behind a function.
 *
 *	DIR/router.json        router/config.h
 *	DIR/router.lock        held by the running router, holds its pid
 *	DIR/trust.json         newest trust bundle: an envelope
 *	DIR/root/key.pem       root key (0700); may be taken off the machine
 *	DIR/keys/authority.pem certifies instances
 *	DIR/keys/access.pem    signs access tokens
 *	DIR/tls/               ca.pem ca-key.pem server.pem server-key.pem
 *	DIR/operator/          context.json key.pem ca.pem of the first operator
 *	DIR/core.db audit.db   the store (router/store.h)
 *	DIR/spool/             bodies on their way into files
 *	DIR/artefacts/         archives by their SHA-256 (router/artefacts.h)
 */
#pragma once

#include <stdatomic.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"
#include "common/sign.h"
#include "router/config.h"
#include "wire/trust.h"

#define ROUTER_LOCK_FILE "router.lock"
#define ROUTER_TRUST_FILE "trust.json"
#define ROUTER_TRUST_MAX_BYTES ((size_t)1 << 20)
#define ROUTER_ROOT_KEY_FILE "root/key.pem"
#define ROUTER_AUTHORITY_KEY_FILE "keys/authority.pem"
#define ROUTER_ACCESS_KEY_FILE "keys/access.pem"
#define ROUTER_TLS_DIR "tls"
#define ROUTER_SPOOL_DIR "spool"
#define ROUTER_OPERATOR_DIR "operator"

struct store;
struct httpd;
struct fabric;
struct metrics;
struct auth_limits;
struct events;

/* One version of the trust bundle; never changes, lives as long as the
 * router. */
struct router_trust {
	int64_t version;
	struct trust *trust;
	char *envelope; /* its JSON, one line */
	struct router_trust *older;
};

struct router {
	unsigned magic;
	char *data_path;
	int data_fd; /* DIR */
	struct arena *arena;
	struct router_config config;
	struct sign_key *authority_key; /* certifies instances */
	struct sign_key *access_key;    /* signs access tokens */
	struct sign_public access_public;
	struct buf ca_pem; /* of the CA that signed the server's certificate */
	char ca_sha256[65];
	int threads; /* I/O threads */
	int spool_fd;
	struct store *store;
	struct fabric *fabric;
	struct httpd *httpd; /* NULL while it does not serve */
	struct metrics *metrics;
	struct auth_limits *auth_limits;
	struct events *events;
	char *openapi;                        /* the document, made once */
	_Atomic(struct router_trust *) trust; /* newest: router_trust */
	atomic_uint_fast64_t auth_epoch;
};

/* Opens everything but the server; ERR_ABSENT when DIR was not made by
 * router_init. threads 0: what router.json says, else one a core. */
int router_open(const char *data_path, int threads, struct router **ret_router,
    struct err *e) MUST_CHECK;
/* Serves at an address (NULL, -1: of router.json) on all threads. */
int router_serve(
    struct router *r, const char *address, int port, struct err *e) MUST_CHECK;
/* Ends serving: no new connections, parked polls are told to come back, what
 * is under way is finished within grace_ms. Closes the store too. */
void router_stop(struct router *r, int64_t grace_ms);
void router_close(struct router **r);

/* Newest trust bundle; valid as long as the router, from any thread. */
const struct router_trust *router_trust(const struct router *r);
/* Reads DIR/trust.json again. ERR_STATE: it is older than ours. */
int router_trust_reload(struct router *r, struct err *e) MUST_CHECK;

/* Callers are verified once per connection and remembered as long as this
 * number stays; whoever revokes or forgets an instance calls _bump. */
uint64_t router_auth_epoch(const struct router *r);
void router_auth_bump(struct router *r);
