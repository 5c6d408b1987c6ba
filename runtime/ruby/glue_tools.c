/* SPDX-License-Identifier: MIT */
/* Digests and diffs for the Ruby side. */
#include "runtime/ruby/native.h"

#include <fcntl.h>

#include "common/diff.h"
#include "common/digest.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/host.h"

static enum digest_kind
kind_of(VALUE kind)
{
	if (kind == ID2SYM(rb_intern("sha256")))
		return DIGEST_SHA256;
	if (kind == ID2SYM(rb_intern("md5")))
		return DIGEST_MD5;
	rb_raise(rb_eArgError, "digest: kind must be :sha256 or :md5");
}

static VALUE
native_digest(VALUE self UNUSED, VALUE kind, VALUE path)
{
	enum digest_kind k = kind_of(kind);
	struct digest_text text;
	struct err e;

	FilePathValue(path);
	if (digest_of_file(k, AT_FDCWD, StringValueCStr(path), &text, &e) < 0)
		host_raise(&e, NULL);
	return rb_usascii_str_new_cstr(text.hex);
}

static VALUE
native_digest_text(VALUE self UNUSED, VALUE kind, VALUE string)
{
	enum digest_kind k = kind_of(kind);
	struct str s;
	struct digest_text text;

	StringValue(string);
	s = (struct str){ RSTRING_PTR(string), (size_t)RSTRING_LEN(string) };
	text = digest_of(k, s);
	return rb_usascii_str_new_cstr(text.hex);
}

struct diff_call {
	struct buf out;
};

static VALUE
diff_text(VALUE arg)
{
	const struct diff_call *c = (const struct diff_call *)arg;

	return str_to_ruby((struct str){ buf_text(&c->out), c->out.len });
}

static VALUE
native_diff(VALUE self UNUSED, VALUE old_text, VALUE new_text)
{
	struct diff_call c = { .out = BUF_INIT((size_t)64 << 20) };
	struct host_failure f;
	struct err e;
	VALUE v = Qnil;
	int failed;

	StringValue(old_text);
	StringValue(new_text);
	failed = diff_unified((struct str){ RSTRING_PTR(old_text),
				  (size_t)RSTRING_LEN(old_text) },
	    (struct str){
		RSTRING_PTR(new_text), (size_t)RSTRING_LEN(new_text) },
	    &c.out, &e);
	if (failed < 0) {
		buf_release(&c.out);
		host_raise(&e, NULL);
	}
	failed = host_call(diff_text, (VALUE)&c, &v, &f, NULL);
	buf_release(&c.out);
	if (failed < 0)
		host_failure_raise(&f);
	return v;
}

void
tools_define(VALUE native)
{
	rb_define_module_function(native, "digest", native_digest, 2);
	rb_define_module_function(native, "digest_text", native_digest_text, 2);
	rb_define_module_function(native, "diff", native_diff, 2);
}
