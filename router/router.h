/* SPDX-License-Identifier: MIT */
/*
 * One router: what its handlers share. Made by router_open from a data
 * directory (router_init makes one), shared by all threads; what changes while
 * it runs is behind a function.
 *
 *	DIR/router.json        name, url, account, listen, root kid
 *	DIR/trust.json         newest trust bundle: an envelope
 *	DIR/root/key.pem       root key (0700); may be taken off the machine
 *	DIR/keys/authority.pem certifies instances
 *	DIR/keys/access.pem    signs access tokens
 *	DIR/tls/               ca.pem ca-key.pem server.pem server-key.pem
 *	DIR/operator/          context.json key.pem ca.pem of the first operator
 *	DIR/store.db ...       the store (router/store.h)
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "common/sign.h"
#include "wire/trust.h"

struct store;
struct httpd;
struct metrics;
struct auth_limits;

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
	char *name;  /* host name, for people and certificates */
	char *url;   /* https://HOST:PORT, where agents poll */
	char *account;
	struct sign_kid root_kid;
	struct sign_key *authority_key; /* certifies instances */
	struct sign_key *access_key;    /* signs access tokens */
	struct sign_public access_public;
	char *ca_pem; /* of the CA that signed the server's certificate */
	struct store *store;
	struct httpd *httpd;
	struct metrics *metrics;
	struct auth_limits *auth_limits;
	struct router_trust *trust; /* newest; read with router_trust */
	uint64_t auth_epoch;        /* read with router_auth_epoch */
};

/* Opens everything but the server; ERR_ABSENT when DIR was not made by
 * router_init. */
int router_open(const char *data_path, struct router **ret_router,
    struct err *e) MUST_CHECK;
void router_close(struct router **r);

/* Newest trust bundle; valid as long as the router, from any thread. */
const struct router_trust *router_trust(const struct router *r);
/* Reads DIR/trust.json again; an older version than ours is refused. */
int router_trust_reload(struct router *r, struct err *e) MUST_CHECK;

/* Callers are verified once per connection and remembered as long as this
 * number stays; whoever revokes or forgets an instance calls _bump. */
uint64_t router_auth_epoch(const struct router *r);
void router_auth_bump(struct router *r);
