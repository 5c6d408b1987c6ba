/* SPDX-License-Identifier: MIT */
#include "runtime/ruby/json.h"

#include "runtime/ruby/convert.h"

#define NESTING_MAX 64

static int
add_member(const char *key, struct jsn *value, void *arg, struct err *e UNUSED)
{
	rb_hash_aset(
	    *(VALUE *)arg, rb_utf8_str_new_cstr(key), jsn_to_ruby(value));
	return 0;
}

static VALUE
object_to_ruby(const struct jsn *v)
{
	VALUE hash = rb_hash_new();
	struct err e;

	if (jsn_each(v, add_member, &hash, &e) < 0)
		rb_raise(rb_eRuntimeError, "%s", e.text);
	return hash;
}

static VALUE
array_to_ruby(const struct jsn *v)
{
	VALUE list = rb_ary_new_capa((long)jsn_len(v));
	size_t i;

	for (i = 0; i < jsn_len(v); i++)
		rb_ary_push(list, jsn_to_ruby(jsn_at(v, i)));
	return list;
}

VALUE
jsn_to_ruby(const struct jsn *v)
{
	switch (jsn_type(v)) {
	case JSN_NULL:
		return Qnil;
	case JSN_BOOL:
		return jsn_bool(v) ? Qtrue : Qfalse;
	case JSN_INT:
		return LL2NUM(jsn_int(v));
	case JSN_DOUBLE:
		return rb_float_new(jsn_double(v));
	case JSN_STRING:
		return str_to_ruby(jsn_str(v));
	case JSN_ARRAY:
		return array_to_ruby(v);
	case JSN_OBJECT:
		return object_to_ruby(v);
	}
	return Qnil;
}

static struct jsn *from_ruby(VALUE v, int depth);

struct member_cursor {
	struct jsn *object;
	int depth;
};

static int
set_member(VALUE key, VALUE value, VALUE arg)
{
	const struct member_cursor *c = (const struct member_cursor *)arg;
	VALUE text = rb_obj_as_string(key);

	jsn_set(c->object, StringValueCStr(text), from_ruby(value, c->depth));
	return ST_CONTINUE;
}

static struct jsn *
object_from_ruby(VALUE hash, int depth)
{
	struct member_cursor c = { jsn_new_object(), depth };

	rb_hash_foreach(hash, set_member, (VALUE)&c);
	return c.object;
}

static struct jsn *
array_from_ruby(VALUE list, int depth)
{
	struct jsn *out = jsn_new_array();
	long i;

	for (i = 0; i < RARRAY_LEN(list); i++)
		jsn_push(out, from_ruby(rb_ary_entry(list, i), depth));
	return out;
}

static struct jsn *
text_from_ruby(VALUE v)
{
	VALUE text = rb_obj_as_string(v);

	return jsn_new_string(
	    (struct str){ RSTRING_PTR(text), (size_t)RSTRING_LEN(text) });
}

static struct jsn *
from_ruby(VALUE v, int depth)
{
	if (NIL_P(v))
		return NULL;
	if (v == Qtrue || v == Qfalse)
		return jsn_new_bool(v == Qtrue);
	if (FIXNUM_P(v))
		return jsn_new_int(FIX2LONG(v));
	if (depth > NESTING_MAX)
		rb_raise(rb_eArgError, "nested over %d levels", NESTING_MAX);
	if (RB_FLOAT_TYPE_P(v))
		return jsn_new_double(RFLOAT_VALUE(v));
	if (RB_TYPE_P(v, T_ARRAY))
		return array_from_ruby(v, depth + 1);
	if (RB_TYPE_P(v, T_HASH))
		return object_from_ruby(v, depth + 1);
	return text_from_ruby(v);
}

struct jsn *
jsn_from_ruby(VALUE v)
{
	return from_ruby(v, 0);
}
