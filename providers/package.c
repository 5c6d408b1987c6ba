/* SPDX-License-Identifier: MIT */
/*
 * The decisions of all package providers (RES-package-1 to -10). Versions
 * are compared as text unless the tool knows better.
 */
#include "providers/package.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "providers/preseed.h"
#include "providers/shell.h"

enum package_change {
	CHANGE_INSTALL,
	CHANGE_UPGRADE,
	CHANGE_REMOVE,
	CHANGE_PURGE,
	CHANGE_RECONFIGURE,
};

struct package_state *
package_state(struct provider_run *run)
{
	return run->state;
}

const struct value *
package_property(struct provider_run *run, const char *name)
{
	if (resource_type_property(run->want->type, name) == NULL)
		return &value_nil;
	return resource_get(run->want, name);
}

int64_t
package_timeout_ms(struct provider_run *run)
{
	const struct value *v = resource_get(run->want, "timeout");
	int64_t seconds = 900;

	if (v->type == VALUE_INT)
		seconds = v->integer;
	else if (v->type == VALUE_STRING)
		(void)str_to_i64(v->text, 10, &seconds);
	return seconds * 1000;
}

/* --- asking ---------------------------------------------------------- */

int
package_ask(struct provider_run *run, const struct view *view,
    const struct words *words, const char **ret_text, int *ret_status,
    struct err *e)
{
	struct command c = { .argv = words->items,
		.timeout_ms = package_timeout_ms(run) };
	struct proc_result r = { 0 };
	int rc;

	if ((rc = command_query(run, view, &c, &r, e)) < 0)
		return rc;
	*ret_text = arena_strdup(run->arena, buf_text(&r.out));
	*ret_status = r.status;
	proc_result_release(&r);
	return 0;
}

const char *
package_line(struct arena *a, const char **text)
{
	size_t len = strcspn(*text, "\n");
	const char *line = *text;

	if (*line == '\0')
		return NULL;
	*text += len + (line[len] == '\n' ? 1 : 0);
	return arena_strndup(a, line, len);
}

const char *
package_field(const char *line, const char *key)
{
	return text_has_prefix(line, key) ? line + strlen(key) : NULL;
}

/* --- load ------------------------------------------------------------ */

static const char *
element(struct arena *a, const struct value *v, size_t i)
{
	if (v->type == VALUE_LIST)
		v = i < v->list.len ? &v->list.items[i] : &value_nil;
	else if (i > 0)
		return NULL;
	if (!value_is_set(v) || (v->type == VALUE_STRING && v->text.len == 0))
		return NULL;
	return value_to_s(a, v);
}

static void
set_items(struct provider_run *run, struct package_state *st)
{
	const struct value *name = resource_get(run->want, "package_name");
	const struct value *version = resource_get(run->want, "version");
	size_t i;

	st->count = name->type == VALUE_LIST ? name->list.len : 1;
	st->items = arena_array_of(run->arena, struct package_item, st->count);
	for (i = 0; i < st->count; i++) {
		const char *text = element(run->arena, name, i);

		st->items[i].name = text != NULL ? text : run->want->name;
		st->items[i].wanted = element(run->arena, version, i);
	}
}

/* An Array of options is one of words; anything else is shell text. */
static const char *
options_text(struct provider_run *run)
{
	const struct value *v = resource_get(run->want, "options");
	struct words w;
	size_t i;

	if (!value_is_set(v))
		return "";
	if (v->type != VALUE_LIST)
		return value_to_s(run->arena, v);
	words_init(&w, run->arena);
	for (i = 0; i < v->list.len; i++)
		words_add(&w, value_to_s(run->arena, &v->list.items[i]));
	return shell_join(run->arena, w.items);
}

int
package_load(struct provider_run *run, const struct package_tool *tool,
    const struct view *view, struct err *e)
{
	struct package_state *st =
	    arena_new_of(run->arena, struct package_state);
	size_t i;
	int rc;

	run->state = st;
	st->tool = tool;
	st->options = options_text(run);
	set_items(run, st);
	st->source = resource_text(run->want, "source", NULL);
	if (tool->takes_file && st->source == NULL &&
	    strchr(st->items[0].name, '/') != NULL &&
	    view_exists(view, st->items[0].name))
		st->source = st->items[0].name;
	for (i = 0; i < st->count; i++)
		if ((rc = tool->installed(run, view, &st->items[i], e)) < 0)
			return rc;
	if (run->current != NULL && st->count == 1) {
		resource_set(run->current, "package_name",
		    value_of_text(run->arena, st->items[0].name));
		if (st->items[0].installed != NULL)
			resource_set(run->current, "version",
			    value_of_text(run->arena, st->items[0].installed));
	}
	run->current_exists = st->items[0].installed != NULL;
	return 0;
}

