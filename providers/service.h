/* SPDX-License-Identifier: MIT */
/*
 * What all service providers share (RES-service, RES-simple). A back-end
 * finds out whether the service runs and starts at boot, and knows the
 * commands of its init system; when something has to be done is decided
 * here.
 */
#pragma once

#include "providers/command.h"

enum service_action {
	SERVICE_ENABLE,
	SERVICE_DISABLE,
	SERVICE_START,
	SERVICE_STOP,
	SERVICE_RESTART,
	SERVICE_RELOAD,
};

struct service_backend;

struct service_state {
	const struct service_backend *backend;
	enum service_action action;
	const char *name;
	const char *init; /* shell text in front of "start" etc. */
	bool can_status, can_restart, can_reload; /* supports */
	bool running;
	bool enabled_known, enabled;
	bool always_enable; /* enabled, but in another way than wanted */
	/* Requirement that the look at the machine already knows to fail. */
	const char *unusable; /* text, or NULL */
	void *data;           /* the back-end's own, from the arena */
};

struct service_backend {
	/* Text of init when the resource has no init_command; NULL: none. */
	const char *(*init)(struct provider_run *run, const char *name);
	/* Fills running and enabled. */
	int (*look)(struct provider_run *run, const struct view *view,
	    struct service_state *st, struct err *e);
	int (*require)(struct provider_run *run, const struct view *view,
	    struct plan *plan, struct service_state *st, struct err *e);
	/* The verb without a command of the recipe. NULL: UnsupportedAction. */
	int (*control)(struct provider_run *run, struct host *host,
	    struct service_state *st, enum service_action action,
	    struct err *e);
	bool can_enable; /* control() knows enable and disable */
	bool own_locale; /* commands of the recipe get our LC_ALL, not C */
};

int service_load(struct provider_run *run,
    const struct service_backend *backend, const struct view *view,
    struct err *e);
int service_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e);
int service_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e);

/* --- for back-ends --------------------------------------------------- */

/* RES-simple-1: status_command, `INIT status`, or the process table. Sets
 * unusable when none of them can tell (RES-simple-4). */
int service_look_running(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e) MUST_CHECK;
/* Only status_command: true in *ret_told when the resource has one. */
int service_ask_status_command(struct provider_run *run,
    const struct view *view, bool *ret_running, bool *ret_told,
    struct err *e) MUST_CHECK;
/* Exit status of a query of words; -1 when the program is missing. */
int service_query(struct provider_run *run, const struct view *view,
    const char *const *argv, int *ret_status, struct buf *out,
    struct err *e) MUST_CHECK;
/* The command of the recipe for the action ("start_command"), or NULL. */
const char *service_own_command(
    struct provider_run *run, enum service_action action);
/* Requirement RES-init-1: own command, or `path` exists. */
int service_require_script(struct provider_run *run, const struct view *view,
    struct plan *plan, const struct service_state *st, const char *path,
    struct err *e) MUST_CHECK;
/* `INIT start` and so on, with the detours of RES-init-2. */
int service_control_script(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action,
    struct err *e) MUST_CHECK;
/* Runs words, with C as locale unless own_locale. */
int service_run(struct provider_run *run, struct host *host,
    const char *const *argv, bool own_locale, struct err *e) MUST_CHECK;
const char *service_verb(enum service_action action); /* "enable" ... */
