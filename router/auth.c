/* SPDX-License-Identifier: MIT */
/* Tokens of instances and of operators, and what their bearers may do. */
#include "router/auth.h"

#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/log.h"
#include "router/router.h"
#include "router/store.h"
#include "wire/jws.h"

#define LEEWAY_S 30
#define SECRET_BYTES 32

void
auth_operator_token_new(struct buf *out)
{
	buf_add_str(out, AUTH_OPERATOR_PREFIX);
	sign_random_text(SECRET_BYTES, out);
}

int
auth_access_token_new(struct router *r, const char *id, const char *deployment,
    int64_t now_ms, struct buf *out, struct err *e)
{
	AUTO(jsn_free) struct jsn *claims = jsn_new_object();
	jsn_set_str(claims, "sub", id);
	jsn_set_str(claims, "dep", deployment);
	jsn_set_int(claims, "iat", now_ms / 1000);
	jsn_set_int(claims, "exp", (now_ms + AUTH_ACCESS_TOKEN_MS) / 1000);
	return jws_sign(JWS_TYP_ACCESS, r->access_key, claims, out, e);
}

/* --- an instance ------------------------------------------------------- */

/* ERR_DIGEST whatever is wrong with the token: it must be a new one. */
static int
open_access_token(struct router *r, struct str token, int64_t now,
    struct jsn **ret_claims, struct err *e)
{
	int rc =
	    jws_open(token, JWS_TYP_ACCESS, &r->access_public, ret_claims, e);
	if (rc < 0)
		return err_set(e, ERR_DIGEST,
		    "this access token is none of "
		    "this router's; get a new one");
	if (jws_is_now(*ret_claims, now, LEEWAY_S, e) < 0)
		return err_set(
		    e, ERR_DIGEST, "the access token has ended; get a new one");
	return 0;
}

static int
check_instance(struct router *r, int thread, struct str token, int64_t now,
    struct auth_cache *c, struct err *e)
{
	AUTO(jsn_free) struct jsn *claims = NULL;
	int rc = open_access_token(r, token, now, &claims, e);
	if (rc < 0)
		return rc;
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_instance i;
	const char *id = jsn_peek_str(claims, "sub", "");
	rc = store_instance_find(r->store, thread, a, id, &i, e);
	if (rc == ERR_ABSENT)
		return err_set(
		    e, ERR_DIGEST, "this instance is not known any more");
	if (rc < 0)
		return rc;
	if (i.revoked_at > 0)
		return err_set(
		    e, ERR_DIGEST, "the key of this instance is revoked");
	c->caller.kind = CALLER_INSTANCE;
	snprintf(c->caller.id, sizeof(c->caller.id), "%s", i.id);
	snprintf(c->caller.deployment, sizeof(c->caller.deployment), "%s",
	    i.deployment);
	c->good_until_ms = jsn_peek_int(claims, "exp", 0) * 1000;
	return 0;
}

/* --- an operator ------------------------------------------------------- */

static int
check_operator(struct router *r, int thread, const char *token_sha256,
    int64_t now, struct auth_cache *c, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_operator o;
	int rc = store_operator_find(r->store, thread, a, token_sha256, &o, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_DIGEST,
		    "this operator's token is not known to this router");
	if (rc < 0)
		return rc;
	if (o.expires_at > 0 && now >= o.expires_at)
		return err_set(e, ERR_DIGEST,
		    "the operator's token '%s' has ended", o.name);
	c->caller.kind = CALLER_OPERATOR;
	snprintf(c->caller.id, sizeof(c->caller.id), "%s", o.name);
	c->caller.deployment[0] = '\0';
	snprintf(c->scopes, sizeof(c->scopes), "%s", o.scopes);
	c->good_until_ms = now + AUTH_OPERATOR_CACHE_MS;
	return 0;
}

/* --- both -------------------------------------------------------------- */

static bool
take_bearer(struct str value, struct str *ret_token)
{
	static const char scheme[] = "Bearer ";
	size_t len = sizeof(scheme) - 1;
	if (value.len <= len || strncasecmp(value.data, scheme, len) != 0)
		return false;
	*ret_token =
	    str_trim((struct str){ value.data + len, value.len - len });
	return ret_token->len > 0;
}

