/* SPDX-License-Identifier: MIT */
/*
 * The trust bundle: opening it and judging signatures by it. Invariant: an
 * opened one is valid as a whole; every name fits a verdict.
 */
#include "wire/trust.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/auto.h"
#include "wire/api.h"
#include "wire/jws.h"
#include "wire/payloads.h"

#define TRUST_MAGIC 0x74727573u
#define PAYLOAD "trust bundle"
/* Clocks of two machines differ by so much without anybody's guilt. */
#define CLOCK_LEEWAY_S 300

struct operator_key {
	const char *name;
	struct sign_public key;
	struct sign_kid kid;
	struct jsn *scopes; /* array of words; borrowed from value */
	int64_t not_after;
};

struct trust {
	unsigned magic;
	struct arena *arena;
	struct jsn *value;
	int64_t version;
	struct sign_public authority;
	struct operator_key *operators;
	size_t operators_len;
	struct sign_kid *revoked;
	size_t revoked_len;
};

void
trust_free(struct trust **t)
{
	if (t == NULL || *t == NULL)
		return;
	CHECK_OBJ(*t, TRUST_MAGIC);
	jsn_free(&(*t)->value);
	arena_free(&(*t)->arena);
	(*t)->magic = 0;
	free(*t);
	*t = NULL;
}

static int
read_operator(struct trust *t, const struct jsn *o, struct operator_key *op,
    struct err *e)
{
	op->name = arena_strdup(t->arena, jsn_peek_str(o, "name", ""));
	op->scopes = jsn_get(o, "scopes");
	op->not_after = jsn_peek_int(o, "not_after", 0);
	struct trust_verdict verdict;
	if (strlen(op->name) >= sizeof(verdict.name))
		return err_set(e, ERR_PROTOCOL, "name too long");
	int rc =
	    sign_public_parse(jsn_str(jsn_get(o, "public_key")), &op->key, e);
	if (rc < 0)
		return err_set(e, ERR_PROTOCOL, "public_key is none");
	op->kid = sign_kid_of(&op->key);
	if (!str_eq_text(jsn_str(jsn_get(o, "kid")), op->kid.text))
		return err_set(
		    e, ERR_PROTOCOL, "kid is not that of public_key");
	return 0;
}

static int
read_lists(struct trust *t, struct err *e)
{
	const struct jsn *operators = jsn_get(t->value, "operators");
	const struct jsn *revoked = jsn_get(t->value, "revoked");
	if (jsn_len(operators) > TRUST_KEYS_MAX ||
	    jsn_len(revoked) > TRUST_KEYS_MAX)
		return err_set(e, ERR_LIMIT, PAYLOAD ": more than %d keys",
		    TRUST_KEYS_MAX);
	t->operators_len = jsn_len(operators);
	t->revoked_len = jsn_len(revoked);
	t->operators =
	    arena_array_of(t->arena, struct operator_key, t->operators_len);
	t->revoked = arena_array_of(t->arena, struct sign_kid, t->revoked_len);
	for (size_t i = 0; i < t->operators_len; i++) {
		int rc =
		    read_operator(t, jsn_at(operators, i), &t->operators[i], e);
		if (rc < 0)
			return err_wrap(e, PAYLOAD ": .operators[%zu]", i);
	}
	for (size_t i = 0; i < t->revoked_len; i++) {
		int rc = sign_kid_parse(
		    jsn_str(jsn_at(revoked, i)), &t->revoked[i], e);
		if (rc < 0)
			return err_set(e, ERR_PROTOCOL,
			    PAYLOAD ": .revoked[%zu]: no key id", i);
	}
	return 0;
}

