/* SPDX-License-Identifier: MIT */
/* directory and link (RES-directory, RES-link). */
#include "tests/provider/drive.h"

#include <errno.h>
#include <unistd.h>

static void
make_dir(struct drive *d, const char *name)
{
	assert_int_equal(mkdir(drive_path(d, name), 0755), 0);
}

static void
res_directory_1_the_parent_must_be_there(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "directory", drive_path(d, "a/b"));
	drive_run(d, "create");
	drive_expect_failure(d,
	    "Chef::Exceptions::EnclosingDirectoryDoesNotExist",
	    "does not exist, cannot create");
	drive_why_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_true(d->updated);
}

static void
res_directory_3_only_the_last_part_gets_the_mode(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "directory", drive_path(d, "a/b/c"));
	drive_bool(d, "recursive", true);
	drive_text(d, "mode", "0700");
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_int_equal(drive_stat(d, "a").st_mode & 07777, 0755);
	assert_int_equal(drive_stat(d, "a/b/c").st_mode & 07777, 0700);
}

static void
res_directory_4_a_file_in_the_way_is_an_error(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "x");
	drive_resource(d, "directory", drive_path(d, "f"));
	drive_text(d, "mode", "0700");
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::FileTypeMismatch", "there is a file at");
	assert_int_equal(drive_stat(d, "f").st_mode & 07777, 0644);
}

static void
res_directory_2_delete_refuses_what_is_no_directory(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "x");
	drive_resource(d, "directory", drive_path(d, "f"));
	drive_run(d, "delete");
	drive_expect_failure(d, "RuntimeError",
	    arena_printf(d->arena, "Cannot delete directory[%s] at %s!",
		drive_path(d, "f"), drive_path(d, "f")));
	drive_why_run(d, "delete");
	assert_int_equal(d->rc, ERR_INVALID);
}

static void
res_directory_5_a_full_directory_needs_recursive(void **state)
{
	struct drive *d = *state;
	drive_put(d, "full/x", "x");
	drive_resource(d, "directory", drive_path(d, "full"));
	drive_run(d, "delete");
	assert_int_equal(d->rc, ERR_SYS);
	assert_int_equal(d->error.sys, ENOTEMPTY);
	drive_bool(d, "recursive", true);
	drive_run(d, "delete");
	assert_int_equal(d->rc, 0);
	assert_false(drive_is_there(d, "full"));
}

static void
res_directory_5_a_link_to_a_directory_is_not_followed(void **state)
{
	struct drive *d = *state;
	drive_put(d, "full/x", "x");
	assert_int_equal(symlink("full", drive_path(d, "link")), 0);
	drive_resource(d, "directory", drive_path(d, "link"));
	drive_bool(d, "recursive", true);
	drive_run(d, "delete");
	assert_int_equal(d->rc, 0);
	assert_false(drive_is_there(d, "link"));
	assert_true(drive_is_there(d, "full/x"));
}

static void
res_acl_8_an_unknown_owner_fails(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "directory", drive_path(d, "a"));
	drive_text(d, "owner", "no_such_user_zz");
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::UserIDNotFound", "no_such_user_zz");
	assert_false(drive_is_there(d, "a"));
}

static void
res_acl_10_a_directory_absorbs_what_was_seen(void **state)
{
	struct drive *d = *state;
	make_dir(d, "a");
	drive_resource(d, "directory", drive_path(d, "a"));
	drive_run(d, "create");
	drive_expect(d, "");
	assert_string_equal(resource_text(d->want, "mode", NULL), "0755");
}

static void
new_link(struct drive *d, const char *name, const char *to)
{
	drive_resource(d, "link", drive_path(d, name));
	drive_text(d, "to", to);
}

static void
res_link_2_a_file_is_replaced(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "x");
	new_link(d, "f", "t");
	drive_run(d, "create");
	const char *path = drive_path(d, "f");
	drive_expect(
	    d, arena_printf(d->arena,
		   "unlink existing file at %s\ncreate symlink at %s to t\n",
		   path, path));
	assert_true(S_ISLNK(drive_stat(d, "f").st_mode));
	assert_non_null(strstr(buf_text(&d->log),
	    arena_printf(d->arena, "info: link[%s] created\n", path)));
}

static void
res_link_2_a_directory_is_not_replaced(void **state)
{
	struct drive *d = *state;
	make_dir(d, "dir");
	new_link(d, "dir", "t");
	drive_run(d, "create");
	assert_int_equal(d->error.sys, EISDIR);
	assert_true(S_ISDIR(drive_stat(d, "dir").st_mode));
}

