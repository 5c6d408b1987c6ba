/* SPDX-License-Identifier: MIT */
/* Directories of the program and of its state. */
#include "runner/places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/str.h"

static char *
from_environment(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && value[0] == '/' ? xstrdup(value) : NULL;
}

static int
own_program(char **ret_path, struct err *e)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len < 0)
		return err_sys(e, "read link '/proc/self/exe'");
	path[len] = '\0';
	*ret_path = xstrdup(path);
	return 0;
}

static int
make_absolute(const char *path, char **ret_path, struct err *e)
{
	if (path[0] == '/') {
		*ret_path = xstrdup(path);
		return 0;
	}
	char cwd[PATH_MAX];
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return err_sys(e, "find the working directory");
	*ret_path = path_join(cwd, path);
	return 0;
}

/* bin/rightlink and libexec/rightlink/PROGRAM know one another by their
 * places. */
static void
find_prefix(struct places *p)
{
	AUTO_STR char *dir = path_dirname(p->program);
	AUTO_STR char *above = path_dirname(dir);
	bool inner = text_eq(path_basename(dir), "rightlink");
	AUTO_STR char *prefix = inner ? path_dirname(above) : xstrdup(above);
	if (inner) {
		free(p->program);
		p->program = path_join(prefix, "bin/rightlink");
	}
	if (p->libexec == NULL)
		p->libexec = inner ? xstrdup(dir)
				   : path_join(prefix, "libexec/rightlink");
	if (p->share == NULL)
		p->share = path_join(prefix, "share/rightlink");
}

int
places_find(const char *state_dir, const char *cron_dir,
    struct places *ret_places, struct err *e)
{
	struct places p = { .libexec = from_environment("RIGHTLINK_LIBEXEC"),
		.share = from_environment("RIGHTLINK_SHARE") };
	int rc = own_program(&p.program, e);
	if (rc == 0)
		find_prefix(&p);
	if (state_dir == NULL)
		state_dir = getenv("RIGHTLINK_STATE_DIR");
	if (state_dir == NULL || state_dir[0] == '\0')
		state_dir = "/var/lib/rightlink";
	if (rc == 0)
		rc = make_absolute(state_dir, &p.state, e);
	if (rc == 0)
		rc = make_absolute(
		    cron_dir != NULL ? cron_dir : "/etc/cron.d", &p.cron, e);
	if (rc < 0) {
		places_release(&p);
		return rc;
	}
	*ret_places = p;
	return 0;
}

void
places_release(struct places *p)
{
	str_free(&p->program);
	str_free(&p->libexec);
	str_free(&p->share);
	str_free(&p->state);
	str_free(&p->cron);
}

int
places_prepare(const struct places *p, struct err *e)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = {
		{ "runs", 0700 },
		{ "inbox", 0700 },
		{ "store", 0755 },
		{ "cache", 0755 },
		{ "backup", 0700 },
	};
	int rc = fsat_mkdir_all(AT_FDCWD, p->state, 0755, e);
	for (size_t i = 0; i < ARRAY_LEN(dirs) && rc >= 0; i++) {
		AUTO_STR char *path = places_state(p, dirs[i].name);
		rc = fsat_mkdir_all(AT_FDCWD, path, dirs[i].mode, e);
	}
	if (rc == ERR_SYS && (e->sys == EACCES || e->sys == EROFS))
		return err_wrap(
		    e, "state directory (another one: --state-dir DIR)");
	return rc < 0 ? err_wrap(e, "state directory") : 0;
}

char *
places_state(const struct places *p, const char *name)
{
	return path_join(p->state, name);
}
