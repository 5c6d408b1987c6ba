/* SPDX-License-Identifier: MIT */
/*
 * Commands of the router on this instance. An operator may ask for whatever
 * the bundle lists; another instance for what the bundle marks as
 * remote-callable, in the same deployment. Commands that run nothing are done
 * here, with the same moves of the journal as a run.
 */
#include <stdlib.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"

/* ---- may it be run ---- */

int
commands_check_name(const struct supervisor *s, enum executable_kind kind,
    const char *name, bool trusted, struct err *e)
{
	const struct bundle *b = s->bundle;
	/* Without a bundle it waits; the run checks again. */
	if (b == NULL || bundle_find_remote(b, kind, name) != NULL)
		return 0;
	if (!trusted)
		return err_set(e, ERR_INVALID,
		    "%s '%s' may not be requested from elsewhere: bundle '%s' "
		    "does not list it under operational with 'remote: true'",
		    executable_kind_name(kind), name, b->name);
	AUTO_STR char *item =
	    xasprintf("%s[%s]", executable_kind_name(kind), name);
	const struct bundle_entry *entry = NULL;
	return bundle_find_executable(b, item, &entry, e) < 0
		   ? err_set(e, ERR_INVALID, "%s", e->text)
		   : 0;
}

static int
check_target(struct supervisor *s, const struct command *c, struct err *e)
{
	AUTO(jsn_free) struct jsn *own = s->ports.tags_list(s->ports.arg);
	size_t len = own != NULL ? jsn_len(own) : 0, count = 0;
	struct tag *tags = xcalloc(len + 1, sizeof(*tags));
	for (size_t i = 0; i < len; i++) {
		struct err ignored = { 0 };
		if (tag_parse(
			jsn_str(jsn_at(own, i)), &tags[count], &ignored) == 0)
			count++;
	}
	bool meant = command_is_for(c, s->id, tags, count);
	free(tags);
	return meant ? 0
		     : err_set(e, ERR_INVALID,
			   "instance '%s' is not what the command means: by "
			   "neither id nor its present tags",
			   s->id);
}

static int
check_sender(const struct supervisor *s, const struct command *c,
    const struct trust_verdict *v, struct err *e)
{
	if (v->signer == TRUST_OPERATOR)
		return 0;
	if (s->o.deployment != NULL && !text_eq(v->deployment, s->o.deployment))
		return err_set(e, ERR_INVALID,
		    "instance '%s' is of another deployment, '%s'", v->name,
		    v->deployment);
	if (c->kind != COMMAND_RUN_RECIPE && c->kind != COMMAND_RUN_SCRIPT)
		return err_set(e, ERR_INVALID,
		    "an instance may ask for recipes and scripts alone, not "
		    "for '%s'",
		    command_kind_name(c->kind));
	return 0;
}

int
supervisor_check(struct supervisor *s, const struct command *c,
    const struct trust_verdict *v, struct err *e)
{
	enum instance_state now = state_now(&s->state);
	if (now == STATE_DECOMMISSIONING || now == STATE_DECOMMISSIONED)
		return err_set(e, ERR_INVALID, "the instance is %s",
		    instance_state_name(now));
	int rc = check_sender(s, c, v, e);
	if (rc == 0)
		rc = check_target(s, c, e);
	if (rc == 0 && c->thread != NULL)
		rc = order_check_thread(c->thread, e);
	if (rc == 0 && c->hops > COMMAND_HOPS_MAX)
		rc = err_set(e, ERR_INVALID,
		    "more than %d requests led to one another",
		    COMMAND_HOPS_MAX);
	if (rc < 0)
		return rc;
	bool trusted = v->signer == TRUST_OPERATOR;
	if (c->kind == COMMAND_RUN_RECIPE)
		return commands_check_name(
		    s, EXECUTABLE_RECIPE, c->name, trusted, e);
	if (c->kind == COMMAND_RUN_SCRIPT)
		return commands_check_name(
		    s, EXECUTABLE_SCRIPT, c->name, trusted, e);
	return 0;
}

/* ---- granted ---- */

