/* SPDX-License-Identifier: MIT */
/*
 * YAML events of libyaml become a located tree. The walk is recursive; its
 * depth is bounded by YML_MAX_DEPTH.
 */
#include "common/yml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "common/auto.h"
#include "common/fsat.h"

#define YML_MAX_DEPTH 64
#define YML_MAX_NODES 100000

struct walk {
	struct arena *arena;
	const char *where;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	int depth, nodes;
};

static void
walk_release(struct walk *w)
{
	if (w->has_event)
		yaml_event_delete(&w->event);
	yaml_parser_delete(&w->parser);
}

static int
error_at(const struct walk *w, enum err_code code, const char *message,
    struct err *e)
{
	const yaml_mark_t *m = &w->event.start_mark;
	return err_set(e, code, "%s:%zu:%zu: %s", w->where, m->line + 1,
	    m->column + 1, message);
}

/* Moves to the next event; refuses what this reader refuses everywhere. */
static int
advance(struct walk *w, struct err *e)
{
	if (w->has_event)
		yaml_event_delete(&w->event);
	w->has_event = false;
	if (!yaml_parser_parse(&w->parser, &w->event)) {
		const yaml_parser_t *p = &w->parser;
		const char *why = p->problem != NULL ? p->problem : "bad YAML";
		return err_set(e, ERR_SYNTAX, "%s:%zu:%zu: %s%s%s", w->where,
		    p->problem_mark.line + 1, p->problem_mark.column + 1, why,
		    p->context != NULL ? " " : "",
		    p->context != NULL ? p->context : "");
	}
	w->has_event = true;
	const unsigned char *anchor = NULL, *tag = NULL;
	if (w->event.type == YAML_ALIAS_EVENT) {
		anchor = w->event.data.alias.anchor;
	} else if (w->event.type == YAML_SCALAR_EVENT) {
		anchor = w->event.data.scalar.anchor;
		tag = w->event.data.scalar.tag;
	} else if (w->event.type == YAML_SEQUENCE_START_EVENT) {
		anchor = w->event.data.sequence_start.anchor;
		tag = w->event.data.sequence_start.tag;
	} else if (w->event.type == YAML_MAPPING_START_EVENT) {
		anchor = w->event.data.mapping_start.anchor;
		tag = w->event.data.mapping_start.tag;
	}
	if (anchor != NULL)
		return error_at(
		    w, ERR_INVALID, "anchors and aliases are not allowed", e);
	if (tag != NULL)
		return error_at(w, ERR_INVALID, "tags are not allowed", e);
	return 0;
}

static bool
is_one_of(const char *text, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_eq(text, words[i]))
			return true;
	return false;
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+ */
static bool
has_integer_form(const char *text)
{
	if (text_has_prefix(text, "0o"))
		return text[2] != '\0' &&
		       strspn(text + 2, "01234567") == strlen(text + 2);
	if (text_has_prefix(text, "0x"))
		return text[2] != '\0' &&
		       strspn(text + 2, "0123456789abcdefABCDEF") ==
			   strlen(text + 2);
	if (*text == '-' || *text == '+')
		text++;
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool
has_float_form(const char *text)
{
	if (*text == '-' || *text == '+')
		text++;
	size_t whole = strspn(text, "0123456789");
	text += whole;
	size_t part = 0;
	if (*text == '.') {
		part = strspn(++text, "0123456789");
		text += part;
	}
	if (whole + part == 0)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '-' || *text == '+')
			text++;
		size_t digits = strspn(text, "0123456789");
		if (digits == 0)
			return false;
		text += digits;
	}
	return *text == '\0';
}

static int
read_integer(struct walk *w, struct yml *node, struct err *e)
{
	const char *text = node->text;
	int base = 10;
	if (text[0] == '0' && (text[1] == 'o' || text[1] == 'x')) {
		base = text[1] == 'o' ? 8 : 16;
		text += 2;
	}
	errno = 0;
	long long n = strtoll(text, NULL, base);
	if (errno != 0)
		return error_at(w, ERR_LIMIT,
		    "integer out of range (quote it to keep it as text)", e);
	node->type = YML_INT;
	node->integer = n;
	node->number = (double)n;
	return 0;
}

