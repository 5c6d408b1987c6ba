/* SPDX-License-Identifier: MIT */
/* Values of properties: making, comparing, and printing them as Ruby does. */
#include "resources/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

/* Printed values only appear in messages. */
#define PRINT_MAX_BYTES ((size_t)64 * 1024)

const struct value value_nil = { .type = VALUE_NIL };

struct value
value_of_bool(bool b)
{
	return (struct value){ .type = VALUE_BOOL, .boolean = b };
}

struct value
value_of_int(int64_t n)
{
	return (struct value){ .type = VALUE_INT, .integer = n };
}

struct value
value_of_str(struct arena *a, struct str text)
{
	return (struct value){ .type = VALUE_STRING,
		.text = { arena_strndup(a, text.data, text.len), text.len } };
}

struct value
value_of_text(struct arena *a, const char *text)
{
	return value_of_str(a, str_from(text));
}

struct value
value_of_symbol(struct arena *a, const char *text)
{
	struct value v = value_of_text(a, text);
	v.type = VALUE_SYMBOL;
	return v;
}

bool
value_is_set(const struct value *v)
{
	return v != NULL && v->type != VALUE_NIL;
}

static bool
list_eq(const struct value_list *a, const struct value_list *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		if (!value_eq(&a->items[i], &b->items[i]))
			return false;
	}
	return true;
}

static const struct value *
map_find(const struct value_map *m, const struct value *key)
{
	for (size_t i = 0; i < m->len; i++) {
		if (value_eq(&m->pairs[i].key, key))
			return &m->pairs[i].value;
	}
	return NULL;
}

/* As Ruby's Hash#==, in any order of keys. */
static bool
map_eq(const struct value_map *a, const struct value_map *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		const struct value *other = map_find(b, &a->pairs[i].key);
		if (other == NULL || !value_eq(&a->pairs[i].value, other))
			return false;
	}
	return true;
}

bool
value_eq(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NIL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_INT:
		return a->integer == b->integer;
	case VALUE_FLOAT:
		return !(a->number < b->number) && !(a->number > b->number);
	case VALUE_STRING:
	case VALUE_SYMBOL:
		return str_eq(a->text, b->text);
	case VALUE_LIST:
		return list_eq(&a->list, &b->list);
	case VALUE_MAP:
		return map_eq(&a->map, &b->map);
	case VALUE_OPAQUE:
		return a->opaque == b->opaque;
	}
	return false;
}

const char *
value_text(const struct value *v, const char *fallback)
{
	if (v == NULL || (v->type != VALUE_STRING && v->type != VALUE_SYMBOL))
		return fallback;
	return v->text.data;
}

/* --- printing ---------------------------------------------------------- */

static void inspect_into(struct buf *out, const struct value *v);

static void
add_escaped(struct buf *out, unsigned char c)
{
	static const char plain[] = "\a\b\t\n\v\f\r";
	static const char letters[] = "abtnvfr";
	const char *at = c == '\0' ? NULL : strchr(plain, c);
	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if (at != NULL)
		buf_printf(out, "\\%c", letters[at - plain]);
	else if (c == 0x1b)
		buf_add_str(out, "\\e");
	else if (c < 0x20 || c == 0x7f)
		buf_printf(out, c == '\0' ? "\\%x" : "\\x%02X", c);
	else
		buf_add_char(out, (char)c);
}

static void
inspect_text(struct buf *out, struct str text)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		/* "#{" would read as interpolation */
		if (text.data[i] == '#' && i + 1 < text.len &&
		    strchr("{$@", text.data[i + 1]) != NULL &&
		    text.data[i + 1] != '\0')
			buf_add_char(out, '\\');
		add_escaped(out, (unsigned char)text.data[i]);
	}
	buf_add_char(out, '"');
}

static bool
is_plain_symbol(struct str s)
{
	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];
		bool letter = (c >= 'a' && c <= 'z') ||
			      (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
		bool digit = c >= '0' && c <= '9';
		bool mark = i > 0 && i + 1 == s.len &&
			    (c == '?' || c == '!' || c == '=');
		if (!letter && !(digit && i > 0) && !mark)
			return false;
	}
	return true;
}

static void
inspect_symbol(struct buf *out, struct str s)
{
	buf_add_char(out, ':');
	if (is_plain_symbol(s))
		buf_add(out, s.data, s.len);
	else
		inspect_text(out, s);
}

static void
print_float(struct buf *out, double number)
{
	char text[64];
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		double back = strtod(text, NULL);
		if (!(back < number) && !(back > number))
			break;
	}
	buf_add_str(out, text);
	if (strpbrk(text, ".eni") == NULL)
		buf_add_str(out, ".0");
}

static void
inspect_list(struct buf *out, const struct value_list *l)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < l->len; i++) {
		if (i > 0)
			buf_add_str(out, ", ");
		inspect_into(out, &l->items[i]);
	}
	buf_add_char(out, ']');
}

static void
inspect_map(struct buf *out, const struct value_map *m)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < m->len; i++) {
		if (i > 0)
			buf_add_str(out, ", ");
		inspect_into(out, &m->pairs[i].key);
		buf_add_str(out, "=>");
		inspect_into(out, &m->pairs[i].value);
	}
	buf_add_char(out, '}');
}

static void
inspect_into(struct buf *out, const struct value *v)
{
	switch (v->type) {
	case VALUE_NIL:
		buf_add_str(out, "nil");
		break;
	case VALUE_BOOL:
		buf_add_str(out, v->boolean ? "true" : "false");
		break;
	case VALUE_INT:
		buf_printf(out, "%" PRId64, v->integer);
		break;
	case VALUE_FLOAT:
		print_float(out, v->number);
		break;
	case VALUE_STRING:
		inspect_text(out, v->text);
		break;
	case VALUE_SYMBOL:
		inspect_symbol(out, v->text);
		break;
	case VALUE_LIST:
		inspect_list(out, &v->list);
		break;
	case VALUE_MAP:
		inspect_map(out, &v->map);
		break;
	case VALUE_OPAQUE:
		buf_add_str(out, "#<Object>");
		break;
	}
}

const char *
value_inspect(struct arena *a, const struct value *v)
{
	struct buf out = BUF_INIT(PRINT_MAX_BYTES);
	inspect_into(&out, v);
	const char *text = arena_strdup(a, buf_text(&out));
	buf_release(&out);
	return text;
}

const char *
value_to_s(struct arena *a, const struct value *v)
{
	if (v->type == VALUE_NIL)
		return "";
	if (v->type == VALUE_STRING || v->type == VALUE_SYMBOL)
		return v->text.data;
	return value_inspect(a, v);
}
