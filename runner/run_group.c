/* SPDX-License-Identifier: MIT */
/* Control groups of runs: directories PREFIX + run id below our own group. */
#include "runner/run_group.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/proc.h"
#include "common/str.h"

#define PREFIX "rightlink-"
#define PROC_TEXT_MAX_BYTES ((size_t)4 << 20)

struct run_groups {
	char *base; /* directory of our own group; NULL: none */
};

static char *
read_text(const char *path)
{
	struct buf text = BUF_INIT(PROC_TEXT_MAX_BYTES);
	struct err ignored = { 0 };
	if (fsat_read(AT_FDCWD, path, PROC_TEXT_MAX_BYTES, &text, &ignored) <
	    0) {
		buf_release(&text);
		return NULL;
	}
	return buf_take(&text);
}

/* mountinfo: "ID PARENT DEVICE ROOT POINT OPTIONS... - TYPE SOURCE ..." */
static bool
parse_mount(struct str line, struct str *ret_root, struct str *ret_point)
{
	struct str rest = line, part = { NULL, 0 };
	bool is_group = false, past_dash = false;
	for (int i = 0; str_split(&rest, ' ', &part); i++) {
		if (i == 3)
			*ret_root = part;
		else if (i == 4)
			*ret_point = part;
		else if (past_dash) {
			is_group = str_eq_text(part, "cgroup2");
			break;
		} else if (i > 5 && str_eq_text(part, "-"))
			past_dash = true;
	}
	return is_group;
}

/* The directory of group `own` (as /proc/self/cgroup names it). */
static char *
find_directory(const char *mounts, const char *own)
{
	struct str rest = str_from(mounts), line;
	while (str_split(&rest, '\n', &line)) {
		struct str root = { NULL, 0 }, point = { NULL, 0 };
		if (!parse_mount(line, &root, &point))
			continue;
		size_t skip = root.len > 1 ? root.len : 0;
		if (skip > 0 && (strncmp(own, root.data, skip) != 0 ||
				    (own[skip] != '/' && own[skip] != '\0')))
			continue;
		const char *below = text_eq(own + skip, "/") ? "" : own + skip;
		return xasprintf("%.*s%s", STR_ARG(point), below);
	}
	return NULL;
}

static char *
find_base(void)
{
	AUTO_STR char *groups = read_text("/proc/self/cgroup");
	AUTO_STR char *mounts = read_text("/proc/self/mountinfo");
	if (groups == NULL || mounts == NULL)
		return NULL;
	struct str rest = str_from(groups), line;
	while (str_split(&rest, '\n', &line)) {
		if (!str_has_prefix(line, "0::/"))
			continue;
		AUTO_STR char *own = xstrndup(line.data + 3, line.len - 3);
		return find_directory(mounts, own);
	}
	return NULL;
}

static int
remove_empty(const char *name, void *arg, struct err *e)
{
	(void)e;
	const struct run_groups *g = arg;
	if (!text_has_prefix(name, PREFIX))
		return 0;
	AUTO_STR char *path = path_join(g->base, name);
	if (rmdir(path) < 0)
		return 0; /* it is in use, or another agent's */
	return 0;
}

/* A group can be made, and the kernel (5.14) can kill it whole. */
static bool
try_group(const struct run_groups *g)
{
	AUTO_STR char *probe =
	    xasprintf("%s/" PREFIX "probe-%d", g->base, (int)getpid());
	if (mkdir(probe, 0755) < 0)
		return false;
	AUTO_STR char *kill_file = path_join(probe, "cgroup.kill");
	bool works = access(kill_file, W_OK) == 0;
	return rmdir(probe) == 0 && works;
}

struct run_groups *
run_groups_open(void)
{
	struct run_groups *g = xcalloc(1, sizeof(*g));
	g->base = find_base();
	if (g->base != NULL && !try_group(g))
		str_free(&g->base);
	if (g->base == NULL)
		return g;
	struct err ignored = { 0 };
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, g->base, &ignored);
	if (fd >= 0 && fsat_each(fd, remove_empty, g, &ignored) < 0)
		str_free(&g->base);
	return g;
}

void
run_groups_close(struct run_groups **g)
{
	if (g == NULL || *g == NULL)
		return;
	free((*g)->base);
	free(*g);
	*g = NULL;
}

bool
run_groups_work(const struct run_groups *g)
{
	return g->base != NULL;
}

static bool
put(const struct run_groups *g, const char *run_id, const char *file,
    const char *text)
{
	AUTO_STR char *path =
	    xasprintf("%s/" PREFIX "%s/%s", g->base, run_id, file);
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct err ignored = { 0 };
	return fd >= 0 && fd_write_all(fd, text, strlen(text), &ignored) == 0;
}

int
run_group_make(const struct run_groups *g, const char *run_id)
{
	if (g->base == NULL)
		return -1;
	AUTO_STR char *path = xasprintf("%s/" PREFIX "%s", g->base, run_id);
	if (mkdir(path, 0755) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void
run_group_kill(const struct run_groups *g, const char *run_id)
{
	if (g->base == NULL || !put(g, run_id, "cgroup.kill", "1"))
		proc_kill_marked(run_id);
}

void
run_group_leave(const struct run_groups *g, const char *run_id)
{
	if (g->base == NULL)
		return;
	AUTO_STR char *path = xasprintf("%s/" PREFIX "%s", g->base, run_id);
	if (rmdir(path) < 0)
		return; /* found again by the next run_groups_open */
}
