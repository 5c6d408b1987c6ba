/* SPDX-License-Identifier: MIT */
/* Child processes: what they get, how they end, what they leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/proc.h"

static const char *const clean_env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C",
	NULL };

/* Runs a shell text with the rest of the spec as given. */
static void
run_shell(struct proc_spec spec, const char *text, struct proc_result *r)
{
	const char *const argv[] = { "/bin/sh", "-c", text, NULL };
	struct err e = { 0 };
	spec.argv = argv;
	if (spec.env == NULL)
		spec.env = clean_env;
	if (proc_run(&spec, r, &e) < 0)
		fail_msg("%s", e.text);
}

static void
output_and_status_come_back(void **state)
{
	(void)state;
	struct proc_result r;
	run_shell(
	    (struct proc_spec){ 0 }, "echo out; echo err >&2; exit 7", &r);
	assert_string_equal(buf_text(&r.out), "out\n");
	assert_string_equal(buf_text(&r.err), "err\n");
	assert_int_equal(r.status, 7);
	assert_int_equal(r.signal, 0);
	proc_result_release(&r);

	run_shell((struct proc_spec){ .flags = PROC_MERGE_STDERR },
	    "echo 1; echo 2 >&2; kill -9 $$", &r);
	assert_string_equal(buf_text(&r.out), "1\n2\n");
	assert_int_equal(r.status, -1);
	assert_int_equal(r.signal, SIGKILL);
	proc_result_release(&r);
}

static void
res_sh_4_stdin_is_empty_or_the_input(void **state)
{
	(void)state;
	struct proc_result r;
	run_shell((struct proc_spec){ 0 }, "cat; echo end", &r);
	assert_string_equal(buf_text(&r.out), "end\n");
	proc_result_release(&r);
	run_shell((struct proc_spec){ .input = STR("given") }, "cat", &r);
	assert_string_equal(buf_text(&r.out), "given");
	proc_result_release(&r);
}

static void
environment_and_descriptors_are_exact(void **state)
{
	(void)state;
	static const char *const env[] = { "A=1", NULL };
	AUTO_FD int leak = open("/dev/null", O_RDONLY);
	AUTO_FD int three = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	assert_true(leak >= 0 && three >= 0);
	struct proc_result r;
	const char *const argv[] = { "/usr/bin/env", NULL };
	struct proc_spec spec = { .argv = argv, .env = env };
	struct err e = { 0 };
	assert_int_equal(proc_run(&spec, &r, &e), 0);
	assert_string_equal(buf_text(&r.out), "A=1\n");
	proc_result_release(&r);

	/* In the shell itself: a pipeline would have descriptors of its own. */
	static const char list[] =
	    "for n in 0 1 2 3 4 5 6 7 8 9; do"
	    " [ -e /proc/$$/fd/$n ] && echo $n; done; readlink /proc/$$/fd/3";
	run_shell((struct proc_spec){ .fd3 = three }, list, &r);
	assert_string_equal(buf_text(&r.out), "0\n1\n2\n3\n/etc/passwd\n");
	proc_result_release(&r);
	run_shell((struct proc_spec){ 0 }, list, &r);
	assert_string_equal(buf_text(&r.out), "0\n1\n2\n");
	proc_result_release(&r);
}

static void
core_814_child_leads_its_own_session(void **state)
{
	(void)state;
	struct proc_result r;
	run_shell((struct proc_spec){ 0 },
	    "set -- $(cat /proc/$$/stat); echo $(($1 - $5)) $(($1 - $6))", &r);
	assert_string_equal(buf_text(&r.out), "0 0\n");
	proc_result_release(&r);
}

static void
res_sh_2_and_3_user_group_umask_cwd(void **state)
{
	(void)state;
	struct proc_result r;
	run_shell(
	    (struct proc_spec){
		.cwd = "/usr", .set_umask = true, .umask = 027 },
	    "pwd; umask", &r);
	assert_string_equal(buf_text(&r.out), "/usr\n0027\n");
	proc_result_release(&r);
	if (geteuid() != 0)
		return;
	run_shell((struct proc_spec){ .set_uid = true, .uid = 65534 },
	    "id -u; id -g; id -G", &r);
	assert_string_equal(buf_text(&r.out), "65534\n0\n0\n");
	proc_result_release(&r);
	run_shell(
	    (struct proc_spec){
		.set_uid = true, .uid = 65534, .set_gid = true, .gid = 65534 },
	    "id -u; id -g; id -G", &r);
	assert_string_equal(buf_text(&r.out), "65534\n65534\n65534\n");
	proc_result_release(&r);
}

/* A group of our own, where the machine lets us make one; "" else. */
static void
make_group(char path[64])
{
	static const char *const bases[] = { "/sys/fs/cgroup/unified",
		"/sys/fs/cgroup" };
	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		snprintf(path, 64, "%s/rl-test-%d", bases[i], (int)getpid());
		char kill_file[96];
		snprintf(kill_file, sizeof(kill_file), "%s/cgroup.kill", path);
		if (mkdir(path, 0755) == 0 && access(kill_file, F_OK) == 0)
			return;
		(void)!rmdir(path);
	}
	path[0] = '\0';
}

