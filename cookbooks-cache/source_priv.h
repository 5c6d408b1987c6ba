/* SPDX-License-Identifier: MIT */
/* The kinds of source, inside the room. */
#pragma once

#include "cookbooks-cache/source.h"
#include "cookbooks-cache/stage.h"

int source_fetch_directory(const struct source_context *c,
    const struct source *s, struct fetched *ret, struct err *e) MUST_CHECK;
int source_fetch_tarball(const struct source_context *c, const struct source *s,
    struct fetched *ret, struct err *e) MUST_CHECK;
int source_fetch_git(const struct source_context *c, const struct source *s,
    struct fetched *ret, struct err *e) MUST_CHECK;

/* A tree recorded under key that is there and whole: 0 and ret->id set.
 * ERR_ABSENT otherwise; a changed tree counts as absent, it is made anew. */
int source_find(const struct source_context *c, const char *key,
    struct fetched *ret, struct err *e) MUST_CHECK;
int source_record(const struct source_context *c, const char *key,
    const struct fetched *f, struct err *e) MUST_CHECK;

/* Fills a new stage by `fill`, adds it as a tree, sets ret->id. */
typedef int (*source_fill_fn)(struct stage *s, void *arg, struct err *e);
int source_make_tree(const struct source_context *c, source_fill_fn fill,
    void *arg, struct fetched *ret, struct err *e) MUST_CHECK;
