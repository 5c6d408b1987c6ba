/* SPDX-License-Identifier: MIT */
/* Load, plan, apply and finish of the file family. */
#include "providers/file_family.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/fsat.h"
#include "providers/backup.h"
#include "providers/scratch.h"
#include "providers/selinux.h"

enum file_change {
	FILE_UNLINK,
	FILE_CREATE,
	FILE_CONTENT,
	FILE_ACCESS,
	FILE_SELINUX,
	FILE_DELETE,
	FILE_TOUCH,
};

static void
say(struct provider_run *run, enum service_log_level level, const char *text)
{
	run->services->log(run->services->arg, level,
	    arena_printf(run->arena, "%s %s", run->want->id, text));
}

/* --- load ------------------------------------------------------------------
 */

static void
warn_about_link(struct provider_run *run, const struct file_work *w)
{
	if (value_is_set(resource_get(run->want, "manage_symlink_source")))
		return;
	say(run, SERVICE_WARN,
	    arena_printf(run->arena, "%s is a symlink", w->path));
	say(run, SERVICE_WARN,
	    arena_printf(run->arena,
		"the file that the symlink %s points to is managed instead",
		w->path));
	say(run, SERVICE_WARN,
	    arena_printf(run->arena,
		"set manage_symlink_source to true or false to say what "
		"shall be done with the symlink %s",
		w->path));
}

static int
look_behind_link(struct provider_run *run, const struct view *view,
    struct file_work *w, struct err *e)
{
	warn_about_link(run, w);
	int rc = view_follow(view, run->arena, w->path, &w->real_path, e);
	if (rc == ERR_LIMIT) {
		w->loop = true;
		return 0;
	}
	if (rc == 0)
		rc = view_stat(view, w->path, true, &w->st, e);
	w->there = rc == 0;
	return rc == ERR_ABSENT ? 0 : rc;
}

static int
look(struct provider_run *run, const struct view *view, struct file_work *w,
    struct err *e)
{
	int rc = view_stat(view, w->path, false, &w->own, e);
	if (rc == ERR_ABSENT)
		return 0;
	if (rc < 0)
		return rc;
	if (S_ISLNK(w->own.st_mode)) {
		w->kind = PATH_SYMLINK;
		return look_behind_link(run, view, w, e);
	}
	w->kind = S_ISREG(w->own.st_mode) ? PATH_REGULAR : PATH_OTHER;
	w->there = true;
	w->st = w->own;
	return 0;
}

int
file_family_load(
    struct provider_run *run, const struct view *view, struct err *e)
{
	if (run->state == NULL)
		run->state = arena_new_of(run->arena, struct file_work);
	struct file_work *w = run->state;
	w->path = resource_text(run->want, "path", run->want->name);
	w->real_path = w->path;
	int rc = look(run, view, w, e);
	if (rc == 0)
		rc = access_load(run, view, &w->access, e);
	if (rc < 0)
		return rc;
	run->current =
	    resource_new(run->arena, run->want->type, run->want->name);
	run->current_exists = w->there;
	if (w->there)
		access_show(run, view, run->current, &w->st);
	return 0;
}

/* --- plan ------------------------------------------------------------------
 */

static void
plan_unlink(struct provider_run *run, struct plan *plan, struct file_work *w)
{
	if (!resource_bool(run->want, "force_unlink", false) ||
	    w->kind == PATH_ABSENT || w->kind == PATH_REGULAR)
		return;
	struct change *c = plan_change(plan, FILE_UNLINK, NULL);
	plan_describe(plan, c, "unlink %s at %s",
	    file_kind_text(w->own.st_mode), w->path);
	w->fresh = true;
	w->real_path = w->path;
}

static int
plan_content(struct provider_run *run, const struct view *view,
    struct plan *plan, struct file_work *w, struct err *e)
{
	if (!w->content.managed)
		return 0;
	bool differs = true;
	if (!w->fresh) {
		int rc = content_differs(view, &w->content, w->real_path,
		    w->st.st_size, &differs, e);
		if (rc < 0)
			return rc;
	}
	if (!differs)
		return 0;
	struct change *c = plan_change(plan, FILE_CONTENT, NULL);
	return content_describe(run, view, plan, c, w->path,
	    w->fresh ? NULL : w->real_path, &w->content, e);
}

