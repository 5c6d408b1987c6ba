/* SPDX-License-Identifier: MIT */
/* Envelopes and tokens: round trips, and every way to alter them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/auto.h"
#include "common/base64.h"
#include "wire/envelope.h"
#include "wire/jws.h"

#define NOW_MS ((int64_t)1700000000000)

static struct sign_key *
new_key(struct sign_public *ret)
{
	struct sign_key *k = NULL;
	assert_int_equal(sign_key_new(&k, NULL), 0);
	sign_key_public(k, ret);
	return k;
}

static struct jsn *
parse(const char *text)
{
	struct jsn *v = NULL;
	struct err e = { 0 };
	if (jsn_parse(str_from(text), "test", 100000, &v, &e) < 0)
		fail_msg("%s", e.text);
	return v;
}

/* Text of an envelope of `payload` by k. */
static char *
sealed(const struct sign_key *k, const char *payload)
{
	AUTO(jsn_free) struct jsn *v = NULL;
	AUTO_BUF struct buf text = BUF_INIT(100000);
	struct err e = { 0 };
	assert_int_equal(envelope_seal(str_from(payload), SIGN_DOMAIN_COMMAND,
			     k, NULL, &v, &e),
	    0);
	jsn_format(v, JSN_PLAIN, &text);
	return buf_take(&text);
}

static void
an_envelope_gives_back_the_exact_bytes(void **state)
{
	(void)state;
	struct sign_public p, other;
	AUTO(sign_key_free) struct sign_key *k = new_key(&p);
	AUTO(sign_key_free) struct sign_key *k2 = new_key(&other);
	assert_non_null(k2);
	static const char bytes[] = "{\"a\" : 1}\n\0\xff";
	struct str payload = { bytes, sizeof(bytes) - 1 };
	AUTO(jsn_free) struct jsn *v = NULL;
	struct err e = { 0 };
	assert_int_equal(
	    envelope_seal(payload, SIGN_DOMAIN_MANIFEST, k, "a.b.c", &v, &e),
	    0);
	AUTO(envelope_release) struct envelope out = { .sigs_len = 0 };
	assert_int_equal(envelope_parse(v, "x", &out, &e), 0);
	assert_int_equal(out.sigs_len, 1);
	assert_string_equal(out.sigs[0].certificate, "a.b.c");
	assert_string_equal(out.sigs[0].kid.text, sign_kid_of(&p).text);
	assert_true(
	    str_eq((struct str){ out.payload.data, out.payload.len }, payload));
	assert_int_equal(envelope_check(&out, SIGN_DOMAIN_MANIFEST, &p, &e), 0);
	assert_int_equal(
	    envelope_check(&out, SIGN_DOMAIN_COMMAND, &p, &e), ERR_DIGEST);
	assert_int_equal(
	    envelope_check(&out, SIGN_DOMAIN_MANIFEST, &other, &e), ERR_DIGEST);
	assert_non_null(strstr(e.text, "has not signed"));
	/* Another's signature under our name is no signature of ours. */
	out.sigs[0].kid = sign_kid_of(&other);
	assert_int_equal(
	    envelope_check(&out, SIGN_DOMAIN_MANIFEST, &other, &e), ERR_DIGEST);
	out.sigs[0].kid = sign_kid_of(&p);
	for (size_t i = 0; i < out.payload.len; i++) {
		out.payload.data[i] ^= 1;
		assert_int_equal(
		    envelope_check(&out, SIGN_DOMAIN_MANIFEST, &p, &e),
		    ERR_DIGEST);
		out.payload.data[i] ^= 1;
	}
}

static void
an_altered_byte_anywhere_is_found(void **state)
{
	(void)state;
	struct sign_public p;
	AUTO(sign_key_free) struct sign_key *k = new_key(&p);
	AUTO_STR char *text = sealed(k, "what was signed");
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		AUTO_STR char *bad = xstrdup(text);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		AUTO(jsn_free) struct jsn *v = NULL;
		AUTO(envelope_release) struct envelope out = { .sigs_len = 0 };
		struct err e = { 0 };
		if (jsn_parse(str_from(bad), "t", 10000, &v, &e) < 0 ||
		    envelope_parse(v, "t", &out, &e) < 0)
			continue;
		assert_int_equal(
		    envelope_check(&out, SIGN_DOMAIN_COMMAND, &p, &e),
		    ERR_DIGEST);
	}
}

