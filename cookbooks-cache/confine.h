/* SPDX-License-Identifier: MIT */
/* What a fetch gives up before it parses bytes from outside. */
#pragma once

#include "common/base.h"
#include "common/err.h"

/*
 * From here on this process may write only below these directories (absolute
 * paths, NULL-terminated) where the kernel has Landlock (ABI 2 or newer); it
 * gains no privilege by an exec; of root's capabilities it keeps those that
 * read and write files. Directories must exist.
 */
int confine_writes(const char *const *dirs, struct err *e) MUST_CHECK;
