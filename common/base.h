/* SPDX-License-Identifier: MIT */
/*
 * The words that every file of every room may use: compiler attributes,
 * asserts that stay in production, allocation that cannot fail, object magics.
 * This is the only umbrella header of the project.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/banned.h"

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define NEVER_RETURNS __attribute__((noreturn))
#define UNUSED __attribute__((unused))
/* For functions on a stack that is given back while they still stand on it:
 * ASan's guard zones would stay behind in the next owner's memory. */
#define NO_GUARD_ZONES __attribute__((no_sanitize_address))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/*
 * A programmer error ends the process (abort, after one line on stderr), in
 * every build. Never used for what comes from outside: that is struct err.
 * The expression has no side effects.
 */
#define ASSERT(expr)                                                           \
	do {                                                                   \
		if (__builtin_expect(!(expr), 0))                              \
			assert_fail(#expr, __FILE__, __LINE__);                \
	} while (0)

/* First statement of a public function on a long-lived struct. */
#define CHECK_OBJ(ptr, magic_value)                                            \
	ASSERT((ptr) != NULL && (ptr)->magic == (magic_value))

NEVER_RETURNS void assert_fail(const char *expr, const char *file, int line);

/*
 * Allocation that ends the process when memory is out. A size that comes from
 * outside must be checked against a limit before it gets here.
 * The caller owns the result and frees it with free().
 */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *ptr, size_t count, size_t size)
    __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t len)
    __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2)
    __attribute__((malloc, returns_nonnull));
