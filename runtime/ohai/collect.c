/* SPDX-License-Identifier: MIT */
/*
 * Helpers of the collectors: growing maps and lists, small files, fields.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/fsat.h"
#include "runtime/ohai/collect_priv.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)
#define NAMES_MAX 65536

void
ohai_map_init(struct ohai_map *m, struct arena *a)
{
	*m = (struct ohai_map){ .arena = a };
}

void
ohai_map_put(struct ohai_map *m, const char *key, struct value v)
{
	for (size_t i = 0; i < m->len; i++) {
		if (str_eq_text(m->pairs[i].key.text, key)) {
			m->pairs[i].value = v;
			return;
		}
	}
	ohai_map_add(m, key, v);
}

void
ohai_map_add(struct ohai_map *m, const char *key, struct value v)
{
	if (m->len == m->room) {
		size_t room = m->room == 0 ? 16 : m->room * 2;
		struct value_pair *pairs =
		    arena_array_of(m->arena, struct value_pair, room);
		if (m->len > 0)
			memcpy(pairs, m->pairs, m->len * sizeof(*pairs));
		m->pairs = pairs;
		m->room = room;
	}
	m->pairs[m->len].key = value_of_text(m->arena, key);
	m->pairs[m->len++].value = v;
}

void
ohai_map_text(struct ohai_map *m, const char *key, const char *text)
{
	if (text != NULL)
		ohai_map_put(m, key, value_of_text(m->arena, text));
}

void
ohai_map_str(struct ohai_map *m, const char *key, struct str text)
{
	if (text.data != NULL)
		ohai_map_put(m, key, value_of_str(m->arena, text));
}

void
ohai_map_int(struct ohai_map *m, const char *key, int64_t n)
{
	ohai_map_put(m, key, value_of_int(n));
}

void
ohai_map_float(struct ohai_map *m, const char *key, double d)
{
	ohai_map_put(
	    m, key, (struct value){ .type = VALUE_FLOAT, .number = d });
}

struct value
ohai_map_end(const struct ohai_map *m)
{
	return (struct value){
		.type = VALUE_MAP,
		.map = { .pairs = m->pairs, .len = m->len },
	};
}

void
ohai_list_init(struct ohai_list *l, struct arena *a)
{
	*l = (struct ohai_list){ .arena = a };
}

void
ohai_list_add(struct ohai_list *l, struct value v)
{
	if (l->len == l->room) {
		size_t room = l->room == 0 ? 16 : l->room * 2;
		struct value *items =
		    arena_array_of(l->arena, struct value, room);
		if (l->len > 0)
			memcpy(items, l->items, l->len * sizeof(*items));
		l->items = items;
		l->room = room;
	}
	l->items[l->len++] = v;
}

struct value
ohai_list_end(const struct ohai_list *l)
{
	return (struct value){
		.type = VALUE_LIST,
		.list = { .items = l->items, .len = l->len },
	};
}

struct value
ohai_list_of_words(struct arena *a, struct str text, char sep)
{
	struct ohai_list l;
	struct str part;
	ohai_list_init(&l, a);
	while (str_split(&text, sep, &part)) {
		part = str_trim(part);
		if (part.len > 0)
			ohai_list_add(&l, value_of_str(a, part));
	}
	return ohai_list_end(&l);
}

const char *
ohai_path(struct arena *a, const char *root, const char *path)
{
	return arena_printf(a, "%s%s", root, path);
}

const char *
ohai_read(struct arena *a, const char *root, const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(FILE_MAX_BYTES);
	if (fsat_read(AT_FDCWD, ohai_path(a, root, path), FILE_MAX_BYTES, &b,
		NULL) < 0)
		return NULL;
	return arena_strndup(a, buf_text(&b), b.len);
}

const char *
ohai_line(struct arena *a, const char *root, const char *path)
{
	const char *text = ohai_read(a, root, path);
	if (text == NULL)
		return NULL;
	struct str line =
	    str_trim((struct str){ .data = text, .len = strcspn(text, "\n") });
	return line.len > 0 ? arena_strndup(a, line.data, line.len) : NULL;
}

bool
ohai_has(struct arena *a, const char *root, const char *path)
{
	return access(ohai_path(a, root, path), F_OK) == 0;
}

struct names {
	struct arena *arena;
	const char **items;
	size_t len, room;
};

static int
add_name(const char *name, void *arg, struct err *e)
{
	struct names *n = arg;
	if (n->len == NAMES_MAX)
		return err_set(e, ERR_LIMIT, "too many names");
	if (n->len + 1 == n->room) {
		size_t room = n->room * 2;
		const char **items =
		    arena_array_of(n->arena, const char *, room);
		memcpy(items, n->items, n->len * sizeof(*items));
		n->items = items;
		n->room = room;
	}
	n->items[n->len++] = arena_strdup(n->arena, name);
	return 0;
}

const char *const *
ohai_names(struct arena *a, const char *root, const char *path)
{
	struct names n = { .arena = a, .room = 32 };
	n.items = arena_array_of(a, const char *, n.room);
	AUTO_FD int dir =
	    fsat_open_dir(AT_FDCWD, ohai_path(a, root, path), NULL);
	if (dir >= 0 && fsat_each(dir, add_name, &n, NULL) < 0)
		n.items[n.len] = NULL;
	return n.items;
}

size_t
ohai_fields(struct str line, struct str *fields, size_t max)
{
	size_t n = 0, i = 0;
	while (n < max) {
		while (i < line.len &&
		       (line.data[i] == ' ' || line.data[i] == '\t'))
			i++;
		if (i == line.len)
			break;
		size_t start = i;
		while (
		    i < line.len && line.data[i] != ' ' && line.data[i] != '\t')
			i++;
		fields[n++] = (struct str){ line.data + start, i - start };
	}
	return n;
}

bool
ohai_pair(struct str line, char sep, struct str *ret_key, struct str *ret_value)
{
	const char *at = line.len > 0 ? memchr(line.data, sep, line.len) : NULL;
	if (at == NULL)
		return false;
	size_t n = (size_t)(at - line.data);
	struct str v = str_trim((struct str){ at + 1, line.len - n - 1 });
	if (v.len >= 2 && (v.data[0] == '"' || v.data[0] == '\'') &&
	    v.data[v.len - 1] == v.data[0])
		v = (struct str){ v.data + 1, v.len - 2 };
	*ret_key = str_trim((struct str){ line.data, n });
	*ret_value = v;
	return true;
}

const char *
ohai_lookup(struct arena *a, const char *text, char sep, const char *key)
{
	struct str rest = str_from(text), line, k, v;
	while (text != NULL && str_split(&rest, '\n', &line))
		if (ohai_pair(line, sep, &k, &v) && str_eq_text(k, key))
			return arena_strndup(a, v.data, v.len);
	return NULL;
}
