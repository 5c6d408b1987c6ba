/* SPDX-License-Identifier: MIT */
/* Which commit a name means, here and at the other end (RES-git-2 to -4). */
#pragma once

#include "providers/view.h"

#define GIT_SHA_LEN 40

bool git_is_sha(const char *text); /* 40 lower-case hex digits */
/* Commit that HEAD of the repository in `directory` stands on, read from its
 * files, whoever owns them; NULL when that cannot be told. In the arena. */
const char *git_head(
    const struct view *view, struct arena *a, const char *directory);
/*
 * The commit of `revision` in the output of git ls-remote: tags and branches
 * by their whole name, the commit behind an annotated tag first; HEAD is only
 * HEAD itself. NULL when there is none.
 */
const char *git_resolve(
    struct arena *a, const char *listing, const char *revision);
