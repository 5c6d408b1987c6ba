/* SPDX-License-Identifier: MIT */
/* What one tree from outside may be at most. */
#pragma once

#include "common/base.h"

struct fetch_limits {
	int64_t entries;    /* files, directories and links */
	int64_t tree_bytes; /* all files together */
	int64_t file_bytes; /* one file */
};

#define FETCH_LIMITS_USUAL                                                     \
	((struct fetch_limits){ .entries = 100000,                             \
	    .tree_bytes = (int64_t)2 << 30,                                    \
	    .file_bytes = (int64_t)512 << 20 })
