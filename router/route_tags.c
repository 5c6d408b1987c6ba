/* SPDX-License-Identifier: MIT */
/* Tags: an instance's own, any instance's by an operator, queries. */
#include "common/auto.h"
#include "common/clock.h"
#include "router/answers.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store_jobs.h"

#define LEASE_MIN_MS 1000
#define LEASE_MAX_MS ((int64_t)30 * 24 * 3600 * 1000)
#define QUERY_LIMIT_MAX 10000
#define QUERY_LIMIT 1000

static struct store *
store_of(const struct exchange *x)
{
	return exchange_router(x)->store;
}

static struct jsn *
answer_tags(const struct store_tags *t)
{
	struct jsn *v = jsn_new_object();
	jsn_set_int(v, "version", t->version);
	jsn_set(v, "tags", answer_names(t->items, t->len));
	return v;
}

void
route_tags_self(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_tags t;
	struct err e = { 0 };
	if (store_tags_of(store_of(x), exchange_thread(x), a,
		exchange_caller(x)->id, &t, &e) < 0)
		exchange_reply_err(x, &e);
	else
		exchange_reply_json(x, 200, answer_tags(&t));
}

/* --- changing ----------------------------------------------------------- */

static const char *const *
texts(struct arena *a, const struct jsn *list, size_t *ret_len)
{
	*ret_len = jsn_len(list);
	const char **items = arena_array_of(a, const char *, *ret_len + 1);
	for (size_t i = 0; i < *ret_len; i++) {
		struct str s = jsn_str(jsn_at(list, i));
		items[i] = arena_strndup(a, s.data, s.len);
	}
	return items;
}

static void
changed(struct store_job *job)
{
	struct exchange *x = job->arg;
	if (job->rc < 0) {
		exchange_reply_err(x, &job->err);
	} else {
		struct jsn *v = answer_tags(&job->tag_change.tags);
		jsn_set_bool(v, "changed", job->tag_change.changed);
		exchange_reply_json(x, 200, v);
	}
	store_job_free(&job);
}

static void
change(struct exchange *x, const char *id)
{
	const struct jsn *body = exchange_json(x);
	int64_t ttl_ms = jsn_peek_int(body, "ttl_ms", 0);
	if (ttl_ms != 0 && (ttl_ms < LEASE_MIN_MS || ttl_ms > LEASE_MAX_MS)) {
		exchange_reply_error(
		    x, 422, "ttl_ms: must be 1000 (a second) to 30 days");
		return;
	}
	struct store_job *job =
	    store_job_new(STORE_tag_change, exchange_thread(x), changed, x);
	struct store_tag_change *j = &job->tag_change;
	j->id = arena_strdup(job->a, id);
	j->add = texts(job->a, jsn_get(body, "add"), &j->add_len);
	j->remove = texts(job->a, jsn_get(body, "remove"), &j->remove_len);
	j->ttl_ms = ttl_ms;
	j->now = clock_now_ms();
	store_submit(store_of(x), job);
}

void
route_tags_change(struct exchange *x)
{
	change(x, exchange_caller(x)->id);
}

void
route_instance_tags(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_instance i;
	struct err e = { 0 };
	if (store_instance_resolve(store_of(x), exchange_thread(x), a,
		exchange_var(x, 0), &i, &e) < 0)
		exchange_reply_err(x, &e);
	else
		change(x, i.id);
}

/* --- asking ------------------------------------------------------------- */

static int
query_fill(const struct exchange *x, struct arena *a, struct tag_query *tags,
    struct store_tag_query *q, struct store_page *page, struct err *e)
{
	const struct jsn *body = exchange_json(x);
	const struct jsn *list = jsn_get(body, "tags");
	const struct caller *who = exchange_caller(x);
	bool all = text_eq(jsn_peek_str(body, "match", "any"), "all");
	int64_t limit = jsn_peek_int(body, "limit", QUERY_LIMIT);
	*tags =
	    (struct tag_query){ .match = all ? TAG_MATCH_ALL : TAG_MATCH_ANY };
	for (size_t i = 0; i < jsn_len(list); i++) {
		int rc = tag_query_add(tags, jsn_str(jsn_at(list, i)), e);
		if (rc < 0)
			return rc;
	}
	*q = (struct store_tag_query){ .tags = tags,
		.deployment =
		    who->kind == CALLER_INSTANCE ? who->deployment : NULL,
		.online_only = jsn_peek_bool(body, "online_only", false) };
	q->ids = texts(a, jsn_get(body, "ids"), &q->ids_len);
	if (tags->len == 0 && q->ids_len == 0)
		return err_set(
		    e, ERR_INVALID, "tags: empty, and no ids are given");
	if (limit < 1 || limit > QUERY_LIMIT_MAX)
		return err_set(
		    e, ERR_INVALID, "limit: must be 1 to %d", QUERY_LIMIT_MAX);
	*page = (struct store_page){ .limit = (size_t)limit,
		.cursor = jsn_peek_str(body, "cursor", NULL) };
	return 0;
}

void
route_tags_query(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct tag_query tags;
	struct store_tag_query q;
	struct store_page page;
	struct store_tagged_list l;
	struct err e = { 0 };
	int rc = query_fill(x, a, &tags, &q, &page, &e);
	if (rc >= 0)
		rc = store_tag_query(
		    store_of(x), exchange_thread(x), a, &q, &page, &l, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object(), *instances = jsn_new_object();
	for (size_t i = 0; i < l.len; i++) {
		const struct store_tagged *t = &l.items[i];
		struct jsn *o = jsn_new_object();
		jsn_set(o, "tags", answer_names(t->tags.items, t->tags.len));
		jsn_set_str(o, "name", t->name);
		jsn_set(instances, t->id, o);
	}
	jsn_set(v, "instances", instances);
	if (l.next != NULL)
		jsn_set_str(v, "next", l.next);
	exchange_reply_json(x, 200, v);
}
