/* SPDX-License-Identifier: MIT */
/* file: every rule of RES-file and RES-acl that a user sees. */
#include "tests/provider/drive.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define SHA_NEW "11507a" /* of "new" */

/* Descriptions with %s for the file's path. */
static void
expect_for(struct drive *d, const char *name, const char *format_one,
    const char *format_two)
{
	const char *path = drive_path(d, name);
	struct buf text = BUF_INIT(4096);
	buf_printf(&text, "%s %s\n", format_one, path);
	if (format_two != NULL)
		buf_printf(&text, "%s", format_two);
	drive_expect(d, arena_strdup(d->arena, buf_text(&text)));
	buf_release(&text);
}

static const char *
content_line(
    struct drive *d, const char *name, const char *from, const char *to)
{
	return arena_printf(d->arena,
	    "update content in file %s from %s to %s\n", drive_path(d, name),
	    from, to);
}

static void
res_file_8_a_new_file_appears_whole(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new");
	drive_int(d, "mode", 0600);
	drive_run(d, "create");
	expect_for(d, "f", "create new file",
	    arena_printf(d->arena, "%schange mode from '' to '0600'\n",
		content_line(d, "f", "none", SHA_NEW)));
	drive_expect_content(d, "f", "new");
	assert_int_equal(drive_stat(d, "f").st_mode & 07777, 0600);
	/* the mode change was announced, but the file never had another */
	assert_non_null(strstr(buf_text(&d->log), "mode changed to 600"));
}

static void
res_file_8_without_mode_the_umask_decides(void **state)
{
	struct drive *d = *state;
	umask(027);
	drive_resource(d, "file", drive_path(d, "f"));
	drive_run(d, "create");
	umask(022);
	expect_for(d, "f", "create new file", NULL);
	assert_int_equal(drive_stat(d, "f").st_mode & 07777, 0640);
}

static void
res_file_9_empty_content_is_managed(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "");
	drive_run(d, "create");
	expect_for(
	    d, "f", "create new file", content_line(d, "f", "none", "e3b0c4"));
}

static void
res_file_9_reports_checksums_and_diff(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "old\n");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new\n");
	drive_run(d, "create");
	drive_expect(d, content_line(d, "f", "01d09d", "7aa7a5"));
	drive_expect_content(d, "f", "new\n");
	assert_non_null(strstr(buf_text(&d->log), "updated file contents"));
}

static void
res_file_14_the_diff_is_unified_with_both_headers(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "one\nold\n");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "one\nnew\n");
	drive_run(d, "create");
	if (strstr(buf_text(&d->details), "not available") != NULL)
		skip(); /* the diff module is not built here */
	assert_non_null(strstr(buf_text(&d->details),
	    arena_printf(d->arena, "--- %s\t2", drive_path(d, "f"))));
	assert_non_null(strstr(buf_text(&d->details), "+++ "));
	assert_non_null(strstr(buf_text(&d->details), "\n-old\n+new"));
	assert_non_null(strstr(resource_text(d->want, "diff", ""), "+new"));
}

static void
res_file_14_binary_and_large_files_show_a_note(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "a\001b");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new");
	drive_run(d, "create");
	assert_string_equal(buf_text(&d->details),
	    "(current file is binary, diff output suppressed)\n");
	drive_text(d, "content", "n\xff");
	drive_run(d, "create");
	assert_string_equal(buf_text(&d->details),
	    "(new content is binary, diff output suppressed)\n");
	drive_config(d, "diff_filesize_threshold", value_of_int(2));
	drive_text(d, "content", "long");
	drive_run(d, "create");
	assert_string_equal(buf_text(&d->details),
	    "(file sizes exceed 2 bytes, diff output suppressed)\n");
	drive_config(d, "diff_disabled", value_of_bool(true));
	drive_text(d, "content", "longer");
	drive_run(d, "create");
	assert_string_equal(
	    buf_text(&d->details), "(diff output suppressed by config)\n");
}

static void
res_file_15_sensitive_content_is_not_shown(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "old secret");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new secret");
	d->want->sensitive = true;
	drive_run(d, "create");
	assert_non_null(strstr(buf_text(&d->lines), "from "));
	assert_non_null(
	    strstr(buf_text(&d->lines), "suppressed sensitive resource\n"));
	assert_null(strstr(buf_text(&d->lines), "secret"));
	assert_string_equal(buf_text(&d->details), "");
}

