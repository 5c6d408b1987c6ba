/* SPDX-License-Identifier: MIT */
/* Declarations of inputs in bundle.yml: names, types, defaults. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"

const char *
input_type_name(enum input_type type)
{
	switch (type) {
	case INPUT_TEXT:
		return "text";
	case INPUT_NUMBER:
		return "number";
	case INPUT_BOOLEAN:
		return "boolean";
	case INPUT_LIST:
		return "list";
	case INPUT_CREDENTIAL:
		return "credential";
	}
	return "";
}

struct bundle_input *
inputs_add(struct arena *a, struct bundle_inputs *list)
{
	if (list->len == list->room) {
		size_t room = list->room > 0 ? list->room * 2 : 16;
		struct bundle_input *more =
		    arena_array_of(a, struct bundle_input, room);
		if (list->len > 0)
			memcpy(
			    more, list->list, list->len * sizeof(*list->list));
		list->list = more;
		list->room = room;
	}
	struct bundle_input *in = &list->list[list->len++];
	memset(in, 0, sizeof(*in));
	return in;
}

const struct bundle_input *
bundle_inputs_find(const struct bundle_inputs *list, const char *name)
{
	for (size_t i = 0; i < list->len; i++) {
		if (text_eq(list->list[i].name, name))
			return &list->list[i];
	}
	return NULL;
}

/* Variables that a script's machinery needs for itself. */
static bool
is_reserved(const char *name)
{
	static const char *const prefixes[] = { "RS_", "EC2_", "LD_",
		"RIGHTLINK_" };
	static const char *const names[] = { "PATH", "HOME", "USER", "LOGNAME",
		"SHELL", "LANG", "LC_ALL", "IFS", "ENV", "BASH_ENV",
		"ATTACH_DIR", "TMPDIR", "PWD", "CDPATH", "SHELLOPTS",
		"BASHOPTS", "PERL5LIB", "PERL5OPT", "PYTHONPATH", "RUBYLIB",
		"RUBYOPT" };
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (text_has_prefix(name, prefixes[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (text_eq(name, names[i]))
			return true;
	}
	return false;
}

static bool
is_variable(const char *name)
{
	bool start = (name[0] >= 'A' && name[0] <= 'Z') ||
		     (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_';
	return start && strlen(name) <= 128 &&
	       name[strspn(name,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789_")] == '\0';
}

bool
input_name_is_valid(const char *name)
{
	if (strchr(name, '/') == NULL)
		return is_variable(name) && !is_reserved(name);
	if (!is_inner_path(name))
		return false;
	struct str rest = str_from(name), part;
	while (str_split(&rest, '/', &part)) {
		char copy[129];
		if (part.len >= sizeof(copy))
			return false;
		memcpy(copy, part.data, part.len);
		copy[part.len] = '\0';
		if (!is_plain_name(copy, "_-."))
			return false;
	}
	return true;
}

const char *
input_type_fault(enum input_type type, const struct jsn *value)
{
	enum jsn_type have = jsn_type(value);
	switch (type) {
	case INPUT_TEXT:
		return have == JSN_STRING || have == JSN_INT ||
			       have == JSN_DOUBLE || have == JSN_BOOL
			   ? NULL
			   : "must be a text";
	case INPUT_NUMBER:
		return have == JSN_INT || have == JSN_DOUBLE
			   ? NULL
			   : "must be a number";
	case INPUT_BOOLEAN:
		return have == JSN_BOOL ? NULL : "must be true or false";
	case INPUT_LIST:
		if (have != JSN_ARRAY)
			return "must be a list";
		for (size_t i = 0; i < jsn_len(value); i++) {
			enum jsn_type item = jsn_type(jsn_at(value, i));
			if (item == JSN_ARRAY || item == JSN_OBJECT ||
			    item == JSN_NULL)
				return "must be a list of plain values";
		}
		return NULL;
	case INPUT_CREDENTIAL:
		return "must be given as {file: PATH}, never in clear";
	}
	return NULL;
}

static bool
read_type(const char *text, enum input_type *ret_type)
{
	for (int t = INPUT_TEXT; t <= INPUT_CREDENTIAL; t++) {
		if (text_eq(text, input_type_name((enum input_type)t))) {
			*ret_type = (enum input_type)t;
			return true;
		}
	}
	return false;
}

static void
read_credential(
    struct bundle_reader *r, const struct yml *v, struct bundle_input *in)
{
	static const char *const keys[] = { "file", NULL };
	if (v->type != YML_MAP) {
		reader_fault(
		    r, v, "%s", input_type_fault(INPUT_CREDENTIAL, NULL));
		return;
	}
	reader_check_keys(r, v, keys);
	const char *file = reader_text(r, v, "file", NULL);
	if (file == NULL || file[0] == '\0') {
		reader_fault(r, v, "file is missing");
		return;
	}
	AUTO_STR char *path = path_join(r->bundle->dir, file);
	in->file = reader_dup(r, path);
}

static void
read_default(
    struct bundle_reader *r, const struct yml *map, struct bundle_input *in)
{
	const struct yml *v = yml_get(map, "default");
	if (v == NULL || v->type == YML_NULL)
		return;
	if (in->type == INPUT_CREDENTIAL) {
		read_credential(r, v, in);
		return;
	}
	struct jsn *value =
	    v->type == YML_LIST || v->type == YML_MAP || in->type != INPUT_TEXT
		? yml_to_jsn(v)
		: jsn_new_string(str_from(v->text));
	in->value = reader_hold(r, value);
	const char *fault = input_type_fault(in->type, value);
	if (fault != NULL)
		reader_fault(r, v, "%s, as the input's type is %s", fault,
		    input_type_name(in->type));
}

static void
read_choices(
    struct bundle_reader *r, const struct yml *map, struct bundle_input *in)
{
	const struct yml *v = reader_list(r, map, "choices");
	if (v == NULL)
		return;
	in->choices = reader_hold(r, jsn_new_array());
	for (size_t i = 0; i < v->len; i++) {
		if (v->values[i]->type == YML_LIST ||
		    v->values[i]->type == YML_MAP)
			reader_fault(r, v->values[i], "must be a plain value");
		else
			jsn_push_str(in->choices, v->values[i]->text);
	}
}

static void
read_input(struct bundle_reader *r, const char *name, const struct yml *v,
    struct bundle_inputs *list)
{
	static const char *const keys[] = { "type", "default", "required",
		"description", "category", "advanced", "choices", NULL };
	if (!input_name_is_valid(name)) {
		reader_fault(r, v,
		    "'%.64s' is no name of an input: a variable name that is "
		    "not reserved, or cookbook/attribute",
		    name);
		return;
	}
	struct bundle_input *in = inputs_add(r->bundle->arena, list);
	in->name = name;
	in->at = v;
	if (v->type == YML_NULL)
		return;
	if (v->type != YML_MAP) {
		reader_fault(r, v, "must be a map such as {type: text}");
		return;
	}
	reader_check_keys(r, v, keys);
	const char *type = reader_text(r, v, "type", "text");
	if (!read_type(type, &in->type))
		reader_fault(r, yml_get(v, "type"),
		    "'%.64s' is not one of text, number, boolean, list, "
		    "credential",
		    type);
	in->required = reader_bool(r, v, "required", false);
	in->advanced = reader_bool(r, v, "advanced", false);
	in->description = reader_text(r, v, "description", NULL);
	in->category = reader_text(r, v, "category", NULL);
	read_choices(r, v, in);
	read_default(r, v, in);
}

void
read_inputs(
    struct bundle_reader *r, const struct yml *root, struct bundle_inputs *ret)
{
	const struct yml *map = reader_map(r, root, "inputs");
	for (size_t i = 0; map != NULL && i < map->len; i++)
		read_input(r, map->keys[i], map->values[i], ret);
}
