/* SPDX-License-Identifier: MIT */
/* The writable side of the machine: what it promises about names that change
 * under its feet, and about the temporary files it makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "providers/host.h"

static char dir[32];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/rightlink-host-XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) < 0;
}

static int
teardown(void **state)
{
	(void)state;
	struct err e = { 0 };
	return chdir("/") < 0 || fsat_remove_tree(AT_FDCWD, dir, &e) < 0;
}

static void
put(const char *name, const char *content, mode_t mode)
{
	struct err e = { 0 };
	assert_int_equal(fsat_replace(AT_FDCWD, name, str_from(content), mode,
			     FSAT_NO_SYNC, &e),
	    0);
}

static struct stat
look(const char *name)
{
	struct stat st;
	assert_int_equal(lstat(name, &st), 0);
	return st;
}

static const struct host_access private_mode = {
	.uid = HOST_KEEP_UID,
	.gid = HOST_KEEP_GID,
	.set_mode = true,
	.mode = 0600,
};

static void
dress_does_not_follow_a_link_put_in_place(void **state)
{
	(void)state;
	struct host *h = host_of_machine();
	struct err e = { 0 };
	put("secret", "x", 0644);
	assert_int_equal(symlink("secret", "f"), 0);
	assert_int_equal(host_dress(h, "f", false, NULL, &private_mode, &e), 0);
	assert_int_equal(look("secret").st_mode & 07777, 0644);
	assert_int_equal(host_dress(h, "f", true, NULL, &private_mode, &e), 0);
	assert_int_equal(look("secret").st_mode & 07777, 0600);
}

static void
dress_refuses_another_inode_than_was_seen(void **state)
{
	(void)state;
	struct host *h = host_of_machine();
	struct err e = { 0 };
	put("f", "seen", 0644);
	struct stat seen = look("f");
	put("other", "x", 0644);
	assert_int_equal(rename("other", "f"), 0);
	assert_int_equal(
	    host_dress(h, "f", false, &seen, &private_mode, &e), ERR_STATE);
	assert_int_equal(look("f").st_mode & 07777, 0644);
}

static void
dress_changes_nothing_that_fits(void **state)
{
	(void)state;
	struct err e = { 0 };
	put("f", "x", 0600);
	struct stat before = look("f");
	assert_int_equal(
	    host_dress(host_of_machine(), "f", false, NULL, &private_mode, &e),
	    0);
	struct stat after = look("f");
	assert_memory_equal(
	    &before.st_ctim, &after.st_ctim, sizeof(before.st_ctim));
}

static void
res_file_11_dress_gives_set_uid_back_after_chown(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	struct err e = { 0 };
	put("f", "x", 04755);
	const struct host_access owner = { .uid = 1, .gid = HOST_KEEP_GID };
	assert_int_equal(
	    host_dress(host_of_machine(), "f", false, NULL, &owner, &e), 0);
	assert_int_equal(look("f").st_uid, 1);
	assert_int_equal(look("f").st_mode & 07777, 04755);
}

static void
write_keeps_owner_and_mode_and_replaces_the_inode(void **state)
{
	(void)state;
	struct err e = { 0 };
	put("f", "old", 0640);
	ino_t inode = look("f").st_ino;
	struct host_file f = {
		.path = "f",
		.content = STR("new"),
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID,
		.keep_mode = true,
	};
	assert_int_equal(host_write(host_of_machine(), &f, &e), 0);
	assert_int_equal(look("f").st_mode & 07777, 0640);
	assert_int_not_equal(look("f").st_ino, inode);
	f.in_place = true;
	inode = look("f").st_ino;
	assert_int_equal(host_write(host_of_machine(), &f, &e), 0);
	assert_int_equal(look("f").st_ino, inode);
}

static void
write_replaces_a_link_itself(void **state)
{
	(void)state;
	struct err e = { 0 };
	put("target", "kept", 0644);
	assert_int_equal(symlink("target", "f"), 0);
	const struct host_file f = {
		.path = "f",
		.content = STR("new"),
		.mode = 0600,
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID,
	};
	assert_int_equal(host_write(host_of_machine(), &f, &e), 0);
	assert_true(S_ISREG(look("f").st_mode));
	AUTO_BUF struct buf text = BUF_INIT(16);
	assert_int_equal(fsat_read(AT_FDCWD, "target", 16, &text, &e), 0);
	assert_string_equal(buf_text(&text), "kept");
}

static void
write_into_a_missing_directory_is_an_error(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct host_file f = { .path = "no/such/f",
		.content = STR("x"),
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID };
	assert_int_equal(host_write(host_of_machine(), &f, &e), ERR_SYS);
	assert_int_equal(e.sys, ENOENT);
	assert_non_null(strstr(e.text, "no/such/f"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dress_does_not_follow_a_link_put_in_place),
		TEST(dress_refuses_another_inode_than_was_seen),
		TEST(dress_changes_nothing_that_fits),
		TEST(res_file_11_dress_gives_set_uid_back_after_chown),
		TEST(write_keeps_owner_and_mode_and_replaces_the_inode),
		TEST(write_replaces_a_link_itself),
		TEST(write_into_a_missing_directory_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
