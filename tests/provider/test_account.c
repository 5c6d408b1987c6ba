/* SPDX-License-Identifier: MIT */
/* Users and groups (RES-user, RES-group) and crontabs (RES-cron). The
 * accounts looked at are ones that every Debian has. */
#include "tests/provider/tools.h"

static struct value
list_of(struct drive *d, const char *a, const char *b)
{
	struct value *items = arena_array_of(d->arena, struct value, 2);

	items[0] = value_of_text(d->arena, a);
	items[1] = value_of_text(d->arena, b != NULL ? b : "");
	return (struct value){ .type = VALUE_LIST,
		.list = { items, b != NULL ? 2u : 1u } };
}

static void
put_tools(struct drive *d)
{
	tools_put(d, "useradd", "");
	tools_put(d, "usermod", "");
	tools_put(d, "userdel", "");
	tools_put(d, "chpasswd", "cat >> $STATE/calls");
	tools_put(d, "groupadd", "");
	tools_put(d, "groupmod", "");
	tools_put(d, "groupdel", "");
	tools_put(d, "gpasswd", "");
}

static void
res_user_5_useradd_argument_order(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_tools(d);
	drive_resource(d, "user", "no-such-one");
	drive_text(d, "comment", "New One");
	drive_int(d, "uid", 2100);
	drive_text(d, "gid", "daemon");
	drive_text(d, "home", "/home/newone");
	drive_text(d, "shell", "/bin/bash");
	drive_text(d, "password", "$6$abc$def");
	drive_bool(d, "manage_home", true);
	drive_bool(d, "system", true);
	drive_run(d, "create");
	drive_expect(d, "create user no-such-one\n");
	tools_expect(d, "useradd -c New One -g daemon -s /bin/bash -u 2100 "
			"-d /home/newone -m -r no-such-one\n"
			"chpasswd -e\nno-such-one:$6$abc$def\n");
}

static void
res_user_3_only_differences_are_changed(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_tools(d);
	drive_resource(d, "user", "daemon");
	drive_text(d, "uid", "1");
	drive_text(d, "gid", "daemon");
	drive_run(d, "create");
	drive_expect(d, "");
	drive_text(d, "comment", "Demon of all");
	drive_run(d, "create");
	drive_expect(d, "alter user daemon\n");
	tools_expect(d, "usermod -c Demon of all daemon\n");
	drive_run(d, "manage");
	drive_expect(d, "manage user daemon\n");
	drive_run(d, "remove");
	drive_expect(d, "remove user daemon\n");
	tools_expect(d, "usermod -c Demon of all daemon\nuserdel daemon\n");
}

static void
res_user_4_absent_users(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_tools(d);
	drive_resource(d, "user", "no-such-one");
	drive_run(d, "manage");
	drive_expect(d, "");
	drive_run(d, "remove");
	drive_expect(d, "");
	drive_run(d, "modify");
	drive_expect_failure(d, "Chef::Exceptions::User",
	    "Cannot modify user no-such-one - does not exist!");
	drive_run(d, "lock");
	drive_expect_failure(d, "Chef::Exceptions::User", "Cannot lock");
	tools_expect(d, "");
	drive_resource(d, "user", "daemon");
	drive_text(d, "gid", "no-such-group");
	drive_run(d, "create");
	drive_expect_failure(d, "Chef::Exceptions::User", "no-such-group");
}

static void
res_user_10_lock_state(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_tools(d);
	tools_put_quiet(d, "passwd",
	    "test -e $STATE/l && echo 'daemon L 1' || echo 'daemon P 1'");
	drive_resource(d, "user", "daemon");
	drive_run(d, "unlock");
	drive_expect(d, "");
	drive_run(d, "lock");
	drive_expect(d, "lock the user daemon\n");
	drive_put(d, "l", "");
	drive_run(d, "lock");
	drive_expect(d, "");
	drive_run(d, "unlock");
	drive_expect(d, "unlock user daemon\n");
	tools_expect(d, "usermod -L daemon\nusermod -U daemon\n");
}

static void
res_group_4_create_with_members(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_tools(d);
	drive_resource(d, "group", "no-such-group");
	drive_int(d, "gid", 4000);
	resource_set(d->want, "members", list_of(d, "a", "b"));
	drive_run(d, "create");
	drive_expect(d, "create group[no-such-group]\n");
	tools_expect(d, "groupadd -g 4000 no-such-group\n"
			"gpasswd -M a,b no-such-group\n");
	drive_run(d, "manage");
	drive_expect(d, "");
	drive_run(d, "remove");
	drive_expect(d, "");
	drive_run(d, "modify");
	drive_expect_failure(
	    d, "Chef::Exceptions::Group", "group does not exist");
}

static void
res_group_3_lists_each_difference(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_tools(d);
	drive_resource(d, "group", "daemon");
	drive_text(d, "gid", "3333");
	drive_bool(d, "append", true);
	resource_set(d->want, "members", list_of(d, "x", "y"));
	drive_run(d, "create");
	drive_expect(d, "alter group group[daemon]\nchange gid 1 to 3333\n"
			"add missing member(s): x, y\n");
	tools_expect(d, "groupmod -g 3333 daemon\ngpasswd -a x daemon\n"
			"gpasswd -a y daemon\n");
	resource_set(d->want, "excluded_members", list_of(d, "y", NULL));
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::ConflictingMembersInGroup", "'y'");
}

