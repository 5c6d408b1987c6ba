/* SPDX-License-Identifier: MIT */
/*
 * What an answer to a poll asks of this machine: offers are checked and
 * journaled, drops and acknowledgements move entries of the journal, all in one
 * commit; only after it the outbox says so and the owner hears of grants and
 * cancels. A cid that the journal knows is never run again: its
 * state or stored result is told instead (fabric.md 6.2).
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "runner/journal.h"
#include "runner/offers.h"
#include "runner/outbox.h"

#define INBOUND_LIST_MAX 10000 /* entries of one list of an answer */
#define INBOUND_REQUESTS_MAX 64

struct inbound_ops {
	void *arg;
	/* As struct offer_rules; NULL: everything may be run. */
	int (*policy)(const struct command *c,
	    const struct trust_verdict *verdict, void *arg, struct err *e);
	/* The router granted it; the journal still says received, so that it
	 * may begin in one commit. Whoever lets it wait calls journal_grant.
	 * May come again for the same cid. */
	void (*granted)(const char *cid, void *arg);
	void (*cancelled)(const char *cid, void *arg);
	/* A question: the answer's body (taken over). */
	struct jsn *(*asked)(
	    const char *type, const struct jsn *body, void *arg);
};

struct inbound {
	struct journal *journal;
	struct outbox *outbox;
	const struct identity *identity;
	bool unsigned_too;
	struct inbound_ops ops;
};

/* Checks the shape of the answer and takes it. now_ms: the router's clock as
 * well as known. 1: it asked something of us; 0: it was empty. ERR_PROTOCOL:
 * nothing was taken; others: the journal failed, nothing was taken. */
int inbound_take(struct inbound *in, const struct jsn *answer, int64_t now_ms,
    struct err *e) MUST_CHECK;
