/* SPDX-License-Identifier: MIT */
/*
 * The states of deliveries (fabric 6.2, wire/tbl/deliveries.h): which may
 * follow which, and what an agent's report does to them. Every change of a
 * state goes through delivery_move. The grant is the single point of
 * decision: before it expiry, cancel and giving to another are exact, after
 * it exactly this instance may run.
 */
#include <string.h>

#include "router/store_priv.h"

bool
delivery_may(enum delivery_state from, enum delivery_state to)
{
	bool waits = from == DELIVERY_queued || from == DELIVERY_offered;
	bool has = from == DELIVERY_granted || from == DELIVERY_running;
	switch (to) {
	case DELIVERY_offered:
		return from == DELIVERY_queued;
	case DELIVERY_granted:
	case DELIVERY_expired:
	case DELIVERY_cancelled:
	case DELIVERY_revoked:
		return waits;
	case DELIVERY_running:
		return from == DELIVERY_granted;
	case DELIVERY_ok:
	case DELIVERY_failed:
	case DELIVERY_interrupted:
	case DELIVERY_lost:
		return has;
	case DELIVERY_rejected:
		return waits || has;
	case DELIVERY_queued:
	default:
		return false;
	}
}

/* What stands there now. */
struct row {
	enum delivery_state state;
	bool stop;
	int64_t not_after;
};

/* 1: found, 0: there is none. */
static int
row_get(struct conn *c, const char *cid, const char *id, struct row *ret,
    struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(c, SQL_delivery_get, &q, e, "tt", cid, id);
	if (rc < 0 || (rc = db_step(q, e)) <= 0)
		return rc;
	*ret = (struct row){ .state = (enum delivery_state)db_int(q, 0),
		.stop = db_int(q, 1) != 0,
		.not_after = db_int(q, 2) };
	db_reset(q);
	return 1;
}

int
command_touch(struct store *s, struct writer *w, const char *cid, int64_t by,
    int64_t now, struct err *e)
{
	change_cid(w, cid);
	return sql_do(&w->conn, SQL_command_touch, e, "tiii", cid,
	    store_tick(s), by, now);
}

static int
tell_move(
    struct store *s, struct writer *w, const struct move *m, struct err *e)
{
	AUTO_BUF struct buf ref = BUF_INIT(512);
	if (m->to == DELIVERY_offered)
		return 0; /* nobody waits for this one */
	bool ends = delivery_state_is_terminal(m->to);
	w->effects.ended[m->to] += ends;
	buf_printf(&ref, "%s/%s", m->cid, m->id);
	int rc = event_record(s, w, m->now, "delivery", buf_text(&ref),
	    delivery_state_name(m->to), e);
	if (rc >= 0)
		rc = command_touch(s, w, m->cid, ends ? -1 : 0, m->now, e);
	/* From the grant on it is bound for good; revoked is the work of
	 * those who bind it anew. */
	if (rc >= 0 && m->to != DELIVERY_running && m->to != DELIVERY_revoked)
		rc = sql_do(&w->conn, SQL_binding_drop, e, "t", m->cid);
	return rc;
}

static int
write_move(struct writer *w, const struct move *m, struct err *e)
{
	const struct store_result none = { .updated = -1,
		.elapsed_ms = -1,
		.exit_status = -1,
		.run_id = m->run_id,
		.reason = m->reason };
	const struct store_result *r = m->result != NULL ? m->result : &none;
	int64_t ended = delivery_state_is_terminal(m->to) ? m->now : 0;
	return sql_do(&w->conn, SQL_delivery_move, e, "ttiittmmm", m->cid,
	    m->id, (int64_t)m->to, ended, r->run_id, r->reason, r->updated,
	    r->elapsed_ms, r->exit_status);
}

int
delivery_move(
    struct store *s, struct writer *w, const struct move *m, struct err *e)
{
	struct row r;
	int rc = row_get(&w->conn, m->cid, m->id, &r, e);
	if (rc <= 0)
		return rc;
	if (!delivery_may(r.state, m->to) ||
	    (m->to == DELIVERY_granted && r.not_after <= m->now))
		return 0;
	rc = write_move(w, m, e);
	if (rc >= 0)
		rc = tell_move(s, w, m, e);
	return rc < 0 ? rc : 1;
}

int
delivery_make(struct store *s, struct writer *w, const char *cid,
    const char *id, struct err *e)
{
	change_id(w, id);
	return sql_do(
	    &w->conn, SQL_delivery_add, e, "tti", cid, id, store_tick(s));
}

int
job_offered(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	const struct store_offered *j = &job->offered;
	int rc = 0;
	for (size_t i = 0; rc >= 0 && i < j->cids_len; i++) {
		struct move m = { .cid = j->cids[i],
			.id = j->id,
			.to = DELIVERY_offered,
			.now = j->now };
		rc = delivery_move(s, w, &m, e);
	}
	return rc;
}

