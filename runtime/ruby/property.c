/* SPDX-License-Identifier: MIT */
/*
 * Validation by the tables. What only needs a look at the Ruby type is decided
 * without copying the value into C; the rest goes through property_validate.
 */
#include "runtime/ruby/property.h"

#include <string.h>

#include "common/arena.h"
#include "common/str.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/host.h"
#include "runtime/ruby/ids.h"

bool
property_is_lazy(VALUE v)
{
	VALUE klass;

	if (SPECIAL_CONST_P(v) || BUILTIN_TYPE(v) != T_DATA)
		return false;
	klass = host_root(ROOT_DELAYED_EVALUATOR);
	if (NIL_P(klass)) {
		klass = host_class("Chef::DelayedEvaluator");
		if (klass == rb_eRuntimeError)
			return false;
		host_root_set(ROOT_DELAYED_EVALUATOR, klass);
	}
	return rb_obj_is_kind_of(v, klass) == Qtrue;
}

static unsigned
kind_of(VALUE v)
{
	if (v == Qtrue)
		return KIND_TRUE;
	if (v == Qfalse)
		return KIND_FALSE;
	switch (rb_type(v)) {
	case T_STRING:
		return KIND_STRING;
	case T_SYMBOL:
		return KIND_SYMBOL;
	case T_FIXNUM:
	case T_BIGNUM:
		return KIND_INTEGER;
	case T_ARRAY:
		return KIND_ARRAY;
	case T_HASH:
		return KIND_HASH;
	default:
		return 0;
	}
}

/* The tables cannot print a Ruby object; put its own text in. */
#define OPAQUE_TEXT "#<Object>."

static void
name_object(struct err *e, VALUE v)
{
	VALUE text;
	size_t len = strlen(e->text);

	if (kind_of(v) != 0 || !text_has_suffix(e->text, OPAQUE_TEXT))
		return;
	text = rb_inspect(v);
	len -= sizeof(OPAQUE_TEXT) - 1;
	snprintf(e->text + len, sizeof(e->text) - len, "%.*s.",
	    (int)RSTRING_LEN(text), RSTRING_PTR(text));
}

static void
validate_slowly(const struct property *p, VALUE v)
{
	struct arena *a;
	VALUE scratch = scratch_new(&a);
	struct value plain = value_from_ruby(a, v);
	const char *exception = "Chef::Exceptions::ValidationFailed";
	struct err e;
	int failed = property_validate(p, &plain, &exception, &e);

	scratch_done(scratch);
	if (failed == 0)
		return;
	name_object(&e, v);
	host_raise(&e, exception);
}

static void
validate(const struct property *p, VALUE v)
{
	bool any = p->kinds == 0 || (p->kinds & KIND_ANY) != 0;

	if (p->check == CHECK_NONE && p->equal_to == NULL &&
	    (any || (p->kinds & kind_of(v)) != 0))
		return;
	validate_slowly(p, v);
}

static VALUE
keys_of(VALUE list)
{
	VALUE out = rb_hash_new();
	long i;

	for (i = 0; i < RARRAY_LEN(list); i++)
		rb_hash_aset(out, rb_ary_entry(list, i), Qtrue);
	return out;
}

static VALUE
words_of(VALUE text)
{
	return rb_funcall(text, rb_intern("split"), 1,
	    rb_reg_new_str(rb_str_new_cstr("[,\\s]+"), 0));
}

static VALUE
converted(const struct property *p, VALUE v)
{
	bool text = RB_TYPE_P(v, T_STRING);

	switch (p->convert) {
	case CONVERT_NONE:
		return v;
	case CONVERT_TEXT:
		return RB_INTEGER_TYPE_P(v) ? rb_obj_as_string(v) : v;
	case CONVERT_LIST:
		return text ? rb_ary_new_from_args(1, v) : v;
	case CONVERT_WORDS:
		return text ? words_of(v) : v;
	case CONVERT_SYMBOL:
		return text ? rb_str_intern(v) : v;
	case CONVERT_KEYS:
		return RB_TYPE_P(v, T_ARRAY) ? keys_of(v) : v;
	}
	return v;
}

/* A word is checked as the Symbol that is stored, everything else as it is
 * given. */
static VALUE
accepted(const struct property *p, VALUE v)
{
	if (p->convert == CONVERT_SYMBOL)
		v = converted(p, v);
	validate(p, v);
	return converted(p, v);
}

VALUE
property_checked(const struct class_property *p, VALUE v)
{
	if (property_is_lazy(v))
		return v;
	return accepted(p->property, v);
}

VALUE
property_read(const struct class_property *p, VALUE stored)
{
	if (SPECIAL_CONST_P(stored) || !property_is_lazy(stored))
		return stored;
	stored = rb_proc_call(stored, rb_ary_new());
	if (NIL_P(stored))
		return stored;
	return accepted(p->property, stored);
}