static int
read_scalar(struct walk *w, struct yml *node, struct err *e)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	static const char *const trues[] = { "true", "True", "TRUE" };
	static const char *const falses[] = { "false", "False", "FALSE" };
	size_t len = w->event.data.scalar.length;
	const char *value = (const char *)w->event.data.scalar.value;
	if (memchr(value, '\0', len) != NULL)
		return error_at(w, ERR_INVALID, "a NUL character", e);
	node->text = arena_strndup(w->arena, value, len);
	node->quoted = w->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->type = YML_STRING;
	if (node->quoted)
		return 0;
	if (is_one_of(node->text, nulls, ARRAY_LEN(nulls))) {
		node->type = YML_NULL;
	} else if (is_one_of(node->text, trues, ARRAY_LEN(trues))) {
		node->type = YML_BOOL;
		node->boolean = true;
	} else if (is_one_of(node->text, falses, ARRAY_LEN(falses))) {
		node->type = YML_BOOL;
	} else if (has_integer_form(node->text)) {
		return read_integer(w, node, e);
	} else if (has_float_form(node->text)) {
		node->number = strtod(node->text, NULL);
		if (__builtin_isinf(node->number))
			return error_at(w, ERR_LIMIT, "number out of range", e);
		node->type = YML_DOUBLE;
	}
	return 0;
}

/* Children of the list or map that is being read. */
struct children {
	struct yml **values;
	const char **keys;
	int *lines;
	size_t len, room;
};

static void
children_release(struct children *c)
{
	free(c->values);
	free(c->keys);
	free(c->lines);
}

static void
children_add(struct children *c, const char *key, int line, struct yml *value)
{
	if (c->len == c->room) {
		c->room = c->room > 0 ? c->room * 2 : 8;
		c->values =
		    xreallocarray(c->values, c->room, sizeof(*c->values));
		c->keys = xreallocarray(c->keys, c->room, sizeof(*c->keys));
		c->lines = xreallocarray(c->lines, c->room, sizeof(*c->lines));
	}
	c->values[c->len] = value;
	c->keys[c->len] = key;
	c->lines[c->len++] = line;
}

static void
children_keep(const struct children *c, struct arena *a, struct yml *node)
{
	node->len = c->len;
	node->values = arena_array_of(a, struct yml *, c->len);
	if (c->len > 0)
		memcpy(node->values, c->values, c->len * sizeof(*c->values));
	if (node->type != YML_MAP)
		return;
	node->keys = arena_array_of(a, const char *, c->len);
	if (c->len > 0)
		memcpy(node->keys, c->keys, c->len * sizeof(*c->keys));
}

struct key_place {
	const char *key;
	int line;
	size_t order;
};

static int
compare_keys(const void *a, const void *b)
{
	const struct key_place *x = a, *y = b;
	int rc = strcmp(x->key, y->key);
	return rc != 0 ? rc : (x->order > y->order) - (x->order < y->order);
}

static int
check_duplicates(const struct walk *w, const struct children *c,
    const struct yml *map, struct err *e)
{
	if (c->len < 2)
		return 0;
	AUTO_STR char *memory = xcalloc(c->len, sizeof(struct key_place));
	struct key_place *places = (struct key_place *)(void *)memory;
	for (size_t i = 0; i < c->len; i++)
		places[i] = (struct key_place){ c->keys[i], c->lines[i], i };
	qsort(places, c->len, sizeof(*places), compare_keys);
	for (size_t i = 1; i < c->len; i++)
		if (text_eq(places[i].key, places[i - 1].key))
			return err_set(e, ERR_INVALID,
			    "%s:%d: %s: key '%s' given twice (first in line "
			    "%d)",
			    w->where, places[i].line, map->path, places[i].key,
			    places[i - 1].line);
	return 0;
}

static int read_node(
    struct walk *w, const char *path, struct yml **ret_node, struct err *e);

static int
read_list(struct walk *w, struct yml *list, struct err *e)
{
	AUTO(children_release) struct children c = { 0 };
	list->type = YML_LIST;
	int rc;
	while ((rc = advance(w, e)) == 0 &&
	       w->event.type != YAML_SEQUENCE_END_EVENT) {
		struct yml *item = NULL;
		const char *path =
		    arena_printf(w->arena, "%s[%zu]", list->path, c.len);
		rc = read_node(w, path, &item, e);
		if (rc < 0)
			return rc;
		children_add(&c, NULL, 0, item);
	}
	if (rc < 0)
		return rc;
	children_keep(&c, w->arena, list);
	return 0;
}

static int
read_map(struct walk *w, struct yml *map, struct err *e)
{
	AUTO(children_release) struct children c = { 0 };
	map->type = YML_MAP;
	int rc;
	while ((rc = advance(w, e)) == 0 &&
	       w->event.type != YAML_MAPPING_END_EVENT) {
		if (w->event.type != YAML_SCALAR_EVENT)
			return error_at(
			    w, ERR_INVALID, "a key must be plain text", e);
		struct yml key = { 0 };
		rc = read_scalar(w, &key, e);
		if (rc < 0)
			return rc;
		int line = (int)w->event.start_mark.line + 1;
		const char *path =
		    arena_printf(w->arena, "%s.%s", map->path, key.text);
		rc = advance(w, e);
		struct yml *value = NULL;
		if (rc == 0)
			rc = read_node(w, path, &value, e);
		if (rc < 0)
			return rc;
		children_add(&c, key.text, line, value);
	}
	if (rc == 0)
		rc = check_duplicates(w, &c, map, e);
	if (rc < 0)
		return rc;
	children_keep(&c, w->arena, map);
	return 0;
}

