/* SPDX-License-Identifier: MIT */
/* Opening and closing the store; space on disk; numbers. */
#include "router/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/clock.h"
#include "router/store_priv.h"

#define STORE_MAGIC 0x73746f64u
#define SPACE_CHECK_MS 500

static char *
path_of(const struct store *s, const char *name)
{
	return xasprintf("%s/%s", s->directory, name);
}

static int
open_reader(struct store *s, const char *name, struct conn *c, struct err *e)
{
	AUTO_STR char *path = path_of(s, name);
	const struct db_schema *schema =
	    text_eq(name, "core.db") ? &store_core_schema : &store_audit_schema;
	return db_open(path, DB_READ_ONLY, schema, &c->db, e);
}

static int
open_files(struct store *s, struct err *e)
{
	AUTO_STR char *core = path_of(s, "core.db");
	AUTO_STR char *audit = path_of(s, "audit.db");
	int rc = writer_open(s, &s->writers[0], core, 0, &store_core_schema, e);
	if (rc >= 0)
		rc = writer_open(s, &s->writers[1], audit, DB_NOT_EACH_COMMIT,
		    &store_audit_schema, e);
	for (int i = 0; rc >= 0 && i < s->readers_len; i++) {
		rc = open_reader(s, "core.db", &s->readers[i], e);
		if (rc >= 0)
			rc =
			    open_reader(s, "audit.db", &s->audit_readers[i], e);
	}
	return rc;
}

/* What memory knows better than a query each time. */
static int
load_memory(struct store *s, struct err *e)
{
	struct conn *c = &s->writers[0].conn;
	int rc = sql_one(c, SQL_tick_get, 0, &s->tick, e, "");
	s->tick_stored = s->tick;
	if (rc >= 0)
		rc = sql_one(c, SQL_event_last, 0, &s->event_last, e, "");
	if (rc >= 0)
		rc = sql_one(c, SQL_unbound_count, 0, &s->unbound, e, "");
	if (rc >= 0)
		rc = sql_one(c, SQL_leased_any, 0, &s->lease_at, e, "");
	s->rebind_at = s->unbound > 0;
	return rc;
}

int
store_open(
    const struct store_options *o, struct store **ret_store, struct err *e)
{
	AUTO(store_close) struct store *s = xcalloc(1, sizeof(*s));
	s->magic = STORE_MAGIC;
	s->o = *o;
	s->directory = xstrdup(o->directory);
	s->o.directory = s->directory;
	if (s->o.space_min_bytes == 0)
		s->o.space_min_bytes = STORE_SPACE_MIN_BYTES;
	s->once = once_new();
	s->readers_len = o->threads + 1;
	s->readers = xcalloc((size_t)s->readers_len, sizeof(*s->readers));
	s->audit_readers =
	    xcalloc((size_t)s->readers_len, sizeof(*s->audit_readers));
	int rc = open_files(s, e);
	if (rc >= 0)
		rc = load_memory(s, e);
	if (rc >= 0)
		rc = writer_start(&s->writers[0], "store-core", e);
	if (rc >= 0)
		rc = writer_start(&s->writers[1], "store-audit", e);
	if (rc < 0)
		return rc;
	*ret_store = TAKE(s);
	return 0;
}

void
store_finish(struct store *s)
{
	CHECK_OBJ(s, STORE_MAGIC);
	for (int i = 0; i < STORE_WRITERS; i++)
		writer_finish(&s->writers[i]);
}

void
store_close(struct store **s)
{
	if (*s == NULL)
		return;
	store_finish(*s);
	for (int i = 0; i < (*s)->readers_len; i++) {
		conn_close(&(*s)->readers[i]);
		conn_close(&(*s)->audit_readers[i]);
	}
	for (int i = 0; i < STORE_WRITERS; i++)
		writer_close(&(*s)->writers[i]);
	once_free(&(*s)->once);
	free((*s)->readers);
	free((*s)->audit_readers);
	free((*s)->directory);
	(*s)->magic = 0;
	free(*s);
	*s = NULL;
}

int
store_spare_thread(const struct store *s)
{
	return s->readers_len - 1;
}

struct conn *
store_reader(struct store *s, int thread)
{
	CHECK_OBJ(s, STORE_MAGIC);
	ASSERT(thread >= 0 && thread < s->readers_len);
	return &s->readers[thread];
}

struct conn *
store_audit_reader(struct store *s, int thread)
{
	CHECK_OBJ(s, STORE_MAGIC);
	ASSERT(thread >= 0 && thread < s->readers_len);
	return &s->audit_readers[thread];
}

bool
store_is_online(struct store *s, const char *id)
{
	return s->o.online != NULL && s->o.online(id, s->o.ctx);
}

