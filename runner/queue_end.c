/* SPDX-License-Identifier: MIT */
/*
 * Ends of runs. The journal's commit comes before anything is told; an end
 * that cannot be committed (a full disk) leaves the entry running in the
 * journal, so that the next start of the agent settles it from the run's
 * directory.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/queue_priv.h"
#include "runner/run.h"
#include "runner/state.h"

#define RESULT_MAX_BYTES ((size_t)16 << 20)

static void
begin_end(const struct queue_entry *entry, struct queue_end *end)
{
	*end = (struct queue_end){ .cid = entry->order.cid,
		.run_id = entry->run_id[0] != '\0' ? entry->run_id : NULL,
		.local = entry->local,
		.kind = entry->order.kind,
		.policy = entry->order.policy,
		.audit_period_ms = entry->order.audit_period_ms,
		.why_run = entry->order.why_run };
}

static enum delivery_state
state_of(const struct queue_entry *entry, const char *status, bool interrupted)
{
	if (text_eq(status, "completed"))
		return DELIVERY_ok;
	if (text_eq(status, "refused"))
		return DELIVERY_rejected;
	if (interrupted || entry->stop_reason != NULL)
		return DELIVERY_interrupted;
	return DELIVERY_failed;
}

static void
take_numbers(struct queue_end *end, const struct jsn *from, const char *exit)
{
	end->updated = jsn_peek_int(from, "updated", 0);
	end->total = jsn_peek_int(from, "total", 0);
	end->elapsed_ms = jsn_peek_int(from, "elapsed_ms", 0);
	end->exit_status = jsn_peek_int(from, exit, 1);
}

void
end_from_frame(const struct queue_entry *entry, const struct jsn *told,
    struct queue_end *ret_end)
{
	begin_end(entry, ret_end);
	ret_end->status = jsn_peek_str(told, "status", "failed");
	ret_end->reason = jsn_peek_str(told, "reason", NULL);
	ret_end->state = state_of(entry, ret_end->status, false);
	if (ret_end->state == DELIVERY_interrupted)
		ret_end->status = "stopped";
	take_numbers(ret_end, told, "exit_status");
	ret_end->missing_inputs = jsn_get(told, "missing_inputs");
	if (jsn_peek_bool(told, "again", false) &&
	    ret_end->state == DELIVERY_ok && entry->order.kind != ORDER_BOOT)
		ret_end->status = "suspended";
}

static struct jsn *
load_result(const struct queue_entry *entry)
{
	AUTO_STR char *path = xasprintf("%s/runs/%s/result.json",
	    entry->queue->o.places->state, entry->run_id);
	struct jsn *result = NULL;
	struct err ignored = { 0 };
	return jsn_load(AT_FDCWD, path, RESULT_MAX_BYTES, &result, &ignored) < 0
		   ? NULL
		   : result;
}

static void
record_unbegun(
    const struct queue_entry *entry, bool crashed, const char *reason)
{
	struct run_unbegun u = { .run_id = entry->run_id,
		.kind = order_kind_name(entry->order.kind),
		.request_id = entry->order.cid,
		.reason = reason,
		.executables = entry->order.executables,
		.crashed = crashed };
	struct err e = { 0 };
	if (run_record_unbegun(entry->queue->o.places, &u, &e) < 0)
		log_event(LOG_LEVEL_WARN, "run_not_recorded",
		    LOG_STR("run", entry->run_id), LOG_STR("text", e.text));
}

void
end_from_disk(const struct queue_entry *entry, const char *reason,
    struct arena *arena, struct queue_end *ret_end)
{
	begin_end(entry, ret_end);
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *result = load_result(entry);
	if (result == NULL) {
		if (run_recover(
			entry->queue->o.places, entry->run_id, reason, &e) < 0)
			log_event(LOG_LEVEL_WARN, "run_not_recovered",
			    LOG_STR("run", entry->run_id),
			    LOG_STR("text", e.text));
		result = load_result(entry);
		if (result == NULL)
			record_unbegun(entry, true, reason);
		ret_end->status = "crashed";
		ret_end->state = DELIVERY_interrupted;
		ret_end->reason = reason;
		ret_end->exit_status = 1;
		return;
	}
	ret_end->status =
	    arena_strdup(arena, jsn_peek_str(result, "status", "failed"));
	const char *why = jsn_peek_str(result, "reason", NULL);
	ret_end->reason = why != NULL ? arena_strdup(arena, why) : NULL;
	bool interrupted = jsn_peek_bool(result, "interrupted", false) ||
			   text_eq(ret_end->status, "crashed");
	ret_end->state = state_of(entry, ret_end->status, interrupted);
	take_numbers(ret_end, result, "exit");
}

static char *
copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void
remember(struct queue *q, const struct queue_end *end)
{
	struct queue_ended *t = xcalloc(1, sizeof(*t));
	t->end = *end;
	t->end.cid = t->cid = copy(end->cid);
	t->end.run_id = t->run_id = copy(end->run_id);
	t->end.status = t->status = copy(end->status);
	t->end.reason = t->reason = copy(end->reason);
	t->end.policy = t->policy = copy(end->policy);
	t->missing = jsn_copy(end->missing_inputs);
	t->end.missing_inputs = t->missing;
	struct queue_ended **at = &q->ended;
	while (*at != NULL)
		at = &(*at)->next;
	*at = t;
	queue_pump(q);
}

void
queue_tell_ended(struct queue *q)
{
	while (q->ended != NULL) {
		struct queue_ended *t = q->ended;
		q->ended = t->next;
		q->o.events.on_ended(&t->end, q->o.events.arg);
		free(t->cid);
		free(t->run_id);
		free(t->status);
		free(t->reason);
		free(t->policy);
		jsn_free(&t->missing);
		free(t);
	}
}

/* Back to waiting with another run id; its place stays. */
static void
wait_again(struct queue_entry *entry)
{
	entry->stage = ENTRY_WAITING;
	entry->run_id[0] = '\0';
	entry->order.run_id = NULL;
	str_free(&entry->stop_reason);
	entry->since_ms = clock_now_ms();
}

