/* SPDX-License-Identifier: MIT */
/* agent_status: how the agent does. */
#include <unistd.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"
#include "wire/frames.h"

static void
add_run(const struct queue_item *item, void *arg)
{
	struct jsn *run = jsn_new_object();
	jsn_set_str(run, "run_id", item->run_id != NULL ? item->run_id : "");
	jsn_set_str(run, "request_id", item->cid);
	jsn_set_str(run, "kind", order_kind_name(item->kind));
	jsn_set_str(run, "thread", item->thread);
	jsn_set(run, "executables",
	    item->executables != NULL ? jsn_copy(item->executables)
				      : jsn_new_array());
	jsn_set_str(run, "status", item->running ? "running" : "waiting");
	jsn_set_int(run, "since_ms", item->since_ms);
	jsn_push(arg, run);
}

static void
add_bundle(const struct supervisor *s, struct jsn *reply)
{
	if (s->bundle == NULL)
		return;
	jsn_set_str(reply, "bundle", s->bundle->name);
	if (s->bundle->version != NULL)
		jsn_set_str(reply, "bundle_version", s->bundle->version);
	if (s->bundle_serial > 0)
		jsn_set_int(reply, "bundle_serial", s->bundle_serial);
}

void
control_agent_status(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	(void)request;
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "id", s->id);
	jsn_set_str(reply, "state", instance_state_name(state_now(&s->state)));
	jsn_set_str(reply, "version", RIGHTLINK_VERSION);
	jsn_set_int(reply, "pid", getpid());
	jsn_set_int(reply, "started_ms", s->started_ms);
	jsn_set_bool(reply, "connected", false);
	add_bundle(s, reply);
	if (s->boot.missing != NULL)
		jsn_set(reply, "missing_inputs", jsn_copy(s->boot.missing));
	struct jsn *runs = jsn_new_array();
	queue_each(s->queue, add_run, runs);
	jsn_set(reply, "runs", runs);
	jsn_set_int(
	    reply, "results", journal_count(s->o.journal, JOURNAL_DONE));
	jsn_set_int(reply, "spooled_bytes", spool_bytes(s->spool));
	enum shutdown_level level =
	    s->leave.stage != LEAVE_NONE ? s->leave.level : s->leave.wanted;
	jsn_set_str(reply, "shutdown", shutdown_level_name(level));
	jsn_set_str(
	    reply, "log_level", s->log_level != NULL ? s->log_level : "warn");
	jsn_set_str(reply, "agent_log_level", log_level_name(log_get_level()));
	if (s->ports.status != NULL)
		s->ports.status(reply, s->ports.arg);
	control_reply(s->control, t, reply);
}
