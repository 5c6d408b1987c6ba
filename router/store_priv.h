/* SPDX-License-Identifier: MIT */
/*
 * Inside the store: connections with their statements, the two writers, what a
 * job may use while it runs. Statements are the table router/tbl/store_sql.h,
 * prepared at their first use on each connection.
 *
 * A job checks first and writes then, so that what it refuses has changed
 * nothing. One that fails after it wrote makes its whole group begin again,
 * each job behind a savepoint.
 */
#pragma once

#include <pthread.h>

#include "common/auto.h"
#include "common/db.h"
#include "router/store_jobs.h"

#define STORE_BATCH_MAX 1000
#define STORE_PAGE 1000                     /* when no limit is asked */
#define STORE_OFFER_BYTES ((size_t)1 << 20) /* envelopes of one answer */
#define STORE_LAZY_MS 1000
#define STORE_REBIND_MS 15000
#define STORE_EVENT_LIFE_MS ((int64_t)7 * 24 * 3600 * 1000)
#define STORE_COMMAND_LIFE_MS ((int64_t)37 * 24 * 3600 * 1000)
#define STORE_PURGE_MS ((int64_t)3600 * 1000)

enum sql {
#define SQL(name_, text_) SQL_##name_,
#include "router/tbl/store_sql.h"
#undef SQL
	SQL_LEN,
};

/* A connection, of one thread at a time. */
struct conn {
	struct db *db;
	struct db_stmt *stmts[SQL_LEN];
	int64_t writes; /* runs of sql_do */
};
void conn_close(struct conn *c);

/*
 * Parameters by a letter each: t const char * (NULL is NULL), s struct str,
 * b struct str as a blob, i int64_t, m int64_t whose -1 is NULL.
 */
int sql_ask(struct conn *c, enum sql id, struct db_stmt **ret_stmt,
    struct err *e, const char *types, ...) MUST_CHECK;
/* Runs a statement to its end. */
int sql_do(struct conn *c, enum sql id, struct err *e, const char *types,
    ...) MUST_CHECK;
/* The only column of the only row; fallback when there is none or it is
 * NULL. */
int sql_one(struct conn *c, enum sql id, int64_t fallback, int64_t *ret,
    struct err *e, const char *types, ...) MUST_CHECK;
/* A column copied into the arena; NULL for NULL. */
const char *sql_text(const struct db_stmt *s, int column, struct arena *a);
/* A column that is NULL is `fallback`. */
int64_t sql_int(const struct db_stmt *s, int column, int64_t fallback);

/* Room for one more item of a list in an arena: items, or a larger copy. */
void *list_room(
    struct arena *a, void *items, size_t len, size_t *room, size_t item_bytes);

/* A growing list of texts in an arena. */
struct names {
	const char **items;
	size_t len, room;
};
void names_add(struct names *n, struct arena *a, const char *text);
/* Adds a copy. */
void names_copy(struct names *n, struct arena *a, struct str text);

enum store_file {
	STORE_FILE_core,
	STORE_FILE_lazy, /* core, but without hurry */
	STORE_FILE_audit,
};
#define STORE_WRITERS 2

/* What a group will have changed, if it is committed. */
struct effects {
	struct names ids, cids, aids;
	int64_t event_seq;
	int64_t ended[32]; /* by enum delivery_state */
	int64_t unbound;   /* more of them */
	int64_t lease_at;  /* 0, or when the earliest new lease may end */
	bool rebind;       /* waiting commands may have found a match */
};

struct writer {
	struct store *store;
	struct conn conn;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct store_job *first, **last; /* queue */
	size_t queued, hurried;          /* hurried: those not lazy */
	bool stop, running;
	/* Only the writer's own from here. */
	struct arena *effects_arena;
	struct effects effects;
	/* Counters, read by any thread. */
	int64_t jobs, commits, commit_us_sum, commit_us_max;
	int64_t by_time[STORE_TIME_BUCKETS], by_group[STORE_GROUP_BUCKETS];
};

struct store {
	unsigned magic;
	struct store_options o;
	char *directory;
	struct writer writers[STORE_WRITERS];
	struct conn *readers; /* core: threads + 1 */
	struct conn *audit_readers;
	int readers_len;
	/* Of core's writer: the number that orders deliveries, commands,
	 * changes and events; stored with each commit that used it. */
	int64_t tick, tick_stored;
	char rebind_cursor[STORE_ID_BYTES];
	/* Read by any thread, atomically. */
	int64_t rebind_at;    /* not 0: a waiting command may match now */
	int64_t rebind_tried; /* when they were tried last */
	int64_t lease_at;     /* when a lease may end, or 0 */
	int64_t purge_at;
	int64_t event_last;
	int64_t free_bytes, free_checked_ms;
	int64_t ended[32];
	int64_t unbound; /* commands that wait for a match */
	struct once *once;
};

