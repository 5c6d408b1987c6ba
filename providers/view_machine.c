/* SPDX-License-Identifier: MIT */
/*
 * Looking at the machine. The two calls that every unchanged file costs,
 * view_stat and view_same_bytes, do nothing but their system calls.
 */
#include "providers/view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "providers/machine_priv.h"
#include "providers/names.h"

#define MAX_LINKS 40
#define COMPARE_BYTES ((size_t)64 * 1024)

struct host machine = {
	.magic = HOST_MAGIC,
	.view = { .magic = VIEW_MAGIC },
};

const struct view *
view_of_machine(void)
{
	return &machine.view;
}

int
view_stat(const struct view *v, const char *path, bool follow, struct stat *ret,
    struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	struct stat st;
	if ((follow ? stat(path, &st) : lstat(path, &st)) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return err_set(e, ERR_ABSENT, "nothing at '%s'", path);
		return err_sys(e, "stat '%s'", path);
	}
	*ret = st;
	return 0;
}

bool
view_exists(const struct view *v, const char *path)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	struct stat st;
	return stat(path, &st) == 0;
}

bool
view_is_directory(const struct view *v, const char *path)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
view_is_writable(const struct view *v, const char *path)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

bool
view_is_executable(const struct view *v, const char *path)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

int
view_read(const struct view *v, const char *path, size_t max_bytes,
    struct buf *out, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return fsat_read(AT_FDCWD, path, max_bytes, out, e);
}

/* --- comparing ---------------------------------------------------------- */

static int
open_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "nothing at '%s'", path);
	if (fd < 0)
		return err_sys(e, "open '%s'", path);
	return fd;
}

/* Reads up to len bytes, fewer only at the end of the file. */
static int
read_piece(int fd, char *to, size_t len, size_t *ret_len, struct err *e)
{
	size_t got = 0;
	while (got < len) {
		ssize_t n = read(fd, to + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read");
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*ret_len = got;
	return 0;
}

int
view_same_bytes(const struct view *v, const char *path, off_t size,
    struct str content, bool *ret_same, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	if (size < 0 || (size_t)size != content.len) {
		*ret_same = false;
		return 0;
	}
	AUTO_FD int fd = open_file(path, e);
	if (fd < 0)
		return fd;
	char piece[COMPARE_BYTES];
	size_t done = 0;
	while (done < content.len) {
		size_t want = content.len - done;
		if (want > sizeof(piece))
			want = sizeof(piece);
		size_t len;
		if (read_piece(fd, piece, want, &len, e) < 0)
			return err_wrap(e, "'%s'", path);
		if (len != want || memcmp(piece, content.data + done, len) != 0)
			break;
		done += len;
	}
	*ret_same = done == content.len;
	return 0;
}

static int
same_streams(int a, int b, bool *ret_same, struct err *e)
{
	char piece_a[COMPARE_BYTES / 2], piece_b[COMPARE_BYTES / 2];
	for (;;) {
		size_t len_a, len_b;
		if (read_piece(a, piece_a, sizeof(piece_a), &len_a, e) < 0 ||
		    read_piece(b, piece_b, sizeof(piece_b), &len_b, e) < 0)
			return e != NULL ? e->code : ERR_SYS;
		if (len_a != len_b || memcmp(piece_a, piece_b, len_a) != 0) {
			*ret_same = false;
			return 0;
		}
		if (len_a == 0) {
			*ret_same = true;
			return 0;
		}
	}
}

int
view_same_file(const struct view *v, const char *a, const char *b,
    bool *ret_same, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	AUTO_FD int fd_a = open_file(a, e);
	if (fd_a < 0)
		return fd_a;
	AUTO_FD int fd_b = open_file(b, e);
	if (fd_b < 0)
		return fd_b;
	struct stat st_a, st_b;
	if (fstat(fd_a, &st_a) < 0 || fstat(fd_b, &st_b) < 0)
		return err_sys(e, "stat '%s' and '%s'", a, b);
	if (st_a.st_size != st_b.st_size) {
		*ret_same = false;
		return 0;
	}
	return same_streams(fd_a, fd_b, ret_same, e);
}

int
view_digest(const struct view *v, const char *path, struct digest_text *ret,
    struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return digest_of_file(DIGEST_SHA256, AT_FDCWD, path, ret, e);
}

mode_t
view_umask(const struct view *v)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	mode_t mask = umask(0);
	umask(mask);
	return mask;
}

/* --- paths ---------------------------------------------------------------- */

int
view_readlink(const struct view *v, struct arena *a, const char *path,
    const char **ret_target, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));
	if (n < 0 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "nothing at '%s'", path);
	if (n < 0)
		return err_sys(e, "read the link '%s'", path);
	*ret_target = arena_strndup(a, target, (size_t)n);
	return 0;
}

