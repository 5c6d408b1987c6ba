/* SPDX-License-Identifier: MIT */
/*
 * execute and the script family (RES-execute, RES-script). A script is an
 * execute whose command is its interpreter with a temporary file. The file
 * lives only while the script runs (RES-script-3), and a script whose
 * `creates` exists does nothing at all (RES-script-2).
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "providers/command.h"
#include "providers/tbl/system.h"

#define EXECUTE_TIMEOUT_S 3600

struct execute_state {
	const char *shown;
	const char *script; /* path of the temporary file */
	const char *line;   /* the command that runs it */
};

static const char *
creates_path(struct provider_run *run)
{
	const char *creates = resource_text(run->want, "creates", NULL);
	const char *cwd = resource_text(run->want, "cwd", NULL);

	if (creates == NULL || creates[0] == '/' || cwd == NULL)
		return creates;
	return arena_printf(run->arena, "%s/%s", cwd, creates);
}

/* RES-execute-1: a relative path counts from here or from cwd. */
static bool
is_created(struct provider_run *run, const struct view *view)
{
	const char *plain = resource_text(run->want, "creates", NULL);

	if (plain == NULL)
		return false;
	if (plain[0] != '/' && resource_text(run->want, "cwd", NULL) == NULL)
		run->services->log(run->services->arg, SERVICE_WARN,
		    arena_printf(run->arena,
			"%s: creates '%s' is relative and there is no cwd: it "
			"counts from the directory of the run",
			run->want->id, plain));
	return view_exists(view, plain) || view_exists(view, creates_path(run));
}

static int
plan_command(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *shown)
{
	struct execute_state *st = run->state;

	st->shown = run->want->sensitive ? "sensitive resource" : shown;
	if (!is_created(run, view))
		plan_describe(
		    plan, plan_change(plan, 0, NULL), "execute %s", st->shown);
	return 0;
}

static const int *
allowed_statuses(struct provider_run *run)
{
	const struct value *v = resource_get(run->want, "returns");
	size_t i, len = v->type == VALUE_LIST ? v->list.len : 1;
	int *list;

	if (!value_is_set(v))
		return NULL;
	list = arena_array_of(run->arena, int, len + 1);
	for (i = 0; i < len; i++) {
		const struct value *one =
		    v->type == VALUE_LIST ? &v->list.items[i] : v;

		list[i] = one->type == VALUE_INT && one->integer >= 0 &&
				  one->integer <= 255
			      ? (int)one->integer
			      : 256;
	}
	list[len] = -1;
	return list;
}

static struct str
input_of(const struct resource *r)
{
	const char *text = resource_text(r, "input", NULL);

	return text != NULL ? str_from(text) : (struct str){ 0 };
}

static struct command
command_of(struct provider_run *run)
{
	return (struct command){
		.env = command_env(
		    run->arena, resource_get(run->want, "environment")),
		.cwd = resource_text(run->want, "cwd", NULL),
		.user = resource_get(run->want, "user"),
		.group = resource_get(run->want, "group"),
		.umask = resource_get(run->want, "umask"),
		.returns = allowed_statuses(run),
		.timeout_ms = 1000 * resource_int(run->want, "timeout",
					 EXECUTE_TIMEOUT_S),
		.live = true,
		.always_live = resource_bool(run->want, "live_stream", false),
		.input = input_of(run->want),
	};
}

static int
report_success(struct provider_run *run)
{
	run->services->log(run->services->arg, SERVICE_INFO,
	    arena_printf(run->arena, "%s ran successfully", run->want->id));
	return 0;
}

static int
execute_load(struct provider_run *run, UNUSED const struct view *view,
    UNUSED struct err *e)
{
	run->state = arena_new_of(run->arena, struct execute_state);
	return 0;
}

static int
execute_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, UNUSED struct err *e)
{
	return plan_command(run, view, plan,
	    value_to_s(run->arena, resource_get(run->want, "command")));
}

/* As Ruby refuses it: the rest would be cut off. */
static int
refuse_nul(struct provider_run *run, const struct value *v, struct err *e)
{
	if (v->type != VALUE_STRING ||
	    memchr(v->text.data, '\0', v->text.len) == NULL)
		return 0;
	return provider_fail(
	    run, e, "ArgumentError", "string contains null byte");
}

