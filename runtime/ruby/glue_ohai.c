/* SPDX-License-Identifier: MIT */
/* Automatic attributes as plain Ruby objects, collected when first read. */
#include "runtime/ruby/native.h"

#include "runtime/ohai/ohai.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/host.h"

static struct ohai *
collectors(void)
{
	static struct ohai *o;

	if (o == NULL)
		o = ohai_new(NULL);
	return o;
}

static VALUE
native_ohai(VALUE self UNUSED, VALUE key)
{
	const char *name;
	const struct value *v;
	struct err e;
	int r;

	key = rb_obj_as_string(key);
	name = StringValueCStr(key);
	r = ohai_get(collectors(), name, &v, &e);
	if (r == ERR_ABSENT)
		return Qnil;
	if (r < 0)
		host_raise(&e, NULL);
	return value_to_ruby(v);
}

static VALUE
native_ohai_keys(VALUE self UNUSED)
{
	VALUE list = rb_ary_new();
	const char *key;
	size_t i;

	for (i = 0; (key = ohai_key(i)) != NULL; i++)
		rb_ary_push(list, rb_utf8_str_new_cstr(key));
	return list;
}

static VALUE
native_ohai_reload(VALUE self UNUSED, VALUE key)
{
	ohai_reload(collectors(), NIL_P(key) ? NULL : StringValueCStr(key));
	return Qnil;
}

static VALUE
native_platform_family(VALUE self UNUSED, VALUE platform)
{
	return rb_utf8_str_new_cstr(
	    ohai_platform_family(StringValueCStr(platform)));
}

void
ohai_define(VALUE native)
{
	rb_define_module_function(native, "ohai", native_ohai, 1);
	rb_define_module_function(native, "ohai_keys", native_ohai_keys, 0);
	rb_define_module_function(native, "ohai_reload", native_ohai_reload, 1);
	rb_define_module_function(
	    native, "platform_family", native_platform_family, 1);
}
