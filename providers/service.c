/* SPDX-License-Identifier: MIT */
/*
 * The decisions of all service providers, and the back-ends Simple and Init.
 * Commands of the recipe win over the init system everywhere.
 */
#include "providers/service.h"

#include <errno.h>
#include <regex.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/tbl/system.h"

#define USUAL_PS "ps -ef"
#define CMDLINE_MAX_BYTES (1u << 20)

static const char *const own_locale_env[] = { "LC_ALL", NULL };

const char *
service_verb(enum service_action action)
{
	switch (action) {
	case SERVICE_ENABLE:
		return "enable";
	case SERVICE_DISABLE:
		return "disable";
	case SERVICE_START:
		return "start";
	case SERVICE_STOP:
		return "stop";
	case SERVICE_RESTART:
		return "restart";
	case SERVICE_RELOAD:
		return "reload";
	}
	ASSERT(action <= SERVICE_RELOAD);
	return "";
}

const char *
service_own_command(struct provider_run *run, enum service_action action)
{
	const char *property =
	    arena_printf(run->arena, "%s_command", service_verb(action));

	if (action == SERVICE_ENABLE || action == SERVICE_DISABLE)
		return NULL;
	return resource_text(run->want, property, NULL);
}

/* --- looking --------------------------------------------------------- */

static bool
supports(const struct resource *r, const char *key)
{
	const struct value *v = resource_get(r, "supports");
	size_t i;

	for (i = 0; v->type == VALUE_MAP && i < v->map.len; i++) {
		const struct value *given = &v->map.pairs[i].value;

		if (text_eq(value_text(&v->map.pairs[i].key, NULL), key))
			return value_is_set(given) &&
			       !(given->type == VALUE_BOOL && !given->boolean);
	}
	return false;
}

int
service_query(struct provider_run *run, const struct view *view,
    const char *const *argv, int *ret_status, struct buf *out, struct err *e)
{
	struct proc_result r = { 0 };
	struct err why = { 0 };
	int rc;

	rc = command_query(
	    run, view, &(struct command){ .argv = argv }, &r, &why);
	if (rc < 0 && text_eq(run->exception, "Errno::ENOENT")) {
		run->exception = NULL;
		*ret_status = -1;
		return 0;
	}
	if (rc < 0) {
		*e = why;
		return rc;
	}
	if (out != NULL) {
		buf_add(out, buf_text(&r.out), r.out.len);
		buf_add(out, buf_text(&r.err), r.err.len);
	}
	*ret_status = r.status;
	proc_result_release(&r);
	return 0;
}

/* A text that cannot be run means "not running" (RES-simple-3). */
static int
query_text(struct provider_run *run, const struct view *view, const char *text,
    bool *ret_success, struct buf *out, struct err *e)
{
	struct proc_result r = { 0 };
	int rc;

	*ret_success = false;
	rc = command_query(run, view, &(struct command){ .text = text }, &r, e);
	if (rc < 0 && (text_eq(run->exception, "Errno::ENOENT") ||
			  (rc == ERR_SYS && e->sys == EACCES))) {
		run->exception = NULL;
		err_clear(e);
		return 0;
	}
	if (rc < 0)
		return rc;
	*ret_success = r.status == 0;
	if (out != NULL)
		buf_add(out, buf_text(&r.out), r.out.len);
	proc_result_release(&r);
	return 0;
}

int
service_ask_status_command(struct provider_run *run, const struct view *view,
    bool *ret_running, bool *ret_told, struct err *e)
{
	const char *text = resource_text(run->want, "status_command", NULL);

	*ret_told = text != NULL;
	if (text == NULL)
		return 0;
	return query_text(run, view, text, ret_running, NULL, e);
}

/* The pattern is a regular expression; one that does not compile is plain
 * text. */
