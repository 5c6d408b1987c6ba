/* SPDX-License-Identifier: MIT */
/*
 * link: symbolic and hard links (RES-link). What is in the way is replaced by
 * a rename, so that a link that cannot be made destroys nothing.
 */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/str.h"
#include "providers/access.h"
#include "providers/tbl/files.h"

enum link_change {
	LINK_UNLINK,
	LINK_CREATE,
	LINK_ACCESS,
	LINK_DELETE,
};

struct link_work {
	const char *path; /* where the link is */
	const char *to;   /* what it shall point to */
	bool hard;
	bool there, is_link;
	struct stat st;      /* of the link itself */
	const char *present; /* text of a symbolic link; for a hard one `to`
				when it is the same file, else ""; NULL: none */
	struct access access;
	bool replaced, made;
};

/* --- load --------------------------------------------------------------------
 */

static int
look(struct provider_run *run, const struct view *view, struct link_work *w,
    struct err *e)
{
	int rc = view_stat(view, w->path, false, &w->st, e);
	if (rc == ERR_ABSENT)
		return 0;
	if (rc < 0)
		return rc;
	w->there = true;
	w->is_link = S_ISLNK(w->st.st_mode);
	if (w->is_link)
		return view_readlink(view, run->arena, w->path, &w->present, e);
	struct stat other;
	w->present = view_stat(view, w->to, false, &other, NULL) == 0 &&
			     other.st_ino == w->st.st_ino &&
			     other.st_dev == w->st.st_dev
			 ? w->to
			 : "";
	return 0;
}

static int
load_access(struct provider_run *run, const struct view *view,
    struct link_work *w, struct err *e)
{
	int rc = access_load(run, view, &w->access, e);
	if (rc < 0)
		return rc;
	if (w->access.has_mode && !w->hard)
		run->services->log(run->services->arg, SERVICE_WARN,
		    arena_printf(run->arena,
			"%s: a symbolic link has no mode, it is not changed",
			run->want->id));
	w->access.has_mode = false;
	if (w->hard)
		w->access = (struct access){ 0 };
	return 0;
}

static int
link_load(struct provider_run *run, const struct view *view, struct err *e)
{
	struct link_work *w = arena_new_of(run->arena, struct link_work);
	run->state = w;
	w->path = resource_text(run->want, "target_file", run->want->name);
	w->to = resource_text(run->want, "to", "");
	w->hard =
	    text_eq(resource_text(run->want, "link_type", "symbolic"), "hard");
	int rc = look(run, view, w, e);
	if (rc == 0)
		rc = load_access(run, view, w, e);
	if (rc < 0)
		return rc;
	run->current =
	    resource_new(run->arena, run->want->type, run->want->name);
	run->current_exists = w->there;
	resource_set(run->current, "link_type",
	    value_of_symbol(run->arena, w->is_link ? "symbolic" : "hard"));
	if (w->present != NULL)
		resource_set(
		    run->current, "to", value_of_text(run->arena, w->present));
	if (w->is_link)
		access_show(run, view, run->current, &w->st);
	return 0;
}

/* --- plan --------------------------------------------------------------------
 */

static int
plan_create(struct provider_run *run, const struct view *view,
    struct plan *plan, const struct link_work *w, struct err *e)
{
	int rc = access_require(run, plan, &w->access, e);
	if (rc < 0)
		return rc;
	bool differs = !text_eq(w->present, w->to) || w->is_link == w->hard;
	if (differs && w->there) {
		struct change *c = plan_change(plan, LINK_UNLINK, NULL);
		plan_describe(plan, c, "unlink existing file at %s", w->path);
	}
	if (differs) {
		struct change *c = plan_change(plan, LINK_CREATE, NULL);
		plan_describe(plan, c, "create %s at %s to %s",
		    w->hard ? "hard link" : "symlink", w->path, w->to);
	}
	if (!w->hard)
		access_plan(run, view, plan, LINK_ACCESS, &w->access,
		    differs ? NULL : &w->st);
	return 0;
}

static int
plan_delete(struct provider_run *run, struct plan *plan,
    const struct link_work *w, struct err *e)
{
	if (!w->there)
		return 0;
	bool fits =
	    w->hard ? !w->is_link && text_eq(w->present, w->to) : w->is_link;
	const struct requirement kind = {
		.exception = "Chef::Exceptions::Link",
		.assumption = arena_printf(run->arena,
		    "Would assume the link at %s was previously created",
		    w->path),
	};
	int rc = plan_require(run, plan, fits, &kind, e,
	    "Cannot delete %s at %s! Not a %s link.", run->want->id, w->path,
	    w->hard ? "hard" : "symbolic");
	if (rc < 0)
		return rc;
	struct change *c = plan_change(plan, LINK_DELETE, NULL);
	plan_describe(plan, c, "delete link at %s", w->path);
	return 0;
}

static int
link_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	const struct link_work *w = run->state;
	return strcmp(run->action, "delete") == 0
		   ? plan_delete(run, plan, w, e)
		   : plan_create(run, view, plan, w, e);
}

/* --- apply -------------------------------------------------------------------
 */

static int
make_link(struct host *host, const struct link_work *w, const char *path,
    struct err *e)
{
	return w->hard ? host_hard_link(host, w->to, path, e)
		       : host_symlink(host, w->to, path, e);
}

static int
replace(struct provider_run *run, struct host *host, struct link_work *w,
    struct err *e)
{
	if (S_ISDIR(w->st.st_mode))
		return host_unlink(host, w->path, e); /* fails: EISDIR */
	char unique[ULID_TEXT_BYTES];
	ulid_new(unique);
	AUTO_STR char *dir = path_dirname(w->path);
	const char *staged =
	    arena_printf(run->arena, "%s/.chef-%s", dir, unique);
	int rc = make_link(host, w, staged, e);
	if (rc < 0)
		return rc;
	rc = host_rename(host, staged, w->path, e);
	w->replaced = rc == 0;
	if (rc < 0 && host_unlink(host, staged, NULL) < 0)
		return err_wrap(e, "'%s' is left behind", staged);
	return rc;
}

static void
say(struct provider_run *run, const char *what)
{
	run->services->log(run->services->arg, SERVICE_INFO,
	    arena_printf(run->arena, "%s %s", run->want->id, what));
}

static int
apply_access(struct provider_run *run, struct host *host,
    const struct link_work *w, struct err *e)
{
	const struct stat *seen = w->made ? NULL : &w->st;
	const struct access_target t = {
		.path = w->path,
		.planned = seen,
		.same_as = seen,
	};
	return access_apply(run, host, &w->access, &t, e);
}

static int
link_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	struct link_work *w = run->state;
	int rc = 0;
	switch ((enum link_change)change->kind) {
	case LINK_UNLINK:
		return replace(run, host, w, e);
	case LINK_CREATE:
		if (!w->replaced)
			rc = make_link(host, w, w->path, e);
		w->made = rc == 0;
		if (rc == 0)
			say(run, "created");
		return rc;
	case LINK_ACCESS:
		return apply_access(run, host, w, e);
	case LINK_DELETE:
		rc = host_unlink(host, w->path, e);
		if (rc == 0)
			say(run, "deleted");
		return rc;
	}
	return err_set(e, ERR_STATE, "no such change");
}

const struct provider provider_link = {
	.ruby_class = "Link",
	.type = "link",
	.load = link_load,
	.plan = link_plan,
	.apply = link_apply,
};
