/* SPDX-License-Identifier: MIT */
/*
 * Groups (RES-group): groupadd, groupmod and groupdel, and for the members
 * gpasswd, groupmod -R/-A (Suse) or usermod. Members are compared as sets
 * (order is no difference).
 */
#include <grp.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/command.h"
#include "providers/tbl/system.h"

#define ENTRY_BYTES (1024 * 1024)

enum group_change {
	CHANGE_CREATE,
	CHANGE_ALTER,
	CHANGE_REMOVE,
};

struct names {
	const char **items;
	size_t len;
};

struct group_state {
	const char *name;
	struct group *now; /* NULL: no such group */
	const char *want_gid;
	bool append;
	struct names members, excluded, present;
	struct names missing, surplus; /* to add, to take out */
	bool members_differ;
};

/* How the members get there; differs between platforms. */
typedef int (*group_members_fn)(
    struct provider_run *run, struct host *host, struct err *e);

static bool
is_among(const struct names *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->len; i++)
		if (text_eq(list->items[i], name))
			return true;
	return false;
}

static void
add_name(struct names *list, const char *name)
{
	list->items[list->len++] = name;
}

static struct names
names_of(struct provider_run *run, const char *property)
{
	const struct value *v = resource_get(run->want, property);
	size_t i, len = v->type == VALUE_LIST ? v->list.len
			: value_is_set(v)     ? 1
					      : 0;
	struct names list = { .items = arena_array_of(
				  run->arena, const char *, len + 1) };

	for (i = 0; i < len; i++)
		add_name(
		    &list, value_to_s(run->arena,
			       v->type == VALUE_LIST ? &v->list.items[i] : v));
	return list;
}

static struct group *
find_group(struct arena *a, const char *name)
{
	struct group *entry = arena_new_of(a, struct group), *found = NULL;

	if (getgrnam_r(name, entry, arena_alloc(a, ENTRY_BYTES), ENTRY_BYTES,
		&found) != 0)
		return NULL;
	return found;
}

/* What has to be added and taken out, and whether anything has. */
static void
compare_members(struct provider_run *run, struct group_state *st)
{
	struct names *from = st->append ? &st->excluded : &st->present;
	size_t i;

	st->missing.items =
	    arena_array_of(run->arena, const char *, st->members.len + 1);
	st->surplus.items =
	    arena_array_of(run->arena, const char *, from->len + 1);
	for (i = 0; i < st->members.len; i++)
		if (!is_among(&st->present, st->members.items[i]))
			add_name(&st->missing, st->members.items[i]);
	for (i = 0; i < from->len; i++)
		if (is_among(&st->present, from->items[i]) &&
		    !is_among(&st->members, from->items[i]))
			add_name(&st->surplus, from->items[i]);
	st->members_differ = st->missing.len + st->surplus.len > 0;
}

static int
group_load(struct provider_run *run, UNUSED const struct view *view,
    UNUSED struct err *e)
{
	struct group_state *st = arena_new_of(run->arena, struct group_state);
	const struct value *gid = resource_get(run->want, "gid");
	char **m;

	run->state = st;
	st->name = resource_text(run->want, "group_name", run->want->name);
	st->append = resource_bool(run->want, "append", false);
	st->members = names_of(run, "members");
	st->excluded = names_of(run, "excluded_members");
	st->want_gid = value_is_set(gid) ? value_to_s(run->arena, gid) : NULL;
	st->now = find_group(run->arena, st->name);
	run->current_exists = st->now != NULL;
	if (st->now != NULL) {
		size_t count = 0;

		for (m = st->now->gr_mem; *m != NULL; m++)
			count++;
		st->present.items =
		    arena_array_of(run->arena, const char *, count + 1);
		for (m = st->now->gr_mem; *m != NULL; m++)
			add_name(&st->present, *m);
		if (st->want_gid == NULL)
			provider_write_back(
			    run, "gid", value_of_int(st->now->gr_gid));
	}
	compare_members(run, st);
	return 0;
}

/* --- plan ------------------------------------------------------------ */

static const char *
join(struct arena *a, const struct names *list, const char *between)
{
	AUTO_BUF struct buf out = BUF_INIT(1u << 20);
	size_t i;

	for (i = 0; i < list->len; i++)
		buf_printf(&out, "%s%s", i > 0 ? between : "", list->items[i]);
	return arena_strdup(a, buf_text(&out));
}

