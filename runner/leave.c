/* SPDX-License-Identifier: MIT */
/*
 * Shutdown requests and the decommission (RightLink 6, sections 1.6 and 1.7):
 * levels only rise; a deferred request waits until every thread is idle, an
 * immediate one skips what has not started. Then: decommissioning, the
 * decommission list on its own thread and with its own limit, what else still
 * runs is stopped, decommissioned, the OS action. A boot that is in progress is
 * stopped at once, so that it can neither run beside the list nor change the
 * state after it. What the machine was asked for lasts in state.json.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"

#define LIST_MS 180000
#define STOP_MS 30000
#define UPLOAD_MS 20000

static const char leaving[] = "the instance is being decommissioned";

static void step(struct supervisor *s);

static void
set_limit(struct supervisor *s, int64_t ms, loop_fn fn)
{
	loop_unwatch(&s->leave.limit);
	s->leave.limit = loop_after(s->o.loop, ms, fn, s);
}

static void
on_limit(void *arg)
{
	struct supervisor *s = arg;
	struct leave *l = &s->leave;
	loop_unwatch(&l->limit);
	if (l->stage == LEAVE_LIST) {
		log_event(LOG_LEVEL_WARN, "decommission_took_too_long",
		    LOG_STR("run", l->run_id));
		l->status = "failed";
	}
	l->overdue = true;
	step(s);
}

/* ---- requests ---- */

void
leave_want(struct supervisor *s, enum shutdown_level level, bool immediately)
{
	struct leave *l = &s->leave;
	if (level > l->wanted)
		l->wanted = level;
	if (l->wanted == SHUTDOWN_CONTINUE)
		return;
	if (l->stage != LEAVE_NONE && l->stage < LEAVE_ACTS && level > l->level)
		l->level = level;
	log_event(LOG_LEVEL_INFO, "shutdown_wanted",
	    LOG_STR("level", shutdown_level_name(l->wanted)),
	    LOG_INT("immediately", immediately));
	l->now = l->now || immediately;
	state_set_text(
	    &s->state, "shutdown_wanted", shutdown_level_name(l->wanted));
	jsn_set_bool(s->state.root, "shutdown_now", l->now);
	supervisor_save(s);
	if (l->now)
		queue_skip(
		    s->queue, "skipped: an immediate shutdown was requested");
	leave_look(s);
}

