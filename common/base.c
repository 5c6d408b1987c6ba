/* SPDX-License-Identifier: MIT */
/* Asserts and allocation that cannot fail. */
#include "common/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}

static void *
alive(void *ptr, size_t size)
{
	if (ptr == NULL) {
		fprintf(stderr, "out of memory (%zu bytes)\n", size);
		abort();
	}
	return ptr;
}

void *
xmalloc(size_t size)
{
	return alive(malloc(size > 0 ? size : 1), size);
}

void *
xcalloc(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return alive(calloc(count, size), count);
}

void *
xreallocarray(void *ptr, size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return alive(reallocarray(ptr, count, size), count);
}

char *
xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *
xstrndup(const char *text, size_t len)
{
	len = strnlen(text, len);
	char *copy = xmalloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *
xasprintf(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	int len = vasprintf(&text, fmt, ap);
	va_end(ap);
	return alive(len < 0 ? NULL : text, 0);
}
