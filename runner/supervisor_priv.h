/* SPDX-License-Identifier: MIT */
/*
 * Inside the supervisor: one struct, its parts in files of their own.
 *
 *	supervisor.c	opening, starting, what a run needs and what it says
 *	boot.c		from pending to operational or stranded
 *	leave.c		shutdown requests and the decommission
 *	os_action.c	shutting the machine down, and ending with it
 *	commands.c	commands of the router that are granted here
 *	control_*.c	STATE/agent.sock
 *	remote.c	commands that recipes of this instance ask for
 *	timetable.c	schedules and reconvergence
 *	policy.c	shared audits of policies
 *	audit_spool.c	records of runs on their way to the router
 */
#pragma once

#include "common/proc.h"
#include "runner/bundle.h"
#include "runner/performer.h"
#include "runner/run.h"
#include "runner/state.h"
#include "runner/supervisor.h"

struct control_socket;
struct control_runs;
struct audit_spool;
struct timetable;
struct policies;
struct remotes;

enum boot_stage {
	BOOT_NONE,
	BOOT_WANTS_BUNDLE,
	BOOT_WANTS_INPUTS,
	BOOT_RUNS,
};

struct boot {
	enum boot_stage stage;
	struct loop_watch *look, *deadline;
	struct jsn *missing; /* array of names, or NULL */
	int64_t told_ms;     /* when they were logged last */
	bool too_late;       /* the wait is over: run it as it is */
	bool left;           /* the one that runs is a former agent's */
	bool noted;          /* this agent has seen the machine's boot id */
};

enum leave_stage {
	LEAVE_NONE,
	LEAVE_LIST,    /* the decommission list runs */
	LEAVE_STOPS,   /* what else runs is being stopped */
	LEAVE_UPLOADS, /* the router shall hear of it before the OS action */
	LEAVE_ACTS,
	LEAVE_DONE,
};

struct leave {
	enum leave_stage stage;
	enum shutdown_level wanted; /* requested, not begun */
	bool now;                   /* and at once */
	enum shutdown_level level;  /* of the decommission in progress */
	struct loop_watch *limit;
	char run_id[ULID_TEXT_BYTES]; /* of the list */
	char *cid;                    /* of the command that asked, or NULL */
	const char *status;           /* of the list; NULL: not over */
	bool overdue;                 /* the stage took too long */
	struct proc action, question;
	struct loop_watch *action_end, *question_end, *question_limit;
};

struct supervisor {
	struct supervisor_options o;
	struct supervisor_ports ports;
	char *id;
	int lock_fd;
	struct state state;
	struct queue *queue;
	struct bundle *bundle; /* NULL: none, or it does not load */
	char *bundle_dir;      /* NULL: none */
	int64_t bundle_serial;
	char *log_level; /* of runs; NULL: the bundle's */
	struct boot boot;
	struct leave leave;
	bool started, ending, over;
	bool leave_then_end; /* the machine goes down: end after the list */
	struct loop_watch *prune, *end_limit;
	int64_t started_ms;
	struct control_socket *control;
	struct control_runs *waiters;
	struct audit_spool *spool;
	struct timetable *timetable;
	struct policies *policies;
	struct remotes *remotes;
};

/* runner/supervisor.c */
/* Moves the state, saves it, tells the other half. ERR_STATE. */
int supervisor_move(
    struct supervisor *s, enum state_event event, struct err *e) MUST_CHECK;
void supervisor_save(struct supervisor *s); /* a failure is logged */
bool supervisor_has_router(const struct supervisor *s);

/* Of runs; it lasts. ERR_SYS, ... */
int supervisor_set_level(
    struct supervisor *s, const char *level, struct err *e) MUST_CHECK;

/* runner/boot.c */
void boot_begin(struct supervisor *s);
/* A bundle came, an input was set. */
void boot_look(struct supervisor *s);
/* A boot order is about to start. ERR_STATE: not now. */
int boot_enter(struct supervisor *s, struct err *e) MUST_CHECK;
void boot_ended(struct supervisor *s, const struct queue_end *end);
void boot_release(struct supervisor *s);

/* runner/leave.c */
/* Levels only rise. */
void leave_want(
    struct supervisor *s, enum shutdown_level level, bool immediately);
