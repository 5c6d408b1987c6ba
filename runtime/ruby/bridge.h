/* SPDX-License-Identifier: MIT */
/*
 * One action of one resource by a C provider: the Ruby resource is read into
 * plain data, load, plan and apply run, events tell what happens. Used in two
 * ways: by the engine directly (no Ruby provider object), and phase by phase
 * by the methods of the generated Chef::Provider classes.
 *
 * Nothing here raises, except where said. A failure is kept in b->failure and
 * ERR_RUBY returned. Sequence: bridge_open, bridge_load, bridge_plan,
 * bridge_apply (or bridge_make for each change, then bridge_finish),
 * bridge_close (always).
 */
#pragma once

#include "runtime/ruby/host.h"

#include "common/arena.h"
#include "providers/provider.h"

struct bridge {
	VALUE resource, run_context, events;
	VALUE action;   /* as it was given, Symbol or String */
	VALUE provider; /* the Ruby object, or Qnil */
	struct host_failure failure;
	const struct provider *table;
	struct provider_run run; /* run.arena is the bridge's own */
	struct plan plan;
	struct services services;
	size_t changes;
	bool is_open;
};

/* resource, run_context, events (or nil), action and provider are set by the
 * caller. */
int bridge_open(struct bridge *b, const struct provider *p) MUST_CHECK;
int bridge_load(struct bridge *b) MUST_CHECK;
/* Tells of requirements that do not hold; the failing one is the failure. */
int bridge_plan(struct bridge *b) MUST_CHECK;
/* One change: made unless this is a why-run. Without its event. 1: there was
 * nothing to change after all. */
int bridge_make(struct bridge *b, const struct change *c) MUST_CHECK;
/* Counts as an update that nobody is told of (RES-core-3, log). */
bool bridge_is_silent(const struct change *c);
/* All changes with their events, then bridge_finish. */
int bridge_apply(struct bridge *b) MUST_CHECK;
/* What follows the changes: the provider's finish, values written back. */
int bridge_finish(struct bridge *b) MUST_CHECK;
void bridge_close(struct bridge *b);
/* A change as events carry it: lines, then a list of raw lines. May raise. */
VALUE bridge_update_of(const struct change *c);
/* A resource object of the same class with what load found. May raise. */
VALUE bridge_current(const struct bridge *b);

/* bridge_read.c: the resource as plain data. May raise. */
struct resource *read_resource(
    struct arena *a, VALUE resource, const struct resource_type *type);
/* services.c: fills b->services. */
void bridge_services(struct bridge *b);

/* Keeps e (of class_name, or by its code) as the bridge's failure, unless
 * there is one already. Returns ERR_RUBY. */
int bridge_fail(struct bridge *b, const struct err *e, const char *class_name);
