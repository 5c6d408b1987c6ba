/* SPDX-License-Identifier: MIT */
/*
 * The view of one run: a directory of links into the store, so that one
 * cookbook path serves however the cookbooks came. Made beside its place and
 * renamed into it; a view that is there already is replaced.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

struct view;

/* path: absolute; its parent exists. */
int view_begin(
    const char *path, struct view **ret_view, struct err *e) MUST_CHECK;
/*
 * Adds links to the directory `tree` (absolute). what: "tree": one link
 * called name; "cookbook": one link with the name that metadata.json or
 * metadata.rb states, else name; a lone directory in the way (archives have
 * one) is stepped into; "cookbooks": a link for each directory in it that
 * looks like a cookbook. A later link replaces an earlier one. ERR_INVALID
 * when no cookbook is there.
 */
int view_add(struct view *v, const char *tree, const char *name,
    const char *what, struct err *e) MUST_CHECK;
int view_commit(struct view *v, struct err *e) MUST_CHECK;
/* Without a commit: removes what was made. */
void view_free(struct view **v);
