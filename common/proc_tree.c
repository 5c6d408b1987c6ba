/* SPDX-License-Identifier: MIT */
/*
 * Finding and killing what a child left behind. A descendant of the child is
 * a process of its session, a process orphaned to us since its start (we are
 * the sub-reaper meanwhile), or a descendant of one of these. Other children
 * that we run, or had before, are never touched.
 */
#include "common/proc_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"

#define MAX_SWEEPS 50
#define SWEEP_PAUSE_US 2000
#define ENVIRON_MAX_BYTES ((size_t)4 << 20)

struct pid_list {
	pid_t *list;
	size_t len, room;
};

static void
pids_add(struct pid_list *p, pid_t pid)
{
	if (p->len == p->room) {
		p->room = p->room > 0 ? p->room * 2 : 16;
		p->list = xreallocarray(p->list, p->room, sizeof(*p->list));
	}
	p->list[p->len++] = pid;
}

static bool
pids_has(const pid_t *list, size_t len, pid_t pid)
{
	for (size_t i = 0; i < len; i++)
		if (list[i] == pid)
			return true;
	return false;
}

static struct pid_list running;

void
proc_remember(pid_t pid)
{
	pids_add(&running, pid);
}

void
proc_forget(pid_t pid)
{
	for (size_t i = 0; i < running.len; i++)
		if (running.list[i] == pid) {
			running.list[i] = running.list[--running.len];
			break;
		}
	if (running.len > 0)
		return;
	free(running.list);
	running = (struct pid_list){ 0 };
}

struct entry {
	pid_t pid, parent, session;
	char state;
};

struct snapshot {
	struct entry *list;
	size_t len, room;
};

static void
snapshot_release(struct snapshot *s)
{
	free(s->list);
}

/* /proc/PID/stat: "pid (name) state ppid pgrp session ..."; the name may
 * hold blanks and parentheses. */
static bool
read_entry(int proc_fd, const char *name, struct entry *ret)
{
	AUTO_STR char *path = xasprintf("%s/stat", name);
	AUTO_FD int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	const char *rest = strrchr(text, ')');
	int parent, group, session;
	char state;
	if (rest == NULL || sscanf(rest, ") %c %d %d %d", &state, &parent,
				&group, &session) != 4)
		return false;
	*ret = (struct entry){ .pid = (pid_t)strtol(name, NULL, 10),
		.parent = parent,
		.session = session,
		.state = state };
	return true;
}

static void
snapshot_take(struct snapshot *s)
{
	DIR *dir = opendir("/proc");
	if (dir == NULL)
		return;
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		struct entry entry;
		if (d->d_name[0] < '1' || d->d_name[0] > '9' ||
		    !read_entry(dirfd(dir), d->d_name, &entry))
			continue;
		if (s->len == s->room) {
			s->room = s->room > 0 ? s->room * 2 : 128;
			s->list =
			    xreallocarray(s->list, s->room, sizeof(*s->list));
		}
		s->list[s->len++] = entry;
	}
	closedir(dir);
}

/* Trees open and close in any order: the last one out restores. */
static int open_trees, was_subreaper;

void
proc_tree_begin(struct proc_tree *t)
{
	*t = (struct proc_tree){ 0 };
	if (open_trees++ == 0)
		prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	AUTO(snapshot_release) struct snapshot s = { 0 };
	snapshot_take(&s);
	struct pid_list before = { 0 };
	for (size_t i = 0; i < s.len; i++)
		if (s.list[i].parent == getpid())
			pids_add(&before, s.list[i].pid);
	t->before = before.list;
	t->before_len = before.len;
}

static bool
is_spared(const struct proc_tree *t, pid_t pid)
{
	return pid == getpid() || pids_has(running.list, running.len, pid) ||
	       pids_has(t->before, t->before_len, pid);
}

/* The descendants alive or not yet reaped, parents before children. */
static struct pid_list
find_descendants(
    const struct proc_tree *t, pid_t session, const struct snapshot *s)
{
	struct pid_list found = { 0 };
	size_t before;
	do {
		before = found.len;
		for (size_t i = 0; i < s->len; i++) {
			const struct entry *p = &s->list[i];
			bool is_ours =
			    p->session == session || p->parent == getpid() ||
			    pids_has(found.list, found.len, p->parent);
			if (is_ours && !is_spared(t, p->pid) &&
			    !pids_has(found.list, found.len, p->pid))
				pids_add(&found, p->pid);
		}
	} while (found.len != before);
	return found;
}

void
proc_tree_kill(struct proc_tree *t, pid_t session)
{
	for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
		AUTO(snapshot_release) struct snapshot s = { 0 };
		snapshot_take(&s);
		struct pid_list found = find_descendants(t, session, &s);
		for (size_t i = 0; i < found.len; i++)
			kill(found.list[i], SIGKILL);
		/* Parents first: their children become ours and end too. */
		for (size_t i = 0; i < found.len; i++)
			waitpid(found.list[i], NULL, 0);
		free(found.list);
		if (found.len == 0)
			return;
	}
}

void
proc_tree_end(struct proc_tree *t)
{
	if (--open_trees == 0 && !was_subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	free(t->before);
	*t = (struct proc_tree){ 0 };
}

struct proc_tree *
proc_tree_open(void)
{
	struct proc_tree *t = xcalloc(1, sizeof(*t));
	proc_tree_begin(t);
	return t;
}

void
proc_tree_close(struct proc_tree **t)
{
	if (t == NULL || *t == NULL)
		return;
	proc_tree_end(*t);
	free(*t);
	*t = NULL;
}

static bool
has_mark(pid_t pid, const char *line)
{
	char path[64];
	if (snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid) < 0)
		return false;
	struct err ignored = { 0 };
	AUTO_BUF struct buf env = BUF_INIT(ENVIRON_MAX_BYTES);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, ENVIRON_MAX_BYTES, &env, &ignored) < 0)
		return false;
	struct str rest = { env.data, env.len }, part;
	while (str_split(&rest, '\0', &part)) {
		if (str_eq_text(part, line))
			return true;
	}
	return false;
}

static void
add_descendants(struct pid_list *found, const struct snapshot *s)
{
	size_t before;
	do {
		before = found->len;
		for (size_t i = 0; i < s->len; i++) {
			const struct entry *p = &s->list[i];
			if (p->state != 'Z' && p->pid != getpid() &&
			    pids_has(found->list, found->len, p->parent) &&
			    !pids_has(found->list, found->len, p->pid))
				pids_add(found, p->pid);
		}
	} while (found->len != before);
}

size_t
proc_kill_marked(const char *mark)
{
	AUTO_STR char *line = xasprintf("%s=%s", PROC_MARK_ENV, mark);
	size_t killed = 0;
	for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
		AUTO(snapshot_release) struct snapshot s = { 0 };
		snapshot_take(&s);
		struct pid_list found = { 0 };
		for (size_t i = 0; i < s.len; i++) {
			pid_t pid = s.list[i].pid;
			if (pid != getpid() && s.list[i].state != 'Z' &&
			    has_mark(pid, line))
				pids_add(&found, pid);
		}
		add_descendants(&found, &s);
		for (size_t i = 0; i < found.len; i++)
			kill(found.list[i], SIGKILL);
		size_t len = found.len;
		free(found.list);
		killed += len;
		if (len == 0)
			break;
		/* They end as soon as they are scheduled. */
		usleep(SWEEP_PAUSE_US);
	}
	return killed;
}
