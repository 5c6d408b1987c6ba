/* SPDX-License-Identifier: MIT */
/*
 * One perform process as the agent sees it: started with an order, listened
 * to, stopped, reaped. However it ends, nothing that it was to stop lives on.
 * The attempt frees itself after on_end; nobody keeps the pointer then.
 */
#pragma once

#include "common/buf.h"
#include "common/loop.h"
#include "runner/order.h"
#include "runner/places.h"
#include "runner/run_group.h"

struct attempt;

struct attempt_end {
	const struct jsn *told; /* frame run_ended; NULL: it crashed */
	int status, signal;     /* as struct proc_result */
};

struct attempt_spec {
	struct loop *loop;
	const struct places *places;
	const struct run_groups *groups;
	const struct run_order *order; /* complete; used during the start */
	/* A checked frame but run_ended; borrowed. */
	void (*on_frame)(const struct jsn *frame, void *arg);
	void (*on_end)(const struct attempt_end *end, void *arg);
	void *arg;
};

int attempt_start(const struct attempt_spec *spec, struct attempt **ret_attempt,
    struct err *e) MUST_CHECK;
/* Asks it to stop its run; killed with all that it started after a grace. */
void attempt_stop(struct attempt *a, const char *reason);
/* Ends it and its run now, without on_end: the agent itself is to end and
 * cannot wait. */
void attempt_drop(struct attempt **a);
/* The crash in words: "perform was killed by signal 9 (SIGKILL)". */
void attempt_crash_text(const struct attempt_end *end, struct buf *out);
