/* SPDX-License-Identifier: MIT */
/* A commit's files, out of a repository into a stage. */
#pragma once

#include <git2.h>

#include "cookbooks-cache/stage.h"

/* Files, links and directories as they are in the commit (no filters, no
 * attributes); submodules become empty directories. ERR_ABSENT when an
 * object is missing, ERR_DIGEST when one is damaged, and what stage.h says. */
int git_tree_export(git_repository *repo, const git_oid *commit,
    struct stage *s, struct err *e) MUST_CHECK;
