/* SPDX-License-Identifier: MIT */
/* directory: a directory and its permissions (RES-directory). */
#include "providers/directory.h"

#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "providers/file_family.h"
#include "providers/selinux.h"
#include "providers/tbl/files.h"

enum directory_change {
	DIRECTORY_CREATE,
	DIRECTORY_ACCESS,
	DIRECTORY_SELINUX,
	DIRECTORY_DELETE,
};

int
directory_load(struct provider_run *run, const struct view *view, struct err *e)
{
	if (run->state == NULL)
		run->state = arena_new_of(run->arena, struct directory_work);
	struct directory_work *w = run->state;
	const struct resource_type *t = run->want->type;
	w->path = resource_text(run->want, "path", run->want->name);
	w->recursive = resource_bool(
	    run->want, "recursive", text_eq(t->name, "remote_directory"));
	int rc = view_stat(view, w->path, true, &w->st, e);
	w->there = rc == 0;
	if (rc < 0 && rc != ERR_ABSENT)
		return rc;
	rc = access_load(run, view, &w->access, e);
	if (rc < 0)
		return rc;
	run->current = resource_new(run->arena, t, run->want->name);
	run->current_exists = w->there;
	if (w->there)
		access_show(run, view, run->current, &w->st);
	return 0;
}

/* --- plan --------------------------------------------------------------------
 */

static int
require_parent(struct provider_run *run, const struct view *view,
    struct plan *plan, const struct directory_work *w, struct err *e)
{
	AUTO_STR char *dir = path_dirname(w->path);
	bool there = view_is_directory(view, dir);
	const struct requirement parent = {
		.exception = "Chef::Exceptions::EnclosingDirectoryDoesNotExist",
		.assumption = arena_printf(run->arena,
		    "Assuming directory %s would have been created", dir),
	};
	int rc = plan_require(run, plan, there, &parent, e,
	    "Parent directory %s does not exist, cannot create %s", dir,
	    w->path);
	if (rc < 0 || !there)
		return rc;
	const struct requirement writable = {
		.exception = "Chef::Exceptions::InsufficientPermissions",
	};
	return plan_require(run, plan, view_is_writable(view, dir), &writable,
	    e, "Cannot create %s at %s due to insufficient permissions",
	    run->want->id, w->path);
}

/* The nearest directory above that is there must be writable. */
static int
require_ancestor(struct provider_run *run, const struct view *view,
    struct plan *plan, const struct directory_work *w, struct err *e)
{
	AUTO_STR char *dir = path_dirname(w->path);
	while (!view_exists(view, dir) && strcmp(dir, ".") != 0 &&
	       strcmp(dir, "/") != 0) {
		char *above = path_dirname(dir);
		str_free(&dir);
		dir = above;
	}
	const struct requirement writable = {
		.exception = "Chef::Exceptions::InsufficientPermissions",
	};
	return plan_require(run, plan, view_is_writable(view, dir), &writable,
	    e, "Cannot create %s at %s due to insufficient permissions",
	    run->want->id, w->path);
}

static int
require_directory(struct provider_run *run, struct plan *plan,
    const struct directory_work *w, struct err *e)
{
	const struct requirement directory = {
		.exception = "Chef::Exceptions::FileTypeMismatch",
		.assumption = "Assuming it would have been removed",
		.blocks = true,
	};
	return plan_require(run, plan, S_ISDIR(w->st.st_mode), &directory, e,
	    "Cannot create %s: there is a %s at %s", run->want->id,
	    S_ISREG(w->st.st_mode) ? "file" : file_kind_text(w->st.st_mode),
	    w->path);
}

int
directory_plan_create(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	struct directory_work *w = run->state;
	int rc = access_require(run, plan, &w->access, e);
	if (rc < 0)
		return rc;
	rc = w->there       ? require_directory(run, plan, w, e)
	     : w->recursive ? require_ancestor(run, view, plan, w, e)
			    : require_parent(run, view, plan, w, e);
	if (rc < 0 || plan->blocked)
		return rc;
	w->ran = true;
	if (!w->there) {
		struct change *c = plan_change(plan, DIRECTORY_CREATE, NULL);
		plan_describe(plan, c, "create new directory %s", w->path);
	}
	access_plan(run, view, plan, DIRECTORY_ACCESS, &w->access,
	    w->there ? &w->st : NULL);
	return selinux_plan(run, view, plan, DIRECTORY_SELINUX, e);
}

int
directory_plan_delete(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	const struct directory_work *w = run->state;
	if (!w->there)
		return 0;
	const struct requirement deletable = { .exception = "RuntimeError" };
	int rc = plan_require(run, plan,
	    S_ISDIR(w->st.st_mode) && view_is_writable(view, w->path),
	    &deletable, e, "Cannot delete %s at %s!", run->want->id, w->path);
	if (rc < 0)
		return rc;
	struct change *c = plan_change(plan, DIRECTORY_DELETE, NULL);
	plan_describe(plan, c, "delete existing directory %s", w->path);
	return 0;
}

static int
directory_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	return strcmp(run->action, "delete") == 0
		   ? directory_plan_delete(run, view, plan, e)
		   : directory_plan_create(run, view, plan, e);
}

/* --- apply -------------------------------------------------------------------
 */

static void
say(struct provider_run *run, const char *what, const char *path)
{
	run->services->log(run->services->arg, SERVICE_INFO,
	    arena_printf(run->arena, "%s %s %s", run->want->id, what, path));
}

static int
apply_access(struct provider_run *run, struct host *host,
    const struct directory_work *w, struct err *e)
{
	const struct stat *seen = w->there ? &w->st : NULL;
	const struct access_target t = {
		.path = w->path,
		.follow = w->there,
		.planned = seen,
		.same_as = seen,
	};
	return access_apply(run, host, &w->access, &t, e);
}

int
directory_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	const struct directory_work *w = run->state;
	int rc;
	switch ((enum directory_change)change->kind) {
	case DIRECTORY_CREATE:
		rc = host_mkdir(host, w->path, w->recursive, e);
		if (rc == 0)
			say(run, "created directory", w->path);
		return rc;
	case DIRECTORY_ACCESS:
		return apply_access(run, host, w, e);
	case DIRECTORY_SELINUX:
		return selinux_apply(run, host, w->path, true, e);
	case DIRECTORY_DELETE:
		rc = w->recursive ? host_remove_tree(host, w->path, e)
				  : host_rmdir(host, w->path, e);
		if (rc == 0)
			say(run, "deleted", w->path);
		return rc;
	}
	return err_set(e, ERR_STATE, "no such change");
}

int
directory_finish(
    struct provider_run *run, const struct view *view, struct err *e)
{
	const struct directory_work *w = run->state;
	if (!w->ran)
		return 0;
	struct stat now;
	int rc = view_stat(view, w->path, true, &now, e);
	if (rc == 0)
		access_write_back(run, view, &now);
	return rc;
}

const struct provider provider_directory = {
	.ruby_class = "Directory",
	.type = "directory",
	.load = directory_load,
	.plan = directory_plan,
	.apply = directory_apply,
	.finish = directory_finish,
};
