/* SPDX-License-Identifier: MIT */
/*
 * Own tags: changes made here go to the router in the order in which they were
 * made, as many as one call can say; the router's set comes back with each
 * answer, or is fetched when the version that a poll names is another.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/log.h"
#include "common/str.h"
#include "runner/session_priv.h"
#include "wire/tag.h"

#define TAGS_TIMEOUT_MS 30000
#define GROUP_MAX 200

/* A call says "take these off, then put those on": any row of changes comes
 * to that, as long as the leases are the same. */
struct group {
	struct arena *arena;
	const char *add[GROUP_MAX], *remove[2 * GROUP_MAX];
	size_t add_len, remove_len, len;
	int64_t ttl_ms, last_place;
};

static void
forget_added(struct group *g, const char *pattern)
{
	struct tag drop, tag;
	struct err ignored = { 0 };
	if (tag_pattern_parse(str_from(pattern), &drop, &ignored) < 0)
		return;
	size_t kept = 0;
	for (size_t i = 0; i < g->add_len; i++) {
		bool gone =
		    tag_parse(str_from(g->add[i]), &tag, &ignored) == 0 &&
		    tag_matches(&drop, &tag);
		if (!gone)
			g->add[kept++] = g->add[i];
	}
	g->add_len = kept;
}

static void
group_remove(struct group *g, const char *pattern)
{
	forget_added(g, pattern);
	g->remove[g->remove_len++] = pattern;
}

/* False: it belongs to the next call. */
static bool
group_add(struct group *g, const struct journal_tag_change *c, size_t max)
{
	bool puts = c->op != JOURNAL_TAG_REMOVE;
	if (g->len == GROUP_MAX || g->len == max ||
	    (puts && g->add_len > 0 && g->ttl_ms != c->ttl_ms))
		return false;
	if (c->op == JOURNAL_TAG_REMOVE)
		group_remove(g, c->tag);
	struct tag tag;
	struct err ignored = { 0 };
	if (c->op == JOURNAL_TAG_SET &&
	    tag_parse(str_from(c->tag), &tag, &ignored) == 0)
		group_remove(
		    g, arena_printf(g->arena, "%.*s:%.*s=*",
			   STR_ARG(tag.name_space), STR_ARG(tag.predicate)));
	if (puts) {
		g->add[g->add_len++] = c->tag;
		g->ttl_ms = c->ttl_ms;
	}
	g->last_place = c->place;
	g->len++;
	return true;
}

static struct jsn *
group_body(const struct group *g)
{
	struct jsn *body = jsn_new_object();
	struct jsn *add = jsn_new_array(), *remove = jsn_new_array();
	for (size_t i = 0; i < g->add_len; i++)
		jsn_push_str(add, g->add[i]);
	for (size_t i = 0; i < g->remove_len; i++)
		jsn_push_str(remove, g->remove[i]);
	jsn_set(body, "add", add);
	jsn_set(body, "remove", remove);
	if (g->add_len > 0 && g->ttl_ms > 0)
		jsn_set_int(body, "ttl_ms", g->ttl_ms);
	return body;
}

/* ---- who waits for the router ---- */

static void
waiter_finish(struct tag_waiter *w, int rc, const struct err *e)
{
	struct session *s = w->session;
	struct tag_waiter **at = &s->waiters;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	struct err bad = { 0 };
	AUTO(jsn_free) struct jsn *reply = jsn_new_object(), *tags = NULL;
	if (journal_tags(s->o.journal, &tags, &bad) < 0)
		tags = jsn_new_array();
	jsn_set_bool(reply, "changed", w->changed);
	jsn_set(reply, "tags", TAKE(tags));
	w->done(rc, 200, rc == 0 ? reply : NULL, e, w->arg);
	loop_unwatch(&w->timer);
	free(w);
}

static void
on_waited(void *arg)
{
	waiter_finish(arg, 0, NULL);
}

static void
settle_waiters(struct session *s, int64_t place)
{
	struct tag_waiter *next = NULL;
	for (struct tag_waiter *w = s->waiters; w != NULL; w = next) {
		next = w->next;
		if (w->place <= place)
			loop_set(w->timer, 0);
	}
}

void
session_tags_free(struct session *s)
{
	while (s->waiters != NULL) {
		struct tag_waiter *w = s->waiters;
		s->waiters = w->next;
		loop_unwatch(&w->timer);
		free(w);
	}
}

/* ---- with the router ---- */

struct tags_call {
	struct session *session;
	int64_t place; /* of the last change that it carries; 0: none */
	size_t len;
};

