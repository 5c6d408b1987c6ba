/* SPDX-License-Identifier: MIT */
/*
 * Starting and reaping children.
 *
 * The child shares our memory until it execs (CLONE_VM | CLONE_VFORK), so a
 * start costs the same however large we are; we are suspended meanwhile.
 * Hence the trickiest invariant: between clone and exec the child writes to
 * nothing but its own stack and struct launch, allocates nothing, and calls
 * only plain system calls (the raw ones for ids: the C library's would
 * signal our other threads). A child that changes its ids gets a copy of our
 * memory instead, so that no foreign user ever shares it.
 */
#include "common/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/proc_priv.h"

#define STACK_BYTES ((size_t)128 * 1024)
#define FIRST_SAFE_FD 10

enum launch_step {
	STEP_FDS,
	STEP_GROUPS,
	STEP_GID,
	STEP_UID,
	STEP_CWD,
	STEP_EXEC,
};

/* Lives in the shared pages of the child's stack. */
struct launch {
	const struct proc_spec *spec;
	char *const *paths; /* candidates for execve, NULL-terminated */
	char **script;      /* /bin/sh PATH ARGS..., PATH to be filled in */
	char *const *env;
	int fds[3]; /* become 0, 1, 2 */
	enum launch_step failed_step;
	int failed_sys; /* 0: exec succeeded */
};

static int
fail(struct launch *l, enum launch_step step)
{
	l->failed_sys = errno != 0 ? errno : EINVAL;
	l->failed_step = step;
	return -1;
}

static NO_GUARD_ZONES void
reset_signals(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, now;
	for (int n = 1; n < NSIG; n++) {
		if (sigaction(n, NULL, &now) == 0 && now.sa_handler != SIG_DFL)
			sigaction(n, &usual, NULL);
	}
}

/* Sources first move out of the way of their targets 0..3. */
static NO_GUARD_ZONES int
place_fds(struct launch *l)
{
	int from[4] = { l->fds[0], l->fds[1], l->fds[2], l->spec->fd3 };
	int count = l->spec->fd3 > 0 ? 4 : 3;
	for (int i = 0; i < count; i++) {
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
		if (from[i] < 0)
			return fail(l, STEP_FDS);
	}
	for (int i = 0; i < count; i++)
		if (dup2(from[i], i) < 0)
			return fail(l, STEP_FDS);
	if (syscall(SYS_close_range, (unsigned)count, ~0u, 0) < 0) {
		long most = sysconf(_SC_OPEN_MAX);
		for (int fd = count; fd < most && fd < 65536; fd++)
			close(fd);
	}
	return 0;
}

static NO_GUARD_ZONES int
become_user(struct launch *l)
{
	const struct proc_spec *s = l->spec;
	if (s->set_uid && !(s->flags & PROC_KEEP_GROUPS) &&
	    syscall(SYS_setgroups, 0, NULL) < 0 && geteuid() == 0)
		return fail(l, STEP_GROUPS);
	if (s->set_gid && syscall(SYS_setresgid, s->gid, s->gid, s->gid) < 0)
		return fail(l, STEP_GID);
	if (s->set_uid && syscall(SYS_setresuid, s->uid, s->uid, s->uid) < 0)
		return fail(l, STEP_UID);
	return 0;
}

/* As execvp: goes on after "not there", remembers "not allowed", and gives a
 * text without an interpreter line to the shell. */
static NO_GUARD_ZONES int
exec_first(struct launch *l)
{
	int kept = ENOENT;
	for (char *const *path = l->paths; *path != NULL; path++) {
		execve(*path, (char *const *)(uintptr_t)l->spec->argv, l->env);
		if (errno == ENOEXEC) {
			l->script[1] = *path;
			execve("/bin/sh", l->script, l->env);
		}
		if (errno == EACCES)
			kept = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR)
			return fail(l, STEP_EXEC);
	}
	errno = kept;
	return fail(l, STEP_EXEC);
}

static NO_GUARD_ZONES int
child_main(void *arg)
{
	struct launch *l = arg;
	const struct proc_spec *s = l->spec;
	setsid();
	reset_signals();
	if (place_fds(l) < 0 || become_user(l) < 0)
		_exit(127);
	if (s->flags & PROC_DIE_WITH_US)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (s->set_umask)
		umask(s->umask);
	if (s->cwd != NULL && chdir(s->cwd) < 0) {
		fail(l, STEP_CWD);
		_exit(127);
	}
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	exec_first(l);
	_exit(127);
}

