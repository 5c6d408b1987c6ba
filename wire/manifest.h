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

#define MANIFEST_TEXT_MAX_BYTES ((size_t)16 << 10)
#define MANIFEST_NAME_MAX_BYTES 64
#define MANIFEST_VERSION_MAX_BYTES 128

struct manifest {
	const char *name, *version; /* version may be NULL */
	const char *sha256;
	int64_t serial, bytes, files, issued_at;
};

/* Letters, digits, - _ . (not first: - .), and not "self", which is a path of
 * the API. */
bool manifest_name_is_valid(const char *name);
/* Texts live in `a`. ERR_PROTOCOL, ERR_SYNTAX, ERR_INVALID. */
int manifest_parse(struct arena *a, struct str payload,
    struct manifest *ret_manifest, struct err *e) MUST_CHECK;
void manifest_format(const struct manifest *m, struct buf *out);
