/* SPDX-License-Identifier: MIT */
/*
 * Schedules by the agent's own timer: one timer descriptor is set to the
 * earliest time of all, and fires also when the clock is set. A time that
 * passed while the agent did not run does not come again. Reconvergence runs
 * the boot list each interval and a random part of the splay later.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/log.h"
#include "common/sign.h"
#include "runner/cron.h"
#include "runner/schedules.h"
#include "runner/supervisor_priv.h"

#define ROWS_MAX 1000
#define RECONVERGE "reconverge"

struct row {
	char *name, *item; /* "recipe[x::y]" */
	struct cron cron;
	time_t next; /* -1: never */
	char run_id[ULID_TEXT_BYTES];
};

struct timetable {
	struct supervisor *supervisor;
	int fd;
	struct loop_watch *watch, *reconverge;
	struct row *rows;
	size_t len;
	char reconverge_run[ULID_TEXT_BYTES];
};

static time_t
now_s(void)
{
	return (time_t)(clock_now_ms() / 1000);
}

/* Is the run of before still there? */
static bool
is_busy(struct supervisor *s, const char *run_id)
{
	enum queue_place place =
	    run_id[0] != '\0' ? queue_find(s->queue, run_id) : QUEUE_UNKNOWN;
	return place == QUEUE_WAITING || place == QUEUE_RUNNING;
}

static void
order(struct supervisor *s, const char *name, const char *item,
    const char *policy, char *run_id)
{
	if (is_busy(s, run_id)) {
		log_event(LOG_LEVEL_WARN, "schedule_skipped",
		    LOG_STR("name", name),
		    LOG_STR("text", "the run before has not ended"));
		return;
	}
	AUTO(jsn_free) struct jsn *list = NULL;
	if (item != NULL) {
		list = jsn_new_array();
		jsn_push_str(list, item);
	}
	struct run_order o = { .kind = ORDER_SCHEDULE,
		.executables = list,
		.trusted = true,
		.policy = policy };
	struct err e = { 0 };
	if (queue_add(s->queue, &o, run_id, &e) < 0)
		log_event(LOG_LEVEL_WARN, "schedule_not_queued",
		    LOG_STR("name", name), LOG_STR("text", e.text));
}

/* ---- schedules ---- */

static void
set_timer(struct timetable *t)
{
	time_t first = 0;
	for (size_t i = 0; i < t->len; i++) {
		time_t next = t->rows[i].next;
		if (next > 0 && (first == 0 || next < first))
			first = next;
	}
	struct itimerspec when = { .it_value = { .tv_sec = first } };
	int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	if (t->fd >= 0 && timerfd_settime(t->fd, flags, &when, NULL) < 0)
		log_event(LOG_LEVEL_ERROR, "schedules_do_not_run",
		    LOG_STR("text", "the timer cannot be set"));
}

static void
on_timer(void *arg)
{
	struct timetable *t = arg;
	uint64_t count;
	/* An error tells that the clock was set: look again all the same. */
	ssize_t n = read(t->fd, &count, sizeof(count));
	(void)n;
	time_t now = now_s();
	for (size_t i = 0; i < t->len; i++) {
		struct row *r = &t->rows[i];
		if (r->next > 0 && r->next <= now)
			order(t->supervisor, r->name, r->item, NULL, r->run_id);
		r->next = cron_next(&r->cron, now);
	}
	set_timer(t);
}

static void
free_rows(struct timetable *t)
{
	for (size_t i = 0; i < t->len; i++) {
		free(t->rows[i].name);
		free(t->rows[i].item);
	}
	free(t->rows);
	t->rows = NULL;
	t->len = 0;
}

struct reading {
	struct timetable *table;
	time_t now;
	const struct row *before;
	size_t before_len;
};

