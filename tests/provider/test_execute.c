/* SPDX-License-Identifier: MIT */
/* execute and the script family (RES-execute, RES-script, RES-sh). */
#include "tests/provider/tools.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static void
res_execute_2_runs_and_says_so(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "execute", "x");
	drive_text(d, "command", "echo $A-$LC_ALL > out");
	drive_text(d, "cwd", d->dir);
	struct value_pair pair = { value_of_text(d->arena, "A"),
		value_of_text(d->arena, "one") };
	resource_set(d->want, "environment",
	    (struct value){ .type = VALUE_MAP, .map = { &pair, 1 } });
	drive_why_run(d, "run");
	drive_expect(d, "execute echo $A-$LC_ALL > out\n");
	assert_false(drive_is_there(d, "out"));
	drive_run(d, "run");
	drive_expect(d, "execute echo $A-$LC_ALL > out\n");
	drive_expect_content(d, "out", "one-C\n");
	assert_string_equal(
	    buf_text(&d->log), "info: execute[x] ran successfully\n");
}

static void
res_execute_1_creates_counts_from_cwd(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "execute", "echo y >> made");
	drive_text(d, "cwd", d->dir);
	drive_text(d, "creates", "made");
	drive_run(d, "run");
	drive_expect(d, "execute echo y >> made\n");
	drive_run(d, "run");
	drive_expect(d, "");
	assert_false(d->updated);
	drive_expect_content(d, "made", "y\n");
}

static void
res_sh_1_list_runs_without_a_shell(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	struct value items[2];

	(void)state;
	drive_resource(d, "execute", "arr");
	items[0] = value_of_text(d->arena, "touch");
	items[1] = value_of_text(d->arena, drive_path(d, "$HOME and space"));
	resource_set(d->want, "command",
	    (struct value){ .type = VALUE_LIST, .list = { items, 2 } });
	drive_run(d, "run");
	assert_int_equal(d->rc, 0);
	assert_true(drive_is_there(d, "$HOME and space"));
	assert_true(
	    strncmp(buf_text(&d->lines), "execute [\"touch\", ", 18) == 0);
}

static void
res_execute_4_status_must_be_allowed(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	struct value items[2] = { value_of_int(0), value_of_int(4) };

	(void)state;
	drive_resource(d, "execute", "echo why >&2; exit 4");
	drive_run(d, "run");
	drive_expect_failure(d, NULL, "but received '4'");
	drive_expect_failure(d, NULL, "STDERR: why");
	assert_int_equal(d->rc, ERR_EXIT);
	assert_int_equal(d->changes, 0);
	resource_set(d->want, "returns",
	    (struct value){ .type = VALUE_LIST, .list = { items, 2 } });
	drive_run(d, "run");
	drive_expect(d, "execute echo why >&2; exit 4\n");
}

static void
command_with_a_null_byte_is_refused(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	const struct str text = STR("echo a > made\0b");

	(void)state;
	drive_resource(d, "execute", "x");
	drive_text(d, "cwd", d->dir);
	resource_set(d->want, "command", value_of_str(d->arena, text));
	drive_run(d, "run");
	drive_expect_failure(d, "ArgumentError", "null byte");
	assert_false(drive_is_there(d, "made"));
}

static void
endless_output_keeps_its_end(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "execute",
	    "head -c 40000000 /dev/zero | tr '\\0' x; echo the end; exit 1");
	drive_run(d, "run");
	drive_expect_failure(d, NULL, "xxthe end\nSTDERR");
}

static void
res_sh_missing_program_raises_enoent(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "execute", "no-such-program-here x");
	drive_run(d, "run");
	drive_expect_failure(d, "Errno::ENOENT", "no-such-program-here");
	drive_resource(d, "execute", "true");
	drive_text(d, "user", "no-such-user-here");
	drive_run(d, "run");
	drive_expect_failure(
	    d, "ArgumentError", "can't find user for no-such-user-here");
}

static void
res_sh_timeout_kills_the_whole_tree(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "execute", "(sleep 5; echo late > late) & sleep 30");
	drive_text(d, "cwd", d->dir);
	drive_int(d, "timeout", 1);
	drive_run(d, "run");
	assert_int_equal(d->rc, ERR_TIMEOUT);
	drive_expect_failure(d, NULL, "Command timed out after 1s:");
	assert_int_equal(access(drive_path(d, "late"), F_OK), -1);
}