int64_t
store_tick(struct store *s)
{
	return ++s->tick;
}

/* --- space -------------------------------------------------------------- */

static int64_t
free_bytes(struct store *s)
{
	int64_t now = clock_mono_ms();
	int64_t checked =
	    __atomic_load_n(&s->free_checked_ms, __ATOMIC_RELAXED);
	if (checked == 0 || now - checked > SPACE_CHECK_MS) {
		struct statvfs v;
		int64_t n = INT64_MAX;
		if (statvfs(s->directory, &v) == 0)
			n = (int64_t)(v.f_bavail * v.f_frsize);
		__atomic_store_n(&s->free_bytes, n, __ATOMIC_RELAXED);
		__atomic_store_n(&s->free_checked_ms, now, __ATOMIC_RELAXED);
	}
	return __atomic_load_n(&s->free_bytes, __ATOMIC_RELAXED);
}

int
store_check_space(struct store *s, struct err *e)
{
	int64_t n = free_bytes(s);
	if (n >= s->o.space_min_bytes)
		return 0;
	int rc = err_set(e, ERR_LIMIT,
	    "disk full: %lld bytes are free in '%s', new work needs %lld",
	    (long long)n, s->directory, (long long)s->o.space_min_bytes);
	if (e != NULL)
		e->sys = ENOSPC;
	return rc;
}

int
store_backup(struct store *s, const char *directory, struct err *e)
{
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "make directory '%s'", directory);
	struct conn c = { 0 };
	static const char *const files[] = { "core.db", "audit.db" };
	int rc = 0;
	for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(files); i++) {
		AUTO_STR char *to = xasprintf("%s/%s", directory, files[i]);
		rc = open_reader(s, files[i], &c, e);
		if (rc >= 0)
			rc = db_backup(c.db, to, e);
		conn_close(&c);
	}
	return rc;
}

/* --- numbers ------------------------------------------------------------ */

static int64_t
file_bytes(const struct store *s, const char *name)
{
	int64_t sum = 0;
	static const char *const tails[] = { "", "-wal" };
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		AUTO_STR char *path =
		    xasprintf("%s/%s%s", s->directory, name, tails[i]);
		struct stat st;
		if (stat(path, &st) == 0)
			sum += st.st_size;
	}
	return sum;
}

static void
stats_writer(struct writer *w, struct store_stats *ret)
{
	ret->jobs += __atomic_load_n(&w->jobs, __ATOMIC_RELAXED);
	ret->commits += __atomic_load_n(&w->commits, __ATOMIC_RELAXED);
	ret->commit_us_sum +=
	    __atomic_load_n(&w->commit_us_sum, __ATOMIC_RELAXED);
	int64_t max = __atomic_load_n(&w->commit_us_max, __ATOMIC_RELAXED);
	if (max > ret->commit_us_max)
		ret->commit_us_max = max;
	for (size_t i = 0; i < STORE_TIME_BUCKETS; i++)
		ret->by_time[i] +=
		    __atomic_load_n(&w->by_time[i], __ATOMIC_RELAXED);
	for (size_t i = 0; i < STORE_GROUP_BUCKETS; i++)
		ret->by_group[i] +=
		    __atomic_load_n(&w->by_group[i], __ATOMIC_RELAXED);
	pthread_mutex_lock(&w->lock);
	ret->queued += (int64_t)w->queued;
	pthread_mutex_unlock(&w->lock);
}

int
store_stats(struct store *s, int thread, struct store_stats *ret, struct err *e)
{
	struct conn *c = store_reader(s, thread);
	struct store_stats r = { 0 };
	const struct {
		struct conn *c;
		enum sql sql;
		int64_t *to;
	} counts[] = {
		{ c, SQL_count_instances, &r.instances },
		{ c, SQL_count_commands_open, &r.commands_open },
		{ c, SQL_count_deliveries_open, &r.deliveries_open },
		{ c, SQL_unbound_count, &r.unbound },
		{ store_audit_reader(s, thread), SQL_count_audits, &r.audits },
	};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		int rc =
		    sql_one(counts[i].c, counts[i].sql, 0, counts[i].to, e, "");
		if (rc < 0)
			return rc;
	}
	r.core_bytes = file_bytes(s, "core.db");
	r.audit_bytes = file_bytes(s, "audit.db");
	r.free_bytes = free_bytes(s);
	for (size_t i = 0; i < ARRAY_LEN(r.ended); i++)
		r.ended[i] = __atomic_load_n(&s->ended[i], __ATOMIC_RELAXED);
	for (int i = 0; i < STORE_WRITERS; i++)
		stats_writer(&s->writers[i], &r);
	*ret = r;
	return 0;
}
