/* SPDX-License-Identifier: MIT */
/*
 * May an offered command be run on this machine? The router is not believed:
 * signature, time, target and policy are looked at here (docs/agent.md, "What
 * is refused"), in this order, the first failure is the reason of the result
 * `rejected`:
 *
 *	size and form; who signed, by the trust bundle; the cid of the offer
 *	is the signed one; not_after, issued_at, how long it lives; the floor
 *	of the journal; the target: this id, or tags that this instance
 *	carries now; the deployment; what an instance may ask of another; the
 *	caller's policy
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"
#include "runner/identity.h"
#include "runner/journal.h"
#include "wire/command.h"

/* issued_at may be so far ahead of our clock. */
#define OFFER_AHEAD_MAX_MS ((int64_t)10 * 60 * 1000)

struct offer_rules {
	const struct identity *identity;
	struct journal *journal; /* floor and own tags */
	bool unsigned_too;       /* require_signature is bundles or off */
	int64_t now_ms;          /* the router's clock as well as known */
	/* Policy of this machine (its bundle, its state), asked last; NULL:
	 * everything may be run. ERR_INVALID with the reason. */
	int (*policy)(const struct command *c,
	    const struct trust_verdict *verdict, void *arg, struct err *e);
	void *arg;
};

struct offer {
	const char *cid;        /* as the router says; of the signed command
				   when that is the same */
	bool verified;          /* signature, or none is needed */
	struct str payload;     /* exact bytes */
	struct command command; /* when verified */
	struct trust_verdict verdict;
};

/* value: shape api_offer, checked. 0: it may be received; ERR_INVALID,
 * ERR_DIGEST and others with the reason; *ret_offer is filled as far as it
 * went (always its cid) and lives in the arena and *ret_value (caller frees
 * it after). */
int offer_check(struct arena *a, const struct offer_rules *rules,
    const struct jsn *value, struct jsn **ret_value, struct offer *ret_offer,
    struct err *e) MUST_CHECK;
