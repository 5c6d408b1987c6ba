/* SPDX-License-Identifier: MIT */
/* scripts/NAME/: finding the one executable file of each, and its header. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"

#define SCRIPTS_MAX 200

struct scan {
	struct bundle_reader *reader;
	struct bundle_script *script;
	const char *parent; /* directory of the scripts */
	int dirfd;
	int executables;
};

static int
look_for_executable(const char *name, void *arg, struct err *e)
{
	(void)e;
	struct scan *scan = arg;
	struct stat st;
	if (fstatat(scan->dirfd, name, &st, 0) < 0 || !S_ISREG(st.st_mode) ||
	    !(st.st_mode & S_IXUSR))
		return 0;
	struct bundle *b = scan->reader->bundle;
	scan->executables++;
	scan->script->file =
	    arena_printf(b->arena, "%s/%s", scan->script->dir, name);
	return 0;
}

static int
read_script(struct scan *scan, struct err *e)
{
	struct bundle_reader *r = scan->reader;
	struct bundle_script *s = scan->script;
	int rc = fsat_each(scan->dirfd, look_for_executable, scan, e);
	if (rc < 0)
		return rc;
	const char *where = r->where;
	r->where = s->dir;
	if (scan->executables != 1)
		reader_fault(r, NULL,
		    "must hold exactly one executable file, found %d",
		    scan->executables);
	r->where = where;
	if (scan->executables != 1)
		return 0;
	AUTO_STR char *attachments = path_join(s->dir, "attachments");
	struct stat st;
	if (stat(attachments, &st) == 0 && S_ISDIR(st.st_mode))
		s->attachments = reader_dup(r, attachments);
	AUTO_BUF struct buf text = BUF_INIT(BUNDLE_SCRIPT_MAX_BYTES);
	rc = fsat_read(AT_FDCWD, s->file, BUNDLE_SCRIPT_MAX_BYTES, &text, e);
	if (rc < 0)
		return rc;
	return script_header_read(r, s, (struct str){ text.data, text.len }, e);
}

static int
read_one(const char *name, void *arg, struct err *e)
{
	struct scan *outer = arg;
	struct bundle_reader *r = outer->reader;
	struct bundle *b = r->bundle;
	struct stat st;
	if (fstatat(outer->dirfd, name, &st, 0) < 0 || !S_ISDIR(st.st_mode) ||
	    name[0] == '.' || bundle_find_script(b, name) != NULL)
		return 0;
	if (!is_plain_name(name, " _-.")) {
		reader_fault(r, NULL,
		    "scripts/%.64s: is no name of a script: letters, digits, "
		    "blanks, - _ .",
		    name);
		return 0;
	}
	if (b->scripts_len == SCRIPTS_MAX)
		return err_set(
		    e, ERR_LIMIT, "more than %d scripts", SCRIPTS_MAX);
	AUTO_FD int fd = fsat_open_dir(outer->dirfd, name, e);
	if (fd < 0)
		return fd;
	struct bundle_script *s = &b->scripts[b->scripts_len];
	memset(s, 0, sizeof(*s));
	s->name = s->title = reader_dup(r, name);
	s->dir = arena_printf(b->arena, "%s/%s", outer->parent, name);
	struct scan scan = { .reader = r, .script = s, .dirfd = fd };
	int rc = read_script(&scan, e);
	if (rc == 0 && s->file != NULL)
		b->scripts_len++;
	return rc;
}

int
read_scripts(struct bundle_reader *r, const char *dir, struct err *e)
{
	struct bundle *b = r->bundle;
	if (b->scripts == NULL)
		b->scripts =
		    arena_array_of(b->arena, struct bundle_script, SCRIPTS_MAX);
	struct err error = { 0 };
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, dir, &error);
	if (fd == ERR_ABSENT)
		return 0;
	if (fd < 0)
		return err_set(e, ERR_SYS, "%s", error.text);
	struct scan scan = {
		.reader = r, .parent = reader_dup(r, dir), .dirfd = fd
	};
	return fsat_each(fd, read_one, &scan, e);
}
