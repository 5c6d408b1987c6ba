/* SPDX-License-Identifier: MIT */
/*
 * Texts of mounted file systems and of fstab. Pure functions: where the text
 * comes from and goes to is the caller's business.
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"

/* The source of what is mounted last on mount_point, from the text of
 * /proc/self/mountinfo; NULL: nothing is mounted there. In the arena. */
const char *mountinfo_source(
    struct arena *a, struct str text, const char *mount_point);

struct fstab_entry {
	const char *device, *mount_point, *fstype, *options, *dump, *pass;
	struct str line; /* in the text, with its line feed */
};

/* The last line of a mount point, if its device is the given one (or any,
 * NULL). False when there is none. Comments are skipped. */
bool fstab_find(struct arena *a, struct str text, const char *device,
    const char *mount_point, struct fstab_entry *ret);
/* The text without the entry's line. */
void fstab_without(
    struct str text, const struct fstab_entry *entry, struct buf *out);
/* A field as fstab wants it: blanks as \040. */
const char *fstab_escape(struct arena *a, const char *field);
