/* SPDX-License-Identifier: MIT */
/*
 * What all package providers share (RES-package): which versions are there,
 * which are wanted, what has to be done. A tool (apt, rpm, gem ...) answers
 * the questions and runs the verbs; one call of a verb gets all packages of
 * the resource that need it (RES-package-10).
 */
#pragma once

#include "providers/command.h"

struct package_item {
	const char *name;
	const char *wanted;    /* version of the recipe, or NULL */
	const char *installed; /* or NULL */
	const char *candidate; /* or NULL */
	bool candidate_known;
	const char *provided_by; /* real package behind a virtual one */
	const char *target;      /* version acted on; NULL: none named */
};

struct package_tool;

struct package_state {
	const struct package_tool *tool;
	struct package_item *items;
	size_t count;
	const char *source;  /* file; RES-package-8 applied */
	const char *options; /* shell text, "" when none */
	void *data;          /* the tool's own, from the arena */
};

/* The items that a verb works on. */
struct package_work {
	struct package_item **items;
	size_t count;
};

/* 1: nothing had to be done after all. */
typedef int (*package_verb_fn)(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e);
typedef int (*package_look_fn)(struct provider_run *run,
    const struct view *view, struct package_item *item, struct err *e);

struct package_tool {
	bool preseeds;   /* response_file is for debconf */
	bool takes_file; /* a name that is an existing path is the source */
	package_look_fn installed; /* fills installed; may fill candidate */
	package_look_fn candidate; /* asked only when needed; may be NULL */
	/* Requirements before those of all packages; may be NULL. */
	int (*require)(struct provider_run *run, const struct view *view,
	    struct plan *plan, struct err *e);
	/* Does the installed version satisfy the wanted one? NULL: equal. */
	bool (*satisfies)(const struct package_item *item);
	/* Is the candidate worth an upgrade? NULL: differs. */
	bool (*newer)(const struct package_item *item);
	/* NULL verbs raise UnsupportedAction (RES-package-9). */
	package_verb_fn install, upgrade, remove, purge, reconfigure;
};

/* The load phase of a provider made of `tool`. */
int package_load(struct provider_run *run, const struct package_tool *tool,
    const struct view *view, struct err *e);
int package_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e);
int package_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e);

struct package_state *package_state(struct provider_run *run);
/* A property that only some package types have; nil without it. */
const struct value *package_property(
    struct provider_run *run, const char *name);
/* The resource's time limit. */
int64_t package_timeout_ms(struct provider_run *run);
/* Requirements of a tool that installs from a file: install has a source (else
 * `without_source` is the message), and a source that is named exists, which a
 * why-run assumes. */
int package_require_source(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *without_source, struct err *e) MUST_CHECK;
/* Runs the words with the resource's options (shell text) put between the
 * first `before` words and the rest. env as in struct command. */
int package_run(struct provider_run *run, struct host *host,
    const struct words *words, size_t before, const char *const *env,
    struct err *e) MUST_CHECK;
/* Output of a query in the arena, split by package_line; status in *ret. */
int package_ask(struct provider_run *run, const struct view *view,
    const struct words *words, const char **ret_text, int *ret_status,
    struct err *e) MUST_CHECK;
/* Next line of *text in the arena, or NULL at the end. */
const char *package_line(struct arena *a, const char **text);
/* The text behind `key` when the line starts with it, else NULL. */
const char *package_field(const char *line, const char *key);
