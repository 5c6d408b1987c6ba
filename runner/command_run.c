/* SPDX-License-Identifier: MIT */
/* `rightlink run`: on nodes it is the operator's, here it is ours. */
#include "runner/commands.h"
#include "runner/exits.h"

static int
wrong(struct term *t, const char *text)
{
	struct err e = { 0 };
	(void)err_set(&e, ERR_INVALID, "run: %s", text);
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
}

/* Options that only make sense where there are several nodes. */
static const char *
remote_option(const struct options *o)
{
	const struct {
		const char *name;
		bool given;
	} table[] = {
		{ "--any", o->any },
		{ "--match", o->match_nodes != NULL },
		{ "--online-only", o->online_only },
		{ "--batch", o->batch != NULL },
		{ "--batch-sleep", o->batch_sleep >= 0 },
		{ "--max-fail", o->max_fail != NULL },
		{ "--limit", o->limit_nodes >= 0 },
		{ "--ttl", o->ttl >= 0 },
		{ "--wait-limit", o->wait_limit >= 0 },
		{ "--rerun", o->rerun },
		{ "--allow-empty", o->allow_empty },
		{ "--display", o->display != NULL },
		{ "--context", o->context != NULL },
		{ "--router", o->router != NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].given)
			return table[i].name;
	}
	return NULL;
}

int
command_run(const struct options *o, struct term *t)
{
	if (o->args.len == 0)
		return wrong(t, "the name of a recipe or script is missing");
	if (o->tags.len > 0 || o->ids.len > 0 || o->deployment != NULL)
		return become_operator(t);
	const char *remote = remote_option(o);
	if (remote == NULL)
		return run_here(o, t);
	struct err e = { 0 };
	(void)err_set(&e, ERR_INVALID,
	    "run: %s is for runs on nodes: name them with --tag, --id or "
	    "--deployment",
	    remote);
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
}
