/* SPDX-License-Identifier: MIT */
/* converge and run_action of RightLink::Native: the engine over Ruby. */
#include "runtime/ruby/converge_ops.h"

#include <unistd.h>

#include "runtime/ruby/ids.h"
#include "runtime/ruby/native.h"

static void
init_run(struct ruby_run *r, VALUE run_context)
{
	r->run_context = run_context;
	r->events = rb_funcallv(run_context, ids.events, 0, NULL);
	r->held = rb_ary_new();
	r->collection = r->resources = Qnil;
	r->pending = (struct host_failure){ 0, Qnil };
	r->pid = getpid();
}

static VALUE
native_converge(VALUE self UNUSED, VALUE run_context)
{
	struct ruby_run r;
	int failed;

	init_run(&r, run_context);
	r.collection =
	    rb_funcallv(run_context, ids.resource_collection, 0, NULL);
	r.resources = rb_funcallv(r.collection, ids.all_resources, 0, NULL);
	Check_Type(r.resources, T_ARRAY);
	failed = converge_all(&ruby_converge_ops, &r);
	RB_GC_GUARD(r.held);
	RB_GC_GUARD(r.resources);
	if (failed < 0)
		host_failure_raise(&r.pending);
	return Qtrue;
}

static enum converge_cause
cause_of(VALUE type)
{
	if (type == ID2SYM(ids.immediate))
		return CAUSE_IMMEDIATE;
	return type == ID2SYM(ids.delayed) ? CAUSE_DELAYED : CAUSE_LIST;
}

static VALUE
native_run_action(int argc, VALUE *argv, VALUE self UNUSED)
{
	rb_check_arity(argc, 2, 4);
	VALUE resource = argv[0], action = argv[1];
	VALUE type = argc > 2 ? argv[2] : Qnil;
	VALUE notifier = argc > 3 ? argv[3] : Qnil;
	struct converge_step s;
	struct ruby_run r;

	init_run(&r, rb_ivar_get(resource, ids.iv_run_context));
	s = (struct converge_step){
		.resource = (void *)resource,
		.action = (void *)action,
		.cause = cause_of(type),
		.notifier = NIL_P(notifier) ? NULL : (void *)notifier,
	};
	if (converge_action(&ruby_converge_ops, &r, &s) < 0)
		host_failure_raise(&r.pending);
	RB_GC_GUARD(r.held);
	return Qnil;
}

void
converge_define(VALUE native)
{
	rb_define_module_function(native, "converge", native_converge, 1);
	rb_define_module_function(native, "run_action", native_run_action, -1);
}
