/* SPDX-License-Identifier: MIT */
/* The directory STATE/agent/bundles: which bundle counts, which was before,
 * what is litter. See runner/bundle_remote.h. */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "runner/places.h"
#include "wire/manifest.h"

struct shelf {
	char *path; /* absolute */
	int dir;
	struct jsn *record; /* current.json */
};

/* Makes the directory, reads the record, removes litter. A record that cannot
 * be read, or whose bundle is gone, counts as none. */
int shelf_open(
    const struct places *p, struct shelf *ret_shelf, struct err *e) MUST_CHECK;
void shelf_release(struct shelf *s);

struct shelf_bundle {
	const char *dir; /* name below the shelf; NULL: there is none */
	const char *name, *sha256;
	int64_t serial;
};
struct shelf_bundle shelf_current(const struct shelf *s);
/* The highest serial that was taken under this name, or 0. */
int64_t shelf_newest(const struct shelf *s, const char *name);
/* The directory that holds this archive unpacked, or NULL. */
const char *shelf_find(const struct shelf *s, const char *sha256);

/* A new empty directory ".unpack-..."; caller frees the name. */
int shelf_begin(struct shelf *s, char **ret_name, struct err *e) MUST_CHECK;
/* Gives an unpacked directory its name; caller frees *ret_dir. */
int shelf_keep(struct shelf *s, const char *unpacked, const struct manifest *m,
    char **ret_dir, struct err *e) MUST_CHECK;
/* The bundle in `dir` counts from now on, durably. Then what is neither it nor
 * the one before is removed. */
int shelf_switch(struct shelf *s, const char *dir, const struct manifest *m,
    struct err *e) MUST_CHECK;
/* Removes archives on their way but `sha256` (or NULL). */
void shelf_drop_parts(struct shelf *s, const char *sha256);
