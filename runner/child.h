/* SPDX-License-Identifier: MIT */
/*
 * A child process beside the event loop: its output goes into the run, its
 * frames to a callback, its end is told once. The child frees itself after
 * on_end; nobody keeps the pointer then.
 */
#pragma once

#include <sys/types.h>

#include "common/err.h"
#include "common/jsn.h"
#include "common/loop.h"
#include "runner/run.h"

struct child;

struct child_end {
	int status, signal; /* as struct proc_result */
	bool timed_out, stopped;
	int64_t elapsed_ms;
	struct err frames; /* what was wrong with its frames; code 0: nothing */
};

struct child_spec {
	const char *const *argv, *const *env;
	const char *cwd;
	int out_stream, err_stream;    /* of run_output; err 0: as out */
	const struct jsn *first_frame; /* NULL: no descriptor 3 */
	int64_t timeout_ms;            /* 0: none */
	bool whole_tree; /* a time-out or stop also ends escaped descendants */
	void (*on_frame)(struct jsn *frame, void *arg); /* borrowed frame */
	/* Its output when there is no run; NULL: it is dropped. */
	void (*on_output)(struct str chunk, void *arg);
	void (*on_end)(const struct child_end *end, void *arg);
	void *arg;
};

/* r NULL: on_output. */
int child_start(struct loop *l, struct run *r, const struct child_spec *spec,
    struct child **ret_child, struct err *e) MUST_CHECK;
/* TERM now, KILL after a grace; on_end follows. */
void child_stop(struct child *c);
/* Kills and reaps it now; on_end is not called. */
void child_drop(struct child **c);
/* An end in words: "exit status 3", "killed by signal 9 (SIGKILL)". */
void child_end_text(const struct child_end *end, struct buf *out);
