/* SPDX-License-Identifier: MIT */
/*
 * Ed25519 signatures on OpenSSL. What is signed is DOMAIN NUL MESSAGE, so that
 * a signature made for one purpose is worth nothing for another; the domains
 * in use are the SIGN_DOMAIN_ names here. With the empty domain, that of JSON
 * web signatures, it is the message alone, as RFC 7515 wants it, and the
 * message may hold no NUL: no other domain's message is one of these.
 *
 *	1. sign_key_new, sign_key_save (once, where the key shall live)
 *	2. sign_key_load, sign_message
 *	   elsewhere: sign_check with the public key alone
 *
 * Key files hold a PKCS#8 PEM of mode 0600; one that others can read is
 * refused. A key in memory is wiped when it is freed.
 */
#pragma once

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

#define SIGN_PUBLIC_BYTES 32
#define SIGN_BYTES 64
#define SIGN_KID_BYTES 33 /* 32 hex digits and NUL */

#define SIGN_DOMAIN_COMMAND "rightlink command v1"
#define SIGN_DOMAIN_MANIFEST "rightlink bundle v1"
#define SIGN_DOMAIN_TRUST "rightlink trust v1"
#define SIGN_DOMAIN_ENROLL "rightlink enroll v1"
#define SIGN_DOMAIN_JWS ""

struct sign_public {
	uint8_t bytes[SIGN_PUBLIC_BYTES];
};
struct sign_signature {
	uint8_t bytes[SIGN_BYTES];
};
/* First 32 hex digits of the SHA-256 of the public key: a machine that knows
 * only the kid of the root key must not be fooled by another key. */
struct sign_kid {
	char text[SIGN_KID_BYTES];
};

struct sign_key;
int sign_key_new(struct sign_key **ret_key, struct err *e) MUST_CHECK;
void sign_key_free(struct sign_key **k);
/* ERR_ABSENT, ERR_SYNTAX (no Ed25519 key), ERR_INVALID (readable by group or
 * others). */
int sign_key_load(int dirfd, const char *path, struct sign_key **ret_key,
    struct err *e) MUST_CHECK;
/* Durable when it returns 0; ERR_EXISTS when the file is there: a key is
 * never overwritten. */
int sign_key_save(const struct sign_key *k, int dirfd, const char *path,
    struct err *e) MUST_CHECK;
void sign_key_public(const struct sign_key *k, struct sign_public *ret_public);

struct sign_kid sign_kid_of(const struct sign_public *p);
/* ERR_SYNTAX: not 32 lower-case hex digits. */
int sign_kid_parse(
    struct str text, struct sign_kid *ret_kid, struct err *e) MUST_CHECK;
bool sign_kid_eq(const struct sign_kid *a, const struct sign_kid *b);
/* The key as 32 bytes in base64 (standard, padded). ERR_SYNTAX. */
int sign_public_parse(
    struct str text, struct sign_public *ret_public, struct err *e) MUST_CHECK;
void sign_public_format(const struct sign_public *p, struct buf *out);
bool sign_public_eq(const struct sign_public *a, const struct sign_public *b);

int sign_message(const struct sign_key *k, const char *domain,
    struct str message, struct sign_signature *ret_signature,
    struct err *e) MUST_CHECK;
/* ERR_DIGEST when the signature does not belong to key, domain, message. */
int sign_check(const struct sign_public *p, const char *domain,
    struct str message, const struct sign_signature *signature,
    struct err *e) MUST_CHECK;

/* len random bytes (at most 256) in base64url: tokens, nonces. */
void sign_random_text(size_t len, struct buf *out);
/* Comparison in constant time. */
bool sign_text_eq(struct str a, struct str b);
