/* SPDX-License-Identifier: MIT */
/*
 * What shall be in a file: bytes in memory or another file. Bytes are
 * compared first; checksums are only made to describe a difference.
 */
#pragma once

#include <sys/stat.h>

#include "providers/provider.h"

struct content {
	bool managed;     /* false: the content is left alone */
	struct str bytes; /* used when path is NULL */
	const char *path; /* a file that has the content */
};

/* Is the regular file at path, of the given size, different? */
int content_differs(const struct view *view, const struct content *c,
    const char *path, off_t size, bool *ret, struct err *e) MUST_CHECK;
/*
 * Describes the change of the file `shown` (RES-file-9) with its diff
 * (RES-file-14, RES-file-15). old_path NULL: the file is new.
 */
int content_describe(struct provider_run *run, const struct view *view,
    struct plan *plan, struct change *change, const char *shown,
    const char *old_path, const struct content *c, struct err *e) MUST_CHECK;
