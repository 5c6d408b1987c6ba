/* SPDX-License-Identifier: MIT */
/*
 * What the router must not forget, behind operations that say what is meant
 * (an implementation on SQLite: router/store_*.c; one on PostgreSQL may stand
 * beside it). The tables are docs/router.md's.
 *
 * Changes are jobs (router/store_jobs.h): they are queued, done in order of
 * arrival by a writer thread, many in one transaction (group commit: all that
 * wait, at most 1,000), and told to `done` after the commit that contains
 * them, on the thread that asked. No job's failure undoes another's. Audits
 * have a file and a writer of their own, so that output cannot hold up
 * commands.
 *
 *	struct store_job *j = store_job_new(STORE_tag_change, thread, done, x);
 *	j->tag_change = (struct store_tag_change){ .id = ..., ... };
 *	store_submit(s, j);
 *	...
 *	done(j): look at j->rc, j->err, the results; store_job_free(&j)
 *
 * Texts that a job is given must live until `done`: in the job's arena, best.
 *
 * Reads are answered at once, from a connection of the calling thread:
 * `thread` is exchange_thread(x), or store_spare_thread(s) for the one thread
 * that is none of httpd's. What they return lives in the arena. They see every
 * change whose `done` has run.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"
#include "wire/api.h"
#include "wire/command.h"

struct store;
struct store_job;

#define STORE_ID_BYTES 40    /* instance, command, audit ids and NUL */
#define STORE_NAME_BYTES 256 /* names and NUL */
#define STORE_TAGS_MAX 1000  /* tags of one instance */
#define STORE_SPACE_MIN_BYTES ((int64_t)64 << 20)

/* What a commit changed, for whoever waits: instances that have news at their
 * next poll (offers, cancels, other tags, another bundle), commands and audits
 * that moved, the newest event. */
struct store_changes {
	const char *const *ids, *const *cids, *const *aids;
	size_t ids_len, cids_len, aids_len;
	int64_t event_seq; /* 0: no new event */
	bool sweep;        /* store_next_deadline may be sooner now */
};

struct store_options {
	const char *directory; /* holds core.db and audit.db */
	int threads;           /* I/O threads */
	/* Free space below which commands, bundles and audits are refused
	 * (ERR_LIMIT, sys ENOSPC); results and grants go on. 0:
	 * STORE_SPACE_MIN_BYTES. */
	int64_t space_min_bytes;
	/* Runs fn(arg) on an I/O thread; NULL: right on the writer's. */
	void (*post)(int thread, void (*fn)(void *), void *arg, void *ctx);
	/* Is an instance online now? Called by the writer. NULL: none is. */
	bool (*online)(const char *id, void *ctx);
	/* After each commit, on the writer's thread, before the jobs' done. */
	void (*changed)(const struct store_changes *c, void *ctx);
	void *ctx;
};

int store_open(const struct store_options *o, struct store **ret_store,
    struct err *e) MUST_CHECK;
/* Does what is queued and ends the writers; reads go on, jobs that come later
 * are told ERR_CLOSED. */
void store_finish(struct store *s);
/* Finishes and closes. */
void store_close(struct store **s);
int store_spare_thread(const struct store *s);
/* Is there room for new work? ERR_LIMIT. */
int store_check_space(struct store *s, struct err *e) MUST_CHECK;
/* Copies both files to directory while they are in use. */
int store_backup(
    struct store *s, const char *directory, struct err *e) MUST_CHECK;

/* Queues; the job is the store's until done. */
void store_submit(struct store *s, struct store_job *j);
/* Queues and waits: start-up, command line, tests. Returns j->rc. */
int store_do(struct store *s, struct store_job *j) MUST_CHECK;

/* A page of a list: `next` is the cursor of the next call, or NULL. */
struct store_page {
	size_t limit;       /* 0: 1000 */
	const char *cursor; /* NULL: from the beginning; ERR_INVALID when it is
			       none of ours */
};

/* --- instances --------------------------------------------------------- */

