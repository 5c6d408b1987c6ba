/* SPDX-License-Identifier: MIT */
/*
 * remote_directory: a tree shipped in a cookbook (RES-remote_directory). Each
 * file is a cookbook_file run inside, so it brings its own backup, diff and
 * permissions.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/str.h"
#include "providers/directory.h"
#include "providers/tbl/files.h"

enum tree_change {
	TREE_FILE = DIRECTORY_OWN_KINDS,
	TREE_PURGE_FILE,
	TREE_PURGE_DIRECTORY,
};

struct tree_work {
	struct directory_work directory; /* first: the common state */
	const char *cookbook, *source;
	const char **files; /* relative, sorted descending */
	size_t file_count;
};

/* --- inner resources ---------------------------------------------------------
 */

struct inner {
	const struct resource_type *type;
	struct resource_slot slots[8];
	size_t count;
};

static void
inner_set(struct inner *in, const char *property, struct value v)
{
	const struct property *p = resource_type_property(in->type, property);
	ASSERT(p != NULL && in->count < ARRAY_LEN(in->slots));
	if (v.type != VALUE_NIL)
		in->slots[in->count++] = (struct resource_slot){ p, v };
}

static int
inner_run(struct provider_run *run, const struct inner *in, const char *name,
    const char *action, bool *updated, struct err *e)
{
	const struct services *s = run->services;
	bool changed = false;
	int rc = s->run_resource(s->arg, run->want, in->type->name, name,
	    in->slots, in->count, action, &changed, e);
	*updated = *updated || changed;
	return rc;
}

/* A new sub-directory looks like the top one (RES-remote_directory-3). */
static int
ensure_directory(struct provider_run *run, const struct view *view,
    const char *path, bool *updated, struct err *e)
{
	const struct tree_work *w = run->state;
	struct inner in = { .type = resource_type_find("directory") };
	if (view_is_directory(view, path))
		return 0;
	struct value owner = *resource_get(run->want, "owner");
	struct value group = *resource_get(run->want, "group");
	struct value mode = *resource_get(run->want, "mode");
	struct stat top;
	if (view_stat(view, w->directory.path, true, &top, NULL) == 0) {
		owner = value_of_text(
		    run->arena, view_user_name(view, run->arena, top.st_uid));
		group = value_of_text(
		    run->arena, view_group_name(view, run->arena, top.st_gid));
		mode = value_of_int(top.st_mode & 07777);
	}
	inner_set(&in, "owner", owner);
	inner_set(&in, "group", group);
	inner_set(&in, "mode", mode);
	inner_set(&in, "recursive", value_of_bool(true));
	return inner_run(run, &in, path, "create", updated, e);
}

static int
run_file(struct provider_run *run, const struct view *view, const char *file,
    bool *updated, struct err *e)
{
	const struct tree_work *w = run->state;
	const struct resource *r = run->want;
	const char *path =
	    arena_printf(run->arena, "%s/%s", w->directory.path, file);
	AUTO_STR char *dir = path_dirname(path);
	int rc = ensure_directory(run, view, dir, updated, e);
	if (rc < 0)
		return rc;
	struct inner in = { .type = resource_type_find("cookbook_file") };
	inner_set(&in, "source",
	    value_of_text(run->arena,
		arena_printf(run->arena, "%s/%s", w->source, file)));
	if (w->cookbook != NULL)
		inner_set(
		    &in, "cookbook", value_of_text(run->arena, w->cookbook));
	inner_set(&in, "owner", *resource_get(r, "files_owner"));
	inner_set(&in, "group", *resource_get(r, "files_group"));
	const struct value *mode = resource_get(r, "files_mode");
	inner_set(&in, "mode", value_is_set(mode) ? *mode : value_of_int(0644));
	inner_set(&in, "backup", *resource_get(r, "files_backup"));
	bool missing_only = !resource_bool(r, "overwrite", true) ||
			    strcmp(run->action, "create_if_missing") == 0;
	return inner_run(run, &in, path,
	    missing_only ? "create_if_missing" : "create", updated, e);
}

/* --- plan --------------------------------------------------------------------
 */

