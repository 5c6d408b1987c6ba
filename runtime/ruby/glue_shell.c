/* SPDX-License-Identifier: MIT */
/*
 * RightLink::Native.shell_out: one command, run to its end. Ruby's other
 * threads run meanwhile; a block gets the output as it comes. An exception of
 * the block is raised after the command has ended.
 */
#include "runtime/ruby/native.h"

#include <string.h>

#include "common/arena.h"
#include "common/proc.h"
#include "providers/shell.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/host.h"

/* More output of one stream than this is read and dropped. */
#define OUTPUT_MAX_BYTES ((size_t)256 << 20)

struct call {
	struct proc_spec spec;
	struct proc_result result;
	struct buf out, error; /* kept output */
	struct err err;
	int failed;
	bool has_block;
	struct host_failure block_failure;
	/* the piece being handed to the block */
	int stream;
	struct str chunk;
};

static VALUE
option(VALUE opts, const char *name)
{
	return NIL_P(opts) ? Qnil
			   : rb_hash_lookup(opts, ID2SYM(rb_intern(name)));
}

static const char *
copy_text(struct arena *a, VALUE v)
{
	return arena_strdup(a, StringValueCStr(v));
}

static const char *const *
argv_of(struct arena *a, VALUE command)
{
	const char **argv;
	long i, len;

	if (RB_TYPE_P(command, T_STRING))
		return shell_argv(a, StringValueCStr(command));
	Check_Type(command, T_ARRAY);
	len = RARRAY_LEN(command);
	if (len == 0)
		rb_raise(rb_eArgError, "shell_out: the command is empty");
	argv = arena_array_of(a, const char *, (size_t)len + 1);
	for (i = 0; i < len; i++)
		argv[i] =
		    copy_text(a, rb_obj_as_string(rb_ary_entry(command, i)));
	return argv;
}

struct env_list {
	struct arena *arena;
	const char **items;
	size_t len;
};

static int
add_variable(VALUE key, VALUE value, VALUE arg)
{
	struct env_list *l = (struct env_list *)arg;
	VALUE name = rb_obj_as_string(key);

	if (NIL_P(value)) {
		l->items[l->len++] = copy_text(l->arena, name);
		return ST_CONTINUE;
	}
	value = rb_obj_as_string(value);
	l->items[l->len++] = arena_printf(
	    l->arena, "%s=%s", StringValueCStr(name), StringValueCStr(value));
	return ST_CONTINUE;
}

/* `env` is what the caller wants changed; nothing is added to it here, since
 * Mixlib::ShellOut's own rules for LC_ALL are written in Ruby. */
static const char *const *
env_of(struct arena *a, VALUE env)
{
	struct env_list l = { .arena = a };

	if (NIL_P(env))
		return NULL;
	Check_Type(env, T_HASH);
	l.items = arena_array_of(a, const char *, RHASH_SIZE(env) + 2);
	rb_hash_foreach(env, add_variable, (VALUE)&l);
	if (NIL_P(rb_hash_lookup(env, rb_str_new_cstr("LC_ALL"))))
		l.items[l.len++] = "LC_ALL"; /* keep ours */
	return shell_env(a, l.items);
}

static void
read_options(struct arena *a, VALUE opts, struct proc_spec *s)
{
	VALUE v;

	s->flags = PROC_SEARCH_PATH | PROC_KEEP_GROUPS;
	if (!NIL_P(v = option(opts, "user"))) {
		s->set_uid = true;
		s->uid = NUM2UIDT(v);
	}
	if (!NIL_P(v = option(opts, "group"))) {
		s->set_gid = true;
		s->gid = NUM2GIDT(v);
	}
	if (!NIL_P(v = option(opts, "umask"))) {
		s->set_umask = true;
		s->umask = (mode_t)(NUM2UINT(v) & 07777u);
	}
	if (!NIL_P(v = option(opts, "cwd")))
		s->cwd = copy_text(a, rb_obj_as_string(v));
	if (!NIL_P(v = option(opts, "timeout")))
		s->timeout_ms = (int64_t)(NUM2DBL(v) * 1000.0);
	if (!NIL_P(v = option(opts, "input"))) {
		v = rb_obj_as_string(v);
		s->input.len = (size_t)RSTRING_LEN(v);
		s->input.data = arena_strndup(a, RSTRING_PTR(v), s->input.len);
	}
	s->env = env_of(a, option(opts, "env"));
}

