/* SPDX-License-Identifier: MIT */
/*
 * mount: a mounted file system and its line in fstab (RES-mount). What is
 * mounted is read from the kernel's table.
 */
#include <poll.h>
#include <string.h>

#include "common/auto.h"
#include "providers/mount_table.h"
#include "providers/shell.h"
#include "providers/tbl/files.h"

#define FSTAB "/etc/fstab"
#define MOUNTINFO "/proc/self/mountinfo"
#define TABLE_MAX_BYTES ((size_t)16 << 20)
#define COMMAND_TIMEOUT_MS INT64_C(900000)
#define UNMOUNT_TRIES 20
#define UNMOUNT_PAUSE_MS 100

enum mount_change {
	MOUNT_MOUNT,
	MOUNT_UMOUNT,
	MOUNT_REMOUNT,
	MOUNT_ENABLE,
	MOUNT_DISABLE,
};

struct mount_work {
	const char *device; /* as the recipe gives it */
	const char *mount_point;
	const char *fstype, *options;
	const char *flag;         /* "-L", "-U" or NULL */
	const char *fstab_device; /* LABEL=..., UUID=... or the device */
	const char *real_device;  /* "" when it cannot be found */
	const char *real_point;
	const char *dump, *pass;
	bool mounted, enabled;
	struct fstab_entry entry; /* when enabled */
};

/* --- load --------------------------------------------------------------------
 */

/* ["rw", "noatime"] or "rw, noatime" -> "rw,noatime" */
static const char *
options_text(struct arena *a, const struct value *v)
{
	struct buf out = BUF_INIT((size_t)64 * 1024);
	if (v->type == VALUE_LIST) {
		for (size_t i = 0; i < v->list.len; i++)
			buf_printf(&out, "%s%s", i > 0 ? "," : "",
			    value_to_s(a, &v->list.items[i]));
	} else if (v->type == VALUE_STRING) {
		const char *at = v->text.data;
		while (*(at += strspn(at, ", \t")) != '\0') {
			size_t len = strcspn(at, ", \t");
			if (out.len > 0)
				buf_add_char(&out, ',');
			buf_add(&out, at, len);
			at += len;
		}
	} else {
		buf_add_str(&out, "defaults");
	}
	const char *text = arena_strdup(a, buf_text(&out));
	buf_release(&out);
	return text;
}

static const char *
number_text(struct provider_run *run, const char *property, int64_t usual)
{
	const struct value *v = resource_get(run->want, property);
	int64_t n = v->type == VALUE_INT    ? v->integer
		    : v->type == VALUE_BOOL ? 0
					    : usual;
	return arena_printf(run->arena, "%lld", (long long)n);
}

static int
find_device(struct provider_run *run, const struct view *view,
    struct mount_work *w, struct err *e)
{
	const char *kind = resource_text(run->want, "device_type", "device");
	w->real_device = w->fstab_device = w->device;
	if (strcmp(kind, "device") == 0) {
		const char *real;
		if (view_realpath(view, run->arena, w->device, &real, NULL) ==
		    0)
			w->real_device = real;
		return 0;
	}
	bool label = strcmp(kind, "label") == 0;
	w->flag = label ? "-L" : "-U";
	w->fstab_device = arena_printf(
	    run->arena, "%s=%s", label ? "LABEL" : "UUID", w->device);
	struct proc_result r = { 0 };
	int rc = view_query(view,
	    (const char *const[]){ "/sbin/findfs", w->fstab_device, NULL }, &r,
	    e);
	if (rc < 0)
		return err_wrap(e, "find device of '%s'", w->fstab_device);
	struct str found =
	    str_trim((struct str){ buf_text(&r.out), r.out.len });
	w->real_device = arena_strndup(
	    run->arena, found.data, r.status == 0 ? found.len : 0);
	proc_result_release(&r);
	return 0;
}

/* Network devices may be listed with a slash at their end. */
static bool
same_device(const char *listed, const struct mount_work *w)
{
	size_t len = strlen(w->device);
	return text_eq(listed, w->device) || text_eq(listed, w->real_device) ||
	       (w->flag == NULL && strncmp(listed, w->device, len) == 0 &&
		   text_eq(listed + len, "/"));
}

/* A bind mount is listed with the device of its origin. */
static bool
is_bound(const struct view *view, const struct mount_work *w)
{
	struct stat from, at;
	return strstr(w->options, "bind") != NULL &&
	       view_stat(view, w->device, true, &from, NULL) == 0 &&
	       view_stat(view, w->mount_point, true, &at, NULL) == 0 &&
	       from.st_dev == at.st_dev && from.st_ino == at.st_ino;
}

