/* SPDX-License-Identifier: MIT */
/*
 * How a command of a recipe becomes a process: words and environment of the
 * child, and the text of its failure. Pure functions of text.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/proc.h"

/* Does Ruby's exec hand this text to /bin/sh (RES-sh-1)? True for shell meta
 * characters and for shell words such as "exit 3". */
bool shell_needs_sh(const char *text);
/* { "/bin/sh", "-c", text } or the blank-separated words of a plain text,
 * NULL-terminated. An empty text gives the shell form. */
const char *const *shell_argv(struct arena *a, const char *text);
/* The word as it is, or in single quotes when the shell would change it. */
const char *shell_quote(struct arena *a, const char *word);
/* All words quoted where needed, joined by blanks: how an argv is shown. */
const char *shell_join(struct arena *a, const char *const *argv);
/*
 * Our environment plus LC_ALL=C plus additions "K=V"; an addition "K" (no
 * '=') removes K. "LC_ALL" in the additions keeps it from being set to C:
 * bare, it is then ours (RES-sh). additions may be NULL.
 */
const char *const *shell_env(struct arena *a, const char *const *additions);
/* Is the status among the allowed ones? returns ends with -1; NULL: only 0. */
bool shell_status_allowed(const struct proc_result *r, const int *returns);
/*
 * Sets e to what Mixlib::ShellOut says about r (CORE-814): ERR_EXIT, or
 * ERR_TIMEOUT after timeout_ms. When the output does not fit into the error,
 * its beginning is left out: the end tells why a command failed.
 */
int shell_failure(struct err *e, const char *shown, const int *returns,
    int64_t timeout_ms, const struct proc_result *r);
