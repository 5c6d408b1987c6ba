/* SPDX-License-Identifier: MIT */
/*
 * What time does to the store: commands expire, those for any one instance
 * are given to another, leases end, old rows go. In pieces, so that the
 * writer is not held up; store_next_deadline says when the next one is due.
 */
#include "router/store_priv.h"

#define DUE_PIECE 100
#define PURGE_PIECE 500
#define PURGE_PAUSE_MS 1000

/* --- expiry ------------------------------------------------------------- */

static int
read_names(struct db_stmt *q, struct arena *a, struct names *n, struct err *e)
{
	int rc;
	while ((rc = db_step(q, e)) == 1)
		names_copy(n, a, db_text(q, 0));
	return rc;
}

static int
expire_one(struct store *s, struct writer *w, struct arena *a,
    struct store_sweep *j, const char *cid, struct err *e)
{
	struct names ids = { 0 };
	struct db_stmt *q = NULL;
	int rc = sql_do(&w->conn, SQL_command_set_swept, e, "t", cid);
	if (rc >= 0)
		rc = unbound_end(s, w, cid, j->now, e);
	if (rc >= 0)
		rc = sql_ask(&w->conn, SQL_delivery_ids, &q, e, "t", cid);
	if (rc >= 0)
		rc = read_names(q, a, &ids, e);
	for (size_t i = 0; rc >= 0 && i < ids.len; i++) {
		struct move m = { .cid = cid,
			.id = ids.items[i],
			.to = DELIVERY_expired,
			.now = j->now,
			.reason = "not granted in time" };
		rc = delivery_move(s, w, &m, e);
		j->expired += rc == 1;
	}
	return rc;
}

static int
expire(struct store *s, struct writer *w, struct arena *a,
    struct store_sweep *j, struct err *e)
{
	struct names cids = { 0 };
	struct db_stmt *q;
	int rc = sql_ask(
	    &w->conn, SQL_command_due, &q, e, "ii", j->now, (int64_t)DUE_PIECE);
	if (rc >= 0)
		rc = read_names(q, a, &cids, e);
	for (size_t i = 0; rc >= 0 && i < cids.len; i++)
		rc = expire_one(s, w, a, j, cids.items[i], e);
	return rc;
}

/* --- old rows ----------------------------------------------------------- */

struct old {
	struct old *next;
	const char *cid;
	int64_t seq;
};

static int
purge_commands(struct writer *w, struct arena *a, struct store_sweep *j,
    int64_t *ret_len, struct err *e)
{
	struct old *first = NULL, **last = &first;
	struct db_stmt *q;
	int rc = sql_ask(&w->conn, SQL_command_ended, &q, e, "ii",
	    j->now - STORE_COMMAND_LIFE_MS, (int64_t)PURGE_PIECE);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		struct old *o = arena_new_of(a, struct old);
		o->cid = sql_text(q, 0, a);
		o->seq = db_int(q, 1);
		*last = o;
		last = &o->next;
	}
	for (struct old *o = first; rc >= 0 && o != NULL; o = o->next) {
		rc = sql_do(&w->conn, SQL_delivery_delete, e, "t", o->cid);
		if (rc >= 0)
			rc = sql_do(
			    &w->conn, SQL_envelope_delete, e, "i", o->seq);
		if (rc >= 0)
			rc = sql_do(
			    &w->conn, SQL_command_delete, e, "t", o->cid);
		++*ret_len;
	}
	return rc;
}

static int
purge(struct store *s, struct writer *w, struct arena *a, struct store_sweep *j,
    struct err *e)
{
	if (j->now < __atomic_load_n(&s->purge_at, __ATOMIC_RELAXED))
		return 0;
	int64_t commands = 0;
	int rc = purge_commands(w, a, j, &commands, e);
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_event_purge, e, "ii",
		    j->now - STORE_EVENT_LIFE_MS, (int64_t)PURGE_PIECE);
	int64_t events = rc >= 0 ? db_changes(w->conn.db) : 0;
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_token_purge, e, "i",
		    j->now - STORE_EVENT_LIFE_MS);
	if (rc < 0)
		return rc;
	j->purged += commands + events;
	bool more = commands == PURGE_PIECE || events == PURGE_PIECE;
	__atomic_store_n(&s->purge_at,
	    j->now + (more ? PURGE_PAUSE_MS : STORE_PURGE_MS),
	    __ATOMIC_RELAXED);
	return 0;
}

int
job_sweep(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_sweep *j = &job->sweep;
	j->expired = j->rebound = j->leases = j->purged = 0;
	int rc = expire(s, w, job->a, j, e);
	if (rc >= 0)
		rc = rebind(s, w, job->a, j, e);
	if (rc >= 0)
		rc = leases_end(s, w, job->a, j, e);
	if (rc >= 0)
		rc = purge(s, w, job->a, j, e);
	return rc;
}

/* --- when --------------------------------------------------------------- */

static void
sooner(int64_t *at, int64_t other)
{
	if (other > 0 && other < *at)
		*at = other;
}

int
store_next_deadline(
    struct store *s, int thread, int64_t *ret_deadline, struct err *e)
{
	struct conn *c = store_reader(s, thread);
	int64_t at = __atomic_load_n(&s->purge_at, __ATOMIC_RELAXED), due;
	int rc = sql_one(c, SQL_command_next_due, 0, &due, e, "");
	if (rc < 0)
		return rc;
	sooner(&at, due);
	sooner(&at, __atomic_load_n(&s->lease_at, __ATOMIC_RELAXED));
	rc = rebind_due(s, c, &due, e);
	if (rc < 0)
		return rc;
	sooner(&at, due);
	*ret_deadline = at;
	return 0;
}
