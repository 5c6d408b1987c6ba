/* SPDX-License-Identifier: MIT */
/*
 * Which instances carry tags. The rarest pattern drives (found by counting up
 * to BROAD), the others are looked up for each candidate; a wildcard with many
 * hits is walked by instance instead. Candidates come in order of id, in
 * pieces, so that a page costs a page whatever the number of hits.
 */
#include <stdlib.h>
#include <string.h>

#include "router/store_priv.h"

#define BROAD 2000
#define PIECE 256

enum drive {
	DRIVE_IDS,      /* the given ids */
	DRIVE_PATTERNS, /* one pattern (all), every pattern (any) */
	DRIVE_SCAN,     /* all instances */
};

struct walk {
	struct conn *c;
	const struct target_query *q;
	enum drive drive;
	size_t first, end; /* patterns that drive */
	struct arena *a;   /* of one piece */
	char after[STORE_ID_BYTES];
	size_t next_id; /* of q->ids */
	bool done;
};

static struct str
ns_of(const struct tag *t)
{
	return t->raw ? STR("") : t->name_space;
}

static struct str
pred_of(const struct tag *t)
{
	return t->raw ? STR("") : t->predicate;
}

static struct str
val_of(const struct tag *t)
{
	return t->raw ? t->text : t->value;
}

/* Hits of a pattern, at most BROAD + 1. */
static int
count(struct conn *c, const struct tag *t, int64_t *ret, struct err *e)
{
	int64_t limit = BROAD + 1;
	if (t->any_value)
		return sql_one(c, SQL_tag_key_count, 0, ret, e, "ssi", ns_of(t),
		    pred_of(t), limit);
	return sql_one(c, SQL_tag_count, 0, ret, e, "sssi", ns_of(t),
	    pred_of(t), val_of(t), limit);
}

static int
plan_all(struct walk *w, struct err *e)
{
	const struct tag_query *t = w->q->tags;
	int64_t least = INT64_MAX;
	bool broad = false;
	for (size_t i = 0; i < t->len; i++) {
		int64_t n;
		int rc = count(w->c, &t->patterns[i], &n, e);
		if (rc < 0)
			return rc;
		/* With equal counts a full text is the better driver. */
		bool wild = t->patterns[i].any_value;
		if (n > least || (n == least && wild))
			continue;
		least = n;
		broad = wild && n > BROAD;
		w->first = i;
		w->end = i + 1;
	}
	w->drive = broad ? DRIVE_SCAN : DRIVE_PATTERNS;
	return 0;
}

static int
plan_any(struct walk *w, struct err *e)
{
	const struct tag_query *t = w->q->tags;
	w->drive = DRIVE_PATTERNS;
	w->first = 0;
	w->end = t->len;
	for (size_t i = 0; i < t->len; i++) {
		int64_t n;
		if (!t->patterns[i].any_value)
			continue;
		int rc = count(w->c, &t->patterns[i], &n, e);
		if (rc < 0)
			return rc;
		if (n > BROAD)
			w->drive = DRIVE_SCAN;
	}
	return 0;
}

static int
plan(struct walk *w, struct err *e)
{
	if (w->q->ids_len > 0 || w->q->tags == NULL || w->q->tags->len == 0) {
		w->drive = DRIVE_IDS;
		return 0;
	}
	return w->q->tags->match == TAG_MATCH_ALL ? plan_all(w, e)
						  : plan_any(w, e);
}

/* --- candidates --------------------------------------------------------- */

static int
collect(struct walk *w, enum sql sql, const struct tag *t, struct names *n,
    const char **ret_last, struct err *e)
{
	struct db_stmt *s;
	int64_t piece = PIECE;
	size_t before = n->len;
	int rc;
	if (t == NULL)
		rc = sql_ask(w->c, sql, &s, e, "ti", w->after, piece);
	else if (t->any_value)
		rc = sql_ask(w->c, sql, &s, e, "ssti", ns_of(t), pred_of(t),
		    w->after, piece);
	else
		rc = sql_ask(w->c, sql, &s, e, "sssti", ns_of(t), pred_of(t),
		    val_of(t), w->after, piece);
	while (rc >= 0 && (rc = db_step(s, e)) == 1)
		names_copy(n, w->a, db_text(s, 0));
	*ret_last = n->len - before == PIECE ? n->items[n->len - 1] : NULL;
	return rc;
}

static int
by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

static void
sort_once(struct names *n)
{
	if (n->len < 2)
		return;
	qsort(n->items, n->len, sizeof(*n->items), by_text);
	size_t len = 1;
	for (size_t i = 1; i < n->len; i++) {
		if (strcmp(n->items[i], n->items[len - 1]) != 0)
			n->items[len++] = n->items[i];
	}
	n->len = len;
}

/* The next ids over w->after, complete up to the last one. */
static int
piece_of_patterns(struct walk *w, struct names *n, struct err *e)
{
	const char *bound = NULL;
	for (size_t i = w->first; i < w->end; i++) {
		const struct tag *t = &w->q->tags->patterns[i];
		const char *last;
		int rc =
		    collect(w, t->any_value ? SQL_tag_key_ids : SQL_tag_ids, t,
			n, &last, e);
		if (rc < 0)
			return rc;
		if (last != NULL && (bound == NULL || strcmp(last, bound) < 0))
			bound = last;
	}
	if (w->end - w->first > 1)
		sort_once(n);
	while (bound != NULL && strcmp(n->items[n->len - 1], bound) > 0)
		n->len--;
	w->done = bound == NULL;
	return 0;
}

