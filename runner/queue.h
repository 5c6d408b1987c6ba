/* SPDX-License-Identifier: MIT */
/*
 * What waits to be run on this machine and what runs (RightLink 6, section
 * 2.5): one FIFO a thread, strictly one after another on a thread, threads
 * beside one another. The journal (runner/journal.h) is its memory, so nothing
 * is lost and nothing is run twice: what is granted there waits here, running
 * is committed before a process starts, the end is committed with the result.
 *
 * After a crash of the agent queue_open finds running entries: what is left of
 * their processes is ended, the run directory gets its result, and the entry
 * ends as interrupted - or, when it may be rerun, waits again at its place.
 *
 * The queue is inactive until queue_activate (the state leaves booting); boot
 * and decommission orders run all the same.
 */
#pragma once

#include "common/clock.h"
#include "common/loop.h"
#include "runner/journal.h"
#include "runner/order.h"
#include "wire/api.h"

struct queue;

struct queue_end {
	const char *cid, *run_id;
	bool local; /* no router waits for it */
	enum order_kind kind;
	enum delivery_state state; /* ok, failed, interrupted, rejected */
	const char *status;        /* completed, failed, crashed, refused,
				      stopped */
	const char *reason;        /* or NULL */
	int64_t updated, total, elapsed_ms, exit_status;
};

/* Called from the loop, never from within a call to the queue; the journal
 * says so already. */
struct queue_events {
	void *arg;
	/* The journal says running; the run's directory will have this id. */
	void (*on_started)(const char *cid, const char *run_id, void *arg);
	void (*on_ended)(const struct queue_end *end, void *arg);
};

enum queue_place {
	QUEUE_UNKNOWN,
	QUEUE_WAITING,
	QUEUE_RUNNING,
	QUEUE_ENDED,
};

/* An order of this machine, made durable by journal_add_local: 0 and its run
 * id. ERR_EXISTS (known cid), ERR_INVALID, ERR_LIMIT, ERR_STATE (closed). */
int queue_add(struct queue *q, const struct run_order *order,
    char ret_run_id[ULID_TEXT_BYTES], struct err *e) MUST_CHECK;
/* The journal's entry `cid` is granted: it waits from now on. Known: nothing.
 * An entry whose payload makes no order ends as rejected. */
int queue_take(struct queue *q, const char *cid, struct err *e) MUST_CHECK;
/* Takes a waiting one out (it ends as interrupted) or stops a running one
 * with its whole tree; on_ended follows. By cid or run id. */
enum queue_place queue_stop(
    struct queue *q, const char *id, const char *reason);
enum queue_place queue_find(struct queue *q, const char *id);
