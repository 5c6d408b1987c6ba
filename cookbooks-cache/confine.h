/* SPDX-License-Identifier: MIT */
/* What a fetch gives up before it parses bytes from outside. */
#pragma once

#include "common/base.h"
#include "common/err.h"

/* No privilege can be gained any more, no program started, no other process
 * looked into, nothing mounted (seccomp, where the kernel has it); of root's
 * capabilities those are kept that read and write files. */
int confine_privileges(struct err *e) MUST_CHECK;
/*
 * From here on this process may write only below these directories (absolute
 * paths, NULL-terminated; they must exist) where the kernel has Landlock
 * (ABI 2 or newer). After confine_privileges.
 */
int confine_writes(const char *const *dirs, struct err *e) MUST_CHECK;
