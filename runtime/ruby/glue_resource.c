/* SPDX-License-Identifier: MIT */
/*
 * Chef::Resource::X for every resource type: class, defaults and accessor
 * methods, all from the tables. An accessor finds its property by its own
 * method name, so one C function serves all of them.
 */
#include "runtime/ruby/classes.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/str.h"
#include "resources/resource.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/host.h"
#include "runtime/ruby/ids.h"
#include "runtime/ruby/native.h"
#include "runtime/ruby/property.h"

/* --- accessors ---------------------------------------------------------- */

/* Recently used properties: most calls of a recipe hit a few. Only generated
 * classes get in, since a collected class would leave its address behind. */
#define CACHE_SIZE 256

static struct {
	VALUE klass;
	ID method;
	const struct class_property *property;
} cache[CACHE_SIZE];

static const struct class_property *
find_in_class(const struct resource_class *c, ID method)
{
	st_data_t found;

	if (c == NULL || !st_lookup(c->by_method, method, &found))
		return NULL;
	return (const struct class_property *)found;
}

static const struct class_property *
find_property(VALUE self, ID method)
{
	VALUE klass = CLASS_OF(self);
	size_t i = ((klass >> 3) ^ (method * 31)) % CACHE_SIZE;
	const struct resource_class *c;
	const struct class_property *p;

	if (cache[i].klass == klass && cache[i].method == method)
		return cache[i].property;
	c = resource_class_exact(klass);
	if (c == NULL) {
		p = find_in_class(resource_class_of(klass), method);
		if (p == NULL)
			rb_raise(rb_eNoMethodError, "no such property");
		return p;
	}
	p = find_in_class(c, method);
	if (p == NULL)
		rb_raise(rb_eNoMethodError, "no such property");
	cache[i].klass = klass;
	cache[i].method = method;
	cache[i].property = p;
	return p;
}

static VALUE
accessor(int argc, VALUE *argv, VALUE self)
{
	const struct class_property *p =
	    find_property(self, rb_frame_this_func());

	rb_check_arity(argc, 0, 1);
	if (argc == 1 && !NIL_P(argv[0])) {
		VALUE v = property_checked(p, argv[0]);

		rb_ivar_set(self, p->ivar, v);
		return v;
	}
	return property_read(p, rb_ivar_get(self, p->ivar));
}

static VALUE
writer(VALUE self, VALUE v)
{
	ID method = rb_frame_this_func();
	VALUE name = rb_id2str(method);
	const struct class_property *p = find_property(
	    self, rb_intern2(RSTRING_PTR(name), RSTRING_LEN(name) - 1));

	if (!NIL_P(v))
		rb_ivar_set(self, p->ivar, property_checked(p, v));
	return v;
}

/* --- objects ------------------------------------------------------------ */

static VALUE
copy_of(VALUE v)
{
	if (SPECIAL_CONST_P(v))
		return v;
	if (RB_TYPE_P(v, T_ARRAY))
		return rb_ary_dup(v);
	if (RB_TYPE_P(v, T_HASH))
		return rb_hash_dup(v);
	return RB_TYPE_P(v, T_STRING) ? rb_str_dup(v) : v;
}

static VALUE
pinned(VALUE v)
{
	if (!SPECIAL_CONST_P(v))
		rb_gc_register_mark_object(v);
	return v;
}

/* Made when first needed: a default may name a class that loads late. */
static VALUE
default_of(struct class_property *p)
{
	if (p->prototype == Qundef)
		p->prototype = pinned(literal_to_ruby(p->property->fallback));
	return p->prototype;
}

static VALUE
preset_provider(const struct resource_class *c)
{
	char path[128];
	VALUE klass;

	if (c->type->provider == NULL)
		return Qnil;
	snprintf(path, sizeof(path), "Chef::Provider::%s", c->type->provider);
	klass = host_class(path);
	return klass == rb_eRuntimeError ? Qnil : klass;
}

/* File.basename of a name, with ".erb" for templates. */
static VALUE
last_part(VALUE name, bool erb)
{
	VALUE last;

	if (!RB_TYPE_P(name, T_STRING))
		return Qnil;
	last = rb_funcall(rb_cFile, rb_intern("basename"), 1, name);
	return erb ? rb_str_cat_cstr(last, ".erb") : last;
}

static VALUE
native_init_object(VALUE self)
{
	const struct resource_class *c = resource_class_of(CLASS_OF(self));
	VALUE name, provider;
	size_t i;

	if (c == NULL)
		return self;
	name = rb_ivar_get(self, ids.iv_name);
	rb_ivar_set(self, ids.iv_resource_name, c->resource_name);
	rb_ivar_set(self, ids.iv_action, copy_of(c->action));
	rb_ivar_set(
	    self, ids.iv_allowed_actions, rb_ary_dup(c->allowed_actions));
	provider = preset_provider(c);
	if (!NIL_P(provider))
		rb_ivar_set(self, ids.iv_provider, provider);
	for (i = 0; i < c->count; i++) {
		struct class_property *p = &c->properties[i];

		unsigned flags = p->property->flags;

		if (flags & PROP_NAME)
			rb_ivar_set(self, p->ivar, name);
		else if (flags & (PROP_BASENAME | PROP_ERB_NAME))
			rb_ivar_set(self, p->ivar,
			    last_part(name, (flags & PROP_ERB_NAME) != 0));
		else if (p->property->fallback != NULL)
			rb_ivar_set(self, p->ivar, copy_of(default_of(p)));
	}
	return self;
}

