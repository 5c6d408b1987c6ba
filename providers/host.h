/* SPDX-License-Identifier: MIT */
/*
 * The machine, writable: only apply() gets one. Everything that changes the
 * machine goes through here. Writes of file content are atomic by rename
 * unless HOST_IN_PLACE.
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/proc.h"
#include "common/str.h"
#include "providers/view.h"

struct host;

struct host *host_of_machine(void);
const struct view *host_view(const struct host *h);

#define HOST_KEEP_UID ((uid_t)-1)
#define HOST_KEEP_GID ((gid_t)-1)

struct host_file {
	const char *path; /* replaced itself if it is a link; give the real
			     path to write through links */
	struct str content;
	const char *content_path; /* or: content of this file (moved or
				     copied); content.data NULL then */
	mode_t mode;              /* exact; given before the name appears */
	uid_t uid; /* HOST_KEEP_UID: of the old file, else ours */
	gid_t gid;
	bool in_place;           /* write into the existing inode */
	bool keep_mode;          /* mode of the old file if there is one */
	const char *staging_dir; /* NULL: directory of path */
};
/* A file that is a mount of its own (containers) cannot be renamed over: it is
 * written in place, its mode and owner left for host_dress. */
int host_write(
    struct host *h, const struct host_file *f, struct err *e) MUST_CHECK;
int host_create_empty(struct host *h, const char *path, mode_t mode,
    struct err *e) MUST_CHECK; /* umask applies; existing is kept */
int host_copy(struct host *h, const char *from, const char *to, bool preserve,
    struct err *e) MUST_CHECK;
int host_mkdir(struct host *h, const char *path, bool parents,
    struct err *e) MUST_CHECK; /* 0777 & ~umask */
int host_rmdir(struct host *h, const char *path, struct err *e) MUST_CHECK;
int host_remove_tree(
    struct host *h, const char *path, struct err *e) MUST_CHECK;
int host_unlink(struct host *h, const char *path, struct err *e) MUST_CHECK;
int host_symlink(struct host *h, const char *target, const char *path,
    struct err *e) MUST_CHECK;
int host_hard_link(struct host *h, const char *target, const char *path,
    struct err *e) MUST_CHECK;
int host_rename(
    struct host *h, const char *from, const char *to, struct err *e) MUST_CHECK;
struct host_access {
	uid_t uid; /* HOST_KEEP_UID: as it is */
	gid_t gid;
	bool set_mode;
	mode_t mode;
};
/* Owner, then mode (chown takes set-uid away), of exactly one object: path is
 * opened once, a link at its end is followed only with follow. ERR_STATE when
 * that is not the inode of same_as (NULL: any). Only what differs is changed;
 * a link has no mode. */
int host_dress(struct host *h, const char *path, bool follow,
    const struct stat *same_as, const struct host_access *want,
    struct err *e) MUST_CHECK;
int host_touch(struct host *h, const char *path, struct err *e) MUST_CHECK;
/* Runs a command; as proc_run, but ERR_EXIT with the ShellCommandFailed text
 * of CORE-814 when the status is not in `returns` (NULL: 0 only; ends with
 * -1), ERR_TIMEOUT with its text when it was killed at its deadline. The
 * output is in *r in both cases. `shown` is the command as printed. */
int host_run(struct host *h, const struct proc_spec *spec, const char *shown,
    const int *returns, struct proc_result *r, struct err *e) MUST_CHECK;
/* A shell text or plain words (RES-sh-1) with env additions "K=V" on top of
 * ours plus LC_ALL=C; timeout 0: 900 s. */
int host_run_text(struct host *h, const char *command,
    const char *const *env_additions, int64_t timeout_ms, struct proc_result *r,
    struct err *e) MUST_CHECK;
