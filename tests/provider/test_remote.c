/* SPDX-License-Identifier: MIT */
/* remote_file and remote_directory (RES-remote_file, RES-remote_directory). */
#include "tests/provider/drive.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define URI "http://x.test/f.txt"
#define BODY "hello\n"
#define BODY_SHA                                                               \
	"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

static void
answer(struct drive *d, const char *url, int status, const char *body,
    const char *headers)
{
	assert_true(d->answer_count < DRIVE_MAX);
	d->answers[d->answer_count++] =
	    (struct drive_answer){ url, status, body, headers };
}

static void
new_file(struct drive *d, const char *source)
{
	drive_resource(d, "remote_file", drive_path(d, "f"));
	drive_text(d, "source", source);
}

static void
two_sources(struct drive *d, const char *one, const char *two)
{
	struct value *items = arena_array_of(d->arena, struct value, 2);
	items[0] = value_of_text(d->arena, one);
	items[1] = value_of_text(d->arena, two);
	drive_resource(d, "remote_file", drive_path(d, "f"));
	resource_set(d->want, "source",
	    (struct value){ .type = VALUE_LIST, .list = { items, 2 } });
}

static void
res_remote_file_5_asks_only_for_what_is_newer(void **state)
{
	struct drive *d = *state;
	answer(d, URI, 200, BODY,
	    "etag: \"v1\"\ndate: Mon, 01 Jan 2024 00:00:00 GMT\n"
	    "last-modified: Sun, 31 Dec 2023 00:00:00 GMT\n");
	new_file(d, URI);
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	drive_expect_content(d, "f", BODY);
	assert_string_equal(buf_text(&d->requests), "GET " URI " []\n");
	d->answers[0].status = 304;
	drive_run(d, "create");
	drive_expect(d, "");
	/* RES-remote_file-6: Last-Modified, not Date */
	assert_string_equal(buf_text(&d->requests),
	    "GET " URI " [If-Modified-Since: Sun, 31 Dec 2023 00:00:00 GMT; "
	    "If-None-Match: \"v1\"]\n");
}

static void
res_remote_file_5_a_drifted_file_is_downloaded_again(void **state)
{
	struct drive *d = *state;
	answer(d, URI, 200, BODY, "etag: \"v1\"\n");
	new_file(d, URI);
	drive_run(d, "create");
	drive_put(d, "f", "drift\n");
	drive_run(d, "create");
	assert_string_equal(buf_text(&d->requests), "GET " URI " []\n");
	drive_expect_content(d, "f", BODY);
}

static void
res_remote_file_5_own_headers_win(void **state)
{
	struct drive *d = *state;
	answer(d, URI, 200, BODY, "etag: \"v1\"\n");
	new_file(d, URI);
	drive_run(d, "create");
	struct value_pair *pair = arena_new_of(d->arena, struct value_pair);
	pair->key = value_of_text(d->arena, "if-none-match");
	pair->value = value_of_text(d->arena, "mine");
	resource_set(d->want, "headers",
	    (struct value){ .type = VALUE_MAP, .map = { pair, 1 } });
	drive_run(d, "create");
	assert_string_equal(
	    buf_text(&d->requests), "GET " URI " [if-none-match: mine]\n");
}

static void
res_remote_file_1_a_known_checksum_needs_no_network(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", BODY);
	new_file(d, URI);
	drive_text(d, "checksum", BODY_SHA);
	drive_run(d, "create");
	drive_expect(d, "");
	assert_string_equal(buf_text(&d->requests), "");
	drive_text(d, "checksum", "5891b5b522d5");
	drive_run(d, "create");
	drive_expect(d, "");
	assert_string_equal(buf_text(&d->requests), "");
}

static void
res_remote_file_3_a_wrong_checksum_is_refused(void **state)
{
	struct drive *d = *state;
	answer(d, URI, 200, "tampered\n", NULL);
	drive_put(d, "f", "old\n");
	new_file(d, URI);
	drive_text(d, "checksum", BODY_SHA);
	drive_run(d, "create");
	drive_expect_failure(d, "Chef::Exceptions::ChecksumMismatch",
	    "Checksum on resource (5891b5) does not match checksum on "
	    "content");
	drive_expect_content(d, "f", "old\n");
}

