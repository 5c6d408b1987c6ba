/* SPDX-License-Identifier: MIT */
/* The engine's questions about the collection, its resources and failures. */
#include "runtime/ruby/converge_ops.h"

#include <unistd.h>

#include "runtime/ruby/ids.h"

VALUE
op_value(void *handle)
{
	return handle == NULL ? Qnil : (VALUE)handle;
}

VALUE
op_cause(enum converge_cause cause)
{
	switch (cause) {
	case CAUSE_LIST:
		return Qnil;
	case CAUSE_IMMEDIATE:
		return ID2SYM(ids.immediate);
	case CAUSE_DELAYED:
		return ID2SYM(ids.delayed);
	}
	return Qnil;
}

int
op_protected(struct ruby_run *run, host_fn fn, struct op_call *c, VALUE *ret)
{
	c->run = run;
	if (c->step != NULL)
		c->resource = (VALUE)c->step->resource;
	return host_call(fn, (VALUE)c, ret, &run->pending, NULL);
}

bool
op_logs(ID level_p)
{
	return RTEST(rb_funcallv(host_log(), level_p, 0, NULL));
}

bool
op_notifies(const struct ruby_run *r)
{
	VALUE v;

	if (NIL_P(r->run_context))
		return false;
	v = rb_check_funcall(r->run_context, ids.notifications_p, 0, NULL);
	return v == Qundef || RTEST(v);
}

/* --- the collection ----------------------------------------------------- */

static size_t
op_count(void *run)
{
	const struct ruby_run *r = run;

	return (size_t)RARRAY_LEN(r->resources);
}

static void *
op_at(void *run, size_t index)
{
	const struct ruby_run *r = run;

	return (void *)rb_ary_entry(r->resources, (long)index);
}

static VALUE
do_stand_at(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE index = SIZET2NUM(c->index);

	if (c->run->pid != getpid())
		rb_raise(rb_eRuntimeError,
		    "a recipe forked: this copy of the run, process %d, "
		    "stops here",
		    getpid());
	return rb_funcallv(c->run->collection, ids.stand_at, 1, &index);
}

static int
op_stand_at(void *run, size_t index)
{
	struct op_call c = { .index = index };

	return op_protected(run, do_stand_at, &c, NULL);
}

static VALUE
do_next_index(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE index = SIZET2NUM(c->index);

	return rb_funcallv(c->run->collection, ids.next_index, 1, &index);
}

static int
op_next_index(void *run, size_t index, size_t *ret_index)
{
	struct op_call c = { .index = index };
	VALUE next = Qnil;

	if (op_protected(run, do_next_index, &c, &next) < 0)
		return ERR_RUBY;
	if (!FIXNUM_P(next) || FIX2LONG(next) < 0)
		return 0;
	*ret_index = (size_t)FIX2LONG(next);
	return 1;
}

/* --- one resource ------------------------------------------------------- */

static VALUE
do_resolve(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;

	if (!op_notifies(c->run))
		return Qnil;
	return rb_funcallv(
	    c->resource, ids.resolve_notification_references, 0, NULL);
}

static int
op_resolve(void *run, void *resource)
{
	struct op_call c = { .resource = (VALUE)resource };

	return op_protected(run, do_resolve, &c, NULL);
}

static VALUE
do_actions(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;

	return rb_Array(rb_funcallv(c->resource, ids.action, 0, NULL));
}

static int
op_actions(void *run, void *resource, struct converge_list *ret)
{
	struct op_call c = { .resource = (VALUE)resource };
	VALUE list = Qnil;

	if (op_protected(run, do_actions, &c, &list) < 0)
		return ERR_RUBY;
	ret->list = (void *)list;
	ret->count = (size_t)RARRAY_LEN(list);
	return 0;
}

static void *
op_action(void *run UNUSED, void *list, size_t index)
{
	return (void *)rb_ary_entry((VALUE)list, (long)index);
}

static bool
op_is_updated(void *run UNUSED, void *resource)
{
	return RTEST(
	    rb_ivar_get((VALUE)resource, ids.iv_updated_by_last_action));
}