static int
report(const struct launch *l, struct err *e)
{
	const struct proc_spec *s = l->spec;
	int sys = l->failed_sys, rc = ERR_SYS;
	const char *program = s->argv[0];
	switch (l->failed_step) {
	case STEP_FDS:
		return err_sysno(e, sys, "run '%s': descriptors", program);
	case STEP_GROUPS:
		return err_sysno(e, sys, "run '%s': drop groups", program);
	case STEP_GID:
		return err_sysno(e, sys, "run '%s': become group %u", program,
		    (unsigned)s->gid);
	case STEP_UID:
		return err_sysno(e, sys, "run '%s': become user %u", program,
		    (unsigned)s->uid);
	case STEP_CWD:
		rc = err_sysno(
		    e, sys, "run '%s': enter directory '%s'", program, s->cwd);
		break;
	case STEP_EXEC:
		rc = err_sysno(e, sys, "run '%s'", program);
		break;
	}
	if (sys != ENOENT)
		return rc;
	if (e != NULL)
		e->code = ERR_ABSENT;
	return ERR_ABSENT;
}

static const char *
find_path_variable(const struct proc_spec *s)
{
	if (s->env == NULL)
		return getenv("PATH");
	for (const char *const *v = s->env; *v != NULL; v++)
		if (text_has_prefix(*v, "PATH="))
			return *v + 5;
	return NULL;
}

static void
free_texts(char ***list)
{
	for (char **p = *list; p != NULL && *p != NULL; p++)
		free(*p);
	free(*list);
}

/* The paths to try, in order. */
static char **
make_paths(const struct proc_spec *s)
{
	const char *program = s->argv[0];
	bool search =
	    (s->flags & PROC_SEARCH_PATH) && strchr(program, '/') == NULL;
	const char *path = search ? find_path_variable(s) : NULL;
	if (search && path == NULL)
		path = "/bin:/usr/bin";
	size_t len = 0, room = 2;
	for (const char *p = path; p != NULL && *p != '\0'; p++)
		room += *p == ':';
	char **list = xcalloc(room, sizeof(*list));
	if (!search)
		list[len++] = xstrdup(program);
	struct str rest = str_from(path), part;
	while (search && *program != '\0' && str_split(&rest, ':', &part)) {
		AUTO_STR char *dir = xstrndup(part.data, part.len);
		list[len++] = path_join(part.len > 0 ? dir : ".", program);
	}
	return list;
}

/* "/bin/sh", room for the path, then the arguments. */
static char **
make_script(const struct proc_spec *s)
{
	size_t count = 0;
	while (s->argv[count] != NULL)
		count++;
	char **list = xcalloc(count + 2, sizeof(*list));
	list[0] = (char *)(uintptr_t) "/bin/sh";
	for (size_t i = 1; i < count; i++)
		list[i + 1] = (char *)(uintptr_t)s->argv[i];
	return list;
}

static void
free_list(char ***list)
{
	free(*list);
}

/* Born in its group: moving a running process there stops all of the machine's
 * forks for some milliseconds. It gets a copy of our memory, since the C
 * library has no clone3 with a stack. Negative, with errno: the kernel cannot.
 */
static NO_GUARD_ZONES pid_t
clone_into_group(struct launch *l, int cgroup_fd, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned)cgroup_fd,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		child_main(l);
	return (pid_t)pid;
}

/* The way of older kernels; what it did until now it did outside. */
static void
move_into_group(int cgroup_fd, pid_t pid)
{
	AUTO_FD int fd =
	    openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	AUTO_STR char *text = xasprintf("%d", (int)pid);
	struct err ignored = { 0 };
	if (fd >= 0)
		(void)!fd_write_all(fd, text, strlen(text), &ignored);
}

