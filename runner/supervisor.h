/* SPDX-License-Identifier: MIT */
/*
 * The half of the agent that runs things: from "this command is granted" to
 * "this is its result". It owns the queue (runner/queue.h) and its perform
 * processes, the states of the instance (boot, decommission, shutdown), the
 * schedules, the local socket STATE/agent.sock and the upload of audits. The
 * other half (main_agent.c, session) owns loop, journal, identity and channel.
 *
 *	1. supervisor_open, when journal and loop are there
 *	2. supervisor_start, when the bundle is known or known to be absent:
 *	   tells what ended before, then boots if the machine was booted
 *	3. supervisor_check for an offer, supervisor_add for a grant
 *	4. supervisor_end when the agent is to end; supervisor_close
 */
#pragma once

#include "common/loop.h"
#include "runner/journal.h"
#include "runner/places.h"
#include "runner/queue.h"
#include "runner/state.h"
#include "wire/api.h"
#include "wire/command.h"
#include "wire/trust.h"

struct supervisor;

/* An answer that comes later, from the loop, once; never from within the
 * call. rc 0: reply (borrowed; NULL when the router sent no JSON) with the
 * HTTP status; negative: e. */
typedef void (*port_done_fn)(int rc, int status, const struct jsn *reply,
    const struct err *e, void *arg);

/* A piece of the body of a 200 or 206 answer; it may not start calls. */
typedef void (*port_chunk_fn)(struct str chunk, void *arg);

struct port_call {
	enum api_route route;
	const char *const *vars; /* of the path, or NULL; copied */
	const char *query;       /* "offset=3", or NULL; copied */
	const struct jsn *json;  /* body, or NULL; formatted at once */
	struct str bytes;        /* body of a BYTES route; copied */
	int64_t timeout_ms; /* of the whole call with renewal of the token */
	/* For what is too long for memory: the body comes in pieces (reply is
	 * NULL then), from this byte on (Range; status 206), and fails with
	 * ERR_TIMEOUT when no byte comes for stall_ms (0: no such limit). */
	port_chunk_fn chunk; /* or NULL */
	int64_t range_from, stall_ms;
	port_done_fn done;
	void *arg;
};

/* What the other half does for us. */
struct supervisor_ports {
	void *arg;
	/* A call to the router with this instance's token. One attempt (and
	 * one more after a 401 with a new token). NULL: no router was joined;
	 * tags and requests then stay on this machine. */
	void (*call)(const struct port_call *c, void *arg);
	/* Change own tags: durable here when done is called with rc 0, at the
	 * router as soon as it answers; waits for that at most timeout_ms.
	 * reply: {"changed", "tags"}. set: others of the same key go. */
	void (*tags_change)(const struct jsn *add, const struct jsn *remove,
	    bool set, int64_t ttl_ms, int64_t timeout_ms, port_done_fn done,
	    void *done_arg, void *arg);
	/* Own tags as they are known here; caller frees. */
	struct jsn *(*tags_list)(void *arg);
	/* Signs a command with the instance's key and certificate: the
	 * envelope, caller frees. */
	int (*sign)(struct str payload, struct jsn **ret_envelope, void *arg,
	    struct err *e);
	/* Fills members of agent_status that are the other half's. */
	void (*status)(struct jsn *reply, void *arg);
	/* The instance's state is another one: goes up with the next poll. */
	void (*on_state)(enum instance_state state, void *arg);
	int (*reenroll)(const char *token, port_done_fn done, void *done_arg,
	    void *arg, struct err *e);
	/* Level of the agent's own log; NULL: read. */
	const char *(*log_level)(const char *level, void *arg);
	/* Everything is over (decommissioned, or asked to end). */
	void (*on_over)(void *arg);
	/* Of commands that came with supervisor_add: states and results of the
	 * journal that go up with the next poll. */
	struct queue_events runs;
};

struct supervisor_options {
	struct loop *loop;
	const struct places *places;
	struct journal *journal;
	const char *id;         /* instance id; NULL: that of state.json */
	const char *deployment; /* of the instance; NULL: not joined */
	const char *bundle_dir; /* --bundle; NULL: the router's */
	const char *node_name, *inputs_file; /* or NULL */
	/* Commands of /bin/sh; NULL: systemctl. The last tells by status 0
	 * that the machine is going down. */
	const char *os_reboot, *os_stop, *os_terminate, *os_is_stopping;
	bool no_upload;     /* audits stay here */
	bool upload_ends;   /* only the ends of runs go up, not their output */
	int64_t missing_ms; /* wait for missing inputs; 0: 45 min */
	int64_t decommission_ms; /* limit of the decommission list; 0: 180 s */
	int64_t reconverge_ms; /* run the boot list again so often; 0: never */
	int64_t splay_ms;      /* and a random part of this later */
	int64_t runs_keep;     /* run directories; 0: RUNS_KEPT */
	int64_t spool_max_bytes; /* audits kept for upload; 0: 256 MiB */
	int64_t spool_max_ms;    /* and for how long; 0: 7 days */
};

int supervisor_open(const struct supervisor_options *o,
    const struct supervisor_ports *ports, struct supervisor **ret_supervisor,
    struct err *e) MUST_CHECK;
/* Kills what runs. The ports must not answer any more: their calls are
 * cancelled before. */
void supervisor_close(struct supervisor **s);
int supervisor_start(struct supervisor *s, struct err *e) MUST_CHECK;
/* The bundle of runs from now on; an instance that waits for one boots. */
int supervisor_use_bundle(struct supervisor *s, const char *dir, int64_t serial,
    struct err *e) MUST_CHECK;
/* May this verified command be run here: target of this instance, bundle's
 * policy, state? ERR_INVALID with the reason for a result `rejected`. */
int supervisor_check(struct supervisor *s, const struct command *c,
    const struct trust_verdict *verdict, struct err *e) MUST_CHECK;
/* The router granted the journal's entry `cid` (received or granted there); it
 * becomes running in one commit when it can begin at once. Repeating it is
 * harmless; what was granted when the agent ended is found by supervisor_open.
 * Shutdown and decommission commands come here, too. */
int supervisor_add(
    struct supervisor *s, const char *cid, struct err *e) MUST_CHECK;
/* An operator's cancel of a granted command. */
void supervisor_cancel(struct supervisor *s, const char *cid);
struct queue *supervisor_queue(struct supervisor *s);
enum instance_state supervisor_state(const struct supervisor *s);
/* SIGTERM: runs are stopped and end as interrupted - or, when the machine
 * shuts down, the decommission list comes first; on_over follows. */
void supervisor_end(struct supervisor *s);
/* Audits that are still to be uploaded (for metrics and status). */
int64_t supervisor_spooled_bytes(const struct supervisor *s);