void
leave_look(struct supervisor *s)
{
	struct leave *l = &s->leave;
	if (l->stage != LEAVE_NONE) {
		step(s);
		return;
	}
	if (s->ending && queue_is_quiet(s->queue) && !s->over) {
		s->over = true;
		if (s->ports.on_over != NULL)
			s->ports.on_over(s->ports.arg);
		return;
	}
	if (l->wanted == SHUTDOWN_CONTINUE || s->ending ||
	    !queue_is_idle(s->queue))
		return;
	struct err e = { 0 };
	if (leave_begin(s, l->wanted, NULL, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "shutdown_refused",
		    LOG_STR("text", e.text));
}

/* ---- the decommission ---- */

static void
stop_boot(const struct queue_item *item, void *arg)
{
	char(*ret_id)[ULID_TEXT_BYTES] = arg;
	if (item->kind == ORDER_BOOT && item->run_id != NULL)
		memcpy(*ret_id, item->run_id, strlen(item->run_id) + 1);
}

static void
stop_boots(struct supervisor *s)
{
	boot_release(s);
	for (;;) {
		char id[ULID_TEXT_BYTES] = "";
		queue_each(s->queue, stop_boot, &id);
		if (id[0] == '\0' ||
		    queue_stop(s->queue, id, leaving) != QUEUE_WAITING)
			return;
	}
}

static void
run_list(struct supervisor *s)
{
	struct leave *l = &s->leave;
	struct run_order o = { .kind = ORDER_DECOMMISSION,
		.thread = ORDER_THREAD_DECOMMISSION,
		.trusted = true };
	struct err e = { 0 };
	if (s->bundle_dir == NULL ||
	    (s->bundle != NULL && s->bundle->decommission.len == 0)) {
		l->status = "completed";
	} else if (queue_add(s->queue, &o, l->run_id, &e) < 0) {
		log_event(LOG_LEVEL_ERROR, "decommission_not_queued",
		    LOG_STR("text", e.text));
		l->status = "failed";
	}
	set_limit(s, s->o.decommission_ms > 0 ? s->o.decommission_ms : LIST_MS,
	    on_limit);
}

int
leave_begin(struct supervisor *s, enum shutdown_level level, const char *cid,
    struct err *e)
{
	struct leave *l = &s->leave;
	if (l->stage != LEAVE_NONE) {
		if (level > l->level)
			l->level = level;
		return err_set(e, ERR_STATE,
		    "the instance is being decommissioned already");
	}
	/* In the same file as the state: a machine that dies now is asked to
	 * shut down again, its list is not run again. */
	state_set_text(&s->state, "shutdown", shutdown_level_name(level));
	state_set_text(&s->state, "shutdown_wanted", NULL);
	int rc = supervisor_move(s, STATE_DECOMMISSION_STARTED, e);
	if (rc < 0)
		return rc;
	l->stage = LEAVE_LIST;
	l->level = level;
	l->overdue = false;
	l->cid = cid != NULL ? xstrdup(cid) : NULL;
	queue_shut(s->queue, leaving);
	stop_boots(s);
	run_list(s);
	step(s);
	return 0;
}

static void
end_list(struct supervisor *s)
{
	struct leave *l = &s->leave;
	l->stage = LEAVE_STOPS;
	l->overdue = false;
	queue_stop_all(s->queue, -1, leaving);
	set_limit(s, STOP_MS, on_limit);
}

static void
end_stops(struct supervisor *s)
{
	struct leave *l = &s->leave;
	struct err e = { 0 };
	bool good = text_eq(l->status, "completed");
	if (supervisor_move(s, STATE_DECOMMISSION_ENDED, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "decommission_end",
		    LOG_STR("text", e.text));
	if (l->cid != NULL)
		command_done(s, l->cid, good ? DELIVERY_ok : DELIVERY_failed,
		    good ? NULL : "the decommission list failed");
	str_free(&l->cid);
	l->stage = LEAVE_UPLOADS;
	l->overdue = false;
	set_limit(s, UPLOAD_MS, on_limit);
	control_left(s);
}

/* One step after another, as far as it goes now. */
static void
step(struct supervisor *s)
{
	struct leave *l = &s->leave;
	if (l->stage == LEAVE_LIST && l->status != NULL)
		end_list(s);
	if (l->stage == LEAVE_STOPS && (l->overdue || queue_is_quiet(s->queue)))
		end_stops(s);
	if (l->stage == LEAVE_UPLOADS &&
	    (l->overdue || s->ending || spool_is_empty(s->spool))) {
		loop_unwatch(&l->limit);
		l->stage = LEAVE_ACTS;
		os_act(s, l->level);
	}
	if (l->stage == LEAVE_DONE && s->leave_then_end)
		s->ending = true;
	if (l->stage == LEAVE_DONE && s->ending && !s->over) {
		s->over = true;
		if (s->ports.on_over != NULL)
			s->ports.on_over(s->ports.arg);
	}
}

void
leave_acted(struct supervisor *s)
{
	s->leave.stage = LEAVE_DONE;
	step(s);
}

void
leave_run_ended(struct supervisor *s, const struct queue_end *end)
{
	struct leave *l = &s->leave;
	if (l->stage == LEAVE_LIST && end->kind == ORDER_DECOMMISSION &&
	    l->status == NULL)
		l->status = end->state == DELIVERY_ok ? "completed" : "failed";
}

/* ---- after a restart ---- */

static bool
resume_decommission(struct supervisor *s)
{
	struct leave *l = &s->leave;
	l->level =
	    shutdown_level_find(jsn_peek_str(s->state.root, "shutdown", ""));
	log_event(LOG_LEVEL_WARN, "decommission_was_cut_short",
	    LOG_STR("level", shutdown_level_name(l->level)));
	l->status = "failed";
	l->stage = LEAVE_LIST;
	queue_shut(s->queue, leaving);
	step(s);
	return true;
}

bool
leave_resume(struct supervisor *s)
{
	enum instance_state now = state_now(&s->state);
	bool booted = state_was_rebooted(&s->state);
	if (now == STATE_DECOMMISSIONING && !booted)
		return resume_decommission(s);
	struct err e = { 0 };
	if (now == STATE_DECOMMISSIONING &&
	    supervisor_move(s, STATE_DECOMMISSION_ENDED, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "decommission_end",
		    LOG_STR("text", e.text));
	if (now == STATE_DECOMMISSIONED && !booted) {
		queue_shut(s->queue, leaving);
		s->leave.stage = LEAVE_DONE;
		return true;
	}
	if (booted) {
		/* What the machine was asked for has happened. */
		state_set_text(&s->state, "shutdown_wanted", NULL);
		jsn_set_bool(s->state.root, "shutdown_now", false);
		supervisor_save(s);
		return false;
	}
	s->leave.wanted = shutdown_level_find(
	    jsn_peek_str(s->state.root, "shutdown_wanted", ""));
	s->leave.now = jsn_peek_bool(s->state.root, "shutdown_now", false) &&
		       s->leave.wanted != SHUTDOWN_CONTINUE;
	return false;
}

void
leave_release(struct supervisor *s)
{
	loop_unwatch(&s->leave.limit);
	os_release(s);
	str_free(&s->leave.cid);
}
