/* SPDX-License-Identifier: MIT */
/* What the two halves of the agent do for each other. */
#include <stdlib.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/log.h"
#include "runner/agent_priv.h"
#include "wire/envelope.h"

/* ---- the running half asks ---- */

static void
call(const struct port_call *c, void *arg)
{
	struct agent *a = arg;
	session_call(a->session, c);
}

/* An answer from the loop, for those who wait for one. */
struct later {
	struct loop_watch *timer;
	struct jsn *reply;
	struct err err;
	int rc;
	port_done_fn done;
	void *arg;
};

static void
on_later(void *arg)
{
	struct later *l = arg;
	l->done(l->rc, 200, l->reply, l->rc < 0 ? &l->err : NULL, l->arg);
	loop_unwatch(&l->timer);
	jsn_free(&l->reply);
	free(l);
}

void
agent_answer_later(struct agent *a, int rc, struct jsn *reply,
    const struct err *e, port_done_fn done, void *arg)
{
	struct later *l = xcalloc(1, sizeof(*l));
	*l = (struct later){
		.rc = rc, .reply = reply, .done = done, .arg = arg
	};
	if (rc < 0)
		l->err = *e;
	l->timer = loop_after(a->loop, 0, on_later, l);
}

static struct jsn *
tags_list(void *arg)
{
	struct agent *a = arg;
	struct err e = { 0 };
	struct jsn *tags = NULL;
	if (journal_tags(a->journal, &tags, &e) == 0)
		return tags;
	log_event(LOG_LEVEL_ERROR, "tags_not_read", LOG_STR("text", e.text));
	return jsn_new_array();
}

static void
tags_change(const struct jsn *add, const struct jsn *remove, bool set,
    int64_t ttl_ms, int64_t timeout_ms, port_done_fn done, void *done_arg,
    void *arg)
{
	struct agent *a = arg;
	struct err e = { 0 };
	bool changed = false;
	int rc;
	if (a->session != NULL) {
		rc = session_change_tags(a->session, add, remove, set, ttl_ms,
		    timeout_ms, done, done_arg, &e);
		if (rc < 0)
			agent_answer_later(a, rc, NULL, &e, done, done_arg);
		return;
	}
	rc = journal_tags_change(
	    a->journal, add, remove, set, ttl_ms, &changed, &e);
	struct jsn *reply = jsn_new_object();
	jsn_set_bool(reply, "changed", changed);
	jsn_set(reply, "tags", tags_list(a));
	agent_answer_later(a, rc, reply, &e, done, done_arg);
}

static int
sign(struct str payload, struct jsn **ret_envelope, void *arg, struct err *e)
{
	struct agent *a = arg;
	if (a->identity == NULL)
		return err_set(e, ERR_STATE, "no router was joined");
	return envelope_seal(payload, SIGN_DOMAIN_COMMAND, a->identity->key,
	    a->identity->certificate, ret_envelope, e);
}

static void
status(struct jsn *reply, void *arg)
{
	struct agent *a = arg;
	if (a->session == NULL)
		return;
	struct session_status s = session_status(a->session);
	jsn_set_str(reply, "router", a->identity->router);
	jsn_set_bool(reply, "connected", s.connected);
	if (s.contact_ms > 0)
		jsn_set_int(reply, "contact_ms", s.contact_ms);
	if (s.trouble != NULL)
		jsn_set_str(reply, "trouble", s.trouble);
	jsn_set_int(reply, "skew_ms", s.skew_ms);
}

static void
on_state(enum instance_state state, void *arg)
{
	struct agent *a = arg;
	if (a->session != NULL)
		session_set_state(a->session, instance_state_name(state));
}

static void
on_started(const char *cid, const char *run_id, void *arg)
{
	struct agent *a = arg;
	if (a->session == NULL)
		return;
	outbox_add(a->outbox, OUTBOX_STATE, cid, run_id);
	session_news(a->session);
}

static void
on_ended(const struct queue_end *end, void *arg)
{
	struct agent *a = arg;
	if (a->session == NULL || end->local)
		return;
	outbox_add(a->outbox, OUTBOX_RESULT, end->cid, NULL);
	session_news(a->session);
}

struct supervisor_ports
agent_ports(struct agent *a)
{
	bool joined = a->identity != NULL;
	return (struct supervisor_ports){
		.arg = a,
		.call = joined ? call : NULL,
		.tags_change = tags_change,
		.tags_list = tags_list,
		.sign = sign,
		.status = status,
		.on_state = on_state,
		.reenroll = joined ? agent_reenroll : NULL,
		.log_level = agent_log_level,
		.on_over = agent_over,
		.runs = { .arg = a,
		    .on_started = on_started,
		    .on_ended = on_ended },
	};
}

/* ---- the channel asks ---- */

static int
policy(const struct command *c, const struct trust_verdict *verdict, void *arg,
    struct err *e)
{
	struct agent *a = arg;
	return supervisor_check(a->supervisor, c, verdict, e);
}

static void
granted(const char *cid, void *arg)
{
	struct agent *a = arg;
	struct err e = { 0 };
	if (supervisor_add(a->supervisor, cid, &e) == 0)
		return;
	log_event(LOG_LEVEL_WARN, "command_not_queued", LOG_STR("cid", cid),
	    LOG_STR("text", e.text));
	/* It has an end in any case; ERR_STATE: it has one already. */
	struct journal_result r = { .state = "rejected", .reason = e.text };
	struct err bad = { 0 };
	int rc = journal_finish(a->journal, cid, &r, clock_now_ms(), &bad);
	if (rc < 0 && rc != ERR_STATE)
		log_event(LOG_LEVEL_ERROR, "end_not_kept", LOG_STR("cid", cid),
		    LOG_STR("text", bad.text));
	outbox_add(a->outbox, OUTBOX_RESULT, cid, NULL);
}

static void
cancelled(const char *cid, void *arg)
{
	struct agent *a = arg;
	supervisor_cancel(a->supervisor, cid);
}

struct inbound_ops
agent_inbound_ops(struct agent *a)
{
	return (struct inbound_ops){ .arg = a,
		.policy = policy,
		.granted = granted,
		.cancelled = cancelled,
		.asked = agent_asked };
}
