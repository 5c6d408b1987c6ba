/* SPDX-License-Identifier: MIT */
/* Making what trust rests on: trust bundles, certificates, join tokens. */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "wire/jws.h"
#include "wire/trust.h"

#define SECRET_MIN_BYTES 16
#define SECRET_MAX_BYTES 128
#define PAYLOAD_MAX_BYTES ENVELOPE_MAX_BYTES

static void
set_key(struct jsn *o, const char *name, const struct sign_public *key)
{
	AUTO_BUF struct buf text = BUF_INIT(100);
	sign_public_format(key, &text);
	jsn_set_str(o, name, buf_text(&text));
}

static struct jsn *
format_operator(const struct trust_operator *op)
{
	struct jsn *o = jsn_new_object(), *scopes = jsn_new_array();
	struct str rest = str_from(op->scopes), word;
	while (str_split(&rest, '|', &word)) {
		if (word.len > 0)
			jsn_push(scopes, jsn_new_string(word));
	}
	jsn_set_str(o, "kid", sign_kid_of(&op->key).text);
	jsn_set_str(o, "name", op->name);
	set_key(o, "public_key", &op->key);
	jsn_set(o, "scopes", scopes);
	jsn_set_int(o, "not_after", op->not_after);
	return o;
}

int
trust_seal(const struct trust_spec *spec, const struct sign_key *root,
    struct jsn **ret_envelope, struct err *e)
{
	AUTO(jsn_free) struct jsn *value = jsn_new_object();
	struct jsn *operators = jsn_new_array(), *revoked = jsn_new_array();
	struct sign_public key;
	sign_key_public(root, &key);
	for (size_t i = 0; i < spec->operators_len; i++)
		jsn_push(operators, format_operator(&spec->operators[i]));
	for (size_t i = 0; i < spec->revoked_len; i++)
		jsn_push_str(revoked, spec->revoked[i].text);
	jsn_set_int(value, "version", spec->version);
	jsn_set_int(value, "issued_at", clock_now_ms());
	set_key(value, "root", &key);
	set_key(value, "authority", &spec->authority);
	jsn_set(value, "operators", operators);
	jsn_set(value, "revoked", revoked);
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX_BYTES);
	jsn_format(value, JSN_PLAIN, &payload);
	if (buf_failed(&payload))
		return err_set(e, ERR_LIMIT,
		    "trust bundle longer than %zu bytes", PAYLOAD_MAX_BYTES);
	AUTO(jsn_free) struct jsn *envelope = NULL;
	int rc = envelope_seal((struct str){ payload.data, payload.len },
	    SIGN_DOMAIN_TRUST, root, NULL, &envelope, e);
	if (rc < 0)
		return rc;
	/* What the others would refuse is not handed out. */
	AUTO(trust_free) struct trust *check = NULL;
	struct sign_kid kid = sign_kid_of(&key);
	rc = trust_open(envelope, &kid, &check, e);
	if (rc == 0)
		*ret_envelope = TAKE(envelope);
	return rc;
}

int
trust_certify(const char *id, const char *deployment,
    const struct sign_public *key, int64_t not_after_ms,
    const struct sign_key *authority, struct buf *out, struct err *e)
{
	struct trust_verdict verdict;
	if (id[0] == '\0' || strlen(id) >= sizeof(verdict.name) ||
	    deployment[0] == '\0' ||
	    strlen(deployment) >= sizeof(verdict.deployment))
		return err_set(e, ERR_INVALID,
		    "certificate: id or deployment is empty or too long");
	AUTO(jsn_free) struct jsn *claims = jsn_new_object();
	jsn_set_str(claims, "sub", id);
	set_key(claims, "pub", key);
	jsn_set_str(claims, "dep", deployment);
	jsn_set_int(claims, "iat", clock_now_ms() / 1000);
	jsn_set_int(claims, "exp", not_after_ms / 1000);
	return jws_sign(JWS_TYP_CERTIFICATE, authority, claims, out, e);
}

static bool
is_made_of(struct str s, const char *letters)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\0' || strchr(letters, s.data[i]) == NULL)
			return false;
	}
	return true;
}

int
join_token_parse(struct str text, struct join_token *ret_token, struct err *e)
{
	static const char url[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	struct str rest = text, kind, kid = { 0 }, ca = { 0 };
	struct join_token t = { .secret = { 0 } };
	bool whole = str_split(&rest, '.', &kind) &&
		     str_split(&rest, '.', &t.secret) &&
		     str_split(&rest, '.', &kid) && str_split(&rest, '.', &ca);
	/* The text is a secret: no error shows it. */
	if (!whole || rest.data != NULL || !str_eq_text(kind, "rl1"))
		return err_set(e, ERR_SYNTAX,
		    "join token: not of the form rl1.SECRET.ROOT.CA; was it "
		    "copied whole?");
	if (t.secret.len < SECRET_MIN_BYTES ||
	    t.secret.len > SECRET_MAX_BYTES || !is_made_of(t.secret, url))
		return err_set(
		    e, ERR_SYNTAX, "join token: its secret part is damaged");
	if (sign_kid_parse(kid, &t.root_kid, NULL) < 0)
		return err_set(
		    e, ERR_SYNTAX, "join token: its root key part is damaged");
	if (ca.len != sizeof(t.ca_sha256) - 1 ||
	    !is_made_of(ca, "0123456789abcdef"))
		return err_set(
		    e, ERR_SYNTAX, "join token: its CA part is damaged");
	memcpy(t.ca_sha256, ca.data, ca.len);
	t.ca_sha256[ca.len] = '\0';
	*ret_token = t;
	return 0;
}

void
join_token_format(const struct join_token *t, struct buf *out)
{
	buf_printf(out, "rl1.%.*s.%s.%s", STR_ARG(t->secret), t->root_kid.text,
	    t->ca_sha256);
}
