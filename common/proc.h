/* SPDX-License-Identifier: MIT */
/*
 * Child processes: the only place of the project that forks. A child gets
 * exactly the environment, descriptors and limits named here; it is a session
 * leader, so a deadline or proc_kill reaches its whole process group, and
 * (with PROC_REAP_TREE) also descendants that left the group, by means of the
 * sub-reaper attribute.
 *
 *	1. fill struct proc_spec
 *	2. proc_run: start, stream output to callbacks, wait, kill at deadline
 *	   or: proc_start, watch proc->pidfd and pipes in the loop, proc_finish
 */
#pragma once

#include <sys/types.h>

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

enum proc_flags {
	PROC_REAP_TREE = 1 << 0, /* kill escaped descendants at the end too */
	PROC_MERGE_STDERR = 1 << 1,  /* stderr goes where stdout goes */
	PROC_INHERIT_STDIO = 1 << 2, /* no pipes: stdout/stderr are ours */
	PROC_SEARCH_PATH = 1 << 3,   /* find argv[0] on the child's PATH */
	PROC_KEEP_GROUPS = 1 << 4, /* keep supplementary groups when uid set */
	PROC_DIE_WITH_US = 1 << 5, /* TERM to the child when we die; always so
				      in proc_run */
};

/* Called with each piece of output as it arrives; stream is 1 or 2. */
typedef void (*proc_output_fn)(int stream, struct str chunk, void *arg);

struct proc_spec {
	const char *const *argv; /* NULL-terminated; argv[0] the program */
	const char *const *env;  /* NULL-terminated "K=V"; NULL: ours */
	const char *cwd;         /* NULL: ours */
	struct str input;        /* stdin; data NULL: /dev/null */
	int cgroup_fd; /* directory of a control group (version 2) that it is
			  born in; 0 or -1: ours */
	int fd3;       /* handed over as descriptor 3; 0 or -1: none */
	bool set_uid, set_gid, set_umask;
	uid_t uid;
	gid_t gid;
	mode_t umask;
	int64_t timeout_ms;       /* 0: none */
	int64_t grace_ms;         /* between TERM and KILL; 0: 3000 */
	unsigned flags;           /* enum proc_flags */
	proc_output_fn on_output; /* NULL: output collected in the result */
	void *arg;
	size_t max_output_bytes; /* collected per stream; 0: 16 MiB; more is
				    read and dropped, result.cut is set */
};

struct proc_result {
	int status;     /* exit code 0..255, or -1 when killed by a signal */
	int signal;     /* signal number, or 0 */
	pid_t pid;      /* of the process that has ended */
	bool timed_out; /* we killed it at its deadline */
	bool cut;       /* output was longer than kept */
	int64_t elapsed_ms;
	struct buf out, err; /* collected output when on_output is NULL */
};

void proc_result_release(struct proc_result *r);

/*
 * Runs to the end. Returns 0 however the child ended (look at *r); negative
 * when it could not be started: ERR_ABSENT (no such program or cwd),
 * ERR_SYS. A time-out is not an error here: r->timed_out.
 */
int proc_run(const struct proc_spec *spec, struct proc_result *r,
    struct err *e) MUST_CHECK;

/*
 * Asked when a signal interrupts proc_run (and once when it begins to wait),
 * with signals blocked: true stops the child, TERM and after the grace KILL;
 * proc_run then returns as if it had ended by itself. One function for the
 * process; NULL (the default): signals do not end a wait.
 */
typedef bool (*proc_interrupt_fn)(void);
void proc_on_interrupt(proc_interrupt_fn fn);

/* A child that runs beside us. */
struct proc {
	pid_t pid;
	int pidfd;          /* readable when it has ended */
	int out_fd, err_fd; /* -1 when not piped; non-blocking */
};
int proc_start(const struct proc_spec *spec, struct proc *ret_proc,
    struct err *e) MUST_CHECK;
/* Signals the whole process group; no error when it is gone. */
void proc_kill(const struct proc *p, int signal_number);
/* Reaps (waits if it has not ended) and closes the descriptors. */
int proc_finish(
    struct proc *p, struct proc_result *r, struct err *e) MUST_CHECK;

/*
 * The tree of a child that runs beside us, also the part that left its
 * session: open before proc_start (this process becomes the sub-reaper),
 * after proc_finish kill what is left of it or not, close.
 */
struct proc_tree;
struct proc_tree *proc_tree_open(void);
/* Kills and reaps what is left of the session of the reaped child `pid` and
 * what was orphaned to us since the opening; our other children stay. */
void proc_tree_kill(struct proc_tree *t, pid_t pid);
void proc_tree_close(struct proc_tree **t);

/*
 * Processes that carry PROC_MARK_ENV=mark in their environment, wherever they
 * are now: kills them and their descendants until none is left (but never
 * this process). For what outlived its supervisor; a process that cleared its
 * environment is found only below one that did not. Returns how many were
 * killed.
 */
#define PROC_MARK_ENV "RIGHTLINK_RUN"
size_t proc_kill_marked(const char *mark);
