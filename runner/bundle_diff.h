/* SPDX-License-Identifier: MIT */
/* What is another in one bundle than in the other. */
#pragma once

#include "runner/bundle.h"

/*
 * {"same": bool,
 *  "files": {"added": [path], "removed": [path], "changed": [path]},
 *  "inputs": {"added": [name], "removed": [name],
 *     "changed": [{"name", "what"}]},
 *  "lists": {"boot"|"operational"|"decommission":
 *     {"added": [..], "removed": [..], "changed": [..], "reordered": bool}}}
 * Files are compared by content, execute bit and link target; ".git" does not
 * count. Caller frees.
 */
int bundle_diff(const struct bundle *a, const struct bundle *b,
    struct jsn **ret_diff, struct err *e) MUST_CHECK;
/* The same for people: "+ path", "- path", "~ path" under headings. */
void bundle_diff_format(const struct jsn *diff, struct buf *out);