/* The root's key is in the payload: believed when it hashes to root_kid. */
static int
check_root(const struct trust *t, const struct envelope *v,
    const struct sign_kid *root_kid, struct err *e)
{
	struct sign_public root;
	int rc =
	    sign_public_parse(jsn_str(jsn_get(t->value, "root")), &root, e);
	if (rc < 0)
		return err_set(e, ERR_PROTOCOL, PAYLOAD ": .root is no key");
	struct sign_kid kid = sign_kid_of(&root);
	if (!sign_kid_eq(&kid, root_kid))
		return err_set(e, ERR_DIGEST,
		    PAYLOAD ": of root key %s; this machine trusts %s",
		    kid.text, root_kid->text);
	rc = envelope_check(v, SIGN_DOMAIN_TRUST, &root, e);
	return rc < 0 ? err_wrap(e, PAYLOAD) : 0;
}

int
trust_open(const struct jsn *envelope, const struct sign_kid *root_kid,
    struct trust **ret_trust, struct err *e)
{
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	int rc = envelope_parse(envelope, PAYLOAD, &v, e);
	if (rc < 0)
		return rc;
	AUTO(trust_free) struct trust *t = xcalloc(1, sizeof(*t));
	t->magic = TRUST_MAGIC;
	t->arena = arena_new();
	rc = jsn_parse((struct str){ v.payload.data, v.payload.len }, PAYLOAD,
	    ENVELOPE_MAX_BYTES, &t->value, e);
	if (rc < 0)
		return err_set(e, ERR_PROTOCOL, PAYLOAD ": no JSON");
	rc = wire_shape_check(&wire_payload_trust, t->value, PAYLOAD, e);
	if (rc == 0)
		rc = check_root(t, &v, root_kid, e);
	if (rc < 0)
		return rc;
	t->version = jsn_peek_int(t->value, "version", 0);
	if (t->version < 1)
		return err_set(e, ERR_PROTOCOL, PAYLOAD ": .version: below 1");
	rc = sign_public_parse(
	    jsn_str(jsn_get(t->value, "authority")), &t->authority, e);
	if (rc < 0)
		return err_set(
		    e, ERR_PROTOCOL, PAYLOAD ": .authority is no key");
	rc = read_lists(t, e);
	if (rc == 0)
		*ret_trust = TAKE(t);
	return rc;
}

int64_t
trust_version(const struct trust *t)
{
	CHECK_OBJ(t, TRUST_MAGIC);
	return t->version;
}

const struct sign_public *
trust_authority(const struct trust *t)
{
	CHECK_OBJ(t, TRUST_MAGIC);
	return &t->authority;
}

static bool
is_revoked(const struct trust *t, const struct sign_kid *kid)
{
	for (size_t i = 0; i < t->revoked_len; i++) {
		if (sign_kid_eq(&t->revoked[i], kid))
			return true;
	}
	return false;
}

static bool
has_scope(const struct operator_key *op, const char *scope)
{
	for (size_t i = 0; i < jsn_len(op->scopes); i++) {
		if (str_eq_text(jsn_str(jsn_at(op->scopes, i)), scope))
			return true;
	}
	return false;
}

/* One signature and what it is to stand for. */
struct judgement {
	const struct trust *trust;
	const struct envelope *envelope;
	const struct envelope_sig *sig;
	const char *domain, *scope;
	int64_t now_ms;
};

static int
check_bytes(
    const struct judgement *j, const struct sign_public *key, struct err *e)
{
	const struct buf *payload = &j->envelope->payload;
	int rc = sign_check(key, j->domain,
	    (struct str){ payload->data, payload->len }, &j->sig->signature, e);
	return rc < 0 ? err_set(e, ERR_DIGEST, "the signature of key %s is bad",
			    j->sig->kid.text)
		      : 0;
}

static int
judge_operator(
    const struct judgement *j, struct trust_verdict *ret, struct err *e)
{
	const struct operator_key *op = NULL;
	for (size_t i = 0; op == NULL && i < j->trust->operators_len; i++) {
		if (sign_kid_eq(&j->trust->operators[i].kid, &j->sig->kid))
			op = &j->trust->operators[i];
	}
	if (op == NULL)
		return err_set(e, ERR_DIGEST,
		    "key %s is of no operator of the trust bundle",
		    j->sig->kid.text);
	if (j->now_ms >= op->not_after)
		return err_set(e, ERR_DIGEST,
		    "key %s of operator '%s' is expired", op->kid.text,
		    op->name);
	if (!has_scope(op, j->scope))
		return err_set(e, ERR_DIGEST,
		    "operator '%s' has not the scope %s", op->name, j->scope);
	int rc = check_bytes(j, &op->key, e);
	if (rc < 0)
		return rc;
	*ret =
	    (struct trust_verdict){ .signer = TRUST_OPERATOR, .kid = op->kid };
	memcpy(ret->name, op->name, strlen(op->name) + 1);
	return 0;
}

