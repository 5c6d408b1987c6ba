/* SPDX-License-Identifier: MIT */
/* Owner, group and mode: numbers are compared, names are shown. */
#include "providers/access.h"

#include <inttypes.h>

#include "common/str.h"

/* --- what is wanted --------------------------------------------------------
 */

/* The id of an Integer or a name; false when the name is unknown. */
static int
wanted_uid(const struct view *view, const struct value *v, struct access *a,
    struct err *e)
{
	if (v->type == VALUE_INT) {
		a->uid = (uid_t)v->integer;
		a->has_uid = true;
		return 0;
	}
	const char *name = value_text(v, "");
	int rc = view_uid(view, name, &a->uid, e);
	a->has_uid = rc == 0;
	if (rc == ERR_ABSENT)
		a->unknown_user = name;
	return rc == ERR_ABSENT ? 0 : rc;
}

static int
wanted_gid(const struct view *view, const struct value *v, struct access *a,
    struct err *e)
{
	if (v->type == VALUE_INT) {
		a->gid = (gid_t)v->integer;
		a->has_gid = true;
		return 0;
	}
	const char *name = value_text(v, "");
	int rc = view_gid(view, name, &a->gid, e);
	a->has_gid = rc == 0;
	if (rc == ERR_ABSENT)
		a->unknown_group = name;
	return rc == ERR_ABSENT ? 0 : rc;
}

/* Octal text without or with prefix; the value has been validated. */
static mode_t
wanted_mode(const struct value *v)
{
	if (v->type == VALUE_INT)
		return (mode_t)v->integer & 07777;
	struct str text = str_trim(v->text);
	int base = 8;
	if (text.len > 2 && text.data[0] == '0' &&
	    (text.data[1] == 'x' || text.data[1] == 'X'))
		base = 16;
	int64_t mode = 0;
	for (size_t i = base == 16 ? 2 : 0; i < text.len; i++) {
		char c = text.data[i];
		if (c >= '0' && c <= '9')
			mode = mode * base + (c - '0');
		else if (base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			mode = mode * base + ((c | 0x20) - 'a' + 10);
	}
	return (mode_t)mode & 07777;
}

/* 644 without a leading 0 is a decimal number: it sets 01204 (RES-acl-2). No
 * sensible mode is a three-digit number with the sticky bit. */
static void
warn_about_decimal(struct provider_run *run, const struct value *v)
{
	if (v->type != VALUE_INT || v->integer < 01000 || v->integer > 777)
		return;
	run->services->log(run->services->arg, SERVICE_WARN,
	    arena_printf(run->arena,
		"%s mode %" PRId64 " is a decimal number and sets 0%o; write "
		"\"0%" PRId64 "\" for the permissions that it looks like",
		run->want->id, v->integer, (unsigned)v->integer, v->integer));
}

int
access_load(struct provider_run *run, const struct view *view,
    struct access *ret, struct err *e)
{
	struct access a = {
		.owner = resource_get(run->want, "owner"),
		.group = resource_get(run->want, "group"),
	};
	const struct value *mode = resource_get(run->want, "mode");
	if (value_is_set(a.owner)) {
		int rc = wanted_uid(view, a.owner, &a, e);
		if (rc < 0)
			return rc;
	}
	if (value_is_set(a.group)) {
		int rc = wanted_gid(view, a.group, &a, e);
		if (rc < 0)
			return rc;
	}
	if (value_is_set(mode)) {
		a.has_mode = true;
		a.mode = wanted_mode(mode);
		warn_about_decimal(run, mode);
	}
	*ret = a;
	return 0;
}

int
access_require(struct provider_run *run, struct plan *plan,
    const struct access *a, struct err *e)
{
	if (a->unknown_user != NULL) {
		const struct requirement user = {
			.exception = "Chef::Exceptions::UserIDNotFound",
			.assumption = arena_printf(run->arena,
			    "Assuming user %s would have been created",
			    a->unknown_user),
		};
		int rc = plan_require(run, plan, false, &user, e,
		    "cannot determine user id for '%s', does the user exist "
		    "on this system?",
		    a->unknown_user);
		if (rc < 0)
			return rc;
	}
	if (a->unknown_group == NULL)
		return 0;
	const struct requirement group = {
		.exception = "Chef::Exceptions::GroupIDNotFound",
		.assumption = arena_printf(run->arena,
		    "Assuming group %s would have been created",
		    a->unknown_group),
	};
	return plan_require(run, plan, false, &group, e,
	    "cannot determine group id for '%s', does the group exist on this "
	    "system?",
	    a->unknown_group);
}

/* --- the change ------------------------------------------------------------
 */

static bool
mode_differs(const struct access *a, const struct stat *now)
{
	return a->has_mode &&
	       (now == NULL || (now->st_mode & 07777) != a->mode);
}

static bool
owner_differs(const struct access *a, const struct stat *now)
{
	return a->has_uid && (now == NULL || now->st_uid != a->uid);
}

static bool
group_differs(const struct access *a, const struct stat *now)
{
	return a->has_gid && (now == NULL || now->st_gid != a->gid);
}

/* The old value in the style of the new one (RES-acl-4). */
static const char *
old_owner(struct provider_run *run, const struct view *view,
    const struct access *a, const struct stat *now)
{
	if (now == NULL)
		return "";
	return a->owner->type == VALUE_INT
		   ? arena_printf(run->arena, "%u", now->st_uid)
		   : view_user_name(view, run->arena, now->st_uid);
}

static const char *
old_group(struct provider_run *run, const struct view *view,
    const struct access *a, const struct stat *now)
{
	if (now == NULL)
		return "";
	return a->group->type == VALUE_INT
		   ? arena_printf(run->arena, "%u", now->st_gid)
		   : view_group_name(view, run->arena, now->st_gid);
}

struct change *
access_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, int kind, const struct access *a, const struct stat *now)
{
	bool mode = mode_differs(a, now);
	bool owner = owner_differs(a, now);
	bool group = group_differs(a, now);
	if (!mode && !owner && !group)
		return NULL;
	struct change *c = plan_change(plan, kind, NULL);
	if (mode)
		plan_describe(plan, c, "change mode from '%s' to '0%o'",
		    now == NULL
			? ""
			: arena_printf(run->arena, "0%o", now->st_mode & 07777),
		    a->mode);
	if (owner)
		plan_describe(plan, c, "change owner from '%s' to '%s'",
		    old_owner(run, view, a, now),
		    value_to_s(run->arena, a->owner));
	if (group)
		plan_describe(plan, c, "change group from '%s' to '%s'",
		    old_group(run, view, a, now),
		    value_to_s(run->arena, a->group));
	return c;
}

