/* SPDX-License-Identifier: MIT */
/*
 * Directory-relative file work. Trickiest point: fsat_replace must leave
 * nothing behind on any failure, and must not report success before the
 * directory entry itself is on disk.
 */
#include "common/fsat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/auto.h"

#define TREE_MAX_DEPTH 400

int
fd_write_all(int fd, const void *data, size_t len, struct err *e)
{
	const char *p = data;
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_read_all(int fd, size_t max_bytes, struct buf *out, struct err *e)
{
	char chunk[16384];
	size_t total = 0;
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read");
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > max_bytes)
			return err_set(
			    e, ERR_LIMIT, "longer than %zu bytes", max_bytes);
		buf_add(out, chunk, (size_t)n);
		if (buf_failed(out))
			return err_set(e, ERR_LIMIT, "longer than %zu bytes",
			    out->max_bytes);
	}
}

int
fsat_read(int dirfd, const char *name, size_t max_bytes, struct buf *out,
    struct err *e)
{
	AUTO_FD int fd =
	    openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_ABSENT, "no file '%s'", name);
	if (fd < 0)
		return err_sys(e, "open '%s'", name);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "stat '%s'", name);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    e, ERR_INVALID, "'%s' is not a regular file", name);
	if (fd_read_all(fd, max_bytes, out, e) < 0)
		return err_wrap(e, "file '%s'", name);
	return 0;
}

int
fsat_open_dir(int dirfd, const char *path, struct err *e)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "no directory '%s'", path);
	if (fd < 0)
		return err_sys(e, "open directory '%s'", path);
	return fd;
}

static void
random_name(char out[static 24])
{
	static const char digits[] = "0123456789abcdefghijkmnpqrstuvwx";
	unsigned char raw[16];
	ssize_t got = getrandom(raw, sizeof(raw), 0);
	ASSERT(got == (ssize_t)sizeof(raw));
	memcpy(out, ".tmp-", 5);
	for (size_t i = 0; i < sizeof(raw); i++)
		out[5 + i] = digits[raw[i] & 31];
	out[5 + sizeof(raw)] = '\0';
}

/* Makes the new content under a temporary name in directory fd. */
static int
write_temporary(int dir, const char *temp, struct str content, mode_t mode,
    unsigned flags, struct err *e)
{
	AUTO_FD int fd = openat(dir, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "create a temporary file");
	if (fd_write_all(fd, content.data, content.len, e) < 0)
		return e != NULL ? e->code : ERR_SYS;
	if (fchmod(fd, mode) < 0)
		return err_sys(e, "chmod");
	if (!(flags & FSAT_NO_SYNC) && fsync(fd) < 0)
		return err_sys(e, "fsync");
	return 0;
}

static int
put_in_place(
    int dir, const char *temp, const char *base, unsigned flags, struct err *e)
{
	if (!(flags & FSAT_EXCL)) {
		if (renameat(dir, temp, dir, base) < 0)
			return err_sys(e, "rename");
		return 0;
	}
	if (linkat(dir, temp, dir, base, 0) < 0) {
		if (errno == EEXIST)
			return err_set(e, ERR_EXISTS, "exists already");
		return err_sys(e, "link");
	}
	unlinkat(dir, temp, 0);
	return 0;
}

int
fsat_replace(int dirfd, const char *name, struct str content, mode_t mode,
    unsigned flags, struct err *e)
{
	AUTO_STR char *parent = path_dirname(name);
	AUTO_FD int dir = fsat_open_dir(dirfd, parent, e);
	if (dir < 0)
		return err_wrap(e, "replace '%s'", name);
	char temp[24];
	random_name(temp);
	int rc = write_temporary(dir, temp, content, mode, flags, e);
	if (rc == 0)
		rc = put_in_place(dir, temp, path_basename(name), flags, e);
	if (rc < 0) {
		unlinkat(dir, temp, 0);
		err_wrap(e, "replace '%s'", name);
		return rc;
	}
	if (!(flags & FSAT_NO_SYNC) && fsync(dir) < 0)
		return err_sys(e, "fsync '%s'", parent);
	return 0;
}

