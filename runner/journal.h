/* SPDX-License-Identifier: MIT */
/*
 * What the agent must not forget: STATE/agent/journal.db (common/db, FULL).
 * A command is executed only when its move granted -> running is committed
 * here; that happens once for each cid (once an attempt when it may be rerun).
 *
 *	received -> granted -> running -> done -> acked
 *	    |          |          '-> granted	(journal_retry, journal_suspend)
 *	    |          '-> done, dropped
 *	    '-> done (rejected), dropped
 *
 * Commands of the router begin as received. Local requests (boot, schedules,
 * the command line of this machine) have no envelope, begin as granted and end
 * as acked: no router waits for their results.
 *
 * Each change is a commit of its own and durable when it returns 0, or part of
 * the batch that journal_begin opened: then it is durable when the outermost
 * journal_commit returned 0, and no effect may begin before.
 *
 *	journal_begin; journal_grant; journal_start; journal_commit
 *	... then the process is started
 */
#pragma once

#include "common/arena.h"
#include "common/db.h"
#include "common/err.h"
#include "common/jsn.h"

/* Received and granted commands that may wait; offers beyond are left with
 * the router. */
#define JOURNAL_OPEN_MAX 10000
#define JOURNAL_REASON_MAX_BYTES 1024 /* longer reasons are cut */

enum journal_state {
	JOURNAL_RECEIVED = 0,
	JOURNAL_GRANTED = 1,
	JOURNAL_RUNNING = 2,
	JOURNAL_DONE = 3, /* its result is not yet acknowledged */
	JOURNAL_ACKED = 4,
	JOURNAL_DROPPED = 5,
};
const char *journal_state_name(enum journal_state s);

struct journal;
/* Makes the file when it is not there. ERR_SYNTAX: no journal; as db_open. */
int journal_open(
    const char *path, struct journal **ret_journal, struct err *e) MUST_CHECK;
void journal_close(struct journal **j);
/* The journal belongs to this instance from now on. Another one's commands are
 * forgotten (what runs goes on, nobody waits for its result); the tags become
 * changes that its router does not have yet. */
int journal_adopt(
    struct journal *j, const char *instance, struct err *e) MUST_CHECK;
/* For tables of other files on the same connection and in the same batches
 * (their schema steps stand in journal_schema.c). */
struct db *journal_db(struct journal *j);

/* Batches nest. After a rollback anywhere inside, the outermost commit fails
 * with ERR_STATE and nothing of the batch happened. */
int journal_begin(struct journal *j, struct err *e) MUST_CHECK;
int journal_commit(struct journal *j, struct err *e) MUST_CHECK;
void journal_rollback(struct journal *j);

/* A command that comes in. */
struct journal_new {
	const char *cid;
	const char *thread;   /* NULL: default */
	struct str payload;   /* the command (wire/command.h) or, local, what
				 the queue makes of it; kept until done */
	const char *issuer;   /* operator's name, instance id; local: who */
	bool from_instance;   /* signed by an instance, not an operator */
	int64_t attempts_max; /* executions; 1: a cut run is reported */
	int64_t issued_at, not_after; /* 0 for local ones */
	int64_t now_ms;
};
/* Inserts as received. 1: new; 0: the cid was there, nothing changed.
 * ERR_LIMIT: JOURNAL_OPEN_MAX wait. */
int journal_receive(
    struct journal *j, const struct journal_new *n, struct err *e) MUST_CHECK;
/* Inserts as granted, local. ERR_EXISTS, ERR_LIMIT. */
int journal_add_local(
    struct journal *j, const struct journal_new *n, struct err *e) MUST_CHECK;
/* done with result rejected; an unknown cid is inserted (n->issued_at 0: never
 * verified, so it says nothing of replays and is forgotten soon; its payload is
 * not kept), one that is granted or beyond stays as it is. */
int journal_reject(struct journal *j, const struct journal_new *n,
    const char *reason, struct err *e) MUST_CHECK;
/* received -> granted. 1: moved; 0: was granted before or beyond.
 * ERR_ABSENT: unknown cid; ERR_STATE: it was dropped. */
int journal_grant(struct journal *j, const char *cid, struct err *e) MUST_CHECK;
/* granted -> running, attempts + 1; forgets journal_suspend's boot id. Commit
 * it before the first effect. What the router has just granted and can begin at
 * once may go from received to running in this one commit: a crash before it
 * leaves an offer that is reported, and granted, once more. ERR_ABSENT,
 * ERR_STATE. */
int journal_start(struct journal *j, const char *cid, const char *run_id,
    struct err *e) MUST_CHECK;
/* running -> granted, to be run again. ERR_STATE: not running, or attempts_max
 * executions were begun. */
int journal_retry(struct journal *j, const char *cid, struct err *e) MUST_CHECK;
/* running -> granted: the run asked for a reboot and wants to go on after it.
 * Commit it before the reboot. The entry's suspended_boot is boot_id (the
 * kernel's of now); it may start when the kernel's is another. The attempt is
 * given back; suspends are counted. ERR_STATE. */
int journal_suspend(struct journal *j, const char *cid, const char *boot_id,
    struct err *e) MUST_CHECK;