/* The steps of create after the requirements. */
static int
plan_steps(struct provider_run *run, const struct view *view, struct plan *plan,
    content_fn produce, struct err *e)
{
	struct file_work *w = run->state;
	bool is_file = w->there && S_ISREG(w->st.st_mode);
	bool suppressed = run->why_run && !is_file;
	w->ran = true;
	if (!suppressed) {
		int rc = produce(run, view, plan, &w->content, e);
		if (rc < 0 || plan->blocked)
			return rc;
	}
	w->fresh = !w->there;
	plan_unlink(run, plan, w);
	if (w->fresh) {
		struct change *c = plan_change(plan, FILE_CREATE, NULL);
		plan_describe(plan, c, "create new file %s", w->path);
	}
	int rc = plan_content(run, view, plan, w, e);
	if (rc < 0)
		return rc;
	access_plan(
	    run, view, plan, FILE_ACCESS, &w->access, w->fresh ? NULL : &w->st);
	return selinux_plan(run, view, plan, FILE_SELINUX, e);
}

static int
plan_create(struct provider_run *run, const struct view *view,
    struct plan *plan, content_fn produce, bool check_kind, struct err *e)
{
	int rc = file_require_create(run, view, plan, e);
	if (rc == 0 && check_kind)
		rc = file_require_plain(run, plan, e);
	if (rc < 0 || plan->blocked)
		return rc;
	return plan_steps(run, view, plan, produce, e);
}

static int
plan_delete(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	const struct file_work *w = run->state;
	if (!w->there)
		return 0;
	int rc = file_require_deletable(run, view, plan, e);
	if (rc < 0)
		return rc;
	struct change *c = plan_change(plan, FILE_DELETE, NULL);
	plan_describe(plan, c, "delete file %s", w->path);
	return 0;
}

int
file_family_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, content_fn produce, struct err *e)
{
	const struct file_work *w = run->state;
	if (strcmp(run->action, "delete") == 0)
		return plan_delete(run, view, plan, e);
	if (strcmp(run->action, "create_if_missing") == 0)
		return w->there
			   ? file_require_create(run, view, plan, e)
			   : plan_create(run, view, plan, produce, false, e);
	bool touch = strcmp(run->action, "touch") == 0;
	int rc = plan_create(run, view, plan, produce, !touch, e);
	if (rc < 0 || !touch || plan->blocked)
		return rc;
	struct change *c = plan_change(plan, FILE_TOUCH, NULL);
	plan_describe(plan, c, "update utime on file %s", w->path);
	return 0;
}

/* --- apply -----------------------------------------------------------------
 */

static bool
is_atomic(struct provider_run *run)
{
	const struct value *own = resource_get(run->want, "atomic_update");
	if (own->type == VALUE_BOOL)
		return own->boolean;
	const struct services *s = run->services;
	struct value set = s->config(s->arg, run->arena, "file_atomic_update");
	return set.type != VALUE_BOOL || set.boolean;
}

/* What a check makes of a file may depend on its name; a shell takes it as it
 * stands. */
static const char *
check_name(struct arena *a, const char *dir, const char *name)
{
	char *path = arena_printf(a, "%s/%s", dir, name);
	for (char *p = path + strlen(dir) + 1; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && strchr("._@+-", *p) == NULL)
			*p = '_';
	}
	return path;
}

static int
verify_bytes(struct provider_run *run, struct host *host,
    const struct file_work *w, struct err *e)
{
	struct scratch s = { 0 };
	int rc = scratch_make(run->arena, &s, e);
	if (rc < 0)
		return rc;
	s.path = check_name(run->arena, s.dir, path_basename(w->real_path));
	const struct host_file f = {
		.path = s.path,
		.content = w->content.bytes,
		.mode = 0600,
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID,
	};
	rc = host_write(host, &f, e);
	if (rc == 0)
		rc = run->services->verify(
		    run->services->arg, run->want, s.path, e);
	scratch_remove(&s);
	return rc;
}

static int
verify_content(struct provider_run *run, struct host *host,
    const struct file_work *w, struct err *e)
{
	if (!w->content.managed ||
	    !value_is_set(resource_get(run->want, "verify")))
		return 0;
	if (w->content.path == NULL)
		return verify_bytes(run, host, w, e);
	return run->services->verify(
	    run->services->arg, run->want, w->content.path, e);
}

