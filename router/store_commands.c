/* SPDX-License-Identifier: MIT */
/* Commands: looking them up, cancelling them. */
#include <inttypes.h>
#include <stdio.h>

#include "router/store_priv.h"

static void
command_row(const struct db_stmt *q, struct arena *a, struct store_command *ret)
{
	*ret = (struct store_command){ .cid = sql_text(q, 0, a),
		.kind = sql_text(q, 1, a),
		.name = sql_text(q, 2, a),
		.issuer = sql_text(q, 3, a),
		.deployment = sql_text(q, 4, a),
		.seq = db_int(q, 5),
		.created = db_int(q, 6),
		.not_after = db_int(q, 7),
		.cancelled_at = db_int(q, 8),
		.rev = db_int(q, 9),
		.done = db_int(q, 10) == 0,
		.waiting = !db_is_null(q, 11) };
}

static int
command_count(struct conn *c, struct store_command *ret, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(c, SQL_command_counts, &q, e, "t", ret->cid);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		ASSERT(ret->counts_len < ARRAY_LEN(ret->counts));
		struct store_count *n = &ret->counts[ret->counts_len++];
		n->state = (enum delivery_state)db_int(q, 0);
		n->n = db_int(q, 1);
		if (n->state != DELIVERY_revoked)
			ret->matched += n->n;
	}
	return rc;
}

int
store_command_find(struct store *s, int thread, struct arena *a,
    const char *cid, struct store_command *ret, struct err *e)
{
	struct conn *c = store_reader(s, thread);
	struct db_stmt *q;
	int rc = sql_ask(c, SQL_command_get, &q, e, "t", cid);
	if (rc < 0 || (rc = db_step(q, e)) < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "no command '%s'", cid);
	command_row(q, a, ret);
	db_reset(q);
	return command_count(c, ret, e);
}

int
store_command_rev(struct store *s, int thread, const char *cid,
    int64_t *ret_rev, bool *ret_done, struct err *e)
{
	struct db_stmt *q;
	int rc =
	    sql_ask(store_reader(s, thread), SQL_command_rev, &q, e, "t", cid);
	if (rc < 0 || (rc = db_step(q, e)) < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "no command '%s'", cid);
	*ret_rev = db_int(q, 0);
	*ret_done = db_int(q, 1) == 0;
	db_reset(q);
	return 0;
}

int
store_command_concerns(struct store *s, int thread, const char *cid,
    const char *id, bool *ret_concerns, struct err *e)
{
	int64_t is;
	int rc = sql_one(store_reader(s, thread), SQL_command_issuer, 0, &is, e,
	    "tt", cid, id);
	*ret_concerns = rc >= 0 && is != 0;
	return rc;
}

int
store_command_list(struct store *s, int thread, struct arena *a,
    const struct store_page *page, struct store_command_list *ret,
    struct err *e)
{
	struct conn *c = store_reader(s, thread);
	size_t limit = page->limit == 0 ? STORE_PAGE : page->limit, room = 0;
	int64_t before = INT64_MAX;
	struct store_command_list l = { 0 };
	struct db_stmt *q;
	if (page->cursor != NULL &&
	    !str_to_i64(str_from(page->cursor), 10, &before))
		return err_set(e, ERR_INVALID, "cursor: not one of ours");
	int rc = sql_ask(
	    c, SQL_command_page, &q, e, "ii", before, (int64_t)limit + 1);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		if (l.len == limit) {
			l.next =
			    arena_printf(a, "%" PRId64, l.items[l.len - 1].seq);
			continue;
		}
		l.items = list_room(a, l.items, l.len, &room, sizeof(*l.items));
		command_row(q, a, &l.items[l.len++]);
	}
	for (size_t i = 0; rc >= 0 && i < l.len; i++)
		rc = command_count(c, &l.items[i], e);
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

/* --- cancelling --------------------------------------------------------- */

struct part {
	struct part *next;
	const char *id;
	enum delivery_state state;
	bool stop;
};

int
unbound_end(struct store *s, struct writer *w, const char *cid, int64_t now,
    struct err *e)
{
	int64_t waits;
	int rc = sql_one(&w->conn, SQL_binding_has, 0, &waits, e, "t", cid);
	if (rc < 0 || waits != 1)
		return rc;
	w->effects.unbound--;
	rc = sql_do(&w->conn, SQL_binding_drop, e, "t", cid);
	return rc < 0 ? rc : command_touch(s, w, cid, -1, now, e);
}

static int
parts_of(struct writer *w, struct store_job *job, struct part **ret_first,
    struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(
	    &w->conn, SQL_delivery_ids, &q, e, "t", job->command_cancel.cid);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		struct part *p = arena_new_of(job->a, struct part);
		p->id = sql_text(q, 0, job->a);
		p->state = (enum delivery_state)db_int(q, 1);
		p->stop = db_int(q, 2) != 0;
		*ret_first = p;
		ret_first = &p->next;
	}
	return rc;
}

/* One delivery; the numbers tell how it stands afterwards, so that a repeat
 * gets the same answer. */
static int
cancel_part(struct store *s, struct writer *w, struct store_job *job,
    const struct part *p, struct err *e)
{
	struct store_command_cancel *j = &job->command_cancel;
	struct move m = { .cid = j->cid,
		.id = p->id,
		.to = DELIVERY_cancelled,
		.now = j->now };
	if (p->state == DELIVERY_cancelled) {
		j->cancelled++;
		return 0;
	}
	if (p->state == DELIVERY_revoked)
		return 0;
	if (delivery_state_is_terminal(p->state)) {
		j->too_late++;
		return 0;
	}
	int rc = delivery_move(s, w, &m, e);
	if (rc == 1)
		j->cancelled++;
	if (rc != 0)
		return rc;
	j->stopping++;
	change_id(w, p->id);
	if (p->stop)
		return 0;
	rc = sql_do(&w->conn, SQL_delivery_stop, e, "tt", j->cid, p->id);
	return rc < 0 ? rc : command_touch(s, w, j->cid, 0, j->now, e);
}

int
job_command_cancel(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_command_cancel *j = &job->command_cancel;
	struct part *first = NULL;
	int64_t open;
	j->cancelled = j->stopping = j->too_late = 0;
	int rc = sql_one(&w->conn, SQL_command_rev, -1, &open, e, "t", j->cid);
	if (rc >= 0 && open < 0)
		return err_set(e, ERR_ABSENT, "no command '%s'", j->cid);
	if (rc >= 0)
		rc = parts_of(w, job, &first, e);
	if (rc >= 0)
		rc = unbound_end(s, w, j->cid, j->now, e);
	for (struct part *p = first; rc >= 0 && p != NULL; p = p->next)
		rc = cancel_part(s, w, job, p, e);
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_command_set_cancelled, e, "ti",
		    j->cid, j->now);
	if (rc >= 0 && db_changes(w->conn.db) > 0)
		rc = event_record(
		    s, w, j->now, "command", j->cid, "cancelled", e);
	return rc;
}
