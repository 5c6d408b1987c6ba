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
				      stopped; suspended: it goes on after a
				      reboot; again: it waits to be rerun */
	const char *reason;        /* or NULL */
	int64_t updated, total, elapsed_ms, exit_status;
	const struct jsn *missing_inputs; /* array, or NULL */
	const char *policy;               /* or NULL */
	int64_t audit_period_ms;
	bool why_run;
};

/* Called from the loop, never from within a call to the queue; the journal
 * says so already. on_ended with status suspended or again is no end: the
 * entry is granted still. */
struct queue_events {
	void *arg;
	/* The journal says running; the run's directory will have this id. */
	void (*on_started)(const char *cid, const char *run_id, void *arg);
	void (*on_ended)(const struct queue_end *end, void *arg);
};

/* What the queue needs of the one who owns it. */
struct queue_hooks {
	void *arg;
	/* Fills what is set when a run starts; texts stay valid until the run
	 * has ended. ERR_STATE: not now (queue_pump, later). Other errors end
	 * the entry as failed. */
	int (*prepare)(struct run_order *o, void *arg, struct err *e);
	/* A frame of perform but run_ended. */
	void (*on_frame)(
	    const struct run_order *o, const struct jsn *frame, void *arg);
};

struct queue_options {
	struct loop *loop;
	struct journal *journal;
	const struct places *places;
	struct queue_events events;
	struct queue_hooks hooks;
};

enum queue_place {
	QUEUE_UNKNOWN,
	QUEUE_WAITING,
	QUEUE_RUNNING,
	QUEUE_ENDED,
};

/* Reads the journal; what was running when the agent ended is cleared up from
 * the loop, thread by thread, before anything new starts there. */
int queue_open(const struct queue_options *o, struct queue **ret_queue,
    struct err *e) MUST_CHECK;
/* Running runs are killed; they are found interrupted by the next
 * queue_open. */
void queue_close(struct queue **q);

/* An order of this machine, made durable by journal_add_local: 0 and its run
 * id. ERR_EXISTS (known cid), ERR_INVALID, ERR_LIMIT, ERR_STATE (shut). */
int queue_add(struct queue *q, const struct run_order *order,
    char ret_run_id[ULID_TEXT_BYTES], struct err *e) MUST_CHECK;
/* The router granted the journal's entry `cid`: it begins at once, or waits
 * from now on and is granted in the journal, too. Known: nothing.
 * An entry whose payload makes no order ends as rejected. */
int queue_take(struct queue *q, const char *cid, struct err *e) MUST_CHECK;
/* Takes a waiting one out (it ends as interrupted) or stops a running one
 * with its whole tree; on_ended follows. By cid or run id. */
enum queue_place queue_stop(
    struct queue *q, const char *id, const char *reason);
enum queue_place queue_find(struct queue *q, const char *id);

/* Orders but boot and decommission run only while it is active. */
void queue_activate(struct queue *q, bool active);
/* Tries to start what waits, from the loop: when prepare may succeed now. */
void queue_pump(struct queue *q);
/* Takes nothing new but decommission orders; what waits ends as interrupted
 * with the reason. */
void queue_shut(struct queue *q, const char *reason);
void queue_open_again(struct queue *q);
/* What waits, but boot and decommission, ends as interrupted. */
void queue_skip(struct queue *q, const char *reason);
/* Stops what runs, but orders of the kind `spared` (-1: none). */
void queue_stop_all(struct queue *q, int spared, const char *reason);
/* Nothing runs and nothing that may start waits. */
bool queue_is_idle(const struct queue *q);
/* Nothing runs. */
bool queue_is_quiet(const struct queue *q);
/* Does an order of this kind run, or (also_waiting) wait? */
bool queue_has(const struct queue *q, enum order_kind kind, bool also_waiting);
/* Is what a former agent left running of this kind still being settled? */
bool queue_has_left(const struct queue *q, enum order_kind kind);
/* Orders that come first on this thread. */
size_t queue_ahead(const struct queue *q, const char *thread);

struct queue_item {
	const char *cid, *run_id, *thread; /* run_id NULL: not chosen yet */
	enum order_kind kind;
	const struct jsn *executables; /* array or NULL */
	bool running;
	int64_t since_ms; /* queued or started, wall clock */
};
/* Running ones first, then waiting ones in their order. */
void queue_each(const struct queue *q,
    void (*each)(const struct queue_item *item, void *arg), void *arg);
