/* SPDX-License-Identifier: MIT */
/* `rightlink shutdown` and `rightlink decommission` of this machine: the
 * running agent is asked. */
#include "common/auto.h"
#include "runner/agent_link.h"
#include "runner/commands.h"
#include "runner/exits.h"

#define ASK_MS 20000
#define DECOMMISSION_MS ((int64_t)3600 * 1000)

static bool
names_nodes(const struct options *o)
{
	return o->tags.len > 0 || o->ids.len > 0 || o->deployment != NULL;
}

static int
wrong_word(struct term *t, const char *command)
{
	struct err e = { 0 };
	(void)err_set(&e, ERR_INVALID,
	    "%s takes one of reboot, stop, terminate", command);
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
}

static bool
is_level(const char *word)
{
	return text_eq(word, "reboot") || text_eq(word, "stop") ||
	       text_eq(word, "terminate");
}

/* One request to the agent of the state directory. */
static int
ask(const struct options *o, struct term *t, const struct jsn *request,
    int64_t timeout_ms, struct jsn **ret_reply)
{
	struct places p = { .state = NULL };
	struct err e = { 0 };
	AUTO_FD int fd = -1;
	int rc = places_find(o->state_dir, NULL, &p, &e);
	if (rc == 0)
		rc = fd = agent_connect(&p, &e);
	if (rc >= 0)
		rc = agent_ask(
		    fd, request, timeout_ms, NULL, NULL, ret_reply, &e);
	places_release(&p);
	if (rc >= 0)
		return EXIT_STATUS_OK;
	term_error_hint(t, &e,
	    rc == ERR_ABSENT
		? "nodes are named with --tag or --id; of this machine the "
		  "agent must be running"
		: NULL,
	    EXIT_STATUS_FAILED);
	return EXIT_STATUS_FAILED;
}

int
command_shutdown(const struct options *o, struct term *t)
{
	if (o->args.len != 1 || !is_level(o->args.list[0]))
		return wrong_word(t, "shutdown");
	if (names_nodes(o))
		return become_operator(t);
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "shutdown_request");
	jsn_set_str(request, "level", o->args.list[0]);
	int status = ask(o, t, request, ASK_MS, &reply);
	if (status != EXIT_STATUS_OK)
		return status;
	if (t->output != TERM_TEXT)
		term_json(t, reply);
	else
		term_note(t,
		    "%s is requested; it comes when no run is in "
		    "progress",
		    jsn_peek_str(reply, "level", "?"));
	return EXIT_STATUS_OK;
}

int
command_decommission(const struct options *o, struct term *t)
{
	if (o->args.len > 1 || (o->args.len == 1 && !is_level(o->args.list[0])))
		return wrong_word(t, "decommission");
	if (names_nodes(o))
		return become_operator(t);
	if (!o->yes && term_can_ask() &&
	    !term_ask(t, "decommission this machine? [y/N] "))
		return EXIT_STATUS_CANCELLED;
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "decommission");
	if (o->args.len == 1)
		jsn_set_str(request, "shutdown", o->args.list[0]);
	jsn_set_bool(request, "wait", !o->no_wait);
	int status = ask(o, t, request, DECOMMISSION_MS, &reply);
	if (status != EXIT_STATUS_OK)
		return status;
	const char *word = jsn_peek_str(reply, "status", "?");
	if (t->output != TERM_TEXT)
		term_json(t, reply);
	else
		term_note(t, "decommission is %s", word);
	return text_eq(word, "completed") || text_eq(word, "running")
		   ? EXIT_STATUS_OK
		   : EXIT_STATUS_FAILED;
}
