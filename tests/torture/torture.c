/* SPDX-License-Identifier: MIT */
/*
 * Loaded into a program under test (LD_PRELOAD): counts the calls that make
 * something durable or visible (fsync, fdatasync, renameat and their kin) and
 * ends the process with SIGKILL at the one that TORTURE_AT names: an even
 * number 2n before the n-th call, 2n+1 after it. With TORTURE_COUNT each call
 * appends one byte to that file.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*sync_fn)(int fd);
typedef int (*rename_fn)(const char *from, const char *to);
typedef int (*renameat_fn)(
    int fromdir, const char *from, int todir, const char *to);

static atomic_long calls;

static void
count(void)
{
	const char *file = getenv("TORTURE_COUNT");
	if (file == NULL)
		return;
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, ".", 1) == 1)
		close(fd);
}

static void
die_if(long at)
{
	const char *wanted = getenv("TORTURE_AT");
	if (wanted != NULL && strtol(wanted, NULL, 10) == at)
		kill(getpid(), SIGKILL);
}

static long
before(void)
{
	long n = atomic_fetch_add(&calls, 1);
	count();
	die_if(2 * n);
	return n;
}

int fsync(int fd);
int
fsync(int fd)
{
	sync_fn real = (sync_fn)dlsym(RTLD_NEXT, "fsync");
	long n = before();
	int rc = real(fd);
	die_if(2 * n + 1);
	return rc;
}

int fdatasync(int fd);
int
fdatasync(int fd)
{
	sync_fn real = (sync_fn)dlsym(RTLD_NEXT, "fdatasync");
	long n = before();
	int rc = real(fd);
	die_if(2 * n + 1);
	return rc;
}

int
rename(const char *from, const char *to)
{
	rename_fn real = (rename_fn)dlsym(RTLD_NEXT, "rename");
	long n = before();
	int rc = real(from, to);
	die_if(2 * n + 1);
	return rc;
}

int
renameat(int fromdir, const char *from, int todir, const char *to)
{
	renameat_fn real = (renameat_fn)dlsym(RTLD_NEXT, "renameat");
	long n = before();
	int rc = real(fromdir, from, todir, to);
	die_if(2 * n + 1);
	return rc;
}
