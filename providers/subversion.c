/* SPDX-License-Identifier: MIT */
/*
 * Working copies by the svn program (RES-svn). The password stands in the
 * argument list, as svn wants it, but in no message.
 */
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/scm.h"
#include "providers/shell.h"
#include "providers/tbl/system.h"

enum svn_change {
	CHANGE_CHECKOUT,
	CHANGE_UPDATE,
	CHANGE_EXPORT,
};

static const char hidden[] = "[hidden_password]";

struct svn_state {
	const char *directory, *repository;
	const char *target; /* revision number */
};

static const char *
authentication(struct provider_run *run, bool shown)
{
	const char *user = resource_text(run->want, "svn_username", NULL);
	const char *password = resource_text(run->want, "svn_password", NULL);

	if (user == NULL)
		return "";
	if (password == NULL)
		return arena_printf(
		    run->arena, "--username %s", shell_quote(run->arena, user));
	return arena_printf(run->arena, "--username %s --password %s",
	    shell_quote(run->arena, user),
	    shown ? hidden : shell_quote(run->arena, password));
}

/* Shell text of the call, once as it is run and once as it is shown. */
static const char *
svn_text(struct provider_run *run, const char *verb, const char *revision,
    const char *tail, bool shown)
{
	return arena_printf(run->arena, "svn %s %s -q %s -r%s %s", verb,
	    resource_text(run->want, "svn_arguments", ""),
	    authentication(run, shown), shell_quote(run->arena, revision),
	    tail);
}

static struct command
command_of(struct provider_run *run, const char *text, const char *shown)
{
	return (struct command){
		.text = text,
		.shown = shown,
		.user = resource_get(run->want, "user"),
		.group = resource_get(run->want, "group"),
		.timeout_ms = 1000 * resource_int(run->want, "timeout", 0),
	};
}

/* A message of svn may repeat the password. */
static int
hide_password(struct provider_run *run, int rc, struct err *e)
{
	const char *password = resource_text(run->want, "svn_password", NULL);
	AUTO_BUF struct buf clean = BUF_INIT(4 * ERR_TEXT_BYTES);
	const char *at = e->text, *found;

	if (rc == ERR_EXIT)
		run->exception = "Chef::Exceptions::Exec";
	if (password == NULL || password[0] == '\0')
		return rc;
	while ((found = strstr(at, password)) != NULL) {
		buf_add(&clean, at, (size_t)(found - at));
		buf_add_str(&clean, hidden);
		at = found + strlen(password);
	}
	buf_add_str(&clean, at);
	return err_set(e, (enum err_code)rc, "%s", buf_text(&clean));
}

static const char *
info_field(struct arena *a, const char *text, const char *key)
{
	struct str rest = str_from(text), line;

	while (str_split(&rest, '\n', &line))
		if (str_has_prefix(line, key)) {
			struct str value = str_trim((struct str){
			    line.data + strlen(key), line.len - strlen(key) });

			return arena_strndup(a, value.data, value.len);
		}
	return NULL;
}

static int
ask_revision(struct provider_run *run, const struct view *view,
    const char *subject, const char *revision, const char **ret, struct err *e)
{
	const char *args = resource_text(run->want, "svn_info_args", "");
	const char *tail = revision == NULL
			       ? ""
			       : arena_printf(run->arena, " -r%s",
				     shell_quote(run->arena, revision));
	const char *quoted = shell_quote(run->arena, subject);
	struct command c = command_of(run,
	    arena_printf(run->arena, "svn info %s %s %s%s", quoted, args,
		authentication(run, false), tail),
	    arena_printf(run->arena, "svn info %s %s %s%s", quoted, args,
		authentication(run, true), tail));
	struct proc_result r = { 0 };
	int rc;

	if ((rc = command_ask(run, view, &c, &r, e)) < 0)
		return hide_password(run, rc, e);
	*ret = info_field(run->arena, buf_text(&r.out), "Last Changed Rev:");
	if (*ret == NULL)
		*ret = info_field(run->arena, buf_text(&r.out), "Revision:");
	proc_result_release(&r);
	if (*ret == NULL)
		return provider_fail(run, e, "RuntimeError",
		    "Could not parse `svn info` data of %s", subject);
	return 0;
}

