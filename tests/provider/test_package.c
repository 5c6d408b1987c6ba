/* SPDX-License-Identifier: MIT */
/* Packages (RES-package, RES-apt, RES-dpkg, RES-rpm, RES-zypper). */
#include "tests/provider/tools.h"

#include <stdlib.h>

#include "providers/gem_version.h"
#include "providers/rpm_query.h"

static const char policy[] =
    "case $1-$2 in\n"
    "policy-fresh) if test -e $STATE/in; then i=1.0-1; else i='(none)'; fi\n"
    "  printf 'fresh:\\n  Installed: %s\\n  Candidate: 1.0-1\\n' \"$i\";;\n"
    "policy-old) printf 'old:\\n  Installed: 1\\n  Candidate: 2\\n';;\n"
    "policy-mta) printf 'mta:\\n  Installed: (none)\\n"
    "  Candidate: (none)\\n';;\n"
    "policy-exim) printf 'exim:\\n  Installed: (none)\\n"
    "  Candidate: 4\\n';;\n"
    "showpkg-mta) printf 'Package: mta\\nReverse Provides: \\n"
    "exim 4 (= )\\nexim 3 (= )\\n';;\n"
    "esac";

static const char status[] = "Package: already\nStatus: install ok installed\n"
			     "Architecture: all\nVersion: 2.0\n\n"
			     "Package: gone\n"
			     "Status: deinstall ok config-files\n"
			     "Architecture: all\nVersion: 1\n\n";

static void
prepare(struct drive *d)
{
	drive_put(d, "dpkg/status", status);
	setenv("DPKG_ADMINDIR", drive_path(d, "dpkg"), 1);
	tools_put(d, "apt-get",
	    "echo \"env $DEBIAN_FRONTEND\" >> $STATE/env; touch $STATE/in");
	tools_put_quiet(d, "apt-cache", policy);
	d->provider = "Package::Apt";
}

static void
res_apt_3_installs_the_candidate_once(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	drive_resource(d, "package", "fresh");
	drive_why_run(d, "install");
	drive_expect(d, "install version 1.0-1 of package fresh\n");
	tools_expect(d, "");
	drive_run(d, "install");
	drive_expect(d, "install version 1.0-1 of package fresh\n");
	tools_expect(d, "apt-get -q -y install fresh=1.0-1\n");
	drive_expect_content(d, "env", "env noninteractive\n");
	assert_string_equal(resource_text(d->want, "version", NULL), "1.0-1");
	drive_run(d, "install");
	drive_expect(d, "");
	tools_expect(d, "");
}

static void
installed_package_starts_no_process(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	tools_put(d, "apt-cache", "exit 1");
	drive_resource(d, "package", "already");
	drive_run(d, "install");
	drive_expect(d, "");
	drive_text(d, "version", "2.0");
	drive_run(d, "install");
	drive_expect(d, "");
	tools_expect(d, "");
	drive_resource(d, "package", "gone");
	drive_run(d, "install");
	tools_expect(d, "apt-cache policy gone\n");
}

static void
res_package_2_explicit_version_and_options(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	drive_resource(d, "package", "logical");
	drive_text(d, "package_name", "old");
	drive_text(d, "version", "1.5");
	drive_text(d, "options", "-o Dpkg::Options::=\"--force-confold\"");
	drive_run(d, "install");
	drive_expect(d, "install version 1.5 of package old\n");
	tools_expect(d,
	    "apt-get -q -y -o Dpkg::Options::=--force-confold install "
	    "old=1.5\n");
}

static void
res_apt_1_default_release(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	tools_put(d, "apt-cache",
	    "printf 'd1:\\n  Installed: (none)\\n  Candidate: 9\\n'");
	drive_resource(d, "apt_package", "d1");
	drive_text(d, "default_release", "backports");
	drive_run(d, "install");
	tools_expect(d,
	    "apt-cache -o APT::Default-Release=backports policy d1\n"
	    "apt-get -q -y -o APT::Default-Release=backports install d1=9\n");
}

static void
res_package_3_upgrade_goes_to_the_candidate(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	drive_resource(d, "package", "old");
	drive_text(d, "version", "1");
	drive_run(d, "upgrade");
	drive_expect(d, "upgrade package old from 1 to 2\n");
	tools_expect(d, "apt-get -q -y install old=2\n");
}