static void
res_remote_file_2_the_next_source_is_tried(void **state)
{
	struct drive *d = *state;
	answer(d, "http://one.test/f", 404, "none", NULL);
	answer(d, "http://two.test/f", 200, BODY, NULL);
	two_sources(d, "http://one.test/f", "http://two.test/f");
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	drive_expect_content(d, "f", BODY);
	assert_non_null(strstr(buf_text(&d->log),
	    "cannot be downloaded from http://one.test/f: 404 \"Not Found\""));
	assert_non_null(strstr(
	    buf_text(&d->log), "trying to download from another mirror"));
	two_sources(d, "http://gone.test/f", "http://two.test/f");
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
}

static void
res_remote_file_2_the_last_failure_is_raised(void **state)
{
	struct drive *d = *state;
	answer(d, "http://one.test/f", 404, NULL, NULL);
	answer(d, "http://two.test/f", 503, NULL, NULL);
	two_sources(d, "http://two.test/f", "http://one.test/f");
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Net::HTTPServerException", "404 \"Not Found\"");
	two_sources(d, "http://one.test/f", "http://two.test/f");
	drive_run(d, "create");
	drive_expect_failure(d, "Net::HTTPFatalError", "503 ");
	/* RES-file-6: and no empty file is left */
	assert_false(drive_is_there(d, "f"));
}

static void
res_remote_file_4_other_schemes_are_refused(void **state)
{
	struct drive *d = *state;
	new_file(d, "gopher://x.test/f");
	drive_run(d, "create");
	drive_expect_failure(d, "ArgumentError", "Invalid uri, Only");
	assert_string_equal(buf_text(&d->requests), "");
}

static void
res_remote_file_5_passwords_are_not_shown(void **state)
{
	struct drive *d = *state;
	new_file(d, "http://me:geheim@x.test/f");
	drive_run(d, "create");
	drive_expect_failure(d, "SocketError", "unreachable");
	assert_null(strstr(buf_text(&d->log), "from http://me:geheim"));
	assert_non_null(strstr(buf_text(&d->log), "http://me:XXXX@x.test/f"));
}

static void
res_remote_file_13_file_uris_are_copied(void **state)
{
	struct drive *d = *state;
	drive_put(d, "src", BODY);
	new_file(d, arena_printf(d->arena, "file://%s", drive_path(d, "src")));
	drive_run(d, "create");
	drive_expect_content(d, "f", BODY);
	new_file(d, arena_printf(d->arena, "file://%s", drive_path(d, "none")));
	drive_run(d, "create");
	drive_expect_failure(d, "Errno::ENOENT", "none");
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
	return count - 2;
}

static void
res_file_16_no_scratch_file_is_left(void **state)
{
	struct drive *d = *state;
	assert_int_equal(mkdir(drive_path(d, "tmp"), 0755), 0);
	setenv("TMPDIR", drive_path(d, "tmp"), 1);
	answer(d, URI, 200, "tampered\n", NULL);
	drive_put(d, "f", "old\n");
	new_file(d, URI);
	drive_why_run(d, "create");
	assert_int_equal(d->changes, 1);
	drive_expect_content(d, "f", "old\n");
	assert_int_equal(entries(drive_path(d, "tmp")), 0);
	drive_text(d, "checksum", BODY_SHA);
	drive_run(d, "create");
	assert_true(d->rc < 0);
	assert_int_equal(entries(drive_path(d, "tmp")), 0);
	unsetenv("TMPDIR");
}

/* --- remote_directory
 * --------------------------------------------------------- */

static void
new_tree(struct drive *d)
{
	drive_put(d, "cookbook/files/tree/one", "1\n");
	drive_put(d, "cookbook/files/tree/.dot", "d\n");
	drive_put(d, "cookbook/files/tree/sub/deep/three", "3\n");
	drive_resource(d, "remote_directory", drive_path(d, "d"));
	drive_text(d, "source", "tree");
}

