/* SPDX-License-Identifier: MIT */
/* The queue: what may start is started, one a thread. */
#include "runner/queue.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/queue_priv.h"
#include "runner/state.h"
#include "wire/command.h"

#define LOAD_MAX ((size_t)JOURNAL_OPEN_MAX * 2)

bool
order_is_always_on(enum order_kind kind)
{
	return kind == ORDER_BOOT || kind == ORDER_DECOMMISSION;
}

bool
entry_may_start(const struct queue_entry *entry)
{
	const struct queue *q = entry->queue;
	if (!q->active && !order_is_always_on(entry->order.kind))
		return false;
	if (entry->suspended_boot == NULL)
		return true;
	AUTO_STR char *now = machine_boot_id();
	return now != NULL && !text_eq(now, entry->suspended_boot);
}

static void
on_frame(const struct jsn *frame, void *arg)
{
	const struct queue_entry *entry = arg;
	const struct queue_hooks *hooks = &entry->queue->o.hooks;
	hooks->on_frame(&entry->order, frame, hooks->arg);
}

static void
on_attempt_end(const struct attempt_end *how, void *arg)
{
	struct queue_entry *entry = arg;
	entry->attempt = NULL;
	struct queue_end end;
	AUTO(arena_free) struct arena *arena = arena_new();
	AUTO_BUF struct buf crash = BUF_INIT(256);
	if (how->told != NULL) {
		end_from_frame(entry, how->told, &end);
	} else {
		attempt_crash_text(how, &crash);
		end_from_disk(entry, buf_text(&crash), arena, &end);
	}
	/* The one who asked for the stop knows why. */
	AUTO_STR char *reason =
	    entry->stop_reason != NULL ? xstrdup(entry->stop_reason) : NULL;
	if (end.state == DELIVERY_interrupted && reason != NULL)
		end.reason = reason;
	entry_end(entry, &end);
}

static int
begin(struct queue_entry *entry, struct err *e)
{
	struct queue *q = entry->queue;
	int rc =
	    journal_start(q->o.journal, entry->order.cid, entry->run_id, e);
	if (rc < 0)
		return rc;
	entry->stage = ENTRY_RUNNING;
	entry->granted = true;
	entry->since_ms = clock_now_ms();
	str_free(&entry->suspended_boot);
	struct attempt_spec spec = { .loop = q->o.loop,
		.places = q->o.places,
		.groups = q->groups,
		.order = &entry->order,
		.on_frame = on_frame,
		.on_end = on_attempt_end,
		.arg = entry };
	return attempt_start(&spec, &entry->attempt, e);
}

/* It has to wait, so that the grant must be on disk. */
static void
keep_granted(struct queue_entry *entry)
{
	struct err e = { 0 };
	if (entry->granted)
		return;
	entry->granted = true;
	/* Reported once more after a crash, if this is lost. */
	if (journal_grant(entry->queue->o.journal, entry->order.cid, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "grant_not_kept",
		    LOG_STR("cid", entry->order.cid), LOG_STR("text", e.text));
}

/* False when the entry is gone and the next one may be tried. */
static bool
start(struct queue_entry *entry)
{
	struct queue *q = entry->queue;
	struct err e = { 0 };
	if (entry->run_id[0] == '\0')
		ulid_new(entry->run_id);
	entry->order.run_id = entry->run_id;
	int rc = q->o.hooks.prepare(&entry->order, q->o.hooks.arg, &e);
	if (rc == ERR_STATE) {
		keep_granted(entry);
		return true;
	}
	if (rc == 0)
		rc = begin(entry, &e);
	if (rc == 0) {
		q->o.events.on_started(
		    entry->order.cid, entry->run_id, q->o.events.arg);
		return true;
	}
	log_event(LOG_LEVEL_WARN, "run_not_started",
	    LOG_STR("run", entry->run_id), LOG_STR("text", e.text));
	entry_end_unrun(entry, DELIVERY_failed, "failed", e.text);
	return false;
}

static struct queue_entry *
find_next(const struct queue_thread *t)
{
	struct queue_entry *next = NULL;
	for (struct queue_entry *at = t->entries; at != NULL; at = at->next) {
		if (at->stage != ENTRY_WAITING)
			return NULL;
		if (next == NULL && entry_may_start(at))
			next = at;
	}
	return next;
}

static bool
start_one(struct queue *q)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		struct queue_entry *entry = find_next(t);
		if (entry != NULL && !start(entry))
			return true; /* threads may be others now */
	}
	return false;
}

