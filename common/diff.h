/* SPDX-License-Identifier: MIT */
/*
 * Unified diff of two texts. The work is done by a small module on libgit2
 * that is loaded at the first call, so that a run that changes nothing does
 * not pay for it.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

/* Appends the hunks ("@@ ..." on, 3 context lines, no file headers) to out.
 * Nothing is appended for equal texts. ERR_ABSENT when the module is not
 * installed. */
int diff_unified(struct str old_text, struct str new_text, struct buf *out,
    struct err *e) MUST_CHECK;
