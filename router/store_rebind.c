/* SPDX-License-Identifier: MIT */
/*
 * Commands for any one instance: those that nobody matched wait for a match,
 * those that a silent instance has (not granted within STORE_REBIND_MS) go to
 * another one that is online. Taking away and giving are one transaction, so
 * that never two instances have it.
 */
#include <stdio.h>

#include "router/store_priv.h"
#include "wire/envelope.h"

#define REBIND_PIECE 200
#define REBIND_PAUSE_MS 100

struct waiting {
	struct waiting *next;
	const char *cid, *id; /* id: who has it and is silent, or NULL */
};

/* The command as it was signed: whom is it for? */
static int
wait_targets(struct writer *w, struct arena *a, const char *cid,
    struct jsn **ret_value, struct tag_query *tags, struct target_query *ret,
    struct err *e)
{
	struct db_stmt *q;
	struct command *c = arena_new_of(a, struct command);
	AUTO(jsn_free) struct jsn *v = NULL;
	AUTO(envelope_release) struct envelope env = { 0 };
	int rc = sql_ask(&w->conn, SQL_envelope_of, &q, e, "t", cid);
	if (rc < 0 || (rc = db_step(q, e)) < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "command '%s' is gone", cid);
	const char *text = sql_text(q, 0, a), *reach = sql_text(q, 1, a);
	db_reset(q);
	rc = jsn_parse(str_from(text), cid, ENVELOPE_MAX_BYTES * 2, &v, e);
	if (rc >= 0)
		rc = envelope_parse(v, cid, &env, e);
	struct str payload = { env.payload.data, env.payload.len };
	if (rc >= 0)
		rc = command_parse(a, payload, ret_value, c, e);
	return rc < 0 ? rc : command_targets(c, reach, tags, ret, e);
}

static int
bind_to(struct store *s, struct writer *w, const struct waiting *k,
    const char *id, struct store_sweep *j, struct err *e)
{
	int rc;
	if (k->id != NULL) {
		struct move m = { .cid = k->cid,
			.id = k->id,
			.to = DELIVERY_revoked,
			.now = j->now,
			.reason = "given to another instance" };
		rc = delivery_move(s, w, &m, e);
		if (rc <= 0)
			return rc; /* granted meanwhile */
		rc = command_touch(s, w, k->cid, 1, j->now, e);
	} else {
		w->effects.unbound--;
		rc = command_touch(s, w, k->cid, 0, j->now, e);
	}
	if (rc >= 0)
		rc = delivery_make(s, w, k->cid, id, e);
	if (rc >= 0)
		rc = sql_do(
		    &w->conn, SQL_binding_put, e, "tti", k->cid, id, j->now);
	j->rebound++;
	return rc;
}

static int
rebind_one(struct store *s, struct writer *w, struct arena *a,
    const struct waiting *k, struct store_sweep *j, struct err *e)
{
	AUTO(jsn_free) struct jsn *value = NULL;
	struct tag_query tags;
	struct target_query q;
	const char *id = NULL;
	int rc = wait_targets(w, a, k->cid, &value, &tags, &q, e);
	if (rc >= 0)
		rc = command_choose(s, w, a, k->cid, &q, k->id != NULL, &id, e);
	if (rc < 0 || id == NULL)
		return rc;
	return bind_to(s, w, k, id, j, e);
}

static int
rebind_page(struct store *s, struct writer *w, struct arena *a, int64_t now,
    struct waiting **ret_first, size_t *ret_len, struct err *e)
{
	struct db_stmt *q;
	struct waiting **last = ret_first;
	size_t len = 0;
	int rc = sql_ask(&w->conn, SQL_binding_page, &q, e, "tii",
	    s->rebind_cursor, now - STORE_REBIND_MS, (int64_t)REBIND_PIECE);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		struct waiting *k = arena_new_of(a, struct waiting);
		k->cid = sql_text(q, 0, a);
		k->id = sql_text(q, 1, a);
		*last = k;
		last = &k->next;
		len++;
		snprintf(
		    s->rebind_cursor, sizeof(s->rebind_cursor), "%s", k->cid);
	}
	*ret_len = len;
	return rc;
}

/* When waiting commands are to be tried: once there is hope for those without
 * a match, and when the time of a silent instance is up; those that are silent
 * for longer are tried again now and then. INT64_MAX: nobody waits. */
int
rebind_due(struct store *s, struct conn *c, int64_t *ret_due, struct err *e)
{
	int64_t hope = __atomic_load_n(&s->rebind_at, __ATOMIC_RELAXED);
	int64_t tried = __atomic_load_n(&s->rebind_tried, __ATOMIC_RELAXED);
	int64_t due = INT64_MAX, fresh = 0, stale = 0;
	int rc = sql_one(
	    c, SQL_binding_next, 0, &fresh, e, "i", tried - STORE_REBIND_MS);
	if (rc >= 0)
		rc = sql_one(c, SQL_binding_silent, 0, &stale, e, "i",
		    tried - STORE_REBIND_MS);
	if (rc < 0)
		return rc;
	if (hope != 0)
		due = tried + REBIND_PAUSE_MS;
	if (fresh != 0 && fresh + STORE_REBIND_MS < due)
		due = fresh + STORE_REBIND_MS;
	if (stale != 0 && tried + STORE_REBIND_MS < due)
		due = tried + STORE_REBIND_MS;
	*ret_due = due;
	return 0;
}

int
rebind(struct store *s, struct writer *w, struct arena *a,
    struct store_sweep *j, struct err *e)
{
	struct waiting *first = NULL;
	size_t len;
	int64_t due;
	int rc = rebind_due(s, &w->conn, &due, e);
	if (rc < 0 || j->now < due)
		return rc;
	rc = rebind_page(s, w, a, j->now, &first, &len, e);
	for (struct waiting *k = first; rc >= 0 && k != NULL; k = k->next)
		rc = rebind_one(s, w, a, k, j, e);
	if (rc < 0)
		return rc;
	bool again = len == REBIND_PIECE;
	if (!again)
		s->rebind_cursor[0] = '\0';
	__atomic_store_n(&s->rebind_at, again, __ATOMIC_RELAXED);
	__atomic_store_n(&s->rebind_tried, j->now, __ATOMIC_RELAXED);
	return 0;
}
