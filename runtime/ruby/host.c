/* SPDX-License-Identifier: MIT */
/*
 * The gate between C and Ruby: protected calls, roots, errors in both
 * directions. A failure that is no exception (throw, break, return) keeps
 * Ruby's own notes untouched until host_failure_raise goes on with it.
 */
#include "runtime/ruby/host.h"

#include <errno.h>
#include <string.h>

#include "common/arena.h"
#include "common/str.h"
#include "runtime/ruby/ids.h"

static VALUE roots[ROOT_COUNT];

VALUE
host_root(enum host_root which)
{
	return roots[which];
}

void
host_root_set(enum host_root which, VALUE v)
{
	static bool registered;
	size_t i;

	if (!registered) {
		registered = true;
		for (i = 0; i < ROOT_COUNT; i++) {
			roots[i] = Qnil;
			rb_gc_register_address(&roots[i]);
		}
	}
	roots[which] = v;
}

struct texts {
	VALUE exception;
	VALUE class_name, message, place, status;
};

static VALUE
read_exception(VALUE arg)
{
	struct texts *t = (struct texts *)arg;
	VALUE trace;

	t->class_name = rb_class_name(CLASS_OF(t->exception));
	t->message = rb_funcallv(t->exception, ids.message, 0, NULL);
	trace = rb_funcallv(t->exception, ids.backtrace, 0, NULL);
	if (RB_TYPE_P(trace, T_ARRAY) && RARRAY_LEN(trace) > 0)
		t->place = rb_ary_entry(trace, 0);
	if (rb_obj_is_kind_of(t->exception, rb_eSystemExit) == Qtrue)
		t->status = rb_funcallv(t->exception, ids.status, 0, NULL);
	return Qnil;
}

/* A broken exception (whose own methods raise) reads as its class alone. */
static void
texts_of(VALUE exception, struct texts *t)
{
	int state = 0;

	*t = (struct texts){ exception, Qnil, Qnil, Qnil, Qnil };
	rb_protect(read_exception, (VALUE)t, &state);
	if (state != 0)
		rb_set_errinfo(Qnil);
}

static struct str
str_of(VALUE v, const char *fallback)
{
	if (!RB_TYPE_P(v, T_STRING))
		return str_from(fallback);
	return (struct str){ RSTRING_PTR(v), (size_t)RSTRING_LEN(v) };
}

int
host_call(
    host_fn fn, VALUE arg, VALUE *ret, struct host_failure *f, struct err *e)
{
	int state = 0;
	VALUE v = rb_protect(fn, arg, &state);
	VALUE pending;
	struct texts t;

	*f = (struct host_failure){ 0, Qnil };
	if (state == 0) {
		if (ret != NULL)
			*ret = v;
		return 0;
	}
	f->state = state;
	pending = rb_errinfo();
	if (SPECIAL_CONST_P(pending) || BUILTIN_TYPE(pending) == T_IMEMO)
		return err_set(e, ERR_RUBY, "left by throw, break or return");
	f->exception = pending;
	rb_set_errinfo(Qnil);
	if (e == NULL)
		return ERR_RUBY;
	texts_of(pending, &t);
	return err_set(e, ERR_RUBY, "%.*s: %.*s",
	    STR_ARG(str_of(t.class_name, "exception")),
	    STR_ARG(str_of(t.message, "no message")));
}

struct sending {
	VALUE receiver;
	ID method;
	int argc;
	const VALUE *argv;
};

static VALUE
send_now(VALUE arg)
{
	const struct sending *s = (const struct sending *)arg;

	return rb_funcallv(s->receiver, s->method, s->argc, s->argv);
}

int
host_send(VALUE receiver, ID method, int argc, const VALUE *argv, VALUE *ret,
    struct host_failure *f, struct err *e)
{
	struct sending s = { receiver, method, argc, argv };

	return host_call(send_now, (VALUE)&s, ret, f, e);
}

void
host_failure_raise(const struct host_failure *f)
{
	if (NIL_P(f->exception))
		rb_jump_tag(f->state);
	rb_exc_raise(f->exception);
}

static void
put_line(char *out, size_t room, struct str s)
{
	size_t used = strlen(out), i;

	for (i = 0; i < s.len && used + 1 < room; i++) {
		if (s.data[i] == '\n' && i + 1 == s.len)
			break;
		out[used++] = s.data[i] == '\n' ? ' ' : s.data[i];
	}
	out[used] = '\0';
}

void
host_report(const struct host_failure *f, struct host_report *ret)
{
	struct texts t;

	*ret = (struct host_report){ .end = HOST_RETURNED };
	if (f->state == 0)
		return;
	ret->end = HOST_RAISED;
	if (NIL_P(f->exception)) {
		put_line(ret->text, sizeof(ret->text),
		    STR("a throw, break or return left the program"));
		return;
	}
	texts_of(f->exception, &t);
	if (FIXNUM_P(t.status)) {
		ret->end = HOST_EXITED;
		ret->exit_status = FIX2INT(t.status);
		return;
	}
	if (rb_obj_is_kind_of(f->exception, rb_eSignal) == Qtrue)
		ret->end = HOST_INTERRUPTED;
	if (RB_TYPE_P(t.place, T_STRING)) {
		put_line(ret->text, sizeof(ret->text), str_of(t.place, ""));
		put_line(ret->text, sizeof(ret->text), STR(": "));
	}
	put_line(ret->text, sizeof(ret->text), str_of(t.class_name, "?"));
	put_line(ret->text, sizeof(ret->text), STR(": "));
	put_line(ret->text, sizeof(ret->text), str_of(t.message, ""));
}

