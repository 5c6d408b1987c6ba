/* SPDX-License-Identifier: MIT */
/*
 * Records of runs on their way to the router, each by the same steps until the
 * router says that it has all of them:
 *
 *	1. PUT the audit; the answer tells how much of it the router has
 *	2. POST pieces of audit.txt and events.jsonl at those offsets, when
 *	   64 KiB are there or a second has passed; 409 tells where to resume
 *	3. after the run's end PUT it closed, with both lengths
 *
 * What is to be uploaded is known from the run directories alone: upload.json
 * is there from the beginning of the run until step 3 succeeded, so nothing
 * has to be remembered over restarts of either side.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/spool_priv.h"

#define SOON_MS 1000
#define RETRY_MS 500
#define RETRY_MAX_MS 60000
#define BUSY_MAX 4
#define MAX_BYTES ((int64_t)256 << 20)
#define MAX_MS ((int64_t)7 * 24 * 3600 * 1000)

static struct spool_record *
find(const struct audit_spool *a, const char *run_id)
{
	struct spool_record *r = a->list;
	while (r != NULL && (r->dropped || !text_eq(r->run_id, run_id)))
		r = r->next;
	return r;
}

static void
record_free(struct spool_record *r)
{
	loop_unwatch(&r->timer);
	free(r->dir);
	free(r);
}

static void
record_remove(struct spool_record *r)
{
	struct spool_record **at = &r->spool->list;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	record_free(r);
}

/* Gone for everybody; its memory waits for the end of its call. */
static void
record_drop(struct spool_record *r)
{
	r->dropped = true;
	loop_unwatch(&r->timer);
	if (!r->busy)
		record_remove(r);
}

static void
forget_mark(const struct spool_record *r)
{
	AUTO_STR char *path = path_join(r->dir, RUN_UPLOAD);
	if (unlink(path) < 0 && errno != ENOENT)
		log_event(LOG_LEVEL_WARN, "audit_mark_stays",
		    LOG_STR("run", r->run_id));
}

void
spool_record_done(struct spool_record *r)
{
	struct supervisor *s = r->spool->supervisor;
	forget_mark(r);
	record_drop(r);
	leave_look(s);
}

static void
on_timer(void *arg)
{
	struct spool_record *r = arg;
	loop_unwatch(&r->timer);
	r->due = true;
	spool_pump(r->spool);
}

static void
set_timer(struct spool_record *r, int64_t delay_ms)
{
	loop_unwatch(&r->timer);
	r->timer =
	    loop_after(r->spool->supervisor->o.loop, delay_ms, on_timer, r);
}

void
spool_record_retry(struct spool_record *r)
{
	r->due = false;
	r->backoff_ms = r->backoff_ms == 0 ? RETRY_MS : r->backoff_ms * 2;
	if (r->backoff_ms > RETRY_MAX_MS)
		r->backoff_ms = RETRY_MAX_MS;
	set_timer(r, r->backoff_ms);
}

