/* SPDX-License-Identifier: MIT */
/*
 * Services of init scripts with update-rc.d, insserv or invoke-rc.d
 * (RES-debian, RES-insserv, RES-invokercd). An update-rc.d that knows no dry
 * run any more is the modern one: then the links are read and its verbs
 * enable and disable are used (RES-debian-5).
 */
#include <ctype.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/service.h"
#include "providers/tbl/system.h"

#define UPDATE_RCD "/usr/sbin/update-rc.d"
#define OUTPUT_MAX_BYTES (1u << 20)

static const char levels[] = "S0123456";

struct link {
	bool there, start;
	int priority;
};

struct debian_data {
	struct link links[sizeof(levels) - 1];
	bool modern;
};

static const char *
script_path(struct provider_run *run, const char *name)
{
	return arena_printf(run->arena, "/etc/init.d/%s", name);
}

/* "S20name" in level L, from a link name or the output of a dry run. */
static void
note_link(struct debian_data *data, char level, const char *entry)
{
	const char *at = strchr(levels, level);
	struct link *link;

	if (level == '\0' || at == NULL ||
	    (entry[0] != 'S' && entry[0] != 'K') ||
	    isdigit((unsigned char)entry[1]) == 0 ||
	    isdigit((unsigned char)entry[2]) == 0)
		return;
	link = &data->links[at - levels];
	link->there = true;
	link->start = entry[0] == 'S';
	link->priority = (entry[1] - '0') * 10 + (entry[2] - '0');
}

static void
parse_dry_run(struct debian_data *data, const char *text)
{
	const char *at = text;

	while ((at = strstr(at, "/rc")) != NULL) {
		if (strncmp(at + 3 + (at[3] != '\0'), ".d/", 3) == 0)
			note_link(data, at[3], at + 7);
		at += 3;
	}
}

/* Is the entry "S20" or "K20" followed by exactly this name? */
static bool
is_link_of(const char *entry, const char *name)
{
	return strlen(entry) > 3 && text_eq(entry + 3, name);
}

static int
read_links(struct provider_run *run, const struct view *view,
    struct debian_data *data, const char *name, struct err *e)
{
	const char *p;
	size_t i, count;
	int rc;

	for (p = levels; *p != '\0'; p++) {
		const char *directory =
		    arena_printf(run->arena, "/etc/rc%c.d", *p);
		const char **names = NULL;

		count = 0;
		rc = view_list(view, run->arena, directory, &names, &count, e);
		if (rc < 0 && rc != ERR_ABSENT)
			return rc;
		for (i = 0; rc == 0 && i < count; i++)
			if (is_link_of(names[i], name))
				note_link(data, *p, names[i]);
	}
	err_clear(e);
	return 0;
}

static bool
is_start_link_anywhere(const struct debian_data *data)
{
	size_t i;

	for (i = 0; levels[i] != '\0'; i++)
		if (data->links[i].there && data->links[i].start &&
		    strchr("S12345", levels[i]) != NULL)
			return true;
	return false;
}

/* Is an Integer priority what the links say (RES-debian-4)? */
static bool
has_priority(const struct debian_data *data, int64_t priority)
{
	size_t i;

	for (i = 0; levels[i] != '\0'; i++) {
		const struct link *link = &data->links[i];

		if (link->there &&
		    link->priority != (link->start ? priority : 100 - priority))
			return false;
	}
	return true;
}

static bool
link_matches(const struct debian_data *data, const struct value_pair *pair)
{
	const struct value *key = &pair->key, *want = &pair->value;
	char level = key->type == VALUE_INT ? (char)('0' + key->integer)
					    : value_text(key, "?")[0];
	const char *at = strchr(levels, level);
	const struct link *link;

	if (level == '\0' || at == NULL || want->type != VALUE_LIST ||
	    want->list.len != 2 || want->list.items[1].type != VALUE_INT)
		return false;
	link = &data->links[at - levels];
	return link->there &&
	       link->start ==
		   text_eq(value_text(&want->list.items[0], NULL), "start") &&
	       link->priority == want->list.items[1].integer;
}

