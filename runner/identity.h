/* SPDX-License-Identifier: MIT */
/*
 * Who this machine is at its router, and whom it believes: the directory
 * STATE/agent (0700) that `rightlink join` makes.
 *
 *	key.pem		Ed25519 key, made here, 0600; never leaves
 *	ca.pem		the router's CA: nothing else is trusted for TLS
 *	trust.json	newest trust bundle (an envelope)
 *	identity.json	the rest; written last: with it the machine has joined
 *
 * A trust bundle is replaced only by a newer one of the same root.
 */
#pragma once

#include "common/buf.h"
#include "common/err.h"
#include "common/jsn.h"
#include "common/sign.h"
#include "runner/places.h"
#include "wire/trust.h"

#define IDENTITY_FILE "identity.json"
#define IDENTITY_KEY_FILE "key.pem"
#define IDENTITY_NEW_KEY_FILE "key-new.pem" /* of a machine that moves */
#define IDENTITY_CA_FILE "ca.pem"
#define IDENTITY_TRUST_FILE "trust.json"
#define ROUTER_PORT_DEFAULT 443

struct identity {
	char *dir;       /* STATE/agent */
	char *router;    /* https://HOST[:PORT], no slash at the end */
	char *authority; /* HOST:PORT: aud of assertions */
	char *id, *account, *deployment;
	char *name;        /* for people */
	char *bundle;      /* name of the router's bundle, or NULL */
	char *certificate; /* JWS by the router's authority */
	char *ca_file;     /* DIR/ca.pem */
	struct sign_kid root_kid;
	struct sign_key *key;
	struct trust *trust;
};

/* ERR_ABSENT: this machine has not joined. ERR_SYNTAX, ERR_INVALID,
 * ERR_DIGEST: the directory is damaged; the text says what to do. */
int identity_load(const struct places *p, struct identity **ret_identity,
    struct err *e) MUST_CHECK;
void identity_free(struct identity **i);
/* STATE/agent; caller frees. */
char *identity_dir(const struct places *p);

/* What joining found out; texts borrowed. */
struct identity_spec {
	const char *router;
	struct sign_kid root_kid;
	const char *id, *account, *deployment, *name, *bundle, *certificate;
	const char *ca_pem;
	const struct jsn *trust; /* envelope, verified */
	bool new_key; /* the key is that of identity_need_key's new one */
};
/* Writes everything but the key, identity.json last. A new key takes the old
 * one's place; between the two the machine counts as not joined. */
int identity_save(const struct places *p, const struct identity_spec *spec,
    struct err *e) MUST_CHECK;
/* Loads the key of STATE/agent, or makes it (and the directory). new_key: one
 * beside it, for another router. */
int identity_need_key(const struct places *p, bool new_key,
    struct sign_key **ret_key, struct err *e) MUST_CHECK;
/* "HOST", "HOST:PORT" or "https://HOST[:PORT][/]" as URL and HOST:PORT;
 * caller frees both. ERR_INVALID: http, a path, no host. */
int router_url_parse(const char *text, char **ret_url, char **ret_authority,
    struct err *e) MUST_CHECK;

/* Verifies and saves a trust bundle, then believes it. 1: replaced; 0: it is
 * not newer, nothing changed. ERR_DIGEST, ERR_PROTOCOL: refused. */
int identity_use_trust(
    struct identity *i, const struct jsn *envelope, struct err *e) MUST_CHECK;
/* The client assertion of route token: for 50 s from now_ms, the router's
 * time as well as it is known. */
int identity_assertion(const struct identity *i, int64_t now_ms,
    struct buf *out, struct err *e) MUST_CHECK;
