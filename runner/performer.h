/* SPDX-License-Identifier: MIT */
/*
 * Inside the runner: whoever performs runs while it holds the run lock. It
 * owns the state, the bundle, the fabric and the event loop, and does one run
 * after another: fetch, packages, cook; the local socket is served meanwhile.
 */
#pragma once

#include "common/loop.h"
#include "runner/bundle.h"
#include "runner/child.h"
#include "runner/fabric.h"
#include "runner/inputs.h"
#include "runner/options.h"
#include "runner/places.h"
#include "runner/run.h"
#include "runner/state.h"
#include "runner/term.h"

struct local_socket;

enum shutdown_level {
	SHUTDOWN_CONTINUE,
	SHUTDOWN_REBOOT,
	SHUTDOWN_STOP,
	SHUTDOWN_TERMINATE,
};

struct performer {
	const struct options *options;
	struct term *term;
	struct places places;
	int lock_fd;
	struct state state;
	struct bundle *bundle;
	struct inputs *inputs;
	struct fabric *fabric;
	struct loop *loop;
	struct loop_watch *on_int, *on_term, *on_hup;
	struct local_socket *socket;
	struct arena *arena; /* paths found by the fetch */
	const char **cookbook_paths;
	size_t cookbook_paths_len;
	bool fetched;
	/* of the run in progress */
	struct run *run;
	const struct bundle_entry *const *entries;
	size_t entries_len;
	struct jsn *extra; /* attributes of this run alone; borrowed */
	struct jsn *script_parameters; /* remote scripts; borrowed or NULL */
	int hops;
	int scripts; /* RightScripts that run just now */
	bool draining;
	struct child *child; /* fetch, packages or cook: stopped by signals */
	bool converged;      /* the cook said that it had finished */
	int interrupted;     /* signal number */
	enum shutdown_level shutdown;
	bool shutdown_now;
};

/* Prepares the state directory, takes the run lock (ERR_STATE when another
 * holds it), loads the state, gives a run that was cut short its result. */
int performer_open(const struct options *o, struct term *t,
    struct performer **ret, struct err *e) MUST_CHECK;
void performer_close(struct performer **p);
/* Loads the bundle and resolves its inputs. dir NULL: the one last booted. */
int performer_use_bundle(
    struct performer *p, const char *dir, struct err *e) MUST_CHECK;

struct run_request {
	const char *kind; /* boot, operational, remote */
	const struct bundle_entry *const *entries;
	size_t entries_len;
	struct jsn *attributes; /* merged last; borrowed, may be NULL */
	struct jsn *parameters; /* inputs of a remote script, may be NULL */
	const char *request_id;
	int hops;
};

/* Runs what waits in the inbox, one run each. */
void performer_run_inbox(struct performer *p);
/* The work of one run: 0 and *ret_status; negative only when not even a run
 * directory could be made. p->run stays open for performer_finish. */
int performer_run(struct performer *p, const struct run_request *request,
    enum run_status *ret_status, struct err *e) MUST_CHECK;
/* Writes the run's result and saves the state. */
int performer_finish(struct performer *p, enum run_status status,
    int exit_status, struct err *e) MUST_CHECK;

/* runner/phase_*.c: each returns 0, or fills e and says so in the run. */
int phase_fetch(struct performer *p, struct err *e) MUST_CHECK;
int phase_packages(struct performer *p, struct err *e) MUST_CHECK;
int phase_cook(struct performer *p, struct err *e) MUST_CHECK;
/* Starts the child and runs the loop until it ended. */
int performer_wait(struct performer *p, struct child_spec *spec,
    struct child_end *ret_end, struct err *e) MUST_CHECK;
#define CHILD_PATH                                                             \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* The environment of children: an allow-list, then `more`; in `arena`. */
const char *const *performer_environment(
    struct arena *arena, const char *const *more);

/* runner/local_socket.c: serves the socket while a run is in progress. */
int local_socket_open(
    struct performer *p, struct local_socket **ret, struct err *e) MUST_CHECK;
void local_socket_close(struct local_socket **s);
/* Stops the scripts of vanished askers and waits for their ends. */
void local_socket_drain(struct local_socket *s);
const char *local_socket_path(const struct local_socket *s);

/* A request's way to its answer; used up by request_reply. */
struct request_slot;
void request_reply(struct request_slot *slot, struct jsn *reply);
/* runner/requests.c: answers now or later, exactly once. `script` gets the
 * child to stop when the asker goes away. */
void request_handle(struct performer *p, struct request_slot *slot,
    const struct jsn *request, struct child **script);
/* runner/script_run.c */
int script_start(struct performer *p, struct request_slot *slot,
    const struct jsn *request, struct child **ret_child,
    struct err *e) MUST_CHECK;
const char *shutdown_level_name(enum shutdown_level level);
