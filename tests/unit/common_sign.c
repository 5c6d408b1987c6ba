/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648) and Ed25519 keys and signatures (RFC 8032, RFC 8037). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/base64.h"
#include "common/fsat.h"
#include "common/sign.h"

static void
rfc4648_vectors_go_both_ways(void **state)
{
	(void)state;
	static const struct {
		const char *plain, *text;
	} rows[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100), back = BUF_INIT(100);
		base64_format(str_from(rows[i].plain), &out);
		assert_string_equal(buf_text(&out), rows[i].text);
		struct err e = { 0 };
		assert_int_equal(
		    base64_parse(str_from(rows[i].text), &back, &e), 0);
		assert_string_equal(buf_text(&back), rows[i].plain);
	}
}

static void
rfc7515_appendix_c_in_the_url_alphabet(void **state)
{
	(void)state;
	static const char octets[] = "\x03\xec\xff\xe0\xc1";
	struct str bytes = { octets, 5 };
	AUTO_BUF struct buf out = BUF_INIT(100), back = BUF_INIT(100);
	base64url_format(bytes, &out);
	assert_string_equal(buf_text(&out), "A-z_4ME");
	struct err e = { 0 };
	assert_int_equal(base64url_parse(STR("A-z_4ME"), &back, &e), 0);
	assert_int_equal(back.len, 5);
	assert_memory_equal(back.data, octets, 5);
}

static void
base64_has_one_text_for_one_value(void **state)
{
	(void)state;
	static const char *const standard[] = { "Zg",
		"Zg=", "Zh==", "Zm9=", "Z", "====", "=", "Zg==Zg==", "Zm9v\n",
		" Zm9v", "Zm-v", "Zm_v", "Zm9v=", "A===" };
	static const char *const url[] = { "Z", "Zg==", "Zh", "Zm9", "Zm+v",
		"Zm/v", "Zm9v\n" };
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(standard); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100);
		assert_int_equal(
		    base64_parse(str_from(standard[i]), &out, &e), ERR_SYNTAX);
		assert_int_equal(out.len, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(url); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100);
		assert_int_equal(
		    base64url_parse(str_from(url[i]), &out, &e), ERR_SYNTAX);
	}
	AUTO_BUF struct buf small = BUF_INIT(2);
	assert_int_equal(base64_parse(STR("Zm9v"), &small, &e), ERR_LIMIT);
	AUTO_BUF struct buf nul = BUF_INIT(100);
	assert_int_equal(
	    base64_parse((struct str){ "Zm\0v", 4 }, &nul, &e), ERR_SYNTAX);
}

static void
every_byte_goes_both_ways(void **state)
{
	(void)state;
	char all[256];
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	for (size_t len = 0; len <= sizeof(all); len++) {
		struct str bytes = { all + sizeof(all) - len, len };
		AUTO_BUF struct buf a = BUF_INIT(400), b = BUF_INIT(256);
		AUTO_BUF struct buf c = BUF_INIT(400), d = BUF_INIT(256);
		base64_format(bytes, &a);
		base64url_format(bytes, &c);
		struct err e = { 0 };
		struct str text = { a.data, a.len }, url = { c.data, c.len };
		assert_int_equal(base64_parse(text, &b, &e), 0);
		assert_int_equal(base64url_parse(url, &d, &e), 0);
		assert_true(str_eq((struct str){ b.data, b.len }, bytes));
		assert_true(str_eq((struct str){ d.data, d.len }, bytes));
	}
}

/* A directory of its own for key files. */
struct scratch {
	char path[64];
	int dir;
};

static struct scratch
scratch_make(void)
{
	struct scratch s = { .path = "/tmp/rl-sign-XXXXXX" };
	assert_non_null(mkdtemp(s.path));
	s.dir = fsat_open_dir(AT_FDCWD, s.path, NULL);
	assert_true(s.dir >= 0);
	return s;
}

static void
scratch_remove(struct scratch *s)
{
	close(s->dir);
	assert_int_equal(fsat_remove_tree(AT_FDCWD, s->path, NULL), 0);
}

static void
from_hex(const char *hex, struct buf *out)
{
	for (; *hex != '\0'; hex += 2) {
		char two[3] = { hex[0], hex[1], '\0' };
		buf_add_char(out, (char)strtoul(two, NULL, 16));
	}
}

/* A seed in the PKCS#8 form of RFC 8410. */
static void
write_seed(const struct scratch *s, const char *name, const char *seed_hex)
{
	AUTO_BUF struct buf der = BUF_INIT(100), pem = BUF_INIT(400);
	from_hex("302e020100300506032b657004220420", &der);
	from_hex(seed_hex, &der);
	buf_add_str(&pem, "-----BEGIN PRIVATE KEY-----\n");
	base64_format((struct str){ der.data, der.len }, &pem);
	buf_add_str(&pem, "\n-----END PRIVATE KEY-----\n");
	struct str text = { pem.data, pem.len };
	assert_int_equal(
	    fsat_replace(s->dir, name, text, 0600, FSAT_NO_SYNC, NULL), 0);
}

