/* SPDX-License-Identifier: MIT */
/*
 * libarchive writes, we say what. The format is GNU tar: it takes names as
 * bytes, whatever the locale. Digest and limit are kept where the bytes pass.
 */
#include "cookbooks-cache/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "cookbooks-cache/safepath.h"

#define PACK_MAGIC 0x7061636bu
#define ZSTD_LEVEL "9"

struct pack {
	unsigned magic;
	struct archive *archive;
	struct pack_limits limits;
	int fd;
	struct digest *digest;
	int64_t written; /* bytes of the archive */
	int64_t bytes;   /* of the files */
	int64_t entries;
	struct buf dirs;    /* prefixes that are in it, each with a NUL */
	struct err failure; /* of a write; code 0: none */
};

static void
entry_free(struct archive_entry **entry)
{
	archive_entry_free(*entry);
}

/* libarchive's bytes; -1 with p->failure. */
static la_ssize_t
write_bytes(struct archive *a, void *arg, const void *data, size_t len)
{
	(void)a;
	struct pack *p = arg;
	if ((int64_t)len > p->limits.archive_bytes - p->written) {
		err_set(&p->failure, ERR_LIMIT,
		    "the archive is longer than %lld bytes",
		    (long long)p->limits.archive_bytes);
		return -1;
	}
	if (fd_write_all(p->fd, data, len, &p->failure) < 0)
		return -1;
	digest_feed(p->digest, (struct str){ data, len });
	p->written += (int64_t)len;
	return (la_ssize_t)len;
}

static int
archive_failure(struct pack *p, struct err *e)
{
	if (p->failure.code != 0)
		return err_set(
		    e, (enum err_code)p->failure.code, "%s", p->failure.text);
	const char *why = archive_error_string(p->archive);
	return err_set(
	    e, ERR_SYS, "archive: %s", why != NULL ? why : "not writable");
}

int
pack_begin(int fd, const struct pack_limits *limits, struct pack **ret_pack,
    struct err *e)
{
	AUTO(pack_free) struct pack *p = xcalloc(1, sizeof(*p));
	p->magic = PACK_MAGIC;
	p->limits = *limits;
	p->fd = fd;
	p->digest = digest_new(DIGEST_SHA256);
	p->dirs = BUF_INIT((size_t)1 << 20);
	p->archive = archive_write_new();
	ASSERT(p->archive != NULL);
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "archive: truncate");
	if (archive_write_set_format_gnutar(p->archive) != ARCHIVE_OK ||
	    archive_write_add_filter_zstd(p->archive) != ARCHIVE_OK ||
	    archive_write_set_filter_option(p->archive, "zstd",
		"compression-level", ZSTD_LEVEL) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(p->archive, 1) !=
		ARCHIVE_OK ||
	    archive_write_open(p->archive, p, NULL, write_bytes, NULL) !=
		ARCHIVE_OK)
		return archive_failure(p, e);
	*ret_pack = TAKE(p);
	return 0;
}

void
pack_free(struct pack **p)
{
	if (p == NULL || *p == NULL)
		return;
	CHECK_OBJ(*p, PACK_MAGIC);
	archive_write_free((*p)->archive);
	digest_free(&(*p)->digest);
	buf_release(&(*p)->dirs);
	(*p)->magic = 0;
	free(*p);
	*p = NULL;
}

/* A fault at an entry, its name made fit for showing. */
static int
refuse(const char *path, enum err_code code, const char *why, struct err *e)
{
	AUTO_STR char *shown = safepath_shown(path);
	return err_set(e, code, "entry '%s': %s", shown, why);
}

/* The head of one entry; link: target of a symbolic link, else NULL. */
static int
put_head(struct pack *p, const char *path, mode_t mode, int64_t size,
    const char *link, struct err *e)
{
	if (++p->entries > p->limits.tree.entries)
		return refuse(path, ERR_LIMIT, "too many entries", e);
	AUTO(entry_free) struct archive_entry *entry = archive_entry_new();
	ASSERT(entry != NULL);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_size(entry, size);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	if (link != NULL)
		archive_entry_set_symlink(entry, link);
	if (archive_write_header(p->archive, entry) != ARCHIVE_OK)
		return archive_failure(p, e);
	return 0;
}

static int
put_data(struct pack *p, struct str data, struct err *e)
{
	while (data.len > 0) {
		la_ssize_t n =
		    archive_write_data(p->archive, data.data, data.len);
		if (n <= 0)
			return archive_failure(p, e);
		data.data += n;
		data.len -= (size_t)n;
	}
	return 0;
}

static int
count_bytes(struct pack *p, const char *path, int64_t size, struct err *e)
{
	if (size > p->limits.tree.file_bytes)
		return refuse(path, ERR_LIMIT, "the file is too long", e);
	p->bytes += size;
	if (p->bytes > p->limits.tree.tree_bytes)
		return refuse(path, ERR_LIMIT, "the tree is too long", e);
	return 0;
}