static void
res_file_10_links_survive_and_targets_change(void **state)
{
	struct drive *d = *state;
	drive_put(d, "target", "old");
	assert_int_equal(symlink("target", drive_path(d, "link")), 0);
	drive_resource(d, "file", drive_path(d, "link"));
	drive_text(d, "content", "new");
	drive_text(d, "mode", "0600");
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_true(S_ISLNK(drive_stat(d, "link").st_mode));
	drive_expect_content(d, "target", "new");
	assert_int_equal(drive_stat(d, "target").st_mode & 07777, 0600);
	assert_non_null(strstr(buf_text(&d->log), "warn: "));
	drive_bool(d, "manage_symlink_source", true);
	drive_run(d, "create");
	drive_expect(d, "");
	assert_null(strstr(buf_text(&d->log), "warn: "));
}

static void
res_file_5_links_that_lead_nowhere_are_refused(void **state)
{
	struct drive *d = *state;
	assert_int_equal(symlink("loop", drive_path(d, "loop")), 0);
	assert_int_equal(symlink("gone", drive_path(d, "dangling")), 0);
	assert_int_equal(symlink("/", drive_path(d, "todir")), 0);
	drive_resource(d, "file", drive_path(d, "loop"));
	drive_run(d, "create");
	drive_expect_failure(d, "Chef::Exceptions::InvalidSymlink", "loop");
	drive_resource(d, "file", drive_path(d, "dangling"));
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::InvalidSymlink", "does not exist");
	drive_resource(d, "file", drive_path(d, "todir"));
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::FileTypeMismatch", "directory");
	drive_why_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_false(d->updated);
}

static void
res_file_7_force_unlink_replaces_what_is_there(void **state)
{
	struct drive *d = *state;
	drive_put(d, "dir/inside", "x");
	drive_resource(d, "file", drive_path(d, "dir"));
	drive_text(d, "content", "new");
	drive_run(d, "create");
	drive_expect_failure(d, "Chef::Exceptions::FileTypeMismatch",
	    "exists, but is a directory, set force_unlink to true to remove");
	drive_bool(d, "force_unlink", true);
	drive_run(d, "create");
	assert_non_null(strstr(buf_text(&d->lines), "unlink directory at "));
	drive_expect_content(d, "dir", "new");
	assert_int_equal(mkfifo(drive_path(d, "pipe"), 0600), 0);
	drive_resource(d, "file", drive_path(d, "pipe"));
	drive_bool(d, "force_unlink", true);
	drive_run(d, "create");
	assert_non_null(strstr(buf_text(&d->lines), "unlink pipe at "));
	assert_true(S_ISREG(drive_stat(d, "pipe").st_mode));
}

static void
res_file_7_an_unmanaged_link_is_replaced_not_followed(void **state)
{
	struct drive *d = *state;
	drive_put(d, "target", "mine");
	assert_int_equal(symlink("target", drive_path(d, "link")), 0);
	drive_resource(d, "file", drive_path(d, "link"));
	drive_text(d, "content", "new");
	drive_bool(d, "manage_symlink_source", false);
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::FileTypeMismatch", "symlink");
	drive_bool(d, "force_unlink", true);
	drive_run(d, "create");
	drive_expect_content(d, "target", "mine");
	drive_expect_content(d, "link", "new");
	assert_true(S_ISREG(drive_stat(d, "link").st_mode));
}

static void
res_file_11_set_uid_survives_a_change_of_content(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "old");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new");
	drive_text(d, "mode", "4755");
	if (geteuid() == 0)
		drive_int(d, "owner", 1);
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_int_equal(drive_stat(d, "f").st_mode & 07777, 04755);
}

static void
res_file_12_without_atomic_update_the_inode_stays(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "old");
	ino_t inode = drive_stat(d, "f").st_ino;
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new");
	drive_bool(d, "atomic_update", false);
	drive_run(d, "create");
	drive_expect_content(d, "f", "new");
	assert_int_equal(drive_stat(d, "f").st_ino, inode);
	drive_text(d, "content", "newer");
	drive_bool(d, "atomic_update", true);
	drive_run(d, "create");
	assert_int_not_equal(drive_stat(d, "f").st_ino, inode);
}

static size_t
entries(const char *path)
{
	DIR *dir = opendir(path);
	assert_non_null(dir);
	size_t count = 0;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 2; /* . and .. */
}