static void
malformed_envelopes_say_where(void **state)
{
	(void)state;
#define KID "21fe31dfa154a261626bf854046fd227"
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "[]", "must be an object" },
		{ "{}", ".payload: is missing" },
		{ "{\"payload\":1,\"sigs\":[]}", ".payload: must be a string" },
		{ "{\"payload\":\"\",\"sigs\":[]}", ".sigs: no signature" },
		{ "{\"payload\":\"\",\"sigs\":[1]}",
		    ".sigs[0]: must be an object" },
		{ "{\"payload\":\"\",\"sigs\":[{\"kid\":\"k\",\"alg\":"
		  "\"ed25519\",\"sig\":\"\"}]}",
		    ".sigs[0]: kid" },
		{ "{\"payload\":\"\",\"sigs\":[{\"kid\":\"" KID
		  "\",\"alg\":\"none\",\"sig\":\"\"}]}",
		    ".sigs[0]: alg" },
		{ "{\"payload\":\"\",\"sigs\":[{\"kid\":\"" KID
		  "\",\"alg\":\"ed25519\",\"sig\":\"QUJD\"}]}",
		    ".sigs[0]: sig" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(jsn_free) struct jsn *v = parse(rows[i].text);
		struct envelope out;
		struct err e = { 0 };
		assert_int_equal(
		    envelope_parse(v, "env", &out, &e), ERR_PROTOCOL);
		assert_true(text_has_prefix(e.text, "env: "));
		assert_non_null(strstr(e.text, rows[i].error));
	}
}

static void
envelopes_have_limits(void **state)
{
	(void)state;
	struct sign_public p;
	AUTO(sign_key_free) struct sign_key *k = new_key(&p);
	struct err e = { 0 };
	AUTO_BUF struct buf big = BUF_INIT(ENVELOPE_MAX_BYTES + 1);
	while (big.len <= ENVELOPE_MAX_BYTES)
		buf_add_char(&big, 'x');
	AUTO(jsn_free) struct jsn *v = NULL;
	assert_int_equal(envelope_seal((struct str){ big.data, big.len },
			     SIGN_DOMAIN_COMMAND, k, NULL, &v, &e),
	    ERR_LIMIT);
	AUTO_STR char *text = sealed(k, "x");
	AUTO(jsn_free) struct jsn *many = parse(text);
	struct jsn *sigs = jsn_get(many, "sigs");
	while (jsn_len(sigs) < ENVELOPE_SIGS_MAX)
		jsn_push(sigs, jsn_ref(jsn_at(sigs, 0)));
	struct envelope out;
	assert_int_equal(envelope_parse(many, "t", &out, &e), 0);
	envelope_release(&out);
	jsn_push(sigs, jsn_ref(jsn_at(sigs, 0)));
	assert_int_equal(envelope_parse(many, "t", &out, &e), ERR_LIMIT);
	AUTO(jsn_free) struct jsn *wide = parse(text);
	AUTO_BUF struct buf payload = BUF_INIT(ENVELOPE_MAX_BYTES * 2);
	base64_format((struct str){ big.data, big.len }, &payload);
	jsn_set_str(wide, "payload", buf_text(&payload));
	assert_int_equal(envelope_parse(wide, "t", &out, &e), ERR_LIMIT);
	AUTO(jsn_free) struct jsn *certified = parse(text);
	jsn_set(jsn_at(jsn_get(certified, "sigs"), 0), "certificate",
	    jsn_new_string((struct str){ big.data, JWS_MAX_BYTES + 1 }));
	assert_int_equal(envelope_parse(certified, "t", &out, &e), ERR_LIMIT);
}

static void
make_token(const struct sign_key *k, const char *typ, const char *claims,
    struct buf *out)
{
	AUTO(jsn_free) struct jsn *v = parse(claims);
	struct err e = { 0 };
	if (jws_sign(typ, k, v, out, &e) < 0)
		fail_msg("%s", e.text);
}

