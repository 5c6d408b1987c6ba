/* SPDX-License-Identifier: MIT */
/*
 * Failures from each address: a bucket of tries that fills again with time.
 * A table of fixed size: when many addresses fail at once, the one that has
 * been quiet longest is forgotten.
 */
#include <pthread.h>
#include <string.h>

#include "router/auth.h"

#define SETS 256
#define WAYS 4
#define TRIES_MAX 30
#define TRY_MS 2000 /* a try comes back after this */

struct peer {
	char address[48];
	int64_t empty_until; /* the time at which no failure is counted any
				more: TRY_MS for each */
};

struct auth_limits {
	pthread_mutex_t lock;
	struct peer peers[SETS][WAYS];
};

struct auth_limits *
auth_limits_new(void)
{
	struct auth_limits *l = xcalloc(1, sizeof(*l));
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
auth_limits_free(struct auth_limits **l)
{
	if (l == NULL || *l == NULL)
		return;
	pthread_mutex_destroy(&(*l)->lock);
	free(*l);
	*l = NULL;
}

static struct peer *
set_of(struct auth_limits *l, const char *address)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (; *address != '\0'; address++)
		hash = (hash ^ (uint8_t)*address) * 16777619u;
	return l->peers[hash % SETS];
}

static struct peer *
find(struct auth_limits *l, const char *address, bool or_make)
{
	struct peer *set = set_of(l, address), *oldest = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (strncmp(set[i].address, address,
			sizeof(set[i].address) - 1) == 0)
			return &set[i];
		if (set[i].empty_until < oldest->empty_until)
			oldest = &set[i];
	}
	if (!or_make)
		return NULL;
	*oldest = (struct peer){ .empty_until = 0 };
	snprintf(oldest->address, sizeof(oldest->address), "%s", address);
	return oldest;
}

int
auth_may_try(
    struct auth_limits *l, const char *peer, int64_t now_ms, struct err *e)
{
	pthread_mutex_lock(&l->lock);
	const struct peer *p = find(l, peer, false);
	int64_t used_ms = p == NULL ? 0 : p->empty_until - now_ms;
	pthread_mutex_unlock(&l->lock);
	if (used_ms <= (int64_t)(TRIES_MAX - 1) * TRY_MS)
		return 0;
	return err_set(e, ERR_LIMIT,
	    "too many failed attempts from this address; wait a minute");
}

void
auth_failed(struct auth_limits *l, const char *peer, int64_t now_ms)
{
	pthread_mutex_lock(&l->lock);
	struct peer *p = find(l, peer, true);
	if (p->empty_until < now_ms)
		p->empty_until = now_ms;
	if (p->empty_until - now_ms < (int64_t)TRIES_MAX * TRY_MS)
		p->empty_until += TRY_MS;
	pthread_mutex_unlock(&l->lock);
}