/* --- plan ------------------------------------------------------------ */

static bool
is_satisfied(const struct package_state *st, const struct package_item *it)
{
	if (it->installed == NULL)
		return false;
	if (st->tool->satisfies != NULL)
		return st->tool->satisfies(it);
	return text_eq(it->wanted, it->installed);
}

static int
look_candidate(struct provider_run *run, const struct view *view,
    struct package_item *it, struct err *e)
{
	const struct package_tool *tool = package_state(run)->tool;

	if (it->candidate_known || tool->candidate == NULL)
		return 0;
	it->candidate_known = true;
	return tool->candidate(run, view, it, e);
}

static int
require_candidate(struct provider_run *run, struct plan *plan,
    const struct package_item *it, struct err *e)
{
	const struct requirement q = { .exception = "Chef::Exceptions::Package",
		.assumption = arena_printf(run->arena,
		    "Assuming a repository that offers %s would have been "
		    "configured",
		    it->name) };

	return plan_require(run, plan, it->candidate != NULL, &q, e,
	    "No version specified, and no candidate version available for %s",
	    it->name);
}

static struct package_work *
work_new(struct provider_run *run)
{
	struct package_work *work =
	    arena_new_of(run->arena, struct package_work);

	work->items = arena_array_of(
	    run->arena, struct package_item *, package_state(run)->count + 1);
	return work;
}

static void
work_add(struct package_work *work, struct package_item *it, const char *target)
{
	it->target = target;
	work->items[work->count++] = it;
}

static int
plan_install(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	struct package_state *st = run->state;
	struct package_work *work = work_new(run);
	struct change *c;
	size_t i;
	int rc;

	for (i = 0; i < st->count; i++) {
		struct package_item *it = &st->items[i];

		if (it->wanted != NULL && !is_satisfied(st, it)) {
			work_add(work, it, it->wanted);
			continue;
		}
		if (it->installed != NULL)
			continue;
		if ((rc = look_candidate(run, view, it, e)) < 0 ||
		    (rc = require_candidate(run, plan, it, e)) < 0)
			return rc;
		work_add(work, it, it->candidate);
	}
	if (work->count == 0)
		return 0;
	c = plan_change(plan, CHANGE_INSTALL, work);
	for (i = 0; i < work->count; i++) {
		const char *target = work->items[i]->target;

		plan_describe(plan, c, "install %s%s package %s",
		    target != NULL ? "version " : "",
		    target != NULL ? arena_printf(run->arena, "%s of", target)
				   : "",
		    work->items[i]->name);
	}
	return 0;
}

static bool
is_upgradable(const struct package_state *st, const struct package_item *it)
{
	if (it->candidate == NULL || text_eq(it->candidate, it->installed))
		return false;
	if (it->installed != NULL && st->tool->newer != NULL)
		return st->tool->newer(it);
	return true;
}

static int
plan_upgrade(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	struct package_state *st = run->state;
	struct package_work *work = work_new(run);
	struct change *c;
	size_t i;
	int rc;

	for (i = 0; i < st->count; i++) {
		struct package_item *it = &st->items[i];

		if ((rc = look_candidate(run, view, it, e)) < 0)
			return rc;
		if (it->installed == NULL &&
		    (rc = require_candidate(run, plan, it, e)) < 0)
			return rc;
		if (is_upgradable(st, it))
			work_add(work, it, it->candidate);
	}
	if (work->count == 0)
		return 0;
	c = plan_change(plan, CHANGE_UPGRADE, work);
	for (i = 0; i < work->count; i++) {
		const struct package_item *it = work->items[i];

		plan_describe(plan, c, "upgrade package %s from %s to %s",
		    it->name,
		    it->installed != NULL ? it->installed : "uninstalled",
		    it->target);
	}
	return 0;
}

/* The two blanks before "package" are Chef's (RES-package-4). */
static int
plan_removal(struct provider_run *run, struct plan *plan, int kind)
{
	const char *verb = kind == CHANGE_PURGE ? "purge" : "remove";
	struct package_state *st = run->state;
	struct package_work *work = work_new(run);
	struct change *c;
	size_t i;

	for (i = 0; i < st->count; i++) {
		struct package_item *it = &st->items[i];

		if (it->installed != NULL &&
		    (it->wanted == NULL || is_satisfied(st, it)))
			work_add(work, it, it->wanted);
	}
	if (work->count == 0)
		return 0;
	c = plan_change(plan, kind, work);
	for (i = 0; i < work->count; i++) {
		const char *target = work->items[i]->target;

		plan_describe(plan, c, "%s %s package %s", verb,
		    target != NULL
			? arena_printf(run->arena, "version %s of ", target)
			: "",
		    work->items[i]->name);
	}
	return 0;
}