static bool
matches_line(const char *table, const char *pattern)
{
	regex_t re;
	bool found;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
		return strstr(table, pattern) != NULL;
	found = regexec(&re, table, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

/* The command lines of all processes, a line each, where there is no ps. */
static int
read_process_table(struct provider_run *run, const struct view *view,
    struct buf *out, struct err *e)
{
	const char **names;
	size_t i, count = 0, k;
	int rc = view_list(view, run->arena, "/proc", &names, &count, e);

	for (i = 0; rc == 0 && i < count; i++) {
		AUTO_BUF struct buf words = BUF_INIT(CMDLINE_MAX_BYTES);
		const char *path =
		    arena_printf(run->arena, "/proc/%s/cmdline", names[i]);
		struct err gone = { 0 };

		if (names[i][strspn(names[i], "0123456789")] != '\0' ||
		    view_read(view, path, CMDLINE_MAX_BYTES, &words, &gone) < 0)
			continue;
		for (k = 0; k < words.len; k++)
			if (words.data[k] == '\0')
				words.data[k] = ' ';
		buf_add(out, buf_text(&words), words.len);
		buf_add_char(out, '\n');
	}
	return rc;
}

static int
search_process_table(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e)
{
	const struct services *s = run->services;
	const struct value ps = s->attribute(s->arg, run->arena, "command/ps");
	const char *text = value_text(&ps, USUAL_PS);
	AUTO_BUF struct buf table = BUF_INIT(64u << 20);
	bool success = false;
	int rc;

	if (text[0] == '\0') {
		st->unusable = arena_printf(run->arena,
		    "%s: could not determine how to inspect the process "
		    "table, please set this node's 'command.ps' attribute",
		    run->want->id);
		return 0;
	}
	if (text_eq(text, USUAL_PS) &&
	    view_which(view, run->arena, "ps") == NULL) {
		rc = read_process_table(run, view, &table, e);
		success = true;
	} else
		rc = query_text(run, view, text, &success, &table, e);
	if (rc < 0)
		return rc;
	if (!success) {
		st->unusable = arena_printf(run->arena,
		    "Command %s failed to execute, cannot determine service "
		    "current status",
		    text);
		return 0;
	}
	st->running = matches_line(buf_text(&table),
	    resource_text(run->want, "pattern", run->want->name));
	return 0;
}

int
service_look_running(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e)
{
	bool told = false;
	int rc;

	rc = service_ask_status_command(run, view, &st->running, &told, e);
	if (rc < 0 || told)
		return rc;
	if (st->can_status && st->init != NULL)
		return query_text(run, view,
		    arena_printf(run->arena, "%s status", st->init),
		    &st->running, NULL, e);
	return search_process_table(run, view, st, e);
}

static enum service_action
action_of(const char *text)
{
	int i;

	for (i = SERVICE_ENABLE; i < SERVICE_RELOAD; i++)
		if (text_eq(text, service_verb((enum service_action)i)))
			break;
	return (enum service_action)i;
}

int
service_load(struct provider_run *run, const struct service_backend *backend,
    const struct view *view, struct err *e)
{
	struct service_state *st =
	    arena_new_of(run->arena, struct service_state);
	int rc;

	run->state = st;
	st->backend = backend;
	st->action = action_of(run->action);
	st->name = resource_text(run->want, "service_name", run->want->name);
	st->can_status = supports(run->want, "status");
	st->can_restart = supports(run->want, "restart");
	st->can_reload = supports(run->want, "reload");
	st->init = resource_text(run->want, "init_command", NULL);
	if (st->init == NULL && backend->init != NULL)
		st->init = backend->init(run, st->name);
	if ((rc = backend->look(run, view, st, e)) < 0)
		return rc;
	if (run->current != NULL) {
		resource_set(
		    run->current, "running", value_of_bool(st->running));
		if (st->enabled_known)
			resource_set(run->current, "enabled",
			    value_of_bool(st->enabled));
	}
	return 0;
}

/* --- deciding -------------------------------------------------------- */

static bool
is_needed(const struct service_state *st)
{
	switch (st->action) {
	case SERVICE_ENABLE:
		return !st->enabled || st->always_enable;
	case SERVICE_DISABLE:
		return st->enabled;
	case SERVICE_START:
		return !st->running;
	case SERVICE_STOP:
	case SERVICE_RELOAD:
		return st->running;
	case SERVICE_RESTART:
		return true;
	}
	return false;
}

/* RES-service-3: unset flags take what was seen, then the action's own flag
 * is forced. */
static void
write_back(struct provider_run *run, const struct service_state *st)
{
	bool sets_enabled =
	    st->action == SERVICE_ENABLE || st->action == SERVICE_DISABLE;
	bool sets_running = !sets_enabled && st->action != SERVICE_RELOAD;

	if (sets_running)
		provider_write_back(
		    run, "running", value_of_bool(st->action != SERVICE_STOP));
	else if (!resource_has(run->want, "running"))
		provider_write_back(run, "running", value_of_bool(st->running));
	if (sets_enabled)
		provider_write_back(run, "enabled",
		    value_of_bool(st->action == SERVICE_ENABLE));
	else if (st->enabled_known && !resource_has(run->want, "enabled"))
		provider_write_back(run, "enabled", value_of_bool(st->enabled));
}

int
service_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement usable = {
		.exception = "Chef::Exceptions::Service"
	};
	struct service_state *st = run->state;
	int rc;

	rc = plan_require(run, plan, st->unusable == NULL, &usable, e, "%s",
	    st->unusable != NULL ? st->unusable : "");
	if (rc < 0)
		return rc;
	if (st->backend->require != NULL &&
	    (rc = st->backend->require(run, view, plan, st, e)) < 0)
		return rc;
	if (plan->blocked)
		return 0;
	if (is_needed(st))
		plan_describe(plan, plan_change(plan, 0, NULL), "%s service %s",
		    run->action, run->want->id);
	write_back(run, st);
	return 0;
}

/* --- doing ----------------------------------------------------------- */

int
service_run(struct provider_run *run, struct host *host,
    const char *const *argv, bool own_locale, struct err *e)
{
	return command_run(run, host,
	    &(struct command){ .argv = argv,
		.live = true,
		.env = own_locale ? own_locale_env : NULL },
	    NULL, e);
}

static int
run_text(struct provider_run *run, struct host *host, const char *text,
    struct err *e)
{
	struct service_state *st = run->state;

	return command_run(run, host,
	    &(struct command){ .text = text,
		.live = true,
		.env = st->backend->own_locale ? own_locale_env : NULL },
	    NULL, e);
}

int
service_require_script(struct provider_run *run, const struct view *view,
    struct plan *plan, const struct service_state *st, const char *path,
    struct err *e)
{
	struct requirement q = { .exception = "Chef::Exceptions::Service" };

	if (st->action == SERVICE_ENABLE || st->action == SERVICE_DISABLE)
		return 0;
	q.assumption = arena_printf(run->arena,
	    "Init script '%s' doesn't exist, assuming a prior action would "
	    "have created it.",
	    path);
	return plan_require(run, plan,
	    service_own_command(run, st->action) != NULL ||
		view_exists(view, path),
	    &q, e, "%s does not exist!", path);
}

static void
pause_one_second(void)
{
	struct timespec left = { .tv_sec = 1 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static int
control(struct provider_run *run, struct host *host, struct service_state *st,
    enum service_action action, struct err *e)
{
	const char *own = service_own_command(run, action);

	if (own != NULL)
		return run_text(run, host, own, e);
	if (st->backend->control == NULL ||
	    (!st->backend->can_enable &&
		(action == SERVICE_ENABLE || action == SERVICE_DISABLE)))
		return provider_fail(run, e,
		    "Chef::Exceptions::UnsupportedAction",
		    "%s does not support :%s", run->want->id,
		    service_verb(action));
	return st->backend->control(run, host, st, action, e);
}

static int
stop_then_start(struct provider_run *run, struct host *host,
    struct service_state *st, struct err *e)
{
	int rc = control(run, host, st, SERVICE_STOP, e);

	if (rc < 0)
		return rc;
	pause_one_second();
	return control(run, host, st, SERVICE_START, e);
}

int
service_control_script(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action, struct err *e)
{
	if (action == SERVICE_RESTART && !st->can_restart)
		return stop_then_start(run, host, st, e);
	if (action == SERVICE_RELOAD && !st->can_reload)
		return 0; /* RES-service-5 */
	return run_text(run, host,
	    arena_printf(run->arena, "%s %s", st->init, service_verb(action)),
	    e);
}

int
service_apply(struct provider_run *run, struct host *host,
    UNUSED const struct change *change, struct err *e)
{
	static const char *const done[] = { "enabled", "disabled", "started",
		"stopped", "restarted", "reloaded" };
	struct service_state *st = run->state;
	int rc;

	if ((rc = control(run, host, st, st->action, e)) < 0)
		return rc;
	run->services->log(run->services->arg, SERVICE_INFO,
	    arena_printf(run->arena, "%s %s", run->want->id, done[st->action]));
	return 0;
}

/* --- Simple ---------------------------------------------------------- */

static int
simple_require(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, struct service_state *st, struct err *e)
{
	static const struct requirement q = { .exception =
						  "Chef::Exceptions::Service" };
	bool has_own = service_own_command(run, st->action) != NULL;

	if (st->action == SERVICE_ENABLE || st->action == SERVICE_DISABLE)
		return 0;
	if (st->action == SERVICE_RESTART)
		has_own = has_own ||
			  (service_own_command(run, SERVICE_START) != NULL &&
			      service_own_command(run, SERVICE_STOP) != NULL);
	return plan_require(run, plan, has_own, &q, e,
	    "Chef::Provider::Service::Simple requires that %s_command be set",
	    service_verb(st->action));
}

static int
simple_control(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action, struct err *e)
{
	ASSERT(action == SERVICE_RESTART); /* the others were required */
	return stop_then_start(run, host, st, e);
}

static const struct service_backend simple = {
	.look = service_look_running,
	.require = simple_require,
	.control = simple_control,
};

static int
simple_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &simple, view, e);
}

const struct provider provider_service_simple = {
	.ruby_class = "Service::Simple",
	.type = "service",
	.load = simple_load,
	.plan = service_plan,
	.apply = service_apply,
};

/* --- Init ------------------------------------------------------------ */

static const char *
init_script(struct provider_run *run, const char *name)
{
	return arena_printf(run->arena, "/etc/init.d/%s", name);
}

static int
init_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct service_state *st, struct err *e)
{
	return service_require_script(run, view, plan, st, st->init, e);
}

static const struct service_backend init = {
	.init = init_script,
	.look = service_look_running,
	.require = init_require,
	.control = service_control_script,
};

static int
init_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &init, view, e);
}

const struct provider provider_service_init = {
	.ruby_class = "Service::Init",
	.type = "service",
	.load = init_load,
	.plan = service_plan,
	.apply = service_apply,
};
