/* SPDX-License-Identifier: MIT */
/*
 * The one timer of the router: a thread that sleeps until something is due.
 */
#include <errno.h>
#include <time.h>

#include "common/log.h"
#include "router/fabric_priv.h"

#define FLUSH_MS ((int64_t)5 * 60 * 1000) /* last_seen is stored so often */
#define AUDIT_PURGE_MS ((int64_t)3600 * 1000)
#define AUDIT_PURGE_MAX 200
#define PAUSE_MS 20    /* between two pieces of work */
#define FAILED_MS 5000 /* until a failed one is tried again */

void
fabric_sweep_at(struct fabric *f, int64_t at)
{
	if (at >= atomic_load(&f->sweep_at))
		return;
	pthread_mutex_lock(&f->sweep_lock);
	if (at < atomic_load(&f->sweep_at)) {
		atomic_store(&f->sweep_at, at);
		pthread_cond_signal(&f->sweep_more);
	}
	pthread_mutex_unlock(&f->sweep_lock);
}

static void
sooner(int64_t *at, int64_t other)
{
	if (other < *at)
		*at = other;
}

static void
sweep_presence(struct fabric *f, int64_t now)
{
	bool all = now >= f->flush_at;
	struct store_job *j = presence_collect(f, all, now, &f->transition_at);
	if (all)
		f->flush_at = now + FLUSH_MS;
	if (j != NULL)
		store_submit(f->router->store, j);
}

static int
sweep_store(struct fabric *f, int64_t now, struct err *e)
{
	struct store *s = f->router->store;
	int64_t due;
	int rc = store_next_deadline(s, store_spare_thread(s), &due, e);
	if (rc < 0 || due > now)
		return rc;
	AUTO(store_job_free)
	struct store_job *j = store_job_new(STORE_sweep, -1, NULL, NULL);
	j->sweep = (struct store_sweep){
		.now = now, .alive = presence_alive, .arg = f
	};
	if (store_do(s, j) < 0) {
		*e = j->err;
		return j->rc;
	}
	return 0;
}

static int
sweep_audits(struct fabric *f, int64_t now, struct err *e)
{
	if (now < f->audit_purge_at)
		return 0;
	AUTO(store_job_free)
	struct store_job *j = store_job_new(STORE_audit_purge, -1, NULL, NULL);
	j->audit_purge =
	    (struct store_audit_purge){ .before = now - FABRIC_AUDIT_LIFE_MS,
		    .max = AUDIT_PURGE_MAX };
	if (store_do(f->router->store, j) < 0) {
		*e = j->err;
		return j->rc;
	}
	bool more = j->audit_purge.done == AUDIT_PURGE_MAX;
	f->audit_purge_at = now + (more ? PAUSE_MS : AUDIT_PURGE_MS);
	return 0;
}

/* Does what is due; when the next is. */
static int64_t
sweep(struct fabric *f)
{
	struct store *s = f->router->store;
	struct err e = { 0 };
	int64_t now = clock_now_ms(), due = 0;
	int64_t at = live_sweep(f, now);
	sweep_presence(f, now);
	int rc = sweep_store(f, now, &e);
	if (rc >= 0)
		rc = sweep_audits(f, now, &e);
	if (rc >= 0)
		rc = store_next_deadline(s, store_spare_thread(s), &due, &e);
	if (rc < 0) {
		log_event(
		    LOG_LEVEL_ERROR, "sweep_failed", LOG_STR("why", e.text));
		due = now + FAILED_MS;
	}
	sooner(&at, due);
	sooner(&at, f->flush_at);
	sooner(&at, f->transition_at);
	sooner(&at, f->audit_purge_at);
	return at;
}

static void
wait_until(struct fabric *f, int64_t at)
{
	struct timespec t = { .tv_sec = (time_t)(at / 1000),
		.tv_nsec = (long)(at % 1000) * 1000000 };
	/* The wall clock: what is due is said in its time. */
	pthread_cond_timedwait(&f->sweep_more, &f->sweep_lock, &t);
}

static int64_t
wake_at(struct fabric *f, int64_t earliest)
{
	int64_t at = atomic_load(&f->sweep_at);
	return at > earliest ? at : earliest;
}

static void *
sweep_main(void *arg)
{
	struct fabric *f = arg;
	pthread_mutex_lock(&f->sweep_lock);
	while (!f->stop) {
		atomic_store(&f->sweep_at, INT64_MAX);
		pthread_mutex_unlock(&f->sweep_lock);
		int64_t at = sweep(f);
		pthread_mutex_lock(&f->sweep_lock);
		if (at < atomic_load(&f->sweep_at))
			atomic_store(&f->sweep_at, at);
		/* What comes in between is done in one go. */
		int64_t pause = clock_now_ms() + PAUSE_MS;
		while (!f->stop && clock_now_ms() < wake_at(f, pause))
			wait_until(f, wake_at(f, pause));
	}
	pthread_mutex_unlock(&f->sweep_lock);
	return NULL;
}

int
sweep_start(struct fabric *f, struct err *e)
{
	f->flush_at = clock_now_ms() + FLUSH_MS;
	int sys = pthread_create(&f->sweeper, NULL, sweep_main, f);
	if (sys != 0)
		return err_sysno(e, sys, "start the sweep");
	pthread_setname_np(f->sweeper, "sweep");
	f->sweeping = true;
	return 0;
}

void
sweep_stop(struct fabric *f)
{
	if (!f->sweeping)
		return;
	pthread_mutex_lock(&f->sweep_lock);
	f->stop = true;
	pthread_cond_signal(&f->sweep_more);
	pthread_mutex_unlock(&f->sweep_lock);
	pthread_join(f->sweeper, NULL);
	f->sweeping = false;
	/* What memory knows of the last minutes. */
	int64_t next;
	struct store_job *j = presence_collect(f, true, clock_now_ms(), &next);
	if (j != NULL)
		store_submit(f->router->store, j);
}
