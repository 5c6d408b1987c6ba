/* SPDX-License-Identifier: MIT */
/*
 * Looking after commands until they have ended on every node: one line a node
 * as it ends, output as it comes when that is wanted, a progress line, and
 * what Ctrl-C means.
 *
 *	w = watch_new(op, ...)
 *	watch_add(w, cid) for each command of a batch
 *	watch_run(w) until they have ended, or something else happened
 *	... the next batch
 *	watch_results(w)
 */
#pragma once

#include "runner/operator.h"
#include "runner/operator_results.h"

struct watch;

struct watch_options {
	size_t name_width;     /* of the lines */
	size_t expected;       /* nodes of all batches, for progress */
	bool follow;           /* print output as it comes */
	bool prefixed;         /* with the node's name in front */
	bool quiet;            /* no line of a node that is ok */
	bool only_looks;       /* Ctrl-C just leaves */
	int64_t wait_limit_ms; /* from now; -1: none */
};

enum watch_end {
	WATCH_ENDED,    /* every delivery is terminal */
	WATCH_DETACHED, /* by a signal, or a person's wish */
	WATCH_LATE,     /* wait_limit_ms have passed */
};

struct watch *watch_new(struct operation *op, const struct watch_options *o);
void watch_free(struct watch **w);
void watch_add(struct watch *w, const char *cid);
/* Blocks. Repeated failures of the router are waited out; ERR_ABSENT,
 * ERR_DIGEST and the like are told. */
int watch_run(
    struct watch *w, enum watch_end *ret_end, struct err *e) MUST_CHECK;
/* A rest between batches; false: it was cut short (see watch_run's ends). */
int watch_rest(struct watch *w, int64_t ms, enum watch_end *ret_end,
    struct err *e) MUST_CHECK;

/* Deliveries so far, in the order they were seen; valid until the watch goes
 * on. */
const struct jsn *const *watch_results(const struct watch *w, size_t *ret_len);
bool watch_was_cancelled(const struct watch *w);
int watch_signal(const struct watch *w); /* that ended it, or 0 */
