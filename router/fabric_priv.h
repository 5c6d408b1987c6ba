/* SPDX-License-Identifier: MIT */
/*
 * Inside the fabric. One lock guards the table of instances; a poll belongs to
 * its thread and is kept alive by references, so that others can name it.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "common/auto.h"
#include "common/clock.h"
#include "router/fabric.h"
#include "router/router.h"

#define SESSIONS_KEPT 4     /* former sessions of an instance */
#define FLIPS_MAX 3         /* returns of a former session ... */
#define FLIPS_MS 300000     /* ... in so long: two machines */
#define FLIP_SETTLE_MS 2000 /* requests on their way when a session ended */
#define RETELL_MS 10000 /* offers and versions are told again after so long */
#define FABRIC_AUDIT_LIFE_MS ((int64_t)30 * 24 * 3600 * 1000)
#define LIVE_MAX 32 /* questions that wait for one instance */

/* One poll, from its request to its answer (router/route_poll.c). */
struct poll {
	atomic_int refs;
	int thread;
	struct exchange *x; /* NULL: answered or gone; its thread's */
	struct fabric *fabric;
	bool waits;        /* parked: may be woken */
	bool superseded;   /* a newer poll has come */
	atomic_bool other; /* ... of another session */
	char id[STORE_ID_BYTES];
	int64_t hold_until; /* ms, monotonic */
	/* What the agent has; -1: it did not say. */
	int64_t tag_version, trust_version, bundle_serial;
};
struct poll *poll_ref(struct poll *p);
void poll_unref(struct poll **p);
/* On the poll's thread, with a reference that they take: look again; a newer
 * poll is there. */
void poll_wake(void *poll);
void poll_supersede(void *poll);

/* What a session was told: not again until it had time to act on it. */
struct told {
	int64_t offered_seq, tag, trust, bundle;
	uint64_t cancels; /* digest of the set */
	int64_t again_ms; /* until it is to be told again */
};

struct entry {
	struct entry *next;
	char id[STORE_ID_BYTES];
	uint64_t session; /* digests: 0 none */
	uint64_t former[SESSIONS_KEPT];
	size_t former_next;
	int64_t session_at;       /* when it began here, ms monotonic */
	int64_t flips[FLIPS_MAX]; /* newest returns, ms monotonic */
	struct poll *poll;        /* newest open one, or NULL */
	int64_t seen;             /* newest proof of life, ms since 1970 */
	int64_t stored;           /* last_seen that is stored */
	enum presence published;  /* what the events said */
	struct told told;         /* to this session ... */
	int64_t told_at;          /* ... then, ms monotonic; 0: nothing yet */
};

#define ENTRY_BUCKETS 16384

struct watch_table;
struct live_table;

struct fabric {
	unsigned magic;
	struct router *router;
	pthread_mutex_t lock;
	struct entry *buckets[ENTRY_BUCKETS];
	size_t entries, online;
	struct watch_table *watches;
	struct live_table *lives;
	/* sweep */
	pthread_t sweeper;
	pthread_mutex_t sweep_lock;
	pthread_cond_t sweep_more;
	_Atomic(int64_t) sweep_at;
	bool sweeping, stop;
	int64_t flush_at, transition_at, audit_purge_at;
};

/* The server, or NULL while there is none: the writers live longer. */
struct httpd *fabric_httpd(const struct fabric *f);

/* With the lock held. */
struct entry *entry_find(struct fabric *f, const char *id);
struct entry *entry_need(struct fabric *f, const char *id);
enum presence entry_presence(const struct entry *e, int64_t now);

enum enter {
	ENTER_OK,
	ENTER_OTHER, /* another session of the key is newer */
	ENTER_CLONE, /* ... and it has come back too often */
};
/* A poll begins: it is the newest now; *ret_older is the one before, with a
 * reference, or NULL. */
enum enter presence_enter(struct fabric *f, struct poll *p, const char *session,
    struct poll **ret_older);
/* It ends. */
void presence_leave(struct fabric *f, struct poll *p);

/* What the session of this poll was told of late; again_ms 0: nothing. */
void presence_told(struct fabric *f, const struct poll *p, struct told *ret);
void presence_tell(
    struct fabric *f, const struct poll *p, const struct told *told);

/* Proofs of life that are to be stored: transitions, and with `all` every
 * one that is newer than what is stored. NULL: nothing to store. When the
 * next transition may come. */
struct store_job *presence_collect(
    struct fabric *f, bool all, int64_t now, int64_t *ret_next);
/* For leases: newest proof of life. */
int64_t presence_alive(const char *id, void *fabric);
int presence_load(struct fabric *f, struct err *e) MUST_CHECK;
void presence_free(struct fabric *f);

struct watch_table *watch_table_new(void);
void watch_table_free(struct watch_table **t);
void watch_wake(struct fabric *f, const char *const *keys, size_t len);

struct live_table *live_table_new(void);
void live_table_free(struct live_table **t);
/* The questions for this poll, as an array or NULL. */
struct jsn *live_take(struct fabric *f, const char *id);
void live_answer(struct fabric *f, const char *id, const struct jsn *replies);
/* Ends the late ones; when the next one is late. */
int64_t live_sweep(struct fabric *f, int64_t now);

int sweep_start(struct fabric *f, struct err *e) MUST_CHECK;
void sweep_stop(struct fabric *f);
