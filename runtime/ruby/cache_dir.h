/* SPDX-License-Identifier: MIT */
/*
 * A directory of small trusted files, each bound to the state of a source
 * file. Trust: directory and file belong to us or to root, and nobody else
 * may write them.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/str.h"

#define CACHE_STAMP_BYTES 320

/* First line of a cache file: what it was made from. */
struct cache_stamp {
	char text[CACHE_STAMP_BYTES];
};

/* False when the source cannot be looked at. */
bool cache_stamp_of(
    const char *source, const char *ruby, struct cache_stamp *ret);
/* Descriptor of `<runtime_dir>.cache`, or of a directory of ours in
 * $XDG_CACHE_HOME, ~/.cache or /tmp; -1: none. */
int cache_dir_open(const char *runtime_dir);
/* The content, if it is there, trusted and of that stamp. */
bool cache_dir_get(
    int fd, const char *name, const struct cache_stamp *stamp, struct buf *out);
/* Best effort, atomic. */
void cache_dir_put(
    int fd, const char *name, const struct cache_stamp *stamp, struct str s);
