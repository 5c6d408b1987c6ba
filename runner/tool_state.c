/* SPDX-License-Identifier: MIT */
/* rs_state, rs_log_level, rs_shutdown, rs_reenroll: words of the agent. */
#include <ctype.h>
#include <string.h>

#include "common/auto.h"
#include "runner/places.h"
#include "runner/state.h"
#include "runner/tools.h"

#define ASK_MS 20000
#define REENROLL_MS 300000

/* The state file says it without an agent as well. */
static int
load_state(struct places *p, struct state *s, struct err *e)
{
	int rc = places_find(NULL, NULL, p, e);
	return rc < 0 ? rc : state_load(p, s, e);
}

/* RightLink 6's words (section 1.4). */
static void
say_run_state(struct state *s, const char *level)
{
	switch (state_now(s)) {
	case STATE_PENDING:
	case STATE_BOOTING:
		tool_say(s->reboot ? "booting:reboot" : "booting");
		return;
	case STATE_OPERATIONAL:
	case STATE_STRANDED:
		tool_say("%s", instance_state_name(state_now(s)));
		return;
	case STATE_DECOMMISSIONING:
	case STATE_DECOMMISSIONED:
		tool_say("shutting-down:%s",
		    text_eq(level, "continue") ? "unknown" : level);
		return;
	case STATES:
		return;
	}
}

int
tool_rs_state(const struct tool_options *o)
{
	const char *type = o->type != NULL ? o->type : "run";
	if (!text_eq(type, "run") && !text_eq(type, "agent")) {
		tool_complain("Unknown state type '%.64s': run or agent", type);
		return TOOL_EXIT_OTHER;
	}
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "agent_status");
	struct err e = { 0 };
	int rc = tool_ask(request, ASK_MS, &reply, &e);
	if (rc < 0 && rc != ERR_ABSENT)
		return tool_fail(&e, TOOL_EXIT_OTHER);
	struct places p = { .state = NULL };
	struct state s = { .root = NULL };
	if (load_state(&p, &s, &e) < 0) {
		places_release(&p);
		return tool_fail(&e, TOOL_EXIT_OTHER);
	}
	if (text_eq(type, "agent"))
		tool_say("%s", instance_state_name(state_now(&s)));
	else
		say_run_state(&s, jsn_peek_str(reply, "shutdown", "continue"));
	state_release(&s);
	places_release(&p);
	return TOOL_EXIT_OK;
}

static void
say_level(bool agent, const char *level)
{
	char upper[16];
	size_t i = 0;
	for (; level[i] != '\0' && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)level[i]);
	upper[i] = '\0';
	tool_say(
	    "%s log level: %s", agent ? "Agent" : "Chef/RightScript", upper);
	if (text_eq(level, "debug"))
		tool_say("(lines of level debug are in the audit, and in the "
			 "system's log when it keeps them)");
}

int
tool_rs_log_level(const struct tool_options *o)
{
	static const char *const levels[] = { "debug", "info", "warn", "error",
		"fatal" };
	const char *level = o->level;
	if (level == NULL && o->args.len == 1)
		level = o->args.list[0];
	bool known = level == NULL;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (level != NULL && strcasecmp(level, levels[i]) == 0) {
			level = levels[i];
			known = true;
		}
	}
	if (!known)
		return tool_wrong("Unknown log level '%.64s': debug, info, "
				  "warn, error or fatal",
		    level);
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "log_level");
	if (level != NULL)
		jsn_set_str(request, "level", level);
	jsn_set_bool(request, "agent", o->agent);
	struct err e = { 0 };
	if (tool_ask(request, ASK_MS, &reply, &e) < 0)
		return tool_fail(&e, TOOL_EXIT_OTHER);
	say_level(o->agent, jsn_peek_str(reply, "level", "?"));
	return TOOL_EXIT_OK;
}

int
tool_rs_shutdown(const struct tool_options *o)
{
	if (o->reboot + o->stop + o->terminate > 1)
		return tool_wrong(
		    "rs_shutdown: give one of --reboot, --stop, --terminate");
	if (o->immediately && o->deferred)
		return tool_wrong("rs_shutdown: --immediately and --deferred "
				  "exclude one another");
	if (!o->reboot && !o->stop && !o->terminate) {
		tool_complain("Missing shutdown level: --reboot, --stop or "
			      "--terminate");
		return TOOL_EXIT_OTHER;
	}
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "shutdown_request");
	jsn_set_str(request, "level",
	    o->reboot ? "reboot"
	    : o->stop ? "stop"
		      : "terminate");
	jsn_set_bool(request, "immediately", o->immediately);
	struct err e = { 0 };
	if (tool_ask(request, ASK_MS, &reply, &e) < 0)
		return tool_fail(&e, TOOL_EXIT_OTHER);
	tool_say("%s%s", jsn_peek_str(reply, "level", "?"),
	    jsn_peek_bool(reply, "immediately", false) ? " immediately" : "");
	return TOOL_EXIT_OK;
}

int
tool_rs_reenroll(const struct tool_options *o)
{
	if (o->verbose)
		tool_say("Requesting a new identity");
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "reenroll");
	struct err e = { 0 };
	if (tool_ask(request, REENROLL_MS, &reply, &e) < 0)
		return tool_fail(&e, TOOL_EXIT_OTHER);
	tool_say("Re-enrolled as %s", jsn_peek_str(reply, "id", "?"));
	return TOOL_EXIT_OK;
}
