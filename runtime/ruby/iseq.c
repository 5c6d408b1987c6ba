/* SPDX-License-Identifier: MIT */
/* The hook RubyVM::InstructionSequence.load_iseq over the cache directory. */
#include "runtime/ruby/iseq.h"

#include <string.h>

#include "common/buf.h"
#include "common/str.h"
#include "runtime/ruby/cache_dir.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/host.h"
#include "runtime/ruby/ids.h"

static char *root_dir;
static int cache_fd = -1;

static VALUE
iseq_class(void)
{
	return rb_const_get(
	    rb_path2class("RubyVM"), rb_intern("InstructionSequence"));
}

static VALUE
load_binary(VALUE arg)
{
	const struct buf *b = (const struct buf *)arg;
	VALUE bytes = rb_str_new(b->data, (long)b->len);

	return rb_funcallv(iseq_class(), ids.load_from_binary, 1, &bytes);
}

static VALUE
load_cached(const char *name, const struct cache_stamp *stamp)
{
	struct buf bytes = BUF_INIT((size_t)16 << 20);
	struct host_failure f;
	VALUE iseq = Qnil;

	if (cache_dir_get(cache_fd, name, stamp, &bytes) &&
	    host_call(load_binary, (VALUE)&bytes, &iseq, &f, NULL) < 0)
		iseq = Qnil;
	buf_release(&bytes);
	return iseq;
}

static VALUE
compile(VALUE path, const char *name, const struct cache_stamp *stamp)
{
	VALUE iseq =
	    rb_funcall(iseq_class(), rb_intern("compile_file"), 1, path);
	VALUE bytes = rb_funcall(iseq, rb_intern("to_binary"), 0);

	cache_dir_put(cache_fd, name, stamp,
	    (struct str){ RSTRING_PTR(bytes), (size_t)RSTRING_LEN(bytes) });
	RB_GC_GUARD(bytes);
	return iseq;
}

static VALUE
load_iseq(VALUE self UNUSED, VALUE path)
{
	const char *text = StringValueCStr(path);
	size_t len = strlen(root_dir);
	struct cache_stamp stamp;
	VALUE iseq;

	if (strncmp(text, root_dir, len) != 0 || text[len] != '/')
		return Qnil;
	if (!cache_stamp_of(text,
		RSTRING_PTR(
		    rb_const_get(rb_cObject, rb_intern("RUBY_DESCRIPTION"))),
		&stamp))
		return Qnil;
	iseq = load_cached(text + len + 1, &stamp);
	return NIL_P(iseq) ? compile(path, text + len + 1, &stamp) : iseq;
}

void
iseq_cache_install(const char *runtime_dir)
{
	cache_fd = cache_dir_open(runtime_dir);
	if (cache_fd < 0)
		return;
	root_dir = xstrdup(runtime_dir);
	rb_define_singleton_method(iseq_class(), "load_iseq", load_iseq, 1);
}
