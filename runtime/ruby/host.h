/* SPDX-License-Identifier: MIT */
/*
 * The Ruby that lives in this process: its start, its only table of GC roots,
 * and the one way from C into Ruby.
 *
 * Boundary rule. A function that Ruby may call has three phases in this
 * order: in (read arguments, may raise, holds no C resource), work (plain C,
 * does not touch Ruby), out (build the result or raise; every C resource is
 * already owned by Ruby or released). Memory of the work phase lives in a
 * scratch object. C that needs Ruby in the middle of its work calls it through
 * host_call and hands the failure on as a value.
 */
#pragma once

#include "runtime/ruby/mri.h"

#include "common/err.h"

/* Objects that C keeps: name. host_root(ROOT_X) is the object. */
#define HOST_ROOTS(X)                                                          \
	X(MODULE)            /* RightLink */                                   \
	X(NATIVE)            /* RightLink::Native */                           \
	X(RESOURCE)          /* Chef::Resource */                              \
	X(PROVIDER)          /* Chef::Provider */                              \
	X(INTERRUPT)         /* exception of a trap, or nil */                 \
	X(SERVICES)          /* RightLink::Services */                         \
	X(LOG)               /* Chef::Log */                                   \
	X(CONFIG)            /* Chef::Config */                                \
	X(RUN_SPEC)          /* Hash of this run, or nil */                    \
	X(DELAYED_EVALUATOR) /* Chef::DelayedEvaluator, once seen */

enum host_root {
#define ROOT_ENUM(name) ROOT_##name,
	HOST_ROOTS(ROOT_ENUM)
#undef ROOT_ENUM
	ROOT_COUNT,
};

VALUE host_root(enum host_root which);
void host_root_set(enum host_root which, VALUE v);

/* What came back from Ruby instead of a value. Lives on the stack, so that
 * the collector sees the exception. */
struct host_failure {
	int state;       /* 0: none */
	VALUE exception; /* Qnil: throw, break or return on its way to a frame
			    outside; only host_failure_raise may follow */
};

typedef VALUE (*host_fn)(VALUE arg);

/* Calls fn(arg) so that nothing jumps over the caller. 0 and *ret, or
 * ERR_RUBY with *f filled and e "Class: message" (e may be NULL). */
int host_call(host_fn fn, VALUE arg, VALUE *ret, struct host_failure *f,
    struct err *e) MUST_CHECK;
/* host_call of one method. */
int host_send(VALUE receiver, ID method, int argc, const VALUE *argv,
    VALUE *ret, struct host_failure *f, struct err *e) MUST_CHECK;
/* Goes on with what was caught; the last act of an out phase. */
NEVER_RETURNS void host_failure_raise(const struct host_failure *f);

/*
 * Signals while C waits for a child. host_watch_interrupts (once) lets Ruby's
 * traps run then; an exception of theirs stops the child and waits for
 * host_take_interrupt, which everyone who ran commands asks afterwards: true
 * and *f when there is one. Around waits without the interpreter lock
 * host_unlocked(true) says so; it answers what was said before.
 */
void host_watch_interrupts(void);
bool host_take_interrupt(struct host_failure *f);
bool host_unlocked(bool unlocked);

/* How a whole program ended. */
enum host_end {
	HOST_RETURNED,
	HOST_EXITED,      /* exit, abort, or the main thread was killed */
	HOST_INTERRUPTED, /* SIGINT or another signal as exception */
	HOST_RAISED,
};
struct host_report {
	enum host_end end;
	int exit_status; /* HOST_EXITED */
	char text[2048]; /* "place: Class: message", one line; else empty */
};
/* Classifies a failure; calls Ruby only protected. */
void host_report(const struct host_failure *f, struct host_report *ret);

/* `value` of a text or nil; the object must stay referenced while used. */
const char *host_text(VALUE text_or_nil);

/* Raises the exception that belongs to an error of our C code: by
 * class_name if given ("Chef::Exceptions::Package"), else by its code. */
NEVER_RETURNS void host_raise(const struct err *e, const char *class_name);
/* The class of that name ("Errno::ENOENT"), or RuntimeError when the running
 * program has not loaded it. May raise. */
VALUE host_class(const char *path);

/* A text with each % replaced by the to_s of the next argument. May raise. */
VALUE host_format(const char *format, const VALUE *args);

/* Chef::Log and Chef::Config; may raise before chef is loaded. */
VALUE host_log(void);
VALUE host_config(void);

/* Scratch memory of one call: dies with the object, at the latest when it is
 * collected; scratch_done gives it back at once. */
struct arena;
VALUE scratch_new(struct arena **ret_arena);
void scratch_done(VALUE scratch);

/* An empty arena for work that nothing raises out of, and its return. */
struct arena *arena_borrow(void);
void arena_give_back(struct arena *a);