static int
require_all(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *const *tools, struct err *e)
{
	static const struct requirement tool = {
		.exception = "Chef::Exceptions::Group"
	};
	static const struct requirement conflict = {
		.exception = "Chef::Exceptions::ConflictingMembersInGroup"
	};
	const struct group_state *st = run->state;
	const struct requirement exists = { .exception =
						"Chef::Exceptions::Group",
		.assumption = arena_printf(run->arena,
		    "Group %s would have been created by an earlier "
		    "resource",
		    st->name),
		.blocks = true };
	struct names both = { .items = arena_array_of(run->arena, const char *,
				  st->members.len + 1) };
	size_t i;
	int rc;

	for (i = 0; i < st->members.len; i++)
		if (is_among(&st->excluded, st->members.items[i]))
			add_name(&both, st->members.items[i]);
	rc = plan_require(run, plan, both.len == 0, &conflict, e,
	    "Attempting to both add and remove users from a group: '%s'",
	    join(run->arena, &both, ", "));
	for (; rc == 0 && *tools != NULL; tools++)
		rc = plan_require(run, plan, view_exists(view, *tools), &tool,
		    e, "Could not find binary %s for %s", *tools,
		    run->want->id);
	if (rc == 0 && text_eq(run->action, "modify"))
		rc = plan_require(run, plan, st->now != NULL, &exists, e,
		    "Cannot modify %s - group does not exist!", run->want->id);
	return rc;
}

static void
plan_alteration(struct provider_run *run, struct plan *plan)
{
	const struct group_state *st = run->state;
	const char *now = arena_printf(run->arena, "%u", st->now->gr_gid);
	bool gid_differs = st->want_gid != NULL && !text_eq(st->want_gid, now);
	struct change *c;

	if (!gid_differs && !st->members_differ)
		return;
	c = plan_change(plan, CHANGE_ALTER, NULL);
	plan_describe(plan, c, "%s group %s",
	    text_eq(run->action, "create") ? "alter" : run->action,
	    run->want->id);
	if (gid_differs)
		plan_describe(
		    plan, c, "change gid %s to %s", now, st->want_gid);
	if (!st->append && st->members_differ)
		plan_describe(
		    plan, c, "replace group members with new list of members");
	if (st->append && st->missing.len > 0)
		plan_describe(plan, c, "add missing member(s): %s",
		    join(run->arena, &st->missing, ", "));
	if (st->append && st->surplus.len > 0)
		plan_describe(plan, c, "remove existing member(s): %s",
		    join(run->arena, &st->surplus, ", "));
}

static int
plan_group(struct provider_run *run, const struct view *view, struct plan *plan,
    const char *const *tools, struct err *e)
{
	const struct group_state *st = run->state;
	int rc = require_all(run, view, plan, tools, e);

	if (rc < 0 || plan->blocked)
		return rc;
	if (text_eq(run->action, "remove")) {
		if (st->now != NULL)
			plan_describe(plan,
			    plan_change(plan, CHANGE_REMOVE, NULL),
			    "remove group %s", run->want->id);
	} else if (st->now != NULL)
		plan_alteration(run, plan);
	else if (text_eq(run->action, "create"))
		plan_describe(plan, plan_change(plan, CHANGE_CREATE, NULL),
		    "create %s", run->want->id);
	return 0;
}

/* --- apply ----------------------------------------------------------- */

static int
run_words(struct provider_run *run, struct host *host, const struct words *w,
    struct err *e)
{
	return command_run(
	    run, host, &(struct command){ .argv = w->items }, NULL, e);
}

static int
run_tool(struct provider_run *run, struct host *host, const char *program,
    const char *option, const char *value, struct err *e)
{
	const struct group_state *st = run->state;
	struct words w;

	words_init(&w, run->arena);
	words_add(&w, program);
	if (option != NULL)
		words_add_all(&w, option, value, NULL);
	words_add(&w, st->name);
	return run_words(run, host, &w, e);
}

/* The order of the words is Chef's (RES-group-6). */
static int
create_group(struct provider_run *run, struct host *host, struct err *e)
{
	const struct group_state *st = run->state;
	struct words w;

	words_init(&w, run->arena);
	words_add(&w, "groupadd");
	if (st->want_gid != NULL)
		words_add_all(&w, "-g", st->want_gid, NULL);
	words_add(&w, st->name);
	if (resource_bool(run->want, "system", false))
		words_add(&w, "-r");
	if (resource_bool(run->want, "non_unique", false))
		words_add(&w, "-o");
	return run_words(run, host, &w, e);
}

static int
alter_gid(struct provider_run *run, struct host *host, struct err *e)
{
	const struct group_state *st = run->state;
	const char *now = arena_printf(run->arena, "%u", st->now->gr_gid);

	if (st->want_gid == NULL || text_eq(st->want_gid, now))
		return 0;
	return run_tool(run, host, "groupmod", "-g", st->want_gid, e);
}

