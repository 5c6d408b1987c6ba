/* SPDX-License-Identifier: MIT */
/* Resolving inputs: one list, filled source by source, checked at the end. */
#include "runner/inputs.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"

#define SECRET_LINE_MIN_BYTES 12
#define ERRORS_ROOM ((size_t)1900)

struct resolver {
	const struct bundle *bundle;
	struct bundle_inputs declared;
	struct arena *arena;
	struct inputs *inputs;
	struct buf errors;
	size_t errors_len;
	struct jsn *missing; /* array that takes their names, or NULL */
};

static void fault(struct resolver *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
fault(struct resolver *r, const char *fmt, ...)
{
	if (r->errors_len++ >= BUNDLE_ERRORS_MAX)
		return;
	if (r->errors.len > 0)
		buf_add_char(&r->errors, '\n');
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&r->errors, fmt, ap);
	va_end(ap);
}

/* bundle.yml declares first; headers add the names that it leaves out. */
static void
collect_declarations(struct resolver *r)
{
	const struct bundle *b = r->bundle;
	for (size_t i = 0; i < b->inputs.len; i++)
		*inputs_add(r->arena, &r->declared) = b->inputs.list[i];
	for (size_t s = 0; s < b->scripts_len; s++) {
		const struct bundle_inputs *more = &b->scripts[s].inputs;
		for (size_t i = 0; i < more->len; i++) {
			const struct bundle_input *have = bundle_inputs_find(
			    &r->declared, more->list[i].name);
			if (have == NULL)
				*inputs_add(r->arena, &r->declared) =
				    more->list[i];
		}
	}
}

static void
set_value(struct input_value *v, struct jsn *value)
{
	jsn_free(&v->value);
	v->value = value;
}

static void
set_secret(struct resolver *r, struct input_value *v, const char *path)
{
	struct buf text = BUF_INIT(CREDENTIAL_MAX_BYTES);
	struct err error = { 0 };
	str_free(&v->file);
	v->file = realpath(path, NULL);
	if (fsat_read(AT_FDCWD, path, CREDENTIAL_MAX_BYTES, &text, &error) <
	    0) {
		fault(r, "input '%s': credential: %s", v->name, error.text);
	} else {
		struct str value = { text.data, text.len };
		if (value.len > 0 && value.data[value.len - 1] == '\n')
			value.len--;
		if (value.len == 0) {
			fault(r, "input '%s': credential file '%s' is empty",
			    v->name, path);
		} else {
			secret_free(&v->secret);
			v->secret = secret_new(value);
		}
		explicit_bzero(text.data, text.len);
	}
	buf_release(&text);
}

static void
use_defaults(struct resolver *r)
{
	struct inputs *in = r->inputs;
	in->len = r->declared.len;
	in->list = xcalloc(in->len + 1, sizeof(*in->list));
	for (size_t i = 0; i < in->len; i++) {
		const struct bundle_input *d = &r->declared.list[i];
		in->list[i].name = d->name;
		in->list[i].type = d->type;
		if (d->value != NULL)
			in->list[i].value = jsn_ref(d->value);
	}
}

/* The declared input, or NULL after a fault. */
static struct input_value *
need_declared(struct resolver *r, const char *name, const char *where)
{
	const char *names[BUNDLE_ENTRIES_MAX];
	size_t count = 0;
	for (size_t i = 0; i < r->inputs->len; i++) {
		if (text_eq(r->inputs->list[i].name, name))
			return &r->inputs->list[i];
		if (count < ARRAY_LEN(names))
			names[count++] = r->inputs->list[i].name;
	}
	if (r->bundle->script_sources.len > 0)
		return NULL;
	const char *near = nearest_name(name, names, count);
	if (near != NULL)
		fault(r, "%s: no input '%.64s' is declared; did you mean '%s'?",
		    where, name, near);
	else
		fault(r, "%s: no input '%.64s' is declared", where, name);
	return NULL;
}