static int
look_at_tables(struct provider_run *run, const struct view *view,
    struct mount_work *w, struct err *e)
{
	AUTO_BUF struct buf table = BUF_INIT(TABLE_MAX_BYTES);
	int rc = view_read(view, MOUNTINFO, TABLE_MAX_BYTES, &table, e);
	if (rc < 0)
		return rc;
	const char *source = mountinfo_source(run->arena,
	    (struct str){ buf_text(&table), table.len }, w->real_point);
	w->mounted =
	    source != NULL && (same_device(source, w) || is_bound(view, w));
	buf_reset(&table);
	rc = view_read(view, FSTAB, TABLE_MAX_BYTES, &table, e);
	if (rc < 0 && rc != ERR_ABSENT)
		return rc;
	const char *text =
	    arena_strndup(run->arena, buf_text(&table), table.len);
	w->enabled = fstab_find(run->arena, (struct str){ text, table.len },
	    w->fstab_device, w->mount_point, &w->entry);
	return 0;
}

static int
mount_load(struct provider_run *run, const struct view *view, struct err *e)
{
	struct mount_work *w = arena_new_of(run->arena, struct mount_work);
	const struct resource *r = run->want;
	run->state = w;
	w->mount_point = resource_text(r, "mount_point", r->name);
	w->device = resource_text(r, "device", NULL);
	w->fstype = resource_text(r, "fstype", "auto");
	w->options = options_text(run->arena, resource_get(r, "options"));
	w->dump = number_text(run, "dump", 0);
	w->pass = number_text(run, "pass", 2);
	if (w->device == NULL)
		return provider_fail(
		    run, e, "ArgumentError", "%s has no device", r->id);
	w->real_point = w->mount_point;
	const char *real;
	if (view_realpath(view, run->arena, w->mount_point, &real, NULL) == 0)
		w->real_point = real;
	int rc = find_device(run, view, w, e);
	if (rc == 0)
		rc = look_at_tables(run, view, w, e);
	if (rc < 0)
		return rc;
	run->current = resource_new(run->arena, r->type, r->name);
	run->current_exists = w->mounted;
	resource_set(run->current, "mounted", value_of_bool(w->mounted));
	resource_set(run->current, "enabled", value_of_bool(w->enabled));
	return 0;
}

/* --- plan --------------------------------------------------------------------
 */

static bool
needs_device(const struct mount_work *w)
{
	return strcmp(w->device, "none") != 0 &&
	       strchr(w->device, ':') == NULL &&
	       strstr(w->device, "//") == NULL &&
	       strcmp(w->fstype, "tmpfs") != 0 &&
	       strcmp(w->fstype, "fuse") != 0;
}

static int
check_mountable(struct provider_run *run, const struct view *view,
    const struct mount_work *w, struct err *e)
{
	if (needs_device(w) && !view_exists(view, w->real_device))
		return provider_fail(run, e, "Chef::Exceptions::Mount",
		    "Device %s does not exist", w->device);
	if (strcmp(w->mount_point, "none") != 0 &&
	    !view_exists(view, w->mount_point))
		return provider_fail(run, e, "Chef::Exceptions::Mount",
		    "Mount point %s does not exist", w->mount_point);
	return 0;
}

static void
plan_one(struct plan *plan, enum mount_change kind, const char *text)
{
	struct change *c = plan_change(plan, (int)kind, NULL);
	plan_describe(plan, c, "%s", text);
}

static bool
enabled_as_wanted(const struct mount_work *w)
{
	return w->enabled && text_eq(w->entry.fstype, w->fstype) &&
	       text_eq(w->entry.options, w->options) &&
	       text_eq(w->entry.dump, w->dump) &&
	       text_eq(w->entry.pass, w->pass);
}

static int
mount_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	const struct mount_work *w = run->state;
	const char *action = run->action;
	struct arena *a = run->arena;
	if (strcmp(action, "mount") == 0 && !w->mounted) {
		int rc = run->why_run ? 0 : check_mountable(run, view, w, e);
		if (rc < 0)
			return rc;
		plan_one(plan, MOUNT_MOUNT,
		    arena_printf(
			a, "mount %s to %s", w->device, w->mount_point));
	} else if (text_has_suffix(action, "mount") &&
		   text_has_prefix(action, "u") && w->mounted) {
		plan_one(plan, MOUNT_UMOUNT,
		    arena_printf(a, "unmount %s", w->device));
	} else if (strcmp(action, "remount") == 0 && w->mounted) {
		plan_one(plan, MOUNT_REMOUNT,
		    arena_printf(a, "remount %s", w->device));
	} else if (strcmp(action, "enable") == 0 && !enabled_as_wanted(w)) {
		plan_one(plan, MOUNT_ENABLE,
		    arena_printf(a, "enable %s", w->device));
	} else if (strcmp(action, "disable") == 0 && w->enabled) {
		plan_one(plan, MOUNT_DISABLE,
		    arena_printf(a, "disable %s", w->device));
	}
	return 0;
}

/* --- apply -------------------------------------------------------------------
 */

static int
run_tool(struct provider_run *run, struct host *host, const char *const *argv,
    struct err *e)
{
	const struct proc_spec spec = {
		.argv = argv,
		.env = shell_env(run->arena, NULL),
		.timeout_ms = COMMAND_TIMEOUT_MS,
		.flags = PROC_SEARCH_PATH,
	};
	struct proc_result r = { 0 };
	int rc =
	    host_run(host, &spec, shell_join(run->arena, argv), NULL, &r, e);
	proc_result_release(&r);
	return rc;
}

