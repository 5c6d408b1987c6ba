/* SPDX-License-Identifier: MIT */
/*
 * One action performed. When the chosen provider is a generated class that no
 * cookbook has touched, its C table runs at once, without a Ruby provider
 * object; else the object is made and asked.
 */
#include "runtime/ruby/bridge.h"

#include <string.h>

#include "runtime/ruby/classes.h"
#include "runtime/ruby/converge_ops.h"
#include "runtime/ruby/ids.h"

struct performance {
	struct ruby_run *run;
	const struct converge_step *step;
	VALUE resource, action;
	const struct provider *native; /* NULL: the Ruby provider has run */
};

/* Is the class what we made, down to the base? */
static bool
is_untouched(VALUE klass)
{
	const struct provider_class *c;

	if (provider_base_touched())
		return false;
	while (klass != host_root(ROOT_PROVIDER)) {
		c = provider_class_exact(klass);
		if (c == NULL || c->touched)
			return false;
		klass = rb_class_superclass(klass);
	}
	return true;
}

static bool
knows_action(const struct provider *p, VALUE action)
{
	const struct resource_type *t = resource_type_find(p->type);
	VALUE text =
	    SYMBOL_P(action) ? rb_sym2str(action) : rb_obj_as_string(action);
	const char *const *known;

	if (t == NULL)
		return false;
	for (known = resource_type_actions(t); *known != NULL; known++)
		if (strcmp(*known, StringValueCStr(text)) == 0)
			return true;
	return false;
}

static bool
in_why_run(void)
{
	VALUE key = ID2SYM(ids.why_run);

	return RTEST(rb_funcallv(host_config(), ids.at, 1, &key));
}

/* A cookbook's own run_action may take the action or nothing. */
static void
run_ruby(const struct performance *p)
{
	VALUE provider =
	    rb_funcallv(p->resource, ids.provider_for_action, 1, &p->action);
	int arity = rb_obj_method_arity(provider, ids.run_action);

	rb_funcallv(provider, ids.run_action, arity == 0 ? 0 : 1, &p->action);
}

/* What must run before a change of this resource (CORE-1106). */
static void
notify_before(const struct performance *p)
{
	VALUE args[] = { p->resource, p->action };

	if (op_notifies(p->run))
		rb_funcallv(p->run->run_context, ids.notify_before, 2, args);
}

static VALUE
choose(VALUE arg)
{
	struct performance *p = (struct performance *)arg;
	const struct provider_class *c;
	VALUE klass;

	notify_before(p);
	klass = rb_funcallv(p->resource, ids.provider_class_for, 1, &p->action);
	c = provider_class_exact(klass);
	if (c != NULL && c->provider != NULL && is_untouched(klass) &&
	    knows_action(c->provider, p->action) &&
	    !(c->provider->no_why_run && in_why_run()))
		p->native = c->provider;
	else
		run_ruby(p);
	return klass;
}

struct ending {
	struct bridge *bridge;
	VALUE klass;
};

/* The events and the flag after the changes (CORE-604). */
static VALUE
tell_end(VALUE arg)
{
	const struct ending *end = (const struct ending *)arg;
	const struct bridge *b = end->bridge;
	VALUE args[] = { b->resource, b->action, Qnil };
	VALUE flag = Qtrue;

	if (b->plan.blocked) {
		VALUE provider[] = { b->resource, b->run_context };

		args[2] = rb_class_new_instance(2, provider, end->klass);
		rb_funcallv(b->events, ids.resource_bypassed, 3, args);
	}
	if (b->changes == 0 && !b->plan.flag_updated)
		return rb_funcallv(b->events, ids.resource_up_to_date, 2, args);
	rb_funcallv(b->events, ids.resource_updated, 2, args);
	return rb_funcallv(b->resource, ids.updated_by_last_action, 1, &flag);
}

static int
run_phases(struct bridge *b, const struct provider *p)
{
	if (bridge_open(b, p) < 0 || bridge_load(b) < 0 || bridge_plan(b) < 0)
		return ERR_RUBY;
	return b->plan.blocked ? 0 : bridge_apply(b);
}

static int
run_native(struct performance *p, VALUE klass, struct converge_outcome *ret)
{
	struct bridge b = {
		.resource = p->resource,
		.run_context = p->run->run_context,
		.events = p->run->events,
		.action = p->action,
		.provider = Qnil,
	};
	struct ending end = { &b, klass };
	int r = run_phases(&b, p->native);

	/* A log call or a piece of output may have left one behind. */
	if (r == 0 && b.failure.state != 0)
		r = ERR_RUBY;
	if (r == 0)
		r = host_call(tell_end, (VALUE)&end, NULL, &b.failure, NULL);
	ret->changes = b.changes;
	if (b.plan.blocked)
		ret->result = RESULT_BYPASSED;
	else if (b.changes > 0 || b.plan.flag_updated)
		ret->result = RESULT_UPDATED;
	bridge_close(&b);
	if (r < 0)
		p->run->pending = b.failure;
	return r < 0 ? ERR_RUBY : 0;
}

int
op_perform(
    void *run, const struct converge_step *s, struct converge_outcome *ret)
{
	struct ruby_run *r = run;
	struct performance p = {
		.run = r,
		.step = s,
		.resource = (VALUE)s->resource,
		.action = (VALUE)s->action,
	};
	VALUE klass = Qnil;

	if (host_call(choose, (VALUE)&p, &klass, &r->pending, NULL) < 0)
		return ERR_RUBY;
	if (p.native != NULL)
		return run_native(&p, klass, ret);
	if (RTEST(rb_ivar_get(p.resource, ids.iv_updated_by_last_action)))
		*ret = (struct converge_outcome){ RESULT_UPDATED, 1 };
	return 0;
}
