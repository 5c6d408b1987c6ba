/* SPDX-License-Identifier: MIT */
/*
 * Things that may be used once: nonces we made, ids of assertions we saw. In
 * memory, by end time; a restart forgets nonces (machines ask for another)
 * and ids (assertions live for a minute at most).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/sign.h"
#include "router/store_priv.h"

#define ONCE_BUCKETS 4096
#define ONCE_MAX 200000
#define NONCE_BYTES 24

struct thing {
	struct thing *next;
	int64_t until;
	bool is_nonce;
	char text[];
};

struct once {
	pthread_mutex_t lock;
	size_t len;
	int64_t swept;
	struct thing *buckets[ONCE_BUCKETS];
};

struct once *
once_new(void)
{
	struct once *o = xcalloc(1, sizeof(*o));
	pthread_mutex_init(&o->lock, NULL);
	return o;
}

static void
sweep(struct once *o, int64_t now)
{
	for (size_t i = 0; i < ONCE_BUCKETS; i++) {
		for (struct thing **at = &o->buckets[i]; *at != NULL;) {
			struct thing *t = *at;
			if (t->until > now) {
				at = &t->next;
				continue;
			}
			*at = t->next;
			free(t);
			o->len--;
		}
	}
	o->swept = now;
}

void
once_free(struct once **o)
{
	if (*o == NULL)
		return;
	sweep(*o, INT64_MAX);
	pthread_mutex_destroy(&(*o)->lock);
	free(*o);
	*o = NULL;
}

static struct thing **
find(struct once *o, const char *text)
{
	uint64_t h = 14695981039346656037u;
	for (const char *p = text; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	struct thing **at = &o->buckets[h % ONCE_BUCKETS];
	while (*at != NULL && !text_eq((*at)->text, text))
		at = &(*at)->next;
	return at;
}

/* False: it is there already, or memory for such things is used up. */
static bool
remember(struct once *o, const char *text, int64_t until, bool is_nonce)
{
	int64_t now = clock_now_ms();
	if (now - o->swept > 10000 || o->len >= ONCE_MAX)
		sweep(o, now);
	struct thing **at = find(o, text);
	if (*at != NULL || o->len >= ONCE_MAX)
		return false;
	size_t len = strlen(text) + 1;
	struct thing *t = xmalloc(sizeof(*t) + len);
	t->next = NULL;
	t->until = until;
	t->is_nonce = is_nonce;
	memcpy(t->text, text, len);
	*at = t;
	o->len++;
	return true;
}

void
store_nonce_new(struct store *s, int64_t ttl_ms, struct buf *out)
{
	AUTO_BUF struct buf b = BUF_INIT(256);
	sign_random_text(NONCE_BYTES, &b);
	pthread_mutex_lock(&s->once->lock);
	remember(s->once, buf_text(&b), clock_now_ms() + ttl_ms, true);
	pthread_mutex_unlock(&s->once->lock);
	buf_add_str(out, buf_text(&b));
}

bool
store_nonce_use(struct store *s, const char *nonce)
{
	pthread_mutex_lock(&s->once->lock);
	struct thing **at = find(s->once, nonce), *t = *at;
	bool good = t != NULL && t->is_nonce && t->until > clock_now_ms();
	if (good) {
		*at = t->next;
		free(t);
		s->once->len--;
	}
	pthread_mutex_unlock(&s->once->lock);
	return good;
}

bool
store_once(struct store *s, const char *text, int64_t until)
{
	pthread_mutex_lock(&s->once->lock);
	bool first = remember(s->once, text, until, false);
	pthread_mutex_unlock(&s->once->lock);
	return first;
}
