/* SPDX-License-Identifier: MIT */
/* Nodes as operators see and change them. */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/log.h"
#include "router/answers.h"
#include "router/fabric.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store_jobs.h"
#include "router/tokens.h"

#define LIST_MAX 10000
#define LIST_LIMIT 1000
#define FACTS_MAX_BYTES ((size_t)64 << 10)

static struct store *
store_of(const struct exchange *x)
{
	return exchange_router(x)->store;
}

static void
set_facts(struct jsn *v, const char *facts)
{
	struct jsn *o = NULL;
	struct err e = { 0 };
	if (facts != NULL &&
	    jsn_parse(str_from(facts), "facts", FACTS_MAX_BYTES, &o, &e) == 0)
		jsn_set(v, "facts", o);
}

static struct jsn *
answer_instance(struct exchange *x, const struct store_instance *i,
    const struct store_tags *tags)
{
	struct fabric *f = exchange_router(x)->fabric;
	int64_t last_seen = i->last_seen;
	enum presence presence = fabric_presence(f, i->id, &last_seen);
	struct jsn *v = jsn_new_object();
	jsn_set_str(v, "id", i->id);
	jsn_set_str(v, "name", i->name);
	jsn_set_str(v, "deployment", i->deployment);
	jsn_set_str(v, "state", i->state);
	jsn_set_str(v, "presence", presence_name(presence));
	if (i->bundle != NULL)
		jsn_set_str(v, "bundle", i->bundle);
	if (i->version != NULL)
		jsn_set_str(v, "version", i->version);
	jsn_set(v, "tags", answer_names(tags->items, tags->len));
	set_facts(v, i->facts);
	jsn_set_int(v, "created", i->created);
	jsn_set_int(v, "last_seen", last_seen);
	jsn_set_int(v, "pending", i->pending);
	jsn_set_bool(v, "revoked", i->revoked_at > 0);
	jsn_set_bool(v, "cloned", i->cloned_at > 0);
	return v;
}

static int
push_instance(struct exchange *x, const struct store_instance *i,
    struct jsn *list, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_tags tags = { 0 };
	int rc =
	    store_tags_of(store_of(x), exchange_thread(x), a, i->id, &tags, e);
	if (rc == 0)
		jsn_push(list, answer_instance(x, i, &tags));
	return rc;
}

