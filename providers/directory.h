/* SPDX-License-Identifier: MIT */
/* What directory and remote_directory share (RES-directory). */
#pragma once

#include "providers/access.h"
#include "providers/provider.h"

struct directory_work {
	const char *path;
	bool there;     /* something at the path, links followed */
	struct stat st; /* of it */
	struct access access;
	bool recursive;
	bool ran; /* the action is create */
};

/* Kinds of change from DIRECTORY_OWN_KINDS on belong to the caller. */
#define DIRECTORY_OWN_KINDS 16

/* run->state may already be a struct that begins with a zeroed
 * directory_work. */
int directory_load(struct provider_run *run, const struct view *view,
    struct err *e) MUST_CHECK;
int directory_plan_create(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e) MUST_CHECK;
int directory_plan_delete(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e) MUST_CHECK;
int directory_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e) MUST_CHECK;
int directory_finish(struct provider_run *run, const struct view *view,
    struct err *e) MUST_CHECK;
