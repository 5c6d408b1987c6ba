/* SPDX-License-Identifier: MIT */
/*
 * What C providers ask of the runtime (providers/services.h), answered by
 * RightLink::Services in Ruby. Each call is protected; an exception waits in
 * the bridge and is raised when the provider has returned.
 */
#include "runtime/ruby/bridge.h"

#include <string.h>

#include "common/str.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/download.h"
#include "runtime/ruby/ids.h"

static VALUE
resource_of(const struct resource *r)
{
	return (VALUE)r->handle;
}

static VALUE
text_or_nil(const char *text)
{
	return text == NULL ? Qnil : rb_utf8_str_new_cstr(text);
}

struct question {
	const char *name;
	int argc;
	const VALUE *argv;
};

static VALUE
ask_now(VALUE arg)
{
	const struct question *q = (const struct question *)arg;

	if (NIL_P(host_root(ROOT_SERVICES))) {
		rb_require("rightlink/services");
		host_root_set(
		    ROOT_SERVICES, rb_const_get(host_root(ROOT_MODULE),
				       rb_intern("Services")));
	}
	return rb_funcallv(
	    host_root(ROOT_SERVICES), rb_intern(q->name), q->argc, q->argv);
}

/* Calls RightLink::Services.NAME and leaves the answer in *ret. */
static int
ask(struct bridge *b, const char *name, int argc, const VALUE *argv, VALUE *ret,
    struct err *e)
{
	struct question q = { name, argc, argv };

	if (b->failure.state != 0)
		return err_set(e, ERR_RUBY, "a failure waits");
	return host_call(ask_now, (VALUE)&q, ret, &b->failure, e);
}

struct log_line {
	enum service_log_level level;
	const char *text;
};

static VALUE
log_now(VALUE arg)
{
	const struct log_line *l = (const struct log_line *)arg;
	const ID methods[] = { ids.debug, ids.info, ids.warn, ids.error,
		ids.fatal };
	VALUE line;

	/* Most runs do not show what providers say in passing. */
	if (l->level == SERVICE_DEBUG &&
	    !RTEST(rb_funcallv(host_log(), ids.debug_p, 0, NULL)))
		return Qnil;
	line = str_to_ruby(str_from(l->text));
	return rb_funcallv(host_log(), methods[l->level], 1, &line);
}

static void
service_log(void *arg, enum service_log_level level, const char *text)
{
	struct log_line l = { level, text };
	struct bridge *b = arg;

	if (b->failure.state == 0)
		(void)(host_call(log_now, (VALUE)&l, NULL, &b->failure, NULL) <
		       0);
}

static void
service_output(void *arg, int stream, struct str chunk)
{
	struct bridge *b = arg;
	VALUE args[] = { b->run_context, b->resource, INT2FIX(stream),
		rb_external_str_new(chunk.data, (long)chunk.len) };
	VALUE ret;
	struct err e;

	(void)(ask(b, "output", 4, args, &ret, &e) < 0);
}

static bool
service_wants_output(void *arg)
{
	VALUE ret = Qfalse;
	struct err e;

	return ask(arg, "wants_output?", 0, NULL, &ret, &e) == 0 && RTEST(ret);
}

static int
service_render(void *arg, const struct resource *r, const char *path,
    struct buf *out, struct err *e)
{
	VALUE args[] = { resource_of(r), text_or_nil(path) };
	VALUE ret = Qnil;

	if (ask(arg, "render", 2, args, &ret, e) < 0)
		return ERR_RUBY;
	if (!RB_TYPE_P(ret, T_STRING))
		return err_set(e, ERR_INVALID, "template '%s': no text", path);
	buf_add(out, RSTRING_PTR(ret), (size_t)RSTRING_LEN(ret));
	RB_GC_GUARD(ret);
	if (buf_failed(out))
		return err_set(
		    e, ERR_LIMIT, "template '%s': the text is too long", path);
	return 0;
}

static int
service_cookbook_file(void *arg, struct arena *a, const struct resource *r,
    const char *cookbook, const char *segment, const char *source,
    const char **ret_path, struct err *e)
{
	VALUE args[] = { resource_of(r), text_or_nil(cookbook),
		text_or_nil(segment), text_or_nil(source) };
	VALUE ret = Qnil;

	if (ask(arg, "cookbook_file", 4, args, &ret, e) < 0)
		return ERR_RUBY;
	if (!RB_TYPE_P(ret, T_STRING))
		return err_set(
		    e, ERR_ABSENT, "no %s file '%s'", segment, source);
	*ret_path =
	    arena_strndup(a, RSTRING_PTR(ret), (size_t)RSTRING_LEN(ret));
	RB_GC_GUARD(ret);
	return 0;
}

static bool
service_has_cookbook_file(void *arg, const struct resource *r,
    const char *segment, const char *source)
{
	VALUE args[] = { resource_of(r), text_or_nil(segment),
		text_or_nil(source) };
	VALUE ret = Qfalse;

	return ask(arg, "cookbook_file?", 3, args, &ret, NULL) == 0 &&
	       RTEST(ret);
}

