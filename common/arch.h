/* SPDX-License-Identifier: MIT */
/* The number that the kernel's audit and seccomp use for our architecture. */
#pragma once

#include <linux/audit.h>

/* 0: not known here. */
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