/* The text of a member that must fit size bytes with its NUL. */
static int
copy_claim(const struct jsn *claims, const char *name, char *to, size_t size,
    struct err *e)
{
	struct str text = jsn_str(jsn_get(claims, name));
	if (text.len == 0 || text.len >= size ||
	    memchr(text.data, '\0', text.len) != NULL)
		return err_set(
		    e, ERR_DIGEST, "certificate: '%s' is wrong", name);
	memcpy(to, text.data, text.len);
	to[text.len] = '\0';
	return 0;
}

static int
open_certificate(
    const struct judgement *j, struct jsn **ret_claims, struct err *e)
{
	AUTO(jsn_free) struct jsn *claims = NULL;
	int rc = jws_open(str_from(j->sig->certificate), JWS_TYP_CERTIFICATE,
	    &j->trust->authority, &claims, e);
	if (rc == 0)
		rc = jws_is_now(claims, j->now_ms, CLOCK_LEEWAY_S, e);
	if (rc == 0) {
		*ret_claims = TAKE(claims);
		return 0;
	}
	if (e == NULL)
		return ERR_DIGEST;
	err_wrap(e, "certificate of key %s", j->sig->kid.text);
	e->code = ERR_DIGEST;
	return ERR_DIGEST;
}

static int
judge_instance(
    const struct judgement *j, struct trust_verdict *ret, struct err *e)
{
	if (!text_eq(j->scope, "run"))
		return err_set(e, ERR_DIGEST,
		    "an instance's key %s is not for scope %s",
		    j->sig->kid.text, j->scope);
	AUTO(jsn_free) struct jsn *claims = NULL;
	int rc = open_certificate(j, &claims, e);
	if (rc < 0)
		return rc;
	struct sign_public key;
	if (sign_public_parse(jsn_str(jsn_get(claims, "pub")), &key, NULL) < 0)
		return err_set(e, ERR_DIGEST, "certificate: 'pub' is wrong");
	struct trust_verdict verdict = { .signer = TRUST_INSTANCE,
		.kid = sign_kid_of(&key) };
	if (!sign_kid_eq(&verdict.kid, &j->sig->kid))
		return err_set(e, ERR_DIGEST,
		    "the certificate is of key %s, the signature of %s",
		    verdict.kid.text, j->sig->kid.text);
	rc = copy_claim(claims, "sub", verdict.name, sizeof(verdict.name), e);
	if (rc == 0)
		rc = copy_claim(claims, "dep", verdict.deployment,
		    sizeof(verdict.deployment), e);
	if (rc == 0)
		rc = check_bytes(j, &key, e);
	if (rc == 0)
		*ret = verdict;
	return rc;
}

int
trust_check(const struct trust *t, const struct envelope *v, const char *domain,
    const char *scope, int64_t now_ms, struct trust_verdict *ret_verdict,
    struct err *e)
{
	CHECK_OBJ(t, TRUST_MAGIC);
	int rc = err_set(e, ERR_DIGEST, "no signature");
	for (size_t i = 0; i < v->sigs_len; i++) {
		struct judgement j = { t, v, &v->sigs[i], domain, scope,
			now_ms };
		if (is_revoked(t, &j.sig->kid))
			rc = err_set(e, ERR_DIGEST, "key %s is revoked",
			    j.sig->kid.text);
		else if (j.sig->certificate != NULL)
			rc = judge_instance(&j, ret_verdict, e);
		else
			rc = judge_operator(&j, ret_verdict, e);
		if (rc == 0) {
			err_clear(e);
			return 0;
		}
	}
	return rc;
}
