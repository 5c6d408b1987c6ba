/* SPDX-License-Identifier: MIT */
/*
 * The metadata header of a RightScript: YAML in comments, at the top of the
 * executable.
 *
 *	#!/bin/sh
 *	# ---
 *	# RightScript Name: Set up
 *	# Description: what it does
 *	# Inputs:
 *	#   PORT:
 *	#     Input Type: single
 *	#     Required: true
 *	#     Default: text:8080
 *	# Packages: curl jq
 *	# Attachments: [site.tar.gz]
 *	# ...
 *
 * A value has RightScale's prefix: text:, cred:NAME, array:["text:a",...],
 * blank, ignore, inherit (the last three: no default).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"

#define HEADER_LINES_MAX 2000

/* "# ---" gives "---": the line without '#' and blanks around. */
static bool
comment_is(struct str line, const char *text)
{
	line = str_trim(line);
	if (line.len == 0 || line.data[0] != '#')
		return false;
	struct str rest = { line.data + 1, line.len - 1 };
	return str_eq_text(str_trim(rest), text);
}

int
script_header_cut(struct str text, struct buf *out, struct err *e)
{
	struct str rest = text, line;
	bool inside = false;
	for (int n = 1; n <= HEADER_LINES_MAX; n++) {
		if (!str_split(&rest, '\n', &line))
			break;
		if (!inside) {
			inside = comment_is(line, "---");
			buf_add_char(out, '\n');
			continue;
		}
		if (comment_is(line, "..."))
			return 1;
		struct str trimmed = str_trim(line);
		if (trimmed.len > 0 && trimmed.data[0] != '#')
			return err_set(e, ERR_SYNTAX,
			    "line %d: the metadata header ends without "
			    "'# ...'",
			    n);
		if (trimmed.len > 0) {
			buf_add_char(out, ' ');
			buf_add(out, trimmed.data + 1, trimmed.len - 1);
		}
		buf_add_char(out, '\n');
	}
	if (inside)
		return err_set(
		    e, ERR_SYNTAX, "the metadata header has no end ('# ...')");
	return 0;
}

static void
read_array(struct bundle_reader *r, const struct yml *at, const char *text,
    struct bundle_input *in)
{
	struct jsn *list = NULL;
	struct err error = { 0 };
	in->type = INPUT_LIST;
	if (jsn_parse(str_from(text), "array", 65536, &list, &error) < 0 ||
	    jsn_type(list) != JSN_ARRAY) {
		reader_fault(r, at, "array: must be followed by a JSON list");
		jsn_free(&list);
		return;
	}
	in->value = reader_hold(r, jsn_new_array());
	for (size_t i = 0; i < jsn_len(list); i++) {
		struct str item = jsn_str(jsn_at(list, i));
		if (str_has_prefix(item, "text:"))
			item = (struct str){ item.data + 5, item.len - 5 };
		jsn_push(in->value, jsn_new_string(item));
	}
	jsn_free(&list);
}

static void
read_default(
    struct bundle_reader *r, const struct yml *at, struct bundle_input *in)
{
	if (at == NULL || at->type == YML_NULL)
		return;
	if (at->type == YML_LIST || at->type == YML_MAP) {
		reader_fault(r, at, "must be a text such as text:VALUE");
		return;
	}
	const char *text = at->text;
	if (text_eq(text, "blank") || text_eq(text, "ignore") ||
	    text_eq(text, "inherit"))
		return;
	if (text_has_prefix(text, "cred:")) {
		in->type = INPUT_CREDENTIAL;
		in->credential = text + 5;
	} else if (text_has_prefix(text, "array:")) {
		read_array(r, at, text + 6, in);
	} else if (text_has_prefix(text, "text:")) {
		in->value = reader_hold(r, jsn_new_string(str_from(text + 5)));
	} else {
		reader_fault(r, at,
		    "'%.64s' has none of the prefixes text:, cred:, array:",
		    text);
	}
}

static void
read_choices(
    struct bundle_reader *r, const struct yml *v, struct bundle_input *in)
{
	const struct yml *list = reader_list(r, v, "Possible Values");
	if (list == NULL)
		return;
	in->choices = reader_hold(r, jsn_new_array());
	for (size_t i = 0; i < list->len; i++) {
		const char *text = list->values[i]->text;
		if (text == NULL)
			continue;
		jsn_push_str(in->choices,
		    text_has_prefix(text, "text:") ? text + 5 : text);
	}
}

