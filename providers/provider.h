/* SPDX-License-Identifier: MIT */
/*
 * How to get there. A provider is a const table with three phases, run in
 * this order for one action of one resource (RES-core-1):
 *
 *	load   looks at the machine and fills run->current   (view: read only)
 *	plan   checks requirements, then lists the changes   (view: read only)
 *	apply  makes one change; called once per change      (host: writable)
 *		returns 1 when there was nothing to change after all (steps
 *		that run resources of their own): no event, no update
 *	finish (optional) after the last change, also when there was none:
 *		writes observed values back; not in why-run
 *	release (optional) always at the end
 *
 * load, finish and release may be NULL, and apply for a provider that never
 * plans a change. A why-run ends after plan. Since load and plan get only a
 *const struct view, a why-run that writes does not compile. The engine emits
 *one event per applied change, after the change (RES-core-4), and one action
 *record.
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "providers/host.h"
#include "providers/services.h"
#include "providers/view.h"
#include "resources/resource.h"

struct plan;
struct change;

struct provider_run {
	struct arena *arena;         /* dies after the action */
	const struct resource *want; /* the new resource */
	struct resource *current;    /* load fills it */
	bool current_exists;         /* for providers with one thing */
	const char *action;          /* "create" */
	bool why_run;
	const struct services *services;
	void *state; /* the provider's own, from the arena */
	/*
	 * Set beside an error: the Ruby exception class that the cookbook
	 * sees ("Chef::Exceptions::Package"). NULL: by the error's code
	 * (ERR_SYS: Errno::X; ERR_EXIT and ERR_TIMEOUT: Mixlib::ShellOut's;
	 * ERR_RUBY: the exception that a service call left behind; else
	 * RuntimeError).
	 */
	const char *exception;
	/* Values for the new resource, written back after the action even if
	 * nothing changed (RES-acl-10, RES-package-6). */
	struct resource_slot *write_back;
	size_t write_back_count;
};

struct provider {
	const char *ruby_class; /* below Chef::Provider: "Package::Apt" */
	const char *type;       /* resource type it serves */
	bool no_why_run;        /* bypassed in why-run (RES-core-5) */
	int (*load)(
	    struct provider_run *run, const struct view *view, struct err *e);
	int (*plan)(struct provider_run *run, const struct view *view,
	    struct plan *plan, struct err *e);
	int (*apply)(struct provider_run *run, struct host *host,
	    const struct change *change, struct err *e);
	int (*finish)(
	    struct provider_run *run, const struct view *view, struct err *e);
	/* Always the last call for a run, also after an error and in why-run:
	 * gives back what is not in the arena (scratch files). */
	void (*release)(struct provider_run *run);
};

/* All providers, NULL-terminated. */
extern const struct provider *const providers[];
const struct provider *provider_find(const char *ruby_class); /* or NULL */

/* --- plan: what plan() builds --------------------------------------- */

struct change {
	int kind;           /* the provider's own enum */
	void *data;         /* the provider's own, from the arena */
	const char **lines; /* descriptions, e.g. "create new file /x"; none:
			       counts as update, prints nothing (RES-core-3) */
	size_t line_count;
	const char *detail; /* raw text printed after the first line (diff),
			       or NULL */
	struct change *next;
};

/* A requirement that did not hold (RES-core-2). */
struct unmet {
	const char *exception; /* class to raise */
	const char *message;
	const char *const *assumptions; /* why-run text lines; NULL: raise */
	bool blocks;                    /* in why-run: the action is bypassed */
	struct unmet *next;
};

struct plan {
	struct arena *arena;
	struct change *first, **end;
	struct unmet *first_unmet, **end_unmet;
	bool why_run;
	bool blocked;      /* a blocking requirement failed in why-run */
	bool flag_updated; /* resource counts as updated with no change */
};

void plan_init(struct plan *p, struct arena *a, bool why_run);
/* Adds a change; returns it for plan_describe and plan_detail. */
struct change *plan_change(struct plan *p, int kind, void *data);
void plan_describe(struct plan *p, struct change *c, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Raw lines behind the descriptions; copied. */
void plan_detail(struct plan *p, struct change *c, struct str text);
/*
 * Requirement: when `holds` is false, either fails (normal mode, or no
 * assumption): sets run->exception, fills e with the message and returns
 * ERR_INVALID; or (why-run with an assumption) notes it and returns 0. After
 * a blocking one, later calls return 0 at once and p->blocked is true: plan()
 * then returns 0 without changes.
 */
struct requirement {
	const char *exception;  /* NULL: Chef::Exceptions::AssertionFailure */
	const char *assumption; /* why-run text, or NULL */
	bool blocks;
};
int plan_require(struct provider_run *run, struct plan *p, bool holds,
    const struct requirement *q, struct err *e, const char *fmt, ...)
    PRINTF_LIKE(6, 7) MUST_CHECK;
/* Sets run->exception and the error; returns ERR_INVALID. */
int provider_fail(struct provider_run *run, struct err *e,
    const char *exception, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Remembers a value for the new resource. */
void provider_write_back(
    struct provider_run *run, const char *property, struct value v);