/* An Array runs without a shell; of one element it is a text (RES-sh-1). */
static int
set_words(struct provider_run *run, struct command *c, struct err *e)
{
	const struct value *v = resource_get(run->want, "command");
	struct words w;
	size_t i;
	int rc;

	if (v->type != VALUE_LIST || v->list.len == 1) {
		if (v->type == VALUE_LIST)
			v = &v->list.items[0];
		c->text = value_to_s(run->arena, v);
		return refuse_nul(run, v, e);
	}
	words_init(&w, run->arena);
	for (i = 0; i < v->list.len; i++) {
		if ((rc = refuse_nul(run, &v->list.items[i], e)) < 0)
			return rc;
		words_add(&w, value_to_s(run->arena, &v->list.items[i]));
	}
	c->argv = w.items;
	return 0;
}

static int
execute_apply(struct provider_run *run, struct host *host,
    UNUSED const struct change *change, struct err *e)
{
	struct execute_state *st = run->state;
	struct command c = command_of(run);
	int rc;

	if ((rc = set_words(run, &c, e)) < 0)
		return rc;
	c.shown = st->shown;
	if ((rc = command_run(run, host, &c, NULL, e)) < 0)
		return rc;
	return report_success(run);
}

/* --- scripts --------------------------------------------------------- */

static const char *
interpreter_of(const struct resource *r)
{
	const char *preset = r->type->name;

	return resource_text(
	    r, "interpreter", text_eq(preset, "script") ? NULL : preset);
}

/* The name of the file is fixed here, so that plan can print it. */
static int
script_load(struct provider_run *run, UNUSED const struct view *view,
    UNUSED struct err *e)
{
	struct execute_state *st =
	    arena_new_of(run->arena, struct execute_state);
	const char *dir = getenv("TMPDIR");
	char id[ULID_TEXT_BYTES];

	ulid_new(id);
	st->script = arena_printf(run->arena, "%s/chef-script%s",
	    dir != NULL && dir[0] == '/' ? dir : "/tmp", id);
	run->state = st;
	return 0;
}

static int
script_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	struct execute_state *st = run->state;
	const char *interpreter = interpreter_of(run->want);
	const char *line;

	if (interpreter == NULL)
		return provider_fail(run, e,
		    "Chef::Exceptions::ValidationFailed",
		    "Required argument interpreter is missing!");
	line = arena_printf(run->arena, "\"%s\" %s \"%s\"", interpreter,
	    resource_text(run->want, "flags", ""), st->script);
	provider_write_back(run, "command", value_of_text(run->arena, line));
	st->line = line;
	return plan_command(run, view, plan, line);
}

static int
write_script(struct provider_run *run, struct host *host, struct err *e)
{
	struct execute_state *st = run->state;
	const char *code = resource_text(run->want, "code", "");
	const struct value *user = resource_get(run->want, "user");
	const struct value *group = resource_get(run->want, "group");
	struct host_file f = { .path = st->script,
		.mode = 0600,
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID };
	int rc;

	if (!text_has_suffix(code, "\n"))
		code = arena_printf(run->arena, "%s\n", code);
	f.content = str_from(code);
	if (value_is_set(user) &&
	    (rc = command_uid(run, host_view(host), user, &f.uid, e)) < 0)
		return rc;
	if (value_is_set(group) &&
	    (rc = command_gid(run, host_view(host), group, &f.gid, e)) < 0)
		return rc;
	return host_write(host, &f, e);
}

static int
script_apply(struct provider_run *run, struct host *host,
    UNUSED const struct change *change, struct err *e)
{
	struct execute_state *st = run->state;
	struct command c = command_of(run);
	struct err ignored = { 0 };
	int rc;

	c.text = st->line;
	c.shown = st->shown;
	if ((rc = write_script(run, host, e)) < 0)
		return rc;
	rc = command_run(run, host, &c, NULL, e);
	if (host_unlink(host, st->script, &ignored) < 0 &&
	    ignored.code != ERR_ABSENT)
		run->services->log(run->services->arg, SERVICE_WARN,
		    arena_strdup(run->arena, ignored.text));
	return rc < 0 ? rc : report_success(run);
}

const struct provider provider_execute = {
	.ruby_class = "Execute",
	.type = "execute",
	.load = execute_load,
	.plan = execute_plan,
	.apply = execute_apply,
};

const struct provider provider_script = {
	.ruby_class = "Script",
	.type = "script",
	.load = script_load,
	.plan = script_plan,
	.apply = script_apply,
};
