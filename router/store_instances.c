/* SPDX-License-Identifier: MIT */
/* Instances: joining, changing, forgetting, looking up. */
#include <string.h>

#include "common/base64.h"
#include "router/store_priv.h"

static void
instance_row(
    const struct db_stmt *s, struct arena *a, struct store_instance *ret)
{
	*ret = (struct store_instance){
		.id = sql_text(s, 0, a),
		.name = sql_text(s, 1, a),
		.deployment = sql_text(s, 2, a),
		.state = sql_text(s, 3, a),
		.public_key = sql_text(s, 4, a),
		.bundle = sql_text(s, 5, a),
		.version = sql_text(s, 6, a),
		.facts = sql_text(s, 7, a),
		.created = db_int(s, 8),
		.last_seen = db_int(s, 9),
		.revoked_at = db_int(s, 10),
		.cloned_at = db_int(s, 11),
		.tag_version = db_int(s, 12),
		.pending = db_int(s, 13),
	};
}

/* The only row of a statement with one parameter. */
static int
instance_by(struct conn *c, enum sql sql, struct arena *a, const char *key,
    struct store_instance *ret, struct err *e)
{
	struct db_stmt *s;
	int rc = sql_ask(c, sql, &s, e, "t", key);
	if (rc >= 0)
		rc = db_step(s, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "no instance '%s'", key);
	instance_row(s, a, ret);
	db_reset(s);
	return 0;
}

int
instance_load(struct conn *c, struct arena *a, const char *id,
    struct store_instance *ret, struct err *e)
{
	return instance_by(c, SQL_instance_get, a, id, ret, e);
}

int
store_instance_find(struct store *s, int thread, struct arena *a,
    const char *id, struct store_instance *ret, struct err *e)
{
	return instance_load(store_reader(s, thread), a, id, ret, e);
}

int
store_instance_find_key(struct store *s, int thread, struct arena *a,
    const char *public_key, struct store_instance *ret, struct err *e)
{
	return instance_by(store_reader(s, thread), SQL_instance_by_key, a,
	    public_key, ret, e);
}

int
store_instance_resolve(struct store *s, int thread, struct arena *a,
    const char *id_or_name, struct store_instance *ret, struct err *e)
{
	struct conn *c = store_reader(s, thread);
	int rc = instance_load(c, a, id_or_name, ret, e);
	if (rc != ERR_ABSENT)
		return rc;
	struct db_stmt *q;
	struct store_instance found[2];
	size_t len = 0;
	rc = sql_ask(c, SQL_instance_by_name, &q, e, "t", id_or_name);
	while (rc >= 0 && (rc = db_step(q, e)) == 1)
		instance_row(q, a, &found[len++]);
	if (rc < 0)
		return rc;
	if (len == 0)
		return err_set(e, ERR_ABSENT, "no instance '%s'", id_or_name);
	if (len > 1)
		return err_set(e, ERR_STATE,
		    "several instances are named '%s': use an id", id_or_name);
	*ret = found[0];
	return 0;
}

int
store_instance_status(struct store *s, int thread, struct arena *a,
    const char *id, struct store_instance_status *ret, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(
	    store_reader(s, thread), SQL_instance_status, &q, e, "t", id);
	if (rc >= 0)
		rc = db_step(q, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "no instance '%s'", id);
	*ret = (struct store_instance_status){ .tag_version = db_int(q, 0),
		.bundle = sql_text(q, 1, a),
		.revoked = db_int(q, 2) != 0,
		.cloned = db_int(q, 3) != 0 };
	db_reset(q);
	return 0;
}

/* --- lists -------------------------------------------------------------- */

/* The cursor holds name and id of the last one. */
static const char *
cursor_format(struct arena *a, const struct store_instance *i)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);
	char *both = arena_printf(a, "%s\n%s", i->name, i->id);
	base64url_format(str_from(both), &b);
	return arena_strdup(a, buf_text(&b));
}

static int
cursor_parse(struct arena *a, const char *cursor, const char **ret_name,
    const char **ret_id, struct err *e)
{
	*ret_name = *ret_id = "";
	if (cursor == NULL)
		return 0;
	AUTO_BUF struct buf b = BUF_INIT(4096);
	char *both = NULL, *line = NULL;
	if (base64url_parse(str_from(cursor), &b, NULL) >= 0) {
		both = arena_strdup(a, buf_text(&b));
		line = strrchr(both, '\n');
	}
	if (line == NULL)
		return err_set(e, ERR_INVALID, "cursor: not one of ours");
	*line = '\0';
	*ret_name = both;
	*ret_id = line + 1;
	return 0;
}