static int64_t
milliseconds(VALUE seconds)
{
	double ms;

	if (!RB_INTEGER_TYPE_P(seconds) && !RB_FLOAT_TYPE_P(seconds))
		return 0;
	ms = NUM2DBL(seconds) * 1000.0;
	return ms > 0 && ms < 1e12 ? (int64_t)ms : 0;
}

/* Who interrupts a run does not want it to go on. */
static int
op_patience(void *run UNUSED, void *resource, void *failure,
    struct converge_patience *ret)
{
	VALUE r = (VALUE)resource;
	VALUE retries = rb_ivar_get(r, ids.iv_retries);

	if (rb_obj_is_kind_of((VALUE)failure, rb_eSignal) == Qtrue)
		return 0;
	ret->ignore_failure = RTEST(rb_ivar_get(r, ids.iv_ignore_failure));
	ret->retries = FIXNUM_P(retries) ? FIX2LONG(retries) : 0;
	ret->pause_ms = milliseconds(rb_ivar_get(r, ids.iv_retry_delay));
	return 0;
}

/* --- failures ----------------------------------------------------------- */

static void *
op_take_failure(void *run)
{
	struct ruby_run *r = run;
	VALUE exception = r->pending.exception;

	if (NIL_P(exception))
		return NULL;
	r->pending = (struct host_failure){ 0, Qnil };
	return (void *)exception;
}

static VALUE
do_flushing(VALUE arg UNUSED)
{
	VALUE line = rb_str_new_cstr("Running queued delayed notifications "
				     "before re-raising exception");

	return rb_funcallv(host_log(), ids.info, 1, &line);
}

static void
op_flushing(void *run)
{
	struct op_call c = { .index = 0 };
	struct ruby_run *r = run;

	if (op_protected(run, do_flushing, &c, NULL) < 0)
		r->pending = (struct host_failure){ 0, Qnil };
}

struct several {
	void *const *failures;
	size_t count;
	bool first_is_run;
};

static VALUE
join_failures(VALUE arg)
{
	const struct several *s = (const struct several *)arg;
	VALUE all, trace;
	size_t i;

	if (s->count == 1)
		rb_exc_raise((VALUE)s->failures[0]);
	all = rb_class_new_instance(
	    0, NULL, host_class("Chef::Exceptions::MultipleFailures"));
	for (i = 0; i < s->count; i++) {
		VALUE one = (VALUE)s->failures[i];

		rb_funcallv(all,
		    i == 0 && s->first_is_run ? ids.client_run_failure
					      : ids.notification_failure,
		    1, &one);
	}
	trace = rb_funcallv((VALUE)s->failures[0], ids.backtrace, 0, NULL);
	rb_funcallv(all, ids.set_backtrace, 1, &trace);
	rb_exc_raise(all);
}

static void
op_raise(void *run, void *const *failures, size_t count, bool first_is_run)
{
	struct several s = { failures, count, first_is_run };
	struct ruby_run *r = run;
	int raised =
	    host_call(join_failures, (VALUE)&s, NULL, &r->pending, NULL);

	ASSERT(raised < 0);
}

static VALUE
do_hold(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;

	return rb_ary_push(c->run->held, c->a);
}

static void
op_hold(void *run, void *handle)
{
	struct op_call c = { .run = run, .a = op_value(handle) };
	struct host_failure f;
	int failed = host_call(do_hold, (VALUE)&c, NULL, &f, NULL);

	ASSERT(failed == 0);
}

const struct converge_ops ruby_converge_ops = {
	.count = op_count,
	.at = op_at,
	.stand_at = op_stand_at,
	.next_index = op_next_index,
	.resolve = op_resolve,
	.actions = op_actions,
	.action = op_action,
	.is_updated = op_is_updated,
	.patience = op_patience,
	.action_started = op_action_started,
	.prepare = op_prepare,
	.guard = op_guard,
	.skipped = op_skipped,
	.perform = op_perform,
	.failed = op_failed,
	.blame = op_blame,
	.pause = op_pause,
	.completed = op_completed,
	.notices = op_notices,
	.notice = op_notice,
	.same_notice = op_same_notice,
	.sending = op_sending,
	.too_deep = op_too_deep,
	.take_failure = op_take_failure,
	.flushing = op_flushing,
	.raise = op_raise,
	.hold = op_hold,
};
