/* SPDX-License-Identifier: MIT */
/* Trust bundles, what they let whom sign, certificates, join tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/auto.h"
#include "common/base64.h"
#include "common/clock.h"
#include "wire/jws.h"
#include "wire/trust.h"

/* Keys of a small fabric. */
struct world {
	struct sign_key *root, *authority, *ops, *reader, *node, *stranger;
	struct sign_public root_public, authority_public, ops_public;
	struct sign_public reader_public, node_public, stranger_public;
	struct sign_kid root_kid;
	int64_t now;
};

static struct sign_key *
new_key(struct sign_public *ret)
{
	struct sign_key *k = NULL;
	assert_int_equal(sign_key_new(&k, NULL), 0);
	sign_key_public(k, ret);
	return k;
}

static int
set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	w->root = new_key(&w->root_public);
	w->authority = new_key(&w->authority_public);
	w->ops = new_key(&w->ops_public);
	w->reader = new_key(&w->reader_public);
	w->node = new_key(&w->node_public);
	w->stranger = new_key(&w->stranger_public);
	w->root_kid = sign_kid_of(&w->root_public);
	w->now = clock_now_ms();
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	sign_key_free(&w->root);
	sign_key_free(&w->authority);
	sign_key_free(&w->ops);
	sign_key_free(&w->reader);
	sign_key_free(&w->node);
	sign_key_free(&w->stranger);
	free(w);
	return 0;
}

/* The bundle of the world: `ops` may run and push, `reader` may only push;
 * revoked may be NULL. */
static struct jsn *
seal(const struct world *w, const struct sign_public *revoked)
{
	struct trust_operator operators[] = {
		{ "ada", w->ops_public, "run|bundle", w->now + 1000 },
		{ "bob", w->reader_public, "bundle", w->now + 1000 },
	};
	struct sign_kid kid = { "" };
	if (revoked != NULL)
		kid = sign_kid_of(revoked);
	struct trust_spec spec = { .version = 3,
		.authority = w->authority_public,
		.operators = operators,
		.operators_len = 2,
		.revoked = &kid,
		.revoked_len = revoked != NULL };
	struct jsn *v = NULL;
	struct err e = { 0 };
	if (trust_seal(&spec, w->root, &v, &e) < 0)
		fail_msg("%s", e.text);
	return v;
}

static struct trust *
trusted(const struct world *w, const struct sign_public *revoked)
{
	AUTO(jsn_free) struct jsn *v = seal(w, revoked);
	struct trust *t = NULL;
	struct err e = { 0 };
	if (trust_open(v, &w->root_kid, &t, &e) < 0)
		fail_msg("%s", e.text);
	return t;
}

/* Judges a command signed by k. */
static int
judge(const struct trust *t, const struct sign_key *k, const char *certificate,
    const char *scope, int64_t now, struct trust_verdict *ret, struct err *e)
{
	AUTO(jsn_free) struct jsn *v = NULL;
	AUTO(envelope_release) struct envelope out = { .sigs_len = 0 };
	assert_int_equal(envelope_seal(STR("payload"), SIGN_DOMAIN_COMMAND, k,
			     certificate, &v, e),
	    0);
	assert_int_equal(envelope_parse(v, "t", &out, e), 0);
	return trust_check(t, &out, SIGN_DOMAIN_COMMAND, scope, now, ret, e);
}

