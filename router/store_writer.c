/* SPDX-License-Identifier: MIT */
/*
 * Group commit: a thread that takes all jobs that wait, does them in one
 * transaction, and tells each after the commit. Trickiest invariant: nobody is
 * told anything of a job before the commit that contains it.
 */
#include "router/store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"

struct job_row {
	int (*fn)(struct store *s, struct writer *w, struct store_job *j,
	    struct err *e);
	enum store_file file;
	const char *name;
};
static const struct job_row rows[STORE_OPS] = {
#define STORE_JOB_ROW(name_, file_, prose_)                                    \
	{ job_##name_, STORE_FILE_##file_, #name_ },
	STORE_JOBS(STORE_JOB_ROW)
#undef STORE_JOB_ROW
};

struct store_job *
store_job_new(
    enum store_op op, int thread, void (*done)(struct store_job *j), void *arg)
{
	struct store_job *j = xcalloc(1, sizeof(*j));
	j->op = op;
	j->thread = thread;
	j->done = done;
	j->arg = arg;
	j->a = arena_new();
	return j;
}

void
store_job_free(struct store_job **j)
{
	if (*j == NULL)
		return;
	arena_free(&(*j)->a);
	free(*j);
	*j = NULL;
}

/* --- telling ------------------------------------------------------------ */

static void
tell_list(void *arg)
{
	struct store_job *j = arg;
	while (j != NULL) {
		struct store_job *next = j->next;
		j->next = NULL;
		if (j->done == NULL)
			store_job_free(&j);
		else
			j->done(j);
		j = next;
	}
}

/* One post a thread, jobs in their order. */
static void
tell(struct store *s, struct store_job *jobs)
{
	while (jobs != NULL) {
		int thread = jobs->thread;
		struct store_job *mine = NULL, **mine_last = &mine;
		struct store_job *rest = NULL, **rest_last = &rest;
		for (struct store_job *j = jobs, *next; j != NULL; j = next) {
			next = j->next;
			j->next = NULL;
			struct store_job ***last =
			    j->thread == thread ? &mine_last : &rest_last;
			**last = j;
			*last = &j->next;
		}
		if (thread >= 0 && s->o.post != NULL)
			s->o.post(thread, tell_list, mine, s->o.ctx);
		else
			tell_list(mine);
		jobs = rest;
	}
}

/* --- asking ------------------------------------------------------------- */

void
store_submit(struct store *s, struct store_job *j)
{
	enum store_file file = rows[j->op].file;
	writer_submit(
	    &s->writers[file == STORE_FILE_audit], j, file == STORE_FILE_lazy);
}

void
writer_submit(struct writer *w, struct store_job *j, bool lazy)
{
	j->next = NULL;
	j->queued_at_ms = clock_mono_ms();
	pthread_mutex_lock(&w->lock);
	if (w->stop) {
		pthread_mutex_unlock(&w->lock);
		j->rc =
		    err_set(&j->err, ERR_CLOSED, "the router is about to stop");
		tell(w->store, j);
		return;
	}
	bool was_asleep = w->hurried == 0 && (!lazy || w->queued == 0);
	*w->last = j;
	w->last = &j->next;
	w->queued++;
	w->hurried += !lazy;
	if (was_asleep)
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

/* --- one group ---------------------------------------------------------- */

static void
job_run(struct writer *w, struct store_job *j)
{
	err_clear(&j->err);
	j->rc = rows[j->op].fn(w->store, w, j, &j->err);
	/* What a caller did wrong is told as it is; where we failed is for the
	 * log. */
	if (j->rc == ERR_SYS)
		err_wrap(&j->err, "store: %s", rows[j->op].name);
	if (j->rc > 0)
		j->rc = 0;
}

/* Every job in one transaction. 1: one of them failed after it wrote. */
static int
group_try(struct writer *w, struct store_job *jobs)
{
	for (struct store_job *j = jobs; j != NULL; j = j->next) {
		int64_t before = w->conn.writes;
		job_run(w, j);
		if (j->rc < 0 && w->conn.writes != before)
			return 1;
	}
	return 0;
}

/* The same, each job behind a savepoint. */
static int
group_marked(struct writer *w, struct store_job *jobs, struct err *e)
{
	for (struct store_job *j = jobs; j != NULL; j = j->next) {
		struct effects before = w->effects;
		int rc = db_mark(w->conn.db, e);
		if (rc < 0)
			return rc;
		job_run(w, j);
		db_unmark(w->conn.db, j->rc >= 0);
		if (j->rc < 0)
			w->effects = before;
	}
	return 0;
}

static int
tick_store(struct writer *w, struct err *e)
{
	struct store *s = w->store;
	if (w != &s->writers[0] || s->tick == s->tick_stored)
		return 0;
	return sql_do(&w->conn, SQL_tick_set, e, "i", s->tick);
}

static int
group_begin(struct writer *w, struct err *e)
{
	arena_reset(w->effects_arena);
	w->effects = (struct effects){ 0 };
	return db_begin(w->conn.db, e);
}

static int
group_do(struct writer *w, struct store_job *jobs, struct err *e)
{
	int rc = group_begin(w, e);
	if (rc < 0)
		return rc;
	rc = group_try(w, jobs);
	if (rc == 1) {
		db_rollback(w->conn.db);
		if ((rc = group_begin(w, e)) < 0)
			return rc;
		rc = group_marked(w, jobs, e);
	}
	if (rc >= 0)
		rc = tick_store(w, e);
	if (rc >= 0)
		rc = db_commit(w->conn.db, e);
	if (rc < 0)
		db_rollback(w->conn.db);
	return rc;
}

/* --- after a commit ----------------------------------------------------- */

/* Lowers *at to `value` unless it is lower (0: not set). */
static void
advance(int64_t *at, int64_t value)
{
	int64_t old = __atomic_load_n(at, __ATOMIC_RELAXED);
	if (value != 0 && (old == 0 || value < old))
		__atomic_store_n(at, value, __ATOMIC_RELAXED);
}

static void
publish_memory(struct store *s, const struct effects *f)
{
	s->tick_stored = s->tick;
	if (f->event_seq > 0)
		__atomic_store_n(
		    &s->event_last, f->event_seq, __ATOMIC_RELEASE);
	for (size_t i = 0; i < ARRAY_LEN(f->ended); i++) {
		if (f->ended[i] != 0)
			__atomic_fetch_add(
			    &s->ended[i], f->ended[i], __ATOMIC_RELAXED);
	}
	int64_t unbound =
	    __atomic_add_fetch(&s->unbound, f->unbound, __ATOMIC_RELAXED);
	advance(&s->lease_at, f->lease_at);
	if (f->rebind && unbound > 0)
		advance(&s->rebind_at, 1);
}

static void
publish(struct writer *w)
{
	struct store *s = w->store;
	const struct effects *f = &w->effects;
	if (w == &s->writers[0])
		publish_memory(s, f);
	struct store_changes c = { .ids = f->ids.items,
		.cids = f->cids.items,
		.aids = f->aids.items,
		.ids_len = f->ids.len,
		.cids_len = f->cids.len,
		.aids_len = f->aids.len,
		.event_seq = f->event_seq,
		.sweep = f->rebind || f->lease_at != 0 };
	if (s->o.changed != NULL && (c.ids_len + c.cids_len + c.aids_len > 0 ||
					c.event_seq > 0 || c.sweep))
		s->o.changed(&c, s->o.ctx);
}

static int64_t
now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

const int64_t store_time_bounds_us[STORE_TIME_BUCKETS - 1] = { 250, 500, 1000,
	2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000,
	5000000 };
const int64_t store_group_bounds[STORE_GROUP_BUCKETS - 1] = { 1, 2, 4, 8, 16,
	32, 64, 128, 256, 512, 1024 };

static void
add_to_bucket(
    int64_t *buckets, const int64_t *bounds, size_t len, int64_t value)
{
	size_t i = 0;
	while (i + 1 < len && value > bounds[i])
		i++;
	__atomic_fetch_add(&buckets[i], 1, __ATOMIC_RELAXED);
}

static void
count_group(struct writer *w, size_t len, int64_t us)
{
	__atomic_fetch_add(&w->jobs, (int64_t)len, __ATOMIC_RELAXED);
	__atomic_fetch_add(&w->commits, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&w->commit_us_sum, us, __ATOMIC_RELAXED);
	if (us > w->commit_us_max)
		__atomic_store_n(&w->commit_us_max, us, __ATOMIC_RELAXED);
	add_to_bucket(w->by_time, store_time_bounds_us, STORE_TIME_BUCKETS, us);
	add_to_bucket(
	    w->by_group, store_group_bounds, STORE_GROUP_BUCKETS, (int64_t)len);
}

static void
group(struct writer *w, struct store_job *jobs, size_t len)
{
	struct err e = { 0 };
	int64_t start = now_us();
	if (group_do(w, jobs, &e) < 0) {
		if (e.code == ERR_LIMIT)
			e.sys = ENOSPC;
		for (struct store_job *j = jobs; j != NULL; j = j->next) {
			j->rc = e.code;
			j->err = e;
		}
	} else {
		publish(w);
	}
	count_group(w, len, now_us() - start);
	tell(w->store, jobs);
}

/* --- the thread --------------------------------------------------------- */

static void
wait_ms(struct writer *w, int64_t ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&w->more, &w->lock, &t);
}

/* Waits for a job that has hurry, for a lazy one's time, or for the end. */
static void
wait_for_jobs(struct writer *w)
{
	while (w->hurried == 0 && !w->stop) {
		if (w->first == NULL) {
			pthread_cond_wait(&w->more, &w->lock);
			continue;
		}
		int64_t left =
		    w->first->queued_at_ms + STORE_LAZY_MS - clock_mono_ms();
		if (left <= 0)
			return;
		wait_ms(w, left);
	}
}

static struct store_job *
take(struct writer *w, size_t *ret_len)
{
	struct store_job *jobs = w->first, **end = &jobs;
	size_t len = 0;
	for (; *end != NULL && len < STORE_BATCH_MAX; len++) {
		w->hurried -= rows[(*end)->op].file != STORE_FILE_lazy;
		end = &(*end)->next;
	}
	w->first = *end;
	*end = NULL;
	if (w->first == NULL)
		w->last = &w->first;
	w->queued -= len;
	*ret_len = len;
	return jobs;
}

static void *
writer_main(void *arg)
{
	struct writer *w = arg;
	for (;;) {
		pthread_mutex_lock(&w->lock);
		wait_for_jobs(w);
		size_t len;
		struct store_job *jobs = take(w, &len);
		bool stop = w->stop;
		pthread_mutex_unlock(&w->lock);
		if (len > 0)
			group(w, jobs, len);
		else if (stop)
			return NULL;
	}
}

int
writer_open(struct store *s, struct writer *w, const char *path, unsigned flags,
    const struct db_schema *schema, struct err *e)
{
	int rc = db_open(path, flags, schema, &w->conn.db, e);
	if (rc < 0)
		return rc;
	w->store = s;
	w->last = &w->first;
	w->effects_arena = arena_new();
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_t a;
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&w->more, &a);
	pthread_condattr_destroy(&a);
	return 0;
}

