/* SPDX-License-Identifier: MIT */
/*
 * Writing a tar archive (POSIX ustar): regular files and directories, names of
 * at most 100 bytes, sizes beyond 8 GiB in GNU's form.
 *
 *	1. tar_begin on a descriptor
 *	2. tar_add_dir, tar_add_file; tar_add_tree for all below a directory
 *	3. tar_end
 */
#pragma once

#include <sys/types.h>

#include "common/err.h"

struct tar {
	int fd;
	int64_t files;
};

void tar_begin(struct tar *t, int fd);
int tar_add_dir(
    struct tar *t, const char *name, mode_t mode, struct err *e) MUST_CHECK;
/* The file `from` of dirfd under another name; exactly as long as it is when
 * it is opened. ERR_INVALID: no regular file. */
int tar_add_file(struct tar *t, const char *name, int dirfd, const char *from,
    struct err *e) MUST_CHECK;
/* The directory `name` of dirfd with what lies in it. Absent: nothing. */
int tar_add_tree(
    struct tar *t, int dirfd, const char *name, struct err *e) MUST_CHECK;
int tar_end(struct tar *t, struct err *e) MUST_CHECK;
