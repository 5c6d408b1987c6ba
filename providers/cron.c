/* SPDX-License-Identifier: MIT */
/* Entries of a user's crontab, by the crontab program (RES-cron). */
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/command.h"
#include "providers/crontab.h"
#include "providers/tbl/system.h"

enum cron_change {
	CHANGE_ADD,
	CHANGE_UPDATE,
	CHANGE_DELETE,
};

struct cron_state {
	const char *user;
	struct str text; /* the present crontab */
	struct cron_entry want, now;
	bool found, complete;
	bool no_program; /* why-run only: a prior action may install it */
};

static const char *
field(struct provider_run *run, const char *property)
{
	const struct value *v = resource_get(run->want, property);

	return value_is_set(v) ? value_to_s(run->arena, v) : "*";
}

/* A text in one line: a line end at its end is that of a heredoc. */
static int
one_line(struct provider_run *run, const char **text, struct err *e)
{
	size_t len = *text != NULL ? strlen(*text) : 0;

	if (len == 0)
		return 0;
	while (len > 0 && (*text)[len - 1] == '\n')
		len--;
	*text = arena_strndup(run->arena, *text, len);
	if (strchr(*text, '\n') == NULL)
		return 0;
	return provider_fail(run, e, "Chef::Exceptions::Cron",
	    "%s: '%s' has more than one line", run->want->id, *text);
}

/* A crontab is lines: none of the texts may bring its own. */
static int
check_want(struct provider_run *run, struct cron_entry *want, struct err *e)
{
	const char **texts[] = { &want->minute, &want->hour, &want->day,
		&want->month, &want->weekday, &want->mailto, &want->path,
		&want->shell, &want->home, &want->command };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < ARRAY_LEN(texts); i++)
		rc = one_line(run, texts[i], e);
	for (i = 0; rc == 0 && i < want->variable_count; i++)
		rc = one_line(run, &want->variables[i].value, e);
	return rc;
}

static void
fill_want(struct provider_run *run, struct cron_entry *want)
{
	const struct resource *r = run->want;
	const struct value *env = resource_get(r, "environment");
	size_t i;

	want->minute = field(run, "minute");
	want->hour = field(run, "hour");
	want->day = field(run, "day");
	want->month = field(run, "month");
	want->weekday = cron_weekday(field(run, "weekday"));
	want->time = resource_text(r, "time", NULL);
	want->mailto = resource_text(r, "mailto", NULL);
	want->path = resource_text(r, "path", NULL);
	want->shell = resource_text(r, "shell", NULL);
	want->home = resource_text(r, "home", NULL);
	want->command = resource_text(r, "command", "");
	if (env->type != VALUE_MAP)
		return;
	want->variables =
	    arena_array_of(run->arena, struct cron_variable, env->map.len + 1);
	want->variable_count = env->map.len;
	for (i = 0; i < env->map.len; i++) {
		const struct value_pair *p = &env->map.pairs[i];

		want->variables[i].name = value_to_s(run->arena, &p->key);
		want->variables[i].value = value_to_s(run->arena, &p->value);
	}
}

static int
cron_load(struct provider_run *run, const struct view *view, struct err *e)
{
	struct cron_state *st = arena_new_of(run->arena, struct cron_state);
	struct proc_result r = { 0 };
	int rc;

	run->state = st;
	st->user = resource_text(run->want, "user", "root");
	fill_want(run, &st->want);
	if (text_eq(run->action, "create") &&
	    (rc = check_want(run, &st->want, e)) < 0)
		return rc;
	const char *const argv[] = { "crontab", "-l", "-u", st->user, NULL };

	rc = command_query(run, view, &(struct command){ .argv = argv }, &r, e);
	if (rc < 0 && run->why_run &&
	    text_eq(run->exception, "Errno::ENOENT")) {
		run->exception = NULL;
		st->no_program = true;
		st->text = STR("");
		return 0;
	}
	if (rc < 0)
		return rc;
	if (r.status == 0) {
		st->text.data =
		    arena_strndup(run->arena, buf_text(&r.out), r.out.len);
		st->text.len = r.out.len;
	} else
		st->text = STR("");
	rc = r.status;
	proc_result_release(&r);
	if (rc != 0 && rc != 1)
		return provider_fail(run, e, "Chef::Exceptions::Cron",
		    "Error reading the crontab of %s, exit: %d", st->user, rc);
	st->found = crontab_find(
	    run->arena, st->text, run->want->name, &st->now, &st->complete);
	run->current_exists = st->found;
	return 0;
}

static int
cron_plan(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement program = {
		.exception = "Chef::Exceptions::Cron",
		.assumption = "Assuming that a prior action would have "
			      "installed crontab",
	};
	const struct cron_state *st = run->state;
	int rc = plan_require(run, plan, !st->no_program, &program, e,
	    "there is no crontab program");

	if (rc < 0)
		return rc;

	if (text_eq(run->action, "delete")) {
		if (st->found)
			plan_describe(plan,
			    plan_change(plan, CHANGE_DELETE, NULL),
			    st->complete ? "save unmodified crontab"
					 : "remove %s from crontab",
			    run->want->name);
		return 0;
	}
	if (!st->found)
		plan_describe(plan, plan_change(plan, CHANGE_ADD, NULL),
		    "add crontab entry for %s", run->want->id);
	else if (!st->complete || !cron_entry_eq(&st->want, &st->now))
		plan_describe(plan, plan_change(plan, CHANGE_UPDATE, NULL),
		    "update crontab entry for %s", run->want->id);
	return 0;
}

static int
cron_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	const struct cron_state *st = run->state;
	const char *const argv[] = { "crontab", "-u", st->user, "-", NULL };
	AUTO_BUF struct buf text = BUF_INIT(CRONTAB_MAX_BYTES * 2);
	struct command c = { .argv = argv, .any_status = true };
	struct proc_result r = { 0 };
	int rc, status;

	crontab_rewrite(st->text, run->want->name,
	    change->kind == CHANGE_DELETE ? NULL : &st->want, &text);
	if (buf_failed(&text))
		return err_set(
		    e, ERR_LIMIT, "crontab of %s: too long", st->user);
	c.input = (struct str){ buf_text(&text), text.len };
	if ((rc = command_run(run, host, &c, &r, e)) < 0)
		return rc;
	status = r.status;
	proc_result_release(&r);
	if (status != 0)
		return provider_fail(run, e, "Chef::Exceptions::Cron",
		    "Error updating state of %s, exit: %d", run->want->name,
		    status);
	return 0;
}

const struct provider provider_cron = {
	.ruby_class = "Cron",
	.type = "cron",
	.load = cron_load,
	.plan = cron_plan,
	.apply = cron_apply,
};