/* --- what a poll reports ------------------------------------------------ */

static void
add_drop(struct store_job *job, const char *cid, const char *state,
    const char *reason)
{
	struct store_poll *j = &job->poll;
	j->drops[j->drops_len++] = (struct store_dropped){ cid, state, reason };
}

/* Grants what waits, unless it is too late for it: then it expires. Brings
 * r->state up to date. */
static int
grant(struct store *s, struct writer *w, const struct store_poll *j,
    const char *cid, struct row *r, struct err *e)
{
	if (r->state != DELIVERY_queued && r->state != DELIVERY_offered)
		return 0;
	struct move m = { .cid = cid, .id = j->id, .now = j->now };
	m.to = r->not_after <= j->now ? DELIVERY_expired : DELIVERY_granted;
	m.reason = m.to == DELIVERY_expired ? "not granted in time" : NULL;
	int rc = delivery_move(s, w, &m, e);
	if (rc == 1)
		r->state = m.to;
	return rc < 0 ? rc : 0;
}

/* A result proves that the agent had the grant, even if this store was set
 * back to a time before it. */
static int
take_result(struct store *s, struct writer *w, struct store_job *job,
    const struct store_result *result, struct err *e)
{
	struct store_poll *j = &job->poll;
	struct row r;
	int rc = row_get(&w->conn, result->cid, j->id, &r, e);
	if (rc == 1 && result->state != DELIVERY_rejected)
		rc = grant(s, w, j, result->cid, &r, e);
	struct move m = { .cid = result->cid,
		.id = j->id,
		.to = result->state,
		.now = j->now,
		.result = result };
	if (rc >= 0)
		rc = delivery_move(s, w, &m, e);
	if (rc >= 0)
		j->acks[j->acks_len++] = result->cid;
	return rc;
}

static int
take_started(struct store *s, struct writer *w, struct store_job *job,
    const struct store_started *started, struct err *e)
{
	struct store_poll *j = &job->poll;
	struct row r;
	int rc = row_get(&w->conn, started->cid, j->id, &r, e);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		add_drop(job, started->cid, "unknown", NULL);
		return 0;
	}
	rc = grant(s, w, j, started->cid, &r, e);
	struct move m = { .cid = started->cid,
		.id = j->id,
		.to = DELIVERY_running,
		.now = j->now,
		.run_id = started->run_id };
	return rc < 0 ? rc : delivery_move(s, w, &m, e);
}

static int
take_received(struct store *s, struct writer *w, struct store_job *job,
    const char *cid, struct err *e)
{
	struct store_poll *j = &job->poll;
	struct row r;
	int rc = row_get(&w->conn, cid, j->id, &r, e);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		add_drop(job, cid, "unknown", NULL);
		return 0;
	}
	rc = grant(s, w, j, cid, &r, e);
	if (rc < 0)
		return rc;
	if (delivery_state_is_terminal(r.state))
		add_drop(job, cid, delivery_state_name(r.state), NULL);
	else
		j->grants[j->grants_len++] = cid;
	return 0;
}

static int
take_unknown(struct store *s, struct writer *w, struct store_job *job,
    const char *cid, struct err *e)
{
	struct move m = { .cid = cid,
		.id = job->poll.id,
		.to = DELIVERY_lost,
		.now = job->poll.now,
		.reason = "the instance's journal does not have it" };
	return delivery_move(s, w, &m, e);
}

/* State and version of the instance, when they are others now. */
static int
take_instance(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	const struct store_poll *j = &job->poll;
	struct db_stmt *q;
	int rc = sql_ask(&w->conn, SQL_instance_poll, &q, e, "t", j->id);
	if (rc < 0 || (rc = db_step(q, e)) < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "no instance '%s'", j->id);
	bool state = j->state != NULL && !str_eq_text(db_text(q, 0), j->state);
	bool version =
	    j->version != NULL && !str_eq_text(db_text(q, 1), j->version);
	db_reset(q);
	if (!state && !version)
		return 0;
	rc = sql_do(&w->conn, SQL_instance_set_state, e, "ttt", j->id, j->state,
	    j->version);
	if (rc >= 0 && state)
		rc = event_record(s, w, j->now, "instance", j->id, j->state, e);
	return rc;
}

