/* SPDX-License-Identifier: MIT */
/* What waits and what runs. */
#include "common/auto.h"
#include "runner/queue_priv.h"

bool
queue_is_idle(const struct queue *q)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		const struct queue_entry *at = t->entries;
		for (; at != NULL; at = at->next) {
			if (at->stage != ENTRY_WAITING || entry_may_start(at))
				return false;
		}
	}
	return q->ended == NULL;
}

bool
queue_is_quiet(const struct queue *q)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		const struct queue_entry *at = t->entries;
		for (; at != NULL; at = at->next) {
			if (at->stage != ENTRY_WAITING)
				return false;
		}
	}
	return q->ended == NULL;
}

bool
queue_has(const struct queue *q, enum order_kind kind, bool also_waiting)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		const struct queue_entry *at = t->entries;
		for (; at != NULL; at = at->next) {
			if (at->order.kind == kind &&
			    (also_waiting || at->stage != ENTRY_WAITING))
				return true;
		}
	}
	return false;
}

bool
queue_has_left(const struct queue *q, enum order_kind kind)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		const struct queue_entry *at = t->entries;
		for (; at != NULL; at = at->next) {
			if (at->order.kind == kind && at->stage == ENTRY_LEFT)
				return true;
		}
	}
	return false;
}

size_t
queue_ahead(const struct queue *q, const char *thread)
{
	size_t count = 0;
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		const struct queue_entry *at = t->entries;
		for (; text_eq(t->name, thread) && at != NULL; at = at->next)
			count++;
	}
	return count;
}

static void
show(const struct queue *q, bool running,
    void (*each)(const struct queue_item *item, void *arg), void *arg)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		const struct queue_entry *at = t->entries;
		for (; at != NULL; at = at->next) {
			struct queue_item item = { .cid = at->order.cid,
				.run_id = at->run_id[0] ? at->run_id : NULL,
				.thread = t->name,
				.kind = at->order.kind,
				.executables = at->order.executables,
				.running = at->stage != ENTRY_WAITING,
				.since_ms = at->since_ms };
			if (item.running == running)
				each(&item, arg);
		}
	}
}

void
queue_each(const struct queue *q,
    void (*each)(const struct queue_item *item, void *arg), void *arg)
{
	show(q, true, each, arg);
	show(q, false, each, arg);
}