static void
res_remote_directory_1_all_files_are_transferred(void **state)
{
	struct drive *d = *state;
	new_tree(d);
	drive_text(d, "mode", "0711");
	drive_text(d, "files_mode", "0640");
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	drive_expect_content(d, "d/.dot", "d\n");
	drive_expect_content(d, "d/sub/deep/three", "3\n");
	assert_int_equal(drive_stat(d, "d/one").st_mode & 07777, 0640);
	/* RES-remote_directory-3 */
	assert_int_equal(drive_stat(d, "d/sub").st_mode & 07777, 0755);
	assert_int_equal(drive_stat(d, "d/sub/deep").st_mode & 07777, 0711);
	drive_run(d, "create");
	assert_int_equal(d->changes, 0);
	assert_false(d->updated);
}

static void
res_remote_directory_6_existing_files_may_be_kept(void **state)
{
	struct drive *d = *state;
	new_tree(d);
	drive_put(d, "d/one", "mine\n");
	drive_bool(d, "overwrite", false);
	drive_run(d, "create");
	drive_expect_content(d, "d/one", "mine\n");
	drive_expect_content(d, "d/.dot", "d\n");
	drive_bool(d, "overwrite", true);
	drive_run(d, "create_if_missing");
	drive_expect_content(d, "d/one", "mine\n");
	drive_run(d, "create");
	drive_expect_content(d, "d/one", "1\n");
}

static void
res_remote_directory_7_purge_removes_what_is_not_shipped(void **state)
{
	struct drive *d = *state;
	new_tree(d);
	drive_run(d, "create");
	drive_put(d, "d/x/y/z", "extra");
	drive_put(d, "kept/precious", "x");
	assert_int_equal(symlink("../kept", drive_path(d, "d/link")), 0);
	drive_run(d, "create");
	assert_int_equal(d->changes, 0);
	drive_bool(d, "purge", true);
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	const char *lines = buf_text(&d->lines);
	assert_non_null(strstr(lines, "delete unmanaged directory"));
	assert_true(strstr(lines, "d/x/y/z\n") < strstr(lines, "d/x/y\n"));
	assert_false(drive_is_there(d, "d/x"));
	assert_false(drive_is_there(d, "d/link"));
	assert_true(drive_is_there(d, "kept/precious"));
	assert_true(drive_is_there(d, "d/sub/deep/three"));
}

static void
res_remote_directory_4_no_backups_when_they_are_off(void **state)
{
	struct drive *d = *state;
	new_tree(d);
	drive_bool(d, "files_backup", false);
	drive_put(d, "d/one", "mine\n");
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_false(drive_is_there(d, ".backup"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVE_TEST(res_remote_file_5_asks_only_for_what_is_newer),
		DRIVE_TEST(
		    res_remote_file_5_a_drifted_file_is_downloaded_again),
		DRIVE_TEST(res_remote_file_5_own_headers_win),
		DRIVE_TEST(res_remote_file_1_a_known_checksum_needs_no_network),
		DRIVE_TEST(res_remote_file_3_a_wrong_checksum_is_refused),
		DRIVE_TEST(res_remote_file_2_the_next_source_is_tried),
		DRIVE_TEST(res_remote_file_2_the_last_failure_is_raised),
		DRIVE_TEST(res_remote_file_4_other_schemes_are_refused),
		DRIVE_TEST(res_remote_file_5_passwords_are_not_shown),
		DRIVE_TEST(res_remote_file_13_file_uris_are_copied),
		DRIVE_TEST(res_file_16_no_scratch_file_is_left),
		DRIVE_TEST(res_remote_directory_1_all_files_are_transferred),
		DRIVE_TEST(res_remote_directory_6_existing_files_may_be_kept),
		DRIVE_TEST(
		    res_remote_directory_7_purge_removes_what_is_not_shipped),
		DRIVE_TEST(res_remote_directory_4_no_backups_when_they_are_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
