/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a ceiling given at init. Appending past the
 * ceiling sets a sticky failure that the caller checks once, at the end
 * (buf_failed); later appends are then ignored. Contents are always followed
 * by a NUL byte that is not counted, so buf_text() serves as a C string.
 */
#pragma once

#include <stdarg.h>

#include "common/base.h"

struct buf {
	char *data;  /* NUL-terminated at data[len]; may be NULL if empty */
	size_t len;  /* bytes in use */
	size_t room; /* bytes allocated */
	size_t max_bytes; /* ceiling */
	bool failed;      /* an append was refused */
};

#define BUF_INIT(max) ((struct buf){ .max_bytes = (max) })
#define AUTO_BUF __attribute__((cleanup(buf_release)))

void buf_init(struct buf *b, size_t max_bytes);
/* Frees the memory and makes b empty again with the same ceiling. */
void buf_release(struct buf *b);
/* Empties without freeing; clears the sticky failure. */
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Removes len bytes at the front. */
void buf_consume(struct buf *b, size_t len);
/* Reserves len bytes at the end; NULL (and sticky failure) past the ceiling.
 * The caller adds what it wrote with buf_commit. */
char *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);
bool buf_failed(const struct buf *b);
/* Never NULL. Valid until the next append. */
const char *buf_text(const struct buf *b);
/* Hands the NUL-terminated memory to the caller (free()) and empties b. */
char *buf_take(struct buf *b);
