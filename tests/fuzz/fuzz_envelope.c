/* SPDX-License-Identifier: MIT */
/*
 * A signed message as JSON, also as a trust bundle and judged by one. What is
 * accepted as a form is within its limits; nothing that this target can make
 * is believed: no key here signed it.
 */
#include "common/auto.h"
#include "tests/fuzz/fuzz.h"
#include "wire/envelope.h"
#include "wire/trust.h"

static struct trust *
make_trust(void)
{
	AUTO(sign_key_free) struct sign_key *root = NULL, *other = NULL;
	AUTO(jsn_free) struct jsn *v = NULL;
	struct trust *t = NULL;
	int rc = sign_key_new(&root, NULL);
	ASSERT(rc == 0);
	rc = sign_key_new(&other, NULL);
	ASSERT(rc == 0);
	struct sign_public p, q;
	sign_key_public(root, &p);
	sign_key_public(other, &q);
	struct trust_operator o = { "ada", q, "run|bundle", INT64_MAX };
	struct trust_spec spec = { .version = 1,
		.authority = q,
		.operators = &o,
		.operators_len = 1 };
	rc = trust_seal(&spec, root, &v, NULL);
	ASSERT(rc == 0);
	struct sign_kid kid = sign_kid_of(&p);
	rc = trust_open(v, &kid, &t, NULL);
	ASSERT(rc == 0);
	return t;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trust *trust;
	static const struct sign_kid nobody = {
		"00000000000000000000000000000000"
	};
	if (trust == NULL)
		trust = make_trust();
	AUTO(jsn_free) struct jsn *v = NULL;
	AUTO(envelope_release) struct envelope out = { .sigs_len = 0 };
	struct err e = { 0 };
	if (jsn_parse((struct str){ (const char *)data, size }, "t",
		(size_t)1 << 20, &v, &e) < 0)
		return 0;
	struct trust *opened = NULL;
	int rc = trust_open(v, &nobody, &opened, &e);
	ASSERT(rc < 0 && e.text[0] != '\0');
	if (envelope_parse(v, "t", &out, &e) < 0)
		return 0;
	ASSERT(out.sigs_len >= 1 && out.sigs_len <= ENVELOPE_SIGS_MAX);
	ASSERT(out.payload.len <= ENVELOPE_MAX_BYTES);
	struct trust_verdict verdict;
	rc = trust_check(
	    trust, &out, SIGN_DOMAIN_COMMAND, "run", 1000, &verdict, &e);
	ASSERT(rc == ERR_DIGEST && e.text[0] != '\0');
	return 0;
}
