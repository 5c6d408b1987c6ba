/* SPDX-License-Identifier: MIT */
/* The extension for a stock ruby: require "rightlink_native". */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/ruby/native.h"

/* From lib/rightlink/runtime to the programs that ours start. */
#define TO_LIBEXEC "/../../../libexec/rightlink"

void Init_rightlink_native(void);

/* The running program is ruby: our programs are not beside it, but beside this
 * file. Who set the variable knows better. */
static void
find_libexec(void)
{
	static const char marker;
	Dl_info here;
	char path[PATH_MAX + sizeof(TO_LIBEXEC)], real[PATH_MAX];
	char *slash;

	if (getenv("RIGHTLINK_LIBEXEC") != NULL ||
	    dladdr(&marker, &here) == 0 ||
	    realpath(here.dli_fname, real) == NULL)
		return;
	slash = strrchr(real, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(path, sizeof(path), "%s%s", real, TO_LIBEXEC);
	if (realpath(path, real) != NULL)
		setenv("RIGHTLINK_LIBEXEC", real, 1);
}

void
Init_rightlink_native(void)
{
	find_libexec();
	native_init();
}