/* Begins the decommission. ERR_STATE: it was begun before. */
int leave_begin(struct supervisor *s, enum shutdown_level level,
    const char *cid, struct err *e) MUST_CHECK;
/* Something ended: is it time to go on? */
void leave_look(struct supervisor *s);
void leave_run_ended(struct supervisor *s, const struct queue_end *end);
/* What a former agent left half done; true: no boot now. */
bool leave_resume(struct supervisor *s);
/* The OS action is over, or there is none. */
void leave_acted(struct supervisor *s);
void leave_release(struct supervisor *s);

/* runner/os_action.c */
void os_act(struct supervisor *s, enum shutdown_level level);
void os_release(struct supervisor *s);

/* runner/commands.c */
/* Commands that run nothing and were granted before the agent ended. */
int commands_settle(struct supervisor *s, struct err *e) MUST_CHECK;
void command_done(struct supervisor *s, const char *cid,
    enum delivery_state state, const char *reason);
/* May an executable be asked for by another instance? ERR_INVALID. */
int commands_check_name(const struct supervisor *s, enum executable_kind kind,
    const char *name, bool trusted, struct err *e) MUST_CHECK;

/* runner/control_socket.c */
struct control_slot;
/* Names a client that waits for its reply, also when it is long gone. */
struct control_ticket {
	size_t slot;
	uint64_t number;
};
int control_open(struct supervisor *s, struct control_socket **ret,
    struct err *e) MUST_CHECK;
void control_close(struct control_socket **c);
/* The reply (taken over) of the request that the ticket names. */
void control_reply(
    struct control_socket *c, struct control_ticket t, struct jsn *reply);
void control_reply_err(
    struct control_socket *c, struct control_ticket t, const struct err *e);
/* A frame (taken over) before the reply. False: the client is gone, or reads
 * too slowly and was cut off. */
bool control_send(
    struct control_socket *c, struct control_ticket t, struct jsn *frame);
/* Has it read nearly all that was sent? */
bool control_is_ready(const struct control_socket *c, struct control_ticket t);
bool control_is_there(const struct control_socket *c, struct control_ticket t);
/* runner/control_requests.c: answers now, or later by the ticket. */
void control_handle(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);
/* runner/control_runs.c: who waits for ends and output of runs. */
void control_run_request(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);
void control_run_wait(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);
void control_run_stop(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);
void control_decommission(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);
void control_run_grew(struct supervisor *s, const char *run_id);
void control_run_ended(struct supervisor *s, const struct queue_end *end);
void control_left(struct supervisor *s); /* the decommission is over */
struct control_runs *control_runs_new(void);
void control_runs_free(struct control_runs **r);
/* runner/control_status.c */
void control_agent_status(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);

/* runner/remote.c */
struct remotes *remotes_open(struct supervisor *s);
void remotes_close(struct remotes **r);
void remote_run(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);
void remote_status(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);

/* With a router only. */
void remote_query(
    struct supervisor *s, struct control_ticket t, const struct jsn *request);

/* runner/timetable.c */
struct timetable *timetable_open(struct supervisor *s);
void timetable_close(struct timetable **t);
/* The bundle's schedules are those that run. */
void timetable_use_bundle(struct supervisor *s);
/* Schedules or bundle are others now. */
void timetable_changed(struct supervisor *s);

/* runner/policy.c */
struct policies *policies_new(void);
void policies_close(struct policies **p);
/* The record of this run goes up: false for a success of a policy, which is
 * counted in the policy's shared audit. */
void policy_run_ended(struct supervisor *s, const struct queue_end *end);

/* runner/audit_spool.c */
struct audit_spool *spool_open(struct supervisor *s);
void spool_close(struct audit_spool **a);
/* Finds what former agents left to be uploaded; runs that have no result and
 * are not the queue's get one. */
int spool_resume(struct supervisor *s, struct err *e) MUST_CHECK;
/* The run's directory is there; its record is sent while it grows. */
void spool_began(struct supervisor *s, const char *run_id);
void spool_grew(struct supervisor *s, const char *run_id);
/* result.json is there, if the run had a directory. */
void spool_ended(struct supervisor *s, const char *run_id);
/* The record is not wanted by the router after all. */
void spool_forget(struct supervisor *s, const char *run_id);
bool spool_is_empty(const struct audit_spool *a);
int64_t spool_bytes(const struct audit_spool *a);