static int
write_file(struct provider_run *run, struct host *host, struct file_work *w,
    struct err *e)
{
	int rc = verify_content(run, host, w, e);
	if (rc < 0)
		return rc;
	const struct access *a = &w->access;
	mode_t usual = 0666 & ~view_umask(host_view(host));
	const struct host_file f = {
		.path = w->real_path,
		.content = w->content.bytes,
		.content_path = w->content.managed ? w->content.path : NULL,
		.mode = a->has_mode ? a->mode : usual,
		.uid = a->has_uid ? a->uid : HOST_KEEP_UID,
		.gid = a->has_gid ? a->gid : HOST_KEEP_GID,
		.keep_mode = !a->has_mode,
		.in_place = !w->fresh && !is_atomic(run),
	};
	w->wrote = true;
	return host_write(host, &f, e);
}

static int
apply_unlink(struct provider_run *run, struct host *host,
    const struct file_work *w, struct err *e)
{
	say(run, SERVICE_INFO,
	    arena_printf(run->arena, "unlinked %s at %s",
		file_kind_text(w->own.st_mode), w->path));
	return S_ISDIR(w->own.st_mode) ? host_remove_tree(host, w->path, e)
				       : host_unlink(host, w->path, e);
}

static int
apply_create(struct provider_run *run, struct host *host, struct file_work *w,
    struct err *e)
{
	int rc = write_file(run, host, w, e);
	if (rc < 0)
		return rc;
	w->done = true;
	say(run, SERVICE_INFO,
	    arena_printf(run->arena, "created file %s", w->path));
	return 0;
}

static int
apply_content(struct provider_run *run, struct host *host, struct file_work *w,
    struct err *e)
{
	if (!w->done) {
		int rc = backup_make(run, host, w->real_path, e);
		if (rc == 0)
			rc = write_file(run, host, w, e);
		if (rc < 0)
			return rc;
	}
	say(run, SERVICE_INFO,
	    arena_printf(run->arena, "updated file contents %s", w->path));
	return 0;
}

static int
apply_access(struct provider_run *run, struct host *host,
    const struct file_work *w, struct err *e)
{
	const struct access_target t = {
		.path = w->real_path,
		.planned = w->fresh ? NULL : &w->st,
		.same_as = w->wrote ? NULL : &w->st,
	};
	return access_apply(run, host, &w->access, &t, e);
}

static int
apply_delete(struct provider_run *run, struct host *host,
    const struct file_work *w, struct err *e)
{
	int rc =
	    w->kind == PATH_SYMLINK ? 0 : backup_make(run, host, w->path, e);
	if (rc == 0)
		rc = host_unlink(host, w->path, e);
	if (rc == 0)
		say(run, SERVICE_INFO,
		    arena_printf(run->arena, "deleted file at %s", w->path));
	return rc;
}

int
file_family_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	struct file_work *w = run->state;
	w->changed = true;
	switch ((enum file_change)change->kind) {
	case FILE_UNLINK:
		return apply_unlink(run, host, w, e);
	case FILE_CREATE:
		return apply_create(run, host, w, e);
	case FILE_CONTENT:
		return apply_content(run, host, w, e);
	case FILE_ACCESS:
		return apply_access(run, host, w, e);
	case FILE_SELINUX:
		return selinux_apply(run, host, w->real_path, false, e);
	case FILE_DELETE:
		return apply_delete(run, host, w, e);
	case FILE_TOUCH:
		return host_touch(host, w->path, e);
	}
	return err_set(e, ERR_STATE, "no such change");
}

int
file_family_finish(
    struct provider_run *run, const struct view *view, struct err *e)
{
	const struct file_work *w = run->state;
	if (!w->ran)
		return 0;
	if (!w->changed) {
		provider_write_back(
		    run, "owner", *resource_get(run->current, "owner"));
		provider_write_back(
		    run, "group", *resource_get(run->current, "group"));
		provider_write_back(
		    run, "mode", *resource_get(run->current, "mode"));
		return 0;
	}
	struct stat now;
	int rc = view_stat(view, w->real_path, true, &now, e);
	if (rc == 0)
		access_write_back(run, view, &now);
	return rc;
}