static void
a_child_is_born_in_its_control_group(void **state)
{
	(void)state;
	struct proc_result r;
	/* No group, so that the kernel refuses: it runs all the same. */
	AUTO_FD int none = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run_shell((struct proc_spec){ .cgroup_fd = none }, "echo runs", &r);
	assert_string_equal(buf_text(&r.out), "runs\n");
	proc_result_release(&r);
	struct err e = { 0 };
	const char *const gone[] = { "/no/such", NULL };
	assert_int_equal(
	    proc_run(
		&(struct proc_spec){ .argv = gone, .cgroup_fd = none }, &r, &e),
	    ERR_ABSENT);
	char path[64];
	make_group(path);
	if (path[0] == '\0')
		skip();
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run_shell((struct proc_spec){ .cgroup_fd = fd },
	    "cat /proc/self/cgroup; exit 3", &r);
	assert_non_null(strstr(buf_text(&r.out), strrchr(path, '/')));
	assert_int_equal(r.status, 3);
	proc_result_release(&r);
	assert_int_equal(
	    proc_run(
		&(struct proc_spec){ .argv = gone, .cgroup_fd = fd }, &r, &e),
	    ERR_ABSENT);
	assert_int_equal(rmdir(path), 0);
}

static int
start_failure(struct proc_spec spec, const char *program, struct err *e)
{
	const char *const argv[] = { program, NULL };
	struct proc_result r;
	spec.argv = argv;
	return proc_run(&spec, &r, e);
}

static void
start_failures_name_the_reason(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(
	    start_failure((struct proc_spec){ 0 }, "/no/such", &e), ERR_ABSENT);
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(
	    e.text, "run '/no/such': No such file or directory");
	assert_int_equal(start_failure((struct proc_spec){ .cwd = "/none" },
			     "/bin/true", &e),
	    ERR_ABSENT);
	assert_non_null(strstr(e.text, "enter directory '/none'"));
	assert_int_equal(
	    start_failure((struct proc_spec){ 0 }, "/etc/passwd", &e), ERR_SYS);
	assert_int_equal(e.sys, EACCES);
	assert_int_equal(
	    start_failure((struct proc_spec){ .flags = PROC_SEARCH_PATH,
			      .env = clean_env },
		"no-such-program", &e),
	    ERR_ABSENT);
	if (geteuid() == 0)
		assert_int_equal(
		    start_failure((struct proc_spec){ .set_uid = true,
				      .uid = 65534,
				      .set_gid = true,
				      .gid = 65534 },
			"/no/such", &e),
		    ERR_ABSENT);
}

static void
search_path_is_the_childs(void **state)
{
	(void)state;
	static const char *const argv[] = { "true", NULL };
	static const char *const none[] = { "PATH=/nonexistent", NULL };
	struct proc_spec spec = {
		.argv = argv, .env = clean_env, .flags = PROC_SEARCH_PATH
	};
	struct proc_result r;
	struct err e = { 0 };
	assert_int_equal(proc_run(&spec, &r, &e), 0);
	assert_int_equal(r.status, 0);
	proc_result_release(&r);
	spec.env = none;
	assert_int_equal(proc_run(&spec, &r, &e), ERR_ABSENT);
}

static void
script_without_interpreter_line_goes_to_the_shell(void **state)
{
	(void)state;
	char path[] = "/tmp/rl-unit-script-XXXXXX";
	int fd = mkstemp(path);
	static const char text[] = "echo \"$0:$1\"\n";
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	fchmod(fd, 0755);
	close(fd);
	const char *const argv[] = { path, "arg", NULL };
	struct proc_spec spec = { .argv = argv };
	struct proc_result r;
	struct err e = { 0 };
	int rc = proc_run(&spec, &r, &e);
	unlink(path);
	assert_int_equal(rc, 0);
	AUTO_STR char *want = xasprintf("%s:arg\n", path);
	assert_string_equal(buf_text(&r.out), want);
	proc_result_release(&r);
}

static void
deadline_kills_the_group(void **state)
{
	(void)state;
	struct proc_result r;
	run_shell((struct proc_spec){ .timeout_ms = 200, .grace_ms = 200 },
	    "trap '' TERM; sleep 100 & echo $!; wait; wait; wait", &r);
	assert_true(r.timed_out);
	assert_int_equal(r.signal, SIGKILL);
	pid_t left = (pid_t)strtol(buf_text(&r.out), NULL, 10);
	assert_true(left > 1);
	/* It dies a moment after the signal, and may be a zombie until init
	 * reaps it; it must not stay alive for its 100 seconds. */
	AUTO_STR char *path = xasprintf("/proc/%d/cmdline", (int)left);
	bool alive = true;
	for (int tries = 0; alive && tries < 1000; tries++) {
		AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
		char c;
		alive = fd >= 0 && read(fd, &c, 1) > 0;
		if (alive)
			poll(NULL, 0, 10);
	}
	assert_false(alive);
	proc_result_release(&r);
}

