/* SPDX-License-Identifier: MIT */
/* Between common/diff.c and the module diff.so, which uses nothing else of
 * ours. */
#pragma once

#include "common/str.h"

struct diff_job {
	struct str old_text, new_text;
	void (*add)(void *arg, const char *data, size_t len);
	void *arg;
};

#define DIFF_MODULE_FUNCTION "diff_module_run"
typedef int (*diff_module_fn)(struct diff_job *job);
/* 0, or a negative number of libgit2. */
int diff_module_run(struct diff_job *job);
