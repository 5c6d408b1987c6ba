/* SPDX-License-Identifier: MIT */
/*
 * How a machine comes in: what it must check first (trust), the proof that it
 * has the key (nonce, signature) and the token, and from then on access tokens
 * for assertions signed by that key.
 */
#include <string.h>

#include "common/auto.h"
#include "common/base64.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/log.h"
#include "router/auth.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store_jobs.h"
#include "wire/jws.h"
#include "wire/tag.h"

#define NONCE_MS 300000
#define FACTS_MAX_BYTES ((size_t)16 << 10)
#define TOKEN_MAX_BYTES 200
/* The certificate ends with the key's revocation; a new one comes with each
 * enrolment of the same key. */
#define CERTIFICATE_MS ((int64_t)3650 * 24 * 3600 * 1000)
#define ASSERTION_MS 60000
#define LEEWAY_S 60

/* --- trust and nonce --------------------------------------------------- */

void
route_trust(struct exchange *x)
{
	struct router *r = exchange_router(x);
	const struct router_trust *t = router_trust(r);
	AUTO(jsn_free)
	struct jsn *ca =
	    jsn_new_string((struct str){ buf_text(&r->ca_pem), r->ca_pem.len });
	AUTO_BUF struct buf text = BUF_INIT(2 * ROUTER_TRUST_MAX_BYTES);
	buf_add_str(&text, "{\"ca\":");
	jsn_format(ca, JSN_PLAIN, &text);
	buf_printf(&text, ",\"version\":%lld,\"trust\":%s}\n",
	    (long long)t->version, t->envelope);
	exchange_reply_bytes(x, 200, "application/json",
	    (struct str){ buf_text(&text), text.len });
}

void
route_enroll_nonce(struct exchange *x)
{
	AUTO_BUF struct buf nonce = BUF_INIT(256);
	store_nonce_new(exchange_router(x)->store, NONCE_MS, &nonce);
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "nonce", buf_text(&nonce));
	exchange_reply_json(x, 200, o);
}

/* --- failures that are counted ----------------------------------------- */

static bool
may_try(struct exchange *x)
{
	struct err e = { 0 };
	char peer[64];
	exchange_peer(x, peer, sizeof(peer));
	if (auth_may_try(
		exchange_router(x)->auth_limits, peer, clock_now_ms(), &e) == 0)
		return true;
	exchange_set_header(x, "Retry-After", "60");
	exchange_reply_error(x, 429, "%s", e.text);
	return false;
}

static void
refuse(struct exchange *x, int status, const struct err *e)
{
	char peer[64];
	exchange_peer(x, peer, sizeof(peer));
	auth_failed(exchange_router(x)->auth_limits, peer, clock_now_ms());
	log_event(LOG_LEVEL_WARN, "auth_failed", LOG_STR("peer", peer),
	    LOG_STR("route", wire_routes[exchange_route(x)].name),
	    LOG_STR("why", e->text));
	exchange_reply_error(x, status, "%s", e->text);
}

/* --- enrolment --------------------------------------------------------- */

static int
check_signature(const struct jsn *q, struct str token, struct err *e)
{
	struct sign_public key;
	struct sign_signature signature;
	AUTO_BUF struct buf bytes = BUF_INIT(256), message = BUF_INIT(1024);
	struct str nonce = jsn_str(jsn_get(q, "nonce"));
	int rc = sign_public_parse(jsn_str(jsn_get(q, "public_key")), &key, e);
	if (rc < 0)
		return err_set(e, ERR_INVALID,
		    "body: .public_key: must be 32 bytes in base64");
	rc = base64_parse(jsn_str(jsn_get(q, "signature")), &bytes, e);
	if (rc < 0 || bytes.len != sizeof(signature.bytes))
		return err_set(e, ERR_INVALID,
		    "body: .signature: must be 64 bytes in base64");
	memcpy(signature.bytes, bytes.data, bytes.len);
	buf_add(&message, nonce.data, nonce.len);
	buf_add_char(&message, '\0');
	buf_add(&message, token.data, token.len);
	if (buf_failed(&message) ||
	    sign_check(&key, SIGN_DOMAIN_ENROLL,
		(struct str){ message.data, message.len }, &signature, e) < 0)
		return err_set(e, ERR_DIGEST,
		    "the signature is not of this key over nonce and token");
	return 0;
}

static int
check_name(const char *name, struct err *e)
{
	size_t len = strlen(name);
	if (len == 0 || len >= STORE_NAME_BYTES)
		return err_set(e, ERR_INVALID,
		    "body: .name: must have 1 to %d bytes",
		    STORE_NAME_BYTES - 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];
		if (c <= ' ' || c == 127)
			return err_set(e, ERR_INVALID,
			    "body: .name: must have no blanks and no control "
			    "characters");
	}
	return 0;
}

