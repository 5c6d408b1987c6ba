/* SPDX-License-Identifier: MIT */
/* Inside the queue: entries, threads, and how a run's end is judged. */
#pragma once

#include "runner/attempt.h"
#include "runner/places.h"
#include "runner/queue.h"

struct queue_thread;

enum entry_stage {
	ENTRY_WAITING,
	ENTRY_RUNNING,
	ENTRY_LEFT, /* ran when the agent ended; its processes may live */
};

struct queue_entry {
	struct queue_entry *next;
	struct queue_thread *thread;
	enum entry_stage stage;
	struct arena *arena; /* owns the texts of order */
	struct jsn *frame;   /* owns its values */
	struct run_order order;
	char run_id[ULID_TEXT_BYTES]; /* "": not chosen yet */
	bool local;
	bool granted; /* the journal says so; else it is to begin at once */
	int64_t place, since_ms;
	char *suspended_boot; /* may start when the boot id is another */
	struct attempt *attempt;
	char *stop_reason;
	struct queue *queue;
};

struct queue_thread {
	struct queue_thread *next;
	char name[ORDER_THREAD_MAX_BYTES + 1];
	struct queue_entry *entries; /* by place; one may run */
	int64_t left_deadline_ms;    /* 0: nothing is left of a former agent */
};

struct queue {
	struct queue_options o;
	struct run_groups *groups;
	struct queue_thread *threads;
	size_t len;
	bool active, shut;
	struct loop_watch *pump, *clearing;
	struct queue_ended *ended; /* to be told */
};

/* An end that waits to be told from the loop. */
struct queue_ended {
	struct queue_ended *next;
	struct queue_end end;
	char *cid, *run_id, *status, *reason, *policy;
	struct jsn *missing;
};

/* A perform that lost its agent has so long to stop its run. */
#define QUEUE_LEFT_MS 20000

/* runner/queue.c */
bool entry_may_start(const struct queue_entry *entry);
/* Boot and decommission: also while the queue is inactive or shut. */
bool order_is_always_on(enum order_kind kind);
/* 1: the journal's entry waits here now; one that makes no order ends as
 * rejected. */
int queue_take_entry(
    struct queue *q, const struct journal_entry *j, struct err *e) MUST_CHECK;
/* runner/queue_left.c: a loop callback */
void queue_clear_left(void *queue);
/* runner/queue_entry.c */
/* A journal entry as one that waits. ERR_INVALID, ERR_SYNTAX, ERR_PROTOCOL. */
int entry_from_journal(const struct journal_entry *j, struct queue_entry **ret,
    struct err *e) MUST_CHECK;
void entry_free(struct queue_entry **entry);
/* Puts it into its thread by place. */
void entry_insert(struct queue *q, struct queue_entry *entry);
/* Takes it out of its thread (the caller frees). */
void entry_remove(struct queue_entry *entry);
struct queue_entry *entry_find(const struct queue *q, const char *id);

/* runner/queue_end.c */
/* How a run ended, from what perform told. */
void end_from_frame(const struct queue_entry *entry, const struct jsn *told,
    struct queue_end *ret_end);
/* The same from its directory, for one that could not tell any more: the
 * result that it wrote, else one is written that says `reason`. Texts live in
 * the arena. */
void end_from_disk(const struct queue_entry *entry, const char *reason,
    struct arena *arena, struct queue_end *ret_end);
/* Commits the end (or that it waits again), takes the entry out or leaves it
 * waiting, and queues the telling. */
void entry_end(struct queue_entry *entry, const struct queue_end *end);
/* Ends one that never ran. */
void entry_end_unrun(struct queue_entry *entry, enum delivery_state state,
    const char *status, const char *reason);
void queue_tell_ended(struct queue *q);
