/* SPDX-License-Identifier: MIT */
/*
 * Writing a tar archive compressed with zstd that depends on nothing but names,
 * contents, links and execute bits of what goes in: names in bytewise order,
 * no times, no owners, modes as stage.h makes them. What stage.h would refuse
 * when it is unpacked is refused here.
 */
#pragma once

#include "common/digest.h"
#include "common/err.h"
#include "cookbooks-cache/limits.h"

struct pack;

struct pack_limits {
	struct fetch_limits tree;
	int64_t archive_bytes;
};

/* Writes to fd (borrowed) from its beginning on. */
int pack_begin(int fd, const struct pack_limits *limits, struct pack **ret_pack,
    struct err *e) MUST_CHECK;
/* The contents of a directory below prefix (relative, "": at the top); ".git"
 * is left out, and the entry `skip` of this directory (or NULL). ERR_INVALID
 * and ERR_LIMIT name the entry. */
int pack_tree(struct pack *p, int dirfd, const char *prefix, const char *skip,
    struct err *e) MUST_CHECK;
int pack_text(struct pack *p, const char *path, struct str text,
    struct err *e) MUST_CHECK;

struct pack_total {
	struct digest_text sha256;
	int64_t bytes, entries;
};
/* The end of the archive; nothing is synced. */
int pack_end(
    struct pack *p, struct pack_total *ret_total, struct err *e) MUST_CHECK;
void pack_free(struct pack **p);
