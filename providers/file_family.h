/* SPDX-License-Identifier: MIT */
/*
 * The common way of file, cookbook_file, template and remote_file (RES-file):
 * they differ only in where the content comes from.
 *
 * The content is produced in plan, before anything is touched (RES-file-6),
 * and a new file appears with its content, owner and mode at once
 * (RES-file-13); what is printed stays step by step.
 */
#pragma once

#include "providers/access.h"
#include "providers/content.h"
#include "providers/provider.h"

/* What is at a path itself. */
enum path_kind {
	PATH_ABSENT,
	PATH_REGULAR,
	PATH_SYMLINK,
	PATH_OTHER,
};

struct file_work {
	const char *path;      /* as the recipe gives it */
	const char *real_path; /* links at its end followed */
	enum path_kind kind;
	bool there;      /* something at real_path */
	bool loop;       /* a loop of links */
	struct stat st;  /* of real_path, when there */
	struct stat own; /* of the path itself, when it is not absent */
	struct access access;
	struct content content;
	bool fresh;   /* a new file is made */
	bool wrote;   /* there is a new inode */
	bool done;    /* the new file is complete */
	bool ran;     /* the create steps are part of the action */
	bool changed; /* apply has been called */
};

/* Fills in the content; leaves ret->managed false to leave the file's alone.
 * Only called when the content matters. */
typedef int (*content_fn)(struct provider_run *run, const struct view *view,
    struct plan *plan, struct content *ret, struct err *e);

/* run->state may already be a struct that begins with a zeroed file_work. */
int file_family_load(struct provider_run *run, const struct view *view,
    struct err *e) MUST_CHECK;
int file_family_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, content_fn produce, struct err *e) MUST_CHECK;
int file_family_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e) MUST_CHECK;
int file_family_finish(struct provider_run *run, const struct view *view,
    struct err *e) MUST_CHECK;

/* Requirements (RES-file-2 to 5); in file_require.c. */
int file_require_create(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e) MUST_CHECK;
int file_require_plain(
    struct provider_run *run, struct plan *plan, struct err *e) MUST_CHECK;
int file_require_deletable(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e) MUST_CHECK;
/* "directory", "pipe" ... as in Chef's messages. */
const char *file_kind_text(mode_t mode);
