/* SPDX-License-Identifier: MIT */
/*
 * Owner, group and mode (RES-acl). access_load works out what is wanted;
 * access_require complains about unknown names; access_plan adds one change
 * for what differs from the stat data given; access_apply makes it.
 */
#pragma once

#include <sys/stat.h>

#include "providers/provider.h"

struct access {
	bool has_uid, has_gid, has_mode; /* managed at all */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	const struct value *owner, *group;        /* as the recipe gives them */
	const char *unknown_user, *unknown_group; /* or NULL */
};

/* Unknown names are not an error here. */
int access_load(struct provider_run *run, const struct view *view,
    struct access *ret, struct err *e) MUST_CHECK;
int access_require(struct provider_run *run, struct plan *plan,
    const struct access *a, struct err *e) MUST_CHECK;
/*
 * Adds a change of the given kind when something differs from *now (NULL: the
 * object is new, everything given is set). Returns it or NULL.
 */
struct change *access_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, int kind, const struct access *a,
    const struct stat *now);
/* What access_apply works on. */
struct access_target {
	const char *path;
	bool follow;                /* a link at the end of path */
	const struct stat *planned; /* as given to access_plan */
	const struct stat *same_as; /* it must be this inode; NULL: any */
};
/* Changes what differs from the machine's state of now. The mode of a link is
 * left alone. Logs what RES-acl-7 says for what the plan found different. */
int access_apply(struct provider_run *run, struct host *host,
    const struct access *a, const struct access_target *t,
    struct err *e) MUST_CHECK;
/* Owner, group and mode of *st into the new resource (RES-acl-10). */
void access_write_back(
    struct provider_run *run, const struct view *view, const struct stat *st);
/* The same into a resource's slots (run->current). */
void access_show(struct provider_run *run, const struct view *view,
    struct resource *r, const struct stat *st);
