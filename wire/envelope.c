/* SPDX-License-Identifier: MIT */
/* Signed messages: JSON form, sealing, checking one key. */
#include "wire/envelope.h"

#include <string.h>

#include "common/auto.h"
#include "common/base64.h"
#include "wire/api.h"
#include "wire/jws.h"

/* The envelope is what route command_submit takes. */
#define ENVELOPE_SHAPE (&wire_routes[API_command_submit].request)

void
envelope_release(struct envelope *v)
{
	buf_release(&v->payload);
	v->sigs_len = 0;
}

int
envelope_seal(struct str payload, const char *domain,
    const struct sign_key *key, const char *certificate, struct jsn **ret_value,
    struct err *e)
{
	if (payload.len > ENVELOPE_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "a signed message of %zu bytes; the limit is %zu",
		    payload.len, ENVELOPE_MAX_BYTES);
	struct sign_signature signature;
	int rc = sign_message(key, domain, payload, &signature, e);
	if (rc < 0)
		return rc;
	struct sign_public p;
	sign_key_public(key, &p);
	AUTO_BUF struct buf text = BUF_INIT(ENVELOPE_MAX_BYTES * 2);
	struct jsn *sig = jsn_new_object();
	jsn_set_str(sig, "kid", sign_kid_of(&p).text);
	jsn_set_str(sig, "alg", "ed25519");
	base64_format(
	    (struct str){ (char *)signature.bytes, SIGN_BYTES }, &text);
	jsn_set_str(sig, "sig", buf_text(&text));
	if (certificate != NULL)
		jsn_set_str(sig, "certificate", certificate);
	buf_reset(&text);
	base64_format(payload, &text);
	struct jsn *value = jsn_new_object(), *sigs = jsn_new_array();
	jsn_set_str(value, "payload", buf_text(&text));
	jsn_push(sigs, sig);
	jsn_set(value, "sigs", sigs);
	*ret_value = value;
	return 0;
}

static int
parse_sig(const struct jsn *value, struct envelope_sig *sig, struct err *e)
{
	int rc = sign_kid_parse(jsn_str(jsn_get(value, "kid")), &sig->kid, e);
	if (rc < 0)
		return err_set(e, ERR_PROTOCOL, "kid: 32 hex digits");
	if (!str_eq_text(jsn_str(jsn_get(value, "alg")), "ed25519"))
		return err_set(e, ERR_PROTOCOL, "alg: only ed25519 is known");
	AUTO_BUF struct buf bytes = BUF_INIT(SIGN_BYTES);
	rc = base64_parse(jsn_str(jsn_get(value, "sig")), &bytes, e);
	if (rc < 0 || bytes.len != SIGN_BYTES)
		return err_set(
		    e, ERR_PROTOCOL, "sig: not %d bytes in base64", SIGN_BYTES);
	memcpy(sig->signature.bytes, bytes.data, SIGN_BYTES);
	struct str certificate = jsn_str(jsn_get(value, "certificate"));
	if (certificate.len > JWS_MAX_BYTES)
		return err_set(
		    e, ERR_LIMIT, "certificate: over %zu bytes", JWS_MAX_BYTES);
	sig->certificate = jsn_peek_str(value, "certificate", NULL);
	return 0;
}

int
envelope_parse(const struct jsn *value, const char *where,
    struct envelope *ret_envelope, struct err *e)
{
	int rc = wire_shape_check(ENVELOPE_SHAPE, value, where, e);
	if (rc < 0)
		return rc;
	const struct jsn *sigs = jsn_get(value, "sigs");
	if (jsn_len(sigs) == 0)
		return err_set(
		    e, ERR_PROTOCOL, "%s: .sigs: no signature", where);
	if (jsn_len(sigs) > ENVELOPE_SIGS_MAX)
		return err_set(e, ERR_LIMIT, "%s: .sigs: more than %d", where,
		    ENVELOPE_SIGS_MAX);
	AUTO(envelope_release)
	struct envelope v = { .payload = BUF_INIT(ENVELOPE_MAX_BYTES) };
	for (size_t i = 0; i < jsn_len(sigs); i++) {
		rc = parse_sig(jsn_at(sigs, i), &v.sigs[i], e);
		if (rc < 0)
			return err_wrap(e, "%s: .sigs[%zu]", where, i);
	}
	v.sigs_len = jsn_len(sigs);
	rc = base64_parse(jsn_str(jsn_get(value, "payload")), &v.payload, e);
	if (rc == ERR_SYNTAX)
		err_set(e, ERR_PROTOCOL, "%s", "not base64");
	if (rc < 0)
		return err_wrap(e, "%s: .payload", where);
	*ret_envelope = v;
	v.payload = BUF_INIT(0);
	return 0;
}

int
envelope_check(const struct envelope *v, const char *domain,
    const struct sign_public *key, struct err *e)
{
	struct sign_kid kid = sign_kid_of(key);
	struct str payload = { v->payload.data, v->payload.len };
	bool named = false;
	for (size_t i = 0; i < v->sigs_len; i++) {
		if (!sign_kid_eq(&v->sigs[i].kid, &kid))
			continue;
		named = true;
		if (sign_check(
			key, domain, payload, &v->sigs[i].signature, NULL) == 0)
			return 0;
	}
	return err_set(e, ERR_DIGEST,
	    named ? "the signature of key %s is bad"
		  : "key %s has not signed this",
	    kid.text);
}