static void
use_yaml(struct resolver *r, const char *file, const char *dir,
    const char *name, const struct yml *at)
{
	AUTO_STR char *where =
	    xasprintf("%s:%d:%d", file, at->line, at->column);
	struct input_value *v = need_declared(r, name, where);
	if (v == NULL || at->type == YML_NULL)
		return;
	v->is_given = true;
	if (v->type == INPUT_CREDENTIAL) {
		const struct yml *path = at->type == YML_MAP && at->len == 1
					     ? yml_get(at, "file")
					     : NULL;
		if (path == NULL || path->type != YML_STRING) {
			fault(r, "%s: input '%s' %s", where, name,
			    input_type_fault(INPUT_CREDENTIAL, NULL));
			return;
		}
		AUTO_STR char *whole = path_join(dir, path->text);
		set_secret(r, v, whole);
		return;
	}
	bool as_text = v->type == INPUT_TEXT && at->type != YML_LIST &&
		       at->type != YML_MAP;
	AUTO(jsn_free)
	struct jsn *value =
	    as_text ? jsn_new_string(str_from(at->text)) : yml_to_jsn(at);
	const char *why = input_type_fault(v->type, value);
	if (why != NULL)
		fault(r, "%s: input '%s' %s", where, name, why);
	else
		set_value(v, TAKE(value));
}

static int
use_file(struct resolver *r, const char *file, struct err *e)
{
	struct yml *root = NULL;
	int rc =
	    yml_load(r->arena, AT_FDCWD, file, BUNDLE_FILE_MAX_BYTES, &root, e);
	if (rc < 0)
		return err_wrap(e, "inputs");
	if (root->type == YML_NULL)
		return 0;
	if (root->type != YML_MAP) {
		fault(r, "%s: must be a map of inputs", file);
		return 0;
	}
	AUTO_STR char *dir = path_dirname(file);
	for (size_t i = 0; i < root->len; i++)
		use_yaml(r, file, dir, root->keys[i], root->values[i]);
	return 0;
}

/* A value as typed on the command line; NULL when it does not fit. */
static struct jsn *
value_from_text(enum input_type type, const char *text)
{
	struct jsn *v = NULL;
	struct err ignored = { 0 };
	switch (type) {
	case INPUT_TEXT:
	case INPUT_CREDENTIAL:
		return jsn_new_string(str_from(text));
	case INPUT_NUMBER:
	case INPUT_BOOLEAN:
		if (jsn_parse(str_from(text), "value", 65536, &v, &ignored) < 0)
			return NULL;
		return v;
	case INPUT_LIST:
		break;
	}
	if (text[0] == '[') {
		if (jsn_parse(str_from(text), "value", 65536, &v, &ignored) < 0)
			return NULL;
		return v;
	}
	v = jsn_new_array();
	struct str rest = str_from(text), part;
	while (text[0] != '\0' && str_split(&rest, ',', &part))
		jsn_push(v, jsn_new_string(str_trim(part)));
	return v;
}

static void
use_flag(struct resolver *r, const char *flag)
{
	size_t len = strcspn(flag, "=");
	if (flag[len] != '=') {
		fault(r, "--input '%.64s': must be NAME=VALUE", flag);
		return;
	}
	AUTO_STR char *name = xstrndup(flag, len);
	const char *text = flag + len + 1;
	struct input_value *v = need_declared(r, name, "--input");
	if (v == NULL)
		return;
	v->is_given = true;
	if (v->type == INPUT_CREDENTIAL) {
		if (text[0] != '@')
			fault(r,
			    "--input %s: a credential is given as %s=@FILE, "
			    "never in clear",
			    name, name);
		else
			set_secret(r, v, text + 1);
		return;
	}
	AUTO(jsn_free) struct jsn *value = value_from_text(v->type, text);
	const char *why = input_type_fault(v->type, value);
	if (why != NULL)
		fault(r, "--input %s: %s", name, why);
	else
		set_value(v, TAKE(value));
}

struct json_source {
	struct resolver *resolver;
	const char *where;
	bool lenient; /* names that nobody declares are let through */
};

static bool
is_declared(const struct resolver *r, const char *name)
{
	return inputs_find(r->inputs, name) != NULL;
}

static void
use_json_secret(
    struct resolver *r, struct input_value *v, const struct jsn *value)
{
	const char *file = jsn_peek_str(value, "file", NULL);
	struct str text = jsn_str(value);
	if (file != NULL && file[0] == '/') {
		set_secret(r, v, file);
	} else if (jsn_type(value) == JSN_STRING && text.len > 0 &&
		   text.len <= CREDENTIAL_MAX_BYTES) {
		secret_free(&v->secret);
		str_free(&v->file);
		v->secret = secret_new(text);
	} else {
		fault(r,
		    "input '%s': a credential must be a text of at most %zu "
		    "bytes or {\"file\": absolute path}",
		    v->name, CREDENTIAL_MAX_BYTES);
	}
}

