/* SPDX-License-Identifier: MIT */
/* Compact JSON web signatures: HEADER.CLAIMS.SIGNATURE, each in base64url. */
#include "wire/jws.h"

#include <string.h>

#include "common/auto.h"
#include "common/base64.h"

#define HEADER_MAX_BYTES ((size_t)1024)

struct parts {
	struct str header, claims, signature, signed_text;
};

int
jws_sign(const char *typ, const struct sign_key *key, const struct jsn *claims,
    struct buf *out, struct err *e)
{
	struct sign_public p;
	sign_key_public(key, &p);
	AUTO(jsn_free) struct jsn *header = jsn_new_object();
	jsn_set_str(header, "alg", "EdDSA");
	jsn_set_str(header, "typ", typ);
	jsn_set_str(header, "kid", sign_kid_of(&p).text);
	AUTO_BUF struct buf json = BUF_INIT(JWS_MAX_BYTES);
	AUTO_BUF struct buf text = BUF_INIT(JWS_MAX_BYTES);
	jsn_format(header, JSN_PLAIN, &json);
	base64url_format((struct str){ json.data, json.len }, &text);
	buf_add_char(&text, '.');
	buf_reset(&json);
	jsn_format(claims, JSN_PLAIN, &json);
	base64url_format((struct str){ json.data, json.len }, &text);
	struct sign_signature signature;
	int rc = sign_message(key, SIGN_DOMAIN_JWS,
	    (struct str){ text.data, text.len }, &signature, e);
	if (rc < 0)
		return rc;
	buf_add_char(&text, '.');
	base64url_format(
	    (struct str){ (char *)signature.bytes, SIGN_BYTES }, &text);
	if (buf_failed(&json) || buf_failed(&text))
		return err_set(
		    e, ERR_LIMIT, "token longer than %zu bytes", JWS_MAX_BYTES);
	buf_add(out, text.data, text.len);
	return 0;
}

static int
cut(struct str text, struct parts *ret, struct err *e)
{
	if (text.len > JWS_MAX_BYTES)
		return err_set(e, ERR_SYNTAX, "token longer than %zu bytes",
		    JWS_MAX_BYTES);
	struct parts p;
	struct str rest = text;
	if (!str_split(&rest, '.', &p.header) ||
	    !str_split(&rest, '.', &p.claims) ||
	    !str_split(&rest, '.', &p.signature) || rest.data != NULL)
		return err_set(
		    e, ERR_SYNTAX, "token: not three parts with dots between");
	p.signed_text =
	    (struct str){ text.data, p.header.len + 1 + p.claims.len };
	*ret = p;
	return 0;
}

static int
read_object(
    struct str part, const char *where, struct jsn **ret_value, struct err *e)
{
	AUTO_BUF struct buf json = BUF_INIT(JWS_MAX_BYTES);
	int rc = base64url_parse(part, &json, e);
	if (rc < 0)
		return err_set(e, ERR_SYNTAX, "%s: no base64url", where);
	AUTO(jsn_free) struct jsn *v = NULL;
	if (jsn_parse((struct str){ json.data, json.len }, where, JWS_MAX_BYTES,
		&v, e) < 0)
		return err_set(e, ERR_SYNTAX, "%s: no JSON", where);
	if (jsn_type(v) != JSN_OBJECT)
		return err_set(e, ERR_SYNTAX, "%s: no JSON object", where);
	*ret_value = TAKE(v);
	return 0;
}