int
fsat_mkdir_all(int dirfd, const char *path, mode_t mode, struct err *e)
{
	AUTO_STR char *copy = xstrdup(path);
	for (char *p = copy + 1; *copy != '\0'; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char kept = *p;
		*p = '\0';
		if (mkdirat(dirfd, copy, mode) < 0 && errno != EEXIST)
			return err_sys(e, "make directory '%s'", copy);
		*p = kept;
		if (kept == '\0')
			break;
	}
	struct stat st;
	if (fstatat(dirfd, path, &st, 0) < 0)
		return err_sys(e, "make directory '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_sysno(e, ENOTDIR, "make directory '%s'", path);
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **list;
	size_t len, room;
};

static void
names_release(struct names *n)
{
	for (size_t i = 0; i < n->len; i++)
		free(n->list[i]);
	free(n->list);
}

static int
names_load(struct names *n, int dirfd, struct err *e)
{
	int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	if (dir == NULL) {
		int rc = err_sys(e, "open directory");
		fd_close(&copy);
		return rc;
	}
	errno = 0;
	for (struct dirent *d; (d = readdir(dir)) != NULL; errno = 0) {
		if (text_eq(d->d_name, ".") || text_eq(d->d_name, ".."))
			continue;
		if (n->len == n->room) {
			n->room = n->room > 0 ? n->room * 2 : 16;
			n->list =
			    xreallocarray(n->list, n->room, sizeof(*n->list));
		}
		n->list[n->len++] = xstrdup(d->d_name);
	}
	int rc = errno != 0 ? err_sys(e, "read directory") : 0;
	closedir(dir);
	if (n->len > 1)
		qsort(n->list, n->len, sizeof(*n->list), compare_names);
	return rc;
}

int
fsat_each(int dirfd, fsat_entry_fn each, void *arg, struct err *e)
{
	__attribute__((cleanup(names_release))) struct names names = { 0 };
	int rc = names_load(&names, dirfd, e);
	for (size_t i = 0; rc >= 0 && i < names.len; i++)
		rc = each(names.list[i], arg, e);
	return rc < 0 ? rc : 0;
}

struct removal {
	int dirfd;
	int depth;
};

static int remove_entry(const char *name, void *arg, struct err *e);

static int
remove_contents(int dirfd, const char *name, int depth, struct err *e)
{
	if (depth > TREE_MAX_DEPTH)
		return err_set(
		    e, ERR_LIMIT, "deeper than %d directories", TREE_MAX_DEPTH);
	AUTO_FD int dir = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : err_sys(e, "open '%s'", name);
	struct removal inner = { .dirfd = dir, .depth = depth + 1 };
	return fsat_each(dir, remove_entry, &inner, e);
}

static int
remove_entry(const char *name, void *arg, struct err *e)
{
	const struct removal *r = arg;
	if (unlinkat(r->dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(e, "remove '%s'", name);
	int rc = remove_contents(r->dirfd, name, r->depth, e);
	if (rc < 0)
		return rc;
	if (unlinkat(r->dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "remove directory '%s'", name);
	return 0;
}

int
fsat_remove_tree(int dirfd, const char *name, struct err *e)
{
	struct removal r = { .dirfd = dirfd, .depth = 0 };
	return remove_entry(name, &r, e);
}

char *
path_dirname(const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	if (len == 0)
		return xstrdup(".");
	while (len > 1 && path[len - 1] == '/')
		len--;
	return xstrndup(path, len);
}

const char *
path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

char *
path_join(const char *a, const char *b)
{
	if (b[0] == '/' || a[0] == '\0')
		return xstrdup(b);
	if (b[0] == '\0')
		return xstrdup(a);
	bool slash = a[strlen(a) - 1] == '/';
	return xasprintf("%s%s%s", a, slash ? "" : "/", b);
}