static int
use_json_value(const char *name, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	const struct json_source *s = arg;
	struct resolver *r = s->resolver;
	if (value == NULL || (s->lenient && !is_declared(r, name)))
		return 0;
	struct input_value *v = need_declared(r, name, s->where);
	if (v == NULL)
		return 0;
	if (v->type == INPUT_CREDENTIAL) {
		use_json_secret(r, v, value);
		return 0;
	}
	/* What a person set on an instance is text, whatever its type. */
	AUTO(jsn_free)
	struct jsn *typed = jsn_type(value) == JSN_STRING
				? value_from_text(v->type, jsn_str(value).data)
				: jsn_ref(value);
	const char *why = input_type_fault(v->type, typed);
	if (why != NULL)
		fault(r, "%s: input '%s' %s", s->where, name, why);
	else
		set_value(v, TAKE(typed));
	return 0;
}

static void
use_json(struct resolver *r, const struct jsn *values, const char *where,
    bool lenient)
{
	struct json_source s = { r, where, lenient };
	struct err ignored = { 0 };
	if (jsn_type(values) == JSN_OBJECT &&
	    jsn_each(values, use_json_value, &s, &ignored) < 0)
		fault(r, "%s: %s", where, ignored.text);
}

static void
use_credential_files(struct resolver *r)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < r->inputs->len; i++) {
		const struct bundle_input *d = &r->declared.list[i];
		struct input_value *v = &r->inputs->list[i];
		if (v->type != INPUT_CREDENTIAL)
			continue;
		if (dir != NULL && dir[0] == '/') {
			AUTO_STR char *name =
			    xstrdup(d->credential ? d->credential : d->name);
			for (char *p = name; *p != '\0'; p++) {
				if (*p == '/')
					*p = '.';
			}
			AUTO_STR char *path = path_join(dir, name);
			if (name[0] != '.' && access(path, F_OK) == 0)
				set_secret(r, v, path);
		}
		if (v->secret == NULL && d->file != NULL)
			set_secret(r, v, d->file);
	}
}

static void
check_choice(
    struct resolver *r, const struct bundle_input *d, const struct jsn *value)
{
	AUTO_BUF struct buf text = BUF_INIT(65536);
	input_value_text(value, &text);
	for (size_t i = 0; i < jsn_len(d->choices); i++) {
		if (str_eq_text(
			jsn_str(jsn_at(d->choices, i)), buf_text(&text)))
			return;
	}
	fault(r, "input '%s': '%.64s' is not one of its possible values",
	    d->name, buf_text(&text));
}

/* A key of many lines is shown line by line in diffs and traces: its longer
 * lines are hidden each by itself, too. */
static void
hide(struct mask *mask, const char *name, const struct secret *secret)
{
	mask_add(mask, name, secret);
	struct str rest = secret_reveal(secret), line;
	if (memchr(rest.data, '\n', rest.len) == NULL)
		return;
	while (str_split(&rest, '\n', &line)) {
		AUTO(secret_free) struct secret *part = secret_new(line);
		if (line.len >= SECRET_LINE_MIN_BYTES)
			mask_add(mask, name, part);
	}
}

static void
check_values(struct resolver *r)
{
	for (size_t i = 0; i < r->inputs->len; i++) {
		const struct bundle_input *d = &r->declared.list[i];
		const struct input_value *v = &r->inputs->list[i];
		bool missing =
		    d->required && v->value == NULL && v->secret == NULL;
		if (missing && r->missing != NULL)
			jsn_push_str(r->missing, d->name);
		else if (missing)
			fault(r,
			    "input '%s' is required and has no value: give "
			    "--input %s=%s",
			    d->name, d->name,
			    d->type == INPUT_CREDENTIAL ? "@FILE" : "VALUE");
		if (d->choices != NULL && v->value != NULL)
			check_choice(r, d, v->value);
		if (v->secret != NULL)
			hide(r->inputs->mask, d->name, v->secret);
	}
}