int
job_poll(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_poll *j = &job->poll;
	j->grants_len = j->acks_len = j->drops_len = 0;
	j->grants = arena_array_of(job->a, const char *, j->received_len + 1);
	j->acks = arena_array_of(job->a, const char *, j->results_len + 1);
	j->drops = arena_array_of(
	    job->a, struct store_dropped, j->received_len + j->states_len + 1);
	int rc = take_instance(s, w, job, e);
	for (size_t i = 0; rc >= 0 && i < j->results_len; i++)
		rc = take_result(s, w, job, &j->results[i], e);
	for (size_t i = 0; rc >= 0 && i < j->states_len; i++)
		rc = take_started(s, w, job, &j->states[i], e);
	for (size_t i = 0; rc >= 0 && i < j->received_len; i++)
		rc = take_received(s, w, job, j->received[i], e);
	for (size_t i = 0; rc >= 0 && i < j->unknown_len; i++)
		rc = take_unknown(s, w, job, j->unknown[i], e);
	return rc;
}

/* --- what is to be told ------------------------------------------------- */

struct open_row {
	const char *cid;
	int64_t seq;
	bool offer;
};

static int
envelope_of(struct conn *c, struct arena *a, const char *cid,
    const char **ret_envelope, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(c, SQL_envelope_of, &q, e, "t", cid);
	if (rc < 0 || (rc = db_step(q, e)) < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "command '%s' is gone", cid);
	*ret_envelope = sql_text(q, 0, a);
	db_reset(q);
	return 0;
}

static int
pending_rows(struct conn *c, struct arena *a, const char *id, int64_t after,
    size_t limit, struct store_pending *ret, struct err *e)
{
	struct db_stmt *q;
	struct names cancels = { 0 };
	size_t room = 0;
	int rc = sql_ask(c, SQL_delivery_of, &q, e, "t", id);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		enum delivery_state state = (enum delivery_state)db_int(q, 2);
		if (state >= DELIVERY_granted) {
			if (db_int(q, 3) != 0)
				names_add(&cancels, a, sql_text(q, 0, a));
			continue;
		}
		if (db_int(q, 1) <= after) {
			ret->unconfirmed = true;
			continue;
		}
		if (ret->offers_len == limit) {
			ret->more = true;
			continue;
		}
		ret->offers = list_room(a, ret->offers, ret->offers_len, &room,
		    sizeof(*ret->offers));
		ret->offers[ret->offers_len++] =
		    (struct store_offer){ .cid = sql_text(q, 0, a),
			    .seq = db_int(q, 1) };
	}
	ret->cancels = cancels.items;
	ret->cancels_len = cancels.len;
	return rc;
}

int
store_pending(struct store *s, int thread, struct arena *a, const char *id,
    int64_t after, size_t limit, struct store_pending *ret, struct err *e)
{
	struct conn *c = store_reader(s, thread);
	struct store_pending p = { 0 };
	int rc = pending_rows(c, a, id, after, limit, &p, e);
	size_t bytes = 0;
	for (size_t i = 0; rc >= 0 && i < p.offers_len; i++) {
		rc = envelope_of(
		    c, a, p.offers[i].cid, &p.offers[i].envelope, e);
		if (rc < 0)
			break;
		bytes += strlen(p.offers[i].envelope);
		if (i > 0 && bytes > STORE_OFFER_BYTES) {
			p.offers_len = i;
			p.more = true;
		}
	}
	if (rc < 0)
		return rc;
	*ret = p;
	return 0;
}

/* --- lists -------------------------------------------------------------- */

static void
delivery_row(
    const struct db_stmt *q, struct arena *a, struct store_delivery *ret)
{
	*ret = (struct store_delivery){ .id = sql_text(q, 0, a),
		.name = sql_text(q, 1, a),
		.run_id = sql_text(q, 2, a),
		.reason = sql_text(q, 3, a),
		.state = (enum delivery_state)db_int(q, 4),
		.stopping = db_int(q, 5) != 0,
		.seq = db_int(q, 6),
		.updated = sql_int(q, 7, -1),
		.elapsed_ms = sql_int(q, 8, -1),
		.exit_status = sql_int(q, 9, -1),
		.ended_at = db_int(q, 10) };
	if (ret->name == NULL)
		ret->name = ret->id; /* the instance was deleted */
}

int
store_delivery_list(struct store *s, int thread, struct arena *a,
    const char *cid, const struct store_page *page,
    struct store_delivery_list *ret, struct err *e)
{
	struct conn *c = store_reader(s, thread);
	size_t limit = page->limit == 0 ? STORE_PAGE : page->limit, room = 0;
	struct store_delivery_list l = { 0 };
	struct db_stmt *q = NULL;
	/* rev first: what changes in between is told again, never missed. */
	int rc = store_command_rev(s, thread, cid, &l.rev, &l.done, e);
	if (rc >= 0)
		rc = sql_ask(c, SQL_delivery_page, &q, e, "tti", cid,
		    page->cursor != NULL ? page->cursor : "",
		    (int64_t)limit + 1);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		if (l.len == limit) {
			l.next = l.items[l.len - 1].id;
			continue;
		}
		l.items = list_room(a, l.items, l.len, &room, sizeof(*l.items));
		delivery_row(q, a, &l.items[l.len++]);
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}
