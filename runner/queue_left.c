/* SPDX-License-Identifier: MIT */
/*
 * What a former agent left running: a perform that lost its agent stops its
 * run by itself; the thread's lock tells when it has. One that does not is
 * killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/queue_priv.h"

#define LEFT_LOOK_MS 100
#define LEFT_REASON "the agent ended while the run went on"

/* Nobody holds the thread's lock. */
static bool
is_free(const struct queue *q, const struct queue_thread *t)
{
	AUTO_STR char *path =
	    xasprintf("%s/run-%s.lock", q->o.places->state, t->name);
	AUTO_FD int fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 ||
	       errno != EWOULDBLOCK;
}

static struct queue_entry *
find_left(const struct queue_thread *t)
{
	for (struct queue_entry *at = t->entries; at != NULL; at = at->next) {
		if (at->stage == ENTRY_LEFT)
			return at;
	}
	return NULL;
}

static void
settle_left(struct queue_entry *entry)
{
	run_group_kill(entry->queue->groups, entry->run_id);
	run_group_leave(entry->queue->groups, entry->run_id);
	AUTO(arena_free) struct arena *arena = arena_new();
	struct queue_end end;
	end_from_disk(entry, LEFT_REASON, arena, &end);
	log_event(LOG_LEVEL_WARN, "run_cut_short",
	    LOG_STR("run", entry->run_id),
	    LOG_STR("state", delivery_state_name(end.state)));
	entry_end(entry, &end);
}

/* Settles one thread's; true when another look is worth it at once. */
static bool
clear_one(struct queue *q, bool *ret_more)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		struct queue_entry *entry = find_left(t);
		if (entry == NULL)
			continue;
		if (is_free(q, t) || clock_mono_ms() > t->left_deadline_ms) {
			settle_left(entry);
			return true;
		}
		*ret_more = true;
	}
	return false;
}

void
queue_clear_left(void *arg)
{
	struct queue *q = arg;
	loop_unwatch(&q->clearing);
	bool more = false;
	while (clear_one(q, &more))
		more = false;
	if (more)
		q->clearing =
		    loop_after(q->o.loop, LEFT_LOOK_MS, queue_clear_left, q);
	else
		queue_pump(q);
}