static void
daemon_holding_the_pipe_does_not_block(void **state)
{
	(void)state;
	struct proc_result r;
	run_shell(
	    (struct proc_spec){ 0 }, "(sleep 100) & echo $!; echo started", &r);
	assert_false(r.timed_out);
	assert_non_null(strstr(buf_text(&r.out), "started"));
	pid_t left = (pid_t)strtol(buf_text(&r.out), NULL, 10);
	assert_int_equal(kill(left, 0), 0);
	kill(left, SIGKILL);
	proc_result_release(&r);
}

static void
reap_tree_finds_escaped_descendants(void **state)
{
	(void)state;
	/* A child of ours that must survive. */
	static const char *const argv[] = { "/bin/sleep", "100", NULL };
	struct proc other;
	struct err e = { 0 };
	struct proc_spec spec = { .argv = argv };
	assert_int_equal(proc_start(&spec, &other, &e), 0);

	struct proc_result r;
	run_shell((struct proc_spec){ .flags = PROC_REAP_TREE },
	    "setsid sh -c 'echo $$; setsid sleep 100 & sleep 100' &"
	    "sleep 0.3; exit 4",
	    &r);
	assert_int_equal(r.status, 4);
	pid_t left = (pid_t)strtol(buf_text(&r.out), NULL, 10);
	assert_true(left > 1);
	assert_int_equal(kill(left, 0), -1);
	proc_result_release(&r);

	assert_int_equal(kill(other.pid, 0), 0);
	proc_kill(&other, SIGTERM);
	assert_int_equal(proc_finish(&other, &r, &e), 0);
	assert_int_equal(r.signal, SIGTERM);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
trees_close_in_any_order(void **state)
{
	(void)state;
	int subreaper = 7;
	struct proc_tree *first = proc_tree_open();
	struct proc_tree *second = proc_tree_open();
	proc_tree_close(&first);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	assert_int_equal(subreaper, 1);
	proc_tree_close(&second);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	assert_int_equal(subreaper, 0);
}

static void
marked_processes_are_killed_wherever_they_went(void **state)
{
	(void)state;
	struct proc_result r;
	/* Double-forked, in sessions of their own; one hides below another. */
	run_shell((struct proc_spec){ 0 },
	    "RIGHTLINK_RUN=mark-7 setsid sh -c 'setsid sleep 100 &"
	    " env -i sleep 100' &"
	    "RIGHTLINK_RUN=mark-8 setsid sleep 100 & sleep 0.3",
	    &r);
	proc_result_release(&r);
	assert_true(proc_kill_marked("mark-7") >= 3);
	assert_int_equal(proc_kill_marked("mark-7"), 0);
	assert_int_equal(proc_kill_marked("mark-8"), 1);
}

static void
output_beyond_the_limit_is_dropped(void **state)
{
	(void)state;
	struct proc_result r;
	run_shell((struct proc_spec){ .max_output_bytes = 1000 },
	    "head -c 1000000 /dev/zero", &r);
	assert_true(r.cut);
	assert_int_equal(r.out.len, 1000);
	assert_int_equal(r.status, 0);
	proc_result_release(&r);
}

static void
add_chunk(int stream, struct str chunk, void *arg)
{
	if (stream == 1)
		*(size_t *)arg += chunk.len;
}

static void
callbacks_get_every_byte(void **state)
{
	(void)state;
	size_t total = 0;
	struct proc_result r;
	run_shell((struct proc_spec){ .on_output = add_chunk, .arg = &total },
	    "head -c 3000000 /dev/zero", &r);
	assert_int_equal(total, 3000000);
	assert_int_equal(r.out.len, 0);
	proc_result_release(&r);
}

static void
signals_start_at_their_defaults(void **state)
{
	(void)state;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	sigaction(SIGPIPE, &ignore, &old);
	sigset_t blocked, before;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	struct proc_result r;
	run_shell((struct proc_spec){ 0 },
	    "grep -E '^Sig(Blk|Ign)' "
	    "/proc/self/status",
	    &r);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGPIPE, &old, NULL);
	assert_string_equal(buf_text(&r.out),
	    "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	proc_result_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status_come_back),
		cmocka_unit_test(res_sh_4_stdin_is_empty_or_the_input),
		cmocka_unit_test(environment_and_descriptors_are_exact),
		cmocka_unit_test(core_814_child_leads_its_own_session),
		cmocka_unit_test(res_sh_2_and_3_user_group_umask_cwd),
		cmocka_unit_test(a_child_is_born_in_its_control_group),
		cmocka_unit_test(start_failures_name_the_reason),
		cmocka_unit_test(search_path_is_the_childs),
		cmocka_unit_test(
		    script_without_interpreter_line_goes_to_the_shell),
		cmocka_unit_test(deadline_kills_the_group),
		cmocka_unit_test(daemon_holding_the_pipe_does_not_block),
		cmocka_unit_test(reap_tree_finds_escaped_descendants),
		cmocka_unit_test(trees_close_in_any_order),
		cmocka_unit_test(
		    marked_processes_are_killed_wherever_they_went),
		cmocka_unit_test(output_beyond_the_limit_is_dropped),
		cmocka_unit_test(callbacks_get_every_byte),
		cmocka_unit_test(signals_start_at_their_defaults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