static int
put_file(
    struct pack *p, int dir, const char *name, const char *path, struct err *e)
{
	AUTO_FD int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "entry '%s': open", path);
	int rc = count_bytes(p, path, st.st_size, e);
	if (rc == 0)
		rc = put_head(p, path,
		    S_IFREG | (st.st_mode & 0100 ? 0755 : 0644), st.st_size,
		    NULL, e);
	int64_t left = st.st_size;
	char chunk[65536];
	while (rc == 0 && left > 0) {
		size_t want = left < (int64_t)sizeof(chunk) ? (size_t)left
							    : sizeof(chunk);
		ssize_t n = read(fd, chunk, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "entry '%s': read", path);
		if (n == 0)
			return refuse(path, ERR_STATE,
			    "it became shorter while it was read", e);
		rc = put_data(p, (struct str){ chunk, (size_t)n }, e);
		left -= n;
	}
	return rc;
}

static int
put_link(
    struct pack *p, int dir, const char *name, const char *path, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return err_sys(e, "entry '%s': read link", path);
	target[n] = '\0';
	int rc = safepath_link(path, target, e);
	return rc < 0 ? rc : put_head(p, path, S_IFLNK | 0777, 0, target, e);
}

struct walk {
	struct pack *pack;
	int dir;
	const char *prefix; /* "" or "a/b/" */
	const char *skip;   /* an entry of this directory, or NULL */
};

static int
put_entry(const char *name, void *arg, struct err *e)
{
	struct walk *w = arg;
	if (text_eq(name, ".git") || text_eq(name, w->skip))
		return 0;
	AUTO_STR char *path = xasprintf("%s%s", w->prefix, name);
	AUTO_STR char *clean = NULL;
	struct stat st;
	int rc = safepath_entry(path, &clean, e);
	if (rc < 0)
		return rc;
	if (fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "entry '%s'", path);
	if (S_ISREG(st.st_mode))
		return put_file(w->pack, w->dir, name, path, e);
	if (S_ISLNK(st.st_mode))
		return put_link(w->pack, w->dir, name, path, e);
	if (!S_ISDIR(st.st_mode))
		return refuse(
		    path, ERR_INVALID, "neither file, directory nor link", e);
	rc = put_head(w->pack, path, S_IFDIR | 0755, 0, NULL, e);
	AUTO_FD int dir = openat(
	    w->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rc == 0 && dir < 0)
		rc = err_sys(e, "entry '%s': open", path);
	if (rc < 0)
		return rc;
	AUTO_STR char *prefix = xasprintf("%s/", path);
	struct walk inner = { w->pack, dir, prefix, NULL };
	return fsat_each(dir, put_entry, &inner, e);
}

static bool
has_dir(const struct pack *p, const char *path)
{
	const char *at = buf_text(&p->dirs), *end = at + p->dirs.len;
	for (; at < end; at += strlen(at) + 1) {
		if (text_eq(at, path))
			return true;
	}
	return false;
}

/* The directories on the way to a clean path, each once. */
static int
put_parents(struct pack *p, const char *path, bool also_itself, struct err *e)
{
	for (size_t i = 0;; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		if (i == 0 || (path[i] == '\0' && !also_itself))
			return 0;
		AUTO_STR char *dir = xstrndup(path, i);
		if (!has_dir(p, dir)) {
			buf_add(&p->dirs, dir, i + 1);
			int rc = put_head(p, dir, S_IFDIR | 0755, 0, NULL, e);
			if (rc < 0)
				return rc;
		}
		if (path[i] == '\0')
			return 0;
	}
}

int
pack_tree(struct pack *p, int dirfd, const char *prefix, const char *skip,
    struct err *e)
{
	CHECK_OBJ(p, PACK_MAGIC);
	AUTO_STR char *clean = NULL;
	int rc = safepath_entry(prefix, &clean, e);
	if (rc == 0)
		rc = put_parents(p, clean, true, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *below =
	    clean[0] != '\0' ? xasprintf("%s/", clean) : xstrdup("");
	struct walk w = { p, dirfd, below, skip };
	return fsat_each(dirfd, put_entry, &w, e);
}

int
pack_text(struct pack *p, const char *path, struct str text, struct err *e)
{
	CHECK_OBJ(p, PACK_MAGIC);
	AUTO_STR char *clean = NULL;
	int rc = safepath_entry(path, &clean, e);
	if (rc == 0 && clean[0] == '\0')
		rc = refuse(path, ERR_INVALID, "no name", e);
	if (rc == 0)
		rc = put_parents(p, clean, false, e);
	if (rc == 0)
		rc = count_bytes(p, clean, (int64_t)text.len, e);
	if (rc == 0)
		rc = put_head(
		    p, clean, S_IFREG | 0644, (int64_t)text.len, NULL, e);
	return rc < 0 ? rc : put_data(p, text, e);
}

int
pack_end(struct pack *p, struct pack_total *ret_total, struct err *e)
{
	CHECK_OBJ(p, PACK_MAGIC);
	if (archive_write_close(p->archive) != ARCHIVE_OK)
		return archive_failure(p, e);
	*ret_total = (struct pack_total){ .sha256 = digest_finish(p->digest),
		.bytes = p->written,
		.entries = p->entries };
	return 0;
}