int
view_realpath(const struct view *v, struct arena *a, const char *path,
    const char **ret_path, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	AUTO_STR char *real = realpath(path, NULL);
	if (real == NULL && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "nothing at '%s'", path);
	if (real == NULL)
		return err_sys(e, "resolve '%s'", path);
	*ret_path = arena_strdup(a, real);
	return 0;
}

int
view_follow(const struct view *v, struct arena *a, const char *path,
    const char **ret_path, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	for (int links = 0; links < MAX_LINKS; links++) {
		struct stat st;
		if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode)) {
			*ret_path = path;
			return 0;
		}
		const char *target;
		int rc = view_readlink(v, a, path, &target, e);
		if (rc < 0)
			return rc;
		AUTO_STR char *dir = path_dirname(path);
		AUTO_STR char *joined = path_join(dir, target);
		path = arena_strdup(a, joined);
	}
	return err_set(e, ERR_LIMIT, "'%s': a loop of links", path);
}

struct name_list {
	struct arena *arena;
	const char **names;
	size_t len, room;
};

static int
add_name(const char *name, void *arg, struct err *e)
{
	(void)e;
	struct name_list *l = arg;
	if (l->len == l->room) {
		size_t room = l->room == 0 ? 16 : l->room * 2;
		const char **more =
		    arena_array_of(l->arena, const char *, room);
		if (l->len > 0)
			memcpy(more, l->names, l->len * sizeof(*more));
		l->names = more;
		l->room = room;
	}
	l->names[l->len++] = arena_strdup(l->arena, name);
	return 0;
}

int
view_list(const struct view *v, struct arena *a, const char *path,
    const char ***ret_names, size_t *ret_count, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, path, e);
	if (dir < 0)
		return dir;
	struct name_list list = { .arena = a };
	int rc = fsat_each(dir, add_name, &list, e);
	if (rc < 0)
		return err_wrap(e, "list '%s'", path);
	*ret_names = list.names;
	*ret_count = list.len;
	return 0;
}

const char *
view_which(const struct view *v, struct arena *a, const char *program)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	if (strchr(program, '/') != NULL)
		return view_is_executable(v, program) ? arena_strdup(a, program)
						      : NULL;
	const char *path = getenv("PATH");
	struct str rest = str_from(path != NULL ? path : "");
	struct str dir;
	while (str_split(&rest, ':', &dir)) {
		if (dir.len == 0)
			continue;
		const char *file =
		    arena_printf(a, "%.*s/%s", STR_ARG(dir), program);
		if (view_is_executable(v, file))
			return file;
	}
	return NULL;
}

/* --- names ---------------------------------------------------------------- */

int
view_uid(const struct view *v, const char *name, uid_t *ret, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return names_uid(name, ret, e);
}

int
view_gid(const struct view *v, const char *name, gid_t *ret, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return names_gid(name, ret, e);
}

const char *
view_user_name(const struct view *v, struct arena *a, uid_t uid)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return names_user(a, uid);
}

const char *
view_group_name(const struct view *v, struct arena *a, gid_t gid)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return names_group(a, gid);
}
