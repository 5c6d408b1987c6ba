/* SPDX-License-Identifier: MIT */
/* The supervisor's frame: opening, what runs need, what they say. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"

#define PRUNE_DELAY_MS 5000
#define LOG_LEVEL_KEY "run_log_level"

void
supervisor_save(struct supervisor *s)
{
	struct err e = { 0 };
	if (state_save(&s->state, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "state_not_saved",
		    LOG_STR("text", e.text));
}

int
supervisor_move(struct supervisor *s, enum state_event event, struct err *e)
{
	enum instance_state from = state_now(&s->state);
	int rc = state_move(&s->state, event, e);
	if (rc < 0)
		return rc;
	enum instance_state now = state_now(&s->state);
	supervisor_save(s);
	if (now == from)
		return 0;
	log_event(LOG_LEVEL_INFO, "state_changed",
	    LOG_STR("from", instance_state_name(from)),
	    LOG_STR("to", instance_state_name(now)));
	if (s->ports.on_state != NULL)
		s->ports.on_state(now, s->ports.arg);
	return 0;
}

bool
supervisor_has_router(const struct supervisor *s)
{
	return s->ports.call != NULL;
}

/* ---- runs ---- */

static int
prepare(struct run_order *o, void *arg, struct err *e)
{
	struct supervisor *s = arg;
	enum instance_state now = state_now(&s->state);
	bool leaving = now == STATE_DECOMMISSIONING ||
		       now == STATE_DECOMMISSIONED || s->ending;
	if (leaving && o->kind != ORDER_DECOMMISSION)
		return err_set(e, ERR_STATE, "the instance is leaving");
	if (o->kind == ORDER_BOOT && !o->why_run) {
		int rc = boot_enter(s, e);
		if (rc < 0)
			return rc;
	}
	o->state_dir = s->o.places->state;
	o->bundle_dir = s->bundle_dir;
	if (o->node_name == NULL)
		o->node_name = s->o.node_name;
	if (o->inputs_file == NULL)
		o->inputs_file = s->o.inputs_file;
	o->state = instance_state_name(state_now(&s->state));
	o->instance_id = s->id;
	o->reboot = o->kind == ORDER_BOOT && s->state.reboot;
	o->upload = supervisor_has_router(s) && !s->o.no_upload;
	o->past_scripts = jsn_get(s->state.root, "past_scripts");
	if (jsn_type(o->past_scripts) != JSN_ARRAY)
		o->past_scripts = NULL;
	if (o->log_level == NULL)
		o->log_level = s->log_level;
	return 0;
}

static void
on_frame(const struct run_order *o, const struct jsn *frame, void *arg)
{
	struct supervisor *s = arg;
	const char *type = jsn_peek_str(frame, "type", "");
	if (text_eq(type, "run_began")) {
		/* Of a policy only a failure goes up by itself. */
		if (o->upload && o->policy == NULL)
			spool_began(s, o->run_id);
	} else if (text_eq(type, "run_progress")) {
		spool_grew(s, o->run_id);
		control_run_grew(s, o->run_id);
	} else if (text_eq(type, "script_succeeded")) {
		state_add_run(&s->state, jsn_peek_str(frame, "name", ""));
		supervisor_save(s);
	} else if (text_eq(type, "shutdown_wanted")) {
		leave_want(s,
		    shutdown_level_find(jsn_peek_str(frame, "level", "")),
		    jsn_peek_bool(frame, "immediately", false));
	}
}

static void
on_prune(void *arg)
{
	struct supervisor *s = arg;
	struct err e = { 0 };
	loop_unwatch(&s->prune);
	size_t keep = s->o.runs_keep > 0 ? (size_t)s->o.runs_keep : RUNS_KEPT;
	if (run_prune(s->o.places, keep, &e) < 0)
		log_event(
		    LOG_LEVEL_WARN, "runs_not_pruned", LOG_STR("text", e.text));
}

