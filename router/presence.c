/* SPDX-License-Identifier: MIT */
/*
 * Instances as their polls prove them: which are there, which session of a key
 * is the right one. Two machines with one key show by this: a session that was
 * replaced comes back while the new one lives. A restarted agent never does
 * that, whatever its clock says.
 */
#include <stdlib.h>
#include <string.h>

#include "router/fabric_priv.h"

#define RECENT_MS ((int64_t)6 * 60 * 1000) /* stored each 5 min, and a bit */
#define FORGET_MS ((int64_t)24 * 3600 * 1000)

static uint64_t
digest(const char *text)
{
	uint64_t h = 14695981039346656037u;
	for (const char *p = text; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	return h != 0 ? h : 1;
}

static struct entry **
bucket_of(struct fabric *f, const char *id)
{
	return &f->buckets[digest(id) % ENTRY_BUCKETS];
}

struct entry *
entry_find(struct fabric *f, const char *id)
{
	struct entry *e = *bucket_of(f, id);
	while (e != NULL && strcmp(e->id, id) != 0)
		e = e->next;
	return e;
}

struct entry *
entry_need(struct fabric *f, const char *id)
{
	struct entry *e = entry_find(f, id);
	if (e != NULL)
		return e;
	e = xcalloc(1, sizeof(*e));
	ASSERT(strlen(id) < sizeof(e->id));
	memcpy(e->id, id, strlen(id) + 1);
	e->published = PRESENCE_OFFLINE;
	struct entry **at = bucket_of(f, id);
	e->next = *at;
	*at = e;
	f->entries++;
	return e;
}

enum presence
entry_presence(const struct entry *e, int64_t now)
{
	if (e->poll != NULL || now - e->seen < PRESENCE_ONLINE_MS)
		return e->session != 0 ? PRESENCE_ONLINE : PRESENCE_STALE;
	return now - e->seen < PRESENCE_STALE_MS ? PRESENCE_STALE
						 : PRESENCE_OFFLINE;
}

const char *
presence_name(enum presence p)
{
	static const char *const names[] = { "online", "stale", "offline" };
	return names[p];
}

enum presence
fabric_presence(struct fabric *f, const char *id, int64_t *last_seen)
{
	int64_t now = clock_now_ms();
	enum presence p = PRESENCE_OFFLINE;
	pthread_mutex_lock(&f->lock);
	const struct entry *e = entry_find(f, id);
	if (e != NULL) {
		int64_t seen = e->poll != NULL ? now : e->seen;
		p = entry_presence(e, now);
		if (last_seen != NULL && e->session != 0 && seen > *last_seen)
			*last_seen = seen;
	}
	pthread_mutex_unlock(&f->lock);
	return p;
}

bool
fabric_online(const char *id, void *fabric)
{
	return fabric_presence(fabric, id, NULL) == PRESENCE_ONLINE;
}

int64_t
presence_alive(const char *id, void *fabric)
{
	struct fabric *f = fabric;
	pthread_mutex_lock(&f->lock);
	const struct entry *e = entry_find(f, id);
	int64_t seen = e == NULL         ? 0
		       : e->poll != NULL ? clock_now_ms()
					 : e->seen;
	pthread_mutex_unlock(&f->lock);
	return seen;
}

int64_t
fabric_online_count(struct fabric *f)
{
	int64_t now = clock_now_ms(), n = 0;
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < ENTRY_BUCKETS; i++) {
		for (const struct entry *e = f->buckets[i]; e != NULL;
		     e = e->next)
			n += entry_presence(e, now) == PRESENCE_ONLINE;
	}
	pthread_mutex_unlock(&f->lock);
	return n;
}

/* --- sessions ----------------------------------------------------------- */

static void
session_begin(struct entry *e, uint64_t session)
{
	if (e->session != 0) {
		e->former[e->former_next] = e->session;
		e->former_next = (e->former_next + 1) % SESSIONS_KEPT;
	}
	for (size_t i = 0; i < SESSIONS_KEPT; i++) {
		if (e->former[i] == session)
			e->former[i] = 0;
	}
	e->session = session;
	e->session_at = clock_mono_ms();
	e->told_at = 0;
}

static bool
session_is_former(const struct entry *e, uint64_t session)
{
	for (size_t i = 0; i < SESSIONS_KEPT; i++) {
		if (e->former[i] == session)
			return true;
	}
	return false;
}

/* A former session is back while another one lives. */
static enum enter
session_flip(struct entry *e)
{
	int64_t now = clock_mono_ms();
	if (now - e->session_at < FLIP_SETTLE_MS)
		return ENTER_OTHER; /* it was on its way when it ended */
	memmove(
	    &e->flips[1], &e->flips[0], (FLIPS_MAX - 1) * sizeof(e->flips[0]));
	e->flips[0] = now;
	int64_t oldest = e->flips[FLIPS_MAX - 1];
	if (oldest == 0 || now - oldest > FLIPS_MS)
		return ENTER_OTHER;
	memset(e->flips, 0, sizeof(e->flips));
	return ENTER_CLONE;
}

static enum enter
session_enter(struct entry *e, const char *session)
{
	uint64_t s = digest(session);
	if (s == e->session)
		return ENTER_OK;
	bool lives = entry_presence(e, clock_now_ms()) != PRESENCE_OFFLINE;
	if (session_is_former(e, s) && lives)
		return session_flip(e);
	session_begin(e, s);
	return ENTER_OK;
}