static int
svn_load(struct provider_run *run, UNUSED const struct view *view,
    UNUSED struct err *e)
{
	struct svn_state *st = arena_new_of(run->arena, struct svn_state);

	run->state = st;
	st->directory = scm_destination(run);
	st->repository = resource_text(run->want, "repository", "");
	return 0;
}

static int
look_target(struct provider_run *run, const struct view *view, struct err *e)
{
	struct svn_state *st = run->state;
	const char *revision = resource_text(run->want, "revision", "HEAD");

	if (revision[0] != '\0' &&
	    revision[strspn(revision, "0123456789")] == '\0') {
		st->target = revision;
		return 0;
	}
	return ask_revision(
	    run, view, st->repository, revision, &st->target, e);
}

static void
plan_vacant(struct provider_run *run, const struct view *view,
    struct plan *plan, int kind, const char *what)
{
	const struct svn_state *st = run->state;

	if (scm_is_vacant(run, view, st->directory))
		plan_describe(plan, plan_change(plan, kind, NULL),
		    "perform %s of %s into %s", what, st->repository,
		    st->directory);
}

static int
plan_sync(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	const struct svn_state *st = run->state;
	const char *now = NULL;
	int rc;

	if (!view_exists(
		view, arena_printf(run->arena, "%s/.svn", st->directory))) {
		plan_vacant(run, view, plan, CHANGE_CHECKOUT, "checkout");
		return 0;
	}
	if ((rc = ask_revision(run, view, st->directory, NULL, &now, e)) < 0)
		return rc;
	if (!text_eq(now, st->target))
		plan_describe(plan, plan_change(plan, CHANGE_UPDATE, NULL),
		    "sync %s from %s", st->directory, st->repository);
	return 0;
}

static int
svn_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	const struct svn_state *st = run->state;
	int rc;

	rc = scm_require_parent(run, view, plan, st->directory, e);
	if (rc == 0)
		rc = scm_require_program(run, view, plan, "svn", e);
	if (rc < 0 || plan->blocked)
		return rc;
	if ((rc = look_target(run, view, e)) < 0)
		return rc;
	if (text_eq(run->action, "sync"))
		return plan_sync(run, view, plan, e);
	if (text_eq(run->action, "checkout"))
		plan_vacant(run, view, plan, CHANGE_CHECKOUT, "checkout");
	else if (text_eq(run->action, "export"))
		plan_vacant(run, view, plan, CHANGE_EXPORT, "export");
	else if (text_eq(run->action, "force_export"))
		plan_describe(plan, plan_change(plan, CHANGE_EXPORT, NULL),
		    "perform export of %s into %s", st->repository,
		    st->directory);
	else
		return provider_fail(run, e,
		    "Chef::Exceptions::UnsupportedAction",
		    "%s does not support :%s", run->want->id, run->action);
	return 0;
}

static int
svn_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	static const char *const verbs[] = { "checkout", "update",
		"export --force" };
	const struct svn_state *st = run->state;
	const char *tail = shell_quote(run->arena, st->directory);
	struct command c;
	int rc;

	if (change->kind != CHANGE_UPDATE)
		tail = arena_printf(run->arena, "%s %s",
		    shell_quote(run->arena, st->repository), tail);
	c = command_of(run,
	    svn_text(run, verbs[change->kind], st->target, tail, false),
	    svn_text(run, verbs[change->kind], st->target, tail, true));
	rc = command_run(run, host, &c, NULL, e);
	return rc < 0 ? hide_password(run, rc, e) : 0;
}

const struct provider provider_subversion = {
	.ruby_class = "Subversion",
	.type = "subversion",
	.load = svn_load,
	.plan = svn_plan,
	.apply = svn_apply,
};
