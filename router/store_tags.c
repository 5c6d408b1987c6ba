/* SPDX-License-Identifier: MIT */
/* Tags of one instance: reading and changing them. */
#include <stdlib.h>
#include <string.h>

#include "router/store_priv.h"

static int
by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

static const char *
tag_text(struct arena *a, struct str ns, struct str pred, struct str val)
{
	if (ns.len == 0)
		return arena_strndup(a, val.data, val.len);
	return arena_printf(
	    a, "%.*s:%.*s=%.*s", STR_ARG(ns), STR_ARG(pred), STR_ARG(val));
}

int
tags_load(struct conn *c, struct arena *a, const char *id,
    struct store_tags *ret, struct err *e)
{
	struct names n = { 0 };
	int64_t version;
	struct db_stmt *q = NULL;
	int rc = sql_one(c, SQL_tags_version, 0, &version, e, "t", id);
	if (rc >= 0)
		rc = sql_ask(c, SQL_tags_of, &q, e, "t", id);
	while (rc >= 0 && (rc = db_step(q, e)) == 1)
		names_add(&n, a,
		    tag_text(a, db_text(q, 0), db_text(q, 1), db_text(q, 2)));
	if (rc < 0)
		return rc;
	if (n.len > 0)
		qsort(n.items, n.len, sizeof(*n.items), by_text);
	*ret = (struct store_tags){ n.items, n.len, version };
	return 0;
}

int
store_tags_of(struct store *s, int thread, struct arena *a, const char *id,
    struct store_tags *ret, struct err *e)
{
	return tags_load(store_reader(s, thread), a, id, ret, e);
}

static int
tag_put(struct conn *c, const char *id, const struct tag *t, int64_t ttl_ms,
    struct err *e)
{
	struct str none = STR("");
	return sql_do(c, SQL_tag_put, e, "ssstm", t->raw ? none : t->name_space,
	    t->raw ? none : t->predicate, t->raw ? t->text : t->value, id,
	    ttl_ms > 0 ? ttl_ms : (int64_t)-1);
}

static int
tag_drop(struct conn *c, const char *id, const struct tag *t, struct err *e)
{
	struct str none = STR("");
	return sql_do(c, SQL_tag_drop, e, "ssst", t->raw ? none : t->name_space,
	    t->raw ? none : t->predicate, t->raw ? t->text : t->value, id);
}

int
tags_put(struct conn *c, const char *id, const char *const *tags, size_t len,
    int64_t ttl_ms, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc >= 0 && i < len; i++) {
		struct tag t;
		rc = tag_parse(str_from(tags[i]), &t, e);
		if (rc >= 0)
			rc = tag_put(c, id, &t, ttl_ms, e);
	}
	return rc;
}

/* --- a change, worked out before anything is written -------------------- */

struct plan {
	struct tag *before, *remove, *add;
	size_t before_len, remove_len, add_len;
	bool *stays;  /* of before */
	bool *is_new; /* of add */
};

typedef int (*parse_fn)(struct str text, struct tag *ret_tag, struct err *e);

static int
parse_all(struct arena *a, const char *const *texts, size_t len, parse_fn parse,
    struct tag **ret, struct err *e)
{
	struct tag *tags = arena_array_of(a, struct tag, len + 1);
	for (size_t i = 0; i < len; i++) {
		int rc = parse(str_from(texts[i]), &tags[i], e);
		if (rc < 0)
			return rc;
	}
	*ret = tags;
	return 0;
}

static bool
in_list(const struct tag *list, size_t len, struct str text)
{
	for (size_t i = 0; i < len; i++) {
		if (str_eq(list[i].text, text))
			return true;
	}
	return false;
}

static bool
matches_list(const struct tag *patterns, size_t len, const struct tag *t)
{
	for (size_t i = 0; i < len; i++) {
		if (tag_matches(&patterns[i], t))
			return true;
	}
	return false;
}

/* Sets stays and is_new; the number of tags afterwards. */
static size_t
plan_work_out(struct arena *a, struct plan *p)
{
	size_t after = 0;
	p->stays = arena_array_of(a, bool, p->before_len + 1);
	p->is_new = arena_array_of(a, bool, p->add_len + 1);
	for (size_t i = 0; i < p->before_len; i++) {
		const struct tag *t = &p->before[i];
		p->stays[i] = in_list(p->add, p->add_len, t->text) ||
			      !matches_list(p->remove, p->remove_len, t);
		after += p->stays[i];
	}
	for (size_t i = 0; i < p->add_len; i++) {
		p->is_new[i] =
		    !in_list(p->before, p->before_len, p->add[i].text) &&
		    !in_list(p->add, i, p->add[i].text);
		after += p->is_new[i];
	}
	return after;
}

