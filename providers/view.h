/* SPDX-License-Identifier: MIT */
/*
 * The machine, read only: the one seam through which load and plan look at
 * it. Paths are absolute or relative to the process.
 */
#pragma once

#include <sys/stat.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/proc.h"

struct view;

/* The machine we run on. Never freed. */
const struct view *view_of_machine(void);

/* ERR_ABSENT: nothing there (also a dangling link when follow). */
int view_stat(const struct view *v, const char *path, bool follow,
    struct stat *ret, struct err *e) MUST_CHECK;
/* Something there (following links)? */
bool view_exists(const struct view *v, const char *path);
bool view_is_directory(const struct view *v, const char *path);
bool view_is_writable(const struct view *v, const char *path);
bool view_is_executable(const struct view *v, const char *path);
int view_read(const struct view *v, const char *path, size_t max_bytes,
    struct buf *out, struct err *e) MUST_CHECK;
/* Does the regular file have exactly this content? Read only when the size
 * (as found by view_stat) agrees. */
int view_same_bytes(const struct view *v, const char *path, off_t size,
    struct str content, bool *ret_same, struct err *e) MUST_CHECK;
/* Do two regular files have the same content? */
int view_same_file(const struct view *v, const char *a, const char *b,
    bool *ret_same, struct err *e) MUST_CHECK;
/* SHA-256 of a regular file. */
int view_digest(const struct view *v, const char *path, struct digest_text *ret,
    struct err *e) MUST_CHECK;
mode_t view_umask(const struct view *v);
/* In the arena. */
int view_readlink(const struct view *v, struct arena *a, const char *path,
    const char **ret_target, struct err *e) MUST_CHECK;
int view_realpath(const struct view *v, struct arena *a, const char *path,
    const char **ret_path, struct err *e) MUST_CHECK;
/* Where the links at the end of a path lead, dangling or not; the path itself
 * when there is no link. ERR_LIMIT in a loop. In the arena. */
int view_follow(const struct view *v, struct arena *a, const char *path,
    const char **ret_path, struct err *e) MUST_CHECK;
/* Names in a directory, sorted; in the arena. */
int view_list(const struct view *v, struct arena *a, const char *path,
    const char ***ret_names, size_t *ret_count, struct err *e) MUST_CHECK;
/* uid or gid of a name (or decimal text); ERR_ABSENT. */
int view_uid(const struct view *v, const char *name, uid_t *ret,
    struct err *e) MUST_CHECK;
int view_gid(const struct view *v, const char *name, gid_t *ret,
    struct err *e) MUST_CHECK;
/* Name of an id, or its decimal text; in the arena. */
const char *view_user_name(const struct view *v, struct arena *a, uid_t uid);
const char *view_group_name(const struct view *v, struct arena *a, gid_t gid);
/* Absolute path of a program on PATH, or NULL; in the arena. */
const char *view_which(
    const struct view *v, struct arena *a, const char *program);
/*
 * Runs a command that only asks (apt-cache policy, dpkg-query, systemctl
 * is-active ...). The caller answers for its harmlessness. Environment: ours
 * plus LC_ALL=C, 600 s limit (RES-sh). Failure to start is an error; its exit
 * status is in *r (release with proc_result_release).
 */
int view_query(const struct view *v, const char *const *argv,
    struct proc_result *r, struct err *e) MUST_CHECK;
/* The same through /bin/sh -c when the text needs a shell (RES-sh-1). */
int view_query_text(const struct view *v, const char *command,
    struct proc_result *r, struct err *e) MUST_CHECK;
/* A query as another user, elsewhere, with its own environment or limit. */
int view_query_spec(const struct view *v, const struct proc_spec *spec,
    struct proc_result *r, struct err *e) MUST_CHECK;
