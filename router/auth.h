/* SPDX-License-Identifier: MIT */
/*
 * Who calls, and may they: access tokens of instances (JWS, checked with the
 * router's own key and against revocation) and opaque tokens of operators
 * (`rlo_...`, kept as SHA-256 with scopes). What was verified is remembered
 * with the connection.
 */
#pragma once

#include "router/httpd.h"

#define AUTH_SCOPES_BYTES 64
#define AUTH_OPERATOR_PREFIX "rlo_"
#define AUTH_ACCESS_TOKEN_MS ((int64_t)3600 * 1000)
/* An operator's token that was dropped by another process works so long on
 * open connections. */
#define AUTH_OPERATOR_CACHE_MS 5000

struct auth_cache {
	struct caller caller; /* scopes points into this struct */
	char scopes[AUTH_SCOPES_BYTES];
	char token_sha256[65];
	int64_t good_until_ms;
	uint64_t epoch; /* router_auth_epoch when it was verified */
};

/* Checks the value of Authorization (data NULL: none) against a route.
 * On success *caller is filled; its scopes live in the cache. Failures set
 * *ret_status: 401 (ERR_DIGEST, ERR_TIMEOUT), 403 (ERR_STATE), 429
 * (ERR_LIMIT). peer is an address for the count of failures. */
int auth_check(struct router *r, int thread, enum api_route route,
    struct str authorization, const char *peer, struct auth_cache *cache,
    struct caller *caller, int *ret_status, struct err *e) MUST_CHECK;

/* Failures from an address are counted: may it try again? ERR_LIMIT with the
 * time to wait; auth_failed counts one. */
struct auth_limits;
struct auth_limits *auth_limits_new(void);
void auth_limits_free(struct auth_limits **l);
int auth_may_try(struct auth_limits *l, const char *peer, int64_t now_ms,
    struct err *e) MUST_CHECK;
void auth_failed(struct auth_limits *l, const char *peer, int64_t now_ms);

/* A new operator's token, for showing once. */
void auth_operator_token_new(struct buf *out);
/* Signs an access token for an instance. */
int auth_access_token_new(struct router *r, const char *id,
    const char *deployment, int64_t now_ms, struct buf *out,
    struct err *e) MUST_CHECK;
