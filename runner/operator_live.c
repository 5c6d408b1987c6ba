/* SPDX-License-Identifier: MIT */
/* `rightlink cancel` and `rightlink ping`: short questions. */
#include <stdio.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/operator.h"

/* A run's id stands for its command. */
static int
find_command(
    struct operation *op, const char *word, const char **ret_cid, struct err *e)
{
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = operator_call(op, API_audit_get, word, NULL, NULL, &reply, e);
	if (rc == ERR_ABSENT) {
		*ret_cid = word;
		return 0;
	}
	if (rc < 0)
		return rc;
	const char *cid = jsn_peek_str(jsn_get(reply, "audit"), "cid", NULL);
	if (cid == NULL)
		return err_set(e, ERR_INVALID,
		    "run '%.64s' was not asked for by a command", word);
	*ret_cid = arena_strdup(op->arena, cid);
	return 0;
}

static int
cancel_action(struct operation *op, struct err *e)
{
	const struct option_list *args = &op->o->args;
	if (args->len != 1)
		return err_set(
		    e, ERR_UNSUPPORTED, "cancel takes one command or run");
	const char *cid = NULL;
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = find_command(op, args->list[0], &cid, e);
	if (rc == 0)
		rc = operator_call(
		    op, API_command_cancel, cid, NULL, NULL, &reply, e);
	if (rc < 0)
		return err_wrap(e, "cancel '%.64s'", args->list[0]);
	if (op->t->output != TERM_TEXT) {
		term_json(op->t, reply);
		return EXIT_STATUS_OK;
	}
	AUTO_STR char *line =
	    xasprintf("%d will never run it, %d are told to stop, %d had "
		      "ended\n",
		(int)jsn_peek_int(reply, "cancelled", 0),
		(int)jsn_peek_int(reply, "stopping", 0),
		(int)jsn_peek_int(reply, "too_late", 0));
	term_data(op->t, str_from(line));
	return EXIT_STATUS_OK;
}

int
operator_cancel(const struct options *o, struct term *t)
{
	return operator_do(o, t, cancel_action);
}

/* Tells how it went and returns the exit status of this node. */
static int
tell_ping(const struct operation *op, const char *name, int rc, int64_t took_ms,
    const struct err *e)
{
	const struct term *t = op->t;
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set_str(v, "name", name);
		jsn_set_bool(v, "ok", rc == 0);
		jsn_set_int(v, "elapsed_ms", took_ms);
		if (rc < 0)
			jsn_set_str(v, "reason", e->text);
		term_json(t, v);
	} else if (rc == 0) {
		AUTO_STR char *line = xasprintf("%s  %sok%s  %d ms\n", name,
		    term_escape(t, TERM_GOOD), term_escape(t, TERM_PLAIN),
		    (int)took_ms);
		term_data(t, str_from(line));
	} else {
		AUTO_STR char *line = xasprintf("%s  %sfailed%s  %s\n", name,
		    term_escape(t, TERM_BAD), term_escape(t, TERM_PLAIN),
		    e->text);
		term_data(t, str_from(line));
	}
	return rc == 0 ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}

static int
ping(struct operation *op, const char *node, struct err *e)
{
	AUTO(jsn_free) struct jsn *instance = NULL, *reply = NULL;
	int rc = operator_node(op, node, &instance, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	jsn_set_str(body, "id", jsn_peek_str(instance, "id", ""));
	jsn_set_str(body, "type", "ping");
	int64_t begun = clock_mono_ms();
	rc = operator_call(op, API_request_live, NULL, NULL, body, &reply, e);
	return tell_ping(op, jsn_peek_str(instance, "name", node), rc,
	    clock_mono_ms() - begun, e);
}

static int
ping_action(struct operation *op, struct err *e)
{
	const struct option_list *args = &op->o->args;
	int status = EXIT_STATUS_OK;
	if (args->len == 0)
		return err_set(e, ERR_UNSUPPORTED, "ping needs a node");
	for (size_t i = 0; i < args->len; i++) {
		int rc = ping(op, args->list[i], e);
		if (rc < 0)
			return rc;
		if (rc != EXIT_STATUS_OK)
			status = rc;
	}
	return status;
}

int
operator_ping(const struct options *o, struct term *t)
{
	return operator_do(o, t, ping_action);
}