/* --- cron ------------------------------------------------------------ */

static void
put_crontab(struct drive *d)
{
	tools_put_quiet(d, "crontab",
	    "case $1 in -l) test -f $STATE/tab || exit 1; cat $STATE/tab;;\n"
	    "*) test -e $STATE/broken && exit 3; cat > $STATE/tab;; esac");
}

static void
res_cron_5_adds_updates_and_is_content(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_crontab(d);
	drive_put(d, "tab", "1 1 * * * foreign\n");
	drive_resource(d, "cron", "job");
	drive_text(d, "minute", "5");
	drive_text(d, "mailto", "root@example.test");
	drive_text(d, "command", "/bin/one --flag");
	drive_run(d, "create");
	drive_expect(d, "add crontab entry for cron[job]\n");
	drive_expect_content(d, "tab",
	    "1 1 * * * foreign\n# Chef Name: job\nMAILTO=root@example.test\n"
	    "5 * * * * /bin/one --flag\n");
	drive_run(d, "create");
	drive_expect(d, "");
	resource_set(d->want, "mailto", value_nil);
	drive_symbol(d, "weekday", "monday");
	drive_run(d, "create");
	drive_expect(d, "update crontab entry for cron[job]\n");
	drive_expect_content(d, "tab",
	    "1 1 * * * foreign\n# Chef Name: job\n"
	    "5 * * * 1 /bin/one --flag\n");
	drive_run(d, "create");
	drive_expect(d, "");
}

static void
res_cron_6_specials_and_names_are_recognised(void **state)
{
	static const char *const lines[] = { "@daily old", "1 2 * * mon-fri x",
		"*/5 * * jan * y z" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		AUTO(drive_free) struct drive *d = drive_new();

		put_crontab(d);
		drive_put(d, "tab",
		    arena_printf(d->arena,
			"# Chef Name: job\nA=b c\n%s\n5 5 * * * after\n",
			lines[i]));
		drive_resource(d, "cron", "job");
		drive_run(d, "delete");
		drive_expect(d, "save unmodified crontab\n");
		drive_expect_content(d, "tab", "5 5 * * * after\n");
		drive_run(d, "delete");
		drive_expect(d, "");
	}
}

static void
res_cron_7_lone_comment_goes_alone(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_crontab(d);
	drive_put(d, "tab", "# Chef Name: job\n# other\n1 * * * * x\n");
	drive_resource(d, "cron", "job");
	drive_run(d, "delete");
	drive_expect(d, "remove job from crontab\n");
	drive_expect_content(d, "tab", "# other\n1 * * * * x\n");
}

static void
texts_of_an_entry_are_one_line(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_crontab(d);
	drive_resource(d, "cron", "job");
	drive_text(d, "command", "from a heredoc\n");
	drive_run(d, "create");
	drive_expect_content(
	    d, "tab", "# Chef Name: job\n* * * * * from a heredoc\n");
	drive_run(d, "create");
	drive_expect(d, "");
	drive_text(d, "command", "x\n* * * * * root-of-evil");
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::Cron", "has more than one line");
}

static void
res_cron_1_refused_crontab_is_an_error(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	put_crontab(d);
	drive_put(d, "broken", "");
	drive_resource(d, "cron", "job");
	drive_text(d, "command", "x");
	drive_run(d, "create");
	drive_expect_failure(d, "Chef::Exceptions::Cron",
	    "Error updating state of job, exit: 3");
}

static void
core_653_why_run_assumes_that_crontab_gets_installed(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	AUTO_STR char *path = xstrdup(getenv("PATH"));

	(void)state;
	drive_resource(d, "cron", "job");
	drive_text(d, "command", "x");
	setenv("PATH", drive_path(d, "nowhere"), 1);
	drive_why_run(d, "create");
	drive_expect(d, "unmet: there is no crontab program\n"
			"add crontab entry for cron[job]\n");
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Errno::ENOENT", "No such file or directory - crontab");
	setenv("PATH", path, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(res_user_5_useradd_argument_order),
		cmocka_unit_test(res_user_3_only_differences_are_changed),
		cmocka_unit_test(res_user_4_absent_users),
		cmocka_unit_test(res_user_10_lock_state),
		cmocka_unit_test(res_group_4_create_with_members),
		cmocka_unit_test(res_group_3_lists_each_difference),
		cmocka_unit_test(res_cron_5_adds_updates_and_is_content),
		cmocka_unit_test(res_cron_6_specials_and_names_are_recognised),
		cmocka_unit_test(res_cron_7_lone_comment_goes_alone),
		cmocka_unit_test(texts_of_an_entry_are_one_line),
		cmocka_unit_test(res_cron_1_refused_crontab_is_an_error),
		cmocka_unit_test(
		    core_653_why_run_assumes_that_crontab_gets_installed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