enum enter
presence_enter(struct fabric *f, struct poll *p, const char *session,
    struct poll **ret_older)
{
	bool news = false;
	*ret_older = NULL;
	pthread_mutex_lock(&f->lock);
	struct entry *e = entry_need(f, p->id);
	uint64_t before = e->session;
	enum enter how = session_enter(e, session);
	if (how == ENTER_OK) {
		*ret_older = e->poll;
		if (e->poll != NULL && before != e->session)
			atomic_store(&e->poll->other, true);
		e->poll = poll_ref(p);
		e->seen = clock_now_ms();
		news = e->published != PRESENCE_ONLINE;
	}
	pthread_mutex_unlock(&f->lock);
	if (news)
		fabric_sweep_at(f, 0);
	return how;
}

void
presence_leave(struct fabric *f, struct poll *p)
{
	struct poll *mine = NULL;
	pthread_mutex_lock(&f->lock);
	struct entry *e = entry_find(f, p->id);
	if (e != NULL && e->poll == p) {
		mine = e->poll;
		e->poll = NULL;
		e->seen = clock_now_ms();
	}
	pthread_mutex_unlock(&f->lock);
	poll_unref(&mine);
}

void
presence_told(struct fabric *f, const struct poll *p, struct told *ret)
{
	*ret = (struct told){ .tag = -1, .trust = -1, .bundle = -1 };
	pthread_mutex_lock(&f->lock);
	const struct entry *e = entry_find(f, p->id);
	int64_t left = e == NULL ? 0 : e->told_at + RETELL_MS - clock_mono_ms();
	if (e != NULL && e->told_at != 0 && left > 0) {
		*ret = e->told;
		ret->again_ms = left;
	}
	pthread_mutex_unlock(&f->lock);
}

void
presence_tell(struct fabric *f, const struct poll *p, const struct told *told)
{
	pthread_mutex_lock(&f->lock);
	struct entry *e = entry_find(f, p->id);
	if (e != NULL && !atomic_load(&p->other)) {
		e->told = *told;
		e->told_at = clock_mono_ms();
	}
	pthread_mutex_unlock(&f->lock);
}

/* --- what is stored of it ----------------------------------------------- */

struct collect {
	struct store_job *job;
	struct store_seen *items;
	size_t len, room;
};

static void
collect_add(struct collect *c, struct entry *e, int64_t now, const char *what)
{
	if (c->job == NULL)
		c->job = store_job_new(STORE_instance_seen, -1, NULL, NULL);
	if (c->len == c->room) {
		size_t room = c->room == 0 ? 64 : c->room * 2;
		struct store_seen *items =
		    arena_array_of(c->job->a, struct store_seen, room);
		if (c->len > 0)
			memcpy(items, c->items, c->len * sizeof(*items));
		c->items = items;
		c->room = room;
	}
	int64_t seen = e->poll != NULL ? now : e->seen;
	c->items[c->len++] =
	    (struct store_seen){ arena_strdup(c->job->a, e->id), seen, what };
	e->stored = seen;
}

static void
collect_entry(struct collect *c, struct entry *e, bool all, int64_t now,
    int64_t *ret_next)
{
	enum presence p = entry_presence(e, now);
	if (p == PRESENCE_ONLINE && e->published != PRESENCE_ONLINE) {
		e->published = p;
		collect_add(c, e, now, "online");
	} else if (p == PRESENCE_OFFLINE && e->published == PRESENCE_ONLINE) {
		e->published = p;
		collect_add(c, e, now, "offline");
	} else if (all && e->session != 0 &&
		   (e->poll != NULL || e->seen > e->stored)) {
		collect_add(c, e, now, NULL);
	}
	int64_t offline = e->seen + PRESENCE_STALE_MS;
	if (e->published == PRESENCE_ONLINE && e->poll == NULL &&
	    offline < *ret_next)
		*ret_next = offline;
}

struct store_job *
presence_collect(struct fabric *f, bool all, int64_t now, int64_t *ret_next)
{
	struct collect c = { 0 };
	/* Polls that end from now on cannot go offline sooner. */
	int64_t next = now + PRESENCE_STALE_MS;
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < ENTRY_BUCKETS; i++) {
		for (struct entry **at = &f->buckets[i]; *at != NULL;) {
			struct entry *e = *at;
			collect_entry(&c, e, all, now, &next);
			if (e->poll != NULL || now - e->seen < FORGET_MS) {
				at = &e->next;
				continue;
			}
			*at = e->next;
			free(e);
			f->entries--;
		}
	}
	pthread_mutex_unlock(&f->lock);
	*ret_next = next;
	if (c.job != NULL)
		c.job->instance_seen = (struct store_instance_seen){
			.items = c.items, .len = c.len, .now = now
		};
	return c.job;
}

int
presence_load(struct fabric *f, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store *s = f->router->store;
	struct store_recent_list l;
	int64_t now = clock_now_ms();
	int rc = store_instance_recent(
	    s, store_spare_thread(s), a, RECENT_MS, &l, e);
	if (rc < 0)
		return rc;
	/* Their time runs anew from here: they could not reach us. */
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < l.len; i++) {
		struct entry *t = entry_need(f, l.items[i].id);
		t->seen = now;
		t->stored = l.items[i].last_seen;
		t->published = PRESENCE_ONLINE;
	}
	pthread_mutex_unlock(&f->lock);
	return 0;
}

void
presence_free(struct fabric *f)
{
	for (size_t i = 0; i < ENTRY_BUCKETS; i++) {
		struct entry *next;
		for (struct entry *e = f->buckets[i]; e != NULL; e = next) {
			next = e->next;
			poll_unref(&e->poll);
			free(e);
		}
		f->buckets[i] = NULL;
	}
}
