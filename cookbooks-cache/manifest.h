/* SPDX-License-Identifier: MIT */
/*
 * The manifest of a tree: one line for each directory, file and link, in
 * bytewise order of names, with type, mode, size and SHA-256. The SHA-256 of
 * the manifest is the tree's id, so two equal trees have one id wherever they
 * come from.
 *
 *	rightlink-tree 1
 *	d 0755 recipes
 *	f 0644 118 1f3c...9a recipes/default.rb
 *	l default.rb recipes/main.rb
 *
 * Blanks, control bytes and % in names are written %XX.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "cookbooks-cache/limits.h"

enum manifest_flags {
	/* Modes as stage.h would make them, ".git" left out: for a directory
	 * that is not ours. */
	MANIFEST_FOREIGN = 1 << 0,
};

#define MANIFEST_MAX_BYTES ((size_t)64 << 20)

/* Reads the whole tree. ERR_INVALID names an entry that is neither file,
 * directory nor safe link; ERR_LIMIT. */
int manifest_make(int dirfd, const struct fetch_limits *limits, unsigned flags,
    struct buf *out, struct err *e) MUST_CHECK;
struct digest_text manifest_id(const struct buf *manifest);
/* The path in the first line that differs; caller frees. NULL: no line. */
char *manifest_first_difference(const char *want, const char *have);
