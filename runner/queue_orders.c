/* SPDX-License-Identifier: MIT */
/* Orders that come and orders that are taken back. */
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "runner/queue_priv.h"

static int
check_open(const struct queue *q, const struct run_order *order, struct err *e)
{
	if (q->shut && order->kind != ORDER_DECOMMISSION)
		return err_set(e, ERR_STATE,
		    "the instance is being decommissioned: nothing new is run");
	return 0;
}

static int
take_cid(struct queue *q, const char *cid, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	struct journal_entry j;
	int rc = journal_find(arena, q->o.journal, cid, &j, e);
	if (rc < 0)
		return rc;
	if (rc == 0 ||
	    (j.state != JOURNAL_GRANTED && j.state != JOURNAL_RECEIVED))
		return err_set(e, ERR_STATE,
		    "command %s is not granted: it does not wait", cid);
	rc = queue_take_entry(q, &j, e);
	queue_pump(q);
	return rc < 0 ? rc : 0;
}

int
queue_add(struct queue *q, const struct run_order *wanted,
    char ret_run_id[ULID_TEXT_BYTES], struct err *e)
{
	struct run_order order = *wanted;
	int rc = check_open(q, &order, e);
	if (rc < 0)
		return rc;
	char run_id[ULID_TEXT_BYTES], cid[ULID_TEXT_BYTES];
	ulid_new(run_id);
	ulid_new(cid);
	order.run_id = run_id;
	if (order.cid == NULL)
		order.cid = cid;
	AUTO(jsn_free) struct jsn *frame = order_format(&order);
	AUTO_BUF struct buf text = BUF_INIT(ORDER_MAX_BYTES);
	jsn_format(frame, JSN_PLAIN, &text);
	if (buf_failed(&text))
		return err_set(e, ERR_LIMIT,
		    "the request is longer than %zu bytes", ORDER_MAX_BYTES);
	AUTO(arena_free) struct arena *arena = arena_new();
	struct run_order checked;
	rc = order_parse(arena, frame, &checked, e);
	if (rc < 0)
		return rc;
	struct journal_new n = { .cid = order.cid,
		.thread = checked.thread,
		.payload = { text.data, text.len },
		.issuer = order.from != NULL ? order.from : "local",
		.attempts_max =
		    order.rerun && order.attempts > 0 ? order.attempts : 1,
		.now_ms = clock_now_ms() };
	rc = journal_add_local(q->o.journal, &n, e);
	if (rc == 0)
		rc = take_cid(q, order.cid, e);
	if (rc == 0)
		memcpy(ret_run_id, run_id, sizeof(run_id));
	return rc;
}

int
queue_take(struct queue *q, const char *cid, struct err *e)
{
	return entry_find(q, cid) != NULL ? 0 : take_cid(q, cid, e);
}

enum queue_place
queue_find(struct queue *q, const char *id)
{
	const struct queue_entry *entry = entry_find(q, id);
	if (entry != NULL)
		return entry->stage == ENTRY_WAITING ? QUEUE_WAITING
						     : QUEUE_RUNNING;
	AUTO(arena_free) struct arena *arena = arena_new();
	struct journal_entry j;
	struct err ignored = { 0 };
	if (journal_find(arena, q->o.journal, id, &j, &ignored) == 1 &&
	    j.state >= JOURNAL_DONE)
		return QUEUE_ENDED;
	AUTO_STR char *dir =
	    xasprintf("%s/runs/%s/result.json", q->o.places->state, id);
	return strchr(id, '/') == NULL && access(dir, F_OK) == 0
		   ? QUEUE_ENDED
		   : QUEUE_UNKNOWN;
}

static void
stop_running(struct queue_entry *entry, const char *reason)
{
	if (entry->stop_reason == NULL)
		entry->stop_reason = xstrdup(reason);
	if (entry->attempt != NULL)
		attempt_stop(entry->attempt, reason);
}

enum queue_place
queue_stop(struct queue *q, const char *id, const char *reason)
{
	struct queue_entry *entry = entry_find(q, id);
	if (entry == NULL)
		return queue_find(q, id);
	if (entry->stage == ENTRY_WAITING) {
		entry_end_unrun(entry, DELIVERY_interrupted, "stopped", reason);
		return QUEUE_WAITING;
	}
	stop_running(entry, reason);
	return QUEUE_RUNNING;
}

static struct queue_entry *
find_skippable(const struct queue *q)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		struct queue_entry *at = t->entries;
		for (; at != NULL; at = at->next) {
			if (at->stage == ENTRY_WAITING &&
			    !order_is_always_on(at->order.kind) &&
			    at->suspended_boot == NULL)
				return at;
		}
	}
	return NULL;
}

void
queue_skip(struct queue *q, const char *reason)
{
	struct queue_entry *entry;
	while ((entry = find_skippable(q)) != NULL)
		entry_end_unrun(entry, DELIVERY_interrupted, "stopped", reason);
}

void
queue_stop_all(struct queue *q, int spared, const char *reason)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		struct queue_entry *at = t->entries;
		for (; at != NULL; at = at->next) {
			if (at->stage == ENTRY_RUNNING &&
			    (int)at->order.kind != spared)
				stop_running(at, reason);
		}
	}
}

void
queue_activate(struct queue *q, bool active)
{
	q->active = active;
	queue_pump(q);
}

void
queue_shut(struct queue *q, const char *reason)
{
	q->shut = true;
	queue_skip(q, reason);
}

void
queue_open_again(struct queue *q)
{
	q->shut = false;
}
