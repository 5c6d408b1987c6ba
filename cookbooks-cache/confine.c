/* SPDX-License-Identifier: MIT */
/*
 * Landlock by raw system calls. Reading stays free: certificates, resolver
 * files and directory sources may be anywhere.
 */
#include "cookbooks-cache/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"
#include "cookbooks-cache/confine_priv.h"

#define ABI_WITH_REFER 2
#define ABI_WITH_TRUNCATE 3
/* Newer than the headers of the oldest system that we build on. */
#define ACCESS_FS_TRUNCATE (1ULL << 14)

static uint64_t
write_rights(long abi)
{
	uint64_t rights =
	    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM |
	    LANDLOCK_ACCESS_FS_REFER;
	return abi >= ABI_WITH_TRUNCATE ? rights | ACCESS_FS_TRUNCATE : rights;
}

static int
allow(int ruleset, const char *dir, uint64_t rights, struct err *e)
{
	AUTO_FD int fd = open(dir, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "confine: open '%s'", dir);
	struct landlock_path_beneath_attr rule = { .allowed_access = rights,
		.parent_fd = fd };
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0) < 0)
		return err_sys(e, "confine: allow '%s'", dir);
	return 0;
}

static int
keep_file_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { 0 };
	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "confine: capget");
	uint32_t keep = (1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH) |
			(1u << CAP_FOWNER);
	data[0].effective &= keep;
	data[0].permitted &= keep;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	if (syscall(SYS_capset, &head, data) < 0)
		return err_sys(e, "confine: capset");
	return 0;
}

int
confine_privileges(struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "confine: no new privileges");
	int rc = keep_file_capabilities(e);
	return rc < 0 ? rc : confine_calls(e);
}

int
confine_writes(const char *const *dirs, struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	/* Before ABI 2 no rename between directories is possible at all. */
	if (abi < ABI_WITH_REFER)
		return 0;
	struct landlock_ruleset_attr attr = { .handled_access_fs =
						  write_rights(abi) };
	AUTO_FD int ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return err_sys(e, "confine: make a ruleset");
	for (; *dirs != NULL; dirs++) {
		int rc = allow(ruleset, *dirs, write_rights(abi), e);
		if (rc < 0)
			return rc;
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_sys(e, "confine: restrict");
	return 0;
}