static int
read_row(const char *name, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	const struct reading *reading = arg;
	struct timetable *t = reading->table;
	if (t->len == ROWS_MAX)
		return 0;
	struct row r = { .next = -1 };
	struct err bad = { 0 };
	if (cron_parse(jsn_peek_str(value, "times", ""), &r.cron, &bad) < 0) {
		log_event(LOG_LEVEL_WARN, "schedule_wrong",
		    LOG_STR("name", name), LOG_STR("text", bad.text));
		return 0;
	}
	r.name = xstrdup(name);
	r.item = xasprintf("%s[%s]", jsn_peek_str(value, "kind", "recipe"),
	    jsn_peek_str(value, "executable", ""));
	r.next = cron_next(&r.cron, reading->now);
	for (size_t i = 0; i < reading->before_len; i++) {
		if (text_eq(reading->before[i].name, name))
			memcpy(r.run_id, reading->before[i].run_id,
			    sizeof(r.run_id));
	}
	t->rows[t->len++] = r;
	return 0;
}

static void
read_rows(struct timetable *t)
{
	AUTO(jsn_free) struct jsn *all = NULL;
	struct err e = { 0 };
	if (schedules_load(t->supervisor->o.places, &all, &e) < 0) {
		log_event(
		    LOG_LEVEL_WARN, "schedules_wrong", LOG_STR("text", e.text));
		return;
	}
	struct timetable before = *t;
	struct reading r = { .table = t,
		.now = now_s(),
		.before = before.rows,
		.before_len = before.len };
	t->rows = xcalloc(jsn_len(all) + 1, sizeof(*t->rows));
	t->len = 0;
	if (jsn_each(all, read_row, &r, &e) < 0)
		t->len = 0;
	free_rows(&before);
}

/* ---- reconvergence ---- */

static void set_reconverge(struct timetable *t);

static void
on_reconverge(void *arg)
{
	struct timetable *t = arg;
	struct supervisor *s = t->supervisor;
	loop_unwatch(&t->reconverge);
	enum instance_state now = state_now(&s->state);
	if (now == STATE_OPERATIONAL || now == STATE_STRANDED)
		order(s, RECONVERGE, NULL, RECONVERGE, t->reconverge_run);
	set_reconverge(t);
}

static int64_t
random_below(int64_t limit)
{
	if (limit <= 0)
		return 0;
	AUTO_BUF struct buf text = BUF_INIT(64);
	sign_random_text(12, &text);
	uint64_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n = n * 31 + (unsigned char)text.data[i];
	return (int64_t)(n % (uint64_t)limit);
}

static void
set_reconverge(struct timetable *t)
{
	const struct supervisor_options *o = &t->supervisor->o;
	if (o->reconverge_ms <= 0 || t->reconverge != NULL)
		return;
	int64_t delay = o->reconverge_ms + random_below(o->splay_ms);
	t->reconverge = loop_after(o->loop, delay, on_reconverge, t);
}

/* ---- life ---- */

void
timetable_changed(struct supervisor *s)
{
	struct timetable *t = s->timetable;
	read_rows(t);
	set_timer(t);
	set_reconverge(t);
}

void
timetable_use_bundle(struct supervisor *s)
{
	/* No crontab: the agent itself waits. */
	struct places own = *s->o.places;
	own.cron = NULL;
	struct err e = { 0 };
	if (s->bundle != NULL && schedules_use_bundle(&own, s->bundle, &e) < 0)
		log_event(LOG_LEVEL_WARN, "schedules_not_kept",
		    LOG_STR("text", e.text));
}

struct timetable *
timetable_open(struct supervisor *s)
{
	struct timetable *t = xcalloc(1, sizeof(*t));
	t->supervisor = s;
	t->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (t->fd >= 0)
		t->watch = loop_watch_read(s->o.loop, t->fd, on_timer, t);
	if (s->o.places->cron != NULL)
		schedules_drop_crontab(s->o.places);
	return t;
}

void
timetable_close(struct timetable **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct timetable *t = *at;
	loop_unwatch(&t->watch);
	loop_unwatch(&t->reconverge);
	fd_close(&t->fd);
	free_rows(t);
	free(t);
	*at = NULL;
}
