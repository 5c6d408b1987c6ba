/* SPDX-License-Identifier: MIT */
/*
 * The engine's table of functions with Ruby behind it. Handles of the engine
 * are VALUEs on its stack; those that it keeps longer are held in an Array.
 */
#pragma once

#include "runtime/ruby/host.h"

#include "runtime/converge/engine.h"

/* One converge or one single action; on the C stack, so that the collector
 * sees its objects. */
struct ruby_run {
	VALUE run_context, events;
	VALUE collection, resources; /* the live Array of the collection */
	VALUE held;                  /* what the engine keeps */
	struct host_failure pending;
	int pid; /* of the process that converges */
};

extern const struct converge_ops ruby_converge_ops;

/* The arguments of one protected call; each function uses some. */
struct op_call {
	struct ruby_run *run;
	const struct converge_step *step;
	VALUE resource; /* set from step when there is one */
	VALUE a;        /* an object, or a pointer to plain data */
	size_t index;
	union {
		enum converge_failing failing;
		enum converge_sending sending;
		enum converge_cause cause;
	};
};

/* Calls fn((VALUE)c); a failure is left in run->pending. */
int op_protected(
    struct ruby_run *run, host_fn fn, struct op_call *c, VALUE *ret) MUST_CHECK;
VALUE op_value(void *handle);               /* NULL is nil */
VALUE op_cause(enum converge_cause cause);  /* nil, :immediate, :delayed */
bool op_logs(ID level_p);                   /* Chef::Log.info? May raise. */
bool op_notifies(const struct ruby_run *r); /* any edges? May raise. */

/* converge_action.c */
int op_action_started(void *run, const struct converge_step *s);
int op_prepare(void *run, const struct converge_step *s);
int op_guard(void *run, const struct converge_step *s, void **ret_guard);
int op_skipped(void *run, const struct converge_step *s, void *guard);
int op_failed(void *run, const struct converge_step *s, void *failure,
    enum converge_failing how);
void *op_blame(void *run, const struct converge_step *s, void *failure);
int op_pause(void *run, int64_t ms);
int op_completed(void *run, const struct converge_step *s,
    const struct converge_record *record);
/* converge_perform.c */
int op_perform(
    void *run, const struct converge_step *s, struct converge_outcome *ret);
/* converge_notify.c */
int op_notices(void *run, void *resource, enum converge_cause which,
    struct converge_list *ret);
int op_notice(void *run, void *list, size_t index, struct converge_notice *ret);
bool op_same_notice(void *run, const struct converge_notice *a,
    const struct converge_notice *b);
int op_sending(
    void *run, const struct converge_notice *n, enum converge_sending how);
int op_too_deep(void *run, const struct converge_step *s, unsigned nesting);