static void
a_token_opens_for_its_key_and_typ_alone(void **state)
{
	(void)state;
	struct sign_public p, other;
	AUTO(sign_key_free) struct sign_key *k = new_key(&p);
	AUTO(sign_key_free) struct sign_key *k2 = new_key(&other);
	assert_non_null(k2);
	AUTO_BUF struct buf text = BUF_INIT(JWS_MAX_BYTES);
	make_token(k, JWS_TYP_ACCESS, "{\"sub\":\"i-1\",\"n\":[1]}", &text);
	struct str token = { text.data, text.len };
	struct sign_kid kid;
	struct err e = { 0 };
	assert_int_equal(jws_kid(token, &kid, &e), 0);
	assert_string_equal(kid.text, sign_kid_of(&p).text);
	AUTO(jsn_free) struct jsn *claims = NULL, *none = NULL;
	assert_int_equal(jws_open(token, JWS_TYP_ACCESS, &p, &claims, &e), 0);
	assert_string_equal(jsn_peek_str(claims, "sub", ""), "i-1");
	assert_int_equal(
	    jws_open(token, JWS_TYP_ASSERTION, &p, &none, &e), ERR_INVALID);
	assert_int_equal(
	    jws_open(token, JWS_TYP_ACCESS, &other, &none, &e), ERR_DIGEST);
	assert_null(none);
}

static void
an_altered_letter_of_a_token_is_found(void **state)
{
	(void)state;
	struct sign_public p;
	AUTO(sign_key_free) struct sign_key *k = new_key(&p);
	AUTO_BUF struct buf text = BUF_INIT(JWS_MAX_BYTES);
	make_token(k, JWS_TYP_ACCESS, "{\"sub\":\"i-1\"}", &text);
	for (size_t i = 0; i < text.len; i++) {
		char kept = text.data[i];
		text.data[i] = kept == 'A' ? 'Q' : 'A';
		AUTO(jsn_free) struct jsn *claims = NULL;
		struct err e = { 0 };
		int rc = jws_open((struct str){ text.data, text.len },
		    JWS_TYP_ACCESS, &p, &claims, &e);
		assert_true(rc == ERR_SYNTAX || rc == ERR_DIGEST);
		text.data[i] = kept;
	}
}

/* Header and claims in plain text, signed as the header says or not at all. */
static int
open_plain(const struct sign_key *k, const struct sign_public *p,
    const char *header, const char *claims, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(JWS_MAX_BYTES);
	base64url_format(str_from(header), &text);
	buf_add_char(&text, '.');
	base64url_format(str_from(claims), &text);
	struct sign_signature s;
	assert_int_equal(sign_message(k, SIGN_DOMAIN_JWS,
			     (struct str){ text.data, text.len }, &s, e),
	    0);
	buf_add_char(&text, '.');
	base64url_format((struct str){ (char *)s.bytes, SIGN_BYTES }, &text);
	AUTO(jsn_free) struct jsn *v = NULL;
	return jws_open(
	    (struct str){ text.data, text.len }, JWS_TYP_ACCESS, p, &v, e);
}

static void
headers_are_strict_even_when_well_signed(void **state)
{
	(void)state;
	struct sign_public p;
	AUTO(sign_key_free) struct sign_key *k = new_key(&p);
	static const struct {
		const char *header, *claims;
		int rc;
	} rows[] = {
		{ "{\"alg\":\"EdDSA\",\"typ\":\"rl-access\",\"kid\":\"%s\"}",
		    "{}", 0 },
		{ "{\"alg\":\"none\",\"typ\":\"rl-access\",\"kid\":\"%s\"}",
		    "{}", ERR_SYNTAX },
		{ "{\"alg\":\"HS256\",\"typ\":\"rl-access\",\"kid\":\"%s\"}",
		    "{}", ERR_SYNTAX },
		{ "{\"typ\":\"rl-access\",\"kid\":\"%s\"}", "{}", ERR_SYNTAX },
		{ "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", "{}", ERR_INVALID },
		{ "{\"alg\":\"EdDSA\",\"typ\":\"rl-access\",\"kid\":\"%s\","
		  "\"crit\":[\"exp\"]}",
		    "{}", ERR_SYNTAX },
		{ "{\"alg\":\"EdDSA\",\"typ\":\"rl-access\"}%.0s", "{}",
		    ERR_SYNTAX },
		{ "[\"%s\"]", "{}", ERR_SYNTAX },
		{ "{\"alg\":\"EdDSA\",\"typ\":\"rl-access\",\"kid\":\"%s\"}",
		    "[]", ERR_SYNTAX },
		{ "{\"alg\":\"EdDSA\",\"typ\":\"rl-access\",\"kid\":\"%s\"}",
		    "no json", ERR_SYNTAX },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = strstr(rows[i].header, "%");
		AUTO_STR char *header = xasprintf("%.*s%s%s",
		    (int)(at - rows[i].header), rows[i].header,
		    at[1] == 's' ? sign_kid_of(&p).text : "",
		    at[1] == 's' ? at + 2 : "");
		struct err e = { 0 };
		assert_int_equal(
		    open_plain(k, &p, header, rows[i].claims, &e), rows[i].rc);
	}
}

