/* SPDX-License-Identifier: MIT */
/*
 * One run and its durable directory STATE/runs/ULID/:
 *
 *	run.json	what was asked, written before anything happens
 *	runspec.json	what the cook was told (secrets left out)
 *	events.jsonl	one complete line an event, in order
 *	audit.txt	the same for people, with the output of children
 *	upload.json	the router does not have all of it yet
 *	result.json	how it ended, written atomically at the end
 *	work/		scratch of the run's scripts
 *
 * A run without result.json was cut short; run_recover gives it one. All text
 * passes the mask before it is written or shown. Events are synced to disk in
 * batches and at every section and failure.
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "common/secret.h"
#include "runner/places.h"
#include "runner/term.h"

enum run_status {
	RUN_COMPLETED,
	RUN_FAILED,
	RUN_CRASHED, /* a process of ours died, or we could not keep record */
};

#define RUN_UPLOAD "upload.json"

struct run;

struct run_start {
	const struct places *places;
	const struct mask *mask; /* outlives the run */
	struct term *term;
	const char *run_id; /* NULL: a new one */
	const char *kind;   /* boot, operational, remote, ... */
	const char *bundle_name, *bundle_version, *bundle_dir;
	struct jsn *executables; /* array of names; borrowed */
	const char *request_id;  /* remote: the request, or NULL */
	bool upload;             /* its record goes to the router */
	/* The files grew; NULL: nobody wants to know. */
	void (*on_growth)(void *arg);
	void *arg;
};

int run_open(const struct run_start *start, struct run **ret_run,
    struct err *e) MUST_CHECK;
/* Ends it as crashed when it was not finished. */
void run_close(struct run **r);
/* Another mask (which outlives the run) from now on; between children only. */
void run_use_mask(struct run *r, const struct mask *mask);
const char *run_id(const struct run *r);
const char *run_dir(const struct run *r); /* absolute */
/* Records an event and frees it. A wrong event becomes a warning_issued. */
void run_event(struct run *r, struct jsn *event);
/* event with one text field; for the short ones. */
void run_warn(struct run *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Output of a child: audit and terminal. stream 1 or 2 of the cook, 3 for a
 * script, 4 for packages: each is masked as a stream of its own. */
void run_output(struct run *r, int stream, struct str chunk);
void run_output_end(struct run *r, int stream);
#define RUN_STREAMS 5
/* Writes NAME in the run's directory (run.json and result.json: durably),
 * masked, without a frame's "type". */
int run_write(struct run *r, const char *name, const struct jsn *value,
    struct err *e) MUST_CHECK;
/* result.json will say so: "interrupted": true. */
void run_note_interrupted(struct run *r);
/* The first failure, one line; NULL when there was none. */
const char *run_failure(const struct run *r);
/* Remembers the first failure (masked). */
void run_fail(struct run *r, const char *text);
/* The same for a cause that made others fail first: what they said follows
 * it. "interrupted by SIGTERM: execute[sleep 9]: SIGTERM" */
void run_fail_by(struct run *r, const char *cause);
/* 0, or the error that keeps us from recording (a full disk). */
int run_journal_error(const struct run *r, struct err *e) MUST_CHECK;
/* run_finished event and result.json. state is the instance's, exit_status
 * what the program will end with. */
int run_finish(struct run *r, enum run_status status, const char *state,
    int exit_status, struct err *e) MUST_CHECK;
size_t run_updated(const struct run *r);
size_t run_total(const struct run *r);
/* Lengths of audit.txt and events.jsonl. */
void run_lengths(const struct run *r, int64_t *ret_text, int64_t *ret_events);
int64_t run_elapsed_ms(const struct run *r); /* until now */
const char *run_status_name(enum run_status status);
/* What the reason of a run begins with that its time limit ended. */
#define RUN_TIME_LIMIT "the run took longer than its time limit"
/* Did its time limit end it? */
bool run_is_timed_out(const struct run *r);
/* Gives the run `id` a result.json that says crashed, if it has none; reason
 * NULL: the agent ended while the run went on. */
int run_recover(const struct places *p, const char *id, const char *reason,
    struct err *e) MUST_CHECK;
/* The record of a run that never began, or died before it had a directory. */
struct run_unbegun {
	const char *run_id, *kind, *request_id, *reason;
	const struct jsn *executables; /* array or NULL */
	bool crashed;
};
int run_record_unbegun(const struct places *p, const struct run_unbegun *u,
    struct err *e) MUST_CHECK;
/* Removes the oldest run directories until `keep` are left; those that go on
 * and those that the router does not have yet (upload.json) stay. */
#define RUNS_KEPT 200
int run_prune(const struct places *p, size_t keep, struct err *e) MUST_CHECK;