struct vector {
	const char *seed, *public_key, *message, *signature;
};

static const struct vector rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f"
	    "b8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	    "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da08"
	    "5ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	    "af82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18"
	    "ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static void
rfc8032_vectors_sign_and_check(void **state)
{
	(void)state;
	struct scratch s = scratch_make();
	for (size_t i = 0; i < ARRAY_LEN(rfc8032); i++) {
		const struct vector *v = &rfc8032[i];
		AUTO_BUF struct buf pub = BUF_INIT(32), msg = BUF_INIT(99);
		AUTO_BUF struct buf sig = BUF_INIT(64);
		from_hex(v->public_key, &pub);
		from_hex(v->message, &msg);
		from_hex(v->signature, &sig);
		write_seed(&s, "key.pem", v->seed);
		AUTO(sign_key_free) struct sign_key *k = NULL;
		struct err e = { 0 };
		assert_int_equal(sign_key_load(s.dir, "key.pem", &k, &e), 0);
		struct sign_public p;
		sign_key_public(k, &p);
		assert_memory_equal(p.bytes, pub.data, 32);
		struct sign_signature made;
		struct str message = { msg.data, msg.len };
		assert_int_equal(sign_message(k, "", message, &made, &e), 0);
		assert_memory_equal(made.bytes, sig.data, 64);
		assert_int_equal(sign_check(&p, "", message, &made, &e), 0);
	}
	scratch_remove(&s);
}

