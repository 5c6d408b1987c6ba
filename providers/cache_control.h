/* SPDX-License-Identifier: MIT */
/*
 * What is remembered about a downloaded URI (RES-remote_file-5): ETag, date
 * and checksum, in <file_cache_path>/remote_file/. These files are our own,
 * no part of the managed machine.
 */
#pragma once

#include "providers/provider.h"

struct cache_control {
	const char *path; /* of the entry; NULL: no file_cache_path */
	const char *etag, *mtime, *checksum; /* NULL: unknown */
};

/* Never an error: an entry that cannot be read counts as none. */
void cache_control_load(
    struct provider_run *run, const char *uri, struct cache_control *ret);
int cache_control_save(const struct cache_control *c, struct err *e) MUST_CHECK;