struct store_instance {
	const char *id, *name, *deployment, *state, *public_key;
	const char *bundle, *version, *facts; /* may be NULL; facts: JSON */
	int64_t created, last_seen;
	int64_t revoked_at, cloned_at; /* 0: not */
	int64_t pending;               /* open deliveries */
	int64_t tag_version;
};
/* ERR_ABSENT. public_key is base64. */
int store_instance_find(struct store *s, int thread, struct arena *a,
    const char *id, struct store_instance *ret, struct err *e) MUST_CHECK;
int store_instance_find_key(struct store *s, int thread, struct arena *a,
    const char *public_key, struct store_instance *ret,
    struct err *e) MUST_CHECK;
/* By id, else by name. ERR_ABSENT; ERR_STATE: several have this name. */
int store_instance_resolve(struct store *s, int thread, struct arena *a,
    const char *id_or_name, struct store_instance *ret,
    struct err *e) MUST_CHECK;

/* What a poll compares: small and quick. ERR_ABSENT. */
struct store_instance_status {
	int64_t tag_version;
	const char *bundle; /* may be NULL */
	bool revoked, cloned;
};
int store_instance_status(struct store *s, int thread, struct arena *a,
    const char *id, struct store_instance_status *ret,
    struct err *e) MUST_CHECK;

struct store_instance_list {
	struct store_instance *items;
	size_t len;
	const char *next;
};
typedef bool (*store_instance_fn)(const struct store_instance *i, void *arg);
/* By name; deployment and want (called for each) may be NULL. */
int store_instance_list(struct store *s, int thread, struct arena *a,
    const char *deployment, store_instance_fn want, void *arg,
    const struct store_page *page, struct store_instance_list *ret,
    struct err *e) MUST_CHECK;

/* --- tokens ------------------------------------------------------------ */

struct store_enroll_token {
	const char *id, *deployment, *bundle; /* bundle may be NULL */
	int64_t uses_left, expires_at, created;
};
struct store_enroll_token_list {
	struct store_enroll_token *items;
	size_t len;
};
/* Those that still work at `now`, newest first. */
int store_enroll_token_list(struct store *s, int thread, struct arena *a,
    int64_t now, struct store_enroll_token_list *ret, struct err *e) MUST_CHECK;

/* An operator's API token; only its SHA-256 (hex) is stored. */
struct store_operator {
	const char *name, *scopes;   /* scopes: "read|run|..." */
	int64_t created, expires_at; /* 0: never */
};
struct store_operator_list {
	struct store_operator *items;
	size_t len;
};
/* ERR_ABSENT; ends are the caller's to compare. */
int store_operator_find(struct store *s, int thread, struct arena *a,
    const char *sha256, struct store_operator *ret, struct err *e) MUST_CHECK;
int store_operator_list(struct store *s, int thread, struct arena *a,
    struct store_operator_list *ret, struct err *e) MUST_CHECK;

/* Things that are used once, in memory: nonces of enrolment, ids of client
 * assertions. Any thread. */
void store_nonce_new(struct store *s, int64_t ttl_ms, struct buf *out);
/* True once for each nonce that store_nonce_new made, while it lasts. */
bool store_nonce_use(struct store *s, const char *nonce);
/* True the first time this text comes, remembered until `until` (ms). */
bool store_once(struct store *s, const char *text, int64_t until);

/* --- tags -------------------------------------------------------------- */

struct store_tags {
	const char **items; /* sorted */
	size_t len;
	int64_t version;
};
/* No such instance: no tags, version 0. */
int store_tags_of(struct store *s, int thread, struct arena *a, const char *id,
    struct store_tags *ret, struct err *e) MUST_CHECK;

struct store_tag_query {
	const struct tag_query *tags; /* len 0: by ids alone */
	const char *deployment;       /* NULL: all */
	const char *const *ids;       /* ids_len 0: all */
	size_t ids_len;
	bool online_only;
};
struct store_tagged {
	const char *id, *name;
	struct store_tags tags;
};
struct store_tagged_list {
	struct store_tagged *items; /* by id */
	size_t len;
	const char *next;
};
/* Revoked and cloned instances do not answer. */
int store_tag_query(struct store *s, int thread, struct arena *a,
    const struct store_tag_query *q, const struct store_page *page,
    struct store_tagged_list *ret, struct err *e) MUST_CHECK;