static void
on_started(const char *cid, const char *run_id, void *arg)
{
	struct supervisor *s = arg;
	log_event(LOG_LEVEL_INFO, "run_started", LOG_STR("run", run_id),
	    LOG_STR("cid", cid));
	if (s->ports.runs.on_started != NULL)
		s->ports.runs.on_started(cid, run_id, s->ports.runs.arg);
}

static void
log_end(const struct queue_end *end)
{
	log_event(end->state == DELIVERY_ok ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
	    "run_ended",
	    LOG_STR("run", end->run_id != NULL ? end->run_id : "none"),
	    LOG_STR("cid", end->cid), LOG_STR("status", end->status),
	    LOG_INT("elapsed_ms", end->elapsed_ms),
	    LOG_STR("reason", end->reason != NULL ? end->reason : ""));
}

static bool
is_over(const struct queue_end *end)
{
	return !text_eq(end->status, "again") &&
	       !text_eq(end->status, "suspended");
}

static void
on_ended(const struct queue_end *end, void *arg)
{
	struct supervisor *s = arg;
	log_end(end);
	policy_run_ended(s, end);
	if (end->run_id != NULL)
		spool_ended(s, end->run_id);
	control_run_ended(s, end);
	if (is_over(end) && s->ports.runs.on_ended != NULL)
		s->ports.runs.on_ended(end, s->ports.runs.arg);
	if (is_over(end) && end->kind == ORDER_BOOT && !end->why_run)
		boot_ended(s, end);
	leave_run_ended(s, end);
	leave_look(s);
	if (s->prune == NULL)
		s->prune = loop_after(s->o.loop, PRUNE_DELAY_MS, on_prune, s);
}

/* ---- bundle ---- */

/* The bundle for checks; runs load it themselves, so that one that is broken
 * is told in their audits. */
static void
load_bundle(struct supervisor *s)
{
	bundle_free(&s->bundle);
	struct err e = { 0 };
	if (s->bundle_dir != NULL &&
	    bundle_load(s->bundle_dir, &s->bundle, &e) < 0)
		log_event(LOG_LEVEL_WARN, "bundle_not_loaded",
		    LOG_STR("dir", s->bundle_dir), LOG_STR("text", e.text));
}

static void
set_bundle(struct supervisor *s, const char *dir, int64_t serial)
{
	char *copy = dir != NULL ? xstrdup(dir) : NULL;
	free(s->bundle_dir);
	s->bundle_dir = copy;
	s->bundle_serial = serial;
	load_bundle(s);
}

int
supervisor_use_bundle(
    struct supervisor *s, const char *dir, int64_t serial, struct err *e)
{
	if (s->o.bundle_dir != NULL)
		return err_set(e, ERR_STATE,
		    "this agent uses its own bundle '%s'", s->o.bundle_dir);
	set_bundle(s, dir, serial);
	if (s->bundle == NULL)
		log_event(LOG_LEVEL_WARN, "bundle_broken", LOG_STR("dir", dir),
		    LOG_INT("serial", serial));
	state_set_text(&s->state, "bundle_dir", dir);
	jsn_set_int(s->state.root, "bundle_serial", serial);
	supervisor_save(s);
	if (s->started) {
		if (state_now(&s->state) == STATE_OPERATIONAL)
			timetable_use_bundle(s);
		timetable_changed(s);
		boot_look(s);
	}
	return 0;
}

/* ---- life ---- */

static int
take_lock(struct supervisor *s, struct err *e)
{
	AUTO_STR char *path = places_state(s->o.places, "lock");
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return err_sys(e, "open '%s'", path);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys(e, "lock '%s'", path);
	return err_set(e, ERR_STATE,
	    "another agent, or a run of the command line, uses '%s'",
	    s->o.places->state);
}

