/* SPDX-License-Identifier: MIT */
/* Links of one run; see the header. */
#include "cookbooks-cache/view.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/jsn.h"

#define LINKS_MAGIC 0x6c6e6b73u
#define METADATA_MAX_BYTES ((size_t)1 << 20)

struct view {
	unsigned magic;
	char *path, *temp;
	int dir;
};

int
view_begin(const char *path, struct view **ret_view, struct err *e)
{
	if (path[0] != '/')
		return err_set(
		    e, ERR_INVALID, "view '%s': not an absolute path", path);
	char ulid[ULID_TEXT_BYTES];
	ulid_new(ulid);
	AUTO(view_free) struct view *v = xcalloc(1, sizeof(*v));
	v->magic = LINKS_MAGIC;
	v->path = xstrdup(path);
	v->temp = xasprintf("%s.%s", path, ulid);
	v->dir = -1;
	if (mkdir(v->temp, 0755) < 0)
		return err_sys(e, "view '%s': make", v->temp);
	v->dir = fsat_open_dir(AT_FDCWD, v->temp, e);
	if (v->dir < 0)
		return v->dir;
	*ret_view = TAKE(v);
	return 0;
}

static bool
exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, 0) == 0;
}

static bool
is_cookbook(int dir)
{
	return exists(dir, "metadata.rb") || exists(dir, "metadata.json") ||
	       exists(dir, "recipes") || exists(dir, "resources") ||
	       exists(dir, "libraries");
}

/* The literal of a line `name "x"` or `name 'x'`; anything else is Ruby that
 * only the cook may run. */
static char *
name_in_ruby(struct str text)
{
	struct str line;
	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (!str_has_prefix(line, "name"))
			continue;
		struct str rest =
		    str_trim((struct str){ line.data + 4, line.len - 4 });
		if (rest.len < 3 ||
		    (rest.data[0] != '"' && rest.data[0] != '\''))
			continue;
		const char *end =
		    memchr(rest.data + 1, rest.data[0], rest.len - 1);
		if (end != NULL)
			return xstrndup(
			    rest.data + 1, (size_t)(end - rest.data - 1));
	}
	return NULL;
}

static bool
is_link_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL &&
	       strlen(name) <= 200;
}

static char *
cookbook_name(int dir, const char *fallback)
{
	AUTO(jsn_free) struct jsn *json = NULL;
	AUTO_STR char *name = NULL;
	AUTO_BUF struct buf ruby = BUF_INIT(METADATA_MAX_BYTES);
	if (jsn_load(dir, "metadata.json", METADATA_MAX_BYTES, &json, NULL) ==
	    0)
		name = xstrdup(jsn_peek_str(json, "name", ""));
	else if (fsat_read(
		     dir, "metadata.rb", METADATA_MAX_BYTES, &ruby, NULL) == 0)
		name = name_in_ruby((struct str){ ruby.data, ruby.len });
	if (name != NULL && is_link_name(name))
		return TAKE(name);
	return xstrdup(fallback);
}

static int
add_link(struct view *v, const char *name, const char *target, struct err *e)
{
	if (!is_link_name(name))
		return err_set(
		    e, ERR_INVALID, "view: '%s' is no name for it", name);
	if (unlinkat(v->dir, name, 0) < 0 && errno != ENOENT)
		return err_sys(e, "view '%s': replace '%s'", v->path, name);
	if (symlinkat(target, v->dir, name) < 0)
		return err_sys(e, "view '%s': link '%s'", v->path, name);
	return 0;
}

struct listing {
	struct view *view;
	int dir;
	const char *path;
	char *only; /* the one directory, when there is no other entry */
	int count, cookbooks;
};

static int
add_child(const char *name, void *arg, struct err *e)
{
	struct listing *l = arg;
	AUTO_FD int dir = openat(
	    l->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || name[0] == '.' || !is_cookbook(dir))
		return 0;
	l->cookbooks++;
	AUTO_STR char *target = path_join(l->path, name);
	return add_link(l->view, name, target, e);
}

static int
note_child(const char *name, void *arg, struct err *e)
{
	(void)e;
	struct listing *l = arg;
	struct stat st;
	bool is_dir = fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		      S_ISDIR(st.st_mode);
	l->count++;
	if (is_dir && l->count == 1)
		l->only = xstrdup(name);
	else
		str_free(&l->only);
	return 0;
}

static int
add_one(struct view *v, const char *tree, const char *name, struct err *e)
{
	AUTO_STR char *path = xstrdup(tree);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, path, e);
	if (dir < 0)
		return dir;
	if (!is_cookbook(dir)) {
		struct listing l = { .dir = dir };
		int rc = fsat_each(dir, note_child, &l, e);
		AUTO_STR char *only = l.only;
		if (rc < 0)
			return rc;
		int inner =
		    only == NULL
			? -1
			: openat(dir, only, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (inner < 0 || !is_cookbook(inner)) {
			fd_close(&inner);
			return err_set(e, ERR_INVALID,
			    "no cookbook there (no metadata.rb, recipes, "
			    "...)");
		}
		fd_close(&dir);
		dir = inner;
		char *longer = path_join(path, only);
		str_free(&path);
		path = longer;
	}
	AUTO_STR char *link = cookbook_name(dir, name);
	return add_link(v, link, path, e);
}

int
view_add(struct view *v, const char *tree, const char *name, const char *what,
    struct err *e)
{
	CHECK_OBJ(v, LINKS_MAGIC);
	if (text_eq(what, "cookbook"))
		return add_one(v, tree, name, e);
	if (!text_eq(what, "cookbooks"))
		return add_link(v, name, tree, e);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, tree, e);
	if (dir < 0)
		return dir;
	struct listing l = { .view = v, .dir = dir, .path = tree };
	int rc = fsat_each(dir, add_child, &l, e);
	if (rc == 0 && l.cookbooks == 0)
		rc =
		    err_set(e, ERR_INVALID, "no directory in it is a cookbook");
	return rc;
}

int
view_commit(struct view *v, struct err *e)
{
	CHECK_OBJ(v, LINKS_MAGIC);
	struct stat st;
	if (lstat(v->path, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(e, ERR_EXISTS,
		    "view '%s': something else is there", v->path);
	int rc = fsat_remove_tree(AT_FDCWD, v->path, e);
	if (rc < 0)
		return err_wrap(e, "view '%s'", v->path);
	if (rename(v->temp, v->path) < 0)
		return err_sys(e, "view '%s': rename", v->path);
	str_free(&v->temp);
	return 0;
}

void
view_free(struct view **v)
{
	if (v == NULL || *v == NULL)
		return;
	CHECK_OBJ(*v, LINKS_MAGIC);
	fd_close(&(*v)->dir);
	if ((*v)->temp != NULL)
		(void)!fsat_remove_tree(AT_FDCWD, (*v)->temp, NULL);
	str_free(&(*v)->temp);
	str_free(&(*v)->path);
	(*v)->magic = 0;
	free(*v);
	*v = NULL;
}
