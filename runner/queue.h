/* SPDX-License-Identifier: MIT */
/*
 * What waits to be run on this machine and what runs (RightLink 6, section
 * 2.5): one FIFO a thread, strictly one after another on a thread, threads
 * beside one another. An order is a row of the journal's database from
 * queue_add until its end was taken over, so nothing is lost and nothing is
 * run twice:
 *
 *	waiting -> running (committed before perform starts) -> ended
 *	    (committed with the result) -> told (on_ended returned 0)
 *
 * After a crash of the agent queue_open finds running rows: their processes
 * are ended, the run gets its result, and the end is interrupted - or, when
 * the order says rerun and has attempts left, it waits again at the front.
 * Ended rows that were not told are told again by queue_start.
 *
 * The queue is inactive until queue_activate (the state leaves booting); boot
 * and decommission orders run all the same.
 */
#pragma once

#include "common/clock.h"
#include "common/db.h"
#include "common/loop.h"
#include "runner/order.h"
#include "wire/api.h"

#define QUEUE_MAX 10000

struct queue;

/* One step of the schema of the journal's database. */
extern const char queue_schema_sql[];

struct queue_end {
	const char *cid, *run_id;
	enum order_kind kind;
	enum delivery_state state; /* ok, failed, interrupted, rejected */
	const char *status;        /* completed, failed, crashed, ... */
	const char *reason;        /* or NULL */
	int64_t updated, total, elapsed_ms, exit_status;
};

struct queue_events {
	void *arg;
	/* The row says running; the run's directory will have this id. */
	void (*on_started)(const char *cid, const char *run_id, void *arg);
	/* 0: taken over durably, the queue forgets it. Negative: told again at
	 * the next start. May be called for a cid that was told before. */
	int (*on_ended)(const struct queue_end *end, void *arg, struct err *e);
};

enum queue_place {
	QUEUE_UNKNOWN,
	QUEUE_WAITING,
	QUEUE_RUNNING,
	QUEUE_ENDED,
};

/* Makes the order durable: 0 and its run id in ret_run_id. ERR_EXISTS (the
 * cid is known: nothing was done, ret_run_id is that of the first),
 * ERR_INVALID, ERR_LIMIT (QUEUE_MAX wait), ERR_STATE (decommissioning). */
int queue_add(struct queue *q, const struct run_order *order,
    char ret_run_id[ULID_TEXT_BYTES], struct err *e) MUST_CHECK;
/* Takes a waiting one out (it ends as interrupted) or stops a running one
 * with its whole tree; on_ended follows. By cid or run id. */
int queue_stop(struct queue *q, const char *id, const char *reason,
    enum queue_place *ret_was, struct err *e) MUST_CHECK;
enum queue_place queue_find(const struct queue *q, const char *id);
