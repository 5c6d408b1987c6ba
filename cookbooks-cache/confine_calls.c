/* SPDX-License-Identifier: MIT */
/*
 * A system call filter: what a program that only reads, writes and talks to
 * servers never needs is answered with EPERM. A list of what is refused, not
 * of what is allowed: the libraries below us may use any ordinary call.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/arch.h"
#include "cookbooks-cache/confine_priv.h"

/* x32 calls have this bit; none of them is ours. */
#define X32_BIT 0x40000000u

static const unsigned refused[] = {
	SYS_execve,
	SYS_execveat,
	/* The leak check of a sanitized build traces its own process. */
	ARCH_SANITIZED ? SYS_process_vm_readv : SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_swapon,
	SYS_swapoff,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_sethostname,
};

#define HEAD_LEN 6
#define FILTER_LEN (HEAD_LEN + 2 * ARRAY_LEN(refused) + 1)

static struct sock_filter
statement(unsigned code, unsigned value)
{
	return (struct sock_filter){ .code = (unsigned short)code, .k = value };
}

static struct sock_filter
jump(unsigned code, unsigned value, unsigned char yes, unsigned char no)
{
	return (struct sock_filter){
		.code = (unsigned short)code, .jt = yes, .jf = no, .k = value
	};
}

int
confine_calls(struct err *e)
{
	const unsigned arch = arch_audit();
	if (arch == 0)
		return 0;
	const unsigned load = BPF_LD | BPF_W | BPF_ABS;
	const unsigned equal = BPF_JMP | BPF_JEQ | BPF_K;
	const unsigned at_least = BPF_JMP | BPF_JGE | BPF_K;
	const unsigned end = BPF_RET | BPF_K;
	const unsigned refuse = SECCOMP_RET_ERRNO | EPERM;
	struct sock_filter filter[FILTER_LEN] = {
		statement(load, offsetof(struct seccomp_data, arch)),
		/* Another architecture's numbers: refuse all. */
		jump(equal, arch, 1, 0),
		statement(end, refuse),
		statement(load, offsetof(struct seccomp_data, nr)),
		jump(at_least, X32_BIT, 0, 1),
		statement(end, refuse),
	};
	size_t len = HEAD_LEN;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		filter[len++] = jump(equal, refused[i], 0, 1);
		filter[len++] = statement(end, refuse);
	}
	filter[len++] = statement(end, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = (unsigned short)len,
		.filter = filter };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 &&
	    errno != EINVAL && errno != ENOSYS)
		return err_sys(e, "confine: filter system calls");
	return 0;
}
