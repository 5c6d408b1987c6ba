/* SPDX-License-Identifier: MIT */
/*
 * Whom to believe: the trust bundle (shape `trust` of wire/tbl/command.h),
 * signed by the root key, which is used for nothing else. It names the
 * authority that certifies instances, the operators and what they may sign,
 * and the keys that are not believed any more.
 *
 * Agents keep the newest version they have seen and refuse to go back. The
 * root's kid comes to a machine with its enrolment token.
 */
#pragma once

#include "common/jsn.h"
#include "common/sign.h"
#include "wire/envelope.h"

#define TRUST_KEYS_MAX 1000

struct trust;

/* Verifies against the root and parses. ERR_DIGEST, ERR_PROTOCOL, ERR_LIMIT.
 * The root's public key is found in the payload ("root") and must hash to
 * root_kid. */
int trust_open(const struct jsn *envelope, const struct sign_kid *root_kid,
    struct trust **ret_trust, struct err *e) MUST_CHECK;
void trust_free(struct trust **t);
int64_t trust_version(const struct trust *t);
/* The key of the router's authority, which certifies instances. */
const struct sign_public *trust_authority(const struct trust *t);

enum trust_signer {
	TRUST_OPERATOR,
	TRUST_INSTANCE,
};
struct trust_verdict {
	enum trust_signer signer;
	struct sign_kid kid;
	char name[128];      /* operator's name, or instance id */
	char deployment[64]; /* of an instance */
};
/*
 * Is one of the signatures good, made by an operator who may do this (scope
 * run or bundle, not past its end, not revoked) or, for scope run alone, by an
 * instance whose certificate the authority signed? now_ms is compared with
 * ends; certificates have 5 minutes of leeway. ERR_DIGEST with the reason:
 * unknown key, revoked, expired, bad signature.
 */
int trust_check(const struct trust *t, const struct envelope *v,
    const char *domain, const char *scope, int64_t now_ms,
    struct trust_verdict *ret_verdict, struct err *e) MUST_CHECK;

struct trust_operator {
	const char *name;
	struct sign_public key;
	const char *scopes; /* words of API_SCOPES, "run|bundle" */
	int64_t not_after;
};
struct trust_spec {
	int64_t version;
	struct sign_public authority;
	const struct trust_operator *operators;
	size_t operators_len;
	const struct sign_kid *revoked;
	size_t revoked_len;
};
/* Makes and signs one; caller frees the envelope. */
int trust_seal(const struct trust_spec *spec, const struct sign_key *root,
    struct jsn **ret_envelope, struct err *e) MUST_CHECK;

/* Claims of an instance's certificate: {"sub": id, "pub": key, "dep":
 * deployment, "iat", "exp"} as JWS_TYP_CERTIFICATE. */
int trust_certify(const char *id, const char *deployment,
    const struct sign_public *key, int64_t not_after_ms,
    const struct sign_key *authority, struct buf *out,
    struct err *e) MUST_CHECK;

/* "rl1.SECRET.ROOTKID.CASHA256" of an enrolment token; secret views the text
 * (16 to 128 letters of base64url). The last part is the SHA-256 of the CA's
 * PEM, byte for byte as route trust gives it. ERR_SYNTAX, whose text never
 * shows the secret. */
struct join_token {
	struct str secret;
	struct sign_kid root_kid;
	char ca_sha256[65];
};
int join_token_parse(
    struct str text, struct join_token *ret_token, struct err *e) MUST_CHECK;
void join_token_format(const struct join_token *t, struct buf *out);
