/* SPDX-License-Identifier: MIT */
/*
 * The signed description of a bundle archive (shape `manifest` of
 * wire/tbl/command.h): a tar archive compressed with zstd whose top level is
 * the bundle directory's contents.
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/jsn.h"

struct manifest {
	const char *name, *version; /* version may be NULL */
	const char *sha256;
	int64_t serial, bytes, files, issued_at;
};

/* Texts live in `a`. ERR_PROTOCOL, ERR_SYNTAX, ERR_INVALID. */
int manifest_parse(struct arena *a, struct str payload,
    struct manifest *ret_manifest, struct err *e) MUST_CHECK;
void manifest_format(const struct manifest *m, struct buf *out);
