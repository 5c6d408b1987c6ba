/* SPDX-License-Identifier: MIT */
/*
 * What the agent has to say to the router with its next poll. The journal is
 * the memory of offers and results; the outbox knows which of them were said
 * already, so that each goes up once and at once, and again only when the poll
 * that carried it failed or no answer to it came for a while.
 *
 *	1. outbox_add when something happens, outbox_load at the start
 *	2. outbox_compose into the body of poll n; n counts up
 *	3. outbox_answered(n), or outbox_failed(n): it is to be said again
 *	4. outbox_settle when the router answered to it (grant, drop, ack)
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "runner/journal.h"

enum outbox_kind {
	OUTBOX_RECEIVED, /* an offer was journaled: said until settled */
	OUTBOX_RESULT,   /* a command ended: said until settled */
	OUTBOX_STATE,    /* a run began: said once */
	OUTBOX_UNKNOWN,  /* granted or dropped, not in the journal: once */
	OUTBOX_REPLY,    /* answer to a live request: once, or lost */
};
#define OUTBOX_REPLIES_MAX 64
#define OUTBOX_REPLY_MAX_BYTES ((size_t)128 << 10)
/* In one poll. */
#define OUTBOX_RECEIVED_MAX 1000
#define OUTBOX_RESULTS_MAX 200
#define OUTBOX_AGAIN_MS 30000

struct outbox;

struct outbox *outbox_new(struct journal *j);
void outbox_free(struct outbox **o);
/* Everything that the journal has for the router, to be said. */
int outbox_load(struct outbox *o, struct err *e) MUST_CHECK;
/* To be said with the next poll, also when it was said before. run_id is of a
 * state, or NULL. */
void outbox_add(struct outbox *o, enum outbox_kind kind, const char *cid,
    const char *run_id);
/* Answer to a live request; body is taken over. One more than
 * OUTBOX_REPLIES_MAX, or a long one, is dropped. */
void outbox_reply(struct outbox *o, const char *rid, struct jsn *body);
/* The router has answered to it. */
void outbox_settle(struct outbox *o, enum outbox_kind kind, const char *cid);
bool outbox_has_news(const struct outbox *o);
/* received, states, results, unknown, replies of route poll. What does not
 * fit stays for the next one. */
int outbox_compose(
    struct outbox *o, int64_t poll, struct jsn *body, struct err *e) MUST_CHECK;
void outbox_answered(struct outbox *o, int64_t poll, int64_t mono_ms);
void outbox_failed(struct outbox *o, int64_t poll);
/* What was said OUTBOX_AGAIN_MS ago and not settled is to be said again. */
void outbox_remind(struct outbox *o, int64_t mono_ms);