/* The JWS of RFC 8037, appendix A.4, with the key of A.1. */
static void
rfc8037_jws_is_a_message_of_the_empty_domain(void **state)
{
	(void)state;
	AUTO_BUF struct buf pub = BUF_INIT(32), sig = BUF_INIT(64);
	struct err e = { 0 };
	assert_int_equal(
	    base64url_parse(
		STR("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), &pub, &e),
	    0);
	assert_int_equal(
	    base64url_parse(STR("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6d"
				"WbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"),
		&sig, &e),
	    0);
	struct sign_public p;
	struct sign_signature signature;
	memcpy(p.bytes, pub.data, sizeof(p.bytes));
	memcpy(signature.bytes, sig.data, sizeof(signature.bytes));
	struct str input =
	    STR("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
	assert_int_equal(
	    sign_check(&p, SIGN_DOMAIN_JWS, input, &signature, &e), 0);
	assert_int_equal(
	    sign_check(&p, SIGN_DOMAIN_COMMAND, input, &signature, &e),
	    ERR_DIGEST);
}

static void
a_signature_is_worth_nothing_elsewhere(void **state)
{
	(void)state;
	AUTO(sign_key_free) struct sign_key *k = NULL, *other = NULL;
	struct err e = { 0 };
	assert_int_equal(sign_key_new(&k, &e), 0);
	assert_int_equal(sign_key_new(&other, &e), 0);
	struct sign_public p, q;
	sign_key_public(k, &p);
	sign_key_public(other, &q);
	assert_false(sign_public_eq(&p, &q));
	struct sign_signature s;
	struct str m = STR("message");
	assert_int_equal(sign_message(k, SIGN_DOMAIN_COMMAND, m, &s, &e), 0);
	assert_int_equal(sign_check(&p, SIGN_DOMAIN_COMMAND, m, &s, &e), 0);
	assert_int_equal(
	    sign_check(&p, SIGN_DOMAIN_MANIFEST, m, &s, &e), ERR_DIGEST);
	assert_int_equal(
	    sign_check(&p, SIGN_DOMAIN_JWS, m, &s, &e), ERR_DIGEST);
	assert_int_equal(
	    sign_check(&q, SIGN_DOMAIN_COMMAND, m, &s, &e), ERR_DIGEST);
	assert_int_equal(
	    sign_check(&p, SIGN_DOMAIN_COMMAND, STR("messagf"), &s, &e),
	    ERR_DIGEST);
	for (size_t i = 0; i < SIGN_BYTES; i++) {
		struct sign_signature bad = s;
		bad.bytes[i] ^= 1;
		assert_int_equal(
		    sign_check(&p, SIGN_DOMAIN_COMMAND, m, &bad, &e),
		    ERR_DIGEST);
	}
	/* The whole input of another domain is no message of the empty one. */
	struct str forged = STR("rightlink command v1\0message");
	assert_int_equal(sign_check(&p, "", forged, &s, &e), ERR_DIGEST);
	assert_int_equal(sign_message(k, "", forged, &s, &e), ERR_INVALID);
}

static void
key_files_are_private_and_never_overwritten(void **state)
{
	(void)state;
	struct scratch s = scratch_make();
	AUTO(sign_key_free) struct sign_key *k = NULL, *back = NULL;
	struct err e = { 0 };
	assert_int_equal(sign_key_new(&k, &e), 0);
	assert_int_equal(sign_key_save(k, s.dir, "k.pem", &e), 0);
	struct stat st;
	assert_int_equal(fstatat(s.dir, "k.pem", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sign_key_save(k, s.dir, "k.pem", &e), ERR_EXISTS);
	assert_int_equal(sign_key_load(s.dir, "k.pem", &back, &e), 0);
	struct sign_public p, q;
	sign_key_public(k, &p);
	sign_key_public(back, &q);
	assert_true(sign_public_eq(&p, &q));
	sign_key_free(&back);
	assert_int_equal(fchmodat(s.dir, "k.pem", 0640, 0), 0);
	assert_int_equal(sign_key_load(s.dir, "k.pem", &back, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "chmod 600"));
	assert_int_equal(sign_key_load(s.dir, "no", &back, &e), ERR_ABSENT);
	assert_int_equal(sign_key_load(s.dir, ".", &back, &e), ERR_INVALID);
	scratch_remove(&s);
}

static void
what_is_no_ed25519_key_is_refused(void **state)
{
	(void)state;
	struct scratch s = scratch_make();
	/* Encrypted, another algorithm, a public key, cut, text, empty. */
	static const char *const texts[] = {
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
		"MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi8\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6Ud"
		"uSwq\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\n"
		"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
		"-----END PUBLIC KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1h\n",
		"no key\n",
		"",
	};
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(sign_key_free) struct sign_key *k = NULL;
		assert_int_equal(fsat_replace(s.dir, "k", str_from(texts[i]),
				     0600, FSAT_NO_SYNC, &e),
		    0);
		assert_int_equal(sign_key_load(s.dir, "k", &k, &e), ERR_SYNTAX);
	}
	scratch_remove(&s);
}

static void
names_of_keys_and_public_keys_are_strict(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct sign_public p, q;
	assert_int_equal(
	    sign_public_parse(
		STR("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), &p, &e),
	    0);
	/* SHA-256 of the key, its first half. */
	struct sign_kid kid = sign_kid_of(&p), back;
	assert_string_equal(kid.text, "21fe31dfa154a261626bf854046fd227");
	assert_int_equal(sign_kid_parse(str_from(kid.text), &back, &e), 0);
	assert_true(sign_kid_eq(&kid, &back));
	AUTO_BUF struct buf out = BUF_INIT(100);
	sign_public_format(&p, &out);
	assert_int_equal(
	    sign_public_parse((struct str){ out.data, out.len }, &q, &e), 0);
	assert_true(sign_public_eq(&p, &q));
	assert_int_equal(sign_public_parse(STR("AAAA"), &q, &e), ERR_SYNTAX);
	assert_int_equal(sign_public_parse(STR(""), &q, &e), ERR_SYNTAX);
	static const char *const bad[] = { "", "21fe31dfa154a261",
		"21FE31DFA154A261626BF854046FD227",
		"21fe31dfa154a261626bf854046fd2277",
		"21fe31dfa154a261626bf854046fd22g" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    sign_kid_parse(str_from(bad[i]), &back, &e), ERR_SYNTAX);
}

static void
random_texts_differ_and_compare(void **state)
{
	(void)state;
	AUTO_BUF struct buf a = BUF_INIT(400), b = BUF_INIT(400);
	sign_random_text(32, &a);
	sign_random_text(32, &b);
	assert_int_equal(a.len, 43);
	assert_string_not_equal(buf_text(&a), buf_text(&b));
	struct str x = { a.data, a.len }, y = { b.data, b.len };
	assert_true(sign_text_eq(x, x));
	assert_false(sign_text_eq(x, y));
	assert_false(sign_text_eq(x, (struct str){ a.data, a.len - 1 }));
	assert_true(sign_text_eq(STR(""), (struct str){ 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4648_vectors_go_both_ways),
		cmocka_unit_test(rfc7515_appendix_c_in_the_url_alphabet),
		cmocka_unit_test(base64_has_one_text_for_one_value),
		cmocka_unit_test(every_byte_goes_both_ways),
		cmocka_unit_test(rfc8032_vectors_sign_and_check),
		cmocka_unit_test(rfc8037_jws_is_a_message_of_the_empty_domain),
		cmocka_unit_test(a_signature_is_worth_nothing_elsewhere),
		cmocka_unit_test(key_files_are_private_and_never_overwritten),
		cmocka_unit_test(what_is_no_ed25519_key_is_refused),
		cmocka_unit_test(names_of_keys_and_public_keys_are_strict),
		cmocka_unit_test(random_texts_differ_and_compare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