static int
service_cookbook_directory(void *arg, struct arena *a, const struct resource *r,
    const char *cookbook, const char *source, const char ***ret_names,
    size_t *ret_count, struct err *e)
{
	VALUE args[] = { resource_of(r), text_or_nil(cookbook),
		text_or_nil(source) };
	VALUE ret = Qnil;
	const char **names;
	size_t i, len;

	if (ask(arg, "cookbook_directory", 3, args, &ret, e) < 0)
		return ERR_RUBY;
	len = RB_TYPE_P(ret, T_ARRAY) ? (size_t)RARRAY_LEN(ret) : 0;
	names = arena_array_of(a, const char *, len + 1);
	for (i = 0; i < len; i++) {
		VALUE name = rb_ary_entry(ret, (long)i);

		if (!RB_TYPE_P(name, T_STRING))
			return err_set(e, ERR_INVALID,
			    "cookbook directory '%s': a name is no text",
			    source);
		names[i] = arena_strndup(
		    a, RSTRING_PTR(name), (size_t)RSTRING_LEN(name));
	}
	RB_GC_GUARD(ret);
	*ret_names = names;
	*ret_count = len;
	return 0;
}

static int
service_call_block(
    void *arg, const struct resource *r, const char *property, struct err *e)
{
	VALUE args[] = { resource_of(r), text_or_nil(property) };
	VALUE ret;

	return ask(arg, "call_block", 2, args, &ret, e);
}

static int
service_verify(
    void *arg, const struct resource *r, const char *path, struct err *e)
{
	VALUE args[] = { resource_of(r), text_or_nil(path) };
	VALUE ret;

	return ask(arg, "verify", 2, args, &ret, e);
}

struct conversion {
	struct arena *arena;
	VALUE ruby;
	struct value value;
};

static VALUE
convert(VALUE arg)
{
	struct conversion *c = (struct conversion *)arg;

	c->value = value_from_ruby(c->arena, c->ruby);
	return Qnil;
}

static struct value
plain(struct arena *a, VALUE ruby)
{
	struct conversion c = { a, ruby, value_nil };
	struct host_failure f;

	if (host_call(convert, (VALUE)&c, NULL, &f, NULL) < 0)
		return value_nil;
	return c.value;
}

static VALUE
read_config(VALUE arg)
{
	VALUE name = ID2SYM(rb_intern((const char *)arg));

	return rb_funcallv(host_config(), ids.at, 1, &name);
}

static struct value
service_config(void *arg, struct arena *a, const char *key)
{
	struct bridge *b = arg;
	VALUE ret = Qnil;

	if (b->failure.state != 0 ||
	    host_call(read_config, (VALUE)key, &ret, &b->failure, NULL) < 0)
		return value_nil;
	return plain(a, ret);
}

static struct value
service_attribute(void *arg, struct arena *a, const char *path)
{
	struct bridge *b = arg;
	VALUE args[] = { b->run_context, text_or_nil(path) };
	VALUE ret = Qnil;
	struct err e;

	if (ask(b, "attribute", 2, args, &ret, &e) < 0)
		return value_nil;
	return plain(a, ret);
}

/* A number of seconds or a count; -1: not set. */
static int64_t
config_number(void *arg, struct arena *a, const char *key)
{
	struct value v = service_config(arg, a, key);

	if (v.type == VALUE_FLOAT)
		return (int64_t)v.number;
	return v.type == VALUE_INT && v.integer >= 0 ? v.integer : -1;
}

static int
service_download(void *arg, const struct download *d,
    struct download_answer *ret, struct err *e)
{
	struct arena *a = arena_new();
	int64_t delay = config_number(arg, a, "http_retry_delay");
	int64_t timeout = config_number(arg, a, "rest_timeout");
	struct value ca = service_config(arg, a, "ssl_ca_file");
	struct value mode = service_config(arg, a, "ssl_verify_mode");
	const char *word = value_text(&mode, "");
	struct download_settings how = {
		.retries = config_number(arg, a, "http_retry_count"),
		.retry_delay_ms = delay < 0 ? -1 : delay * 1000,
		.timeout_ms = timeout < 0 ? -1 : timeout * 1000,
		.ca_file = value_text(&ca, NULL),
		.insecure = strcmp(word, "verify_none") == 0,
	};
	int r = download_run(d, &how, ret, e);

	arena_free(&a);
	return r;
}

static int
service_run_resource(void *arg, const struct resource *parent, const char *type,
    const char *name, const struct resource_slot *properties, size_t count,
    const char *action, bool *ret_updated, struct err *e)
{
	VALUE hash = rb_hash_new(), ret = Qnil;
	VALUE args[] = { resource_of(parent), text_or_nil(type),
		text_or_nil(name), hash, text_or_nil(action) };
	size_t i;

	for (i = 0; i < count; i++)
		rb_hash_aset(hash,
		    ID2SYM(rb_intern(properties[i].property->name)),
		    value_to_ruby(&properties[i].value));
	if (ask(arg, "run_resource", 5, args, &ret, e) < 0)
		return ERR_RUBY;
	*ret_updated = RTEST(ret);
	return 0;
}

static int
service_reload(void *arg, const char *plugin, struct err *e)
{
	struct bridge *b = arg;
	VALUE args[] = { b->run_context, text_or_nil(plugin) };
	VALUE ret;

	return ask(b, "reload_attributes", 2, args, &ret, e);
}

void
bridge_services(struct bridge *b)
{
	b->services = (struct services){
		.arg = b,
		.log = service_log,
		.output = service_output,
		.wants_output = service_wants_output,
		.render = service_render,
		.cookbook_file = service_cookbook_file,
		.has_cookbook_file = service_has_cookbook_file,
		.cookbook_directory = service_cookbook_directory,
		.call_block = service_call_block,
		.verify = service_verify,
		.config = service_config,
		.attribute = service_attribute,
		.download = service_download,
		.run_resource = service_run_resource,
		.reload_attributes = service_reload,
	};
}