static int
open_state(struct supervisor *s, struct err *e)
{
	int rc = places_prepare(s->o.places, e);
	if (rc == 0)
		rc = take_lock(s, e);
	if (rc == 0)
		rc = state_load(s->o.places, &s->state, e);
	if (rc < 0)
		return rc;
	const char *cut = state_text(&s->state, "run_in_progress");
	if (cut != NULL)
		rc = run_recover(s->o.places, cut, NULL, e);
	if (s->o.id != NULL)
		state_adopt(&s->state, s->o.id);
	s->id = xstrdup(state_id(&s->state));
	state_set_text(&s->state, "run_in_progress", NULL);
	supervisor_save(s);
	if (s->o.bundle_dir != NULL)
		set_bundle(s, s->o.bundle_dir, 0);
	else
		set_bundle(s, state_text(&s->state, "bundle_dir"),
		    jsn_peek_int(s->state.root, "bundle_serial", 0));
	return rc;
}

static void
load_level(struct supervisor *s)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *level = journal_get(a, s->o.journal, LOG_LEVEL_KEY);
	s->log_level = level != NULL ? xstrdup(level) : NULL;
}

int
supervisor_set_level(struct supervisor *s, const char *level, struct err *e)
{
	int rc = journal_put(s->o.journal, LOG_LEVEL_KEY, level, e);
	if (rc < 0)
		return rc;
	free(s->log_level);
	s->log_level = xstrdup(level);
	return 0;
}

static int
open_queue(struct supervisor *s, struct err *e)
{
	struct queue_options o = { .loop = s->o.loop,
		.journal = s->o.journal,
		.places = s->o.places,
		.events = { s, on_started, on_ended },
		.hooks = { s, prepare, on_frame } };
	return queue_open(&o, &s->queue, e);
}

int
supervisor_open(const struct supervisor_options *o,
    const struct supervisor_ports *ports, struct supervisor **ret_supervisor,
    struct err *e)
{
	struct supervisor *s = xcalloc(1, sizeof(*s));
	s->o = *o;
	s->ports = *ports;
	s->lock_fd = -1;
	s->started_ms = clock_now_ms();
	int rc = open_state(s, e);
	if (rc == 0) {
		load_level(s);
		s->policies = policies_new();
		s->waiters = control_runs_new();
		s->remotes = remotes_open(s);
		s->timetable = timetable_open(s);
		s->spool = spool_open(s);
	}
	if (rc == 0)
		rc = open_queue(s, e);
	if (rc == 0)
		rc = control_open(s, &s->control, e);
	if (rc < 0) {
		supervisor_close(&s);
		return rc;
	}
	*ret_supervisor = s;
	return 0;
}

void
supervisor_close(struct supervisor **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct supervisor *s = *at;
	remotes_close(&s->remotes);
	control_close(&s->control);
	control_runs_free(&s->waiters);
	timetable_close(&s->timetable);
	queue_close(&s->queue);
	policies_close(&s->policies);
	spool_close(&s->spool);
	boot_release(s);
	leave_release(s);
	loop_unwatch(&s->prune);
	loop_unwatch(&s->end_limit);
	bundle_free(&s->bundle);
	state_release(&s->state);
	fd_close(&s->lock_fd);
	free(s->bundle_dir);
	free(s->log_level);
	free(s->id);
	free(s);
	*at = NULL;
}

int
supervisor_start(struct supervisor *s, struct err *e)
{
	s->started = true;
	timetable_changed(s);
	int rc = spool_resume(s, e);
	if (rc == 0)
		rc = commands_settle(s, e);
	if (rc < 0)
		return rc;
	if (leave_resume(s))
		return 0;
	enum instance_state now = state_now(&s->state);
	bool settled = now == STATE_OPERATIONAL || now == STATE_STRANDED;
	if (!settled || state_was_rebooted(&s->state))
		boot_begin(s);
	else
		queue_activate(s->queue, true);
	return 0;
}

struct queue *
supervisor_queue(struct supervisor *s)
{
	return s->queue;
}

enum instance_state
supervisor_state(const struct supervisor *s)
{
	return state_now(&s->state);
}

int64_t
supervisor_spooled_bytes(const struct supervisor *s)
{
	return spool_bytes(s->spool);
}
