/* SPDX-License-Identifier: MIT */
/*
 * Work on files by directory descriptor and name, so that no path component
 * changes under our feet. fsat_replace promises: after it returns 0 the new
 * content is durable (file and directory fsynced unless FSAT_NO_SYNC); after
 * a failure or a crash the old content is whole. Every descriptor is
 * O_CLOEXEC. dirfd may be AT_FDCWD.
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

enum fsat_flags {
	FSAT_NO_SYNC = 1 << 0, /* crash safety is not wanted, only atomicity */
	FSAT_EXCL = 1 << 1,    /* fail with ERR_EXISTS when the name is taken */
};

/* Reads a whole regular file; ERR_ABSENT, ERR_LIMIT (over max_bytes). */
int fsat_read(int dirfd, const char *name, size_t max_bytes, struct buf *out,
    struct err *e) MUST_CHECK;
/* Writes a temporary file in the same directory, then renames. mode is exact
 * (no umask). ERR_EXISTS only with FSAT_EXCL. */
int fsat_replace(int dirfd, const char *name, struct str content, mode_t mode,
    unsigned flags, struct err *e) MUST_CHECK;
/* mkdir -p below dirfd; existing directories are kept. */
int fsat_mkdir_all(
    int dirfd, const char *path, mode_t mode, struct err *e) MUST_CHECK;
/* rm -rf without following symlinks; absent is success. */
int fsat_remove_tree(int dirfd, const char *name, struct err *e) MUST_CHECK;
/* Opens a directory; ERR_ABSENT. Caller closes the result. */
int fsat_open_dir(int dirfd, const char *path, struct err *e) MUST_CHECK;
/* Calls each(name, arg) for every entry but . and .., names sorted bytewise.
 * A negative result of each stops and is returned. */
typedef int (*fsat_entry_fn)(const char *name, void *arg, struct err *e);
int fsat_each(
    int dirfd, fsat_entry_fn each, void *arg, struct err *e) MUST_CHECK;
/* Writes all, over short writes and EINTR. */
int fd_write_all(
    int fd, const void *data, size_t len, struct err *e) MUST_CHECK;
/* Reads until end of file. ERR_LIMIT over max_bytes. */
int fd_read_all(
    int fd, size_t max_bytes, struct buf *out, struct err *e) MUST_CHECK;
/* The directory part and the last part of a path, in caller memory:
 * "/a/b" -> "/a", "b"; "b" -> ".", "b". */
char *path_dirname(const char *path); /* caller frees */
const char *path_basename(const char *path);
/* "a" + "b" -> "a/b" (caller frees); an absolute b wins. */
char *path_join(const char *a, const char *b);