static void
tell_end(struct supervisor *s, const char *cid, enum delivery_state state,
    const char *reason)
{
	struct queue_end end = { .cid = cid,
		.kind = ORDER_REMOTE,
		.state = state,
		.status = state == DELIVERY_ok ? "completed" : "failed",
		.reason = reason,
		.exit_status = state == DELIVERY_ok ? 0 : 1 };
	if (s->ports.runs.on_ended != NULL)
		s->ports.runs.on_ended(&end, s->ports.runs.arg);
}

void
command_done(struct supervisor *s, const char *cid, enum delivery_state state,
    const char *reason)
{
	struct journal_result r = { .state = delivery_state_name(state),
		.reason = reason,
		.exit_status = state == DELIVERY_ok ? 0 : 1 };
	struct err e = { 0 };
	int rc = journal_finish(s->o.journal, cid, &r, clock_now_ms(), &e);
	if (rc < 0 && rc != ERR_STATE)
		log_event(LOG_LEVEL_ERROR, "end_not_kept", LOG_STR("cid", cid),
		    LOG_STR("text", e.text));
	tell_end(s, cid, state, reason);
}

static void
carry_out(struct supervisor *s, const char *cid, const struct command *c)
{
	enum shutdown_level level =
	    shutdown_level_find(c->shutdown != NULL ? c->shutdown : "");
	struct err e = { 0 };
	if (c->kind == COMMAND_SHUTDOWN) {
		leave_want(s, level, false);
		command_done(s, cid, DELIVERY_ok, NULL);
	} else if (leave_begin(s, level, cid, &e) < 0) {
		command_done(s, cid, DELIVERY_rejected, e.text);
	}
}

/* 1: it runs something. 0: done or begun here. */
static int
act(struct supervisor *s, const struct journal_entry *j, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	AUTO(jsn_free) struct jsn *value = NULL;
	struct command c;
	struct err bad = { 0 };
	if (command_parse(arena, j->payload, &value, &c, &bad) < 0)
		return 1; /* the queue rejects it */
	if (c.kind != COMMAND_SHUTDOWN && c.kind != COMMAND_DECOMMISSION)
		return 1;
	if (j->state == JOURNAL_RUNNING) {
		bool over = state_now(&s->state) == STATE_DECOMMISSIONED;
		command_done(s, j->cid,
		    over ? DELIVERY_ok : DELIVERY_interrupted,
		    over ? NULL : "the agent ended meanwhile");
		return 0;
	}
	AUTO_STR char *cid = xstrdup(j->cid);
	char run_id[ULID_TEXT_BYTES];
	ulid_new(run_id);
	int rc = journal_start(s->o.journal, cid, run_id, e);
	if (rc < 0)
		return rc;
	if (s->ports.runs.on_started != NULL)
		s->ports.runs.on_started(cid, run_id, s->ports.runs.arg);
	carry_out(s, cid, &c);
	return 0;
}

int
supervisor_add(struct supervisor *s, const char *cid, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	struct journal_entry j;
	int rc = journal_find(arena, s->o.journal, cid, &j, e);
	if (rc < 0)
		return rc;
	bool is_new = j.state == JOURNAL_RECEIVED || j.state == JOURNAL_GRANTED;
	if (rc == 0 || !is_new)
		return queue_find(s->queue, cid) != QUEUE_UNKNOWN
			   ? 0
			   : err_set(e, ERR_STATE,
				 "command '%s' is not granted", cid);
	rc = j.local ? 1 : act(s, &j, e);
	return rc == 1 ? queue_take(s->queue, cid, e) : rc;
}

void
supervisor_cancel(struct supervisor *s, const char *cid)
{
	(void)queue_stop(s->queue, cid, "an operator cancelled it");
}

static int
settle(struct supervisor *s, enum journal_state state, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	struct journal_entry *list = NULL;
	size_t len = 0;
	int rc = journal_list(arena, s->o.journal, state, 0,
	    (size_t)JOURNAL_OPEN_MAX * 2, &list, &len, e);
	for (size_t i = 0; rc >= 0 && i < len; i++) {
		if (!list[i].local)
			rc = act(s, &list[i], e);
	}
	return rc < 0 ? rc : 0;
}

int
commands_settle(struct supervisor *s, struct err *e)
{
	int rc = settle(s, JOURNAL_RUNNING, e);
	return rc == 0 ? settle(s, JOURNAL_GRANTED, e) : rc;
}
