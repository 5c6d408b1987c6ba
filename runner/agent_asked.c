/* SPDX-License-Identifier: MIT */
/* Short questions of operators, answered at once, and the agent's own log. */
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/log.h"
#include "runner/agent_priv.h"

#define LOG_LEVEL_KEY "agent_log_level"

const char *
agent_log_level(const char *level, void *arg)
{
	struct agent *a = arg;
	struct err e = { 0 };
	enum log_level found;
	/* A run's word that the agent's log does not have. */
	if (text_eq(level, "fatal"))
		level = "error";
	if (level != NULL && log_level_find(level, &found, &e) == 0) {
		log_set_level(found);
		if (journal_put(a->journal, LOG_LEVEL_KEY, level, &e) < 0)
			log_event(LOG_LEVEL_WARN, "log_level_not_kept",
			    LOG_STR("text", e.text));
	}
	return log_level_name(log_get_level());
}

static struct jsn *
ping(struct agent *a, const struct jsn *body)
{
	(void)a;
	(void)body;
	struct jsn *v = jsn_new_object();
	jsn_set_int(v, "time_ms", clock_now_ms());
	jsn_set_str(v, "version", RIGHTLINK_VERSION);
	return v;
}

static void
note_run(const struct queue_item *item, void *arg)
{
	struct jsn *v = jsn_new_object();
	jsn_set_str(v, "cid", item->cid);
	if (item->run_id != NULL)
		jsn_set_str(v, "run_id", item->run_id);
	jsn_set_str(v, "thread", item->thread);
	jsn_set_str(v, "status", item->running ? "running" : "waiting");
	jsn_push(arg, v);
}

static struct jsn *
state(struct agent *a, const struct jsn *body)
{
	(void)body;
	struct jsn *v = jsn_new_object(), *runs = jsn_new_array();
	queue_each(supervisor_queue(a->supervisor), note_run, runs);
	jsn_set_str(
	    v, "state", instance_state_name(supervisor_state(a->supervisor)));
	jsn_set_str(v, "version", RIGHTLINK_VERSION);
	jsn_set_int(v, "pid", getpid());
	jsn_set(v, "runs", runs);
	jsn_set_int(
	    v, "spooled_bytes", supervisor_spooled_bytes(a->supervisor));
	return v;
}

static struct jsn *
log_level(struct agent *a, const struct jsn *body)
{
	struct jsn *v = jsn_new_object();
	jsn_set_str(
	    v, "level", agent_log_level(jsn_peek_str(body, "level", NULL), a));
	return v;
}

static struct jsn *
tags(struct agent *a, const struct jsn *body)
{
	(void)body;
	struct err e = { 0 };
	struct jsn *v = jsn_new_object(), *list = NULL;
	if (journal_tags(a->journal, &list, &e) < 0)
		jsn_set_str(v, "error", e.text);
	else
		jsn_set(v, "tags", list);
	return v;
}

struct jsn *
agent_asked(const char *type, const struct jsn *body, void *arg)
{
	static const struct {
		const char *type;
		struct jsn *(*answer)(struct agent *a, const struct jsn *body);
	} rows[] = {
		{ "ping", ping },
		{ "state", state },
		{ "log_level", log_level },
		{ "tags", tags },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (text_eq(rows[i].type, type))
			return rows[i].answer(arg, body);
	}
	struct jsn *v = jsn_new_object();
	jsn_set_str(v, "error", "this agent does not know the question");
	return v;
}