static void
res_file_13_nothing_is_left_beside_a_changed_file(void **state)
{
	struct drive *d = *state;
	drive_put(d, "sub/f", "old");
	drive_resource(d, "file", drive_path(d, "sub/f"));
	drive_text(d, "content", "new");
	drive_run(d, "create");
	assert_int_equal(entries(drive_path(d, "sub")), 1);
}

/* A disk that is full after some bytes. */
static void
res_file_13_a_failed_write_keeps_the_old_file(void **state)
{
	struct drive *d = *state;
	char *big = arena_alloc(d->arena, 100001);
	memset(big, 'x', 100000);
	drive_put(d, "sub/f", "old");
	drive_resource(d, "file", drive_path(d, "sub/f"));
	drive_text(d, "content", big);
	drive_bool(d, "backup", false);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 5000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	drive_run(d, "create");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(d->rc, ERR_SYS);
	assert_int_equal(d->error.sys, EFBIG);
	assert_int_equal(d->changes, 0);
	drive_expect_content(d, "sub/f", "old");
	assert_int_equal(entries(drive_path(d, "sub")), 1);
	drive_run(d, "create");
	drive_expect_content(d, "sub/f", big);
}

static void
res_file_3_the_parent_must_be_there(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "file", drive_path(d, "no/such/f"));
	drive_run(d, "create");
	drive_expect_failure(d,
	    "Chef::Exceptions::EnclosingDirectoryDoesNotExist",
	    arena_printf(d->arena, "Parent directory %s does not exist.",
		drive_path(d, "no/such")));
	drive_why_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_true(d->updated);
	drive_run(d, "delete");
	drive_expect(d, "");
}

static void
res_file_18_create_if_missing_leaves_what_is_there(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "old");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new");
	drive_text(d, "mode", "0600");
	drive_run(d, "create_if_missing");
	drive_expect(d, "");
	drive_expect_content(d, "f", "old");
	assert_int_equal(drive_stat(d, "f").st_mode & 07777, 0644);
}

static void
res_file_8_create_if_missing_goes_through_a_dangling_link(void **state)
{
	struct drive *d = *state;
	assert_int_equal(symlink("gone", drive_path(d, "link")), 0);
	drive_resource(d, "file", drive_path(d, "link"));
	drive_text(d, "content", "new");
	drive_run(d, "create_if_missing");
	assert_true(S_ISLNK(drive_stat(d, "link").st_mode));
	drive_expect_content(d, "gone", "new");
}

static void
res_file_19_delete_takes_the_link_and_leaves_the_dangling_one(void **state)
{
	struct drive *d = *state;
	drive_put(d, "target", "x");
	assert_int_equal(symlink("target", drive_path(d, "link")), 0);
	assert_int_equal(symlink("gone", drive_path(d, "dangling")), 0);
	drive_resource(d, "file", drive_path(d, "link"));
	drive_run(d, "delete");
	expect_for(d, "link", "delete file", NULL);
	assert_true(drive_is_there(d, "target"));
	assert_false(drive_is_there(d, "link"));
	drive_resource(d, "file", drive_path(d, "dangling"));
	drive_run(d, "delete");
	drive_expect(d, "");
	assert_true(drive_is_there(d, "dangling"));
	drive_resource(d, "file", drive_path(d, "."));
	drive_run(d, "delete");
	assert_int_equal(d->rc, ERR_SYS);
}

static void
res_file_20_touch_always_moves_the_times(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "new");
	struct stat before = drive_stat(d, "f");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "new");
	usleep(20000);
	drive_run(d, "touch");
	expect_for(d, "f", "update utime on file", NULL);
	struct stat after = drive_stat(d, "f");
	assert_true(after.st_mtim.tv_sec > before.st_mtim.tv_sec ||
		    after.st_mtim.tv_nsec > before.st_mtim.tv_nsec);
	assert_int_equal(after.st_ino, before.st_ino);
}

static void
res_acl_6_changes_stand_in_order_mode_owner_group(void **state)
{
	struct drive *d = *state;
	if (geteuid() != 0)
		skip();
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "owner", "nobody");
	drive_int(d, "group", 1);
	drive_text(d, "mode", "640");
	drive_run(d, "create");
	expect_for(d, "f", "create new file",
	    "change mode from '' to '0640'\n"
	    "change owner from '' to 'nobody'\n"
	    "change group from '' to '1'\n");
	struct stat st = drive_stat(d, "f");
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 1);
	assert_int_equal(chown(drive_path(d, "f"), 0, 0), 0);
	assert_int_equal(chmod(drive_path(d, "f"), 0600), 0);
	drive_run(d, "create");
	drive_expect(d, "change mode from '0600' to '0640'\n"
			"change owner from 'root' to 'nobody'\n"
			"change group from '0' to '1'\n");
	assert_non_null(strstr(buf_text(&d->log), "owner changed to 65534"));
	drive_run(d, "create");
	drive_expect(d, "");
}

