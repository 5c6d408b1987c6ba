/* SPDX-License-Identifier: MIT */
/*
 * A signed message: exact bytes and signatures over them. No canonical form of
 * JSON is needed anywhere: what was signed is what is parsed.
 *
 *	{"payload": base64, "sigs": [{"kid", "alg": "ed25519", "sig",
 *	    "certificate"?}]}
 */
#pragma once

#include "common/buf.h"
#include "common/jsn.h"
#include "common/sign.h"

#define ENVELOPE_SIGS_MAX 8
#define ENVELOPE_MAX_BYTES ((size_t)512 << 10)

struct envelope_sig {
	struct sign_kid kid;
	struct sign_signature signature;
	const char *certificate; /* JWS, or NULL; borrowed from the value */
};

struct envelope {
	struct buf payload;
	size_t sigs_len;
	struct envelope_sig sigs[ENVELOPE_SIGS_MAX];
};
void envelope_release(struct envelope *v);

/* Signs payload for `domain`; certificate may be NULL. Caller frees. */
int envelope_seal(struct str payload, const char *domain,
    const struct sign_key *key, const char *certificate, struct jsn **ret_value,
    struct err *e) MUST_CHECK;
/* The form alone; nothing is verified. ERR_PROTOCOL, ERR_LIMIT. */
int envelope_parse(const struct jsn *value, const char *where,
    struct envelope *ret_envelope, struct err *e) MUST_CHECK;
/* Is one of the signatures by this key and good? ERR_DIGEST. */
int envelope_check(const struct envelope *v, const char *domain,
    const struct sign_public *key, struct err *e) MUST_CHECK;
