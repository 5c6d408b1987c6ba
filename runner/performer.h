/* SPDX-License-Identifier: MIT */
/*
 * Inside the runner: whoever performs runs while it holds a run lock. It owns
 * the bundle, the fabric and the event loop, and does one run after another:
 * fetch, packages, cook; the local socket is served meanwhile.
 *
 * Without an agent it is the command line: it holds STATE/lock and owns the
 * state of the instance. The perform process holds STATE/run-THREAD.lock for
 * the one run of its order; state and tags are the agent's then, who is told
 * on descriptor 3 (`up`) and asked through its socket.
 */
#pragma once

#include "common/loop.h"
#include "runner/bundle.h"
#include "runner/child.h"
#include "runner/fabric.h"
#include "runner/inputs.h"
#include "runner/options.h"
#include "runner/order.h"
#include "runner/places.h"
#include "runner/run.h"
#include "runner/state.h"
#include "runner/term.h"

struct local_socket;
struct relay;
struct request_slot;

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
	bool is_boot; /* inputs of the boot before do not count */
	struct fabric *fabric;
	struct loop *loop;
	struct loop_watch *on_int, *on_term, *on_hup;
	struct local_socket *socket;
	const struct run_order *order; /* perform: borrowed; else NULL */
	struct upward *up;             /* perform: to the agent; else NULL */
	struct relay *relays;          /* requests that the agent answers */
	struct arena *arena;           /* paths found by the fetch */
	const char **cookbook_paths;
	size_t cookbook_paths_len;
	bool fetched;
	/* of the run in progress */
	struct run *run;
	const struct bundle_entry *const *entries;
	size_t entries_len;
	struct jsn *extra; /* attributes of this run alone; borrowed */
	struct jsn *script_parameters; /* remote scripts; borrowed or NULL */
	const struct jsn
	    *given_inputs;  /* of this run alone; borrowed or NULL */
	int64_t timeout_ms; /* of the run; -1: the bundle's */
	int hops;
	int scripts; /* RightScripts that run just now */
	bool draining;
	struct child *child; /* fetch, packages or cook: stopped by signals */
	bool converged;      /* the cook said that it had finished */
	int interrupted;     /* signal number */
	char *stop_reason;   /* why, when the agent said it */
	bool forced;         /* stopped, or at its time limit */
	bool again;          /* a script wants to be run after a reboot */
	struct jsn *missing_inputs; /* array, when the run failed by them */
	void (*on_open)(void *arg); /* the run directory is there; or NULL */
	void *on_open_arg;
	enum shutdown_level shutdown;
	bool shutdown_now;
};

/* Prepares the state directory, takes the run lock (ERR_STATE when another
 * holds it), loads the state, gives a run that was cut short its result. */
int performer_open(const struct options *o, struct term *t,
    struct performer **ret, struct err *e) MUST_CHECK;
/* The same for one order of the agent, which is on the other end of up_fd
 * (taken over); order outlives it. ERR_STATE: its thread is busy. */
int performer_open_order(const struct options *o, struct term *t,
    const struct run_order *order, int up_fd, struct performer **ret,
    struct err *e) MUST_CHECK;
void performer_close(struct performer **p);
/* ERR_STATE with the reason once the performer was interrupted. */
int performer_check_interrupt(
    const struct performer *p, struct err *e) MUST_CHECK;
/* Stops what runs; the run ends as failed with the reason. */
void performer_interrupt(
    struct performer *p, int signal_number, const char *reason);
/* What is left of the run's time; 0: no limit; at least 1 ms. */
int64_t performer_time_left_ms(const struct performer *p);
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
	const char *run_id; /* NULL: a new one */
};

/* Runs what waits in the inbox, one run each. */
void performer_run_inbox(struct performer *p);
/* The work of one run: 0 and *ret_status; negative only when not even a run
 * directory could be made. p->run stays open for performer_finish. */
int performer_run(struct performer *p, const struct run_request *request,
    enum run_status *ret_status, struct err *e) MUST_CHECK;
/* What `rightlink` ends with for a run that ended so; before
 * performer_finish. */
int performer_exit_status(const struct performer *p, enum run_status status);
/* Writes the run's result and saves the state. */
int performer_finish(struct performer *p, enum run_status status,
    int exit_status, struct err *e) MUST_CHECK;

/* A run that cannot even begin: a run directory with the reason. */
int performer_fail(struct performer *p, const struct run_request *request,
    const char *reason, struct err *e) MUST_CHECK;

/* runner/upward.c: frames between perform and its agent. */
struct upward;
struct upward *upward_open(struct performer *p, int fd);
void upward_close(struct upward **u);
/* Sends and frees a frame. Nothing when there is no agent. */
void performer_tell(struct performer *p, struct jsn *frame);
/* A piece of the run was written: the agent hears of it soon. */
void performer_grew(void *performer);
/* The past scripts and shutdown levels have an owner: these, or the state. */
void performer_add_past_script(struct performer *p, const char *name);
void performer_raise_shutdown(
    struct performer *p, enum shutdown_level level, bool immediately);

/* runner/relay.c: hands a request to the agent; its reply goes to the slot,
 * after `told` saw it. False: there is no agent to ask. */
bool relay_request(struct performer *p, struct request_slot *slot,
    const struct jsn *request,
    void (*told)(struct performer *p, const struct jsn *request,
	const struct jsn *reply));
/* Nobody waits for the replies any more. */
void relay_drop_all(struct performer *p);

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
/* SHUTDOWN_CONTINUE for a name that is none. */
enum shutdown_level shutdown_level_find(const char *name);
