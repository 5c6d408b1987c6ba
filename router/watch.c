/* SPDX-License-Identifier: MIT */
/*
 * Who waits for a command or an audit to change. A watcher is its thread's:
 * others only mark it and post; the thread then calls those that are marked.
 */
#include <stdlib.h>
#include <string.h>

#include "router/fabric_priv.h"

#define WATCH_BUCKETS 1024

struct watch {
	struct watch *next;
	char key[STORE_ID_BYTES];
	int thread;
	bool marked;
	void (*fn)(void *arg);
	void *arg;
};

struct watch_table {
	pthread_mutex_t lock;
	size_t len;
	struct watch *buckets[WATCH_BUCKETS];
};

struct watch_table *
watch_table_new(void)
{
	struct watch_table *t = xcalloc(1, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void
watch_table_free(struct watch_table **t)
{
	if (*t == NULL)
		return;
	for (size_t i = 0; i < WATCH_BUCKETS; i++) {
		struct watch *next;
		for (struct watch *w = (*t)->buckets[i]; w != NULL; w = next) {
			next = w->next;
			free(w);
		}
	}
	pthread_mutex_destroy(&(*t)->lock);
	free(*t);
	*t = NULL;
}

static struct watch **
bucket_of(struct watch_table *t, const char *key)
{
	uint32_t h = 2166136261u;
	for (const char *p = key; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	return &t->buckets[h % WATCH_BUCKETS];
}

struct watch *
watch_add(struct fabric *f, const char *key, int thread, void (*fn)(void *arg),
    void *arg)
{
	struct watch_table *t = f->watches;
	struct watch *w = xcalloc(1, sizeof(*w));
	/* A longer key is none of ours: nothing will ever change there. */
	if (strlen(key) < sizeof(w->key))
		memcpy(w->key, key, strlen(key) + 1);
	w->thread = thread;
	w->fn = fn;
	w->arg = arg;
	pthread_mutex_lock(&t->lock);
	struct watch **at = bucket_of(t, w->key);
	w->next = *at;
	*at = w;
	__atomic_store_n(&t->len, t->len + 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&t->lock);
	return w;
}

void
watch_remove(struct fabric *f, struct watch **watch)
{
	struct watch_table *t = f->watches;
	struct watch *w = *watch;
	if (w == NULL)
		return;
	*watch = NULL;
	pthread_mutex_lock(&t->lock);
	struct watch **at = bucket_of(t, w->key);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	__atomic_store_n(&t->len, t->len - 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&t->lock);
	free(w);
}

/* --- waking ------------------------------------------------------------- */

struct message {
	struct fabric *fabric;
	int thread;
	size_t len;
	char keys[][STORE_ID_BYTES];
};

static struct watch *
take_marked(struct watch_table *t, const char *key, int thread)
{
	struct watch *w = *bucket_of(t, key);
	while (w != NULL &&
	       !(w->marked && w->thread == thread && strcmp(w->key, key) == 0))
		w = w->next;
	if (w != NULL)
		w->marked = false;
	return w;
}

/* On the watchers' thread. fn may add and remove. */
static void
message_run(void *arg)
{
	struct message *m = arg;
	struct watch_table *t = m->fabric->watches;
	for (size_t i = 0; i < m->len; i++) {
		for (;;) {
			pthread_mutex_lock(&t->lock);
			struct watch *w = take_marked(t, m->keys[i], m->thread);
			pthread_mutex_unlock(&t->lock);
			if (w == NULL)
				break;
			w->fn(w->arg);
		}
	}
	free(m);
}

/* Marks a key's watchers; the threads they are on. */
static uint64_t
mark(struct watch_table *t, const char *key)
{
	uint64_t threads = 0;
	for (struct watch *w = *bucket_of(t, key); w != NULL; w = w->next) {
		if (w->marked || strcmp(w->key, key) != 0)
			continue;
		w->marked = true;
		threads |= (uint64_t)1 << (w->thread % 64);
	}
	return threads;
}

static void
message_add(struct fabric *f, struct message **m, int thread, const char *key,
    size_t room)
{
	if (*m == NULL) {
		*m = xcalloc(1, sizeof(**m) + room * STORE_ID_BYTES);
		(*m)->fabric = f;
		(*m)->thread = thread;
	}
	memcpy((*m)->keys[(*m)->len++], key, strlen(key) + 1);
}

void
watch_wake(struct fabric *f, const char *const *keys, size_t len)
{
	struct watch_table *t = f->watches;
	if (__atomic_load_n(&t->len, __ATOMIC_ACQUIRE) == 0)
		return;
	int threads = httpd_threads(fabric_httpd(f));
	struct message **messages = xcalloc((size_t)threads, sizeof(*messages));
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < len; i++) {
		if (strlen(keys[i]) >= STORE_ID_BYTES)
			continue;
		uint64_t on = mark(t, keys[i]);
		for (int k = 0; on != 0 && k < threads; k++) {
			if (on & ((uint64_t)1 << k))
				message_add(
				    f, &messages[k], k, keys[i], len - i);
		}
	}
	pthread_mutex_unlock(&t->lock);
	for (int k = 0; k < threads; k++) {
		if (messages[k] != NULL)
			httpd_post(
			    fabric_httpd(f), k, message_run, messages[k]);
	}
	free(messages);
}
