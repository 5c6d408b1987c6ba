/* SPDX-License-Identifier: MIT */
/*
 * Fake system tools for provider tests: shell scripts in <dir>/bin, first on
 * PATH, that log how they were called to <dir>/calls.
 */
#pragma once

#include "tests/provider/drive.h"

/* Makes the tool. The script runs after "<tool> <args>" was logged, with
 * $STATE a directory where it may keep what it knows. */
void tools_put(struct drive *d, const char *tool, const char *script);
/* The same for one that only asks: nothing is logged. */
void tools_put_quiet(struct drive *d, const char *tool, const char *script);
/* Exactly these calls since the last time, a line each. */
void tools_expect(struct drive *d, const char *calls);
