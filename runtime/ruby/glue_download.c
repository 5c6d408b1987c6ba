/* SPDX-License-Identifier: MIT */
/*
 * RightLink::Native.download(url:, method:, headers:, body:, output:,
 * retries:, retry_delay:, timeout:, ca_file:, insecure:) ->
 * [status, {"name" => "value"}, body or nil]. Seconds; only url is required.
 * Other threads run meanwhile.
 */
#include "runtime/ruby/native.h"

#include <string.h>

#include "common/arena.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/download.h"
#include "runtime/ruby/host.h"

/* A body that is kept in memory; larger ones go to a file. */
#define BODY_MAX_BYTES ((size_t)64 << 20)

struct call {
	struct download request;
	struct download_settings settings;
	struct download_answer answer;
	struct buf body;
	struct err err;
	int failed;
};

static VALUE
member(VALUE options, const char *name)
{
	return rb_hash_lookup(options, ID2SYM(rb_intern(name)));
}

static const char *
text_member(struct arena *a, VALUE options, const char *name)
{
	VALUE v = member(options, name);

	if (NIL_P(v))
		return NULL;
	v = rb_obj_as_string(v);
	return arena_strdup(a, StringValueCStr(v));
}

/* -1: not given. */
static int64_t
number_member(VALUE options, const char *name, int64_t unit)
{
	VALUE v = member(options, name);

	return NIL_P(v) ? -1 : (int64_t)NUM2LL(v) * unit;
}

struct header_list {
	struct arena *arena;
	const char **items;
	size_t len;
};

static int
add_header(VALUE name, VALUE value, VALUE arg)
{
	struct header_list *l = (struct header_list *)arg;
	VALUE texts[] = { name, value };
	VALUE line = host_format("%: %", texts);

	l->items[l->len++] = arena_strdup(l->arena, StringValueCStr(line));
	return ST_CONTINUE;
}

static void
read_request(struct arena *a, VALUE options, struct call *c)
{
	VALUE headers = member(options, "headers");
	VALUE body = member(options, "body");
	struct header_list list = { .arena = a };

	c->request.url = text_member(a, options, "url");
	if (c->request.url == NULL)
		rb_raise(rb_eArgError, "download: url is missing");
	c->request.method = text_member(a, options, "method");
	c->request.output_path = text_member(a, options, "output");
	c->settings.retries = number_member(options, "retries", 1);
	c->settings.retry_delay_ms =
	    number_member(options, "retry_delay", 1000);
	c->settings.timeout_ms = number_member(options, "timeout", 1000);
	c->settings.ca_file = text_member(a, options, "ca_file");
	c->settings.insecure = RTEST(member(options, "insecure"));
	if (!NIL_P(headers)) {
		Check_Type(headers, T_HASH);
		list.items = arena_array_of(
		    a, const char *, (size_t)RHASH_SIZE(headers) + 1);
		rb_hash_foreach(headers, add_header, (VALUE)&list);
		c->request.headers = list.items;
	}
	if (NIL_P(body))
		return;
	body = rb_obj_as_string(body);
	c->request.body.len = (size_t)RSTRING_LEN(body);
	c->request.body.data =
	    arena_strndup(a, RSTRING_PTR(body), c->request.body.len);
}

static void *
perform(void *arg)
{
	struct call *c = arg;

	c->failed =
	    download_run(&c->request, &c->settings, &c->answer, &c->err);
	return NULL;
}

static VALUE
headers_of(struct str text)
{
	VALUE hash = rb_hash_new();
	struct str line, name;

	while (str_split(&text, '\n', &line)) {
		if (line.len == 0 || !str_split(&line, ':', &name))
			continue;
		rb_hash_aset(
		    hash, str_to_ruby(name), str_to_ruby(str_trim(line)));
	}
	return hash;
}

static VALUE
answer_of(VALUE arg)
{
	const struct call *c = (const struct call *)arg;
	struct str headers = { buf_text(&c->answer.headers),
		c->answer.headers.len };
	VALUE body = Qnil;

	if (c->request.output != NULL)
		body =
		    rb_external_str_new(buf_text(&c->body), (long)c->body.len);
	return rb_ary_new_from_args(
	    3, INT2FIX(c->answer.status), headers_of(headers), body);
}

static VALUE
native_download(VALUE self UNUSED, VALUE options)
{
	struct call c = { .body = BUF_INIT(BODY_MAX_BYTES) };
	struct host_failure f = { 0, Qnil };
	struct arena *a;
	VALUE scratch, v = Qnil;

	Check_Type(options, T_HASH);
	scratch = scratch_new(&a);
	read_request(a, options, &c);
	if (c.request.output_path == NULL)
		c.request.output = &c.body;
	rb_thread_call_without_gvl(perform, &c, NULL, NULL);
	if (c.failed == 0)
		c.failed = host_call(answer_of, (VALUE)&c, &v, &f, NULL);
	buf_release(&c.body);
	buf_release(&c.answer.headers);
	scratch_done(scratch);
	if (f.state != 0)
		host_failure_raise(&f);
	if (c.failed < 0)
		host_raise(&c.err, NULL);
	return v;
}

void
download_define(VALUE native)
{
	rb_define_module_function(native, "download", native_download, 1);
}