static void
log_changes(struct provider_run *run, const struct access *a,
    const struct stat *planned)
{
	const struct services *s = run->services;
	const char *id = run->want->id;
	if (owner_differs(a, planned))
		s->log(s->arg, SERVICE_INFO,
		    arena_printf(
			run->arena, "%s owner changed to %u", id, a->uid));
	if (group_differs(a, planned))
		s->log(s->arg, SERVICE_INFO,
		    arena_printf(
			run->arena, "%s group changed to %u", id, a->gid));
	if (mode_differs(a, planned))
		s->log(s->arg, SERVICE_INFO,
		    arena_printf(
			run->arena, "%s mode changed to %o", id, a->mode));
}

int
access_apply(struct provider_run *run, struct host *host,
    const struct access *a, const struct access_target *t, struct err *e)
{
	const struct host_access want = {
		.uid = a->has_uid ? a->uid : HOST_KEEP_UID,
		.gid = a->has_gid ? a->gid : HOST_KEEP_GID,
		.set_mode = a->has_mode,
		.mode = a->mode,
	};
	int rc = host_dress(host, t->path, t->follow, t->same_as, &want, e);
	if (rc == 0)
		log_changes(run, a, t->planned);
	return rc;
}

/* --- what was found --------------------------------------------------------
 */

/* A number stays a number when the recipe gave one. */
static struct value
shown_owner(
    struct provider_run *run, const struct view *view, const struct stat *st)
{
	if (resource_get(run->want, "owner")->type == VALUE_INT)
		return value_of_int(st->st_uid);
	const char *name = view_user_name(view, run->arena, st->st_uid);
	return (struct value){ .type = VALUE_STRING, .text = str_from(name) };
}

static struct value
shown_group(
    struct provider_run *run, const struct view *view, const struct stat *st)
{
	if (resource_get(run->want, "group")->type == VALUE_INT)
		return value_of_int(st->st_gid);
	const char *name = view_group_name(view, run->arena, st->st_gid);
	return (struct value){ .type = VALUE_STRING, .text = str_from(name) };
}

static struct value
shown_mode(struct provider_run *run, const struct stat *st)
{
	char *text = arena_alloc(run->arena, 8);
	size_t len = 0;
	text[len++] = '0';
	mode_t mode = st->st_mode & 07777;
	int shift = 9;
	while (shift > 0 && (mode >> shift) == 0)
		shift -= 3;
	for (; shift >= 0; shift -= 3)
		text[len++] = (char)('0' + (mode >> shift & 7));
	return (struct value){ .type = VALUE_STRING, .text = { text, len } };
}

void
access_write_back(
    struct provider_run *run, const struct view *view, const struct stat *st)
{
	provider_write_back(run, "owner", shown_owner(run, view, st));
	provider_write_back(run, "group", shown_group(run, view, st));
	provider_write_back(run, "mode", shown_mode(run, st));
}

void
access_show(struct provider_run *run, const struct view *view,
    struct resource *r, const struct stat *st)
{
	resource_set(r, "owner", shown_owner(run, view, st));
	resource_set(r, "group", shown_group(run, view, st));
	resource_set(r, "mode", shown_mode(run, st));
}