static int
read_header(const struct parts *p, struct jsn **ret_header,
    struct sign_kid *ret_kid, struct err *e)
{
	AUTO(jsn_free) struct jsn *h = NULL;
	if (p->header.len > HEADER_MAX_BYTES)
		return err_set(e, ERR_SYNTAX, "token: header too long");
	int rc = read_object(p->header, "token: header", &h, e);
	if (rc < 0)
		return rc;
	if (!str_eq_text(jsn_str(jsn_get(h, "alg")), "EdDSA"))
		return err_set(e, ERR_SYNTAX, "token: alg is not EdDSA");
	/* Extensions that must be understood; none is. */
	if (jsn_get(h, "crit") != NULL)
		return err_set(e, ERR_SYNTAX, "token: unknown extensions");
	rc = sign_kid_parse(jsn_str(jsn_get(h, "kid")), ret_kid, e);
	if (rc < 0)
		return err_wrap(e, "token");
	*ret_header = TAKE(h);
	return 0;
}

int
jws_kid(struct str text, struct sign_kid *ret_kid, struct err *e)
{
	struct parts p;
	AUTO(jsn_free) struct jsn *header = NULL;
	int rc = cut(text, &p, e);
	return rc < 0 ? rc : read_header(&p, &header, ret_kid, e);
}

static int
check_signature(
    const struct parts *p, const struct sign_public *key, struct err *e)
{
	AUTO_BUF struct buf bytes = BUF_INIT(SIGN_BYTES);
	if (base64url_parse(p->signature, &bytes, NULL) < 0 ||
	    bytes.len != SIGN_BYTES)
		return err_set(e, ERR_SYNTAX,
		    "token: signature is not %d bytes in base64url",
		    SIGN_BYTES);
	struct sign_signature signature;
	memcpy(signature.bytes, bytes.data, SIGN_BYTES);
	int rc =
	    sign_check(key, SIGN_DOMAIN_JWS, p->signed_text, &signature, e);
	return rc < 0 ? err_wrap(e, "token") : 0;
}

int
jws_open(struct str text, const char *typ, const struct sign_public *key,
    struct jsn **ret_claims, struct err *e)
{
	struct parts p;
	struct sign_kid kid, mine = sign_kid_of(key);
	AUTO(jsn_free) struct jsn *header = NULL;
	int rc = cut(text, &p, e);
	if (rc == 0)
		rc = read_header(&p, &header, &kid, e);
	if (rc < 0)
		return rc;
	if (!sign_kid_eq(&kid, &mine))
		return err_set(e, ERR_DIGEST, "token: signed by key %s, not %s",
		    kid.text, mine.text);
	rc = check_signature(&p, key, e);
	if (rc < 0)
		return rc;
	if (!str_eq_text(jsn_str(jsn_get(header, "typ")), typ))
		return err_set(e, ERR_INVALID, "token: typ is not %s", typ);
	return read_object(p.claims, "token: claims", ret_claims, e);
}

/* A date in seconds; sane ones alone, so that no sum overflows. */
static int
read_date(
    const struct jsn *claims, const char *name, int64_t *ret_s, struct err *e)
{
	const struct jsn *v = jsn_get(claims, name);
	int64_t s = jsn_int(v);
	if (jsn_type(v) != JSN_INT || s < 0 || s > (int64_t)1 << 40)
		return err_set(e, ERR_INVALID, "token: %s is no date", name);
	*ret_s = s;
	return 0;
}

int
jws_is_now(
    const struct jsn *claims, int64_t now_ms, int64_t leeway_s, struct err *e)
{
	static const char *const begins[] = { "nbf", "iat" };
	int64_t now = now_ms / 1000, at = 0;
	int rc = read_date(claims, "exp", &at, e);
	if (rc < 0)
		return rc;
	if (now >= at + leeway_s)
		return err_set(e, ERR_TIMEOUT, "token: expired %lld s ago",
		    (long long)(now - at));
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		if (jsn_get(claims, begins[i]) == NULL)
			continue;
		rc = read_date(claims, begins[i], &at, e);
		if (rc < 0)
			return rc;
		if (now + leeway_s < at)
			return err_set(e, ERR_TIMEOUT,
			    "token: valid in %lld s only; is a clock wrong?",
			    (long long)(at - now));
	}
	return 0;
}
