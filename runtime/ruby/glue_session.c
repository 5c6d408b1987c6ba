/* SPDX-License-Identifier: MIT */
/* event, run_spec and mask of RightLink::Native. */
#include "runtime/ruby/native.h"

#include "runtime/ruby/convert.h"
#include "runtime/ruby/host.h"
#include "runtime/ruby/json.h"
#include "runtime/ruby/session.h"

static VALUE
native_run_spec(VALUE self UNUSED)
{
	if (session_spec() == NULL)
		return Qnil;
	if (NIL_P(host_root(ROOT_RUN_SPEC)))
		host_root_set(ROOT_RUN_SPEC, jsn_to_ruby(session_spec()));
	return host_root(ROOT_RUN_SPEC);
}

static VALUE
native_event(VALUE self UNUSED, VALUE fields)
{
	struct jsn *frame;

	Check_Type(fields, T_HASH);
	if (!session_is_open())
		return Qfalse;
	frame = jsn_from_ruby(fields);
	jsn_set_str(frame, "type", "event");
	session_send(frame);
	return Qtrue;
}

static VALUE
text_of(VALUE arg)
{
	const struct buf *b = (const struct buf *)arg;

	return str_to_ruby((struct str){ buf_text(b), b->len });
}

static VALUE
native_mask(VALUE self UNUSED, VALUE text)
{
	struct buf out = BUF_INIT((size_t)256 << 20);
	struct host_failure f;
	VALUE v = Qnil;
	int failed;

	StringValue(text);
	if (!session_is_open())
		return text;
	session_mask(
	    (struct str){ RSTRING_PTR(text), (size_t)RSTRING_LEN(text) }, &out);
	failed = host_call(text_of, (VALUE)&out, &v, &f, NULL);
	buf_release(&out);
	if (failed < 0)
		host_failure_raise(&f);
	return v;
}

void
session_define(VALUE native)
{
	rb_define_module_function(native, "run_spec", native_run_spec, 0);
	rb_define_module_function(native, "event", native_event, 1);
	rb_define_module_function(native, "mask", native_mask, 1);
}
