/* SPDX-License-Identifier: MIT */
/* Checked access to located YAML; errors are collected, not returned. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "runner/bundle_priv.h"
#include "runner/options.h"

static void
add_fault(struct bundle_reader *r, const struct yml *node, const char *text)
{
	if (r->errors_len++ >= BUNDLE_ERRORS_MAX)
		return;
	AUTO_BUF struct buf line = BUF_INIT(2048);
	if (r->errors->len > 0)
		buf_add_char(&line, '\n');
	buf_printf(&line, "%s", r->where);
	if (node != NULL)
		buf_printf(
		    &line, ":%d:%d: %s", node->line, node->column, node->path);
	buf_printf(&line, ": %s", text);
	if (!buf_failed(&line) && r->errors->len + line.len < ERRORS_MAX_BYTES)
		buf_add(r->errors, line.data, line.len);
	else
		r->errors_len += BUNDLE_ERRORS_MAX;
}

void
reader_fault(
    struct bundle_reader *r, const struct yml *node, const char *fmt, ...)
{
	AUTO_BUF struct buf text = BUF_INIT(1024);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	add_fault(r, node, buf_text(&text));
}

int
reader_finish(struct bundle_reader *r, struct err *e)
{
	if (r->errors_len == 0)
		return 0;
	const char *more =
	    r->errors_len > BUNDLE_ERRORS_MAX ? "\nand more errors" : "";
	return err_set(e, ERR_INVALID, "%s%s", buf_text(r->errors), more);
}

void
reader_check_keys(
    struct bundle_reader *r, const struct yml *map, const char *const *keys)
{
	size_t count = 0;
	while (keys[count] != NULL)
		count++;
	for (size_t i = 0; i < map->len; i++) {
		bool known = false;
		for (size_t k = 0; k < count && !known; k++)
			known = text_eq(keys[k], map->keys[i]);
		if (known)
			continue;
		const char *near = nearest_name(map->keys[i], keys, count);
		if (near != NULL)
			reader_fault(r, map->values[i],
			    "unknown key '%.64s'; did you mean '%s'?",
			    map->keys[i], near);
		else
			reader_fault(r, map->values[i], "unknown key '%.64s'",
			    map->keys[i]);
	}
}

static const struct yml *
member(const struct yml *map, const char *key)
{
	const struct yml *v = yml_get(map, key);
	return v == NULL || v->type == YML_NULL ? NULL : v;
}

const char *
reader_text(struct bundle_reader *r, const struct yml *map, const char *key,
    const char *fallback)
{
	const struct yml *v = member(map, key);
	if (v == NULL)
		return fallback;
	if (v->type == YML_LIST || v->type == YML_MAP) {
		reader_fault(r, v, "must be a text");
		return fallback;
	}
	return v->text;
}

bool
reader_bool(struct bundle_reader *r, const struct yml *map, const char *key,
    bool fallback)
{
	const struct yml *v = member(map, key);
	if (v == NULL)
		return fallback;
	if (v->type != YML_BOOL) {
		reader_fault(r, v, "must be true or false");
		return fallback;
	}
	return v->boolean;
}

int64_t
reader_int(struct bundle_reader *r, const struct yml *map, const char *key,
    int64_t fallback, int64_t max)
{
	const struct yml *v = member(map, key);
	if (v == NULL)
		return fallback;
	if (v->type != YML_INT || v->integer < 0 || v->integer > max) {
		reader_fault(r, v, "must be a whole number from 0 to %lld",
		    (long long)max);
		return fallback;
	}
	return v->integer;
}

const struct yml *
reader_list(struct bundle_reader *r, const struct yml *map, const char *key)
{
	const struct yml *v = member(map, key);
	if (v == NULL)
		return NULL;
	if (v->type != YML_LIST) {
		reader_fault(r, v, "must be a list");
		return NULL;
	}
	if (v->len > BUNDLE_ENTRIES_MAX) {
		reader_fault(r, v, "more than %d entries", BUNDLE_ENTRIES_MAX);
		return NULL;
	}
	return v;
}

const struct yml *
reader_map(struct bundle_reader *r, const struct yml *map, const char *key)
{
	const struct yml *v = member(map, key);
	if (v == NULL)
		return NULL;
	if (v->type != YML_MAP) {
		reader_fault(r, v, "must be a map");
		return NULL;
	}
	if (v->len > BUNDLE_ENTRIES_MAX) {
		reader_fault(r, v, "more than %d entries", BUNDLE_ENTRIES_MAX);
		return NULL;
	}
	return v;
}

struct jsn *
reader_hold(struct bundle_reader *r, struct jsn *v)
{
	jsn_push(r->bundle->held, v);
	return v;
}

char *
reader_dup(struct bundle_reader *r, const char *text)
{
	return text ? arena_strdup(r->bundle->arena, text) : NULL;
}

bool
is_plain_name(const char *text, const char *more)
{
	size_t len = strlen(text);
	if (len == 0 || len > 128)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9');
		if (!plain && (i == 0 || strchr(more, c) == NULL))
			return false;
	}
	return text[len - 1] != ' ';
}

bool
is_inner_path(const char *text)
{
	if (text[0] == '\0' || text[0] == '/')
		return false;
	struct str rest = str_from(text), part;
	while (str_split(&rest, '/', &part)) {
		if (part.len == 0 || str_eq_text(part, ".") ||
		    str_eq_text(part, ".."))
			return false;
	}
	return true;
}
