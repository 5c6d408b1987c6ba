/* SPDX-License-Identifier: MIT */
/* Backups of files, and the content of template and cookbook_file
 * (RES-backup, RES-template, RES-cookbook_file). */
#include <dirent.h>

#include "tests/provider/drive.h"

static size_t
backups_of(struct drive *d, const char *name)
{
	const char *dir =
	    arena_printf(d->arena, "%s/.backup%s", d->dir, d->dir);
	DIR *list = opendir(dir);
	if (list == NULL)
		return 0;
	size_t count = 0;
	const char *prefix = arena_printf(d->arena, "%s.chef-2", name);
	for (const struct dirent *n; (n = readdir(list)) != NULL;)
		count += strncmp(n->d_name, prefix, strlen(prefix)) == 0;
	closedir(list);
	return count;
}

static void
res_backup_4_keeps_the_newest(void **state)
{
	struct drive *d = *state;
	static const struct {
		const char *name;
		struct value backup;
		size_t left;
	} rows[] = {
		{ "usual", { .type = VALUE_NIL }, 5 },
		{ "one", { .type = VALUE_INT, .integer = 1 }, 1 },
		{ "zero", { .type = VALUE_INT, .integer = 0 }, 0 },
		{ "off", { .type = VALUE_BOOL, .boolean = false }, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		drive_resource(d, "file", drive_path(d, rows[i].name));
		resource_set(d->want, "backup", rows[i].backup);
		for (int n = 0; n < 8; n++) {
			drive_text(d, "content",
			    arena_printf(d->arena, "version %d\n", n));
			drive_run(d, "create");
			assert_int_equal(d->rc, 0);
		}
		assert_int_equal(backups_of(d, rows[i].name), rows[i].left);
	}
}

static void
res_backup_1_a_deleted_file_is_kept(void **state)
{
	struct drive *d = *state;
	drive_put(d, "f", "precious");
	drive_resource(d, "file", drive_path(d, "f"));
	drive_run(d, "delete");
	assert_int_equal(backups_of(d, "f"), 1);
	assert_non_null(strstr(buf_text(&d->log), "backed up to"));
}

static void
res_file_6_a_failed_template_leaves_no_file(void **state)
{
	struct drive *d = *state;
	drive_put(d, "cookbook/templates/t.erb", "x");
	drive_resource(d, "template", drive_path(d, "t"));
	drive_run(d, "create");
	assert_int_equal(d->rc, ERR_RUBY);
	assert_false(drive_is_there(d, "t"));
	d->rendered = "rendered\n";
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	drive_expect_content(d, "t", "rendered\n");
}

static void
res_template_1_a_missing_local_source_is_refused(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "template", drive_path(d, "t"));
	drive_bool(d, "local", true);
	drive_text(d, "source", drive_path(d, "none.erb"));
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::AssertionFailure", "could not be found");
	drive_why_run(d, "create");
	assert_int_equal(d->rc, 0);
	assert_false(d->updated);
}

static void
res_cookbook_file_1_copies_byte_by_byte(void **state)
{
	struct drive *d = *state;
	drive_put(d, "cookbook/files/sub/b", "shipped\r\n");
	drive_resource(d, "cookbook_file", drive_path(d, "x"));
	drive_text(d, "source", "sub/b");
	drive_run(d, "create");
	drive_expect_content(d, "x", "shipped\r\n");
	drive_run(d, "create");
	drive_expect(d, "");
	drive_put(d, "x", "drifted!!");
	drive_run(d, "create");
	assert_int_equal(d->changes, 1);
	drive_expect_content(d, "x", "shipped\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVE_TEST(res_backup_4_keeps_the_newest),
		DRIVE_TEST(res_backup_1_a_deleted_file_is_kept),
		DRIVE_TEST(res_file_6_a_failed_template_leaves_no_file),
		DRIVE_TEST(res_template_1_a_missing_local_source_is_refused),
		DRIVE_TEST(res_cookbook_file_1_copies_byte_by_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
