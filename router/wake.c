/* SPDX-License-Identifier: MIT */
/*
 * From a commit to the polls that wait: looked up by instance, posted to the
 * threads that own them, one message a thread and commit.
 */
#include <stdlib.h>
#include <string.h>

#include "router/fabric_priv.h"

struct batch {
	size_t len, room;
	struct poll **polls;
};

static void
batch_run(void *arg)
{
	struct batch *b = arg;
	for (size_t i = 0; i < b->len; i++)
		poll_wake(b->polls[i]);
	free(b->polls);
	free(b);
}

static void
batch_add(struct batch **b, struct poll *p)
{
	if (*b == NULL)
		*b = xcalloc(1, sizeof(**b));
	if ((*b)->len == (*b)->room) {
		(*b)->room = (*b)->room == 0 ? 4 : (*b)->room * 2;
		(*b)->polls = xreallocarray(
		    (*b)->polls, (*b)->room, sizeof(*(*b)->polls));
	}
	(*b)->polls[(*b)->len++] = poll_ref(p);
}

struct httpd *
fabric_httpd(const struct fabric *f)
{
	return __atomic_load_n(&f->router->httpd, __ATOMIC_ACQUIRE);
}

static void
send_batches(struct fabric *f, struct batch **batches, int threads)
{
	for (int i = 0; i < threads; i++) {
		if (batches[i] != NULL)
			httpd_post(fabric_httpd(f), i, batch_run, batches[i]);
	}
	free(batches);
}

static void
wake_ids(struct fabric *f, const char *const *ids, size_t len)
{
	int threads = httpd_threads(fabric_httpd(f));
	struct batch **batches = xcalloc((size_t)threads, sizeof(*batches));
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < len; i++) {
		const struct entry *e = entry_find(f, ids[i]);
		if (e != NULL && e->poll != NULL)
			batch_add(&batches[e->poll->thread], e->poll);
	}
	pthread_mutex_unlock(&f->lock);
	send_batches(f, batches, threads);
}

void
fabric_wake(struct fabric *f, const char *id)
{
	wake_ids(f, &id, 1);
}

void
fabric_wake_all(struct fabric *f)
{
	int threads = httpd_threads(fabric_httpd(f));
	struct batch **batches = xcalloc((size_t)threads, sizeof(*batches));
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < ENTRY_BUCKETS; i++) {
		for (const struct entry *e = f->buckets[i]; e != NULL;
		     e = e->next) {
			if (e->poll != NULL)
				batch_add(&batches[e->poll->thread], e->poll);
		}
	}
	pthread_mutex_unlock(&f->lock);
	send_batches(f, batches, threads);
}

void
fabric_post(int thread, void (*fn)(void *), void *arg, void *fabric)
{
	struct httpd *h = fabric_httpd(fabric);
	/* Without a server (command line, tests) the writer tells. */
	if (h != NULL)
		httpd_post(h, thread, fn, arg);
	else
		fn(arg);
}

void
fabric_changed(const struct store_changes *c, void *fabric)
{
	struct fabric *f = fabric;
	if (fabric_httpd(f) == NULL)
		return;
	if (c->ids_len > 0)
		wake_ids(f, c->ids, c->ids_len);
	if (c->cids_len > 0)
		watch_wake(f, c->cids, c->cids_len);
	if (c->aids_len > 0)
		watch_wake(f, c->aids, c->aids_len);
	if (c->sweep)
		fabric_sweep_at(f, 0);
}
