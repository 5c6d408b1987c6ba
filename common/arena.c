/* SPDX-License-Identifier: MIT */
/*
 * A chain of blocks, newest first; requests over a quarter of a block get a
 * block of their own behind the newest, so that its rest is not lost.
 */
#include "common/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAGIC 0x61726e61u
#define BLOCK_BYTES ((size_t)16 * 1024)

struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	unsigned magic;
	struct block *blocks;
	size_t used_bytes;
};

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));
	a->magic = ARENA_MAGIC;
	return a;
}

void
arena_free(struct arena **a)
{
	if (a == NULL || *a == NULL)
		return;
	CHECK_OBJ(*a, ARENA_MAGIC);
	struct block *next;
	for (struct block *b = (*a)->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	(*a)->magic = 0;
	free(*a);
	*a = NULL;
}

static struct block *
block_new(size_t size)
{
	ASSERT(size < SIZE_MAX - sizeof(struct block));
	struct block *b = xmalloc(sizeof(*b) + size);
	b->next = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

static struct block *
block_with_room(struct arena *a, size_t size)
{
	struct block *head = a->blocks;
	if (head != NULL && head->size - head->used >= size)
		return head;
	if (head != NULL && size > BLOCK_BYTES / 4) {
		struct block *own = block_new(size);
		own->next = head->next;
		head->next = own;
		return own;
	}
	struct block *b = block_new(size > BLOCK_BYTES ? size : BLOCK_BYTES);
	b->next = head;
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	CHECK_OBJ(a, ARENA_MAGIC);
	const size_t align = alignof(max_align_t);
	ASSERT(size <= SIZE_MAX - align);
	size = (size + align - 1) / align * align;
	if (size == 0)
		size = align;
	struct block *b = block_with_room(a, size);
	void *ptr = b->data + b->used;
	b->used += size;
	a->used_bytes += size;
	memset(ptr, 0, size);
	return ptr;
}

void *
arena_alloc_array(struct arena *a, size_t count, size_t size)
{
	size_t total;
	ASSERT(!__builtin_mul_overflow(count, size, &total));
	return arena_alloc(a, total);
}

char *
arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

char *
arena_strndup(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_alloc(a, len + 1);
	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return text;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	ASSERT(n >= 0);
	char *text = arena_alloc(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

size_t
arena_used_bytes(const struct arena *a)
{
	CHECK_OBJ(a, ARENA_MAGIC);
	return a->used_bytes;
}

void
arena_reset(struct arena *a)
{
	CHECK_OBJ(a, ARENA_MAGIC);
	a->used_bytes = 0;
	struct block *keep = a->blocks;
	if (keep == NULL)
		return;
	struct block *next;
	for (struct block *b = keep->next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	keep->next = NULL;
	keep->used = 0;
}
