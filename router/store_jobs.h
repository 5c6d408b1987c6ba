/* SPDX-License-Identifier: MIT */
/*
 * The jobs of the store (router/store.h). Each has a struct of the same name:
 * what is asked, then, below "out", what came of it (in the job's arena).
 */
#pragma once

#include "router/store.h"

/* JOB(name, FILE, prose). core and audit are the two writers; lazy jobs of
 * core wait up to a second for another job to share its commit. */
#define STORE_JOBS(JOB)                                                        \
	JOB(instance_enroll, core, "a machine joins with a token")             \
	JOB(instance_change, core, "an operator changes an instance")          \
	JOB(instance_delete, core, "forget an instance")                       \
	JOB(instance_clone, core, "two machines use its key")                  \
	JOB(instance_seen, core, "proofs of life, many at once")               \
	JOB(enroll_token_make, core, "let machines join")                      \
	JOB(enroll_token_drop, core, "end a token")                            \
	JOB(operator_put, core, "make or replace an operator's token")         \
	JOB(operator_drop, core, "end an operator's token")                    \
	JOB(tag_change, core, "change the tags of an instance")                \
	JOB(command_accept, core, "resolve targets, make deliveries")          \
	JOB(command_cancel, core, "cancel a command")                          \
	JOB(offered, lazy, "an instance was shown commands")                   \
	JOB(poll, core, "what an agent reports")                               \
	JOB(sweep, core, "expire, give to another, end leases, purge")         \
	JOB(bundle_put, core, "serve a manifest from now on")                  \
	JOB(artefact_put, core, "an artefact is complete on disk")             \
	JOB(audit_put, audit, "begin, update or end the record of a run")      \
	JOB(audit_append, audit, "more of a part")                             \
	JOB(audit_purge, audit, "drop old records")

enum store_op {
#define STORE_JOB_ENUM(name_, file_, prose_) STORE_##name_,
	STORE_JOBS(STORE_JOB_ENUM)
#undef STORE_JOB_ENUM
	STORE_OPS,
};

/* ERR_DIGEST: no such token (401); ERR_STATE: spent or expired (410);
 * ERR_EXISTS: the key is bound elsewhere or revoked (409). The same key in the
 * same deployment again is answered with its instance, whatever the token's
 * uses. */
struct store_instance_enroll {
	const char *token_sha256; /* hex, of the secret part */
	const char *id;           /* for a new instance */
	const char *public_key;   /* base64 */
	const char *name, *facts; /* may be NULL */
	const char *const *tags;  /* checked ones; put on a new instance */
	size_t tags_len;
	int64_t now;
	/* out */
	struct store_instance instance;
	bool is_new;
};
/* ERR_ABSENT. What is NULL stays. revoked 0 also ends `cloned`. */
struct store_instance_change {
	const char *id, *name, *bundle;
	int revoked; /* 1, 0; -1: as it is */
	int64_t now;
	/* out */
	struct store_instance instance;
};
/* ERR_ABSENT. Queued and offered deliveries end as expired, granted ones as
 * lost. */
struct store_instance_delete {
	const char *id;
	int64_t now;
	/* out */
	int64_t ended;
};
struct store_instance_clone {
	const char *id;
	int64_t now;
};
struct store_seen {
	const char *id;
	int64_t last_seen;
	const char *what; /* online, offline: an event too; else NULL */
};
struct store_instance_seen {
	const struct store_seen *items;
	size_t len;
	int64_t now;
};

struct store_enroll_token_make {
	const char *id, *sha256, *deployment, *bundle; /* bundle may be NULL */
	int64_t uses, expires_at, now;
};
struct store_enroll_token_drop {
	const char *id;
	/* out */
	bool dropped;
};
/* By name; sha256 (hex) of the whole token. */
struct store_operator_put {
	const char *name, *sha256, *scopes;
	int64_t expires_at, now; /* 0: never */
};
struct store_operator_drop {
	const char *name;
	/* out */
	bool dropped;
};

/* ERR_ABSENT; ERR_LIMIT over STORE_TAGS_MAX; ERR_INVALID malformed. Removal
 * goes first; ns:predicate=* removes all values. */
struct store_tag_change {
	const char *id;
	const char *const *add, *const *remove;
	size_t add_len, remove_len;
	int64_t ttl_ms; /* lease of the added ones; 0: none */
	int64_t now;
	/* out */
	struct store_tags tags;
	bool changed;
};