static VALUE
yield_chunk(VALUE arg)
{
	const struct call *c = (const struct call *)arg;

	return rb_yield_values(2,
	    ID2SYM(rb_intern(c->stream == 1 ? "stdout" : "stderr")),
	    rb_external_str_new(c->chunk.data, (long)c->chunk.len));
}

static void *
hand_over(void *arg)
{
	struct call *c = arg;
	bool before = host_unlocked(false);

	if (host_call(yield_chunk, (VALUE)c, NULL, &c->block_failure, NULL) < 0)
		c->has_block = false;
	host_unlocked(before);
	return NULL;
}

static void
on_output(int stream, struct str chunk, void *arg)
{
	struct call *c = arg;
	struct buf *kept = stream == 1 ? &c->out : &c->error;

	if (chunk.len <= kept->max_bytes - kept->len)
		buf_add(kept, chunk.data, chunk.len);
	if (!c->has_block)
		return;
	c->stream = stream;
	c->chunk = chunk;
	rb_thread_call_with_gvl(hand_over, c);
}

static void *
run_command(void *arg)
{
	struct call *c = arg;

	bool before = host_unlocked(true);

	c->failed = proc_run(&c->spec, &c->result, &c->err);
	host_unlocked(before);
	return NULL;
}

/* Raises what interrupts the thread afterwards. */
static VALUE
run_unlocked(VALUE arg)
{
	struct call *c = (struct call *)arg;

	rb_thread_call_without_gvl(run_command, c, RUBY_UBF_PROCESS, NULL);
	return Qnil;
}

static VALUE
result_of(VALUE arg)
{
	const struct call *c = (const struct call *)arg;
	const struct proc_result *r = &c->result;
	VALUE status = r->signal != 0 ? Qnil : INT2FIX(r->status);
	VALUE signal = r->signal != 0 ? INT2FIX(r->signal) : Qnil;

	/* $? of the caller, a Process::Status as Ruby code expects it. */
	rb_last_status_set(r->signal != 0 ? r->signal : r->status << 8, r->pid);
	return rb_ary_new_from_args(7,
	    rb_external_str_new(buf_text(&c->out), (long)c->out.len),
	    rb_external_str_new(buf_text(&c->error), (long)c->error.len),
	    status, signal, r->timed_out ? Qtrue : Qfalse,
	    DBL2NUM((double)r->elapsed_ms / 1000.0), INT2NUM(r->pid));
}

static void
release(struct call *c)
{
	proc_result_release(&c->result);
	buf_release(&c->out);
	buf_release(&c->error);
}

/* Plain C owns the output buffers until they are Ruby strings. */
static VALUE
finish(struct call *c)
{
	struct host_failure f;
	VALUE v = Qnil;
	int failed = host_call(result_of, (VALUE)c, &v, &f, NULL);

	release(c);
	if (failed < 0)
		host_failure_raise(&f);
	if (c->block_failure.state != 0)
		host_failure_raise(&c->block_failure);
	return v;
}

static VALUE
native_shell_out(int argc, VALUE *argv, VALUE self UNUSED)
{
	struct call c = { .has_block = rb_block_given_p() };
	struct host_failure f;
	struct arena *a;
	VALUE command, opts, scratch, v;

	rb_check_arity(argc, 1, 2);
	command = argv[0];
	opts = argc > 1 ? argv[1] : Qnil;
	scratch = scratch_new(&a);
	c.spec.argv = argv_of(a, command);
	read_options(a, opts, &c.spec);
	c.spec.on_output = on_output;
	c.spec.arg = &c;
	buf_init(&c.out, OUTPUT_MAX_BYTES);
	buf_init(&c.error, OUTPUT_MAX_BYTES);
	if (host_call(run_unlocked, (VALUE)&c, NULL, &f, NULL) < 0 ||
	    host_take_interrupt(&f)) {
		release(&c);
		host_failure_raise(&f);
	}
	if (c.failed < 0) {
		release(&c);
		host_raise(&c.err, NULL);
	}
	v = finish(&c);
	scratch_done(scratch);
	return v;
}

void
shell_define(VALUE native)
{
	rb_define_module_function(native, "shell_out", native_shell_out, -1);
}
