/* SPDX-License-Identifier: MIT */
/* Entries of the queue: made from the journal, kept by thread and place. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "runner/queue_priv.h"
#include "wire/command.h"

/* An order of this machine: the payload is its frame. */
static int
read_local(struct queue_entry *entry, struct str payload, struct err *e)
{
	int rc = jsn_parse(payload, "order", ORDER_MAX_BYTES, &entry->frame, e);
	if (rc == 0)
		rc = order_parse(entry->arena, entry->frame, &entry->order, e);
	return rc;
}

static void
add_executable(struct queue_entry *entry, const struct command *c)
{
	AUTO_STR char *item = xasprintf("%s[%s]",
	    c->kind == COMMAND_RUN_SCRIPT ? "script" : "recipe", c->name);
	struct jsn *list = jsn_new_array();
	jsn_push_str(list, item);
	/* The frame owns every value of the order. */
	jsn_set(entry->frame, "order.executables", list);
	entry->order.executables = list;
}

/* A command of the router, verified when it came. */
static int
read_command(
    struct queue_entry *entry, const struct journal_entry *j, struct err *e)
{
	struct command c;
	int rc = command_parse(entry->arena, j->payload, &entry->frame, &c, e);
	if (rc < 0)
		return rc;
	bool is_boot = c.kind == COMMAND_RUN_BOOT;
	entry->order = (struct run_order){
		.cid = arena_strdup(entry->arena, j->cid),
		.kind = is_boot ? ORDER_BOOT : ORDER_REMOTE,
		.thread = c.thread != NULL ? c.thread : ORDER_THREAD,
		.attributes = c.attributes,
		.parameters = c.parameters,
		.timeout_ms = c.timeout_ms,
		.why_run = c.why_run,
		.trusted = !j->from_instance,
		.from = arena_strdup(
		    entry->arena, j->issuer != NULL ? j->issuer : "unknown"),
		.tags = c.tags,
		.hops = c.hops,
		.rerun = c.rerun,
		.attempts = c.attempts,
	};
	if (c.kind == COMMAND_RUN_RECIPE || c.kind == COMMAND_RUN_SCRIPT)
		add_executable(entry, &c);
	else if (!is_boot)
		return err_set(e, ERR_INVALID, "command '%s' runs nothing",
		    command_kind_name(c.kind));
	return order_check_thread(entry->order.thread, e);
}

void
entry_free(struct queue_entry **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct queue_entry *entry = *at;
	attempt_drop(&entry->attempt);
	jsn_free(&entry->frame);
	arena_free(&entry->arena);
	free(entry->suspended_boot);
	free(entry->stop_reason);
	free(entry);
	*at = NULL;
}

int
entry_from_journal(
    const struct journal_entry *j, struct queue_entry **ret, struct err *e)
{
	AUTO(entry_free)
	struct queue_entry *entry = xcalloc(1, sizeof(*entry));
	entry->arena = arena_new();
	entry->local = j->local;
	entry->granted = j->state != JOURNAL_RECEIVED;
	entry->place = j->place;
	entry->since_ms = clock_now_ms();
	int rc = j->local ? read_local(entry, j->payload, e)
			  : read_command(entry, j, e);
	if (rc < 0)
		return rc;
	const char *run_id = entry->order.run_id;
	if (j->state == JOURNAL_RUNNING)
		run_id = j->run_id;
	else if (j->attempts > 0 || j->suspends > 0)
		run_id = NULL; /* its directory belongs to the former one */
	if (run_id != NULL && strlen(run_id) < sizeof(entry->run_id))
		memcpy(entry->run_id, run_id, strlen(run_id) + 1);
	if (j->suspended_boot != NULL)
		entry->suspended_boot = xstrdup(j->suspended_boot);
	*ret = TAKE(entry);
	return 0;
}

static struct queue_thread *
get_thread(struct queue *q, const char *name)
{
	struct queue_thread **at = &q->threads;
	for (; *at != NULL; at = &(*at)->next) {
		if (text_eq((*at)->name, name))
			return *at;
	}
	*at = xcalloc(1, sizeof(**at));
	ASSERT(strlen(name) < sizeof((*at)->name));
	memcpy((*at)->name, name, strlen(name) + 1);
	return *at;
}

void
entry_insert(struct queue *q, struct queue_entry *entry)
{
	entry->queue = q;
	entry->thread = get_thread(q, entry->order.thread);
	struct queue_entry **at = &entry->thread->entries;
	while (*at != NULL && (*at)->place < entry->place)
		at = &(*at)->next;
	entry->next = *at;
	*at = entry;
	q->len++;
}

void
entry_remove(struct queue_entry *entry)
{
	struct queue *q = entry->queue;
	struct queue_entry **at = &entry->thread->entries;
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	entry->next = NULL;
	q->len--;
	struct queue_thread **t = &q->threads;
	while (*t != entry->thread)
		t = &(*t)->next;
	if ((*t)->entries != NULL)
		return;
	struct queue_thread *empty = *t;
	*t = empty->next;
	free(empty);
}

struct queue_entry *
entry_find(const struct queue *q, const char *id)
{
	for (struct queue_thread *t = q->threads; t != NULL; t = t->next) {
		struct queue_entry *entry = t->entries;
		for (; entry != NULL; entry = entry->next) {
			if (text_eq(entry->order.cid, id) ||
			    text_eq(entry->run_id, id))
				return entry;
		}
	}
	return NULL;
}