static void
tokens_that_are_none_are_syntax(void **state)
{
	(void)state;
	AUTO_BUF struct buf big = BUF_INIT(JWS_MAX_BYTES + 10);
	while (big.len <= JWS_MAX_BYTES)
		buf_add_char(&big, 'A');
	/* The second one is the example of RFC 7515, appendix A.1. */
	const char *const texts[] = { "",
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leG"
		"FtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		".", "..", "...", "a.b", "a.b.c.d", buf_text(&big) };
	struct sign_public p;
	AUTO(sign_key_free) struct sign_key *k = new_key(&p);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(jsn_free) struct jsn *v = NULL;
		struct sign_kid kid;
		struct err e = { 0 };
		assert_int_equal(
		    jws_open(str_from(texts[i]), JWS_TYP_ACCESS, &p, &v, &e),
		    ERR_SYNTAX);
		assert_int_equal(
		    jws_kid(str_from(texts[i]), &kid, &e), ERR_SYNTAX);
	}
	AUTO(jsn_free) struct jsn *wide = jsn_new_object();
	jsn_set_str(wide, "x", buf_text(&big));
	AUTO_BUF struct buf out = BUF_INIT(JWS_MAX_BYTES * 2);
	struct err e = { 0 };
	assert_int_equal(
	    jws_sign(JWS_TYP_ACCESS, k, wide, &out, &e), ERR_LIMIT);
	assert_int_equal(out.len, 0);
}

static void
dates_have_leeway_and_limits(void **state)
{
	(void)state;
	static const struct {
		const char *claims;
		int rc;
	} rows[] = {
		{ "{\"exp\":1700000001}", 0 },
		{ "{\"exp\":1700000000}", 0 },
		{ "{\"exp\":1699999971}", 0 },
		{ "{\"exp\":1699999970}", ERR_TIMEOUT },
		{ "{\"exp\":1700000060,\"nbf\":1700000030}", 0 },
		{ "{\"exp\":1700000060,\"nbf\":1700000031}", ERR_TIMEOUT },
		{ "{\"exp\":1700000060,\"iat\":1700000031}", ERR_TIMEOUT },
		{ "{\"exp\":1700000060,\"iat\":1}", 0 },
		{ "{}", ERR_INVALID },
		{ "{\"exp\":\"1700000060\"}", ERR_INVALID },
		{ "{\"exp\":1.7e9}", ERR_INVALID },
		{ "{\"exp\":-1}", ERR_INVALID },
		{ "{\"exp\":9223372036854775807}", ERR_INVALID },
		{ "{\"exp\":1700000060,\"iat\":true}", ERR_INVALID },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(jsn_free) struct jsn *v = parse(rows[i].claims);
		struct err e = { 0 };
		assert_int_equal(jws_is_now(v, NOW_MS, 30, &e), rows[i].rc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_envelope_gives_back_the_exact_bytes),
		cmocka_unit_test(an_altered_byte_anywhere_is_found),
		cmocka_unit_test(malformed_envelopes_say_where),
		cmocka_unit_test(envelopes_have_limits),
		cmocka_unit_test(a_token_opens_for_its_key_and_typ_alone),
		cmocka_unit_test(an_altered_letter_of_a_token_is_found),
		cmocka_unit_test(headers_are_strict_even_when_well_signed),
		cmocka_unit_test(tokens_that_are_none_are_syntax),
		cmocka_unit_test(dates_have_leeway_and_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