/* True when the entry waits again. */
static bool
suspend_or_retry(struct queue_entry *entry, struct queue_end *end)
{
	struct journal *j = entry->queue->o.journal;
	struct err e = { 0 };
	if (text_eq(end->status, "suspended")) {
		AUTO_STR char *boot = machine_boot_id();
		if (boot != NULL &&
		    journal_suspend(j, end->cid, boot, &e) == 0) {
			entry->suspended_boot = TAKE(boot);
			return true;
		}
		log_event(LOG_LEVEL_WARN, "run_not_suspended",
		    LOG_STR("cid", end->cid), LOG_STR("text", e.text));
		end->status = "completed";
		return false;
	}
	if (end->state != DELIVERY_interrupted || !entry->order.rerun ||
	    entry->stop_reason != NULL || journal_retry(j, end->cid, &e) < 0)
		return false;
	end->status = "again";
	return true;
}

static int
commit(struct queue_entry *entry, const struct queue_end *end, struct err *e)
{
	struct journal_result r = { .state = delivery_state_name(end->state),
		.run_id = end->run_id,
		.reason = end->reason,
		.updated = end->updated,
		.elapsed_ms = end->elapsed_ms,
		.exit_status = end->exit_status };
	return journal_finish(
	    entry->queue->o.journal, end->cid, &r, clock_now_ms(), e);
}

void
entry_end(struct queue_entry *entry, const struct queue_end *how)
{
	struct queue *q = entry->queue;
	struct queue_end end = *how;
	struct err e = { 0 };
	if (suspend_or_retry(entry, &end)) {
		remember(q, &end);
		wait_again(entry);
		return;
	}
	if (commit(entry, &end, &e) < 0 && e.code != ERR_STATE)
		log_event(LOG_LEVEL_ERROR, "end_not_kept",
		    LOG_STR("cid", end.cid), LOG_STR("text", e.text));
	remember(q, &end);
	entry_remove(entry);
	entry_free(&entry);
}

void
entry_end_unrun(struct queue_entry *entry, enum delivery_state state,
    const char *status, const char *reason)
{
	struct queue_end end;
	begin_end(entry, &end);
	end.state = state;
	end.status = status;
	end.reason = reason;
	end.exit_status = 1;
	if (end.run_id != NULL)
		record_unbegun(entry, false, reason);
	entry_end(entry, &end);
}
