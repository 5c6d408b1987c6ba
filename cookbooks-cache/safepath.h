/* SPDX-License-Identifier: MIT */
/*
 * Which names from outside may become names on our disk. Pure text: nothing
 * here looks at the file system (that no component is a link when a file is
 * made is the work of stage.h).
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

#define SAFEPATH_MAX_BYTES 4000
#define SAFEPATH_MAX_DEPTH 64

/*
 * Cleans the path of an archive entry: "./a//b/" becomes "a/b", "./" becomes
 * "". ERR_INVALID for an absolute path or one with "..", ERR_LIMIT for one
 * that is too long or too deep. Caller frees *ret_clean.
 */
int safepath_entry(
    const char *path, char **ret_clean, struct err *e) MUST_CHECK;
/*
 * May the entry (a clean path) be a symbolic link to target? Only to places
 * inside the tree: relative, with ".." in front alone and no more often than
 * the entry has parents. ("a/../b" could leave the tree when "a" is a link.)
 * ERR_INVALID, ERR_LIMIT.
 */
int safepath_link(
    const char *entry, const char *target, struct err *e) MUST_CHECK;
/* The path for a message: control bytes as \xNN, cut at 200 bytes. Caller
 * frees. */
char *safepath_shown(const char *path);
