/* SPDX-License-Identifier: MIT */
/* Statements by name, their parameters, and small things of queries. */
#include <stdarg.h>
#include <string.h>

#include "router/store_priv.h"

static const char *const sql_texts[SQL_LEN] = {
#define SQL(name_, text_) text_,
#include "router/tbl/store_sql.h"
#undef SQL
};

void
conn_close(struct conn *c)
{
	db_close(&c->db);
	memset(c->stmts, 0, sizeof(c->stmts));
}

static void
bind(struct db_stmt *s, const char *types, va_list ap)
{
	for (int n = 1; types[n - 1] != '\0'; n++) {
		const char *text;
		int64_t number;
		switch (types[n - 1]) {
		case 't':
			text = va_arg(ap, const char *);
			if (text == NULL)
				db_bind_null(s, n);
			else
				db_bind_text(s, n, str_from(text));
			break;
		case 's':
			db_bind_text(s, n, va_arg(ap, struct str));
			break;
		case 'b':
			db_bind_blob(s, n, va_arg(ap, struct str));
			break;
		case 'm':
			number = va_arg(ap, int64_t);
			if (number == -1)
				db_bind_null(s, n);
			else
				db_bind_int(s, n, number);
			break;
		default:
			ASSERT(types[n - 1] == 'i');
			db_bind_int(s, n, va_arg(ap, int64_t));
			break;
		}
	}
}

static int
prepare(struct conn *c, enum sql id, struct err *e)
{
	if (c->stmts[id] != NULL)
		return 0;
	return db_prepare(c->db, sql_texts[id], &c->stmts[id], e);
}

int
sql_ask(struct conn *c, enum sql id, struct db_stmt **ret_stmt, struct err *e,
    const char *types, ...)
{
	int rc = prepare(c, id, e);
	if (rc < 0)
		return rc;
	va_list ap;
	va_start(ap, types);
	bind(c->stmts[id], types, ap);
	va_end(ap);
	*ret_stmt = c->stmts[id];
	return 0;
}

int
sql_do(struct conn *c, enum sql id, struct err *e, const char *types, ...)
{
	int rc = prepare(c, id, e);
	if (rc < 0)
		return rc;
	va_list ap;
	va_start(ap, types);
	bind(c->stmts[id], types, ap);
	va_end(ap);
	c->writes++;
	return db_run(c->stmts[id], e);
}

int
sql_one(struct conn *c, enum sql id, int64_t fallback, int64_t *ret,
    struct err *e, const char *types, ...)
{
	int rc = prepare(c, id, e);
	if (rc < 0)
		return rc;
	struct db_stmt *s = c->stmts[id];
	va_list ap;
	va_start(ap, types);
	bind(s, types, ap);
	va_end(ap);
	rc = db_step(s, e);
	if (rc < 0)
		return rc;
	*ret = rc == 1 ? sql_int(s, 0, fallback) : fallback;
	if (rc == 1)
		db_reset(s);
	return 0;
}

const char *
sql_text(const struct db_stmt *s, int column, struct arena *a)
{
	if (db_is_null(s, column))
		return NULL;
	struct str t = db_text(s, column);
	return arena_strndup(a, t.len > 0 ? t.data : "", t.len);
}

int64_t
sql_int(const struct db_stmt *s, int column, int64_t fallback)
{
	return db_is_null(s, column) ? fallback : db_int(s, column);
}

void *
list_room(
    struct arena *a, void *items, size_t len, size_t *room, size_t item_bytes)
{
	if (len < *room)
		return items;
	*room = *room == 0 ? 8 : *room * 2;
	void *larger = arena_alloc_array(a, *room, item_bytes);
	if (len > 0)
		memcpy(larger, items, len * item_bytes);
	return larger;
}

void
names_add(struct names *n, struct arena *a, const char *text)
{
	n->items = list_room(a, n->items, n->len, &n->room, sizeof(*n->items));
	n->items[n->len++] = text;
}

void
names_copy(struct names *n, struct arena *a, struct str text)
{
	names_add(
	    n, a, arena_strndup(a, text.len > 0 ? text.data : "", text.len));
}