int64_t
spool_part_bytes(const struct spool_record *r, enum spool_part part)
{
	AUTO_STR char *path = path_join(r->dir, spool_part_file(part));
	struct stat st;
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static int64_t
unsent(const struct spool_record *r)
{
	int64_t sum = 0;
	for (int part = 0; part < SPOOL_PARTS; part++) {
		int64_t left =
		    spool_part_bytes(r, (enum spool_part)part) - r->sent[part];
		sum += left > 0 ? left : 0;
	}
	return sum;
}

/* Room for new ones: the oldest that have ended are given up. */
static void
keep_limits(struct audit_spool *a)
{
	const struct supervisor_options *o = &a->supervisor->o;
	int64_t max_bytes =
	    o->spool_max_bytes > 0 ? o->spool_max_bytes : MAX_BYTES;
	int64_t max_ms = o->spool_max_ms > 0 ? o->spool_max_ms : MAX_MS;
	int64_t now = clock_now_ms(), bytes = 0;
	for (struct spool_record *r = a->list; r != NULL; r = r->next)
		bytes += r->dropped ? 0 : unsent(r);
	struct spool_record *next;
	for (struct spool_record *r = a->list; r != NULL; r = next) {
		next = r->next;
		bool old = now - r->began_ms > max_ms;
		if (r->dropped || !r->ended || (!old && bytes <= max_bytes))
			continue;
		log_event(LOG_LEVEL_WARN, "audit_not_uploaded",
		    LOG_STR("run", r->run_id), LOG_INT("bytes", unsent(r)),
		    LOG_STR(
			"text", old ? "it waited too long" : "too much waits"));
		bytes -= unsent(r);
		forget_mark(r);
		record_drop(r);
	}
}

void
spool_pump(struct audit_spool *a)
{
	keep_limits(a);
	struct spool_record *next;
	for (struct spool_record *r = a->list; r != NULL && a->busy < BUSY_MAX;
	     r = next) {
		next = r->next; /* sending may find that r is done */
		if (!r->busy && r->due)
			spool_record_send(r);
	}
}

/* Small pieces of a run that goes on are collected for a second. */
void
spool_record_go_on(struct spool_record *r)
{
	r->backoff_ms = 0;
	int64_t left = unsent(r);
	r->due = r->ended || left >= (int64_t)API_APPEND_MAX_BYTES;
	if (!r->due && left > 0)
		set_timer(r, SOON_MS);
}

/* ---- what happens to runs ---- */

static struct spool_record *
add(struct audit_spool *a, const char *run_id)
{
	struct spool_record *r = xcalloc(1, sizeof(*r));
	r->spool = a;
	memcpy(r->run_id, run_id, strlen(run_id) + 1);
	r->dir =
	    xasprintf("%s/runs/%s", a->supervisor->o.places->state, run_id);
	r->began_ms = clock_now_ms();
	struct spool_record **at = &a->list;
	while (*at != NULL)
		at = &(*at)->next;
	*at = r;
	return r;
}

void
spool_began(struct supervisor *s, const char *run_id)
{
	struct audit_spool *a = s->spool;
	if (!supervisor_has_router(s) || s->o.no_upload ||
	    find(a, run_id) != NULL)
		return;
	add(a, run_id)->due = true;
	spool_pump(a);
}

void
spool_grew(struct supervisor *s, const char *run_id)
{
	struct spool_record *r = find(s->spool, run_id);
	if (r == NULL || r->busy || r->due || r->backoff_ms > 0)
		return;
	if (unsent(r) >= (int64_t)API_APPEND_MAX_BYTES) {
		r->due = true;
		spool_pump(s->spool);
	} else if (r->timer == NULL) {
		set_timer(r, SOON_MS);
	}
}

static bool
has_mark(const struct supervisor *s, const char *run_id)
{
	AUTO_STR char *path =
	    xasprintf("%s/runs/%s/" RUN_UPLOAD, s->o.places->state, run_id);
	return access(path, F_OK) == 0;
}

void
spool_ended(struct supervisor *s, const char *run_id)
{
	struct audit_spool *a = s->spool;
	struct spool_record *r = find(a, run_id);
	if (r == NULL && has_mark(s, run_id))
		spool_began(s, run_id);
	r = find(a, run_id);
	if (r == NULL)
		return;
	r->ended = true;
	if (r->backoff_ms == 0)
		r->due = true;
	spool_pump(a);
}

void
spool_forget(struct supervisor *s, const char *run_id)
{
	struct spool_record *r = run_id != NULL ? find(s->spool, run_id) : NULL;
	if (r != NULL) {
		spool_record_done(r);
		return;
	}
	if (run_id == NULL)
		return;
	AUTO_STR char *path =
	    xasprintf("%s/runs/%s/" RUN_UPLOAD, s->o.places->state, run_id);
	if (unlink(path) < 0 && errno != ENOENT)
		log_event(
		    LOG_LEVEL_WARN, "audit_mark_stays", LOG_STR("run", run_id));
}

/* ---- life ---- */

static bool
has_file(const char *dir, const char *name)
{
	AUTO_STR char *path = path_join(dir, name);
	return access(path, F_OK) == 0;
}

static int
resume_one(const char *name, void *arg, struct err *e)
{
	struct supervisor *s = arg;
	(void)e;
	if (strlen(name) != ULID_TEXT_BYTES - 1)
		return 0;
	AUTO_STR char *dir = xasprintf("%s/runs/%s", s->o.places->state, name);
	enum queue_place place = queue_find(s->queue, name);
	bool goes_on = place == QUEUE_RUNNING || place == QUEUE_WAITING;
	struct err bad = { 0 };
	if (!goes_on && run_recover(s->o.places, name, NULL, &bad) < 0)
		log_event(LOG_LEVEL_WARN, "run_not_recovered",
		    LOG_STR("run", name), LOG_STR("text", bad.text));
	if (!has_file(dir, RUN_UPLOAD) || !supervisor_has_router(s) ||
	    s->o.no_upload)
		return 0;
	struct spool_record *r = add(s->spool, name);
	r->due = true;
	r->ended = has_file(dir, "result.json") && !goes_on;
	return 0;
}

int
spool_resume(struct supervisor *s, struct err *e)
{
	AUTO_STR char *path = places_state(s->o.places, "runs");
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, path, e);
	if (fd < 0)
		return fd;
	int rc = fsat_each(fd, resume_one, s, e);
	spool_pump(s->spool);
	return rc;
}

struct audit_spool *
spool_open(struct supervisor *s)
{
	struct audit_spool *a = xcalloc(1, sizeof(*a));
	a->supervisor = s;
	return a;
}

/* Calls that are under way are not answered any more: the other half has been
 * closed by then, or is about to be. */
void
spool_close(struct audit_spool **at)
{
	if (at == NULL || *at == NULL)
		return;
	while ((*at)->list != NULL) {
		struct spool_record *r = (*at)->list;
		(*at)->list = r->next;
		record_free(r);
	}
	free(*at);
	*at = NULL;
}

void
spool_record_free(struct spool_record *r)
{
	record_remove(r);
}

bool
spool_is_empty(const struct audit_spool *a)
{
	const struct spool_record *r = a->list;
	while (r != NULL && r->dropped)
		r = r->next;
	return r == NULL;
}

int64_t
spool_bytes(const struct audit_spool *a)
{
	int64_t bytes = 0;
	for (const struct spool_record *r = a->list; r != NULL; r = r->next)
		bytes += r->dropped ? 0 : unsent(r);
	return bytes;
}
