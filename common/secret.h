/* SPDX-License-Identifier: MIT */
/*
 * A value that must not be printed. No format function takes it; the only
 * ways out are secret_reveal (for handing it to a child or a peer) and
 * masks built from it. Memory is wiped on release.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/str.h"

struct secret;

struct secret *secret_new(struct str value);
void secret_free(struct secret **s);
/* The plain value; valid as long as s. Never log it. */
struct str secret_reveal(const struct secret *s);

/*
 * A mask replaces each occurrence of its values in a stream of output by
 * "<hidden input NAME>", also when a value is cut by a chunk border: up to
 * the longest value minus one byte is held back until more comes or the
 * stream is flushed. Values shorter than 3 bytes are not masked.
 */
struct mask;

struct mask *mask_new(void);
void mask_free(struct mask **m);
void mask_add(struct mask *m, const char *name, const struct secret *s);
bool mask_is_empty(const struct mask *m);

/* One stream's state; several streams share one mask. */
struct mask_stream {
	const struct mask *mask; /* may be NULL: everything passes */
	struct buf held;
};
void mask_stream_init(struct mask_stream *ms, const struct mask *m);
void mask_stream_release(struct mask_stream *ms);
/* Appends what may be shown of `in` to out. */
void mask_stream_feed(struct mask_stream *ms, struct str in, struct buf *out);
/* Appends what was held back. */
void mask_stream_flush(struct mask_stream *ms, struct buf *out);
/* One whole text at once. */
void mask_text(const struct mask *m, struct str in, struct buf *out);
