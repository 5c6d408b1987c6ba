/* SPDX-License-Identifier: MIT */
/* Making a tree safely; see the header. */
#include "cookbooks-cache/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "cookbooks-cache/safepath.h"

static int
fail_at(const char *path, const char *what, struct err *e)
{
	int sys = errno;
	AUTO_STR char *shown = safepath_shown(path);
	if (sys == ELOOP || sys == ENOTDIR)
		return err_set(e, ERR_INVALID,
		    "entry '%s': its path goes through a file or a link",
		    shown);
	return err_sysno(e, sys, "entry '%s': %s", shown, what);
}

static int
count_entry(struct stage *s, const char *path, struct err *e)
{
	if (++s->entries <= s->limits.entries)
		return 0;
	AUTO_STR char *shown = safepath_shown(path);
	return err_set(e, ERR_LIMIT, "entry '%s': more than %lld entries",
	    shown, (long long)s->limits.entries);
}

/* Opens (and makes) the directory `path` below the root, one real directory
 * after the other. Caller closes. */
static int
open_dir(const struct stage *s, struct str path, struct err *e)
{
	AUTO_FD int dir =
	    openat(s->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "open the tree's directory");
	struct str part;
	while (path.len > 0 && str_split(&path, '/', &part)) {
		AUTO_STR char *name = xstrndup(part.data, part.len);
		if (mkdirat(dir, name, 0700) == 0)
			(void)!fchmodat(dir, name, 0755, 0);
		else if (errno != EEXIST)
			return fail_at(name, "make directory", e);
		int next = openat(
		    dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return fail_at(name, "open directory", e);
		fd_close(&dir);
		dir = next;
	}
	return TAKE_FD(dir);
}

/* The parent of a clean path, open; *ret_name points into path. */
static int
open_parent(const struct stage *s, const char *path, const char **ret_name,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct str parent = { path,
		slash != NULL ? (size_t)(slash - path) : 0 };
	int dir = open_dir(s, parent, e);
	if (dir >= 0)
		*ret_name = slash != NULL ? slash + 1 : path;
	return dir;
}

/* A later entry of the same name takes the place of an earlier one. */
static int
make_room(int dir, const char *name, const char *path, struct err *e)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	return fail_at(path, "replace what is there", e);
}

int
stage_dir(struct stage *s, const char *path, struct err *e)
{
	AUTO_STR char *clean = NULL;
	int rc = safepath_entry(path, &clean, e);
	if (rc == 0)
		rc = count_entry(s, path, e);
	if (rc < 0)
		return rc;
	AUTO_FD int dir = open_dir(s, str_from(clean), e);
	return dir < 0 ? dir : 0;
}

int
stage_link(struct stage *s, const char *path, const char *target, struct err *e)
{
	AUTO_STR char *clean = NULL;
	int rc = safepath_entry(path, &clean, e);
	if (rc == 0 && clean[0] == '\0')
		rc = err_set(e, ERR_INVALID, "the tree itself is a link");
	if (rc == 0)
		rc = safepath_link(clean, target, e);
	if (rc == 0)
		rc = count_entry(s, path, e);
	if (rc < 0)
		return rc;
	const char *name = NULL;
	AUTO_FD int dir = open_parent(s, clean, &name, e);
	if (dir < 0)
		return dir;
	rc = make_room(dir, name, clean, e);
	if (rc == 0 && symlinkat(target, dir, name) < 0)
		rc = fail_at(clean, "make link", e);
	return rc;
}

int
stage_file_open(struct stage *s, const char *path, bool is_executable,
    struct stage_file *ret_file, struct err *e)
{
	AUTO_STR char *clean = NULL;
	int rc = safepath_entry(path, &clean, e);
	if (rc == 0 && clean[0] == '\0')
		rc = err_set(e, ERR_INVALID, "the tree itself is a file");
	if (rc == 0)
		rc = count_entry(s, path, e);
	if (rc < 0)
		return rc;
	const char *name = NULL;
	AUTO_FD int dir = open_parent(s, clean, &name, e);
	if (dir < 0)
		return dir;
	rc = make_room(dir, name, clean, e);
	if (rc < 0)
		return rc;
	AUTO_FD int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, is_executable ? 0755 : 0644) < 0)
		return fail_at(clean, "make file", e);
	*ret_file = (struct stage_file){ .fd = TAKE_FD(fd),
		.shown = safepath_shown(clean) };
	return 0;
}

int
stage_file_write(
    struct stage *s, struct stage_file *f, struct str data, struct err *e)
{
	int64_t len = (int64_t)data.len;
	if (len > s->limits.file_bytes - f->bytes)
		return err_set(e, ERR_LIMIT,
		    "entry '%s': longer than %lld bytes", f->shown,
		    (long long)s->limits.file_bytes);
	if (len > s->limits.tree_bytes - s->bytes)
		return err_set(e, ERR_LIMIT,
		    "entry '%s': the tree is longer than %lld bytes", f->shown,
		    (long long)s->limits.tree_bytes);
	f->bytes += len;
	s->bytes += len;
	if (fd_write_all(f->fd, data.data, data.len, e) < 0)
		return err_wrap(e, "entry '%s'", f->shown);
	return 0;
}

void
stage_file_close(struct stage_file *f)
{
	if (f->shown == NULL)
		return;
	fd_close(&f->fd);
	str_free(&f->shown);
}

static int
copy_content(struct stage *s, int from, struct stage_file *to, struct err *e)
{
	char chunk[65536];
	for (;;) {
		ssize_t n = read(from, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "entry '%s': read", to->shown);
		if (n == 0)
			return 0;
		int rc = stage_file_write(
		    s, to, (struct str){ chunk, (size_t)n }, e);
		if (rc < 0)
			return rc;
	}
}

int
stage_copy(
    struct stage *s, const char *path, const char *made_before, struct err *e)
{
	AUTO_STR char *clean = NULL;
	int rc = safepath_entry(made_before, &clean, e);
	if (rc < 0)
		return err_wrap(e, "hard link");
	const char *name = NULL;
	AUTO_FD int dir = open_parent(s, clean, &name, e);
	if (dir < 0)
		return dir;
	AUTO_FD int from =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode)) {
		AUTO_STR char *shown = safepath_shown(path);
		AUTO_STR char *target = safepath_shown(made_before);
		return err_set(e, ERR_INVALID,
		    "entry '%s': hard link to '%s', which is no file made "
		    "before",
		    shown, target);
	}
	__attribute__((
	    cleanup(stage_file_close))) struct stage_file to = { .fd = -1 };
	rc = stage_file_open(s, path, st.st_mode & 0100, &to, e);
	return rc < 0 ? rc : copy_content(s, from, &to, e);
}