static int
take_tags(const struct jsn *list, struct store_job *j, struct err *e)
{
	struct store_instance_enroll *in = &j->instance_enroll;
	size_t len = jsn_len(list);
	if (len > STORE_TAGS_MAX)
		return err_set(e, ERR_INVALID, "body: .tags: more than %d",
		    STORE_TAGS_MAX);
	const char **tags = arena_array_of(j->a, const char *, len + 1);
	for (size_t i = 0; i < len; i++) {
		struct str text = jsn_str(jsn_at(list, i));
		struct tag tag;
		if (tag_parse(text, &tag, e) < 0)
			return err_wrap(e, "body: .tags[%zu]", i);
		tags[i] = arena_strndup(j->a, text.data, text.len);
	}
	in->tags = tags;
	in->tags_len = len;
	return 0;
}

static int
take_facts(const struct jsn *facts, struct store_job *j, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	if (jsn_type(facts) != JSN_OBJECT)
		return 0;
	jsn_format(facts, JSN_PLAIN, &text);
	if (buf_failed(&text))
		return err_set(e, ERR_INVALID,
		    "body: .facts: longer than %zu bytes", FACTS_MAX_BYTES);
	j->instance_enroll.facts = arena_strdup(j->a, buf_text(&text));
	return 0;
}

static int
fill_enroll(struct exchange *x, struct store_job *j, struct err *e)
{
	const struct jsn *q = exchange_json(x);
	struct store_instance_enroll *in = &j->instance_enroll;
	struct str token = jsn_str(jsn_get(q, "token"));
	const char *name = jsn_peek_str(q, "name", NULL);
	char id[ULID_TEXT_BYTES];
	if (token.len > TOKEN_MAX_BYTES)
		return err_set(e, ERR_DIGEST, "the token is not known");
	int rc = check_signature(q, token, e);
	if (rc == 0 && name != NULL)
		rc = check_name(name, e);
	if (rc == 0)
		rc = take_tags(jsn_get(q, "tags"), j, e);
	if (rc == 0)
		rc = take_facts(jsn_get(q, "facts"), j, e);
	if (rc < 0)
		return rc;
	struct digest_text sha = digest_of(DIGEST_SHA256, token);
	ulid_new(id);
	in->token_sha256 = arena_strdup(j->a, sha.hex);
	in->id = arena_strdup(j->a, id);
	in->public_key = arena_strdup(j->a, jsn_peek_str(q, "public_key", ""));
	in->name = name == NULL ? NULL : arena_strdup(j->a, name);
	in->now = clock_now_ms();
	/* Last of all: it is good for one try. */
	if (!store_nonce_use(
		exchange_router(x)->store, jsn_peek_str(q, "nonce", "")))
		return err_set(e, ERR_DIGEST,
		    "the nonce is not known, used or older than 5 minutes; "
		    "get another");
	return 0;
}

static void
reply_enrolled(struct exchange *x, const struct store_job *j)
{
	struct router *r = exchange_router(x);
	const struct store_instance *i = &j->instance_enroll.instance;
	AUTO_BUF struct buf certificate = BUF_INIT(JWS_MAX_BYTES);
	struct err e = { 0 };
	struct sign_public key;
	int rc = sign_public_parse(str_from(i->public_key), &key, &e);
	if (rc == 0)
		rc = trust_certify(i->id, i->deployment, &key,
		    clock_now_ms() + CERTIFICATE_MS, r->authority_key,
		    &certificate, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	log_event(LOG_LEVEL_INFO,
	    j->instance_enroll.is_new ? "enrolled" : "enrolled_again",
	    LOG_STR("id", i->id), LOG_STR("name", i->name),
	    LOG_STR("deployment", i->deployment));
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "id", i->id);
	jsn_set_str(o, "account", r->config.account);
	jsn_set_str(o, "deployment", i->deployment);
	if (i->bundle != NULL)
		jsn_set_str(o, "bundle", i->bundle);
	jsn_set_str(o, "certificate", buf_text(&certificate));
	exchange_reply_json(x, j->instance_enroll.is_new ? 201 : 200, o);
}

static void
on_enrolled(struct store_job *j)
{
	struct exchange *x = j->arg;
	struct err e = { 0 };
	switch (j->rc) {
	case 0:
		reply_enrolled(x, j);
		break;
	case ERR_DIGEST:
		(void)err_set(&e, ERR_DIGEST,
		    "the enrolment token is not known to this router");
		refuse(x, 401, &e);
		break;
	case ERR_STATE:
		(void)err_set(&e, ERR_STATE,
		    "the enrolment token is used up or has ended; `rightlink "
		    "router token create` makes another");
		refuse(x, 410, &e);
		break;
	case ERR_EXISTS:
		exchange_reply_error(x, 409,
		    "this key is bound elsewhere or revoked; join with a new "
		    "one");
		break;
	default:
		exchange_reply_err(x, &j->err);
	}
	store_job_free(&j);
}

void
route_enroll(struct exchange *x)
{
	struct err e = { 0 };
	if (!may_try(x))
		return;
	struct store_job *j = store_job_new(
	    STORE_instance_enroll, exchange_thread(x), on_enrolled, x);
	int rc = fill_enroll(x, j, &e);
	if (rc == 0) {
		store_submit(exchange_router(x)->store, j);
		return;
	}
	store_job_free(&j);
	if (rc == ERR_DIGEST)
		refuse(x, 401, &e);
	else
		exchange_reply_err(x, &e);
}