static VALUE
initialize(int argc, VALUE *argv, VALUE self)
{
	rb_call_super(argc, argv);
	return native_init_object(self);
}

static VALUE
native_type(VALUE klass)
{
	const struct resource_class *c = resource_class_of(klass);

	return c == NULL ? Qnil : rb_utf8_str_new_cstr(c->type->name);
}

/* --- classes ------------------------------------------------------------ */

static ID
ivar_id(const char *name)
{
	char text[80];

	snprintf(text, sizeof(text), "@%s", name);
	return rb_intern(text);
}

static void
count_one(const struct property *p UNUSED, void *arg)
{
	*(size_t *)arg += 1;
}

static void
add_property(const struct property *p, void *arg)
{
	struct resource_class *c = arg;
	struct class_property *slot = &c->properties[c->count++];

	slot->property = p;
	slot->ivar = ivar_id(p->name);
	slot->reader = rb_intern(p->name);
	slot->prototype = Qundef;
	st_insert(c->by_method, slot->reader, (st_data_t)slot);
	if (p->alias != NULL)
		st_insert(c->by_method, rb_intern(p->alias), (st_data_t)slot);
}

static void
define_accessors(const struct resource_class *c)
{
	const struct property *p;
	char name[80];

	for (p = c->type->properties; p != NULL && p->name != NULL; p++) {
		if (p->flags & PROP_RUBY)
			continue;
		rb_define_method(c->klass, p->name, accessor, -1);
		snprintf(name, sizeof(name), "%s=", p->name);
		rb_define_method(c->klass, name, writer, 1);
		if (p->alias == NULL)
			continue;
		rb_define_method(c->klass, p->alias, accessor, -1);
		snprintf(name, sizeof(name), "%s=", p->alias);
		rb_define_method(c->klass, name, writer, 1);
	}
}

static VALUE
symbols_of(const char *const *words)
{
	VALUE list = rb_ary_new();

	for (; words != NULL && *words != NULL; words++)
		rb_ary_push(list, ID2SYM(rb_intern(*words)));
	return list;
}

static void
describe_state(const struct resource_class *c)
{
	VALUE state = rb_ary_new(), secret = rb_ary_new();
	const struct property *p;

	for (p = c->type->properties; p != NULL && p->name != NULL; p++) {
		if (p->flags & PROP_STATE)
			rb_ary_push(state, ID2SYM(rb_intern(p->name)));
		if (p->flags & PROP_SENSITIVE)
			rb_ary_push(secret, ID2SYM(rb_intern(p->name)));
		if (p->flags & PROP_IDENTITY)
			rb_ivar_set(c->klass, rb_intern("@identity_attr"),
			    ID2SYM(rb_intern(p->name)));
	}
	rb_ivar_set(c->klass, rb_intern("@state_attrs"), state);
	rb_ivar_set(c->klass, rb_intern("@secret_attrs"), secret);
}

static VALUE
superclass_of(const struct resource_type *t, VALUE base)
{
	size_t i;

	for (i = 0; t->parent != NULL && resource_types[i] != NULL; i++)
		if (text_eq(resource_types[i]->name, t->parent))
			return rb_const_get(
			    base, rb_intern(resource_types[i]->ruby_class));
	return base;
}

static void
define_class(const struct resource_type *t, VALUE base)
{
	VALUE super = superclass_of(t, base);
	VALUE klass = rb_define_class_under(base, t->ruby_class, super);
	struct resource_class *c = resource_class_add(klass, t);
	VALUE actions = rb_ary_new_from_args(1, ID2SYM(rb_intern("nothing")));
	size_t count = 0;

	c->action = pinned(literal_to_ruby(t->default_action));
	rb_ary_concat(actions, symbols_of(resource_type_actions(t)));
	c->allowed_actions = pinned(actions);
	c->resource_name = ID2SYM(rb_intern(t->name));
	resource_type_each_property(t, count_one, &count);
	c->properties = xcalloc(count + 1, sizeof(*c->properties));
	c->by_method = st_init_numtable();
	resource_type_each_property(t, add_property, c);
	define_accessors(c);
	describe_state(c);
	if (super == base)
		rb_define_method(klass, "initialize", initialize, -1);
	c->touched = false;
}

static VALUE
method_added(VALUE klass, VALUE name UNUSED)
{
	classes_touch(klass);
	return Qnil;
}

static VALUE
native_define_resource_classes(VALUE self UNUSED)
{
	VALUE base = host_class("Chef::Resource");
	size_t i;

	if (base == rb_eRuntimeError)
		rb_raise(rb_eNameError, "Chef::Resource is not there yet");
	if (!NIL_P(host_root(ROOT_RESOURCE)))
		rb_raise(rb_eRuntimeError,
		    "the resource classes are defined already");
	for (i = 0; resource_types[i] != NULL; i++)
		define_class(resource_types[i], base);
	rb_define_singleton_method(base, "native_type", native_type, 0);
	rb_define_singleton_method(base, "method_added", method_added, 1);
	host_root_set(ROOT_RESOURCE, base);
	return Qnil;
}

static VALUE
native_init_method(VALUE self UNUSED, VALUE object)
{
	return native_init_object(object);
}

void
resource_define(VALUE native)
{
	rb_define_module_function(native, "native_init", native_init_method, 1);
	rb_define_module_function(native, "define_resource_classes",
	    native_define_resource_classes, 0);
}