const char *
host_text(VALUE text_or_nil)
{
	return NIL_P(text_or_nil) ? NULL : StringValueCStr(text_or_nil);
}

VALUE
host_class(const char *path)
{
	VALUE scope = rb_cObject;
	const char *p = path;

	/* Ruby's own classes of HTTP failures, loaded when there is one. */
	if (text_has_prefix(path, "Net::"))
		rb_require("rightlink/net_errors");
	while (*p != '\0') {
		const char *end = strstr(p, "::");
		size_t len = end != NULL ? (size_t)(end - p) : strlen(p);
		ID id = rb_intern2(p, (long)len);

		if (!RB_TYPE_P(scope, T_CLASS) && !RB_TYPE_P(scope, T_MODULE))
			return rb_eRuntimeError;
		if (!rb_const_defined(scope, id))
			return rb_eRuntimeError;
		scope = rb_const_get(scope, id);
		p += len + (end != NULL ? 2 : 0);
	}
	return RB_TYPE_P(scope, T_CLASS) ? scope : rb_eRuntimeError;
}

VALUE
host_format(const char *format, const VALUE *args)
{
	VALUE out = rb_utf8_str_new_cstr("");
	const char *p;

	while ((p = strchr(format, '%')) != NULL) {
		rb_str_cat(out, format, p - format);
		rb_str_append(out, rb_obj_as_string(*args++));
		format = p + 1;
	}
	return rb_str_cat_cstr(out, format);
}

static VALUE
known(enum host_root which, const char *path)
{
	if (NIL_P(host_root(which)))
		host_root_set(which, rb_path2class(path));
	return host_root(which);
}

VALUE
host_log(void)
{
	return known(ROOT_LOG, "Chef::Log");
}

VALUE
host_config(void)
{
	return known(ROOT_CONFIG, "Chef::Config");
}

static const char *
class_of_code(int code)
{
	switch ((enum err_code)code) {
	case ERR_EXIT:
		return "Mixlib::ShellOut::ShellCommandFailed";
	case ERR_TIMEOUT:
		return "Mixlib::ShellOut::CommandTimeout";
	case ERR_SYS:
	case ERR_ABSENT:
	case ERR_EXISTS:
	case ERR_SYNTAX:
	case ERR_INVALID:
	case ERR_LIMIT:
	case ERR_DIGEST:
	case ERR_CLOSED:
	case ERR_PROTOCOL:
	case ERR_NETWORK:
	case ERR_REMOTE:
	case ERR_STATE:
	case ERR_UNSUPPORTED:
	case ERR_RUBY:
		return "RuntimeError";
	}
	return "RuntimeError";
}

static int
errno_of(const struct err *e)
{
	if (e->code == ERR_ABSENT)
		return ENOENT;
	if (e->code == ERR_EXISTS)
		return EEXIST;
	return e->code == ERR_SYS ? e->sys : 0;
}

/* Errno's own message begins with the errno text; once is enough. */
static VALUE
subject_of(const struct err *e)
{
	const char *tail = err_sys_text(errno_of(e));
	size_t len = strlen(e->text), tail_len = strlen(tail);

	if (len > tail_len + 2 && text_has_suffix(e->text, tail))
		len -= tail_len + 2;
	return rb_utf8_str_new(e->text, (long)len);
}

/* Errno::X puts its own text in front: "No such file or directory - x". */
static VALUE
message_for(VALUE class, const struct err *e)
{
	const char *text = e->text;

	if (RTEST(rb_class_inherited_p(class, rb_eSystemCallError))) {
		int sys = NUM2INT(rb_const_get(class, rb_intern("Errno")));
		const char *front = err_sys_text(sys);
		size_t len = strlen(front);

		if (text_has_prefix(text, front) &&
		    text_has_prefix(text + len, " - "))
			text += len + 3;
	}
	return rb_utf8_str_new_cstr(text);
}

void
host_raise(const struct err *e, const char *class_name)
{
	VALUE class;

	if (class_name == NULL && errno_of(e) != 0)
		rb_exc_raise(rb_syserr_new_str(errno_of(e), subject_of(e)));
	class = host_class(
	    class_name != NULL ? class_name : class_of_code(e->code));
	rb_exc_raise(rb_exc_new_str(class, message_for(class, e)));
}

/* --- scratch ----------------------------------------------------------- */

/* One arena waits for the next call, most calls need no malloc. */
static struct arena *spare;

struct arena *
arena_borrow(void)
{
	struct arena *a = spare != NULL ? spare : arena_new();

	spare = NULL;
	return a;
}

void
arena_give_back(struct arena *a)
{
	if (spare == NULL && a != NULL) {
		arena_reset(a);
		spare = a;
		return;
	}
	arena_free(&a);
}

static void
scratch_free(void *data)
{
	arena_give_back(data);
}

static size_t
scratch_size(const void *data)
{
	return data != NULL ? arena_used_bytes(data) : 0;
}

static const rb_data_type_t scratch_type = {
	.wrap_struct_name = "rightlink/scratch",
	.function = { .dfree = scratch_free, .dsize = scratch_size },
	.flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

VALUE
scratch_new(struct arena **ret_arena)
{
	VALUE v = rb_data_typed_object_wrap(0, NULL, &scratch_type);

	*ret_arena = arena_borrow();
	DATA_PTR(v) = *ret_arena;
	return v;
}

void
scratch_done(VALUE scratch)
{
	struct arena *a = DATA_PTR(scratch);

	DATA_PTR(scratch) = NULL;
	scratch_free(a);
}