static bool
priority_differs(const struct debian_data *data, const struct value *want)
{
	size_t i;

	if (data->modern) /* dependencies decide there, not numbers */
		return false;
	if (want->type == VALUE_INT)
		return !has_priority(data, want->integer);
	for (i = 0; want->type == VALUE_MAP && i < want->map.len; i++)
		if (!link_matches(data, &want->map.pairs[i]))
			return true;
	return false;
}

static int
debian_look(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e)
{
	const char *const argv[] = { UPDATE_RCD, "-n", "-f", st->name, "remove",
		NULL };
	struct debian_data *data = arena_new_of(run->arena, struct debian_data);
	AUTO_BUF struct buf out = BUF_INIT(OUTPUT_MAX_BYTES);
	int rc, status;

	st->data = data;
	if ((rc = service_look_running(run, view, st, e)) < 0 ||
	    (rc = service_query(run, view, argv, &status, &out, e)) < 0)
		return rc;
	data->modern = status != 0;
	if (!data->modern)
		parse_dry_run(data, buf_text(&out));
	else if ((rc = read_links(run, view, data, st->name, e)) < 0)
		return rc;
	st->enabled_known = true;
	st->enabled = is_start_link_anywhere(data);
	st->always_enable =
	    priority_differs(data, resource_get(run->want, "priority"));
	return 0;
}

static int
require_tool(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *tool, struct err *e)
{
	const struct requirement q = { .exception =
					   "Chef::Exceptions::Service" };

	return plan_require(run, plan, view_exists(view, tool), &q, e,
	    "%s does not exist!", tool);
}

static int
debian_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct service_state *st, struct err *e)
{
	int rc = require_tool(run, view, plan, UPDATE_RCD, e);

	if (rc < 0)
		return rc;
	return service_require_script(run, view, plan, st, st->init, e);
}

/* { 2 => [:start, 20] } becomes "start 20 2 ." per level. */
static void
add_levels(struct provider_run *run, struct words *w, const struct value *map)
{
	size_t i;

	for (i = 0; i < map->map.len; i++) {
		const struct value_pair *p = &map->map.pairs[i];

		if (p->value.type != VALUE_LIST || p->value.list.len < 2)
			continue;
		words_add_all(w,
		    value_to_s(run->arena, &p->value.list.items[0]),
		    value_to_s(run->arena, &p->value.list.items[1]),
		    value_to_s(run->arena, &p->key), ".", NULL);
	}
}

static void
enable_words(struct provider_run *run, struct words *w, const char *name)
{
	const struct value *priority = resource_get(run->want, "priority");

	words_add_all(w, UPDATE_RCD, name, NULL);
	if (priority->type == VALUE_MAP) {
		add_levels(run, w, priority);
		return;
	}
	words_add(w, "defaults");
	if (priority->type == VALUE_INT)
		words_add_all(w, value_to_s(run->arena, priority),
		    arena_printf(
			run->arena, "%lld", 100 - (long long)priority->integer),
		    NULL);
}

static void
disable_words(struct provider_run *run, struct words *w, const char *name)
{
	const struct value *priority = resource_get(run->want, "priority");
	long long stop = 80;

	if (priority->type == VALUE_MAP) {
		enable_words(run, w, name);
		return;
	}
	if (priority->type == VALUE_INT)
		stop = 100 - (long long)priority->integer;
	words_add_all(w, UPDATE_RCD, "-f", name, "stop",
	    arena_printf(run->arena, "%lld", stop), "2", "3", "4", "5", ".",
	    NULL);
}

static int
control_modern(struct provider_run *run, struct host *host, const char *name,
    bool enable, struct err *e)
{
	const char *const defaults[] = { UPDATE_RCD, name, "defaults", NULL };
	const char *const verb[] = { UPDATE_RCD, name,
		enable ? "enable" : "disable", NULL };
	int rc;

	if (enable && (rc = service_run(run, host, defaults, false, e)) < 0)
		return rc;
	return service_run(run, host, verb, false, e);
}

