/* SPDX-License-Identifier: MIT */
/* Working copies (RES-git with a real git, RES-svn with a fake svn), routes,
 * arrays and interfaces. */
#include "tests/provider/tools.h"

#include <stdlib.h>

#include "providers/git_refs.h"

/* A repository with a tag, an annotated tag and two branches whose names end
 * alike. */
static const char build[] =
    "cd \"$1\" && git init -q repo && cd repo && git checkout -q -b master && "
    "echo 1 > f && git add f && git commit -qm one && git tag v1 && "
    "git checkout -q -b feature/release && echo x > x && git add x && "
    "git commit -qm x && git checkout -q -b release master && "
    "git checkout -q master && echo 2 > f && git commit -qam two && "
    "git tag -a v2 -m v2";

static void
run_shell(struct drive *d, const char *text)
{
	struct proc_result r = { 0 };
	const char *const argv[] = { "/bin/sh", "-c", text, "sh", d->dir,
		NULL };
	const struct proc_spec spec = { .argv = argv };
	struct err e = { 0 };

	setenv("GIT_AUTHOR_NAME", "t", 1);
	setenv("GIT_AUTHOR_EMAIL", "t@example.test", 1);
	setenv("GIT_COMMITTER_NAME", "t", 1);
	setenv("GIT_COMMITTER_EMAIL", "t@example.test", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	assert_int_equal(proc_run(&spec, &r, &e), 0);
	if (r.status != 0)
		fail_msg("%s", buf_text(&r.err));
	proc_result_release(&r);
}

static void
declare(struct drive *d, const char *name, const char *revision)
{
	drive_resource(d, "git", drive_path(d, name));
	drive_text(d, "repository", drive_path(d, "repo"));
	if (revision != NULL)
		drive_text(d, "revision", revision);
}

static void
res_git_8_sync_clones_fetches_and_rests(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	run_shell(d, build);
	declare(d, "co", "master");
	drive_why_run(d, "sync");
	assert_int_equal(d->changes, 2);
	assert_false(drive_is_there(d, "co"));
	drive_run(d, "sync");
	assert_int_equal(d->rc, 0);
	assert_int_equal(d->changes, 2);
	assert_non_null(strstr(buf_text(&d->lines), "clone from "));
	assert_non_null(strstr(buf_text(&d->lines), "checkout ref "));
	drive_expect_content(d, "co/f", "2\n");
	drive_expect_content(d, "co/.git/HEAD", "ref: refs/heads/deploy\n");
	drive_run(d, "sync");
	drive_expect(d, "");
	run_shell(d, "cd \"$1/repo\" && echo 3 > f && git commit -qam 3");
	drive_run(d, "sync");
	drive_expect(
	    d, arena_printf(d->arena,
		   "set up remote tracking branches for %s/repo at origin\n"
		   "fetch updates for origin\n",
		   d->dir));
	drive_expect_content(d, "co/f", "3\n");
	drive_run(d, "sync");
	drive_expect(d, "");
}

static void
res_git_4_names_match_whole(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	run_shell(d, build);
	declare(d, "rel", "release");
	drive_run(d, "sync");
	assert_int_equal(d->rc, 0);
	assert_false(drive_is_there(d, "rel/x"));
	declare(d, "tag", "v1");
	drive_run(d, "sync");
	drive_expect_content(d, "tag/f", "1\n");
	declare(d, "annotated", "v2");
	drive_run(d, "sync");
	drive_expect_content(d, "annotated/f", "2\n");
	drive_run(d, "sync");
	drive_expect(d, "");
}

static void
res_git_5_checkout_leaves_full_directories(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	run_shell(d, build);
	drive_put(d, "full/keep", "k");
	declare(d, "full", NULL);
	drive_run(d, "checkout");
	drive_expect(d, "");
	declare(d, "e", "v1");
	drive_run(d, "export");
	assert_int_equal(d->rc, 0);
	assert_false(drive_is_there(d, "e/.git"));
	drive_expect_content(d, "e/f", "1\n");
	drive_run(d, "export");
	assert_true(d->updated);
}

static void
res_git_1_requirements(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	run_shell(d, build);
	declare(d, "a", "nosuch");
	drive_run(d, "sync");
	drive_expect_failure(d, "Chef::Exceptions::UnresolvableGitReference",
	    "Unable to parse SHA reference");
	declare(d, "b", "origin/master");
	drive_run(d, "sync");
	drive_expect_failure(d, "Chef::Exceptions::InvalidRemoteGitReference",
	    "'master' rather than 'origin/master'");
	declare(d, "x/y/c", NULL);
	drive_run(d, "sync");
	drive_expect_failure(
	    d, "Chef::Exceptions::MissingParentDirectory", "x/y");
}

static void
res_git_2_head_is_read_from_files(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	const char *before;

	(void)state;
	run_shell(d, build);
	before = git_head(view_of_machine(), d->arena, drive_path(d, "repo"));
	assert_non_null(before);
	run_shell(d, "cd \"$1/repo\" && git pack-refs --all");
	assert_string_equal(
	    git_head(view_of_machine(), d->arena, drive_path(d, "repo")),
	    before);
	run_shell(d, "cd \"$1/repo\" && git checkout -q --detach v1");
	assert_string_not_equal(
	    git_head(view_of_machine(), d->arena, drive_path(d, "repo")),
	    before);
	assert_null(git_head(view_of_machine(), d->arena, d->dir));
}

static void
res_svn_1_commands_and_hidden_password(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put(d, "svn",
	    "case $1 in info) printf 'Revision: 12\\nLast Changed Rev: "
	    "11\\n';; export) test -e $STATE/broken && "
	    "{ echo \"bad $*\" >&2; exit 2; };; esac; exit 0");
	drive_resource(d, "subversion", drive_path(d, "ex"));
	drive_text(d, "repository", "http://svn.example.test/repo");
	drive_text(d, "revision", "HEAD");
	drive_text(d, "svn_arguments", "--no-auth-cache");
	drive_text(d, "svn_username", "u");
	drive_text(d, "svn_password", "pass word");
	drive_run(d, "export");
	tools_expect(
	    d, arena_printf(d->arena,
		   "svn info http://svn.example.test/repo --username u "
		   "--password pass word -rHEAD\n"
		   "svn export --force --no-auth-cache -q --username u "
		   "--password pass word -r11 http://svn.example.test/repo "
		   "%s/ex\n",
		   d->dir));
	drive_put(d, "broken", "");
	drive_run(d, "export");
	drive_expect_failure(d, "Chef::Exceptions::Exec", "[hidden_password]");
	assert_null(strstr(d->error.text, "pass word"));
}

static void
res_mdadm_1_create_once(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	struct value parts[2];

	(void)state;
	tools_put(d, "mdadm",
	    "case $1 in --detail) test -e $STATE/md || exit 4;;\n"
	    "--create) read yes; test $yes = y || exit 9; touch $STATE/md;;\n"
	    "--stop) rm $STATE/md;; esac");
	parts[0] = value_of_text(d->arena, "/dev/s1");
	parts[1] = value_of_text(d->arena, "/dev/s2");
	drive_resource(d, "mdadm", "/dev/md7");
	resource_set(d->want, "devices",
	    (struct value){ .type = VALUE_LIST, .list = { parts, 2 } });
	drive_int(d, "level", 5);
	drive_int(d, "chunk", 64);
	drive_run(d, "create");
	drive_expect(d, "create RAID device /dev/md7\n");
	tools_expect(d,
	    "mdadm --detail --test /dev/md7\n"
	    "mdadm --create /dev/md7 --level 5 --chunk=64 --metadata=0.90 "
	    "--raid-devices 2 /dev/s1 /dev/s2\n");
	drive_run(d, "create");
	drive_expect(d, "");
	drive_run(d, "stop");
	drive_expect(d, "stop RAID device /dev/md7\n");
}

static void
res_route_1_command_text(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put(d, "ip", "");
	drive_resource(d, "route", "10.99.1.0");
	drive_text(d, "netmask", "255.255.255.0");
	drive_text(d, "gateway", "10.99.0.1");
	drive_text(d, "device", "eth9");
	drive_run(d, "add");
	drive_expect(d,
	    "run ip route replace 10.99.1.0/24 via 10.99.0.1  dev eth9  to "
	    "add route\n");
	tools_expect(
	    d, "ip route replace 10.99.1.0/24 via 10.99.0.1 dev eth9\n");
	drive_run(d, "delete");
	drive_expect(d, "");
	drive_text(d, "netmask", "255.0.255.0");
	drive_run(d, "add");
	drive_expect_failure(d, "ArgumentError", "is not a netmask");
}

static void
res_ifconfig_2_old_and_new_output(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put_quiet(d, "ifconfig",
	    "test $# = 0 || { echo \"ifconfig $*\" >> $STATE/calls; exit; }\n"
	    "printf 'eth0      Link encap:Ethernet\\n"
	    "          inet addr:10.1.1.1  Mask:255.255.255.0\\n\\n"
	    "eth1: flags=4163<UP>  mtu 1500\\n"
	    "        inet 10.2.2.2  netmask 255.0.0.0\\n\\n"
	    "eth2: flags=4163<UP>  mtu 1500\\n'");
	drive_resource(d, "ifconfig", "10.9.9.9");
	drive_text(d, "mask", "255.255.255.0");
	drive_text(d, "mtu", "1400");
	drive_text(d, "device", "eth0");
	drive_run(d, "add");
	drive_expect(d, "");
	drive_text(d, "device", "eth1");
	drive_run(d, "add");
	drive_expect(d, "");
	drive_text(d, "device", "eth2");
	drive_run(d, "add");
	drive_expect(d,
	    "run ifconfig eth2 10.9.9.9 netmask 255.255.255.0 mtu 1400 to "
	    "add ifconfig[10.9.9.9]\n");
	drive_run(d, "delete");
	drive_expect(
	    d, "run ifconfig eth2 down to delete ifconfig[10.9.9.9]\n");
	tools_expect(d,
	    "ifconfig eth2 10.9.9.9 netmask 255.255.255.0 mtu 1400\n"
	    "ifconfig eth2 down\n");
}

static void
res_env_1_is_an_error(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_resource(d, "env", "VAR");
	drive_run(d, "create");
	drive_expect_failure(
	    d, "Chef::Exceptions::Env", "does not implement env_value!");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(res_git_8_sync_clones_fetches_and_rests),
		cmocka_unit_test(res_git_4_names_match_whole),
		cmocka_unit_test(res_git_5_checkout_leaves_full_directories),
		cmocka_unit_test(res_git_1_requirements),
		cmocka_unit_test(res_git_2_head_is_read_from_files),
		cmocka_unit_test(res_svn_1_commands_and_hidden_password),
		cmocka_unit_test(res_mdadm_1_create_once),
		cmocka_unit_test(res_route_1_command_text),
		cmocka_unit_test(res_ifconfig_2_old_and_new_output),
		cmocka_unit_test(res_env_1_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