static int
plan_make(struct conn *c, struct arena *a, const struct store_tag_change *j,
    struct plan *p, struct err *e)
{
	struct store_tags before = { 0 };
	if (j->add_len > STORE_TAGS_MAX || j->remove_len > STORE_TAGS_MAX)
		return err_set(e, ERR_INVALID,
		    "more than %d tags in one change", STORE_TAGS_MAX);
	int64_t there;
	int rc = sql_one(c, SQL_tags_version, -1, &there, e, "t", j->id);
	if (rc >= 0 && there < 0)
		return err_set(e, ERR_ABSENT, "no instance '%s'", j->id);
	if (rc >= 0)
		rc = tags_load(c, a, j->id, &before, e);
	*p = (struct plan){ .before_len = before.len,
		.add_len = j->add_len,
		.remove_len = j->remove_len };
	if (rc >= 0)
		rc = parse_all(
		    a, before.items, before.len, tag_parse, &p->before, e);
	if (rc >= 0)
		rc = parse_all(a, j->add, j->add_len, tag_parse, &p->add, e);
	if (rc >= 0)
		rc = parse_all(a, j->remove, j->remove_len, tag_pattern_parse,
		    &p->remove, e);
	if (rc < 0)
		return rc;
	if (plan_work_out(a, p) > STORE_TAGS_MAX)
		return err_set(e, ERR_INVALID,
		    "instance '%s' would carry more than %d tags", j->id,
		    STORE_TAGS_MAX);
	return 0;
}

/* Writes the plan; leases of tags that are there already are renewed. */
static int
plan_write(struct conn *c, const struct store_tag_change *j,
    const struct plan *p, bool *ret_changed, struct err *e)
{
	int rc = 0;
	bool changed = false;
	for (size_t i = 0; rc >= 0 && i < p->before_len; i++) {
		if (p->stays[i])
			continue;
		changed = true;
		rc = tag_drop(c, j->id, &p->before[i], e);
	}
	for (size_t i = 0; rc >= 0 && i < p->add_len; i++) {
		changed |= p->is_new[i];
		rc = tag_put(c, j->id, &p->add[i], j->ttl_ms, e);
	}
	*ret_changed = changed;
	return rc;
}

int
tags_told(struct store *s, struct writer *w, const char *id, int64_t now,
    struct err *e)
{
	int rc = sql_do(&w->conn, SQL_tags_changed, e, "t", id);
	if (rc >= 0)
		rc = event_record(s, w, now, "tag", id, "changed", e);
	change_id(w, id);
	w->effects.rebind = true;
	return rc;
}

int
job_tag_change(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_tag_change *j = &job->tag_change;
	struct plan p;
	int rc = plan_make(&w->conn, job->a, j, &p, e);
	if (rc >= 0)
		rc = plan_write(&w->conn, j, &p, &j->changed, e);
	if (rc >= 0 && j->changed)
		rc = tags_told(s, w, j->id, j->now, e);
	if (rc >= 0)
		rc = tags_load(&w->conn, job->a, j->id, &j->tags, e);
	if (rc >= 0 && j->ttl_ms > 0 && j->add_len > 0)
		effects_lease(w, j->now + j->ttl_ms);
	return rc;
}

/* --- leases ------------------------------------------------------------- */

struct leased {
	struct leased *next;
	const char *id;
	struct str parts[3]; /* namespace, predicate, value */
};

/* The leased tags that have ended; when the next one may. */
static int
leases_look(struct conn *c, struct arena *a, const struct store_sweep *j,
    struct leased **ret_first, int64_t *ret_next, struct err *e)
{
	struct db_stmt *q;
	struct leased **last = ret_first;
	int rc = sql_ask(c, SQL_tags_leased, &q, e, "");
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		const char *id = sql_text(q, 0, a);
		int64_t alive = j->alive != NULL ? j->alive(id, j->arg) : 0;
		if (alive < db_int(q, 5))
			alive = db_int(q, 5);
		int64_t end = alive + db_int(q, 4);
		if (end > j->now) {
			if (*ret_next == 0 || end < *ret_next)
				*ret_next = end;
			continue;
		}
		struct leased *l = arena_new_of(a, struct leased);
		l->id = id;
		for (int i = 0; i < 3; i++)
			l->parts[i] = str_from(sql_text(q, i + 1, a));
		*last = l;
		last = &l->next;
	}
	return rc;
}

int
leases_end(struct store *s, struct writer *w, struct arena *a,
    struct store_sweep *j, struct err *e)
{
	int64_t at = __atomic_load_n(&s->lease_at, __ATOMIC_RELAXED);
	if (at == 0 || at > j->now)
		return 0;
	struct leased *first = NULL;
	int64_t next = 0;
	int rc = leases_look(&w->conn, a, j, &first, &next, e);
	for (struct leased *l = first; rc >= 0 && l != NULL; l = l->next) {
		rc = sql_do(&w->conn, SQL_tag_drop, e, "ssst", l->parts[0],
		    l->parts[1], l->parts[2], l->id);
		j->leases++;
		bool last_of_id =
		    l->next == NULL || !text_eq(l->next->id, l->id);
		if (rc >= 0 && last_of_id)
			rc = tags_told(s, w, l->id, j->now, e);
	}
	if (rc < 0)
		return rc;
	__atomic_store_n(&s->lease_at, next, __ATOMIC_RELAXED);
	return 0;
}
