/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/local.h"

struct place {
	char dir[32];
	char *path;
};

static int
begin(void **at)
{
	struct place *p = calloc(1, sizeof(*p));
	memcpy(p->dir, "/tmp/rl-local-XXXXXX", 21);
	if (mkdtemp(p->dir) == NULL)
		return -1;
	p->path = path_join(p->dir, "s.sock");
	*at = p;
	return 0;
}

static int
end(void **at)
{
	struct place *p = *at;
	unlink(p->path);
	rmdir(p->dir);
	free(p->path);
	free(p);
	return 0;
}

static int
knock(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	memcpy(to.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
only_the_owner_finds_a_listener_and_it_takes_a_stale_ones_place(void **at)
{
	const struct place *p = *at;
	struct err e = { 0 };
	AUTO_FD int old = -1;
	AUTO_FD int fd = -1;
	assert_int_equal(local_listen(p->path, 4, &old, &e), 0);
	fd_close(&old);
	assert_int_equal(local_listen(p->path, 4, &fd, &e), 0);
	struct stat st;
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(local_accept(fd), -1);
	AUTO_FD int there = knock(p->path);
	AUTO_FD int here = local_accept(fd);
	assert_true(there >= 0 && here >= 0);
	assert_int_equal(write(there, "x", 1), 1);
	char c = 0;
	assert_int_equal(read(here, &c, 1), 1);
}

static void
somebody_elses_connection_is_dropped(void **at)
{
	const struct place *p = *at;
	struct err e = { 0 };
	if (geteuid() != 0)
		skip();
	AUTO_FD int fd = -1;
	assert_int_equal(local_listen(p->path, 4, &fd, &e), 0);
	assert_int_equal(chmod(p->path, 0666), 0);
	assert_int_equal(chmod(p->dir, 0755), 0);
	pid_t child = fork();
	if (child == 0) {
		char c;
		if (setresuid(65534, 65534, 65534) < 0)
			_exit(3);
		int there = knock(p->path);
		_exit(there >= 0 && read(there, &c, 1) == 0 ? 0 : 4);
	}
	int got = -1;
	for (int i = 0; i < 500 && got < 0; i++) {
		got = local_accept(fd);
		int status = 0;
		if (waitpid(child, &status, WNOHANG) == child) {
			assert_int_equal(status, 0);
			assert_int_equal(got, -1);
			return;
		}
		usleep(10000);
	}
	fail_msg("the other user's connection was taken or not answered");
}

static void
a_path_that_is_too_long_is_told(void **at)
{
	(void)at;
	char path[200];
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	struct err e = { 0 };
	int fd = -1;
	assert_int_equal(local_listen(path, 4, &fd, &e), ERR_LIMIT);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(e.text, "shorter"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(only_the_owner_finds_a_listener_and_it_takes_a_stale_ones_place),
		T(somebody_elses_connection_is_dropped),
		T(a_path_that_is_too_long_is_told),
	};
	return cmocka_run_group_tests_name("common_local", tests, NULL, NULL);
}