/* ERR_EXISTS: the cid is there with another payload; ERR_ABSENT: nobody
 * matches and require_match; ERR_LIMIT: no space left. */
struct store_command_accept {
	const struct command *command;
	const char *envelope;       /* JSON text as it will be offered */
	const char *payload_sha256; /* hex: is it a repeat? */
	const char *issuer;         /* kid, or instance id */
	const char *deployment; /* its reach: an instance's own; NULL: all */
	int64_t now;
	/* out */
	bool is_new, waiting;
	int64_t matched;
	const char **ids; /* at most 1000 */
	size_t ids_len;
};
/* ERR_ABSENT. May be repeated. */
struct store_command_cancel {
	const char *cid;
	int64_t now;
	/* out */
	int64_t cancelled, stopping, too_late;
};

struct store_offered {
	const char *id;
	const char *const *cids;
	size_t cids_len;
	int64_t now;
};

struct store_result {
	const char *cid;
	enum delivery_state state;   /* ok, failed, interrupted, rejected */
	const char *run_id, *reason; /* may be NULL */
	int64_t updated, elapsed_ms, exit_status; /* -1: not told */
};
struct store_started {
	const char *cid, *run_id; /* run_id may be NULL */
};
struct store_dropped {
	const char *cid, *state, *reason; /* state: or "unknown" */
};
/* Everything that one poll reports, in this order: results, states, received,
 * unknown. ERR_ABSENT: no such instance. */
struct store_poll {
	const char *id;
	const char *state, *version; /* of the instance; NULL: as before */
	const struct store_result *results;
	const struct store_started *states;
	const char *const *received, *const *unknown;
	size_t results_len, states_len, received_len, unknown_len;
	int64_t now;
	/* out */
	const char **grants, **acks;
	struct store_dropped *drops;
	size_t grants_len, acks_len, drops_len;
};

/* last_seen of the instances whose leases may have ended, as memory knows
 * them: `alive` says when an instance last gave proof of life, 0: look at the
 * stored time. Called by the writer. */
struct store_sweep {
	int64_t now;
	int64_t (*alive)(const char *id, void *arg);
	void *arg;
	/* out */
	int64_t expired, rebound, leases, purged;
};

/* ERR_STATE: the serial does not rise; the same again is 0. ERR_ABSENT: the
 * archive is not here. */
/* Of a name the newest STORE_BUNDLES_KEPT pushes are kept. */
#define STORE_BUNDLES_KEPT 10
struct store_bundle_put {
	struct store_bundle bundle;
	/* out: archives that no bundle is made of any more; their rows are
	 * gone, the files are the caller's to remove */
	const char **dropped;
	size_t dropped_len;
};
struct store_artefact_put {
	const char *sha256;
	int64_t bytes, now;
	/* out */
	bool is_new;
};

/* ERR_EXISTS: another instance's aid; ERR_STATE: closed with other lengths
 * than are here, or changed after it was closed. */
struct store_audit_put {
	struct store_audit audit; /* bytes (-1: not told) count when closed */
	int64_t now;
	/* out */
	int64_t here[STORE_PARTS]; /* bytes that are here, also on ERR_STATE */
};
/* ERR_ABSENT; ERR_STATE: offset is not the length (length is set), or the
 * audit is closed. Bytes that are there already are 0. */
struct store_audit_append {
	const char *aid, *id;
	enum store_part part;
	int64_t offset;
	struct str bytes;
	int64_t now;
	/* out */
	int64_t length;
};
/* At most so many at a time; until done < max. */
struct store_audit_purge {
	int64_t before; /* begun before this */
	int64_t max;
	/* out */
	int64_t done;
};

struct store_job {
	enum store_op op;
	int thread; /* that is told; -1: the writer's own */
	void (*done)(struct store_job *j);
	void *arg;
	struct arena *a;
	int rc; /* 0 or an enum err_code, then in err */
	struct err err;
	struct store_job *next; /* the store's */
	int64_t queued_at_ms;   /* the store's */
	union {
#define STORE_JOB_MEMBER(name_, file_, prose_) struct store_##name_ name_;
		STORE_JOBS(STORE_JOB_MEMBER)
#undef STORE_JOB_MEMBER
	};
};

/* done may be NULL: nobody waits, the store frees the job. */
struct store_job *store_job_new(
    enum store_op op, int thread, void (*done)(struct store_job *j), void *arg);
void store_job_free(struct store_job **j);