static int
mount_it(struct provider_run *run, struct host *host,
    const struct mount_work *w, struct err *e)
{
	const char *argv[10] = { "mount", "-t", w->fstype };
	size_t n = 3;
	if (w->options[0] != '\0') {
		argv[n++] = "-o";
		argv[n++] = w->options;
	}
	if (w->flag != NULL)
		argv[n++] = w->flag;
	argv[n++] = w->device;
	argv[n] = w->mount_point;
	return run_tool(run, host, argv, e);
}

static int
unmount_it(struct provider_run *run, struct host *host,
    const struct mount_work *w, struct err *e)
{
	return run_tool(run, host,
	    (const char *const[]){ "umount", w->mount_point, NULL }, e);
}

static bool
supports_remount(const struct resource *r)
{
	const struct value *v = resource_get(r, "supports");
	if (v->type != VALUE_MAP)
		return false;
	for (size_t i = 0; i < v->map.len; i++) {
		const struct value *on = &v->map.pairs[i].value;
		if (text_eq(value_text(&v->map.pairs[i].key, ""), "remount"))
			return value_is_set(on) &&
			       (on->type != VALUE_BOOL || on->boolean);
	}
	return false;
}

static int
remount_it(struct provider_run *run, struct host *host, struct mount_work *w,
    struct err *e)
{
	if (supports_remount(run->want))
		return run_tool(run, host,
		    (const char *const[]){
			"mount", "-o", "remount", w->mount_point, NULL },
		    e);
	int rc = unmount_it(run, host, w, e);
	for (int i = 0; rc == 0 && i < UNMOUNT_TRIES; i++) {
		rc = look_at_tables(run, host_view(host), w, e);
		if (rc < 0 || !w->mounted)
			break;
		poll(NULL, 0, UNMOUNT_PAUSE_MS);
	}
	if (rc == 0 && w->mounted)
		return provider_fail(run, e, "Chef::Exceptions::Mount",
		    "%s is still mounted at %s after unmounting it", w->device,
		    w->mount_point);
	return rc < 0 ? rc : mount_it(run, host, w, e);
}

/* Takes the old line away; adds the new one at the end when wanted. */
static int
edit_fstab(struct provider_run *run, struct host *host,
    const struct mount_work *w, bool add, struct err *e)
{
	AUTO_BUF struct buf old = BUF_INIT(TABLE_MAX_BYTES);
	AUTO_BUF struct buf out = BUF_INIT(TABLE_MAX_BYTES);
	int rc = view_read(host_view(host), FSTAB, TABLE_MAX_BYTES, &old, e);
	if (rc < 0 && rc != ERR_ABSENT)
		return rc;
	struct str text = { buf_text(&old), old.len };
	struct fstab_entry entry;
	if (fstab_find(
		run->arena, text, w->fstab_device, w->mount_point, &entry))
		fstab_without(text, &entry, &out);
	else
		buf_add(&out, text.data, text.len);
	if (add) {
		if (out.len > 0 && out.data[out.len - 1] != '\n')
			buf_add_char(&out, '\n');
		buf_printf(&out, "%s %s %s %s %s %s\n",
		    fstab_escape(run->arena, w->fstab_device),
		    fstab_escape(run->arena, w->mount_point), w->fstype,
		    w->options, w->dump, w->pass);
	}
	if (buf_failed(&out))
		return err_set(e, ERR_LIMIT, FSTAB " is too long");
	const struct host_file f = {
		.path = FSTAB,
		.content = { buf_text(&out), out.len },
		.mode = 0644,
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID,
		.keep_mode = true,
	};
	return host_write(host, &f, e);
}

static int
mount_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	static const char *const done[] = {
		[MOUNT_MOUNT] = "mounted",
		[MOUNT_UMOUNT] = "unmounted",
		[MOUNT_REMOUNT] = "remounted",
		[MOUNT_ENABLE] = "enabled",
		[MOUNT_DISABLE] = "disabled",
	};
	struct mount_work *w = run->state;
	int rc = 0;
	switch ((enum mount_change)change->kind) {
	case MOUNT_MOUNT:
		rc = mount_it(run, host, w, e);
		break;
	case MOUNT_UMOUNT:
		rc = unmount_it(run, host, w, e);
		break;
	case MOUNT_REMOUNT:
		rc = remount_it(run, host, w, e);
		break;
	case MOUNT_ENABLE:
		rc = edit_fstab(run, host, w, true, e);
		break;
	case MOUNT_DISABLE:
		rc = edit_fstab(run, host, w, false, e);
		break;
	}
	if (rc == 0)
		run->services->log(run->services->arg, SERVICE_INFO,
		    arena_printf(run->arena, "%s %s", run->want->id,
			done[change->kind]));
	return rc;
}

const struct provider provider_mount = {
	.ruby_class = "Mount::Mount",
	.type = "mount",
	.load = mount_load,
	.plan = mount_plan,
	.apply = mount_apply,
};