int
writer_start(struct writer *w, const char *name, struct err *e)
{
	int sys = pthread_create(&w->thread, NULL, writer_main, w);
	if (sys != 0)
		return err_sysno(e, sys, "start the store's writer");
	pthread_setname_np(w->thread, name);
	w->running = true;
	return 0;
}

void
writer_finish(struct writer *w)
{
	if (!w->running)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->running = false;
}

/* After writer_finish. */
void
writer_close(struct writer *w)
{
	if (w->store == NULL)
		return;
	conn_close(&w->conn);
	arena_free(&w->effects_arena);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
}

/* --- waiting for one job ------------------------------------------------ */

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
};

static void
waiter_done(struct store_job *j)
{
	struct waiter *w = j->arg;
	pthread_mutex_lock(&w->lock);
	w->is_done = true;
	pthread_cond_signal(&w->done);
	pthread_mutex_unlock(&w->lock);
}

int
store_do(struct store *s, struct store_job *j)
{
	struct waiter w = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER };
	j->thread = -1;
	j->done = waiter_done;
	j->arg = &w;
	store_submit(s, j);
	pthread_mutex_lock(&w.lock);
	while (!w.is_done)
		pthread_cond_wait(&w.done, &w.lock);
	pthread_mutex_unlock(&w.lock);
	return j->rc;
}

/* --- what a commit changed ---------------------------------------------- */

static void
change(struct writer *w, struct names *n, const char *text)
{
	if (n->len > 0 && text_eq(n->items[n->len - 1], text))
		return;
	names_copy(n, w->effects_arena, str_from(text));
}

void
change_id(struct writer *w, const char *id)
{
	change(w, &w->effects.ids, id);
}

void
change_cid(struct writer *w, const char *cid)
{
	change(w, &w->effects.cids, cid);
}

void
change_aid(struct writer *w, const char *aid)
{
	change(w, &w->effects.aids, aid);
}

void
effects_lease(struct writer *w, int64_t end)
{
	if (w->effects.lease_at == 0 || end < w->effects.lease_at)
		w->effects.lease_at = end;
}