static void
piece_of_ids(struct walk *w, struct names *n)
{
	const struct target_query *q = w->q;
	for (size_t i = 0; i < q->ids_len; i++) {
		if (strcmp(q->ids[i], w->after) > 0)
			names_add(n, w->a, q->ids[i]);
	}
	sort_once(n);
	w->done = true;
}

static int
piece(struct walk *w, struct names *n, struct err *e)
{
	const char *last;
	int rc;
	switch (w->drive) {
	case DRIVE_PATTERNS:
		return piece_of_patterns(w, n, e);
	case DRIVE_SCAN:
		rc = collect(w, SQL_instance_scan, NULL, n, &last, e);
		w->done = last == NULL;
		return rc;
	case DRIVE_IDS:
	default:
		piece_of_ids(w, n);
		return 0;
	}
}

/* --- is a candidate meant? ---------------------------------------------- */

static int
carries(struct conn *c, const struct tag *t, const char *id, struct err *e)
{
	int64_t has;
	int rc = t->any_value ? sql_one(c, SQL_tag_has_key, 0, &has, e, "tss",
				    id, ns_of(t), pred_of(t))
			      : sql_one(c, SQL_tag_has, 0, &has, e, "ssst",
				    ns_of(t), pred_of(t), val_of(t), id);
	return rc < 0 ? rc : (int)has;
}

/* The patterns that did not drive. 1: yes. */
static int
tags_fit(const struct walk *w, const char *id, struct err *e)
{
	const struct tag_query *t = w->q->tags;
	if (t == NULL || t->len == 0)
		return 1;
	bool all = t->match == TAG_MATCH_ALL;
	if (!all && w->drive == DRIVE_PATTERNS)
		return 1;
	for (size_t i = 0; i < t->len; i++) {
		if (w->drive == DRIVE_PATTERNS && i == w->first)
			continue;
		int rc = carries(w->c, &t->patterns[i], id, e);
		if (rc < 0 || (rc == 0) == all)
			return rc;
	}
	return all;
}

/* Calls each for a candidate that passes all. */
static int
consider(struct walk *w, struct store *s, const char *id, target_fn each,
    void *arg, struct err *e)
{
	int rc = tags_fit(w, id, e);
	if (rc <= 0)
		return rc;
	struct db_stmt *q;
	rc = sql_ask(w->c, SQL_instance_brief, &q, e, "t", id);
	if (rc < 0 || (rc = db_step(q, e)) <= 0)
		return rc;
	bool good = db_int(q, 2) == 0 && db_int(q, 3) == 0 &&
		    (w->q->deployment == NULL ||
			str_eq_text(db_text(q, 1), w->q->deployment)) &&
		    (!w->q->online_only || store_is_online(s, id));
	if (good)
		rc = each(id, db_text(q, 0), arg, e);
	else
		rc = 0;
	db_reset(q);
	return rc;
}

int
target_each(struct store *s, struct conn *c, const struct target_query *q,
    target_fn each, void *arg, struct err *e)
{
	struct walk w = { .c = c, .q = q };
	if (q->after != NULL && strlen(q->after) >= sizeof(w.after))
		return err_set(e, ERR_INVALID, "cursor: not one of ours");
	memcpy(w.after, q->after != NULL ? q->after : "",
	    q->after != NULL ? strlen(q->after) + 1 : 1);
	int rc = plan(&w, e);
	AUTO(arena_free) struct arena *a = arena_new();
	w.a = a;
	while (rc >= 0 && !w.done) {
		struct names n = { 0 };
		rc = piece(&w, &n, e);
		for (size_t i = 0; rc >= 0 && i < n.len; i++) {
			rc = consider(&w, s, n.items[i], each, arg, e);
			if (rc == 1)
				return 1;
		}
		if (n.len > 0 && !w.done)
			memcpy(w.after, n.items[n.len - 1],
			    strlen(n.items[n.len - 1]) + 1);
		arena_reset(a);
	}
	return rc < 0 ? rc : 0;
}

/* --- the query of the API ----------------------------------------------- */

struct asked {
	struct conn *c;
	struct arena *a;
	size_t limit, room;
	struct store_tagged_list list;
};

static int
asked_each(const char *id, struct str name, void *arg, struct err *e)
{
	struct asked *k = arg;
	if (k->list.len == k->limit) {
		k->list.next = k->list.items[k->list.len - 1].id;
		return 1;
	}
	k->list.items = list_room(
	    k->a, k->list.items, k->list.len, &k->room, sizeof(*k->list.items));
	struct store_tagged *t = &k->list.items[k->list.len++];
	t->id = arena_strdup(k->a, id);
	t->name = arena_strndup(k->a, name.data, name.len);
	return tags_load(k->c, k->a, id, &t->tags, e);
}

int
store_tag_query(struct store *s, int thread, struct arena *a,
    const struct store_tag_query *q, const struct store_page *page,
    struct store_tagged_list *ret, struct err *e)
{
	struct conn *c = store_reader(s, thread);
	struct asked k = { .c = c,
		.a = a,
		.limit = page->limit == 0 ? STORE_PAGE : page->limit };
	struct target_query t = { .tags = q->tags,
		.ids = q->ids,
		.ids_len = q->ids_len,
		.deployment = q->deployment,
		.online_only = q->online_only,
		.after = page->cursor };
	int rc = target_each(s, c, &t, asked_each, &k, e);
	if (rc < 0)
		return rc;
	*ret = k.list;
	return 0;
}
