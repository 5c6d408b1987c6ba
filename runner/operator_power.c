/* SPDX-License-Identifier: MIT */
/* `rightlink shutdown` and `rightlink decommission` of nodes. */
#include "common/auto.h"
#include "runner/operator_run.h"

static const char *const levels[] = { "reboot", "stop", "terminate" };

static int
find_level(const struct operation *op, const char **ret_level, struct err *e)
{
	const struct option_list *args = &op->o->args;
	*ret_level = NULL;
	if (args->len == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (args->len == 1 && text_eq(levels[i], args->list[0])) {
			*ret_level = levels[i];
			return 0;
		}
	}
	return err_set(e, ERR_UNSUPPORTED,
	    "'%.64s' is not one of reboot, stop, terminate",
	    args->list[args->len - 1]);
}

static int
shutdown_action(struct operation *op, struct err *e)
{
	struct command c = { .kind = COMMAND_SHUTDOWN };
	int rc = find_level(op, &c.shutdown, e);
	if (rc == 0 && c.shutdown == NULL)
		rc = err_set(e, ERR_UNSUPPORTED,
		    "shutdown needs a word: reboot, stop or terminate");
	return rc < 0 ? rc : operator_send(op, &c, c.shutdown, e);
}

static int
decommission_action(struct operation *op, struct err *e)
{
	struct command c = { .kind = COMMAND_DECOMMISSION };
	int rc = find_level(op, &c.shutdown, e);
	if (rc < 0)
		return rc;
	const char *what =
	    c.shutdown == NULL
		? "decommission"
		: arena_printf(op->arena, "decommission and %s", c.shutdown);
	return operator_send(op, &c, what, e);
}

int
operator_shutdown(const struct options *o, struct term *t)
{
	return operator_do(o, t, shutdown_action);
}

int
operator_decommission(const struct options *o, struct term *t)
{
	return operator_do(o, t, decommission_action);
}
