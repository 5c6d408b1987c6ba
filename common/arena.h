/* SPDX-License-Identifier: MIT */
/*
 * Memory with the lifetime of a run or a request: allocate freely, everything
 * dies together. A function that takes a struct arena * first returns plain
 * pointers that nobody frees.
 */
#pragma once

#include <stdarg.h>

#include "common/base.h"
#include "common/str.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **a);
/* Zeroed, aligned for any type; never NULL. */
void *arena_alloc(struct arena *a, size_t size);
#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array_of(a, type, count)                                         \
	((type *)arena_alloc_array((a), (count), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Bytes handed out so far (tests, limits). */
size_t arena_used_bytes(const struct arena *a);
/* Gives everything back but keeps one block for reuse. */
void arena_reset(struct arena *a);