static void
res_package_4_remove_and_purge(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	drive_resource(d, "package", "old");
	drive_run(d, "remove");
	drive_expect(d, "remove  package old\n");
	drive_text(d, "version", "1");
	drive_run(d, "purge");
	drive_expect(d, "purge version 1 of  package old\n");
	tools_expect(d, "apt-get -q -y remove old\napt-get -q -y purge old\n");
	drive_resource(d, "package", "exim");
	drive_run(d, "remove");
	drive_expect(d, "");
	tools_expect(d, "");
}

static void
res_package_1_no_candidate_fails(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	drive_resource(d, "package", "unknown");
	drive_run(d, "install");
	drive_expect_failure(d, "Chef::Exceptions::Package",
	    "No version specified, and no candidate version available for "
	    "unknown");
	drive_why_run(d, "install");
	assert_int_equal(d->rc, 0);
	assert_non_null(strstr(buf_text(&d->lines), "unmet: No version"));
	tools_expect(d, "");
}

static void
res_apt_2_virtual_package_keeps_its_name(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	drive_resource(d, "package", "mta");
	drive_run(d, "install");
	drive_expect(d, "install version 4 of package mta\n");
	tools_expect(d, "apt-get -q -y install mta\n");
}

static void
res_package_10_list_is_one_call(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	struct value names[3];

	(void)state;
	prepare(d);
	names[0] = value_of_text(d->arena, "fresh");
	names[1] = value_of_text(d->arena, "already");
	names[2] = value_of_text(d->arena, "exim");
	drive_resource(d, "package", "fresh, already, exim");
	resource_set(d->want, "package_name",
	    (struct value){ .type = VALUE_LIST, .list = { names, 3 } });
	drive_run(d, "install");
	drive_expect(d, "install version 1.0-1 of package fresh\n"
			"install version 4 of package exim\n");
	tools_expect(d, "apt-get -q -y install fresh=1.0-1 exim=4\n");
}

static void
res_package_7_changed_answers_are_fed_first(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	tools_put(d, "debconf-set-selections", "");
	tools_put(d, "dpkg-reconfigure", "");
	drive_put(d, "cookbook/files/x.seed", "fresh fresh/q select yes\n");
	drive_resource(d, "package", "fresh");
	drive_text(d, "response_file", "x.seed");
	drive_run(d, "install");
	assert_int_equal(d->rc, 0);
	tools_expect(d, arena_printf(d->arena,
			    "debconf-set-selections "
			    "%s/.cache/preseed/demo/fresh-1.0-1.seed\n"
			    "apt-get -q -y install fresh=1.0-1\n",
			    d->dir));
	drive_expect_content(d, ".cache/preseed/demo/fresh-1.0-1.seed",
	    "fresh fresh/q select yes\n");
	drive_run(d, "reconfig");
	assert_int_equal(d->changes, 0);
	tools_expect(d, "");
	drive_put(d, "cookbook/files/x.seed", "fresh fresh/q select no\n");
	drive_run(d, "reconfig");
	tools_expect(d, arena_printf(d->arena,
			    "debconf-set-selections "
			    "%s/.cache/preseed/demo/fresh-1.0-1.seed\n"
			    "dpkg-reconfigure fresh\n",
			    d->dir));
}

static void
failed_tool_is_an_error(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	prepare(d);
	tools_put(d, "apt-get", "echo 'E: broken' >&2; exit 100");
	drive_resource(d, "package", "fresh");
	drive_run(d, "install");
	assert_int_equal(d->rc, ERR_EXIT);
	drive_expect_failure(d, NULL, "E: broken");
	assert_false(resource_has(d->want, "version"));
}

static void
res_dpkg_1_file_names_the_package(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_put(d, "x.deb", "deb");
	tools_put_quiet(d, "dpkg-deb", "printf 'xpkg\\t1.2-3\\n'");
	tools_put(d, "dpkg",
	    "case $1 in -i) touch $STATE/in;;\n"
	    "-s) test -e $STATE/in || exit 1\n"
	    "printf 'Status: install ok installed\\nVersion: 1.2-3\\n';; esac");
	drive_resource(d, "dpkg_package", drive_path(d, "x.deb"));
	drive_run(d, "install");
	drive_expect(d, "install version 1.2-3 of package xpkg\n");
	tools_expect(d,
	    arena_printf(d->arena, "dpkg -s xpkg\ndpkg -i %s/x.deb\n", d->dir));
	drive_run(d, "install");
	drive_expect(d, "");
	drive_resource(d, "dpkg_package", "nofile");
	drive_run(d, "install");
	drive_expect_failure(d, "Chef::Exceptions::Package", "Source for");
}

