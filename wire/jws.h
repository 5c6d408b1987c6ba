/* SPDX-License-Identifier: MIT */
/*
 * Compact JSON web signatures (RFC 7515) with EdDSA: access tokens, client
 * assertions, instance certificates. The header is {"alg":"EdDSA","typ":TYP,
 * "kid":KID}; one TYP is never accepted for another.
 */
#pragma once

#include "common/buf.h"
#include "common/jsn.h"
#include "common/sign.h"

#define JWS_MAX_BYTES ((size_t)8 << 10)
#define JWS_TYP_ASSERTION "rl-assertion"
#define JWS_TYP_ACCESS "rl-access"
#define JWS_TYP_CERTIFICATE "rl-certificate"

int jws_sign(const char *typ, const struct sign_key *key,
    const struct jsn *claims, struct buf *out, struct err *e) MUST_CHECK;
/* The signer that the header names, before anything is verified: to find the
 * key. ERR_SYNTAX. */
int jws_kid(
    struct str text, struct sign_kid *ret_kid, struct err *e) MUST_CHECK;
/* Verifies and hands over the claims (caller frees). ERR_SYNTAX, ERR_DIGEST;
 * ERR_INVALID when typ differs. Times are the caller's to check: jws_is_now. */
int jws_open(struct str text, const char *typ, const struct sign_public *key,
    struct jsn **ret_claims, struct err *e) MUST_CHECK;
/* exp (and nbf, iat, when there) against now with leeway_s. ERR_TIMEOUT. */
int jws_is_now(const struct jsn *claims, int64_t now_ms, int64_t leeway_s,
    struct err *e) MUST_CHECK;