/* {"instance": ...} */
static void
reply_instance(struct exchange *x, const struct store_instance *i)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_tags tags = { 0 };
	struct err e = { 0 };
	if (store_tags_of(
		store_of(x), exchange_thread(x), a, i->id, &tags, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *o = jsn_new_object();
	jsn_set(o, "instance", answer_instance(x, i, &tags));
	exchange_reply_json(x, 200, o);
}

/* --- list and get ------------------------------------------------------ */

struct wanted {
	struct fabric *fabric;
	const char *presence; /* NULL: any */
};

static bool
is_wanted(const struct store_instance *i, void *arg)
{
	const struct wanted *w = arg;
	return w->presence == NULL ||
	       text_eq(w->presence,
		   presence_name(fabric_presence(w->fabric, i->id, NULL)));
}

void
route_instance_list(struct exchange *x)
{
	struct store_page page;
	struct err e = { 0 };
	struct wanted w = { exchange_router(x)->fabric,
		exchange_query(x, "presence") };
	if (w.presence != NULL &&
	    !wire_words_have("online|stale|offline", str_from(w.presence))) {
		exchange_reply_error(x, 422,
		    "query: presence: must be online, stale or offline");
		return;
	}
	if (!ask_page(x, LIST_MAX, LIST_LIMIT, &page))
		return;
	struct store_instance_list list = { 0 };
	AUTO(jsn_free) struct jsn *items = jsn_new_array();
	int rc = store_instance_list(store_of(x), exchange_thread(x),
	    exchange_arena(x), exchange_query(x, "deployment"), is_wanted, &w,
	    &page, &list, &e);
	for (size_t i = 0; i < list.len && rc == 0; i++)
		rc = push_instance(x, &list.items[i], items, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *o = jsn_new_object();
	jsn_set(o, "instances", TAKE(items));
	if (list.next != NULL)
		jsn_set_str(o, "next", list.next);
	exchange_reply_json(x, 200, o);
}

/* By id or name. An instance finds those of its own deployment alone: of
 * others it does not even learn that they are. False: answered. */
static bool
find_instance(struct exchange *x, struct store_instance *ret)
{
	const struct caller *c = exchange_caller(x);
	const char *name = exchange_var(x, 0);
	struct err e = { 0 };
	int rc = store_instance_resolve(
	    store_of(x), exchange_thread(x), exchange_arena(x), name, ret, &e);
	if (rc == 0 && c->kind == CALLER_INSTANCE &&
	    !text_eq(ret->deployment, c->deployment))
		rc = err_set(&e, ERR_ABSENT, "no instance '%.64s'", name);
	if (rc < 0)
		exchange_reply_err(x, &e);
	return rc == 0;
}

void
route_instance_get(struct exchange *x)
{
	struct store_instance i;
	if (find_instance(x, &i))
		reply_instance(x, &i);
}

/* --- change ------------------------------------------------------------ */

static void
on_changed(struct store_job *j)
{
	struct exchange *x = j->arg;
	struct router *r = exchange_router(x);
	const struct store_instance_change *c = &j->instance_change;
	if (j->rc < 0) {
		exchange_reply_err(x, &j->err);
	} else {
		log_event(LOG_LEVEL_INFO, "instance_changed",
		    LOG_STR("id", c->id), LOG_STR("by", exchange_caller(x)->id),
		    LOG_INT("revoked", c->revoked));
		/* What was verified before does not count any more, and its
		 * poll learns of it now. */
		if (c->revoked >= 0)
			router_auth_bump(r);
		fabric_wake(r->fabric, c->id);
		reply_instance(x, &c->instance);
	}
	store_job_free(&j);
}

static int
fill_change(struct exchange *x, struct store_job *j, struct err *e)
{
	const struct jsn *q = exchange_json(x);
	struct store_instance_change *c = &j->instance_change;
	const char *name = jsn_peek_str(q, "name", NULL);
	const char *bundle = jsn_peek_str(q, "bundle", NULL);
	int rc = 0;
	if (name != NULL)
		rc = token_check_name("body: .name", name, 255, e);
	if (rc == 0 && bundle != NULL)
		rc = token_check_name("body: .bundle", bundle, 255, e);
	if (rc < 0)
		return rc;
	c->name = name == NULL ? NULL : arena_strdup(j->a, name);
	c->bundle = bundle == NULL ? NULL : arena_strdup(j->a, bundle);
	c->revoked = jsn_type(jsn_get(q, "revoked")) == JSN_BOOL
			 ? jsn_peek_bool(q, "revoked", false)
			 : -1;
	c->now = clock_now_ms();
	return 0;
}

void
route_instance_put(struct exchange *x)
{
	struct store_instance i;
	struct err e = { 0 };
	if (!find_instance(x, &i))
		return;
	struct store_job *j = store_job_new(
	    STORE_instance_change, exchange_thread(x), on_changed, x);
	if (fill_change(x, j, &e) < 0) {
		store_job_free(&j);
		exchange_reply_err(x, &e);
		return;
	}
	j->instance_change.id = arena_strdup(j->a, i.id);
	store_submit(store_of(x), j);
}

static void
on_deleted(struct store_job *j)
{
	struct exchange *x = j->arg;
	struct router *r = exchange_router(x);
	if (j->rc < 0) {
		exchange_reply_err(x, &j->err);
	} else {
		log_event(LOG_LEVEL_INFO, "instance_deleted",
		    LOG_STR("id", j->instance_delete.id),
		    LOG_STR("by", exchange_caller(x)->id));
		router_auth_bump(r);
		fabric_wake(r->fabric, j->instance_delete.id);
		struct jsn *o = jsn_new_object();
		jsn_set_int(o, "ended", j->instance_delete.ended);
		exchange_reply_json(x, 200, o);
	}
	store_job_free(&j);
}

void
route_instance_delete(struct exchange *x)
{
	struct store_instance i;
	if (!find_instance(x, &i))
		return;
	struct store_job *j = store_job_new(
	    STORE_instance_delete, exchange_thread(x), on_deleted, x);
	j->instance_delete.id = arena_strdup(j->a, i.id);
	j->instance_delete.now = clock_now_ms();
	store_submit(store_of(x), j);
}
