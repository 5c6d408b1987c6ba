/* SPDX-License-Identifier: MIT */
/* Walking a tree into its manifest. */
#include "cookbooks-cache/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "cookbooks-cache/safepath.h"

struct walk {
	const struct fetch_limits *limits;
	unsigned flags;
	struct buf *out;
	int dir;            /* being read */
	const char *prefix; /* its path, "" or "a/b/" */
	int depth;
	int64_t *entries, *bytes;
};

static int walk_dir(struct walk *w, const char *path, struct err *e);

static void
add_name(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;
		if (c <= 0x20 || c == 0x7f || c == '%')
			buf_printf(out, "%%%02X", (unsigned)c);
		else
			buf_add_char(out, *name);
	}
}

static int
add_file(struct walk *w, const char *name, const char *path, struct err *e)
{
	AUTO_FD int fd = openat(
	    w->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "entry '%s': open", path);
	*w->bytes += st.st_size;
	if (st.st_size > w->limits->file_bytes)
		return err_set(e, ERR_LIMIT,
		    "entry '%s': longer than %lld bytes", path,
		    (long long)w->limits->file_bytes);
	if (*w->bytes > w->limits->tree_bytes)
		return err_set(e, ERR_LIMIT,
		    "entry '%s': the tree is longer than %lld bytes", path,
		    (long long)w->limits->tree_bytes);
	struct digest_text digest;
	int rc = digest_of_fd(DIGEST_SHA256, fd, &digest, e);
	if (rc < 0)
		return err_wrap(e, "entry '%s'", path);
	unsigned mode = st.st_mode & 07777;
	if (w->flags & MANIFEST_FOREIGN)
		mode = mode & 0100 ? 0755 : 0644;
	buf_printf(
	    w->out, "f %04o %lld %s ", mode, (long long)st.st_size, digest.hex);
	return 0;
}

static int
add_link(struct walk *w, const char *name, const char *path, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(w->dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return err_sys(e, "entry '%s': read link", path);
	target[n] = '\0';
	int rc = safepath_link(path, target, e);
	if (rc < 0)
		return rc;
	buf_add_str(w->out, "l ");
	add_name(w->out, target);
	buf_add_char(w->out, ' ');
	return 0;
}

static int
add_entry(const char *name, void *arg, struct err *e)
{
	struct walk *w = arg;
	if ((w->flags & MANIFEST_FOREIGN) && text_eq(name, ".git"))
		return 0;
	AUTO_STR char *path = xasprintf("%s%s", w->prefix, name);
	struct stat st;
	if (fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "entry '%s'", path);
	if (++*w->entries > w->limits->entries)
		return err_set(e, ERR_LIMIT,
		    "entry '%s': more than %lld entries", path,
		    (long long)w->limits->entries);
	int rc = 0;
	if (S_ISREG(st.st_mode)) {
		rc = add_file(w, name, path, e);
	} else if (S_ISLNK(st.st_mode)) {
		rc = add_link(w, name, path, e);
	} else if (S_ISDIR(st.st_mode)) {
		unsigned mode = st.st_mode & 07777;
		if (w->flags & MANIFEST_FOREIGN)
			mode = 0755;
		buf_printf(w->out, "d %04o ", mode);
	} else {
		return err_set(e, ERR_INVALID,
		    "entry '%s': neither file, directory nor link", path);
	}
	if (rc < 0)
		return rc;
	add_name(w->out, path);
	buf_add_char(w->out, '\n');
	if (!S_ISDIR(st.st_mode))
		return 0;
	AUTO_FD int dir = openat(
	    w->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "entry '%s': open", path);
	struct walk inner = *w;
	inner.dir = dir;
	inner.depth++;
	return walk_dir(&inner, path, e);
}

static int
walk_dir(struct walk *w, const char *path, struct err *e)
{
	if (w->depth > SAFEPATH_MAX_DEPTH)
		return err_set(
		    e, ERR_LIMIT, "entry '%s': too many directories", path);
	AUTO_STR char *prefix =
	    path[0] != '\0' ? xasprintf("%s/", path) : xstrdup("");
	w->prefix = prefix;
	return fsat_each(w->dir, add_entry, w, e);
}

int
manifest_make(int dirfd, const struct fetch_limits *limits, unsigned flags,
    struct buf *out, struct err *e)
{
	int64_t entries = 0, bytes = 0;
	struct walk w = { .limits = limits,
		.flags = flags,
		.out = out,
		.dir = dirfd,
		.entries = &entries,
		.bytes = &bytes };
	buf_add_str(out, "rightlink-tree 1\n");
	int rc = walk_dir(&w, "", e);
	if (rc == 0 && buf_failed(out))
		rc = err_set(e, ERR_LIMIT, "manifest longer than %zu bytes",
		    out->max_bytes);
	return rc;
}

struct digest_text
manifest_id(const struct buf *manifest)
{
	return digest_of(
	    DIGEST_SHA256, (struct str){ manifest->data, manifest->len });
}

/* The path is the last word of a line. */
static char *
path_of_line(struct str line)
{
	size_t start = line.len;
	while (start > 0 && line.data[start - 1] != ' ')
		start--;
	return xstrndup(line.data + start, line.len - start);
}

char *
manifest_first_difference(const char *want, const char *have)
{
	struct str a = str_from(want), b = str_from(have);
	struct str line_a = { NULL, 0 }, line_b = { NULL, 0 };
	bool has_a, has_b;
	do {
		has_a = str_split(&a, '\n', &line_a) && line_a.len > 0;
		has_b = str_split(&b, '\n', &line_b) && line_b.len > 0;
	} while (has_a && has_b && str_eq(line_a, line_b));
	if (!has_a && !has_b)
		return NULL;
	AUTO_STR char *path_a = has_a ? path_of_line(line_a) : NULL;
	AUTO_STR char *path_b = has_b ? path_of_line(line_b) : NULL;
	/* The smaller name is the one that the other side lacks. */
	if (path_a != NULL && (path_b == NULL || strcmp(path_a, path_b) <= 0))
		return TAKE(path_a);
	return TAKE(path_b);
}
