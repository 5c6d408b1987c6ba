/* SPDX-License-Identifier: MIT */
/*
 * The methods of generated Chef::Provider classes: they run the C provider
 * phase by phase, so that a subclass may add to load_current_resource or to an
 * action and call super.
 */
#include "runtime/ruby/bridge.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "providers/choose.h"
#include "providers/git_refs.h"
#include "runtime/ruby/classes.h"
#include "runtime/ruby/ids.h"
#include "runtime/ruby/native.h"
#include "runtime/ruby/provider_tree.h"

/* --- the native part of a provider object ------------------------------- */

static void
bridge_mark(void *data)
{
	struct bridge *b = data;

	rb_gc_mark(b->resource);
	rb_gc_mark(b->run_context);
	rb_gc_mark(b->events);
	rb_gc_mark(b->action);
	rb_gc_mark(b->failure.exception);
}

/* Also gives back what a provider staged for an action that never came. */
static void
bridge_free(void *data)
{
	struct bridge *b = data;

	bridge_close(b);
	free(b);
}

static size_t
bridge_size(const void *data UNUSED)
{
	return sizeof(struct bridge);
}

static const rb_data_type_t bridge_type = {
	.wrap_struct_name = "rightlink/provider",
	.function = { bridge_mark, bridge_free, bridge_size, NULL, { 0 } },
};

static NEVER_RETURNS void
unsupported(VALUE self)
{
	VALUE name = rb_class_name(rb_obj_class(self));

	rb_exc_raise(
	    rb_exc_new_str(host_class("Chef::Exceptions::UnsupportedAction"),
		host_format("provider % has no way to do this here", &name)));
}

static const struct provider *
table_of(VALUE self)
{
	const struct provider_class *c = provider_class_of(rb_obj_class(self));

	if (c == NULL || c->provider == NULL)
		unsupported(self);
	return c->provider;
}

static struct bridge *
bridge_of(VALUE self)
{
	ID slot = rb_intern("native_bridge");
	VALUE held = rb_attr_get(self, slot);
	struct bridge *b;

	if (!NIL_P(held))
		return rb_check_typeddata(held, &bridge_type);
	b = xcalloc(1, sizeof(*b));
	b->resource = b->run_context = b->events = b->action = Qnil;
	b->provider = b->failure.exception = Qnil;
	held = rb_data_typed_object_wrap(rb_cObject, b, &bridge_type);
	rb_ivar_set(self, slot, held);
	return b;
}

static NEVER_RETURNS void
give_up(struct bridge *b)
{
	struct host_failure f = b->failure;

	bridge_close(b);
	host_failure_raise(&f);
}

static struct bridge *
loaded(VALUE self, VALUE action)
{
	struct bridge *b = bridge_of(self);
	const struct provider *table = table_of(self);

	bridge_close(b);
	b->resource = rb_ivar_get(self, ids.iv_new_resource);
	b->run_context = rb_ivar_get(self, ids.iv_run_context);
	b->events = Qnil;
	b->action = action;
	b->provider = self;
	if (bridge_open(b, table) < 0 || bridge_load(b) < 0)
		give_up(b);
	return b;
}

static VALUE
load_current_resource(VALUE self)
{
	VALUE action = rb_ivar_get(self, ids.iv_action);
	VALUE current;

	if (NIL_P(action))
		action = ID2SYM(ids.nothing);
	current = bridge_current(loaded(self, action));
	rb_ivar_set(self, ids.iv_current_resource, current);
	return current;
}

/* --- actions ------------------------------------------------------------ */

struct step {
	struct bridge *bridge;
	const struct change *change;
};

/* The change is made already: only so can a step that changed nothing after
 * all be left out. */
static VALUE
already_done(RB_BLOCK_CALL_FUNC_ARGLIST(yielded, arg))
{
	(void)yielded;
	(void)arg;
	(void)argc;
	(void)argv;
	(void)blockarg;
	return Qnil;
}

static VALUE
converge_by(VALUE arg)
{
	const struct step *s = (const struct step *)arg;
	VALUE update = bridge_update_of(s->change);

	return rb_block_call(s->bridge->provider, ids.converge_by, 1, &update,
	    already_done, Qnil);
}

static void
apply_by_converge(struct bridge *b)
{
	const struct change *c;
	struct host_failure f;

	for (c = b->plan.first; c != NULL; c = c->next) {
		struct step s = { b, c };
		int made = bridge_make(b, c);

		if (made < 0)
			give_up(b);
		if (made > 0)
			continue;
		if (bridge_is_silent(c)) {
			b->plan.flag_updated = true;
		} else if (host_call(converge_by, (VALUE)&s, NULL, &f, NULL) <
			   0) {
			b->failure = f;
			give_up(b);
		}
	}
	if (bridge_finish(b) < 0)
		give_up(b);
}