static int
settle(struct session *s, const struct jsn *reply, int64_t place, struct err *e)
{
	enum api_route route = place > 0 ? API_tags_change : API_tags_self;
	int rc = wire_shape_check(&wire_routes[route].reply, reply, "tags", e);
	if (rc == 0)
		rc = journal_tags_settle(s->o.journal, jsn_get(reply, "tags"),
		    jsn_peek_int(reply, "version", 0), place, e);
	return rc;
}

/* One of them is refused for good: found by sending them one by one. */
static bool
is_refused(struct session *s, const struct tags_call *c, int status,
    const struct jsn *reply)
{
	if (status != 422 && status != 413)
		return false;
	if (c->len > 1) {
		s->tags_group_max = 1;
		return true;
	}
	struct err e = { 0 };
	log_event(LOG_LEVEL_ERROR, "tag_refused", LOG_INT("status", status),
	    LOG_STR("text", session_complaint(reply)));
	if (journal_tags_forget(s->o.journal, c->place, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "tag_not_forgotten",
		    LOG_STR("text", e.text));
	settle_waiters(s, c->place);
	return true;
}

static void
on_tags(
    int rc, int status, const struct jsn *reply, const struct err *e, void *arg)
{
	struct tags_call c = *(struct tags_call *)arg;
	struct session *s = c.session;
	struct err bad = { 0 };
	free(arg);
	s->tags_busy = false;
	if (rc == 0 && is_refused(s, &c, status, reply)) {
		session_tags_sync(s);
		return;
	}
	if (rc == 0 && status == 200) {
		rc = settle(s, reply, c.place, &bad);
		e = &bad;
	}
	if (rc < 0 || status != 200) {
		session_sync_failed(
		    s, "tags", status, reply, rc < 0 ? e : NULL);
		return;
	}
	s->tags_named = journal_tags_version(s->o.journal);
	s->tags_group_max = SIZE_MAX;
	backoff_reset(&s->sync_backoff);
	settle_waiters(s, c.place);
	session_tags_sync(s);
	session_sync_check(s);
}

static void
ask(struct session *s, enum api_route route, const struct jsn *body,
    int64_t place, size_t len)
{
	struct tags_call *c = xcalloc(1, sizeof(*c));
	*c = (struct tags_call){ .session = s, .place = place, .len = len };
	s->tags_busy = true;
	struct port_call q = { .route = route,
		.json = body,
		.timeout_ms = TAGS_TIMEOUT_MS,
		.done = on_tags,
		.arg = c };
	session_call(s, &q);
}

/* True when changes are on their way. */
static bool
send_changes(struct session *s)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct group *g = arena_new_of(a, struct group);
	struct journal_tag_change *list = NULL;
	struct err e = { 0 };
	size_t len = 0;
	g->arena = a;
	if (journal_tags_pending(a, s->o.journal, GROUP_MAX, &list, &len, &e) <
	    0) {
		log_event(
		    LOG_LEVEL_ERROR, "tags_not_read", LOG_STR("text", e.text));
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (!group_add(g, &list[i], s->tags_group_max))
			break;
	}
	if (g->len == 0)
		return false;
	AUTO(jsn_free) struct jsn *body = group_body(g);
	ask(s, API_tags_change, body, g->last_place, g->len);
	return true;
}

void
session_tags_sync(struct session *s)
{
	if (s->tags_busy || !s->connected || s->stopped || send_changes(s))
		return;
	int64_t have = journal_tags_version(s->o.journal);
	if (have < 0 || (s->tags_named >= 0 && s->tags_named != have))
		ask(s, API_tags_self, NULL, 0, 0);
}

/* ---- changes made here ---- */

static int64_t
last_place(struct session *s)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_tag_change *list = NULL;
	struct err ignored = { 0 };
	size_t len = 0;
	if (journal_tags_pending(
		a, s->o.journal, SIZE_MAX, &list, &len, &ignored) < 0 ||
	    len == 0)
		return 0;
	return list[len - 1].place;
}

int
session_change_tags(struct session *s, const struct jsn *add,
    const struct jsn *remove, bool set, int64_t ttl_ms, int64_t timeout_ms,
    port_done_fn done, void *arg, struct err *e)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	bool changed = false;
	int rc = journal_tags_change(
	    s->o.journal, add, remove, set, ttl_ms, &changed, e);
	if (rc < 0)
		return rc;
	struct tag_waiter *w = xcalloc(1, sizeof(*w));
	int64_t place = last_place(s);
	bool waits = place > 0 && s->connected && timeout_ms > 0;
	*w = (struct tag_waiter){ .next = s->waiters,
		.session = s,
		.place = place,
		.changed = changed,
		.timer =
		    loop_after(s->o.loop, waits ? timeout_ms : 0, on_waited, w),
		.done = done,
		.arg = arg };
	s->waiters = w;
	session_tags_sync(s);
	return 0;
}