static void
res_sh_3_umask_of_the_command(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "execute", "touch masked");
	drive_text(d, "cwd", d->dir);
	drive_text(d, "umask", "077");
	drive_run(d, "run");
	assert_int_equal(drive_stat(d, "masked").st_mode & 07777, 0600);
	drive_text(d, "umask", "rwx");
	drive_run(d, "run");
	drive_expect_failure(d, "ArgumentError", "umask 'rwx'");
}

static void
sensitive_command_is_not_shown(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "execute", "s");
	drive_text(d, "command", "echo hidden-word; exit 3");
	d->want->sensitive = true;
	drive_why_run(d, "run");
	drive_expect(d, "execute sensitive resource\n");
	drive_run(d, "run");
	assert_int_equal(d->rc, ERR_EXIT);
	assert_null(strstr(d->error.text, "hidden-word"));
	assert_non_null(strstr(d->error.text, "received '3'"));
}

static void
leave_no_scripts(const struct drive *d)
{
	AUTO_STR char *tmp = xasprintf("%s/tmp", d->dir);
	DIR *dir = opendir(tmp);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		assert_true(entry->d_name[0] == '.');
	closedir(dir);
}

static void
own_tmp(struct drive *d)
{
	assert_int_equal(mkdir(drive_path(d, "tmp"), 0777), 0);
	setenv("TMPDIR", drive_path(d, "tmp"), 1);
}

static void
res_script_1_runs_the_code(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	own_tmp(d);
	drive_resource(d, "bash", "b");
	drive_text(d, "cwd", d->dir);
	drive_text(d, "flags", "-e");
	drive_text(d, "code", "arr=(a b c)\necho \"${arr[1]}\" > out");
	drive_run(d, "run");
	assert_int_equal(d->rc, 0);
	drive_expect_content(d, "out", "b\n");
	assert_true(
	    strncmp(buf_text(&d->lines), "execute \"bash\" -e \"", 18) == 0);
	leave_no_scripts(d);
}

static void
res_script_2_creates_means_not_updated(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	own_tmp(d);
	drive_put(d, "there", "");
	drive_resource(d, "bash", "b");
	drive_text(d, "code", "exit 1");
	drive_text(d, "creates", drive_path(d, "there"));
	drive_run(d, "run");
	drive_expect(d, "");
	assert_false(d->updated);
	leave_no_scripts(d);
}

static void
res_script_3_failed_script_leaves_no_file(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	own_tmp(d);
	drive_resource(d, "bash", "b");
	drive_text(d, "code", "exit 7");
	drive_run(d, "run");
	assert_int_equal(d->rc, ERR_EXIT);
	leave_no_scripts(d);
}

static void
res_script_5_no_code_runs_nothing(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	own_tmp(d);
	drive_resource(d, "bash", "empty");
	drive_run(d, "run");
	assert_int_equal(d->rc, 0);
	assert_true(d->updated);
	drive_resource(d, "script", "none");
	drive_run(d, "run");
	drive_expect_failure(
	    d, "Chef::Exceptions::ValidationFailed", "interpreter");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(res_execute_2_runs_and_says_so),
		cmocka_unit_test(res_execute_1_creates_counts_from_cwd),
		cmocka_unit_test(res_sh_1_list_runs_without_a_shell),
		cmocka_unit_test(res_execute_4_status_must_be_allowed),
		cmocka_unit_test(command_with_a_null_byte_is_refused),
		cmocka_unit_test(endless_output_keeps_its_end),
		cmocka_unit_test(res_sh_missing_program_raises_enoent),
		cmocka_unit_test(res_sh_timeout_kills_the_whole_tree),
		cmocka_unit_test(res_sh_3_umask_of_the_command),
		cmocka_unit_test(sensitive_command_is_not_shown),
		cmocka_unit_test(res_script_1_runs_the_code),
		cmocka_unit_test(res_script_2_creates_means_not_updated),
		cmocka_unit_test(res_script_3_failed_script_leaves_no_file),
		cmocka_unit_test(res_script_5_no_code_runs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
