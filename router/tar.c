/* SPDX-License-Identifier: MIT */
/* Headers of 512 bytes, contents padded to 512 bytes, two empty blocks. */
#include "router/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/auto.h"
#include "common/fsat.h"

#define BLOCK_BYTES 512
#define COPY_BYTES ((size_t)64 << 10)
#define OCTAL_SIZE_MAX 077777777777LL
#define NAME_BYTES 100

struct header {
	char name[NAME_BYTES], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, link[100], magic[6], version[2], owner[32];
	char group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK_BYTES, "a header is one block");

void
tar_begin(struct tar *t, int fd)
{
	*t = (struct tar){ .fd = fd };
}

static void
put_octal(char *field, size_t room, uint64_t value)
{
	for (size_t i = room - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

/* GNU: the first bit set, then the number, most significant byte first. */
static void
put_size(struct header *h, int64_t size)
{
	if (size <= OCTAL_SIZE_MAX) {
		put_octal(h->size, sizeof(h->size), (uint64_t)size);
		return;
	}
	h->size[0] = (char)0x80;
	for (size_t i = sizeof(h->size) - 1; i > 3; i--) {
		h->size[i] = (char)(size & 0xff);
		size >>= 8;
	}
}

static int
put_header(struct tar *t, const char *name, char type, mode_t mode,
    int64_t size, int64_t mtime, struct err *e)
{
	struct header h = { .type = type };
	size_t len = strlen(name);
	if (len >= sizeof(h.name))
		return err_set(
		    e, ERR_LIMIT, "'%s': the name is too long for tar", name);
	memcpy(h.name, name, len);
	put_octal(h.mode, sizeof(h.mode), mode & 07777);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.mtime, sizeof(h.mtime), (uint64_t)mtime);
	put_size(&h, size);
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	memset(h.checksum, ' ', sizeof(h.checksum));
	unsigned sum = 0;
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((const unsigned char *)&h)[i];
	put_octal(h.checksum, 7, sum);
	t->files++;
	return fd_write_all(t->fd, &h, sizeof(h), e);
}

int
tar_add_dir(struct tar *t, const char *name, mode_t mode, struct err *e)
{
	char text[NAME_BYTES + 2];
	snprintf(text, sizeof(text), "%s/", name);
	return put_header(t, text, '5', mode, 0, 0, e);
}

static int
copy(struct tar *t, int from, int64_t size, const char *name, struct err *e)
{
	AUTO_BUF struct buf piece = BUF_INIT(COPY_BYTES);
	char *room = buf_reserve(&piece, COPY_BYTES);
	int64_t left = size;
	while (left > 0) {
		size_t want =
		    left < (int64_t)COPY_BYTES ? (size_t)left : COPY_BYTES;
		ssize_t n = read(from, room, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read '%s'", name);
		if (n == 0)
			return err_set(
			    e, ERR_STATE, "'%s' became shorter", name);
		int rc = fd_write_all(t->fd, room, (size_t)n, e);
		if (rc < 0)
			return rc;
		left -= n;
	}
	static const char zeros[BLOCK_BYTES];
	size_t over = (size_t)(size % BLOCK_BYTES);
	return over == 0 ? 0
			 : fd_write_all(t->fd, zeros, BLOCK_BYTES - over, e);
}

int
tar_add_file(
    struct tar *t, const char *name, int dirfd, const char *from, struct err *e)
{
	struct stat st;
	AUTO_FD int fd =
	    openat(dirfd, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "no file '%s'", from);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open '%s'", from);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INVALID, "'%s' is no regular file", from);
	int rc = put_header(
	    t, name, '0', st.st_mode, st.st_size, st.st_mtim.tv_sec, e);
	return rc < 0 ? rc : copy(t, fd, st.st_size, name, e);
}

struct walk {
	struct tar *t;
	int dirfd;
	const char *name; /* of the directory, in the archive */
};

static int add_open_tree(
    struct tar *t, int fd, const char *name, struct err *e);

static int
add_entry(const char *entry, void *arg, struct err *e)
{
	const struct walk *w = arg;
	struct stat st;
	char name[NAME_BYTES];
	if (snprintf(name, sizeof(name), "%s/%s", w->name, entry) >=
	    (int)sizeof(name))
		return err_set(e, ERR_LIMIT,
		    "'%s/%s': the name is too long for tar", w->name, entry);
	if (fstatat(w->dirfd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "look at '%s'", name);
	if (S_ISREG(st.st_mode))
		return tar_add_file(w->t, name, w->dirfd, entry, e);
	if (!S_ISDIR(st.st_mode))
		return 0;
	AUTO_FD int fd = fsat_open_dir(w->dirfd, entry, e);
	return fd < 0 ? fd : add_open_tree(w->t, fd, name, e);
}

static int
add_open_tree(struct tar *t, int fd, const char *name, struct err *e)
{
	struct walk w = { t, fd, name };
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at '%s'", name);
	int rc = tar_add_dir(t, name, st.st_mode, e);
	return rc < 0 ? rc : fsat_each(fd, add_entry, &w, e);
}

int
tar_add_tree(struct tar *t, int dirfd, const char *name, struct err *e)
{
	AUTO_FD int fd = fsat_open_dir(dirfd, name, e);
	if (fd == ERR_ABSENT) {
		err_clear(e);
		return 0;
	}
	return fd < 0 ? fd : add_open_tree(t, fd, name, e);
}

int
tar_end(struct tar *t, struct err *e)
{
	static const char zeros[2 * BLOCK_BYTES];
	return fd_write_all(t->fd, zeros, sizeof(zeros), e);
}
