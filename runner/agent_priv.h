/* SPDX-License-Identifier: MIT */
/* Inside the agent. */
#pragma once

#include "common/loop.h"
#include "common/proc.h"
#include "runner/agent.h"
#include "runner/bundle_remote.h"
#include "runner/identity.h"
#include "runner/inbound.h"
#include "runner/journal.h"
#include "runner/outbox.h"
#include "runner/session.h"
#include "runner/supervisor.h"

struct agent {
	const struct settings *settings;
	const struct places *places;
	int lock_fd;
	struct loop *loop;
	struct journal *journal;
	struct identity *identity; /* NULL: nobody joined; so are the next */
	struct outbox *outbox;
	struct session *session;
	struct inbound inbound;
	struct supervisor *supervisor;
	struct bundle_remote *bundles; /* NULL: it has its own bundle */
	struct loop_watch *on_term, *on_int, *on_hup;
	struct loop_watch *start;    /* what runs here begins, at the latest */
	struct loop_watch *watchdog; /* NULL: nobody watches */
	struct loop_watch *settle;   /* memory of the start is given back */
	int64_t pruned_ms;           /* monotonic */
	bool started, connected, ending, restart;
	int ends;                        /* how often it was asked to end */
	struct reenrolment *reenrolment; /* under way, or NULL */
};

/* ---- agent_ports.c ---- */
struct supervisor_ports agent_ports(struct agent *a);
struct inbound_ops agent_inbound_ops(struct agent *a);
/* Calls done from the loop; reply (taken over) may be NULL, e is copied. */
void agent_answer_later(struct agent *a, int rc, struct jsn *reply,
    const struct err *e, port_done_fn done, void *arg);
/* ---- agent_bundle.c ---- */
/* Before the session is made. */
int agent_open_bundles(struct agent *a, struct err *e) MUST_CHECK;
/* Of the router's bundle that is here, or 0. */
int64_t agent_bundle_serial(const struct agent *a);
/* Gives it to what runs here. */
void agent_use_bundle(struct agent *a);
/* Of the session: on_bundle, on_trust. */
void agent_want_bundle(int64_t serial, void *arg);
void agent_trust_changed(void *arg);
/* ---- agent_asked.c: questions of operators ---- */
struct jsn *agent_asked(const char *type, const struct jsn *body, void *arg);
/* The level of the agent's own log, kept over restarts; NULL: read. */
const char *agent_log_level(const char *level, void *arg);
/* ---- agent_reenrol.c ---- */
int agent_reenroll(const char *token, port_done_fn done, void *done_arg,
    void *arg, struct err *e) MUST_CHECK;
void agent_reenrolment_free(struct agent *a);
/* ---- agent.c ---- */
/* Ends it; restart: agent_run then returns 1. */
void agent_end(struct agent *a, bool restart);
/* The running half is over: what it came to goes up, then the end. */
void agent_over(void *arg);
