/* SPDX-License-Identifier: MIT */
/*
 * Records of runs and their output, in a file and with a writer of their own.
 * A power loss may take the newest commits: agents keep what they sent until
 * the record is closed, and append again from where we are.
 */
#include <inttypes.h>
#include <string.h>

#include "router/store_priv.h"

static void
audit_row(const struct db_stmt *q, struct arena *a, struct store_audit *ret)
{
	*ret = (struct store_audit){ .aid = sql_text(q, 0, a),
		.id = sql_text(q, 1, a),
		.kind = sql_text(q, 2, a),
		.summary = sql_text(q, 3, a),
		.status = sql_text(q, 4, a),
		.cid = sql_text(q, 5, a),
		.reason = sql_text(q, 6, a),
		.started_at = db_int(q, 7),
		.ended_at = db_int(q, 8),
		.updated = sql_int(q, 9, -1),
		.bytes = { db_int(q, 10), db_int(q, 11) },
		.closed = db_int(q, 12) != 0 };
}

/* 1: found, 0: there is none. */
static int
audit_load(struct conn *c, struct arena *a, const char *aid,
    struct store_audit *ret, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(c, SQL_audit_get, &q, e, "t", aid);
	if (rc < 0 || (rc = db_step(q, e)) <= 0)
		return rc;
	audit_row(q, a, ret);
	db_reset(q);
	return 1;
}

static int
audit_need(struct conn *c, struct arena *a, const char *aid,
    struct store_audit *ret, struct err *e)
{
	int rc = audit_load(c, a, aid, ret, e);
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "no audit '%s'", aid);
	return rc < 0 ? rc : 0;
}

int
store_audit_find(struct store *s, int thread, struct arena *a, const char *aid,
    struct store_audit *ret, struct err *e)
{
	return audit_need(store_audit_reader(s, thread), a, aid, ret, e);
}

/* "started_at aid" of the last one. */
static int
cursor_parse(
    const char *cursor, int64_t *ret_at, const char **ret_aid, struct err *e)
{
	*ret_at = INT64_MAX;
	*ret_aid = "";
	if (cursor == NULL)
		return 0;
	const char *dot = strchr(cursor, '.');
	struct str at = { cursor, dot != NULL ? (size_t)(dot - cursor) : 0 };
	if (dot == NULL || !str_to_i64(at, 10, ret_at))
		return err_set(e, ERR_INVALID, "cursor: not one of ours");
	*ret_aid = dot + 1;
	return 0;
}

static int
list_ask(struct conn *c, const struct store_audit_filter *f, const char *cursor,
    struct db_stmt **ret_q, struct err *e)
{
	int64_t at;
	const char *aid;
	int rc = cursor_parse(cursor, &at, &aid, e);
	if (rc < 0)
		return rc;
	if (f->cid != NULL)
		return sql_ask(
		    c, SQL_audit_page_cid, ret_q, e, "itt", at, aid, f->cid);
	if (f->id != NULL)
		return sql_ask(
		    c, SQL_audit_page_id, ret_q, e, "itt", at, aid, f->id);
	return sql_ask(c, SQL_audit_page, ret_q, e, "it", at, aid);
}

int
store_audit_list(struct store *s, int thread, struct arena *a,
    const struct store_audit_filter *f, const struct store_page *page,
    struct store_audit_list *ret, struct err *e)
{
	struct conn *c = store_audit_reader(s, thread);
	size_t limit = page->limit == 0 ? STORE_PAGE : page->limit, room = 0;
	struct store_audit_list l = { 0 };
	struct db_stmt *q;
	int rc = list_ask(c, f, page->cursor, &q, e);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		struct store_audit t;
		audit_row(q, a, &t);
		if ((f->id != NULL && !text_eq(f->id, t.id)) ||
		    (f->status != NULL && !text_eq(f->status, t.status)))
			continue;
		if (l.len == limit) {
			const struct store_audit *o = &l.items[limit - 1];
			l.next = arena_printf(
			    a, "%" PRId64 ".%s", o->started_at, o->aid);
			db_reset(q);
			break;
		}
		l.items = list_room(a, l.items, l.len, &room, sizeof(t));
		l.items[l.len++] = t;
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

int
store_audit_read(struct store *s, int thread, const char *aid,
    enum store_part part, int64_t offset, size_t max_bytes, struct buf *out,
    int64_t *ret_length, bool *ret_closed, struct err *e)
{
	struct conn *c = store_audit_reader(s, thread);
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_audit t;
	struct db_stmt *q;
	size_t start = out->len;
	int rc = audit_need(c, a, aid, &t, e);
	if (rc < 0)
		return rc;
	*ret_length = t.bytes[part];
	*ret_closed = t.closed;
	if (offset >= t.bytes[part])
		return 0;
	rc = sql_ask(
	    c, SQL_chunk_from, &q, e, "tii", aid, (int64_t)part, offset);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		int64_t at = db_int(q, 0);
		struct str b = db_text(q, 1);
		if (at + (int64_t)b.len <= offset)
			continue;
		size_t skip = at < offset ? (size_t)(offset - at) : 0;
		size_t len = b.len - skip;
		size_t room = max_bytes - (out->len - start);
		buf_add(out, b.data + skip, len < room ? len : room);
		if (len >= room) {
			db_reset(q);
			break;
		}
	}
	return rc < 0 ? rc : 0;
}