static int
debian_control(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action, struct err *e)
{
	const struct debian_data *data = st->data;
	const char *const removal[] = { UPDATE_RCD, "-f", st->name, "remove",
		NULL };
	struct words w;
	int rc;

	if (action != SERVICE_ENABLE && action != SERVICE_DISABLE)
		return service_control_script(run, host, st, action, e);
	if (data->modern)
		return control_modern(
		    run, host, st->name, action == SERVICE_ENABLE, e);
	if ((rc = service_run(run, host, removal, false, e)) < 0)
		return rc;
	words_init(&w, run->arena);
	if (action == SERVICE_ENABLE)
		enable_words(run, &w, st->name);
	else
		disable_words(run, &w, st->name);
	return service_run(run, host, w.items, false, e);
}

static const struct service_backend debian = {
	.init = script_path,
	.look = debian_look,
	.require = debian_require,
	.control = debian_control,
	.can_enable = true,
};

static int
debian_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &debian, view, e);
}

const struct provider provider_service_debian = {
	.ruby_class = "Service::Debian",
	.type = "service",
	.load = debian_load,
	.plan = service_plan,
	.apply = service_apply,
};

/* --- Insserv --------------------------------------------------------- */

static int
insserv_look(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e)
{
	struct debian_data *data = arena_new_of(run->arena, struct debian_data);
	size_t i;
	int rc;

	if ((rc = service_look_running(run, view, st, e)) < 0 ||
	    (rc = read_links(run, view, data, st->name, e)) < 0)
		return rc;
	st->enabled_known = true;
	for (i = 0; levels[i] != '\0'; i++)
		if (data->links[i].there && data->links[i].start)
			st->enabled = true;
	return 0;
}

static int
script_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct service_state *st, struct err *e)
{
	return service_require_script(run, view, plan, st, st->init, e);
}

static int
insserv_control(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action, struct err *e)
{
	const char *const removal[] = { "/sbin/insserv", "-r", "-f", st->name,
		NULL };
	const char *const defaults[] = { "/sbin/insserv", "-d", "-f", st->name,
		NULL };
	int rc;

	if (action != SERVICE_ENABLE && action != SERVICE_DISABLE)
		return service_control_script(run, host, st, action, e);
	if ((rc = service_run(run, host, removal, false, e)) < 0 ||
	    action == SERVICE_DISABLE)
		return rc;
	return service_run(run, host, defaults, false, e);
}

static const struct service_backend insserv = {
	.init = script_path,
	.look = insserv_look,
	.require = script_require,
	.control = insserv_control,
	.can_enable = true,
};

static int
insserv_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &insserv, view, e);
}

const struct provider provider_service_insserv = {
	.ruby_class = "Service::Insserv",
	.type = "service",
	.load = insserv_load,
	.plan = service_plan,
	.apply = service_apply,
};

/* --- Invokercd ------------------------------------------------------- */

static const char *
invokercd_init(struct provider_run *run, const char *name)
{
	return arena_printf(run->arena, "/usr/sbin/invoke-rc.d %s", name);
}

/* invoke-rc.d runs the script of the service, so that must be there. */
static int
invokercd_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct service_state *st, struct err *e)
{
	const char *own = resource_text(run->want, "init_command", NULL);

	return service_require_script(run, view, plan, st,
	    own != NULL ? own : script_path(run, st->name), e);
}

static const struct service_backend invokercd = {
	.init = invokercd_init,
	.look = service_look_running,
	.require = invokercd_require,
	.control = service_control_script,
};

static int
invokercd_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &invokercd, view, e);
}

const struct provider provider_service_invokercd = {
	.ruby_class = "Service::Invokercd",
	.type = "service",
	.load = invokercd_load,
	.plan = service_plan,
	.apply = service_apply,
};