static void
res_link_2_a_link_that_cannot_be_made_destroys_nothing(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "precious");
	new_link(d, "f", drive_path(d, "missing"));
	drive_symbol(d, "link_type", "hard");
	drive_run(d, "create");
	assert_int_equal(d->error.sys, ENOENT);
	drive_expect_content(d, "f", "precious");
}

static void
res_link_3_targets_are_compared_as_text(void **state)
{
	struct drive *d = *state;
	drive_put(d, "t", "x");
	assert_int_equal(symlink("t", drive_path(d, "l")), 0);
	new_link(d, "l", drive_path(d, "t"));
	drive_run(d, "create");
	assert_int_equal(d->changes, 2);
	drive_run(d, "create");
	drive_expect(d, "");
}

static void
res_link_1_a_hard_link_to_the_same_file_is_up_to_date(void **state)
{
	struct drive *d = *state;
	drive_put(d, "t", "x");
	assert_int_equal(link(drive_path(d, "t"), drive_path(d, "l")), 0);
	new_link(d, "l", drive_path(d, "t"));
	drive_text(d, "link_type", "hard");
	drive_run(d, "create");
	drive_expect(d, "");
	drive_text(d, "link_type", "symbolic");
	drive_run(d, "create");
	assert_int_equal(d->changes, 2);
	assert_true(S_ISLNK(drive_stat(d, "l").st_mode));
}

static void
res_link_4_the_owner_of_a_dangling_link_converges(void **state)
{
	struct drive *d = *state;
	if (geteuid() != 0)
		skip();
	new_link(d, "l", "nowhere");
	drive_text(d, "owner", "nobody");
	drive_text(d, "group", "daemon");
	drive_run(d, "create");
	assert_non_null(
	    strstr(buf_text(&d->lines), "change owner from '' to 'nobody'\n"
					"change group from '' to 'daemon'\n"));
	assert_int_equal(drive_stat(d, "l").st_uid, 65534);
	drive_run(d, "create");
	drive_expect(d, "");
}

static void
res_acl_11_the_mode_of_a_link_is_left_alone(void **state)
{
	struct drive *d = *state;
	new_link(d, "l", "nowhere");
	drive_text(d, "mode", "0600");
	drive_run(d, "create");
	assert_int_equal(d->changes, 1);
	assert_non_null(strstr(buf_text(&d->log), "warn: "));
	drive_run(d, "create");
	drive_expect(d, "");
}

static void
res_link_5_delete_takes_links_only(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "x");
	new_link(d, "f", "x");
	drive_run(d, "delete");
	const char *path = drive_path(d, "f");
	drive_expect_failure(d, "Chef::Exceptions::Link",
	    arena_printf(d->arena,
		"Cannot delete link[%s] at %s! Not a symbolic link.", path,
		path));
	assert_int_equal(symlink("f", drive_path(d, "l")), 0);
	new_link(d, "l", "f");
	drive_symbol(d, "link_type", "hard");
	drive_run(d, "delete");
	drive_expect_failure(d, "Chef::Exceptions::Link", "Not a hard link.");
	drive_symbol(d, "link_type", "symbolic");
	drive_run(d, "delete");
	assert_int_equal(d->rc, 0);
	assert_false(drive_is_there(d, "l"));
	assert_true(drive_is_there(d, "f"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVE_TEST(res_directory_1_the_parent_must_be_there),
		DRIVE_TEST(res_directory_3_only_the_last_part_gets_the_mode),
		DRIVE_TEST(res_directory_4_a_file_in_the_way_is_an_error),
		DRIVE_TEST(res_directory_2_delete_refuses_what_is_no_directory),
		DRIVE_TEST(res_directory_5_a_full_directory_needs_recursive),
		DRIVE_TEST(
		    res_directory_5_a_link_to_a_directory_is_not_followed),
		DRIVE_TEST(res_acl_8_an_unknown_owner_fails),
		DRIVE_TEST(res_acl_10_a_directory_absorbs_what_was_seen),
		DRIVE_TEST(res_link_2_a_file_is_replaced),
		DRIVE_TEST(res_link_2_a_directory_is_not_replaced),
		DRIVE_TEST(
		    res_link_2_a_link_that_cannot_be_made_destroys_nothing),
		DRIVE_TEST(res_link_3_targets_are_compared_as_text),
		DRIVE_TEST(
		    res_link_1_a_hard_link_to_the_same_file_is_up_to_date),
		DRIVE_TEST(res_link_4_the_owner_of_a_dangling_link_converges),
		DRIVE_TEST(res_acl_11_the_mode_of_a_link_is_left_alone),
		DRIVE_TEST(res_link_5_delete_takes_links_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