static void
read_input(struct bundle_reader *r, const char *name, const struct yml *v,
    struct bundle_script *s)
{
	static const char *const keys[] = { "Input Type", "Category",
		"Description", "Required", "Advanced", "Default",
		"Possible Values", NULL };
	if (strchr(name, '/') != NULL || !input_name_is_valid(name)) {
		reader_fault(r, v,
		    "'%.64s' is no name of an input, or a reserved one", name);
		return;
	}
	struct bundle_input *in = inputs_add(r->bundle->arena, &s->inputs);
	in->name = name;
	in->at = v;
	if (v->type == YML_NULL)
		return;
	if (v->type != YML_MAP) {
		reader_fault(r, v, "must be a map");
		return;
	}
	reader_check_keys(r, v, keys);
	const char *type = reader_text(r, v, "Input Type", "single");
	if (text_eq(type, "array"))
		in->type = INPUT_LIST;
	else if (!text_eq(type, "single"))
		reader_fault(r, yml_get(v, "Input Type"),
		    "'%.64s' is not one of single, array", type);
	in->required = reader_bool(r, v, "Required", false);
	in->advanced = reader_bool(r, v, "Advanced", false);
	in->description = reader_text(r, v, "Description", NULL);
	in->category = reader_text(r, v, "Category", NULL);
	read_default(r, yml_get(v, "Default"), in);
	read_choices(r, v, in);
}

static void
add_package(struct bundle_reader *r, const struct yml *at, struct str name,
    struct bundle_script *s)
{
	char *text = arena_strndup(r->bundle->arena, name.data, name.len);
	if (!is_plain_name(text, "+-._:=~"))
		reader_fault(r, at, "'%.64s' is no name of a package", text);
	else if (s->packages_len < BUNDLE_ENTRIES_MAX)
		s->packages[s->packages_len++] = text;
}

static void
read_packages(
    struct bundle_reader *r, const struct yml *root, struct bundle_script *s)
{
	const struct yml *v = yml_get(root, "Packages");
	if (v == NULL || v->type == YML_NULL)
		return;
	s->packages =
	    arena_array_of(r->bundle->arena, const char *, BUNDLE_ENTRIES_MAX);
	if (v->type == YML_MAP) {
		reader_fault(r, v, "must be a list of package names");
	} else if (v->type == YML_LIST) {
		for (size_t i = 0; i < v->len; i++) {
			const char *text = v->values[i]->text;
			add_package(
			    r, v->values[i], str_from(text ? text : ""), s);
		}
	} else {
		struct str rest = str_from(v->text), part;
		while (str_split(&rest, ' ', &part)) {
			if (part.len > 0)
				add_package(r, v, part, s);
		}
	}
}

static void
check_attachments(struct bundle_reader *r, const struct yml *root,
    const struct bundle_script *s)
{
	const struct yml *list = reader_list(r, root, "Attachments");
	for (size_t i = 0; list != NULL && i < list->len; i++) {
		const struct yml *item = list->values[i];
		if (item->text == NULL || !is_inner_path(item->text)) {
			reader_fault(
			    r, item, "must be a relative path without '..'");
			continue;
		}
		AUTO_STR char *path =
		    xasprintf("%s/attachments/%s", s->dir, item->text);
		if (access(path, R_OK) < 0)
			reader_fault(r, item,
			    "attachment '%.100s' is not in attachments/",
			    item->text);
	}
}

static void
read_root(
    struct bundle_reader *r, const struct yml *root, struct bundle_script *s)
{
	static const char *const keys[] = { "RightScript Name", "Description",
		"Inputs", "Packages", "Attachments", "Timeout", NULL };
	if (root->type != YML_MAP) {
		reader_fault(r, root, "the metadata header must be a map");
		return;
	}
	reader_check_keys(r, root, keys);
	s->title = reader_text(r, root, "RightScript Name", s->name);
	s->description = reader_text(r, root, "Description", NULL);
	s->timeout_ms =
	    reader_int(r, root, "Timeout", 0, TIMEOUT_MAX_SECONDS) * 1000;
	const struct yml *inputs = reader_map(r, root, "Inputs");
	for (size_t i = 0; inputs != NULL && i < inputs->len; i++)
		read_input(r, inputs->keys[i], inputs->values[i], s);
	read_packages(r, root, s);
	check_attachments(r, root, s);
}

int
script_header_read(struct bundle_reader *r, struct bundle_script *s,
    struct str text, struct err *e)
{
	AUTO_BUF struct buf header = BUF_INIT(BUNDLE_FILE_MAX_BYTES);
	const char *where = r->where;
	r->where = s->file;
	struct err error = { 0 };
	int rc = script_header_cut(text, &header, &error);
	struct yml *root = NULL;
	if (rc == 1 && buf_failed(&header))
		reader_fault(r, NULL, "the metadata header is too long");
	else if (rc == 1)
		rc = yml_parse(r->bundle->arena,
		    (struct str){ header.data, header.len }, s->file,
		    BUNDLE_FILE_MAX_BYTES, &root, &error);
	if (rc < 0) {
		/* The text names the file already when YAML failed. */
		r->where =
		    text_has_prefix(error.text, s->file) ? "script" : s->file;
		reader_fault(r, NULL, "%s", error.text);
	} else if (root != NULL && root->type != YML_NULL) {
		read_root(r, root, s);
	}
	r->where = where;
	(void)e;
	return 0;
}
