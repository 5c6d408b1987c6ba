/* SPDX-License-Identifier: MIT */
/* One action: what is said around it, its guards, its failures. */
#include "runtime/ruby/converge_ops.h"

#include <string.h>

#include "runtime/ruby/ids.h"

/* The dispatcher hides the notifier of a delayed action from formatters. */
static VALUE
do_action_started(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE args[] = { c->resource, (VALUE)c->step->action,
		op_cause(c->step->cause), op_value(c->step->notifier) };

	return rb_funcallv(c->run->events, ids.resource_action_start, 4, args);
}

int
op_action_started(void *run, const struct converge_step *s)
{
	struct op_call c = { .step = s };

	return op_protected(run, do_action_started, &c, NULL);
}

static void
log_processing(const struct op_call *c)
{
	VALUE key = ID2SYM(ids.verbose_logging), line;
	VALUE args[] = { c->resource, (VALUE)c->step->action, Qnil };

	if (!op_logs(ids.info_p))
		return;
	if (!RTEST(rb_funcallv(host_config(), ids.at, 1, &key)) &&
	    !op_logs(ids.debug_p))
		return;
	args[2] = rb_funcallv(c->resource, ids.defined_at, 0, NULL);
	line = host_format("Processing % action % (%)", args);
	rb_funcallv(host_log(), ids.info, 1, &line);
}

static VALUE
do_prepare(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE flag = Qfalse;

	if (NIL_P((VALUE)c->step->action))
		rb_exc_raise(rb_exc_new_str(
		    rb_eArgError, host_format("nil is not a valid action for %",
				      &c->resource)));
	log_processing(c);
	return rb_funcallv(c->resource, ids.updated_by_last_action, 1, &flag);
}

int
op_prepare(void *run, const struct converge_step *s)
{
	struct op_call c = { .step = s };

	return op_protected(run, do_prepare, &c, NULL);
}

/* --- guards ------------------------------------------------------------- */

static bool
is_nothing(VALUE action)
{
	if (action == ID2SYM(ids.nothing))
		return true;
	return RB_TYPE_P(action, T_STRING) &&
	       strcmp(StringValueCStr(action), "nothing") == 0;
}

/* The first guard of the list that says no, or nil. */
static VALUE
stopper_in(VALUE list)
{
	long i;

	if (!RB_TYPE_P(list, T_ARRAY))
		return Qnil;
	for (i = 0; i < RARRAY_LEN(list); i++) {
		VALUE guard = rb_ary_entry(list, i);

		if (!RTEST(rb_funcallv(guard, ids.continue_p, 0, NULL)))
			return guard;
	}
	return Qnil;
}

static VALUE
do_guard(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE action = (VALUE)c->step->action, stopper;

	if (is_nothing(action))
		return rb_class_new_instance(1, &action,
		    host_class("Chef::Resource::ConditionalActionNotNothing"));
	stopper = stopper_in(rb_ivar_get(c->resource, ids.iv_only_if));
	if (!NIL_P(stopper))
		return stopper;
	return stopper_in(rb_ivar_get(c->resource, ids.iv_not_if));
}

int
op_guard(void *run, const struct converge_step *s, void **ret_guard)
{
	struct op_call c = { .step = s };
	VALUE stopper = Qnil;

	if (op_protected(run, do_guard, &c, &stopper) < 0)
		return ERR_RUBY;
	*ret_guard = (void *)stopper;
	return NIL_P(stopper) ? 1 : 0;
}

static VALUE
do_skipped(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE args[] = { c->resource, (VALUE)c->step->action, c->a };

	rb_funcallv(c->run->events, ids.resource_skipped, 3, args);
	if (!op_logs(ids.debug_p))
		return Qnil;
	args[1] = rb_funcallv(c->a, ids.short_description, 0, NULL);
	args[0] = host_format("Skipping % due to %", args);
	return rb_funcallv(host_log(), ids.debug, 1, args);
}

int
op_skipped(void *run, const struct converge_step *s, void *guard)
{
	struct op_call c = { .step = s, .a = (VALUE)guard };

	return op_protected(run, do_skipped, &c, NULL);
}

/* --- failures ----------------------------------------------------------- */

/* The count lives in the resource itself (CORE-605). */
static VALUE
tell_retry(const struct op_call *c)
{
	long left = FIX2LONG(rb_ivar_get(c->resource, ids.iv_retries)) - 1;
	VALUE args[] = { c->resource, (VALUE)c->step->action, LONG2FIX(left),
		c->a };
	VALUE line;

	rb_funcallv(c->run->events, ids.resource_failed_retriable, 4, args);
	rb_ivar_set(c->resource, ids.iv_retries, LONG2FIX(left));
	args[1] = LONG2FIX(left);
	line = host_format("Retrying execution of %, % attempt(s) left", args);
	return rb_funcallv(host_log(), ids.info, 1, &line);
}

/* :quiet tells a failure only to those who look closely (CORE-1118). */
static ID
level_of_ignored(VALUE resource)
{
	VALUE flag =
	    rb_obj_as_string(rb_ivar_get(resource, ids.iv_ignore_failure));

	return strcmp(StringValueCStr(flag), "quiet") == 0 ? ids.debug
							   : ids.error;
}

static VALUE
do_failed(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE args[] = { c->resource, (VALUE)c->step->action, c->a };
	VALUE line;

	if (c->failing == FAILING_RETRIED)
		return tell_retry(c);
	if (c->failing == FAILING_IGNORED) {
		line = rb_funcallv(
		    c->resource, ids.custom_exception_message, 1, &c->a);
		line =
		    host_format("%; ignore_failure is set, continuing", &line);
		rb_funcallv(
		    host_log(), level_of_ignored(c->resource), 1, &line);
	}
	return rb_funcallv(c->run->events, ids.resource_failed, 3, args);
}

int
op_failed(void *run, const struct converge_step *s, void *failure,
    enum converge_failing how)
{
	struct op_call c = { .step = s, .a = (VALUE)failure, .failing = how };

	return op_protected(run, do_failed, &c, NULL);
}

static VALUE
do_blame(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;

	return rb_funcallv(c->resource, ids.customize_exception, 1, &c->a);
}

/* An exception class that cannot be made with a text alone stays as it is. */
void *
op_blame(void *run, const struct converge_step *s, void *failure)
{
	struct op_call c = { .step = s, .a = (VALUE)failure };
	struct ruby_run *r = run;
	VALUE blamed = Qnil;

	if (op_protected(run, do_blame, &c, &blamed) < 0 || NIL_P(blamed)) {
		r->pending = (struct host_failure){ 0, Qnil };
		return failure;
	}
	return (void *)blamed;
}

static VALUE
do_pause(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	struct timeval tv = { .tv_sec = (time_t)(c->index / 1000),
		.tv_usec = (suseconds_t)(c->index % 1000) * 1000 };

	rb_thread_wait_for(tv);
	return Qnil;
}

int
op_pause(void *run, int64_t ms)
{
	struct op_call c = { .index = (size_t)ms };

	return ms > 0 ? op_protected(run, do_pause, &c, NULL) : 0;
}

static VALUE
do_completed(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;

	rb_ivar_set(c->resource, ids.iv_elapsed_time,
	    DBL2NUM((double)c->index / 1000.0));
	return rb_funcallv(
	    c->run->events, ids.resource_completed, 1, &c->resource);
}

int
op_completed(void *run, const struct converge_step *s,
    const struct converge_record *record)
{
	struct op_call c = { .step = s, .index = (size_t)record->elapsed_ms };

	return op_protected(run, do_completed, &c, NULL);
}
