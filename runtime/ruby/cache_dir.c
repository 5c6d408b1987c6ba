/* SPDX-License-Identifier: MIT */
/*
 * Cache files: "<stamp> <length> <checksum>\n" and the bytes. The checksum
 * finds files that a crash left incomplete, not attackers: those are kept out
 * by ownership.
 */
#include "runtime/ruby/cache_dir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"

#define HEAD_BYTES 384

bool
cache_stamp_of(const char *source, const char *ruby, struct cache_stamp *ret)
{
	struct stat st;

	if (stat(source, &st) < 0)
		return false;
	snprintf(ret->text, sizeof(ret->text), "%jd.%09ld %jd %s",
	    (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (intmax_t)st.st_size, ruby);
	return true;
}

static bool
is_trusted(const struct stat *st)
{
	return (st->st_uid == geteuid() || st->st_uid == 0) &&
	       (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int
open_directory(const char *path)
{
	AUTO_FD int fd = -1;
	struct stat st;

	if (mkdir(path, 0755) < 0 && access(path, F_OK) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !is_trusted(&st))
		return -1;
	return TAKE_FD(fd);
}

static int
open_private(void)
{
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	AUTO_STR char *path = NULL;
	int fd;

	if (base != NULL && base[0] == '/')
		path = xasprintf("%s/rightlink-iseq", base);
	else if (home != NULL && home[0] == '/')
		path = xasprintf("%s/.cache/rightlink-iseq", home);
	fd = path != NULL ? open_directory(path) : -1;
	if (fd >= 0)
		return fd;
	str_free(&path);
	path = xasprintf("/tmp/rightlink-iseq-%u", (unsigned)geteuid());
	return open_directory(path);
}

int
cache_dir_open(const char *runtime_dir)
{
	AUTO_STR char *path = xasprintf("%s.cache", runtime_dir);
	int fd = open_directory(path);

	if (fd >= 0 && faccessat(fd, ".", W_OK, AT_EACCESS) == 0)
		return fd;
	fd_close(&fd);
	return open_private();
}

static uint64_t
checksum(const char *data, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325u, word;
	size_t i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3u;
		sum ^= sum >> 29;
	}
	for (; i < len; i++)
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3u;
	return sum;
}

static size_t
format_head(char head[HEAD_BYTES], const struct cache_stamp *stamp,
    const char *data, size_t len)
{
	int n = snprintf(head, HEAD_BYTES, "%s %zu %016" PRIx64 "\n",
	    stamp->text, len, checksum(data, len));

	return n < 0 ? 0 : (size_t)n;
}

/* "chef/log.rb" -> "chef,log.rb.iseq" */
static char *
file_name(const char *name)
{
	char *text = xasprintf("%s.iseq", name);
	char *p;

	for (p = text; *p != '\0'; p++)
		if (*p == '/')
			*p = ',';
	return text;
}

static bool
read_trusted(int dir, const char *name, struct buf *out)
{
	AUTO_STR char *file = file_name(name);
	AUTO_FD int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n;
	char *room;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    !is_trusted(&st) || st.st_size <= 0)
		return false;
	room = buf_reserve(out, (size_t)st.st_size);
	if (room == NULL)
		return false;
	n = read(fd, room, (size_t)st.st_size);
	if (n != st.st_size)
		return false;
	buf_commit(out, (size_t)n);
	return true;
}

bool
cache_dir_get(
    int fd, const char *name, const struct cache_stamp *stamp, struct buf *out)
{
	const char *end;
	char head[HEAD_BYTES];
	size_t skip, len;

	if (!read_trusted(fd, name, out))
		return false;
	end = memchr(out->data, '\n', out->len);
	if (end == NULL)
		return false;
	skip = (size_t)(end - out->data) + 1;
	len = format_head(head, stamp, out->data + skip, out->len - skip);
	if (len != skip || memcmp(head, out->data, skip) != 0)
		return false;
	buf_consume(out, skip);
	return true;
}

void
cache_dir_put(
    int fd, const char *name, const struct cache_stamp *stamp, struct str s)
{
	AUTO_STR char *file = file_name(name);
	AUTO_BUF struct buf all = BUF_INIT((size_t)16 << 20);
	char head[HEAD_BYTES];
	struct err e;

	buf_add(&all, head, format_head(head, stamp, s.data, s.len));
	buf_add(&all, s.data, s.len);
	if (!buf_failed(&all))
		(void)(fsat_replace(fd, file,
			   (struct str){ buf_text(&all), all.len }, 0644,
			   FSAT_NO_SYNC, &e) < 0);
}
