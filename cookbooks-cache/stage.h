/* SPDX-License-Identifier: MIT */
/*
 * A tree that is being made below a directory of our own, from parts that
 * come from outside. Every name is checked (safepath.h) and every directory
 * on the way is opened without following links, so that nothing is ever
 * written outside. Modes are made equal: directories 0755, files 0644 or
 * 0755. Errors name the entry: ERR_INVALID, ERR_LIMIT, ERR_SYS.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"
#include "common/str.h"
#include "cookbooks-cache/limits.h"

struct stage {
	int root; /* directory, borrowed */
	struct fetch_limits limits;
	int64_t entries, bytes; /* so far */
};

int stage_dir(struct stage *s, const char *path, struct err *e) MUST_CHECK;
int stage_link(struct stage *s, const char *path, const char *target,
    struct err *e) MUST_CHECK;

/* One file: open, write any number of times, close. */
struct stage_file {
	int fd;
	int64_t bytes;
	char *shown; /* its path for messages */
};
int stage_file_open(struct stage *s, const char *path, bool is_executable,
    struct stage_file *ret_file, struct err *e) MUST_CHECK;
int stage_file_write(struct stage *s, struct stage_file *f, struct str data,
    struct err *e) MUST_CHECK;
void stage_file_close(struct stage_file *f);
/* A second name of a file made before (a hard link of an archive); the
 * content is copied. */
int stage_copy(struct stage *s, const char *path, const char *made_before,
    struct err *e) MUST_CHECK;
