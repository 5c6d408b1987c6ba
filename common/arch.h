/* SPDX-License-Identifier: MIT */
/* What the build is for: the architecture, and whether it is instrumented. */
#pragma once

#include <linux/audit.h>

/* 1 in a build with AddressSanitizer (gcc says it, clang answers). */
#if defined(__SANITIZE_ADDRESS__)
#	define ARCH_SANITIZED 1
#elif defined(__has_feature)
#	if __has_feature(address_sanitizer)
#		define ARCH_SANITIZED 1
#	endif
#endif
#ifndef ARCH_SANITIZED
#	define ARCH_SANITIZED 0
#endif

/* The number that the kernel's audit and seccomp use for our architecture;
 * 0: not known here. */
static inline unsigned
arch_audit(void)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
	return AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
	return AUDIT_ARCH_RISCV64;
#elif defined(__s390x__)
	return AUDIT_ARCH_S390X;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return AUDIT_ARCH_PPC64LE;
#else
	return 0;
#endif
}