static void
res_rpm_2_options_and_unsupported_verb(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	drive_put(d, "y.rpm", "rpm");
	tools_put(d, "rpm",
	    "case $1 in -qp) printf 'ypkg 1.0-2';;\n"
	    "-q) test -e $STATE/in && printf 'ypkg 1.0-2' || exit 1;;\n"
	    "*) touch $STATE/in;; esac");
	drive_resource(d, "rpm_package", "ypkg");
	drive_text(d, "source", drive_path(d, "y.rpm"));
	drive_text(d, "options", "--nodeps");
	drive_run(d, "install");
	drive_expect(d, "install version 1.0-2 of package ypkg\n");
	drive_put(d, "calls", "");
	drive_resource(d, "rpm_package", "ypkg");
	drive_run(d, "purge");
	drive_expect_failure(d, "Chef::Exceptions::UnsupportedAction", "purge");
	drive_run(d, "remove");
	drive_expect(d, "remove  package ypkg\n");
	assert_true(drive_is_there(d, "in"));
}

static void
res_zypper_1_padded_fields(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put(d, "zypper",
	    "test $2 = info && printf 'Version        : 2.0\\n"
	    "Installed      : Yes\\n"
	    "Status         : out-of-date (version 1.0 installed)\\n'; true");
	d->provider = "Package::Zypper";
	drive_resource(d, "package", "z");
	drive_run(d, "upgrade");
	drive_expect(d, "upgrade package z from 1.0 to 2.0\n");
	tools_expect(d,
	    "zypper --non-interactive info z\n"
	    "zypper --non-interactive install --auto-agree-with-licenses "
	    "z=2.0\n");
	drive_config(d, "zypper_check_gpg", value_of_bool(false));
	drive_run(d, "upgrade");
	tools_expect(d, "zypper --non-interactive info z\n"
			"zypper --non-interactive --no-gpg-checks install "
			"--auto-agree-with-licenses z=2.0\n");
}

static void
res_yum_4_installs_the_listed_version(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put_quiet(
	    d, "rpm", "test -e $STATE/in && echo 'h 1-1' || exit 1");
	tools_put(d, "yum",
	    "case \"$*\" in *list*) echo 'h.x86_64  1:2.4-6.el6  base';; esac");
	drive_resource(d, "yum_package", "h");
	drive_text(d, "options", "--enablerepo=epel");
	drive_run(d, "install");
	drive_expect(d, "install version 2.4-6.el6 of package h\n");
	tools_expect(d,
	    "yum -q --enablerepo=epel list available h\n"
	    "yum -d0 -e0 -y --enablerepo=epel install h-2.4-6.el6\n");
	drive_put(d, "in", "");
	drive_resource(d, "yum_package", "h");
	drive_text(d, "version", "0.9-1");
	drive_run(d, "install");
	drive_expect_failure(
	    d, "Chef::Exceptions::Package", "is newer than candidate");
}

static void
res_yum_5_failed_scriptlet_is_tried_again(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put_quiet(d, "rpm", "exit 1");
	tools_put(d, "yum",
	    "case \"$*\" in *list*) echo 'h.noarch 1-1 base'; exit;; esac\n"
	    "test -e $STATE/once && exit 0\n"
	    "touch $STATE/once; echo '%post(h) scriptlet failed'; exit 1");
	drive_resource(d, "yum_package", "h");
	drive_run(d, "install");
	drive_expect(d, "install version 1-1 of package h\n");
	tools_expect(d,
	    "yum -q list available h\nyum -d0 -e0 -y install h-1-1\n"
	    "yum -d0 -e0 -y install h-1-1\n");
}

static void
res_yum_2_versions_order_as_rpm_does(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} versions[] = {
		{ "1.0-1", "1.0-1", 0 },
		{ "1.10", "1.9", 1 },
		{ "1.0a", "1.0", 1 },
		{ "1.0", "1.0.1", -1 },
		{ "2:1.0", "1:9.0", 1 },
		{ "1.0~rc1", "1.0", -1 },
		{ "1.a", "1.1", -1 },
		{ "001", "1", 0 },
		{ "1.0-2", "1.0-10", -1 },
		{ "1.0", "1.0-3", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		int order = rpm_version_compare(versions[i].a, versions[i].b);

		if ((order > 0) - (order < 0) != versions[i].order)
			fail_msg("%s ? %s", versions[i].a, versions[i].b);
	}
}