static bool
is_remembered(const struct auth_cache *c, const char *token_sha256,
    uint64_t epoch, int64_t now)
{
	return c->caller.kind != CALLER_NOBODY && c->epoch == epoch &&
	       now < c->good_until_ms &&
	       sign_text_eq(str_from(c->token_sha256), str_from(token_sha256));
}

static int
tell_failure(struct router *r, const char *peer, int64_t now, struct err *e)
{
	struct err unused = { 0 };
	if (auth_may_try(r->auth_limits, peer, now, &unused) == 0)
		log_event(LOG_LEVEL_WARN, "auth_failed", LOG_STR("peer", peer),
		    LOG_STR("why", e->text));
	auth_failed(r->auth_limits, peer, now);
	return e->code;
}

/* Fills the cache. An operator's token is looked at only while its address
 * has tries left; instances often share an address with others, and their
 * tokens cannot be guessed step by step. */
static int
verify(struct router *r, int thread, struct str token, const char *peer,
    struct auth_cache *c, struct err *e)
{
	int64_t now = clock_now_ms();
	uint64_t epoch = router_auth_epoch(r);
	struct digest_text sha = digest_of(DIGEST_SHA256, token);
	if (is_remembered(c, sha.hex, epoch, now))
		return 0;
	c->caller.kind = CALLER_NOBODY;
	int rc = 0;
	if (str_has_prefix(token, AUTH_OPERATOR_PREFIX)) {
		rc = auth_may_try(r->auth_limits, peer, now, e);
		if (rc == 0)
			rc = check_operator(r, thread, sha.hex, now, c, e);
	} else {
		rc = check_instance(r, thread, token, now, c, e);
	}
	if (rc == ERR_DIGEST)
		rc = tell_failure(r, peer, now, e);
	if (rc < 0)
		return rc;
	c->epoch = epoch;
	snprintf(c->token_sha256, sizeof(c->token_sha256), "%s", sha.hex);
	c->caller.scopes = c->scopes;
	return 0;
}

static int
check_allowed(const struct wire_route *row, const struct auth_cache *c,
    int *ret_status, struct err *e)
{
	*ret_status = 403;
	if (c->caller.kind == CALLER_INSTANCE) {
		if (row->auth == API_AUTH_OPERATOR)
			return err_set(e, ERR_STATE,
			    "this route is for operators, not for instances");
		return 0;
	}
	if (row->auth == API_AUTH_INSTANCE)
		return err_set(e, ERR_STATE,
		    "this route is for instances, not for operators");
	if (!wire_words_have(c->scopes, str_from(row->scope)))
		return err_set(e, ERR_STATE,
		    "the operator's token '%s' lacks the scope '%s'",
		    c->caller.id, row->scope);
	return 0;
}

/* Routes for everybody: a token is looked at where it opens more. */
static int
check_nobody(struct router *r, int thread, enum api_route route,
    struct str authorization, const char *peer, struct auth_cache *cache,
    struct caller *caller)
{
	struct str token;
	struct err e = { 0 };
	if (route == API_metrics && take_bearer(authorization, &token) &&
	    verify(r, thread, token, peer, cache, &e) == 0)
		*caller = cache->caller;
	return 0;
}

int
auth_check(struct router *r, int thread, enum api_route route,
    struct str authorization, const char *peer, struct auth_cache *cache,
    struct caller *caller, int *ret_status, struct err *e)
{
	const struct wire_route *row = &wire_routes[route];
	struct str token;
	if (row->auth == API_AUTH_NONE)
		return check_nobody(
		    r, thread, route, authorization, peer, cache, caller);
	*ret_status = 401;
	if (!take_bearer(authorization, &token))
		return err_set(e, ERR_DIGEST,
		    "a token is needed: Authorization: Bearer TOKEN");
	int rc = verify(r, thread, token, peer, cache, e);
	if (rc == ERR_LIMIT)
		*ret_status = 429;
	else if (rc < 0 && rc != ERR_DIGEST)
		*ret_status = 500;
	if (rc == 0)
		rc = check_allowed(row, cache, ret_status, e);
	if (rc == 0)
		*caller = cache->caller;
	return rc;
}