static void
res_acl_2_a_decimal_mode_is_taken_as_it_is(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "file", drive_path(d, "f"));
	drive_int(d, "mode", 644);
	drive_run(d, "create");
	expect_for(
	    d, "f", "create new file", "change mode from '' to '01204'\n");
	assert_non_null(strstr(buf_text(&d->log), "write \"0644\" for"));
	drive_int(d, "mode", 0644);
	drive_run(d, "create");
	assert_null(strstr(buf_text(&d->log), "warn: "));
	drive_resource(d, "file", drive_path(d, "g"));
	drive_text(d, "mode", "000");
	drive_run(d, "create");
	expect_for(d, "g", "create new file", "change mode from '' to '00'\n");
}

static void
res_acl_8_unknown_names_fail_before_anything_is_made(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "owner", "no_such_user_zz");
	drive_run(d, "create");
	drive_expect_failure(d, "Chef::Exceptions::UserIDNotFound",
	    "cannot determine user id for 'no_such_user_zz', does the user "
	    "exist on this system?");
	assert_false(drive_is_there(d, "f"));
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "group", "no_such_group_zz");
	drive_run(d, "create");
	drive_expect_failure(d, "Chef::Exceptions::GroupIDNotFound",
	    "cannot determine group id for 'no_such_group_zz'");
	drive_why_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_true(d->updated);
}

static void
res_acl_10_the_resource_absorbs_what_was_seen(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "file", drive_path(d, "f"));
	drive_text(d, "content", "x");
	drive_run(d, "create");
	assert_string_equal(resource_text(d->want, "mode", NULL), "0644");
	if (geteuid() == 0)
		assert_string_equal(
		    resource_text(d->want, "owner", NULL), "root");
	assert_int_equal(chmod(drive_path(d, "f"), 0600), 0);
	drive_run(d, "create");
	drive_expect(d, "change mode from '0600' to '0644'\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVE_TEST(res_file_8_a_new_file_appears_whole),
		DRIVE_TEST(res_file_8_without_mode_the_umask_decides),
		DRIVE_TEST(res_file_9_empty_content_is_managed),
		DRIVE_TEST(res_file_9_reports_checksums_and_diff),
		DRIVE_TEST(res_file_14_the_diff_is_unified_with_both_headers),
		DRIVE_TEST(res_file_14_binary_and_large_files_show_a_note),
		DRIVE_TEST(res_file_15_sensitive_content_is_not_shown),
		DRIVE_TEST(res_file_10_links_survive_and_targets_change),
		DRIVE_TEST(res_file_5_links_that_lead_nowhere_are_refused),
		DRIVE_TEST(res_file_7_force_unlink_replaces_what_is_there),
		DRIVE_TEST(
		    res_file_7_an_unmanaged_link_is_replaced_not_followed),
		DRIVE_TEST(res_file_11_set_uid_survives_a_change_of_content),
		DRIVE_TEST(res_file_12_without_atomic_update_the_inode_stays),
		DRIVE_TEST(res_file_13_nothing_is_left_beside_a_changed_file),
		DRIVE_TEST(res_file_13_a_failed_write_keeps_the_old_file),
		DRIVE_TEST(res_file_3_the_parent_must_be_there),
		DRIVE_TEST(res_file_18_create_if_missing_leaves_what_is_there),
		DRIVE_TEST(
		    res_file_8_create_if_missing_goes_through_a_dangling_link),
		DRIVE_TEST(
		    res_file_19_delete_takes_the_link_and_leaves_the_dangling_one),
		DRIVE_TEST(res_file_20_touch_always_moves_the_times),
		DRIVE_TEST(res_acl_6_changes_stand_in_order_mode_owner_group),
		DRIVE_TEST(res_acl_2_a_decimal_mode_is_taken_as_it_is),
		DRIVE_TEST(
		    res_acl_8_unknown_names_fail_before_anything_is_made),
		DRIVE_TEST(res_acl_10_the_resource_absorbs_what_was_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
