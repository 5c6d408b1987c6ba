/* SPDX-License-Identifier: MIT */
/*
 * A Ruby resource as plain data. Of a class that is exactly a generated one
 * the instance variables are read directly; of any other the reader methods
 * are called, since a cookbook may have overridden them.
 */
#include "runtime/ruby/bridge.h"

#include <string.h>

#include "common/str.h"
#include "runtime/ruby/classes.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/ids.h"
#include "runtime/ruby/property.h"

static const char *
text_of(struct arena *a, VALUE v)
{
	if (NIL_P(v))
		return NULL;
	v = rb_obj_as_string(v);
	return arena_strdup(a, StringValueCStr(v)); /* raises on NUL */
}

static VALUE
by_method(VALUE resource, ID reader)
{
	VALUE v = rb_check_funcall(resource, reader, 0, NULL);

	return v == Qundef ? Qnil : v;
}

/* Texts that may hold any byte; all others become C strings on their way to
 * the system, where a NUL would cut them short. */
static bool
is_binary(const struct property *p)
{
	return text_eq(p->name, "content") || text_eq(p->name, "code") ||
	       text_eq(p->name, "message");
}

static void
refuse_nul(const char *what, struct str text)
{
	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		rb_raise(rb_eArgError, "%s contains a NUL byte", what);
}

static void
check_text(const struct property *p, const struct value *v)
{
	size_t i;

	if (is_binary(p))
		return;
	if (v->type == VALUE_STRING)
		refuse_nul(p->name, v->text);
	for (i = 0; v->type == VALUE_LIST && i < v->list.len; i++)
		if (v->list.items[i].type == VALUE_STRING)
			refuse_nul(p->name, v->list.items[i].text);
}

static void
read_exact(struct arena *a, struct resource *r, VALUE resource,
    const struct resource_class *c)
{
	size_t i;

	ASSERT(c->count == r->slot_count);
	for (i = 0; i < c->count; i++) {
		const struct class_property *p = &c->properties[i];
		VALUE v;

		if (p->property->flags & PROP_RUBY)
			v = by_method(resource, p->reader);
		else
			v = property_read(p, rb_ivar_get(resource, p->ivar));
		r->slots[i].value = value_from_ruby(a, v);
		check_text(p->property, &r->slots[i].value);
	}
}

static void
read_by_methods(struct arena *a, struct resource *r, VALUE resource)
{
	size_t i;

	for (i = 0; i < r->slot_count; i++) {
		struct resource_slot *s = &r->slots[i];

		s->value = value_from_ruby(
		    a, by_method(resource, rb_intern(s->property->name)));
		check_text(s->property, &s->value);
	}
}

static void
read_identity(struct arena *a, struct resource *r, VALUE resource, bool exact)
{
	r->cookbook_name =
	    text_of(a, rb_ivar_get(resource, ids.iv_cookbook_name));
	r->recipe_name = text_of(a, rb_ivar_get(resource, ids.iv_recipe_name));
	r->sensitive = RTEST(rb_ivar_get(resource, ids.iv_sensitive));
	r->handle = (void *)resource;
	if (!exact)
		r->id = text_of(a, rb_obj_as_string(resource));
}

struct resource *
read_resource(struct arena *a, VALUE resource, const struct resource_type *type)
{
	const struct resource_class *c =
	    resource_class_exact(CLASS_OF(resource));
	bool exact = c != NULL && !c->touched && c->type == type;
	const char *name = text_of(a, rb_ivar_get(resource, ids.iv_name));
	struct resource *r = resource_new(a, type, name != NULL ? name : "");

	if (exact)
		read_exact(a, r, resource, c);
	else
		read_by_methods(a, r, resource);
	read_identity(a, r, resource, exact);
	return r;
}
