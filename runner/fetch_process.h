/* SPDX-License-Identifier: MIT */
/*
 * One request to a fetch process of its own, outside of a run: the process
 * that alone touches what comes from outside. Beside the loop, or waited for.
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "common/loop.h"
#include "runner/places.h"

#define FETCH_PROCESS_TIMEOUT_MS ((int64_t)30 * 60 * 1000)

struct fetch_process;

struct fetch_process_spec {
	const struct places *places;
	const struct jsn *request; /* a frame; used during the start */
	/* Frame event source_fetched; borrowed. NULL: not wanted. */
	void (*on_event)(const struct jsn *event, void *arg);
	/* Once, from the loop; the process is gone then. rc 0: the result's
	 * frame, checked, borrowed. Else the code that fetch told, or ERR_EXIT,
	 * ERR_TIMEOUT, ERR_PROTOCOL. */
	void (*done)(
	    int rc, struct jsn *result, const struct err *e, void *arg);
	void *arg;
};
int fetch_process_start(struct loop *l, const struct fetch_process_spec *spec,
    struct fetch_process **ret_process, struct err *e) MUST_CHECK;
/* Kills it; done is not called. */
void fetch_process_drop(struct fetch_process **p);
/* Starts it and waits; spec's done is not used. Caller frees the result. */
int fetch_process_run(const struct fetch_process_spec *spec,
    struct jsn **ret_result, struct err *e) MUST_CHECK;