struct journal_result {
	const char *state;  /* ok, failed, interrupted or rejected */
	const char *run_id; /* may be NULL */
	const char *reason; /* may be NULL */
	int64_t updated, elapsed_ms;
	int64_t exit_status;
};
/* received, granted or running -> done (local: acked), result stored in the
 * same commit, payload forgotten. ERR_ABSENT; ERR_STATE: it has ended before.
 */
int journal_finish(struct journal *j, const char *cid,
    const struct journal_result *r, int64_t now_ms, struct err *e) MUST_CHECK;
/* done -> acked: the router has the result. Unknown or other: nothing. */
int journal_ack(struct journal *j, const char *cid, struct err *e) MUST_CHECK;
/* received or granted -> dropped. 1: dropped; 0: unknown or another state. */
int journal_drop(struct journal *j, const char *cid, int64_t now_ms,
    struct err *e) MUST_CHECK;
/* The router asks for one that has ended here: acked -> done; dropped -> done
 * as rejected, since it may have been given to another instance. 1: moved;
 * 0: unknown, local or another state. */
int journal_recall(
    struct journal *j, const char *cid, struct err *e) MUST_CHECK;

/* One entry; texts live in the arena that it was read into. */
struct journal_entry {
	int64_t place; /* order of arrival, rises */
	const char *cid, *thread, *issuer;
	enum journal_state state;
	bool local, from_instance;
	struct str payload; /* empty when done or beyond */
	int64_t attempts, attempts_max, suspends;
	int64_t issued_at, not_after;
	const char *run_id;           /* of the newest execution, or NULL */
	const char *suspended_boot;   /* or NULL */
	struct journal_result result; /* done and beyond; else state NULL */
};
/* 1 with *ret_entry, 0: unknown. */
int journal_find(struct arena *a, struct journal *j, const char *cid,
    struct journal_entry *ret_entry, struct err *e) MUST_CHECK;
/* Entries of a state with a place beyond `after`, by place, at most max. */
int journal_list(struct arena *a, struct journal *j, enum journal_state state,
    int64_t after, size_t max, struct journal_entry **ret_list, size_t *ret_len,
    struct err *e) MUST_CHECK;
int64_t journal_count(struct journal *j, enum journal_state state);

/* fabric.md 5.4: forgets acked and dropped entries that are older than 30
 * days, and 7 days past their life; the newest issued_at among them becomes
 * the floor. Local ones go after 7 days. */
int journal_prune(struct journal *j, int64_t now_ms, struct err *e) MUST_CHECK;
/* A command issued at or before this is refused: its cid may be forgotten. */
int64_t journal_floor(const struct journal *j);

/* Small things by name. get: NULL when absent; text lives in a. */
const char *journal_get(struct arena *a, struct journal *j, const char *key);
/* value NULL forgets it. */
int journal_put(struct journal *j, const char *key, const char *value,
    struct err *e) MUST_CHECK;

/*
 * Own tags: the set that the router gave last, and changes made here that it
 * does not have yet. What this instance says and shows of itself is the set
 * with the changes applied in order.
 */
enum journal_tag_op {
	JOURNAL_TAG_ADD,
	JOURNAL_TAG_SET,    /* others of the same ns:predicate go */
	JOURNAL_TAG_REMOVE, /* a tag or ns:predicate=* */
};
struct journal_tag_change {
	int64_t place;
	enum journal_tag_op op;
	const char *tag;
	int64_t ttl_ms; /* lease; 0: none */
};
#define JOURNAL_TAGS_MAX 1000
/* The tag was checked by the caller (wire/tag.h). *ret_changed: the set is
 * another one now; a change of nothing is not kept, but one with a lease is
 * (it renews it). ERR_LIMIT. */
int journal_tag_change(struct journal *j, enum journal_tag_op op,
    const char *tag, int64_t ttl_ms, bool *ret_changed,
    struct err *e) MUST_CHECK;
/* Arrays of texts, either may be NULL: remove (tags or ns:predicate=*), then
 * add or, with set, put in the place of others of the key. All or nothing.
 * ERR_INVALID: one is no tag. */
int journal_tags_change(struct journal *j, const struct jsn *add,
    const struct jsn *remove, bool set, int64_t ttl_ms, bool *ret_changed,
    struct err *e) MUST_CHECK;
/* Sorted array of texts; caller frees. */
int journal_tags(
    struct journal *j, struct jsn **ret_tags, struct err *e) MUST_CHECK;
/* Of the router's set; -1: never had one. */
int64_t journal_tags_version(const struct journal *j);
/* The changes that the router does not have, in order, at most max. */
int journal_tags_pending(struct arena *a, struct journal *j, size_t max,
    struct journal_tag_change **ret_list, size_t *ret_len,
    struct err *e) MUST_CHECK;
/* The router's set is now `tags` (array of texts), all changes up to place
 * upto (0: none) are in it. */
int journal_tags_settle(struct journal *j, const struct jsn *tags,
    int64_t version, int64_t upto, struct err *e) MUST_CHECK;
/* The router refuses the changes up to that place: they never happened. */
int journal_tags_forget(
    struct journal *j, int64_t upto, struct err *e) MUST_CHECK;