/* --- commands and deliveries ------------------------------------------- */

struct store_count {
	enum delivery_state state;
	int64_t n;
};
struct store_command {
	const char *cid, *kind, *name, *issuer; /* name may be NULL */
	const char *deployment; /* whose command: NULL an operator's */
	int64_t seq, created, not_after, cancelled_at, rev;
	int64_t matched; /* deliveries but the revoked ones */
	struct store_count counts[16];
	size_t counts_len;
	bool waiting; /* any: nobody matches yet */
	bool done;
};
int store_command_find(struct store *s, int thread, struct arena *a,
    const char *cid, struct store_command *ret, struct err *e) MUST_CHECK;
/* Its rev and whether it is done alone; ERR_ABSENT. */
int store_command_rev(struct store *s, int thread, const char *cid,
    int64_t *ret_rev, bool *ret_done, struct err *e) MUST_CHECK;
/* Does an instance take part in a command: issuer or receiver? */
int store_command_concerns(struct store *s, int thread, const char *cid,
    const char *id, bool *ret_concerns, struct err *e) MUST_CHECK;

struct store_command_list {
	struct store_command *items;
	size_t len;
	const char *next;
};
/* Newest first. */
int store_command_list(struct store *s, int thread, struct arena *a,
    const struct store_page *page, struct store_command_list *ret,
    struct err *e) MUST_CHECK;

struct store_delivery {
	const char *id, *name, *run_id, *reason; /* the last two may be NULL */
	enum delivery_state state;
	bool stopping; /* an operator wants the granted one stopped */
	int64_t seq, updated, elapsed_ms, exit_status; /* -1: not told */
	int64_t ended_at;                              /* 0: open */
};
struct store_delivery_list {
	struct store_delivery *items;
	size_t len;
	const char *next;
	int64_t rev;
	bool done;
};
/* By instance. ERR_ABSENT: no such command. */
int store_delivery_list(struct store *s, int thread, struct arena *a,
    const char *cid, const struct store_page *page,
    struct store_delivery_list *ret, struct err *e) MUST_CHECK;

/* What an instance has to be told: open deliveries that are to be offered
 * (queued or offered, seq over after, with envelope) and those that are to be
 * stopped. */
struct store_offer {
	const char *cid, *envelope; /* JSON */
	int64_t seq;
};
struct store_pending {
	struct store_offer *offers; /* in order of seq */
	size_t offers_len;
	bool more;        /* offers beyond the limits wait */
	bool unconfirmed; /* some up to `after` still wait for `received` */
	const char **cancels;
	size_t cancels_len;
};
int store_pending(struct store *s, int thread, struct arena *a, const char *id,
    int64_t after, size_t limit, struct store_pending *ret,
    struct err *e) MUST_CHECK;

/* --- audits ------------------------------------------------------------ */

enum store_part {
	STORE_PART_TEXT,
	STORE_PART_EVENTS,
	STORE_PARTS,
};
struct store_audit {
	const char *aid, *id, *kind, *summary, *status;
	const char *cid, *reason;     /* may be NULL */
	int64_t started_at, ended_at; /* 0: not told */
	int64_t updated;              /* -1: not told */
	int64_t bytes[STORE_PARTS];
	bool closed;
};
int store_audit_find(struct store *s, int thread, struct arena *a,
    const char *aid, struct store_audit *ret, struct err *e) MUST_CHECK;
struct store_audit_filter {
	const char *id, *cid, *status; /* each may be NULL */
};
struct store_audit_list {
	struct store_audit *items;
	size_t len;
	const char *next;
};
/* Newest first. */
int store_audit_list(struct store *s, int thread, struct arena *a,
    const struct store_audit_filter *f, const struct store_page *page,
    struct store_audit_list *ret, struct err *e) MUST_CHECK;
