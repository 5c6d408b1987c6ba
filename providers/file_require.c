/* SPDX-License-Identifier: MIT */
/* What must hold before a file of the file family is touched. */
#include "common/auto.h"
#include "common/fsat.h"
#include "providers/file_family.h"

const char *
file_kind_text(mode_t mode)
{
	if (S_ISBLK(mode))
		return "block device";
	if (S_ISCHR(mode))
		return "char device";
	if (S_ISDIR(mode))
		return "directory";
	if (S_ISFIFO(mode))
		return "pipe";
	if (S_ISSOCK(mode))
		return "socket";
	if (S_ISLNK(mode))
		return "symlink";
	return "unknown filetype";
}

int
file_require_create(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	const struct file_work *w = run->state;
	int rc = access_require(run, plan, &w->access, e);
	if (rc < 0 || w->kind != PATH_ABSENT)
		return rc;
	AUTO_STR char *dir = path_dirname(w->path);
	const struct requirement parent = {
		.exception = "Chef::Exceptions::EnclosingDirectoryDoesNotExist",
		.assumption = arena_printf(run->arena,
		    "Assuming directory %s would have been created", dir),
	};
	return plan_require(run, plan, view_is_directory(view, dir), &parent, e,
	    "Parent directory %s does not exist.", dir);
}

static int
require_target(struct provider_run *run, struct plan *plan, struct err *e)
{
	const struct file_work *w = run->state;
	const struct requirement sound = {
		.exception = "Chef::Exceptions::InvalidSymlink",
		.assumption = "Assuming the symlink would have been repaired",
		.blocks = true,
	};
	int rc = plan_require(run, plan, !w->loop, &sound, e,
	    "Symlink at %s creates a loop", w->path);
	if (rc == 0 && !w->loop)
		rc = plan_require(run, plan, w->there, &sound, e,
		    "Symlink at %s points to %s, which does not exist", w->path,
		    w->real_path);
	if (rc < 0 || plan->blocked)
		return rc;
	const struct requirement regular = {
		.exception = "Chef::Exceptions::FileTypeMismatch",
		.assumption = "Assuming the symlink would have been repaired",
		.blocks = true,
	};
	return plan_require(run, plan, S_ISREG(w->st.st_mode), &regular, e,
	    "File %s is a symlink to %s, which is a %s", w->path, w->real_path,
	    file_kind_text(w->st.st_mode));
}

int
file_require_plain(struct provider_run *run, struct plan *plan, struct err *e)
{
	const struct file_work *w = run->state;
	if (w->kind == PATH_ABSENT || w->kind == PATH_REGULAR)
		return 0;
	if (w->kind == PATH_SYMLINK &&
	    resource_bool(run->want, "manage_symlink_source", true))
		return require_target(run, plan, e);
	const struct requirement plain = {
		.exception = "Chef::Exceptions::FileTypeMismatch",
		.assumption = "Assuming it would have been removed",
		.blocks = true,
	};
	return plan_require(run, plan,
	    resource_bool(run->want, "force_unlink", false), &plain, e,
	    "File %s exists, but is a %s, set force_unlink to true to remove",
	    w->path, file_kind_text(w->own.st_mode));
}

int
file_require_deletable(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	const struct file_work *w = run->state;
	const struct requirement writable = {
		.exception = "Chef::Exceptions::InsufficientPermissions",
	};
	return plan_require(run, plan, view_is_writable(view, w->path),
	    &writable, e,
	    "File %s exists but is not writable so it cannot be deleted",
	    w->path);
}