static void
operators_may_what_their_scopes_say(void **state)
{
	struct world *w = *state;
	AUTO(trust_free) struct trust *t = trusted(w, NULL);
	assert_int_equal(trust_version(t), 3);
	assert_true(sign_public_eq(trust_authority(t), &w->authority_public));
	struct trust_verdict v;
	struct err e = { 0 };
	assert_int_equal(judge(t, w->ops, NULL, "run", w->now, &v, &e), 0);
	assert_int_equal(v.signer, TRUST_OPERATOR);
	assert_string_equal(v.name, "ada");
	assert_string_equal(v.kid.text, sign_kid_of(&w->ops_public).text);
	assert_int_equal(judge(t, w->ops, NULL, "bundle", w->now, &v, &e), 0);
	assert_int_equal(
	    judge(t, w->reader, NULL, "bundle", w->now, &v, &e), 0);
	assert_int_equal(
	    judge(t, w->reader, NULL, "run", w->now, &v, &e), ERR_DIGEST);
	assert_non_null(strstr(e.text, "'bob' has not the scope run"));
	assert_int_equal(
	    judge(t, w->stranger, NULL, "run", w->now, &v, &e), ERR_DIGEST);
	assert_non_null(strstr(e.text, "no operator"));
	assert_int_equal(
	    judge(t, w->ops, NULL, "run", w->now + 1000, &v, &e), ERR_DIGEST);
	assert_non_null(strstr(e.text, "expired"));
	/* The root signs trust bundles and nothing else. */
	assert_int_equal(
	    judge(t, w->root, NULL, "run", w->now, &v, &e), ERR_DIGEST);
}

static void
revoked_keys_are_not_believed(void **state)
{
	struct world *w = *state;
	AUTO(trust_free) struct trust *t = trusted(w, &w->ops_public);
	struct trust_verdict v;
	struct err e = { 0 };
	assert_int_equal(
	    judge(t, w->ops, NULL, "run", w->now, &v, &e), ERR_DIGEST);
	assert_non_null(strstr(e.text, "revoked"));
	AUTO(trust_free) struct trust *t2 = trusted(w, &w->node_public);
	AUTO_BUF struct buf cert = BUF_INIT(JWS_MAX_BYTES);
	assert_int_equal(trust_certify("i-1", "default", &w->node_public,
			     w->now + 60000, w->authority, &cert, &e),
	    0);
	assert_int_equal(
	    judge(t2, w->node, buf_text(&cert), "run", w->now, &v, &e),
	    ERR_DIGEST);
	assert_non_null(strstr(e.text, "revoked"));
}

static void
instances_are_vouched_for_by_the_authority(void **state)
{
	struct world *w = *state;
	AUTO(trust_free) struct trust *t = trusted(w, NULL);
	AUTO_BUF struct buf cert = BUF_INIT(JWS_MAX_BYTES);
	struct trust_verdict v;
	struct err e = { 0 };
	assert_int_equal(trust_certify("i-1", "shop", &w->node_public,
			     w->now + 60000, w->authority, &cert, &e),
	    0);
	const char *c = buf_text(&cert);
	assert_int_equal(judge(t, w->node, c, "run", w->now, &v, &e), 0);
	assert_int_equal(v.signer, TRUST_INSTANCE);
	assert_string_equal(v.name, "i-1");
	assert_string_equal(v.deployment, "shop");
	assert_int_equal(
	    judge(t, w->node, c, "bundle", w->now, &v, &e), ERR_DIGEST);
	/* The certificate of one does not serve another. */
	assert_int_equal(
	    judge(t, w->stranger, c, "run", w->now, &v, &e), ERR_DIGEST);
	assert_int_equal(
	    judge(t, w->node, NULL, "run", w->now, &v, &e), ERR_DIGEST);
	/* After its end and the leeway of the clocks. */
	assert_int_equal(
	    judge(t, w->node, c, "run", w->now + 359000, &v, &e), 0);
	assert_int_equal(
	    judge(t, w->node, c, "run", w->now + 361000, &v, &e), ERR_DIGEST);
	assert_non_null(strstr(e.text, "expired"));
}

static void
certificates_of_others_are_worth_nothing(void **state)
{
	struct world *w = *state;
	AUTO(trust_free) struct trust *t = trusted(w, NULL);
	struct trust_verdict v;
	struct err e = { 0 };
	AUTO_BUF struct buf own = BUF_INIT(JWS_MAX_BYTES);
	assert_int_equal(trust_certify("i-1", "shop", &w->node_public,
			     w->now + 60000, w->node, &own, &e),
	    0);
	assert_int_equal(
	    judge(t, w->node, buf_text(&own), "run", w->now, &v, &e),
	    ERR_DIGEST);
	/* A token of the authority for another purpose. */
	AUTO(jsn_free) struct jsn *claims = jsn_new_object();
	AUTO_BUF struct buf pub = BUF_INIT(100), access = BUF_INIT(2000);
	sign_public_format(&w->node_public, &pub);
	jsn_set_str(claims, "sub", "i-1");
	jsn_set_str(claims, "dep", "shop");
	jsn_set_str(claims, "pub", buf_text(&pub));
	jsn_set_int(claims, "exp", w->now / 1000 + 60);
	assert_int_equal(
	    jws_sign(JWS_TYP_ACCESS, w->authority, claims, &access, &e), 0);
	assert_int_equal(
	    judge(t, w->node, buf_text(&access), "run", w->now, &v, &e),
	    ERR_DIGEST);
	assert_int_equal(
	    judge(t, w->node, "rubbish", "run", w->now, &v, &e), ERR_DIGEST);
	assert_int_equal(trust_certify("", "shop", &w->node_public, w->now,
			     w->authority, &own, &e),
	    ERR_INVALID);
}