/* Bytes of a part from offset on, at most max_bytes; the part's length and
 * whether it will grow. ERR_ABSENT. */
int store_audit_read(struct store *s, int thread, const char *aid,
    enum store_part part, int64_t offset, size_t max_bytes, struct buf *out,
    int64_t *ret_length, bool *ret_closed, struct err *e) MUST_CHECK;

/* --- bundles and artefacts --------------------------------------------- */

struct store_bundle {
	const char *name, *version, *sha256, *envelope; /* version may be NULL;
						envelope: JSON */
	int64_t serial, bytes, pushed_at;
};
struct store_bundle_list {
	struct store_bundle *items;
	size_t len;
};
/* The newest of a name. ERR_ABSENT. */
int store_bundle_find(struct store *s, int thread, struct arena *a,
    const char *name, struct store_bundle *ret, struct err *e) MUST_CHECK;
/* Its serial alone, 0 when there is none. */
int store_bundle_serial(struct store *s, int thread, const char *name,
    int64_t *ret_serial, struct err *e) MUST_CHECK;
/* The newest of each, by name. */
int store_bundle_list(struct store *s, int thread, struct arena *a,
    struct store_bundle_list *ret, struct err *e) MUST_CHECK;
/* Size of an artefact that is complete on disk. ERR_ABSENT. */
int store_artefact_find(struct store *s, int thread, const char *sha256,
    int64_t *ret_bytes, struct err *e) MUST_CHECK;

/* --- events ------------------------------------------------------------ */

struct store_event {
	int64_t seq, at;
	const char *kind; /* instance, delivery, tag, audit, bundle, command */
	const char *ref;  /* id, cid/id, id, aid, name, cid */
	const char *what; /* enrolled, online, offline, deleted, a state, ... */
};
struct store_event_list {
	struct store_event *items;
	size_t len;
};
/* In order, after seq; at most limit. Kept for 7 days. */
int store_event_list(struct store *s, int thread, struct arena *a,
    int64_t after, size_t limit, struct store_event_list *ret,
    struct err *e) MUST_CHECK;
/* The newest seq, 0 when there was none. */
int64_t store_event_last(struct store *s);

/* --- for the sweep and /metrics ---------------------------------------- */

/* When job sweep has work next: a command expires or was silent for long
 * enough to be given to another, a lease may end, old rows are due. */
int store_next_deadline(struct store *s, int thread, int64_t *ret_deadline,
    struct err *e) MUST_CHECK;

/* Instances that lived until within_ms before the newest proof of life that
 * is stored: those that were there when the router ended. */
struct store_recent {
	const char *id;
	int64_t last_seen;
};
struct store_recent_list {
	struct store_recent *items;
	size_t len;
};
int store_instance_recent(struct store *s, int thread, struct arena *a,
    int64_t within_ms, struct store_recent_list *ret, struct err *e) MUST_CHECK;

/* Commits by their time and by how many changes they held: bucket i counts
 * what is at most bounds[i], the last one the rest. */
#define STORE_TIME_BUCKETS 14
#define STORE_GROUP_BUCKETS 12
extern const int64_t store_time_bounds_us[STORE_TIME_BUCKETS - 1];
extern const int64_t store_group_bounds[STORE_GROUP_BUCKETS - 1];

struct store_stats {
	int64_t instances, commands_open, deliveries_open, unbound, audits;
	int64_t core_bytes, audit_bytes, free_bytes;
	int64_t jobs, commits; /* since the start */
	int64_t queued;        /* jobs that wait now */
	int64_t commit_us_sum; /* time of all commits */
	int64_t commit_us_max;
	int64_t by_time[STORE_TIME_BUCKETS], by_group[STORE_GROUP_BUCKETS];
	int64_t ended[32]; /* by enum delivery_state, since the start */
};
int store_stats(struct store *s, int thread, struct store_stats *ret,
    struct err *e) MUST_CHECK;
