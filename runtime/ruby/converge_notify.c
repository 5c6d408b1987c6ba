/* SPDX-License-Identifier: MIT */
/* Notifications of a resource, asked of its run context. */
#include "runtime/ruby/converge_ops.h"

#include "runtime/ruby/ids.h"

static VALUE
do_notices(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	ID list = c->cause == CAUSE_IMMEDIATE ? ids.immediate_notifications
					      : ids.delayed_notifications;

	if (!op_notifies(c->run))
		return rb_ary_new();
	return rb_ary_dup(
	    rb_Array(rb_funcallv(c->run->run_context, list, 1, &c->resource)));
}

int
op_notices(void *run, void *resource, enum converge_cause which,
    struct converge_list *ret)
{
	struct op_call c = { .resource = (VALUE)resource, .cause = which };
	VALUE list = Qnil;

	if (op_protected(run, do_notices, &c, &list) < 0)
		return ERR_RUBY;
	ret->list = (void *)list;
	ret->count = (size_t)RARRAY_LEN(list);
	return 0;
}

static VALUE
do_notice(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;

	return rb_ary_new_from_args(3, rb_funcallv(c->a, ids.resource, 0, NULL),
	    rb_funcallv(c->a, ids.action, 0, NULL),
	    rb_funcallv(c->a, ids.notifying_resource, 0, NULL));
}

int
op_notice(void *run, void *list, size_t index, struct converge_notice *ret)
{
	struct op_call c = { .a = rb_ary_entry((VALUE)list, (long)index) };
	VALUE parts = Qnil;

	if (op_protected(run, do_notice, &c, &parts) < 0)
		return ERR_RUBY;
	ret->target = (void *)rb_ary_entry(parts, 0);
	ret->action = (void *)rb_ary_entry(parts, 1);
	ret->notifier = (void *)rb_ary_entry(parts, 2);
	return 0;
}

/* Actions are symbols or texts: :go and "go" differ (CORE-612). */
bool
op_same_notice(void *run UNUSED, const struct converge_notice *a,
    const struct converge_notice *b)
{
	VALUE x = (VALUE)a->action, y = (VALUE)b->action;

	if (a->target != b->target)
		return false;
	if (x == y)
		return true;
	return RB_TYPE_P(x, T_STRING) && RB_TYPE_P(y, T_STRING) &&
	       rb_str_equal(x, y) == Qtrue;
}

static VALUE
do_sending(VALUE arg)
{
	static const char *const formats[] = {
		[SENDING_NOW] = "% sending % action to % (immediate)",
		[SENDING_DELAYED] = "% sending % action to % (delayed)",
		[SENDING_QUEUED_BEFORE] =
		    ("% not queuing delayed action % on % (delayed), as it's "
		     "already been queued"),
	};
	const struct op_call *c = (const struct op_call *)arg;
	const struct converge_notice *n = (const struct converge_notice *)c->a;
	VALUE args[] = { op_value(n->notifier), op_value(n->action),
		op_value(n->target) };
	VALUE line;

	if (!op_logs(ids.info_p))
		return Qnil;
	line = host_format(formats[c->sending], args);
	return rb_funcallv(host_log(), ids.info, 1, &line);
}

int
op_sending(
    void *run, const struct converge_notice *n, enum converge_sending how)
{
	struct op_call c = { .a = (VALUE)n, .sending = how };

	return op_protected(run, do_sending, &c, NULL);
}

static VALUE
do_too_deep(VALUE arg)
{
	const struct op_call *c = (const struct op_call *)arg;
	VALUE args[] = { c->resource, SIZET2NUM(c->index) };

	rb_exc_raise(rb_exc_new_str(rb_eRuntimeError,
	    host_format("%: immediate notifications are nested % deep; do "
			"resources notify each other in a ring?",
		args)));
}

int
op_too_deep(void *run, const struct converge_step *s, unsigned nesting)
{
	struct op_call c = { .step = s, .index = nesting };

	return op_protected(run, do_too_deep, &c, NULL);
}