static void
one_good_signature_of_several_is_enough(void **state)
{
	struct world *w = *state;
	AUTO(trust_free) struct trust *t = trusted(w, NULL);
	AUTO(jsn_free) struct jsn *a = NULL, *b = NULL;
	AUTO(envelope_release) struct envelope out = { .sigs_len = 0 };
	struct trust_verdict v;
	struct err e = { 0 };
	struct str text = STR("payload");
	assert_int_equal(
	    envelope_seal(text, SIGN_DOMAIN_COMMAND, w->stranger, NULL, &a, &e),
	    0);
	assert_int_equal(
	    envelope_seal(text, SIGN_DOMAIN_COMMAND, w->ops, NULL, &b, &e), 0);
	jsn_push(jsn_get(a, "sigs"), jsn_ref(jsn_at(jsn_get(b, "sigs"), 0)));
	assert_int_equal(envelope_parse(a, "t", &out, &e), 0);
	assert_int_equal(
	    trust_check(t, &out, SIGN_DOMAIN_COMMAND, "run", w->now, &v, &e),
	    0);
	assert_string_equal(v.name, "ada");
	assert_string_equal(e.text, "");
	assert_int_equal(
	    trust_check(t, &out, SIGN_DOMAIN_MANIFEST, "run", w->now, &v, &e),
	    ERR_DIGEST);
}

/* Seals changed text as the root, or as another key. */
static int
open_changed(const struct world *w, const char *member, struct jsn *value,
    const struct sign_key *key, const char *domain, struct err *e)
{
	AUTO(jsn_free) struct jsn *envelope = seal(w, NULL);
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	assert_int_equal(envelope_parse(envelope, "t", &v, e), 0);
	AUTO(jsn_free) struct jsn *payload = NULL, *changed = NULL;
	assert_int_equal(
	    jsn_parse((struct str){ v.payload.data, v.payload.len }, "t",
		ENVELOPE_MAX_BYTES, &payload, e),
	    0);
	jsn_set(payload, member, value);
	AUTO_BUF struct buf text = BUF_INIT(ENVELOPE_MAX_BYTES);
	jsn_format(payload, JSN_PLAIN, &text);
	assert_int_equal(envelope_seal((struct str){ text.data, text.len },
			     domain, key, NULL, &changed, e),
	    0);
	AUTO(trust_free) struct trust *t = NULL;
	return trust_open(changed, &w->root_kid, &t, e);
}

static void
only_the_root_makes_trust(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	const char *domain = SIGN_DOMAIN_TRUST;
	assert_int_equal(
	    open_changed(w, "version", jsn_new_int(4), w->root, domain, &e), 0);
	assert_int_equal(
	    open_changed(w, "version", jsn_new_int(4), w->ops, domain, &e),
	    ERR_DIGEST);
	assert_int_equal(open_changed(w, "version", jsn_new_int(4), w->root,
			     SIGN_DOMAIN_COMMAND, &e),
	    ERR_DIGEST);
	/* Another key's bundle that names that key as its root. */
	AUTO_BUF struct buf pub = BUF_INIT(100);
	sign_public_format(&w->stranger_public, &pub);
	assert_int_equal(
	    open_changed(w, "root", jsn_new_string(str_from(buf_text(&pub))),
		w->stranger, domain, &e),
	    ERR_DIGEST);
	assert_non_null(strstr(e.text, w->root_kid.text));
}