static int
apply_group(struct provider_run *run, struct host *host,
    const struct change *change, group_members_fn set_members, struct err *e)
{
	const struct group_state *st = run->state;
	int rc;

	switch ((enum group_change)change->kind) {
	case CHANGE_REMOVE:
		return run_tool(run, host, "groupdel", NULL, NULL, e);
	case CHANGE_CREATE:
		if ((rc = create_group(run, host, e)) < 0)
			return rc;
		return set_members(run, host, e);
	case CHANGE_ALTER:
		if ((rc = alter_gid(run, host, e)) < 0)
			return rc;
		return st->members_differ ? set_members(run, host, e) : 0;
	}
	ASSERT(change->kind < 0); /* no kind of ours */
	return 0;
}

/* --- Gpasswd --------------------------------------------------------- */

static const char *const gpasswd_tools[] = { "/usr/sbin/groupadd",
	"/usr/sbin/groupmod", "/usr/sbin/groupdel", "/usr/bin/gpasswd", NULL };

static int
gpasswd_each(struct provider_run *run, struct host *host, const char *option,
    const struct names *list, struct err *e)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < list->len; i++)
		rc = run_tool(run, host, "gpasswd", option, list->items[i], e);
	return rc;
}

static int
gpasswd_members(struct provider_run *run, struct host *host, struct err *e)
{
	const struct group_state *st = run->state;
	int rc;

	if (!st->append)
		return run_tool(run, host, "gpasswd", "-M",
		    join(run->arena, &st->members, ","), e);
	if ((rc = gpasswd_each(run, host, "-a", &st->missing, e)) < 0)
		return rc;
	return gpasswd_each(run, host, "-d", &st->surplus, e);
}

static int
gpasswd_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	return plan_group(run, view, plan, gpasswd_tools, e);
}

static int
gpasswd_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	return apply_group(run, host, change, gpasswd_members, e);
}

const struct provider provider_group_gpasswd = {
	.ruby_class = "Group::Gpasswd",
	.type = "group",
	.load = group_load,
	.plan = gpasswd_plan,
	.apply = gpasswd_apply,
};

/* --- Suse ------------------------------------------------------------ */

static const char *const groupmod_tools[] = { "/usr/sbin/groupadd",
	"/usr/sbin/groupmod", "/usr/sbin/groupdel", NULL };

static int
suse_members(struct provider_run *run, struct host *host, struct err *e)
{
	const struct group_state *st = run->state;
	const struct {
		const char *option;
		const struct names *list;
	} steps[] = { { "-R", &st->surplus }, { "-A", &st->missing } };
	struct words w;
	size_t i, k;
	int rc = 0;

	for (i = 0; rc == 0 && i < ARRAY_LEN(steps); i++) {
		if (steps[i].list->len == 0)
			continue;
		words_init(&w, run->arena);
		words_add_all(&w, "groupmod", steps[i].option, NULL);
		for (k = 0; k < steps[i].list->len; k++)
			words_add(&w, steps[i].list->items[k]);
		words_add(&w, st->name);
		rc = run_words(run, host, &w, e);
	}
	return rc;
}

static int
groupmod_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	return plan_group(run, view, plan, groupmod_tools, e);
}

static int
suse_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	return apply_group(run, host, change, suse_members, e);
}

const struct provider provider_group_suse = {
	.ruby_class = "Group::Suse",
	.type = "group",
	.load = group_load,
	.plan = groupmod_plan,
	.apply = suse_apply,
};

/* --- Usermod --------------------------------------------------------- */

static int
usermod_members(struct provider_run *run, struct host *host, struct err *e)
{
	const struct group_state *st = run->state;
	struct words w;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < st->missing.len; i++) {
		words_init(&w, run->arena);
		words_add_all(&w, "usermod", "-a", "-G", st->name,
		    st->missing.items[i], NULL);
		rc = run_words(run, host, &w, e);
	}
	return rc;
}

/* RES-group-10: usermod can only add. */
static int
usermod_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement q = { .exception =
						  "Chef::Exceptions::Group" };
	const struct group_state *st = run->state;
	bool alters = st->now != NULL && !text_eq(run->action, "remove");
	int rc;

	rc = plan_require(run, plan,
	    st->append || st->members.len == 0 || !alters, &q, e,
	    "setting group members directly is not supported by %s, must set "
	    "append true in group",
	    run->want->id);
	if (rc == 0)
		rc = plan_require(run, plan, st->excluded.len == 0, &q, e,
		    "excluded_members is not supported by %s", run->want->id);
	return rc < 0 ? rc : groupmod_plan(run, view, plan, e);
}

static int
usermod_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	return apply_group(run, host, change, usermod_members, e);
}

const struct provider provider_group_usermod = {
	.ruby_class = "Group::Usermod",
	.type = "group",
	.load = group_load,
	.plan = usermod_plan,
	.apply = usermod_apply,
};
