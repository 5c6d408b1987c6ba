/* SPDX-License-Identifier: MIT */
/*
 * The content-addressed store. Layout below its directory (mode 0700):
 *
 *	lock		held by the one process that works in it
 *	trees/ID	verified trees, read-only by convention
 *	trees/ID.manifest
 *	blobs/SHA256	archives as they were downloaded
 *	git/KEY.git	bare repositories, one a URL
 *	refs/KEY.json	what was resolved: source to tree, branch to commit
 *	tmp/		work in progress; emptied when the store is opened
 *
 * Promise: what stands under its final name is whole. Everything is made in
 * tmp/, synced, then renamed; a crash at any point leaves at most litter in
 * tmp/. A tree is checked against its manifest each time it is handed out.
 */
#pragma once

#include "common/base.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/jsn.h"
#include "cookbooks-cache/limits.h"

struct store;

/* Makes the store if need be, takes its lock (waits at most wait_ms, then
 * ERR_TIMEOUT) and empties tmp/. */
int store_open(const char *path, int64_t wait_ms, struct store **ret_store,
    struct err *e) MUST_CHECK;
void store_close(struct store **s);
int store_dir(const struct store *s);          /* borrowed descriptor */
const char *store_path(const struct store *s); /* absolute */

/* 0: there and whole. ERR_ABSENT: not there. ERR_DIGEST: changed since it
 * was made; the text names the first entry that differs. */
int store_tree_check(struct store *s, const char *id,
    const struct fetch_limits *limits, struct err *e) MUST_CHECK;
/* Absolute path of a tree; caller frees. */
char *store_tree_path(const struct store *s, const char *id);

/* A new directory "tmp/..." (caller frees the name, closes the result). */
int store_stage(struct store *s, char **ret_name, struct err *e) MUST_CHECK;
/* Makes the staged directory a tree; a changed tree of the same id is
 * replaced. */
int store_tree_add(struct store *s, const char *stage_name,
    const struct fetch_limits *limits, struct digest_text *ret_id,
    struct err *e) MUST_CHECK;

/* 0 when blobs/SHA256 is there and its content has that digest; a changed
 * one is removed. ERR_ABSENT. */
int store_blob_check(
    struct store *s, const char *sha256, struct err *e) MUST_CHECK;
/* A new file in tmp/ for writing (caller closes and frees). */
int store_blob_begin(
    struct store *s, char **ret_name, struct err *e) MUST_CHECK;
/* Syncs fd and moves tmp/NAME to blobs/SHA256. */
int store_blob_commit(struct store *s, const char *name, int fd,
    const char *sha256, struct err *e) MUST_CHECK;
int store_blob_open(
    struct store *s, const char *sha256, struct err *e) MUST_CHECK;

/* What was recorded under a key (any text). ERR_ABSENT; a damaged record
 * counts as absent. Caller frees. */
int store_ref_load(struct store *s, const char *key, struct jsn **ret_record,
    struct err *e) MUST_CHECK;
/* Keeps ownership with the caller. */
int store_ref_save(struct store *s, const char *key, struct jsn *record,
    struct err *e) MUST_CHECK;