static void
malformed_trust_says_where(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *member, *value, *error;
	} rows[] = {
		{ "version", "0", ".version" },
		{ "version", "\"3\"", ".version: must be an integer" },
		{ "authority", "\"x\"", ".authority" },
		{ "authority", "null", ".authority: is missing" },
		{ "root", "\"\"", ".root" },
		{ "operators", "{}", ".operators: must be a list" },
		{ "operators", "[{}]", ".operators[0].kid: is missing" },
		{ "operators",
		    "[{\"kid\":\"21fe31dfa154a261626bf854046fd227\",\"name\":"
		    "\"n\",\"public_key\":\"AAAA\",\"scopes\":[],"
		    "\"not_after\":1}]",
		    ".operators[0]: public_key" },
		{ "operators",
		    "[{\"kid\":\"00fe31dfa154a261626bf854046fd227\",\"name\":"
		    "\"n\",\"public_key\":\"11qYAYKxCrfVS/"
		    "7TyWQHOg7hcvPapiMlrwIaaPcHURo=\",\"scopes\":[],"
		    "\"not_after\":1}]",
		    ".operators[0]: kid" },
		{ "revoked", "[\"k\"]", ".revoked[0]" },
		{ "revoked", "[1]", ".revoked[0]: must be a string" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct jsn *value = NULL;
		struct err e = { 0 };
		assert_int_equal(
		    jsn_parse(str_from(rows[i].value), "t", 1000, &value, &e),
		    0);
		assert_int_equal(open_changed(w, rows[i].member, value, w->root,
				     SIGN_DOMAIN_TRUST, &e),
		    ERR_PROTOCOL);
		assert_non_null(strstr(e.text, rows[i].error));
	}
	struct jsn *many = jsn_new_array();
	for (int i = 0; i <= TRUST_KEYS_MAX; i++)
		jsn_push_str(many, w->root_kid.text);
	struct err e = { 0 };
	assert_int_equal(
	    open_changed(w, "revoked", many, w->root, SIGN_DOMAIN_TRUST, &e),
	    ERR_LIMIT);
}

#define CA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ROOT "21fe31dfa154a261626bf854046fd227"

static void
join_tokens_go_both_ways_and_show_no_secret(void **state)
{
	(void)state;
	static const char good[] = "rl1.abcdefghijklmnop-_XYZ0." ROOT "." CA;
	struct join_token t;
	struct err e = { 0 };
	assert_int_equal(join_token_parse(STR(good), &t, &e), 0);
	assert_true(str_eq_text(t.secret, "abcdefghijklmnop-_XYZ0"));
	assert_string_equal(t.root_kid.text, ROOT);
	assert_string_equal(t.ca_sha256, CA);
	AUTO_BUF struct buf out = BUF_INIT(1000);
	join_token_format(&t, &out);
	assert_string_equal(buf_text(&out), good);
	static const char *const bad[] = { "", "rl1", "rl1...",
		"rl2.abcdefghijklmnop." ROOT "." CA,
		"rl1.abcdefghijklmno." ROOT "." CA,
		"rl1.abcdefghijklmnop+." ROOT "." CA,
		"rl1.abcdefghijklmnop." ROOT "." CA " ",
		"rl1.abcdefghijklmnop." ROOT "." CA ".x",
		"rl1.abcdefghijklmnop." ROOT "x." CA,
		"rl1.abcdefghijklmnop." ROOT ".E3" CA,
		"rl1.abcdefghijklmnop." CA "." ROOT };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(
		    join_token_parse(str_from(bad[i]), &t, &e), ERR_SYNTAX);
		assert_null(strstr(e.text, "abcdefgh"));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(operators_may_what_their_scopes_say),
		TEST(revoked_keys_are_not_believed),
		TEST(instances_are_vouched_for_by_the_authority),
		TEST(certificates_of_others_are_worth_nothing),
		TEST(one_good_signature_of_several_is_enough),
		TEST(only_the_root_makes_trust),
		TEST(malformed_trust_says_where),
		cmocka_unit_test(join_tokens_go_both_ways_and_show_no_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
