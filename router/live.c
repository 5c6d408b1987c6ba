/* SPDX-License-Identifier: MIT */
/*
 * Short questions to instances that are online. They are few and live for
 * seconds: one list, never stored.
 */
#include <stdlib.h>
#include <string.h>

#include "router/fabric_priv.h"

#define LIVES_MAX 1024 /* of all instances */
#define LIVE_MAX_BYTES API_BODY_MAX_BYTES

struct live {
	struct live *next;
	char rid[ULID_TEXT_BYTES];
	char id[STORE_ID_BYTES];
	/* As text: values are not shared between threads. */
	char *request; /* NULL: it was given to a poll */
	char *answer;
	int64_t deadline; /* ms since 1970 */
	int thread;
	live_fn fn;
	void *arg;
};

struct live_table {
	pthread_mutex_t lock;
	size_t len;
	struct live *first;
};

struct live_table *
live_table_new(void)
{
	struct live_table *t = xcalloc(1, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

static void
live_free(struct live *l)
{
	free(l->request);
	free(l->answer);
	free(l);
}

void
live_table_free(struct live_table **t)
{
	if (*t == NULL)
		return;
	struct live *next;
	for (struct live *l = (*t)->first; l != NULL; l = next) {
		next = l->next;
		live_free(l);
	}
	pthread_mutex_destroy(&(*t)->lock);
	free(*t);
	*t = NULL;
}

static size_t
count_of(const struct live_table *t, const char *id)
{
	size_t n = 0;
	for (const struct live *l = t->first; l != NULL; l = l->next)
		n += text_eq(l->id, id);
	return n;
}

static char *
text_of(const struct jsn *v)
{
	struct buf b = BUF_INIT(LIVE_MAX_BYTES);
	jsn_format(v, JSN_PLAIN, &b);
	if (b.len == 0 || buf_failed(&b)) {
		buf_release(&b);
		return xstrdup("{}");
	}
	return buf_take(&b);
}

static struct jsn *
value_of(char *text)
{
	struct jsn *v = NULL;
	struct err e = { 0 };
	int rc = jsn_parse(str_from(text), "question", LIVE_MAX_BYTES, &v, &e);
	ASSERT(rc >= 0); /* it was made from a value */
	free(text);
	return v;
}

static struct live *
live_new(const char *id, const char *type, const struct jsn *body)
{
	struct live *l = xcalloc(1, sizeof(*l));
	ulid_new(l->rid);
	memcpy(l->id, id, strlen(id) + 1);
	AUTO(jsn_free) struct jsn *request = jsn_new_object();
	jsn_set_str(request, "rid", l->rid);
	jsn_set_str(request, "type", type);
	if (body != NULL)
		jsn_set(
		    request, "body", jsn_ref((struct jsn *)(uintptr_t)body));
	l->request = text_of(request);
	return l;
}

int
live_ask(struct fabric *f, const char *id, const char *type,
    const struct jsn *body, int64_t timeout_ms, int thread, live_fn fn,
    void *arg, struct err *e)
{
	struct live_table *t = f->lives;
	if (strlen(id) >= STORE_ID_BYTES || !fabric_online(id, f))
		return err_set(e, ERR_STATE, "instance '%s' is not online", id);
	struct live *l = live_new(id, type, body);
	l->deadline = clock_now_ms() + timeout_ms;
	l->thread = thread;
	l->fn = fn;
	l->arg = arg;
	pthread_mutex_lock(&t->lock);
	bool full = t->len >= LIVES_MAX || count_of(t, id) >= LIVE_MAX;
	if (!full) {
		struct live **last = &t->first;
		while (*last != NULL)
			last = &(*last)->next;
		*last = l;
		__atomic_store_n(&t->len, t->len + 1, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&t->lock);
	if (full) {
		live_free(l);
		return err_set(e, ERR_STATE,
		    "too many questions wait for instance '%s'", id);
	}
	fabric_sweep_at(f, l->deadline);
	fabric_wake(f, id);
	return 0;
}

struct jsn *
live_take(struct fabric *f, const char *id)
{
	struct live_table *t = f->lives;
	struct jsn *all = NULL;
	if (__atomic_load_n(&t->len, __ATOMIC_ACQUIRE) == 0)
		return NULL;
	pthread_mutex_lock(&t->lock);
	for (struct live *l = t->first; l != NULL; l = l->next) {
		if (l->request == NULL || !text_eq(l->id, id))
			continue;
		if (all == NULL)
			all = jsn_new_array();
		jsn_push(all, value_of(TAKE(l->request)));
	}
	pthread_mutex_unlock(&t->lock);
	return all;
}

/* --- answers ------------------------------------------------------------ */

static void
tell(void *arg)
{
	struct live *l = arg;
	l->fn(l->answer != NULL ? value_of(TAKE(l->answer)) : NULL, l->arg);
	live_free(l);
}

static struct live *
take_if(struct live_table *t, bool (*is)(const struct live *l, const void *arg),
    const void *arg)
{
	struct live **at = &t->first;
	while (*at != NULL && !is(*at, arg))
		at = &(*at)->next;
	struct live *l = *at;
	if (l != NULL) {
		*at = l->next;
		l->next = NULL;
		__atomic_store_n(&t->len, t->len - 1, __ATOMIC_RELEASE);
	}
	return l;
}

struct whose {
	const char *rid, *id;
};

static bool
is_whose(const struct live *l, const void *arg)
{
	const struct whose *w = arg;
	return text_eq(l->rid, w->rid) && text_eq(l->id, w->id);
}

void
live_answer(struct fabric *f, const char *id, const struct jsn *replies)
{
	struct live_table *t = f->lives;
	for (size_t i = 0; i < jsn_len(replies); i++) {
		const struct jsn *r = jsn_at(replies, i);
		struct whose w = { jsn_peek_str(r, "rid", ""), id };
		pthread_mutex_lock(&t->lock);
		struct live *l = take_if(t, is_whose, &w);
		pthread_mutex_unlock(&t->lock);
		if (l == NULL)
			continue; /* too late, or never asked */
		l->answer = text_of(jsn_get(r, "body"));
		fabric_post(l->thread, tell, l, f);
	}
}

static bool
is_late(const struct live *l, const void *arg)
{
	return l->deadline <= *(const int64_t *)arg;
}

int64_t
live_sweep(struct fabric *f, int64_t now)
{
	struct live_table *t = f->lives;
	int64_t next = INT64_MAX;
	for (;;) {
		pthread_mutex_lock(&t->lock);
		struct live *late = take_if(t, is_late, &now);
		for (const struct live *l = t->first; l != NULL; l = l->next) {
			if (l->deadline < next)
				next = l->deadline;
		}
		pthread_mutex_unlock(&t->lock);
		if (late == NULL)
			return next;
		fabric_post(late->thread, tell, late, f);
	}
}