static VALUE
tell_bypassed(VALUE arg)
{
	const struct bridge *b = (const struct bridge *)arg;
	VALUE args[] = { b->resource, b->action, b->provider };

	return rb_funcallv(b->events, ids.resource_bypassed, 3, args);
}

static VALUE
run_native_action(VALUE self, VALUE action)
{
	struct bridge *b = bridge_of(self);
	VALUE flag = Qtrue;
	bool updated;

	if (!b->is_open || b->action != action)
		b = loaded(self, action);
	if (bridge_plan(b) < 0)
		give_up(b);
	if (b->plan.blocked) {
		if (host_call(
			tell_bypassed, (VALUE)b, NULL, &b->failure, NULL) < 0)
			give_up(b);
		bridge_close(b);
		return Qnil;
	}
	apply_by_converge(b);
	updated = b->plan.flag_updated;
	bridge_close(b);
	if (updated)
		rb_funcallv(rb_ivar_get(self, ids.iv_new_resource),
		    ids.updated_by_last_action, 1, &flag);
	return Qtrue;
}

static VALUE
action_method(VALUE self)
{
	VALUE name = rb_id2str(rb_frame_this_func());
	size_t skip = sizeof("action_") - 1;

	return run_native_action(
	    self, ID2SYM(rb_intern2(RSTRING_PTR(name) + skip,
		      RSTRING_LEN(name) - (long)skip)));
}

static VALUE
whyrun_supported(VALUE self)
{
	return table_of(self)->no_why_run ? Qfalse : Qtrue;
}

/* --- classes ------------------------------------------------------------ */

static void
define_methods(VALUE klass, const struct provider *p)
{
	const struct resource_type *t = resource_type_find(p->type);
	const char *const *action;
	char name[80];

	rb_define_method(klass, "whyrun_supported?", whyrun_supported, 0);
	rb_define_method(
	    klass, "load_current_resource", load_current_resource, 0);
	if (t == NULL)
		return;
	for (action = resource_type_actions(t); *action != NULL; action++) {
		snprintf(name, sizeof(name), "action_%s", *action);
		rb_define_method(klass, name, action_method, 0);
	}
}

static VALUE
method_added(VALUE klass, VALUE name UNUSED)
{
	classes_touch(klass);
	return Qnil;
}

static VALUE
native_define_provider_classes(VALUE self UNUSED)
{
	VALUE base = host_class("Chef::Provider");
	size_t i;

	if (base == rb_eRuntimeError)
		rb_raise(rb_eNameError, "Chef::Provider is not there yet");
	for (i = 0; providers[i] != NULL; i++)
		define_methods(
		    provider_class_at(base, providers[i]->ruby_class),
		    providers[i]);
	rb_define_singleton_method(base, "method_added", method_added, 1);
	host_root_set(ROOT_PROVIDER, base);
	return Qnil;
}

/* When no platform decides: the type's own word, else the provider of its
 * class, else its parent's ("bash" runs by Script). */
static const char *
usual_provider(const char *type)
{
	const struct resource_type *t = resource_type_find(type);

	for (; t != NULL; t = resource_type_find(t->parent)) {
		if (t->usual_provider != NULL)
			return t->usual_provider;
		if (provider_find(t->ruby_class) != NULL)
			return t->ruby_class;
		if (t->parent == NULL)
			return NULL;
	}
	return NULL;
}

static VALUE
native_provider_choose(VALUE self UNUSED, VALUE type, VALUE platform,
    VALUE version, VALUE family, VALUE name)
{
	const char *chosen = provider_choose(StringValueCStr(type),
	    host_text(platform), host_text(version), host_text(family),
	    view_of_machine(), host_text(name));

	if (chosen == NULL)
		chosen = usual_provider(StringValueCStr(type));
	return chosen == NULL ? Qnil : rb_utf8_str_new_cstr(chosen);
}

static VALUE
native_git_resolve(VALUE self UNUSED, VALUE listing, VALUE revision)
{
	const char *text = StringValueCStr(listing);
	const char *name = StringValueCStr(revision);
	char sha[GIT_SHA_LEN + 1] = "";
	struct arena *a = arena_new();
	const char *found = git_resolve(a, text, name);

	if (found != NULL)
		memcpy(sha, found, sizeof(sha));
	arena_free(&a);
	return sha[0] == '\0' ? Qnil : rb_utf8_str_new_cstr(sha);
}

void
provider_define(VALUE native)
{
	rb_define_module_function(native, "git_resolve", native_git_resolve, 2);
	rb_define_module_function(native, "define_provider_classes",
	    native_define_provider_classes, 0);
	rb_define_module_function(
	    native, "provider_choose", native_provider_choose, 5);
}
