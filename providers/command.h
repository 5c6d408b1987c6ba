/* SPDX-License-Identifier: MIT */
/*
 * A command of a provider: what to run, as whom, where, for how long. One
 * struct serves the commands that a recipe names (execute, script, service
 * commands) and the tools that providers drive.
 */
#pragma once

#include "providers/provider.h"

#define COMMAND_TIMEOUT_MS (600 * 1000) /* when none is given (RES-sh) */

struct command {
	const char *text;        /* shell text (RES-sh-1); or: */
	const char *const *argv; /* words, never through a shell */
	const char *shown;       /* as printed; NULL: text, or argv joined */
	const char *const *env;  /* additions, see shell_env */
	const char *cwd;
	const struct value *user;  /* name or id; NULL or nil: ours */
	const struct value *group; /* the same */
	const struct value *umask; /* octal text or number (RES-sh-3) */
	const int *returns;        /* allowed statuses, ends -1; NULL: 0 */
	bool any_status;           /* no status is a failure */
	bool live;          /* output goes to services->output when wanted */
	bool always_live;   /* ... and also when it is not */
	int64_t timeout_ms; /* 0: COMMAND_TIMEOUT_MS */
	struct str input;
};

/*
 * Runs it. A failed status is ERR_EXIT, a passed deadline (the whole tree is
 * killed) ERR_TIMEOUT, a missing program or directory raises Errno::ENOENT,
 * an unknown user or group ArgumentError. With ret the output is collected
 * there (the caller releases it, on success only) and not sent live.
 * The output of a sensitive resource is never shown.
 */
int command_run(struct provider_run *run, struct host *host,
    const struct command *c, struct proc_result *ret, struct err *e) MUST_CHECK;
/* The same for a command that only asks; any status is success. The caller
 * releases *ret. */
int command_query(struct provider_run *run, const struct view *view,
    const struct command *c, struct proc_result *ret, struct err *e) MUST_CHECK;
/* As command_query, but a status other than 0 is ERR_EXIT. */
int command_ask(struct provider_run *run, const struct view *view,
    const struct command *c, struct proc_result *ret, struct err *e) MUST_CHECK;
/* Additions for shell_env from a Hash property; a nil value removes. */
const char *const *command_env(struct arena *a, const struct value *map);
/* Uid or gid of a user/group value; sets ArgumentError when unknown. */
int command_uid(struct provider_run *run, const struct view *view,
    const struct value *user, uid_t *ret, struct err *e) MUST_CHECK;

int command_gid(struct provider_run *run, const struct view *view,
    const struct value *group, gid_t *ret, struct err *e) MUST_CHECK;

/* Words of a command line, in an arena. */
struct words {
	struct arena *arena;
	const char **items; /* NULL-terminated */
	size_t len, room;
};

void words_init(struct words *w, struct arena *a);
void words_add(struct words *w, const char *word);
/* Adds the words up to NULL. */
void words_add_all(struct words *w, ...) __attribute__((sentinel));