static int
plan_reconfigure(struct provider_run *run, struct plan *plan)
{
	struct package_state *st = run->state;
	struct package_work *work = work_new(run);

	if (st->items[0].installed == NULL ||
	    resource_text(run->want, "response_file", NULL) == NULL)
		return 0;
	work_add(work, &st->items[0], st->items[0].installed);
	plan_describe(plan, plan_change(plan, CHANGE_RECONFIGURE, work),
	    "reconfigure package %s", st->items[0].name);
	return 0;
}

int
package_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	struct package_state *st = run->state;
	int rc;

	if (st->tool->require != NULL &&
	    ((rc = st->tool->require(run, view, plan, e)) < 0 || plan->blocked))
		return rc;
	if (text_eq(run->action, "install"))
		return plan_install(run, view, plan, e);
	if (text_eq(run->action, "upgrade"))
		return plan_upgrade(run, view, plan, e);
	if (text_eq(run->action, "remove"))
		return plan_removal(run, plan, CHANGE_REMOVE);
	if (text_eq(run->action, "purge"))
		return plan_removal(run, plan, CHANGE_PURGE);
	if (text_eq(run->action, "reconfig"))
		return plan_reconfigure(run, plan);
	return provider_fail(run, e, "Chef::Exceptions::UnsupportedAction",
	    "Chef::Provider::%s does not support :%s",
	    run->want->type->provider, run->action);
}

/* --- apply ----------------------------------------------------------- */

int
package_require_source(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *without_source, struct err *e)
{
	const char *source = package_state(run)->source;
	struct requirement q = { .exception = "Chef::Exceptions::Package" };
	int rc;

	if (text_eq(run->action, "install") &&
	    (rc = plan_require(
		 run, plan, source != NULL, &q, e, "%s", without_source)) < 0)
		return rc;
	if (source == NULL)
		return 0;
	q.assumption = arena_printf(run->arena,
	    "Assuming %s would have been previously downloaded", source);
	return plan_require(run, plan, view_exists(view, source), &q, e,
	    "Package %s not found: %s", run->want->name, source);
}

int
package_run(struct provider_run *run, struct host *host,
    const struct words *words, size_t before, const char *const *env,
    struct err *e)
{
	const char *options = package_state(run)->options;
	struct command c = {
		.env = env, .live = true, .timeout_ms = package_timeout_ms(run)
	};
	struct words head;
	size_t i;

	if (options[0] == '\0') {
		c.argv = words->items;
		return command_run(run, host, &c, NULL, e);
	}
	words_init(&head, run->arena);
	for (i = 0; i < before; i++)
		words_add(&head, words->items[i]);
	c.text = arena_printf(run->arena, "%s %s %s",
	    shell_join(run->arena, head.items), options,
	    shell_join(run->arena, words->items + before));
	return command_run(run, host, &c, NULL, e);
}

static int
apply_verb(struct provider_run *run, struct host *host, package_verb_fn verb,
    const struct change *change, struct err *e)
{
	const struct package_work *work = change->data;
	int rc;

	if (verb == NULL)
		return provider_fail(run, e,
		    "Chef::Exceptions::UnsupportedAction",
		    "%s does not support :%s", run->want->id, run->action);
	if ((rc = verb(run, host, work, e)) != 0)
		return rc;
	if (work->count == 1 && package_state(run)->count == 1 &&
	    work->items[0]->target != NULL)
		provider_write_back(run, "version",
		    value_of_text(run->arena, work->items[0]->target));
	return 0;
}

static int
apply_install(struct provider_run *run, struct host *host, package_verb_fn verb,
    const struct change *change, struct err *e)
{
	const struct package_work *work = change->data;
	int rc;

	if (package_state(run)->tool->preseeds &&
	    (rc = preseed_package(run, host, work->items[0], NULL, e)) < 0)
		return rc;
	return apply_verb(run, host, verb, change, e);
}

int
package_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	const struct package_tool *tool = package_state(run)->tool;

	switch ((enum package_change)change->kind) {
	case CHANGE_INSTALL:
		return apply_install(run, host, tool->install, change, e);
	case CHANGE_UPGRADE:
		return apply_install(run, host,
		    tool->upgrade != NULL ? tool->upgrade : tool->install,
		    change, e);
	case CHANGE_REMOVE:
		return apply_verb(run, host, tool->remove, change, e);
	case CHANGE_PURGE:
		return apply_verb(run, host, tool->purge, change, e);
	case CHANGE_RECONFIGURE:
		return apply_verb(run, host, tool->reconfigure, change, e);
	}
	ASSERT(change->kind < 0); /* no kind of ours */
	return 0;
}