/* --- access tokens ----------------------------------------------------- */

/* Who says to have signed it; nothing is verified yet. */
static int
peek_issuer(struct str assertion, struct arena *a, const char **ret_issuer,
    struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(JWS_MAX_BYTES);
	AUTO(jsn_free) struct jsn *claims = NULL;
	struct str rest = assertion, part = { NULL, 0 };
	if (assertion.len > JWS_MAX_BYTES || !str_split(&rest, '.', &part) ||
	    !str_split(&rest, '.', &part) ||
	    base64url_parse(part, &text, e) < 0 ||
	    jsn_parse((struct str){ buf_text(&text), text.len }, "assertion",
		JWS_MAX_BYTES, &claims, e) < 0 ||
	    jsn_type(jsn_get(claims, "iss")) != JSN_STRING)
		return err_set(
		    e, ERR_DIGEST, "client_assertion is no JWS with iss");
	*ret_issuer = arena_strdup(a, jsn_peek_str(claims, "iss", ""));
	return 0;
}

static int
check_claims(
    struct router *r, const struct jsn *claims, int64_t now, struct err *e)
{
	int64_t exp_ms = jsn_peek_int(claims, "exp", 0) * 1000;
	const char *jti = jsn_peek_str(claims, "jti", "");
	const char *audience = jsn_peek_str(claims, "aud", "");
	struct err why = { 0 };
	if (jws_is_now(claims, now, LEEWAY_S, &why) < 0)
		return err_set(e, ERR_DIGEST,
		    "client_assertion: %s; is the clock right?", why.text);
	if (exp_ms <= 0 || exp_ms > now + ASSERTION_MS + LEEWAY_S * 1000)
		return err_set(e, ERR_DIGEST,
		    "client_assertion: exp must be at most 60 s ahead; is the "
		    "clock right?");
	if (!config_is_audience(&r->config, audience))
		return err_set(e, ERR_DIGEST,
		    "client_assertion: aud '%.128s' is not this router",
		    audience);
	if (strlen(jti) < 16 || strlen(jti) > 128)
		return err_set(e, ERR_DIGEST,
		    "client_assertion: jti must have 16 to 128 bytes");
	if (!store_once(r->store, jti, exp_ms + 2 * LEEWAY_S * 1000))
		return err_set(
		    e, ERR_DIGEST, "client_assertion: it was used before");
	return 0;
}

/* 0, ERR_DIGEST (401) or ERR_STATE (403). */
static int
check_assertion(struct exchange *x, struct arena *a,
    struct store_instance *ret_instance, struct err *e)
{
	struct router *r = exchange_router(x);
	struct str text =
	    jsn_str(jsn_get(exchange_json(x), "client_assertion"));
	AUTO(jsn_free) struct jsn *claims = NULL;
	const char *issuer = "";
	struct sign_public key;
	struct err why = { 0 };
	int rc = peek_issuer(text, a, &issuer, e);
	if (rc < 0)
		return rc;
	rc = store_instance_find(
	    r->store, exchange_thread(x), a, issuer, ret_instance, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_DIGEST,
		    "client_assertion: no instance '%.40s' is known", issuer);
	if (rc == 0)
		rc = sign_public_parse(
		    str_from(ret_instance->public_key), &key, e);
	if (rc < 0)
		return rc;
	if (jws_open(text, JWS_TYP_ASSERTION, &key, &claims, &why) < 0)
		return err_set(e, ERR_DIGEST,
		    "client_assertion: not signed by the instance's key");
	rc = check_claims(r, claims, clock_now_ms(), e);
	if (rc == 0 && ret_instance->revoked_at > 0)
		rc = err_set(
		    e, ERR_STATE, "the key of this instance is revoked");
	return rc;
}

static void
reply_token(struct exchange *x, const struct store_instance *i)
{
	struct router *r = exchange_router(x);
	AUTO_BUF struct buf token = BUF_INIT(JWS_MAX_BYTES);
	struct err e = { 0 };
	if (auth_access_token_new(
		r, i->id, i->deployment, clock_now_ms(), &token, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "access_token", buf_text(&token));
	jsn_set_str(o, "token_type", "Bearer");
	jsn_set_int(o, "expires_in", AUTH_ACCESS_TOKEN_MS / 1000);
	jsn_set_str(o, "router_url", r->config.url);
	jsn_set_str(o, "api_url", r->config.url);
	jsn_set_int(o, "shard_id", 0);
	jsn_set_str(o, "mode", "http");
	exchange_reply_json(x, 200, o);
}

void
route_token(struct exchange *x)
{
	struct err e = { 0 };
	struct store_instance i;
	AUTO(arena_free) struct arena *a = arena_new();
	int rc = check_assertion(x, a, &i, &e);
	if (rc == 0)
		reply_token(x, &i);
	else if (rc == ERR_DIGEST)
		refuse(x, 401, &e);
	else if (rc == ERR_STATE)
		refuse(x, 403, &e);
	else
		exchange_reply_err(x, &e);
}
