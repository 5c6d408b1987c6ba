/* SPDX-License-Identifier: MIT */
/*
 * A run that is asked for: what a granted command, a local request, a
 * schedule or the life of the instance wants to be run. It is the frame
 * run_order of wire/tbl/frames.h, in the queue's table as well as on
 * descriptor 3 of perform.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"

#define ORDER_THREAD "default"
#define ORDER_THREAD_DECOMMISSION "decommission"
#define ORDER_THREAD_MAX_BYTES 64
#define ORDER_MAX_BYTES ((size_t)1 << 20)
#define ORDER_EXECUTABLES_MAX 500
#define ORDER_ATTEMPTS_MAX 10

enum order_kind {
	ORDER_BOOT,
	ORDER_OPERATIONAL,
	ORDER_REMOTE,
	ORDER_SCHEDULE,
	ORDER_DECOMMISSION,
};

struct run_order {
	const char *run_id; /* NULL until it is queued */
	const char *cid;    /* names the command or request; unique */
	enum order_kind kind;
	const char *thread;      /* NULL: default */
	struct jsn *executables; /* array, or NULL: the bundle's list */
	struct jsn *attributes;  /* objects or NULL */
	struct jsn *parameters;  /* of a script */
	struct jsn *inputs;      /* for this run alone */
	struct jsn *input_flags; /* array of NAME=VALUE */
	const char *cwd;         /* of relative files in them; or NULL */
	const char *environment; /* or NULL */
	bool offline;
	int64_t timeout_ms;    /* 0: the bundle's, -1: none */
	const char *log_level; /* or NULL */
	bool why_run;
	bool trusted;     /* need not be marked remote-callable */
	const char *from; /* who asks; NULL: this machine */
	struct jsn *tags; /* array: by which it was found; or NULL */
	int64_t hops;
	bool rerun;         /* run again when it was cut short */
	int64_t attempts;   /* rerun: at most so many executions */
	const char *policy; /* or NULL */
	int64_t audit_period_ms;
	/* Set when the run starts; NULL before. */
	const char *state_dir, *bundle_dir, *node_name, *inputs_file;
	const char *state, *instance_id;
	bool reboot, upload;
	struct jsn *past_scripts; /* array or NULL */
};

/* A frame that satisfies its own check; caller frees. Values are shared. */
struct jsn *order_format(const struct run_order *o);
/* Texts live in `a`, values borrow from frame. ERR_PROTOCOL (form, names the
 * place), ERR_INVALID (thread, names of executables), ERR_LIMIT. */
int order_parse(struct arena *a, const struct jsn *frame,
    struct run_order *ret_order, struct err *e) MUST_CHECK;
const char *order_kind_name(enum order_kind kind);
/* [a-z][a-z0-9_]*, at most ORDER_THREAD_MAX_BYTES. ERR_INVALID. */
int order_check_thread(const char *thread, struct err *e) MUST_CHECK;
/* "recipe[x::y], script[z]" for people, cut to 255 bytes. */
void order_summary(const struct run_order *o, struct buf *out);