extern const struct db_schema store_core_schema, store_audit_schema;

struct conn *store_reader(struct store *s, int thread);
struct conn *store_audit_reader(struct store *s, int thread);

int writer_open(struct store *s, struct writer *w, const char *path,
    unsigned flags, const struct db_schema *schema, struct err *e) MUST_CHECK;
int writer_start(struct writer *w, const char *name, struct err *e) MUST_CHECK;
void writer_finish(struct writer *w);
void writer_close(struct writer *w);
void writer_submit(struct writer *w, struct store_job *j, bool lazy);

/* One function a job, on the writer's thread. 0 or an error in e. */
#define STORE_JOB_DECLARE(name_, file_, prose_)                                \
	int job_##name_(struct store *s, struct writer *w,                     \
	    struct store_job *j, struct err *e) MUST_CHECK;
STORE_JOBS(STORE_JOB_DECLARE)
#undef STORE_JOB_DECLARE

/* For jobs: what their commit will have changed. Texts are copied. */
void change_id(struct writer *w, const char *id);
void change_cid(struct writer *w, const char *cid);
void change_aid(struct writer *w, const char *aid);
int event_record(struct store *s, struct writer *w, int64_t now,
    const char *kind, const char *ref, const char *what,
    struct err *e) MUST_CHECK;
int64_t store_tick(struct store *s);

/* --- shared by jobs ---------------------------------------------------- */

/* Ends of deliveries: every change of state goes through one of these
 * (router/store_deliveries.c). They are guards: 1 the row moved, 0 it was not
 * in a state that allows it. */
struct move {
	const char *cid, *id;
	enum delivery_state to;
	int64_t now;
	const struct store_result *result; /* of the ends that agents tell */
	const char *reason;                /* of the others */
	const char *run_id;                /* running */
};
int delivery_move(struct store *s, struct writer *w, const struct move *m,
    struct err *e) MUST_CHECK;
/* May `from` become `to`? The table of fabric 6.2. */
bool delivery_may(enum delivery_state from, enum delivery_state to);
/* Makes one, queued. */
int delivery_make(struct store *s, struct writer *w, const char *cid,
    const char *id, struct err *e) MUST_CHECK;

/* Instances that a command is meant for, each once, in order of id. */
typedef int (*target_fn)(
    const char *id, struct str name, void *arg, struct err *e);
struct target_query {
	const struct tag_query *tags; /* NULL or len 0: ids */
	const char *const *ids;
	size_t ids_len;
	const char *deployment;
	bool online_only;
	const char *after; /* ids over this; NULL: all */
};
/* Calls each until it returns 1 (then 1) or an error. */
int target_each(struct store *s, struct conn *c, const struct target_query *q,
    target_fn each, void *arg, struct err *e) MUST_CHECK;

/* Whom a command is for; ret borrows from c and tags. */
int command_targets(const struct command *c, const char *reach,
    struct tag_query *tags, struct target_query *ret, struct err *e) MUST_CHECK;
/* any: the best candidate that did not have it yet, NULL when there is none;
 * online ones first, or only they. */
int command_choose(struct store *s, struct writer *w, struct arena *a,
    const char *cid, const struct target_query *q, bool only_online,
    const char **ret_id, struct err *e) MUST_CHECK;
/* When the command waits for a match: no longer. */
int unbound_end(struct store *s, struct writer *w, const char *cid, int64_t now,
    struct err *e) MUST_CHECK;
int rebind_due(struct store *s, struct conn *c, int64_t *ret_due,
    struct err *e) MUST_CHECK;
int rebind(struct store *s, struct writer *w, struct arena *a,
    struct store_sweep *j, struct err *e) MUST_CHECK;
/* Each change of a command's deliveries: its rev, its open count moves by
 * `by`; 0 open: it ended. */
int command_touch(struct store *s, struct writer *w, const char *cid,
    int64_t by, int64_t now, struct err *e) MUST_CHECK;

int tags_load(struct conn *c, struct arena *a, const char *id,
    struct store_tags *ret, struct err *e) MUST_CHECK;
/* Puts checked tags on; ttl_ms 0: no lease. */
int tags_put(struct conn *c, const char *id, const char *const *tags,
    size_t len, int64_t ttl_ms, struct err *e) MUST_CHECK;
/* The tags of an instance are others now: version, event, news. */
int tags_told(struct store *s, struct writer *w, const char *id, int64_t now,
    struct err *e) MUST_CHECK;
int leases_end(struct store *s, struct writer *w, struct arena *a,
    struct store_sweep *j, struct err *e) MUST_CHECK;
void effects_lease(struct writer *w, int64_t end);
int instance_load(struct conn *c, struct arena *a, const char *id,
    struct store_instance *ret, struct err *e) MUST_CHECK;
bool store_is_online(struct store *s, const char *id);

/* Things used once (router/store_once.c). */
struct once *once_new(void);
void once_free(struct once **o);