/* --- jobs --------------------------------------------------------------- */

static int
put_check(
    const struct store_audit *old, const struct store_audit *new, struct err *e)
{
	if (!text_eq(old->id, new->id))
		return err_set(e, ERR_EXISTS,
		    "audit '%s' belongs to another instance", new->aid);
	for (int i = 0; new->closed &&i < STORE_PARTS; i++) {
		if (new->bytes[i] >= 0 && new->bytes[i] != old->bytes[i])
			return err_set(e, ERR_STATE,
			    "audit '%s' cannot be closed: part %s has %" PRId64
			    " bytes here, not %" PRId64,
			    new->aid, i == STORE_PART_TEXT ? "text" : "events",
			    old->bytes[i], new->bytes[i]);
	}
	if (old->closed && !new->closed)
		return err_set(e, ERR_STATE, "audit '%s' is closed", new->aid);
	return 0;
}

int
job_audit_put(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_audit_put *j = &job->audit_put;
	const struct store_audit *t = &j->audit;
	struct store_audit old = { .aid = t->aid, .id = t->id };
	int rc = audit_load(&w->conn, job->a, t->aid, &old, e);
	if (rc < 0)
		return rc;
	memcpy(j->here, old.bytes, sizeof(j->here));
	if (rc == 0 && (rc = store_check_space(s, e)) < 0)
		return rc;
	if ((rc = put_check(&old, t, e)) < 0)
		return rc;
	change_aid(w, t->aid);
	return sql_do(&w->conn, SQL_audit_put, e, "tttttttiimi", t->aid, t->id,
	    t->cid, t->kind, t->summary, t->status, t->reason, t->started_at,
	    t->ended_at, t->updated, (int64_t)t->closed);
}

/* The same bytes came before? 1: yes. */
static int
append_is_repeat(struct writer *w, const struct store_audit_append *j,
    int64_t length, struct err *e)
{
	struct db_stmt *q;
	if (j->offset + (int64_t)j->bytes.len > length)
		return 0;
	int rc = sql_ask(&w->conn, SQL_chunk_get, &q, e, "tii", j->aid,
	    (int64_t)j->part, j->offset);
	if (rc < 0 || (rc = db_step(q, e)) <= 0)
		return rc;
	bool same = str_eq(db_text(q, 0), j->bytes);
	db_reset(q);
	return same;
}

int
job_audit_append(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_audit_append *j = &job->audit_append;
	struct store_audit t;
	int rc = audit_need(&w->conn, job->a, j->aid, &t, e);
	if (rc >= 0 && !text_eq(t.id, j->id))
		return err_set(e, ERR_ABSENT, "no audit '%s'", j->aid);
	if (rc < 0)
		return rc;
	j->length = t.bytes[j->part];
	rc = append_is_repeat(w, j, j->length, e);
	if (rc != 0 || j->bytes.len == 0)
		return rc;
	if (t.closed)
		return err_set(e, ERR_STATE, "audit '%s' is closed", j->aid);
	if (j->offset != j->length)
		return err_set(e, ERR_STATE,
		    "audit '%s': the part has %" PRId64
		    " bytes: go on from there",
		    j->aid, j->length);
	rc = store_check_space(s, e);
	if (rc < 0)
		return rc;
	t.bytes[j->part] += (int64_t)j->bytes.len;
	rc = sql_do(&w->conn, SQL_chunk_add, e, "tiib", j->aid,
	    (int64_t)j->part, j->offset, j->bytes);
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_audit_set_bytes, e, "tii", j->aid,
		    t.bytes[0], t.bytes[1]);
	change_aid(w, j->aid);
	j->length = t.bytes[j->part];
	return rc;
}

int
job_audit_purge(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_audit_purge *j = &job->audit_purge;
	struct names aids = { 0 };
	struct db_stmt *q;
	(void)s;
	j->done = 0;
	int rc =
	    sql_ask(&w->conn, SQL_audit_old, &q, e, "ii", j->before, j->max);
	while (rc >= 0 && (rc = db_step(q, e)) == 1)
		names_copy(&aids, job->a, db_text(q, 0));
	for (size_t i = 0; rc >= 0 && i < aids.len; i++) {
		rc = sql_do(&w->conn, SQL_chunk_delete, e, "t", aids.items[i]);
		if (rc >= 0)
			rc = sql_do(
			    &w->conn, SQL_audit_delete, e, "t", aids.items[i]);
		j->done++;
	}
	return rc;
}
