/* SPDX-License-Identifier: MIT */
/* The fabric's life. */
#include "router/fabric.h"

#include <stdlib.h>

#include "router/fabric_priv.h"

#define FABRIC_MAGIC 0x66616272u

struct fabric *
fabric_new(struct router *r)
{
	struct fabric *f = xcalloc(1, sizeof(*f));
	f->magic = FABRIC_MAGIC;
	f->router = r;
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->sweep_lock, NULL);
	pthread_cond_init(&f->sweep_more, NULL);
	atomic_store(&f->sweep_at, INT64_MAX);
	f->watches = watch_table_new();
	f->lives = live_table_new();
	return f;
}

void
fabric_free(struct fabric **fabric)
{
	struct fabric *f = *fabric;
	if (f == NULL)
		return;
	CHECK_OBJ(f, FABRIC_MAGIC);
	ASSERT(!f->sweeping);
	presence_free(f);
	watch_table_free(&f->watches);
	live_table_free(&f->lives);
	pthread_cond_destroy(&f->sweep_more);
	pthread_mutex_destroy(&f->sweep_lock);
	pthread_mutex_destroy(&f->lock);
	f->magic = 0;
	free(f);
	*fabric = NULL;
}

int
fabric_start(struct fabric *f, struct err *e)
{
	CHECK_OBJ(f, FABRIC_MAGIC);
	int rc = presence_load(f, e);
	return rc < 0 ? rc : sweep_start(f, e);
}

void
fabric_stop(struct fabric *f)
{
	CHECK_OBJ(f, FABRIC_MAGIC);
	sweep_stop(f);
}