static int
resolve(struct resolver *r, const struct input_sources *sources, struct err *e)
{
	collect_declarations(r);
	use_defaults(r);
	use_json(r, sources->boot, "inputs of the boot", true);
	if (sources->file != NULL) {
		int rc = use_file(r, sources->file, e);
		if (rc < 0)
			return rc;
	}
	use_json(r, sources->stored, "inputs of this instance", true);
	const struct option_list *flags = sources->flags;
	for (size_t i = 0; flags != NULL && i < flags->len; i++)
		use_flag(r, flags->list[i]);
	use_json(r, sources->given, "inputs of the request", false);
	use_credential_files(r);
	check_values(r);
	if (r->errors_len > 0)
		return err_set(e, ERR_INVALID, "%s", buf_text(&r->errors));
	return 0;
}

static int
resolve_all(const struct bundle *b, const struct input_sources *sources,
    struct jsn *missing, struct inputs **ret_inputs, struct err *e)
{
	AUTO(inputs_free) struct inputs *in = xcalloc(1, sizeof(*in));
	in->mask = mask_new();
	struct resolver r = { .bundle = b,
		.arena = b->arena,
		.inputs = in,
		.missing = missing,
		.errors = BUF_INIT(ERRORS_ROOM) };
	int rc = resolve(&r, sources, e);
	buf_release(&r.errors);
	if (rc < 0)
		return rc;
	*ret_inputs = TAKE(in);
	return 0;
}

int
inputs_resolve(const struct bundle *b, const struct input_sources *sources,
    struct inputs **ret_inputs, struct err *e)
{
	return resolve_all(b, sources, NULL, ret_inputs, e);
}

int
inputs_missing(const struct bundle *b, const struct input_sources *sources,
    struct jsn **ret_names, struct err *e)
{
	AUTO(inputs_free) struct inputs *in = NULL;
	AUTO(jsn_free) struct jsn *names = jsn_new_array();
	int rc = resolve_all(b, sources, names, &in, e);
	if (rc < 0)
		return rc;
	*ret_names = TAKE(names);
	return 0;
}

void
inputs_free(struct inputs **in)
{
	if (in == NULL || *in == NULL)
		return;
	for (size_t i = 0; i < (*in)->len; i++) {
		jsn_free(&(*in)->list[i].value);
		secret_free(&(*in)->list[i].secret);
		str_free(&(*in)->list[i].file);
	}
	free((*in)->list);
	mask_free(&(*in)->mask);
	free(*in);
	*in = NULL;
}

const struct input_value *
inputs_find(const struct inputs *in, const char *name)
{
	for (size_t i = 0; i < in->len; i++) {
		if (text_eq(in->list[i].name, name))
			return &in->list[i];
	}
	return NULL;
}

static struct jsn *
value_of(const struct input_value *v)
{
	if (v->secret != NULL)
		return jsn_new_string(secret_reveal(v->secret));
	return v->value != NULL ? jsn_ref(v->value) : NULL;
}

void
inputs_to_attributes(const struct inputs *in, struct jsn *attributes)
{
	for (size_t i = 0; i < in->len; i++) {
		const struct input_value *v = &in->list[i];
		struct jsn *value = value_of(v);
		if (strchr(v->name, '/') == NULL || value == NULL) {
			jsn_free(&value);
			continue;
		}
		struct jsn *at = attributes;
		struct str rest = str_from(v->name), part;
		while (str_split(&rest, '/', &part)) {
			AUTO_STR char *key = xstrndup(part.data, part.len);
			if (rest.data == NULL) {
				jsn_set(at, key, value);
				break;
			}
			struct jsn *next = jsn_get(at, key);
			if (jsn_type(next) != JSN_OBJECT) {
				next = jsn_new_object();
				jsn_set(at, key, next);
			}
			at = next;
		}
	}
}

void
input_value_text(const struct jsn *value, struct buf *out)
{
	if (jsn_type(value) == JSN_STRING) {
		struct str text = jsn_str(value);
		buf_add(out, text.data, text.len);
	} else if (jsn_type(value) == JSN_ARRAY) {
		for (size_t i = 0; i < jsn_len(value); i++) {
			buf_add_str(out, i > 0 ? "," : "");
			input_value_text(jsn_at(value, i), out);
		}
	} else if (value != NULL) {
		jsn_format(value, JSN_PLAIN, out);
	}
}
