/* SPDX-License-Identifier: MIT */
/*
 * What the leak check of a sanitized cook forgives: the interpreter keeps its
 * memory until the process ends. Built in, since a run's environment is its
 * own.
 */
#include "common/arch.h"

#if ARCH_SANITIZED
const char *__lsan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}

const char *
__lsan_default_suppressions(void)
{
	return "leak:libruby-3.1.so\n";
}
#else
typedef int cook_is_not_sanitized;
#endif
