/* SPDX-License-Identifier: MIT */
/*
 * A directory of this machine: a copy of it is what runs, so that a run does
 * not change under its feet. ".git" is left out. A copy that the store has is
 * found by the manifest, before anything is copied.
 */
#include "cookbooks-cache/source_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "cookbooks-cache/manifest.h"

struct copy {
	struct stage *stage;
	int dir;
	const char *prefix;
};

static int
copy_file(struct copy *c, const char *name, const char *path, struct err *e)
{
	AUTO_FD int fd = openat(
	    c->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "entry '%s': open", path);
	__attribute__((
	    cleanup(stage_file_close))) struct stage_file to = { .fd = -1 };
	int rc = stage_file_open(c->stage, path, st.st_mode & 0100, &to, e);
	char chunk[65536];
	while (rc == 0) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "entry '%s': read", path);
		if (n == 0)
			break;
		rc = stage_file_write(
		    c->stage, &to, (struct str){ chunk, (size_t)n }, e);
	}
	return rc;
}

static int
copy_entry(const char *name, void *arg, struct err *e)
{
	struct copy *c = arg;
	if (text_eq(name, ".git"))
		return 0;
	AUTO_STR char *path = xasprintf("%s%s", c->prefix, name);
	struct stat st;
	if (fstatat(c->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "entry '%s'", path);
	if (S_ISREG(st.st_mode))
		return copy_file(c, name, path, e);
	if (S_ISLNK(st.st_mode)) {
		char target[PATH_MAX];
		ssize_t n =
		    readlinkat(c->dir, name, target, sizeof(target) - 1);
		if (n < 0)
			return err_sys(e, "entry '%s': read link", path);
		target[n] = '\0';
		return stage_link(c->stage, path, target, e);
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INVALID,
		    "entry '%s': neither file, directory nor link", path);
	int rc = stage_dir(c->stage, path, e);
	AUTO_FD int dir = openat(
	    c->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rc == 0 && dir < 0)
		rc = err_sys(e, "entry '%s': open", path);
	if (rc < 0)
		return rc;
	AUTO_STR char *prefix = xasprintf("%s/", path);
	struct copy inner = { c->stage, dir, prefix };
	return fsat_each(dir, copy_entry, &inner, e);
}

static int
fill_stage(struct stage *s, void *arg, struct err *e)
{
	struct copy c = { s, *(const int *)arg, "" };
	return fsat_each(c.dir, copy_entry, &c, e);
}

int
source_fetch_directory(const struct source_context *c, const struct source *s,
    struct fetched *ret, struct err *e)
{
	if (s->url[0] != '/')
		return err_set(e, ERR_INVALID,
		    "directory '%s': not an absolute path", s->url);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, s->url, e);
	if (dir < 0)
		return dir;
	AUTO_BUF struct buf manifest = BUF_INIT(MANIFEST_MAX_BYTES);
	int rc = manifest_make(dir, &c->limits, MANIFEST_FOREIGN, &manifest, e);
	if (rc < 0)
		return err_wrap(e, "directory '%s'", s->url);
	struct digest_text id = manifest_id(&manifest);
	if (store_tree_check(c->store, id.hex, &c->limits, NULL) == 0) {
		ret->id = id;
		ret->is_cached = true;
		return 0;
	}
	rc = source_make_tree(c, fill_stage, &dir, ret, e);
	return rc < 0 ? err_wrap(e, "directory '%s'", s->url) : 0;
}