static pid_t
clone_child(struct launch *l, unsigned char *stack, int *ret_pidfd)
{
	const struct proc_spec *s = l->spec;
	if (s->cgroup_fd > 0) {
		pid_t pid = clone_into_group(l, s->cgroup_fd, ret_pidfd);
		if (pid > 0)
			return pid;
	}
	bool share = !s->set_uid && !s->set_gid;
	int flags = CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	if (share)
		flags |= CLONE_VM;
	pid_t pid = clone(child_main, stack + STACK_BYTES, flags, l, ret_pidfd);
	int sys = errno;
	if (pid > 0 && s->cgroup_fd > 0)
		move_into_group(s->cgroup_fd, pid);
	errno = sys;
	return pid;
}

static int
launch_child(const struct proc_spec *s, const int fds[3], struct proc *ret_proc,
    struct err *e)
{
	AUTO(free_texts) char **paths = make_paths(s);
	AUTO(free_list) char **script = make_script(s);
	unsigned char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		return err_sys(e, "run '%s': map a stack", s->argv[0]);
	struct launch *l = (struct launch *)(void *)stack;
	*l = (struct launch){
		.spec = s,
		.paths = paths,
		.script = script,
		.env =
		    s->env != NULL ? (char *const *)(uintptr_t)s->env : environ,
		.fds = { fds[0], fds[1], fds[2] },
	};
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int pidfd = -1;
	pid_t pid = clone_child(l, stack, &pidfd);
	int sys = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	int rc = 0;
	if (pid < 0) {
		rc = err_sysno(e, sys, "run '%s': clone", s->argv[0]);
	} else if (l->failed_sys != 0) {
		rc = report(l, e);
		waitpid(pid, NULL, 0);
		fd_close(&pidfd);
	} else {
		ret_proc->pid = pid;
		ret_proc->pidfd = pidfd;
	}
	munmap(stack, STACK_BYTES);
	return rc;
}

/* stdin: a file in memory, so that nobody has to feed it. */
static int
open_input(struct str input, struct err *e)
{
	if (input.data == NULL) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return fd < 0 ? err_sys(e, "open '/dev/null'") : fd;
	}
	AUTO_FD int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "input of a child");
	int rc = fd_write_all(fd, input.data, input.len, e);
	if (rc < 0)
		return rc;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "input of a child");
	return TAKE_FD(fd);
}

static int
make_pipe(int *ret_read, int *ret_write, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		int rc = err_sys(e, "pipe");
		close(ends[0]);
		close(ends[1]);
		return rc;
	}
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

int
proc_start(const struct proc_spec *s, struct proc *ret_proc, struct err *e)
{
	ASSERT(s->argv != NULL && s->argv[0] != NULL);
	AUTO_FD int in = open_input(s->input, e);
	AUTO_FD int out_read = -1;
	AUTO_FD int out_write = -1;
	AUTO_FD int err_read = -1;
	AUTO_FD int err_write = -1;
	int fds[3] = { in, STDOUT_FILENO, STDERR_FILENO };
	if (in < 0)
		return in;
	int rc = 0;
	if (!(s->flags & PROC_INHERIT_STDIO)) {
		rc = make_pipe(&out_read, &out_write, e);
		fds[1] = fds[2] = out_write;
		if (rc == 0 && !(s->flags & PROC_MERGE_STDERR)) {
			rc = make_pipe(&err_read, &err_write, e);
			fds[2] = err_write;
		}
	} else if (s->flags & PROC_MERGE_STDERR) {
		fds[2] = STDOUT_FILENO;
	}
	struct proc p = { .pid = -1, .pidfd = -1 };
	if (rc == 0)
		rc = launch_child(s, fds, &p, e);
	if (rc < 0)
		return rc;
	p.out_fd = TAKE_FD(out_read);
	p.err_fd = TAKE_FD(err_read);
	proc_remember(p.pid);
	*ret_proc = p;
	return 0;
}

void
proc_kill(const struct proc *p, int signal_number)
{
	if (p->pid > 0)
		kill(-p->pid, signal_number);
}

int
proc_finish(struct proc *p, struct proc_result *r, struct err *e)
{
	int status = 0;
	pid_t pid;
	do
		pid = waitpid(p->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	int rc = 0;
	if (pid < 0)
		rc = err_sys(e, "wait for process %d", (int)p->pid);
	else if (r != NULL) {
		r->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		r->pid = p->pid;
	}
	proc_forget(p->pid);
	fd_close(&p->pidfd);
	fd_close(&p->out_fd);
	fd_close(&p->err_fd);
	p->pid = -1;
	return rc;
}
