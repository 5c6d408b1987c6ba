/* SPDX-License-Identifier: MIT */
/* Services (RES-service, RES-simple, RES-init) and which provider (RES-map). */
#include "tests/provider/tools.h"

#include <stdlib.h>

#include "providers/choose.h"

static const char script[] =
    "#!/bin/sh\n"
    "cd $(dirname $0)\n"
    "echo \"$1 $LC_ALL\" >> calls\n"
    "case $1 in status) test -f on;; start) touch on;; stop) rm -f on;; "
    "esac\n";

static void
put_script(struct drive *d)
{
	drive_put(d, "svc", script);
	assert_int_equal(chmod(drive_path(d, "svc"), 0755), 0);
	drive_text(d, "init_command", drive_path(d, "svc"));
}

static void
set_supports(struct drive *d, const char *a, const char *b, const char *c)
{
	const char *const keys[] = { a, b, c };
	struct value_pair *pairs =
	    arena_array_of(d->arena, struct value_pair, ARRAY_LEN(keys));
	size_t i, len = 0;

	for (i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i] != NULL) {
			pairs[len].key = value_of_symbol(d->arena, keys[i]);
			pairs[len++].value = value_of_bool(true);
		}
	resource_set(d->want, "supports",
	    (struct value){ .type = VALUE_MAP, .map = { pairs, len } });
}

static void
res_service_1_start_and_stop_on_difference(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	d->provider = "Service::Init";
	drive_resource(d, "service", "svc");
	put_script(d);
	set_supports(d, "status", NULL, NULL);
	drive_why_run(d, "start");
	drive_expect(d, "start service service[svc]\n");
	tools_expect(d, "status C\n");
	drive_run(d, "start");
	drive_expect(d, "start service service[svc]\n");
	tools_expect(d, "status C\nstart C\n");
	assert_true(resource_bool(d->want, "running", false));
	assert_string_equal(buf_text(&d->log), "info: service[svc] started\n");
	drive_run(d, "start");
	drive_expect(d, "");
	drive_run(d, "stop");
	drive_expect(d, "stop service service[svc]\n");
	assert_false(resource_bool(d->want, "running", true));
	drive_run(d, "stop");
	drive_expect(d, "");
}

static void
res_init_2_restart_and_reload(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	d->provider = "Service::Init";
	drive_resource(d, "service", "svc");
	put_script(d);
	drive_put(d, "on", "");
	set_supports(d, "status", "restart", "reload");
	drive_run(d, "restart");
	drive_expect(d, "restart service service[svc]\n");
	drive_run(d, "reload");
	drive_expect(d, "reload service service[svc]\n");
	tools_expect(d, "status C\nrestart C\nstatus C\nreload C\n");
	set_supports(d, "status", NULL, NULL);
	drive_run(d, "restart");
	tools_expect(d, "status C\nstop C\nstart C\n");
}

static void
res_init_1_missing_script_fails(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	d->provider = "Service::Init";
	tools_put_quiet(d, "ps", "echo none");
	drive_resource(d, "service", "ghost");
	drive_text(d, "init_command", drive_path(d, "ghost"));
	drive_run(d, "start");
	drive_expect_failure(d, "Chef::Exceptions::Service", "does not exist!");
	drive_run(d, "enable");
	drive_expect_failure(
	    d, "Chef::Exceptions::UnsupportedAction", "enable");
	drive_why_run(d, "start");
	drive_expect(d, arena_printf(d->arena,
			    "unmet: %s/ghost does not exist!\n"
			    "start service service[ghost]\n",
			    d->dir));
}

static void
res_simple_1_process_table_and_own_commands(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();

	(void)state;
	d->provider = "Service::Simple";
	tools_put_quiet(d, "ps",
	    "test -e $STATE/dead && exit 1; echo 'root 1 /usr/bin/thing7 -f'");
	drive_resource(d, "service", "t");
	drive_text(d, "pattern", "thing[0-9] -f$");
	drive_text(d, "start_command", "true");
	drive_run(d, "start");
	drive_expect(d, "");
	drive_text(d, "pattern", "^thing");
	drive_run(d, "start");
	drive_expect(d, "start service service[t]\n");
	drive_run(d, "stop");
	drive_expect_failure(
	    d, "Chef::Exceptions::Service", "stop_command be set");
	drive_put(d, "dead", "");
	drive_run(d, "start");
	drive_expect_failure(
	    d, "Chef::Exceptions::Service", "failed to execute");
	drive_text(d, "status_command", "no-such-program-here");
	drive_run(d, "start");
	drive_expect(d, "start service service[t]\n");
}

static void
res_simple_1_without_ps_the_kernel_tells(void **state)
{
	AUTO(drive_free) struct drive *d = drive_new();
	AUTO_STR char *path = xstrdup(getenv("PATH"));

	(void)state;
	d->provider = "Service::Simple";
	setenv("PATH", d->dir, 1);
	drive_resource(d, "service", "provider_service");
	drive_text(d, "start_command", "true");
	drive_run(d, "start");
	drive_expect(d, ""); /* this very test */
	drive_text(d, "pattern", "no-such-process-[0-9]$");
	drive_why_run(d, "start");
	drive_expect(d, "start service service[provider_service]\n");
	setenv("PATH", path, 1);
}

static void
res_map_platform_table_decides(void **state)
{
	static const struct {
		const char *type, *platform, *version, *family, *provider;
	} choices[] = {
		{ "package", "ubuntu", "12.04", "debian", "Package::Apt" },
		{ "package", "centos", "6.5", "rhel", "Package::Yum" },
		{ "package", "rocky", "9.1", "rhel", "Package::Dnf" },
		{ "package", "pop", "22.04", "debian", "Package::Apt" },
		{ "package", "suse", "12.0", "suse", "Package::Zypper" },
		{ "package", "amazon", "2014.03", NULL, "Package::Yum" },
		{ "group", "opensuse", "12.2", "suse", "Group::Suse" },
		{ "group", "opensuse", "12.10", "suse", "Group::Usermod" },
		{ "group", "debian", "12", "debian", "Group::Gpasswd" },
		{ "bash", NULL, NULL, NULL, "Script" },
		{ "ifconfig", "ubuntu", "11.04", "debian", "Ifconfig" },
		{ "ifconfig", "ubuntu", "11.10", "debian", "Ifconfig::Debian" },
		{ "file", "debian", "12", "debian", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(choices); i++) {
		const char *got = provider_choose(choices[i].type,
		    choices[i].platform, choices[i].version, choices[i].family,
		    view_of_machine(), "x");

		if (got == NULL || choices[i].provider == NULL)
			assert_ptr_equal(got, choices[i].provider);
		else
			assert_string_equal(got, choices[i].provider);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(res_service_1_start_and_stop_on_difference),
		cmocka_unit_test(res_init_2_restart_and_reload),
		cmocka_unit_test(res_init_1_missing_script_fails),
		cmocka_unit_test(res_simple_1_process_table_and_own_commands),
		cmocka_unit_test(res_simple_1_without_ps_the_kernel_tells),
		cmocka_unit_test(res_map_platform_table_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
