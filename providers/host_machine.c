/* SPDX-License-Identifier: MIT */
/*
 * Changing the files of the machine. A replaced file is staged beside its
 * place with its final owner and permissions, then renamed: whoever looks
 * sees the old file or the new one. Nothing is synced to disk: after a crash
 * of the machine the next run repairs what is missing.
 */
#include "providers/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "providers/machine_priv.h"

#define COPY_BYTES ((size_t)64 * 1024)
#define STAGED_NAME_BYTES 200 /* of the original name; NAME_MAX is 255 */

struct host *
host_of_machine(void)
{
	return &machine;
}

const struct view *
host_view(const struct host *h)
{
	CHECK_OBJ(h, HOST_MAGIC);
	return &h->view;
}

/* --- content ---------------------------------------------------------- */

static int
copy_bytes(int from, int to, struct err *e)
{
	char piece[COPY_BYTES];
	for (;;) {
		ssize_t n = read(from, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read");
		if (n == 0)
			return 0;
		int rc = fd_write_all(to, piece, (size_t)n, e);
		if (rc < 0)
			return rc;
	}
}

static int
write_content(int fd, const struct host_file *f, struct err *e)
{
	if (f->content_path == NULL)
		return fd_write_all(fd, f->content.data, f->content.len, e);
	AUTO_FD int from = open(f->content_path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_sys(e, "open '%s'", f->content_path);
	return copy_bytes(from, fd, e);
}

/* Opens a new file beside the place it is for; its path in *ret (free). */
static int
open_staged(
    const struct host_file *f, const char *dir, char **ret, struct err *e)
{
	for (int tries = 0; tries < 16; tries++) {
		uint64_t random = 0;
		if (getrandom(&random, sizeof(random), 0) < 0)
			return err_sys(e, "random bytes");
		AUTO_STR char *path = xasprintf("%s/.chef-%.*s-%012llx", dir,
		    STAGED_NAME_BYTES, path_basename(f->path),
		    (unsigned long long)(random >> 16));
		int fd = open(path,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0) {
			*ret = TAKE(path);
			return fd;
		}
		if (errno != EEXIST)
			return err_sys(e, "create '%s'", path);
	}
	return err_set(e, ERR_EXISTS, "no free name beside '%s'", f->path);
}

/*
 * Owner first: chown takes set-uid bits away (RES-file-11). The owner of the
 * old file is kept if we may; a wanted owner must be given.
 */
static int
dress_staged(
    int fd, const struct host_file *f, const struct stat *old, struct err *e)
{
	uid_t uid = f->uid;
	gid_t gid = f->gid;
	bool wanted = uid != HOST_KEEP_UID || gid != HOST_KEEP_GID;
	if (fchown(fd, uid, gid) < 0 && wanted)
		return err_sys(e, "change owner of '%s'", f->path);
	if (old != NULL) {
		if (uid == HOST_KEEP_UID && fchown(fd, old->st_uid, gid) < 0 &&
		    errno != EPERM)
			return err_sys(e, "keep owner of '%s'", f->path);
		if (gid == HOST_KEEP_GID && fchown(fd, uid, old->st_gid) < 0 &&
		    errno != EPERM)
			return err_sys(e, "keep group of '%s'", f->path);
	}
	mode_t mode =
	    f->keep_mode && old != NULL ? old->st_mode & 07777 : f->mode;
	if (fchmod(fd, mode) < 0)
		return err_sys(e, "change mode of '%s'", f->path);
	return 0;
}

static int
replace_file(const struct host_file *f, const struct stat *old, const char *dir,
    struct err *e)
{
	AUTO_STR char *staged = NULL;
	AUTO_FD int fd = open_staged(f, dir, &staged, e);
	if (fd < 0)
		return fd;
	int rc = write_content(fd, f, e);
	if (rc == 0)
		rc = dress_staged(fd, f, old, e);
	if (rc == 0 && rename(staged, f->path) < 0)
		rc = err_sys(e, "rename '%s' to '%s'", staged, f->path);
	if (rc < 0)
		unlink(staged);
	return rc;
}

static int
write_in_place(const struct host_file *f, struct err *e)
{
	AUTO_FD int fd = open(f->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open '%s' for writing", f->path);
	return write_content(fd, f, e);
}

int
host_write(struct host *h, const struct host_file *f, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	struct stat st;
	bool there = lstat(f->path, &st) == 0;
	int rc;
	if (there && f->in_place) {
		rc = write_in_place(f, e);
	} else {
		AUTO_STR char *dir = path_dirname(f->path);
		rc = replace_file(f, there ? &st : NULL,
		    f->staging_dir != NULL ? f->staging_dir : dir, e);
		if (rc < 0 && f->staging_dir != NULL && e != NULL &&
		    e->sys == EXDEV)
			rc = replace_file(f, there ? &st : NULL, dir, e);
		if (rc < 0 && there && e != NULL && e->sys == EBUSY)
			rc = write_in_place(f, e);
	}
	return rc < 0 ? err_wrap(e, "write '%s'", f->path) : 0;
}

int
host_create_empty(struct host *h, const char *path, mode_t mode, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	return fd < 0 ? err_sys(e, "create '%s'", path) : 0;
}

static int
copy_attributes(int from, int to, struct err *e)
{
	struct stat st;
	if (fstat(from, &st) < 0)
		return err_sys(e, "stat");
	if (fchown(to, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		return err_sys(e, "change owner");
	if (fchmod(to, st.st_mode & 07777) < 0)
		return err_sys(e, "change mode");
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	if (futimens(to, times) < 0)
		return err_sys(e, "change times");
	return 0;
}

int
host_copy(struct host *h, const char *from, const char *to, bool preserve,
    struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	AUTO_FD int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_sys(e, "open '%s'", from);
	AUTO_FD int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    preserve ? 0600 : 0666);
	if (out < 0)
		return err_sys(e, "create '%s'", to);
	if (copy_bytes(in, out, e) < 0 ||
	    (preserve && copy_attributes(in, out, e) < 0))
		return err_wrap(e, "copy '%s' to '%s'", from, to);
	return 0;
}

/* --- names -------------------------------------------------------------- */

int
host_mkdir(struct host *h, const char *path, bool parents, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	if (parents)
		return fsat_mkdir_all(AT_FDCWD, path, 0777, e);
	if (mkdir(path, 0777) < 0)
		return err_sys(e, "create directory '%s'", path);
	return 0;
}

int
host_rmdir(struct host *h, const char *path, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	return rmdir(path) < 0 ? err_sys(e, "remove directory '%s'", path) : 0;
}

int
host_remove_tree(struct host *h, const char *path, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	return fsat_remove_tree(AT_FDCWD, path, e);
}

int
host_unlink(struct host *h, const char *path, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	return unlink(path) < 0 ? err_sys(e, "remove '%s'", path) : 0;
}

int
host_symlink(
    struct host *h, const char *target, const char *path, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	if (symlink(target, path) < 0)
		return err_sys(e, "create link '%s' to '%s'", path, target);
	return 0;
}

int
host_hard_link(
    struct host *h, const char *target, const char *path, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	if (linkat(AT_FDCWD, target, AT_FDCWD, path, 0) < 0)
		return err_sys(e, "link '%s' to '%s'", path, target);
	return 0;
}

int
host_rename(struct host *h, const char *from, const char *to, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	if (rename(from, to) < 0)
		return err_sys(e, "rename '%s' to '%s'", from, to);
	return 0;
}

/* Through the descriptor's name: an O_PATH descriptor has no fchmod. */
static int
chmod_fd(int fd, const char *path, mode_t mode, struct err *e)
{
	char name[32];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return chmod(name, mode) < 0 ? err_sys(e, "change mode of '%s'", path)
				     : 0;
}

int
host_dress(struct host *h, const char *path, bool follow,
    const struct stat *same_as, const struct host_access *want, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	AUTO_FD int fd =
	    open(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
	struct stat now;
	if (fd < 0 || fstat(fd, &now) < 0)
		return err_sys(e, "open '%s'", path);
	if (same_as != NULL &&
	    (now.st_dev != same_as->st_dev || now.st_ino != same_as->st_ino))
		return err_set(e, ERR_STATE,
		    "'%s' was replaced by something else in the meantime",
		    path);
	uid_t uid = want->uid == now.st_uid ? HOST_KEEP_UID : want->uid;
	gid_t gid = want->gid == now.st_gid ? HOST_KEEP_GID : want->gid;
	bool owned = uid != HOST_KEEP_UID || gid != HOST_KEEP_GID;
	if (owned && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return err_sys(e, "change owner of '%s'", path);
	mode_t mode = want->set_mode ? want->mode : now.st_mode & 07777;
	bool lost = owned && (mode & 06000) != 0;
	if (S_ISLNK(now.st_mode) || (!lost && mode == (now.st_mode & 07777)))
		return 0;
	return chmod_fd(fd, path, mode, e);
}

int
host_touch(struct host *h, const char *path, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	if (utimensat(AT_FDCWD, path, NULL, 0) < 0)
		return err_sys(e, "change times of '%s'", path);
	return 0;
}