int
store_instance_list(struct store *s, int thread, struct arena *a,
    const char *deployment, store_instance_fn want, void *arg,
    const struct store_page *page, struct store_instance_list *ret,
    struct err *e)
{
	const char *name, *id;
	size_t limit = page->limit == 0 ? STORE_PAGE : page->limit, room = 0;
	int rc = cursor_parse(a, page->cursor, &name, &id, e);
	struct db_stmt *q = NULL;
	if (rc >= 0)
		rc = sql_ask(store_reader(s, thread), SQL_instance_page, &q, e,
		    "tt", name, id);
	struct store_instance_list l = { 0 };
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		struct store_instance i;
		instance_row(q, a, &i);
		if (deployment != NULL && !text_eq(deployment, i.deployment))
			continue;
		if (want != NULL && !want(&i, arg))
			continue;
		if (l.len == limit) {
			l.next = cursor_format(a, &l.items[l.len - 1]);
			db_reset(q);
			break;
		}
		l.items = list_room(a, l.items, l.len, &room, sizeof(i));
		l.items[l.len++] = i;
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

int
store_instance_recent(struct store *s, int thread, struct arena *a,
    int64_t within_ms, struct store_recent_list *ret, struct err *e)
{
	struct db_stmt *q;
	struct store_recent_list l = { 0 };
	size_t room = 0;
	int rc = sql_ask(store_reader(s, thread), SQL_instance_recent, &q, e,
	    "i", within_ms);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		l.items = list_room(a, l.items, l.len, &room, sizeof(*l.items));
		l.items[l.len++] =
		    (struct store_recent){ .id = sql_text(q, 0, a),
			    .last_seen = db_int(q, 1) };
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

/* --- jobs --------------------------------------------------------------- */

struct token {
	const char *id, *deployment, *bundle;
	int64_t uses_left, expires_at;
};

static int
token_find(struct writer *w, struct arena *a, const char *sha256,
    struct token *ret, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(&w->conn, SQL_token_get, &q, e, "t", sha256);
	if (rc >= 0)
		rc = db_step(q, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_DIGEST, "unknown enrolment token");
	*ret = (struct token){ .id = sql_text(q, 0, a),
		.deployment = sql_text(q, 1, a),
		.bundle = sql_text(q, 2, a),
		.uses_left = db_int(q, 3),
		.expires_at = db_int(q, 4) };
	db_reset(q);
	return 0;
}

/* The key is known: the same machine asks again, or somebody else does. */
static int
enroll_again(const struct token *t, const struct store_instance *i,
    struct store_instance_enroll *j, struct err *e)
{
	if (i->revoked_at != 0)
		return err_set(e, ERR_EXISTS,
		    "this key belongs to instance '%s', which is revoked",
		    i->id);
	if (!text_eq(i->deployment, t->deployment))
		return err_set(e, ERR_EXISTS,
		    "this key belongs to an instance of another deployment");
	j->instance = *i;
	j->is_new = false;
	return 0;
}

static int
enroll_new(struct store *s, struct writer *w, struct arena *a,
    const struct token *t, struct store_instance_enroll *j, struct err *e)
{
	if (t->uses_left <= 0 || t->expires_at <= j->now)
		return err_set(e, ERR_STATE, "this enrolment token is %s",
		    t->uses_left <= 0 ? "used up" : "expired");
	if (j->tags_len > STORE_TAGS_MAX)
		return err_set(
		    e, ERR_INVALID, "more than %d tags", STORE_TAGS_MAX);
	int rc = sql_do(&w->conn, SQL_token_use, e, "t", t->id);
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_instance_add, e, "tttttti", j->id,
		    j->name != NULL ? j->name : j->id, t->deployment,
		    j->public_key, t->bundle, j->facts, j->now);
	if (rc >= 0)
		rc = tags_put(&w->conn, j->id, j->tags, j->tags_len, 0, e);
	if (rc >= 0 && j->tags_len > 0)
		rc = sql_do(&w->conn, SQL_tags_changed, e, "t", j->id);
	if (rc >= 0)
		rc = event_record(
		    s, w, j->now, "instance", j->id, "enrolled", e);
	if (rc >= 0)
		rc = instance_load(&w->conn, a, j->id, &j->instance, e);
	j->is_new = true;
	w->effects.rebind = true;
	return rc;
}

int
job_instance_enroll(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_instance_enroll *j = &job->instance_enroll;
	struct token t = { 0 };
	struct store_instance i;
	int rc = token_find(w, job->a, j->token_sha256, &t, e);
	if (rc < 0)
		return rc;
	rc = instance_by(
	    &w->conn, SQL_instance_by_key, job->a, j->public_key, &i, e);
	if (rc >= 0)
		return enroll_again(&t, &i, j, e);
	if (rc != ERR_ABSENT)
		return rc;
	return enroll_new(s, w, job->a, &t, j, e);
}

static int
change_revoked(struct store *s, struct writer *w,
    const struct store_instance_change *j, struct err *e)
{
	int rc = sql_do(&w->conn, SQL_instance_set_revoked, e, "ti", j->id,
	    j->revoked == 1 ? j->now : (int64_t)0);
	if (rc < 0)
		return rc;
	return event_record(s, w, j->now, "instance", j->id,
	    j->revoked == 1 ? "revoked" : "restored", e);
}

int
job_instance_change(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_instance_change *j = &job->instance_change;
	int rc = instance_load(&w->conn, job->a, j->id, &j->instance, e);
	if (rc < 0)
		return rc;
	if (j->name != NULL || j->bundle != NULL) {
		rc = sql_do(&w->conn, SQL_instance_set, e, "ttt", j->id,
		    j->name, j->bundle);
		if (rc >= 0)
			rc = event_record(
			    s, w, j->now, "instance", j->id, "changed", e);
	}
	if (rc >= 0 && j->revoked >= 0)
		rc = change_revoked(s, w, j, e);
	if (rc >= 0)
		rc = instance_load(&w->conn, job->a, j->id, &j->instance, e);
	change_id(w, j->id);
	w->effects.rebind = true;
	return rc;
}

int
job_instance_clone(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	const struct store_instance_clone *j = &job->instance_clone;
	int rc =
	    sql_do(&w->conn, SQL_instance_set_cloned, e, "ti", j->id, j->now);
	if (rc >= 0)
		rc = event_record(s, w, j->now, "instance", j->id, "cloned", e);
	change_id(w, j->id);
	return rc;
}

int
job_instance_seen(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	const struct store_instance_seen *j = &job->instance_seen;
	int rc = 0;
	for (size_t i = 0; rc >= 0 && i < j->len; i++) {
		const struct store_seen *o = &j->items[i];
		rc = sql_do(&w->conn, SQL_instance_set_seen, e, "ti", o->id,
		    o->last_seen);
		if (rc < 0 || o->what == NULL)
			continue;
		rc = event_record(s, w, j->now, "instance", o->id, o->what, e);
		w->effects.rebind |= text_eq(o->what, "online");
	}
	return rc;
}

/* An open delivery of an instance that is forgotten. */
struct orphan {
	struct orphan *next;
	const char *cid;
	enum delivery_state state;
};

/* A command for any one instance goes back to those that wait. */
static int
orphan_unbind(struct writer *w, const struct orphan *o, int64_t now,
    bool *ret_waits, struct err *e)
{
	int64_t has;
	int rc = sql_one(&w->conn, SQL_binding_has, -1, &has, e, "t", o->cid);
	*ret_waits = rc >= 0 && has >= 0;
	if (rc < 0 || !*ret_waits)
		return rc;
	rc = sql_do(&w->conn, SQL_binding_put, e, "tti", o->cid, NULL, now);
	w->effects.unbound++;
	w->effects.rebind = true;
	return rc;
}

static int
orphan_end(struct store *s, struct writer *w, const char *id,
    const struct orphan *o, int64_t now, struct err *e)
{
	bool waits = false;
	bool granted =
	    o->state == DELIVERY_granted || o->state == DELIVERY_running;
	int rc = granted ? 0 : orphan_unbind(w, o, now, &waits, e);
	if (rc >= 0 && waits)
		rc = command_touch(s, w, o->cid, 1, now, e);
	if (rc < 0)
		return rc;
	struct move m = { .cid = o->cid,
		.id = id,
		.to = granted ? DELIVERY_lost
		      : waits ? DELIVERY_revoked
			      : DELIVERY_expired,
		.now = now,
		.reason = "the instance was deleted" };
	return delivery_move(s, w, &m, e);
}

int
job_instance_delete(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_instance_delete *j = &job->instance_delete;
	struct store_instance i;
	struct orphan *first = NULL, **last = &first;
	struct db_stmt *q = NULL;
	j->ended = 0;
	int rc = instance_load(&w->conn, job->a, j->id, &i, e);
	if (rc >= 0)
		rc = sql_ask(&w->conn, SQL_delivery_of, &q, e, "t", j->id);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		struct orphan *o = arena_new_of(job->a, struct orphan);
		o->cid = sql_text(q, 0, job->a);
		o->state = (enum delivery_state)db_int(q, 2);
		*last = o;
		last = &o->next;
	}
	for (struct orphan *o = first; rc >= 0 && o != NULL; o = o->next) {
		rc = orphan_end(s, w, j->id, o, j->now, e);
		j->ended++;
	}
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_tags_drop, e, "t", j->id);
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_instance_delete, e, "t", j->id);
	if (rc >= 0)
		rc =
		    event_record(s, w, j->now, "instance", j->id, "deleted", e);
	change_id(w, j->id);
	return rc;
}
