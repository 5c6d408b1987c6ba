/* SPDX-License-Identifier: MIT */
/*
 * Cleanup by scope. AUTO(f) runs f(&variable) when the variable leaves its
 * scope; every destructor `void thing_free(struct thing **)` of this project
 * serves. TAKE hands the value over and disarms the cleanup:
 *
 *	AUTO(cookbook_free) struct cookbook *cb = NULL;
 *	...
 *	*ret_cb = TAKE(cb);
 *
 * Refused in files that include ruby.h: a Ruby exception jumps over the
 * cleanup (style, Ruby boundary rule).
 */
#pragma once

#ifdef RUBY_H
#	error "no AUTO where Ruby may raise"
#endif

#include "common/base.h"

#define AUTO(fn) __attribute__((cleanup(fn)))
#define TAKE(x)                                                                \
	__extension__({                                                        \
		__typeof__(x) take_value = (x);                                \
		(x) = 0;                                                       \
		take_value;                                                    \
	})
/* File descriptors: -1 means none. */
#define AUTO_FD __attribute__((cleanup(fd_close)))
#define TAKE_FD(fd)                                                            \
	__extension__({                                                        \
		int take_fd = (fd);                                            \
		(fd) = -1;                                                     \
		take_fd;                                                       \
	})
#define AUTO_STR __attribute__((cleanup(str_free)))

/* Closes *fd unless it is negative, and sets it to -1; keeps errno. */
void fd_close(int *fd);
/* Frees *text and sets it to NULL. */
void str_free(char **text);
