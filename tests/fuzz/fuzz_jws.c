/* SPDX-License-Identifier: MIT */
/*
 * Tokens. The input is a token as it came, and also what a right key signs:
 * header NUL claims. Nothing of the first is believed; of the second only what
 * has the right header.
 */
#include <string.h>

#include "common/auto.h"
#include "common/base64.h"
#include "tests/fuzz/fuzz.h"
#include "wire/jws.h"

static struct sign_key *key;
static struct sign_public public_key;

static void
sign_and_open(struct str header, struct str claims)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	struct sign_signature s;
	base64url_format(header, &text);
	buf_add_char(&text, '.');
	base64url_format(claims, &text);
	int rc = sign_message(key, SIGN_DOMAIN_JWS,
	    (struct str){ text.data, text.len }, &s, NULL);
	ASSERT(rc == 0);
	buf_add_char(&text, '.');
	base64url_format((struct str){ (char *)s.bytes, SIGN_BYTES }, &text);
	AUTO(jsn_free) struct jsn *v = NULL;
	rc = jws_open((struct str){ text.data, text.len }, JWS_TYP_ACCESS,
	    &public_key, &v, NULL);
	if (rc < 0)
		return;
	ASSERT(jsn_type(v) == JSN_OBJECT);
	(void)!jws_is_now(v, 1000000, 30, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (key == NULL) {
		int made = sign_key_new(&key, NULL);
		ASSERT(made == 0);
		sign_key_public(key, &public_key);
	}
	struct str text = { (const char *)data, size };
	struct sign_kid kid;
	AUTO(jsn_free) struct jsn *v = NULL;
	(void)!jws_kid(text, &kid, NULL);
	int rc = jws_open(text, JWS_TYP_ACCESS, &public_key, &v, NULL);
	ASSERT(rc < 0 && v == NULL);
	const uint8_t *nul = memchr(data, 0, size);
	if (nul == NULL || size > (size_t)100000)
		return 0;
	size_t len = (size_t)(nul - data);
	/* "@" stands for the key id, so that headers can be right. */
	AUTO_BUF struct buf header = BUF_INIT(size * 32);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '@')
			buf_add_str(&header, sign_kid_of(&public_key).text);
		else
			buf_add_char(&header, (char)data[i]);
	}
	sign_and_open((struct str){ buf_text(&header), header.len },
	    (struct str){ (const char *)nul + 1, size - len - 1 });
	return 0;
}