static int
compare_descending(const void *a, const void *b)
{
	return -strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
list_files(struct provider_run *run, struct tree_work *w, struct err *e)
{
	const struct services *s = run->services;
	const struct resource *r = run->want;
	w->source = resource_text(r, "source", path_basename(r->name));
	w->cookbook = resource_text(r, "cookbook", r->cookbook_name);
	int rc = s->cookbook_directory(s->arg, run->arena, r, w->cookbook,
	    w->source, &w->files, &w->file_count, e);
	if (rc == 0 && w->file_count > 1)
		qsort(w->files, w->file_count, sizeof(*w->files),
		    compare_descending);
	return rc;
}

/* Is it one of the files, or a directory above one? */
static bool
is_managed(const struct tree_work *w, const char *rel)
{
	size_t len = strlen(rel);
	for (size_t i = 0; i < w->file_count; i++) {
		if (strncmp(w->files[i], rel, len) == 0 &&
		    (w->files[i][len] == '\0' || w->files[i][len] == '/'))
			return true;
	}
	return false;
}

static void
plan_purge_one(struct provider_run *run, struct plan *plan, const char *path,
    bool directory)
{
	struct change *c = plan_change(plan,
	    directory ? TREE_PURGE_DIRECTORY : TREE_PURGE_FILE,
	    arena_strdup(run->arena, path));
	plan_describe(plan, c, "delete unmanaged %s %s",
	    directory ? "directory" : "file", path);
}

/* Children before parents, names descending. Links are not followed. */
static int
plan_purge(struct provider_run *run, const struct view *view, struct plan *plan,
    const char *rel, struct err *e)
{
	const struct tree_work *w = run->state;
	const char *slash = rel[0] == '\0' ? "" : "/";
	const char *dir =
	    arena_printf(run->arena, "%s%s%s", w->directory.path, slash, rel);
	const char **names;
	size_t count;
	int rc = view_list(view, run->arena, dir, &names, &count, e);
	for (size_t i = rc < 0 ? 0 : count; i-- > 0;) {
		const char *path =
		    arena_printf(run->arena, "%s/%s", dir, names[i]);
		const char *inner =
		    arena_printf(run->arena, "%s%s%s", rel, slash, names[i]);
		struct stat st;
		rc = view_stat(view, path, false, &st, e);
		if (rc == 0 && S_ISDIR(st.st_mode))
			rc = plan_purge(run, view, plan, inner, e);
		if (rc < 0)
			return rc;
		if (!is_managed(w, inner))
			plan_purge_one(run, plan, path, S_ISDIR(st.st_mode));
	}
	return rc;
}

static int
plan_files(struct provider_run *run, const struct view *view, struct plan *plan,
    const struct tree_work *w, struct err *e)
{
	for (size_t i = 0; i < w->file_count; i++) {
		if (!run->why_run) {
			plan_change(plan, TREE_FILE, w->files + i);
			continue;
		}
		int rc =
		    run_file(run, view, w->files[i], &plan->flag_updated, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
remote_directory_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	struct tree_work *w = run->state;
	if (strcmp(run->action, "delete") == 0)
		return directory_plan_delete(run, view, plan, e);
	int rc = directory_plan_create(run, view, plan, e);
	if (rc == 0 && !plan->blocked)
		rc = list_files(run, w, e);
	if (rc < 0 || plan->blocked)
		return rc;
	rc = plan_files(run, view, plan, w, e);
	if (rc == 0 && resource_bool(run->want, "purge", false) &&
	    w->directory.there)
		rc = plan_purge(run, view, plan, "", e);
	return rc;
}

/* --- phases ------------------------------------------------------------------
 */

static int
remote_directory_load(
    struct provider_run *run, const struct view *view, struct err *e)
{
	struct tree_work *w = arena_new_of(run->arena, struct tree_work);
	run->state = &w->directory;
	return directory_load(run, view, e);
}

static int
remote_directory_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	bool updated = false;
	int rc;
	if (change->kind < DIRECTORY_OWN_KINDS)
		return directory_apply(run, host, change, e);
	switch ((enum tree_change)change->kind) {
	case TREE_FILE:
		rc = run_file(run, host_view(host),
		    *(const char *const *)change->data, &updated, e);
		return rc < 0 ? rc : !updated;
	case TREE_PURGE_FILE:
		return host_unlink(host, change->data, e);
	case TREE_PURGE_DIRECTORY:
		return host_rmdir(host, change->data, e);
	}
	return err_set(e, ERR_STATE, "no such change");
}

const struct provider provider_remote_directory = {
	.ruby_class = "RemoteDirectory",
	.type = "remote_directory",
	.load = remote_directory_load,
	.plan = remote_directory_plan,
	.apply = remote_directory_apply,
	.finish = directory_finish,
};
