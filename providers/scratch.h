/* SPDX-License-Identifier: MIT */
/*
 * A file of our own in the temporary directory, for content that is too big
 * for memory. It is no part of the machine that providers manage, so plan may
 * make one; the provider's release removes it.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"

struct scratch {
	const char *dir;  /* private directory; NULL: none */
	const char *path; /* a name in it, not taken yet */
};

int scratch_make(
    struct arena *a, struct scratch *ret, struct err *e) MUST_CHECK;
/* Removes file and directory; nothing when there is none. */
void scratch_remove(struct scratch *s);