static void
res_gem_2_requirement_decides(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put(d, "gem",
	    "case \"$1 $2\" in\n"
	    "'list --local') echo 'rake (13.0.6, default: 12.3.1)';;\n"
	    "'list --remote') echo 'right (2.10.0 ruby java)';; esac");
	drive_resource(d, "gem_package", "rake");
	drive_text(d, "version", "~> 12.3");
	drive_run(d, "install");
	drive_expect(d, "");
	drive_text(d, "version", "~> 11.0");
	drive_run(d, "install");
	drive_expect(d, "install version ~> 11.0 of package rake\n");
	drive_put(d, "calls", "");
	drive_resource(d, "gem_package", "right");
	drive_run(d, "install");
	drive_expect(d, "install version 2.10.0 of package right\n");
	tools_expect(d, "gem list --local ^right$\ngem list --remote ^right$\n"
			"gem install right -q --no-document -v 2.10.0\n");
	drive_resource(d, "gem_package", "rake");
	drive_run(d, "remove");
	drive_expect(d, "remove  package rake\n");
	tools_expect(
	    d, "gem list --local ^rake$\ngem uninstall rake -q -x -I -a\n");
}

static void
res_gem_1_chef_gem_has_its_own_directory(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	tools_put(d, "gem",
	    "echo $GEM_HOME >> $STATE/home; test $2 = --remote && "
	    "echo 'right (1.0)'; true");
	drive_resource(d, "chef_gem", "right");
	drive_run(d, "install");
	assert_int_equal(d->rc, 0);
	drive_expect_content(d, "home",
	    arena_printf(d->arena,
		"%s/.cache/gems\n%s/.cache/gems\n%s/.cache/gems\n", d->dir,
		d->dir, d->dir));
	tools_expect(
	    d, arena_printf(d->arena,
		   "gem list --local ^right$\ngem list --remote ^right$\n"
		   "gem install right -q --no-document --install-dir "
		   "%s/.cache/gems -v 1.0\n",
		   d->dir));
}

static void
res_gem_2_versions_order_as_rubygems_does(void **state)
{
	static const struct {
		const char *version, *requirement;
		bool meets;
	} cases[] = {
		{ "1.2.9", "~> 1.2", true },
		{ "2.0", "~> 1.2", false },
		{ "1.2.9", "~> 1.2.3", true },
		{ "1.3", "~> 1.2.3", false },
		{ "1.10", "> 1.9", true },
		{ "1.0.rc1", ">= 1.0", false },
		{ "1.0", "1.0.0", true },
		{ "1.5", ">= 1, < 2, != 1.5", false },
		{ "3", "~> 2", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (gem_version_meets(cases[i].version, cases[i].requirement) !=
		    cases[i].meets)
			fail_msg(
			    "%s %s", cases[i].version, cases[i].requirement);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(res_apt_3_installs_the_candidate_once),
		cmocka_unit_test(installed_package_starts_no_process),
		cmocka_unit_test(res_package_2_explicit_version_and_options),
		cmocka_unit_test(res_apt_1_default_release),
		cmocka_unit_test(res_package_3_upgrade_goes_to_the_candidate),
		cmocka_unit_test(res_package_4_remove_and_purge),
		cmocka_unit_test(res_package_1_no_candidate_fails),
		cmocka_unit_test(res_apt_2_virtual_package_keeps_its_name),
		cmocka_unit_test(res_package_10_list_is_one_call),
		cmocka_unit_test(res_package_7_changed_answers_are_fed_first),
		cmocka_unit_test(failed_tool_is_an_error),
		cmocka_unit_test(res_dpkg_1_file_names_the_package),
		cmocka_unit_test(res_rpm_2_options_and_unsupported_verb),
		cmocka_unit_test(res_zypper_1_padded_fields),
		cmocka_unit_test(res_yum_4_installs_the_listed_version),
		cmocka_unit_test(res_gem_2_requirement_decides),
		cmocka_unit_test(res_gem_1_chef_gem_has_its_own_directory),
		cmocka_unit_test(res_gem_2_versions_order_as_rubygems_does),
		cmocka_unit_test(res_yum_5_failed_scriptlet_is_tried_again),
		cmocka_unit_test(res_yum_2_versions_order_as_rpm_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