static void
on_pump(void *arg)
{
	struct queue *q = arg;
	loop_unwatch(&q->pump);
	queue_tell_ended(q);
	while (start_one(q))
		continue;
	if (q->ended != NULL)
		queue_pump(q);
}

void
queue_pump(struct queue *q)
{
	if (q->pump == NULL)
		q->pump = loop_after(q->o.loop, 0, on_pump, q);
}

static void
reject(struct queue *q, const struct journal_entry *j, const char *reason)
{
	struct journal_result r = { .state =
					delivery_state_name(DELIVERY_rejected),
		.reason = reason };
	struct err e = { 0 };
	if (journal_finish(q->o.journal, j->cid, &r, clock_now_ms(), &e) < 0)
		log_event(LOG_LEVEL_ERROR, "end_not_kept",
		    LOG_STR("cid", j->cid), LOG_STR("text", e.text));
}

/* 1: it waits here now. 0: it is none of the queue's. */
int
queue_take_entry(struct queue *q, const struct journal_entry *j, struct err *e)
{
	struct queue_entry *entry = NULL;
	int rc = entry_from_journal(j, &entry, e);
	if (rc < 0) {
		log_event(LOG_LEVEL_WARN, "order_rejected",
		    LOG_STR("cid", j->cid), LOG_STR("text", e->text));
		reject(q, j, e->text);
		return rc;
	}
	if (j->state == JOURNAL_RUNNING) {
		entry->stage = ENTRY_LEFT;
		entry_insert(q, entry);
		entry->thread->left_deadline_ms =
		    clock_mono_ms() + QUEUE_LEFT_MS;
		return 1;
	}
	entry_insert(q, entry);
	if (find_next(entry->thread) != entry)
		keep_granted(entry);
	return 1;
}

/* Commands that run nothing (shutdown, decommission) are the owner's. */
static bool
is_run(const struct journal_entry *j)
{
	if (j->local)
		return true;
	AUTO(arena_free) struct arena *arena = arena_new();
	AUTO(jsn_free) struct jsn *value = NULL;
	struct command c;
	struct err ignored = { 0 };
	return command_parse(arena, j->payload, &value, &c, &ignored) < 0 ||
	       (c.kind != COMMAND_SHUTDOWN && c.kind != COMMAND_DECOMMISSION);
}

static int
load(struct queue *q, enum journal_state state, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	struct journal_entry *list = NULL;
	size_t len = 0;
	int rc = journal_list(
	    arena, q->o.journal, state, 0, LOAD_MAX, &list, &len, e);
	for (size_t i = 0; rc == 0 && i < len; i++) {
		struct err bad = { 0 };
		if (is_run(&list[i]) && queue_take_entry(q, &list[i], &bad) < 0)
			continue;
	}
	return rc;
}

int
queue_open(
    const struct queue_options *o, struct queue **ret_queue, struct err *e)
{
	struct queue *q = xcalloc(1, sizeof(*q));
	q->o = *o;
	q->groups = run_groups_open();
	int rc = load(q, JOURNAL_RUNNING, e);
	if (rc == 0)
		rc = load(q, JOURNAL_GRANTED, e);
	if (rc < 0) {
		queue_close(&q);
		return rc;
	}
	q->clearing = loop_after(o->loop, 0, queue_clear_left, q);
	*ret_queue = q;
	return 0;
}

static void
free_ended(struct queue *q)
{
	/* Not told: the journal has them. */
	while (q->ended != NULL) {
		struct queue_ended *t = q->ended;
		q->ended = t->next;
		free(t->cid);
		free(t->run_id);
		free(t->status);
		free(t->reason);
		free(t->policy);
		jsn_free(&t->missing);
		free(t);
	}
}

void
queue_close(struct queue **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct queue *q = *at;
	loop_unwatch(&q->pump);
	loop_unwatch(&q->clearing);
	while (q->threads != NULL) {
		struct queue_entry *entry = q->threads->entries;
		entry_remove(entry);
		entry_free(&entry);
	}
	free_ended(q);
	run_groups_close(&q->groups);
	free(q);
	*at = NULL;
}