/* The node that begins with the present event. */
static int
read_node(
    struct walk *w, const char *path, struct yml **ret_node, struct err *e)
{
	if (++w->nodes > YML_MAX_NODES)
		return error_at(w, ERR_LIMIT, "more than 100000 values", e);
	if (++w->depth > YML_MAX_DEPTH)
		return error_at(w, ERR_LIMIT, "nested deeper than 64", e);
	struct yml *node = arena_new_of(w->arena, struct yml);
	node->line = (int)w->event.start_mark.line + 1;
	node->column = (int)w->event.start_mark.column + 1;
	node->path = path;
	node->text = "";
	int rc;
	if (w->event.type == YAML_SCALAR_EVENT)
		rc = read_scalar(w, node, e);
	else if (w->event.type == YAML_SEQUENCE_START_EVENT)
		rc = read_list(w, node, e);
	else
		rc = read_map(w, node, e);
	w->depth--;
	if (rc < 0)
		return rc;
	*ret_node = node;
	return 0;
}

static int
read_stream(struct walk *w, struct yml **ret_root, struct err *e)
{
	struct yml *root = NULL;
	for (;;) {
		int rc = advance(w, e);
		if (rc < 0)
			return rc;
		if (w->event.type == YAML_STREAM_END_EVENT)
			break;
		if (w->event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (root != NULL)
			return error_at(
			    w, ERR_INVALID, "more than one document", e);
		rc = advance(w, e);
		if (rc == 0)
			rc = read_node(w, "$", &root, e);
		if (rc < 0)
			return rc;
	}
	if (root == NULL) {
		root = arena_new_of(w->arena, struct yml);
		*root = (struct yml){
			.line = 1, .column = 1, .path = "$", .text = ""
		};
	}
	*ret_root = root;
	return 0;
}

int
yml_parse(struct arena *a, struct str text, const char *where, size_t max_bytes,
    struct yml **ret_root, struct err *e)
{
	if (text.len > max_bytes)
		return err_set(e, ERR_LIMIT, "%s: longer than %zu bytes", where,
		    max_bytes);
	AUTO(walk_release) struct walk w = { .arena = a, .where = where };
	int ok = yaml_parser_initialize(&w.parser);
	ASSERT(ok);
	yaml_parser_set_encoding(&w.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&w.parser,
	    (const unsigned char *)(text.data != NULL ? text.data : ""),
	    text.len);
	return read_stream(&w, ret_root, e);
}

int
yml_load(struct arena *a, int dirfd, const char *path, size_t max_bytes,
    struct yml **ret_root, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(max_bytes);
	int rc = fsat_read(dirfd, path, max_bytes, &text, e);
	if (rc < 0)
		return rc;
	return yml_parse(a, (struct str){ text.data, text.len }, path,
	    max_bytes, ret_root, e);
}

struct yml *
yml_get(const struct yml *map, const char *key)
{
	if (map == NULL || map->type != YML_MAP)
		return NULL;
	for (size_t i = 0; i < map->len; i++)
		if (text_eq(map->keys[i], key))
			return map->values[i];
	return NULL;
}

struct jsn *
yml_to_jsn(const struct yml *node)
{
	struct jsn *v = NULL;
	switch (node->type) {
	case YML_NULL:
		return NULL;
	case YML_BOOL:
		return jsn_new_bool(node->boolean);
	case YML_INT:
		return jsn_new_int(node->integer);
	case YML_DOUBLE:
		return jsn_new_double(node->number);
	case YML_STRING:
		return jsn_new_string(str_from(node->text));
	case YML_LIST:
		v = jsn_new_array();
		for (size_t i = 0; i < node->len; i++)
			jsn_push(v, yml_to_jsn(node->values[i]));
		return v;
	case YML_MAP:
		v = jsn_new_object();
		for (size_t i = 0; i < node->len; i++)
			jsn_set(v, node->keys[i], yml_to_jsn(node->values[i]));
		return v;
	}
	return NULL;
}

int
yml_error(const char *where, const struct yml *node, struct err *e,
    const char *fmt, ...)
{
	AUTO_BUF struct buf text = BUF_INIT(ERR_TEXT_BYTES);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INVALID, "%s:%d:%d: %s: %s", where, node->line,
	    node->column, node->path, buf_text(&text));
}
