/* SPDX-License-Identifier: MIT */
/* Automatic attributes of machines that exist only as fixture trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "runtime/ohai/ohai.h"

#define FIXTURES TEST_SOURCE_DIR "/fixtures/ohai/"

/* The value at "key|inner|deeper"; NULL when a step is missing. */
static const struct value *
dig(struct ohai *o, const char *path)
{
	struct str rest = str_from(path), part;
	const struct value *v = NULL;
	while (str_split(&rest, '|', &part)) {
		char key[128] = { 0 };
		assert_true(part.len < sizeof(key));
		memcpy(key, part.data, part.len);
		if (v == NULL) {
			if (ohai_get(o, key, &v, NULL) < 0)
				return NULL;
			continue;
		}
		const struct value *next = NULL;
		for (size_t i = 0; v->type == VALUE_MAP && i < v->map.len; i++)
			if (str_eq(v->map.pairs[i].key.text, part))
				next = &v->map.pairs[i].value;
		if (next == NULL)
			return NULL;
		v = next;
	}
	return v;
}

struct expectation {
	const char *path, *inspected; /* inspected NULL: absent */
};

static void
expect_all(const char *root, const struct expectation *list, size_t len)
{
	AUTO(ohai_free) struct ohai *o = ohai_new(root);
	AUTO(arena_free) struct arena *a = arena_new();
	for (size_t i = 0; i < len; i++) {
		const struct value *v = dig(o, list[i].path);
		const char *got = v != NULL ? value_inspect(a, v) : NULL;
		if (!text_eq(got, list[i].inspected))
			fail_msg("%s: %s is %s, not %s", root, list[i].path,
			    got != NULL ? got : "absent",
			    list[i].inspected != NULL ? list[i].inspected
						      : "absent");
	}
}

static void
core_828_a_debian_machine(void **state)
{
	(void)state;
	static const struct expectation list[] = {
		{ "platform", "\"debian\"" },
		{ "platform_version", "\"12.11\"" },
		{ "platform_family", "\"debian\"" },
		{ "lsb", "{\"id\"=>\"Debian\", \"release\"=>\"12.11\", "
			 "\"codename\"=>\"bookworm\", \"description\"=>"
			 "\"Debian GNU/Linux 12 (bookworm)\"}" },
		{ "os", "\"linux\"" },
		{ "kernel|name", "\"Linux\"" },
		{ "kernel|modules|ext4",
		    "{\"size\"=>\"1122304\", \"refcount\"=>\"1\"}" },
		{ "hostname", "\"web1\"" },
		{ "machinename", "\"web1\"" },
		{ "fqdn", "\"web1.example.com\"" },
		{ "domain", "\"example.com\"" },
		{ "init_package", "\"systemd\"" },
		{ "uptime_seconds", "93784" },
		{ "uptime", "\"1 days 02 hours 03 minutes 04 seconds\"" },
		{ "idletime_seconds", "180000" },
		{ "root_group", "\"root\"" },
		{ "shells", "[\"/bin/sh\", \"/bin/bash\"]" },
		{ "command|ps", "\"ps -ef\"" },
		{ "keys|ssh|host_ecdsa_public", "\"AAAAE2\"" },
		{ "keys|ssh|host_ecdsa_type", "\"ecdsa-sha2-nistp256\"" },
		{ "chef_packages|chef|version", "\"11.18.12\"" },
		{ "cloud", NULL },
		{ "ec2", NULL },
	};
	expect_all(FIXTURES "debian12", list, ARRAY_LEN(list));
}

static void
core_828_sizes_are_texts_and_counts_are_numbers(void **state)
{
	(void)state;
	static const struct expectation list[] = {
		{ "memory|total", "\"8039404kB\"" },
		{ "memory|swap", "{\"cached\"=>\"12kB\", \"total\"=>"
				 "\"2097148kB\", \"free\"=>\"2097136kB\"}" },
		{ "memory|hugepages|total", "\"4\"" },
		{ "cpu|total", "2" },
		{ "cpu|real", "2" },
		{ "cpu|0|model_name", "\"Intel(R) Xeon(R)\"" },
		{ "cpu|0|mhz", "\"2500.000\"" },
		{ "cpu|0|flags", "[\"fpu\", \"vme\", \"hypervisor\"]" },
		{ "cpu|1|physical_id", "\"1\"" },
		{ "etc|passwd|deploy",
		    "{\"dir\"=>\"/home/deploy\", \"gid\"=>1002, \"uid\"=>1001, "
		    "\"shell\"=>\"/bin/sh\", \"gecos\"=>\"Deploy,,,\"}" },
		{ "etc|passwd|broken line", NULL },
		{ "etc|group|www",
		    "{\"gid\"=>1002, \"members\"=>[\"deploy\", \"web\"]}" },
		{ "block_device|vda|size", "\"41943040\"" },
		{ "block_device|vda|model", "\"VIRT-DISK\"" },
		{ "dmi|bios|vendor", "\"SeaBIOS\"" },
		{ "dmi|system|manufacturer", "\"QEMU\"" },
		{ "virtualization", "{\"system\"=>\"kvm\", \"role\"=>\"guest\","
				    " \"systems\"=>{\"kvm\"=>\"guest\"}}" },
	};
	expect_all(FIXTURES "debian12", list, ARRAY_LEN(list));
}

static void
core_828_file_systems_by_device(void **state)
{
	(void)state;
	static const struct expectation list[] = {
		{ "filesystem|/dev/vda1|mount", "\"/\"" },
		{ "filesystem|/dev/vda1|fs_type", "\"ext4\"" },
		{ "filesystem|/dev/vda1|mount_options",
		    "[\"rw\", \"relatime\"]" },
		{ "filesystem|server:/export|mount", "\"/mnt/with blank\"" },
		{ "filesystem|server:/export|kb_size", NULL },
		{ "filesystem2|by_mountpoint|/|devices", "[\"/dev/vda1\"]" },
		{ "filesystem2|by_pair|/dev/vda1,/|device", "\"/dev/vda1\"" },
	};
	expect_all(FIXTURES "debian12", list, ARRAY_LEN(list));
}

static void
core_828_packages_are_what_dpkg_has_installed(void **state)
{
	(void)state;
	static const struct expectation list[] = {
		{ "packages|adduser|version", "\"3.134\"" },
		{ "packages|adduser|arch", "\"all\"" },
		{ "packages|zlib1g|version", "\"1:1.2.13.dfsg-1\"" },
		{ "packages|zlib1g|status", "\"installed\"" },
		{ "packages|gone", NULL },
		{ "packages|this line only looks like one", NULL },
	};
	expect_all(FIXTURES "debian12", list, ARRAY_LEN(list));
	static const struct expectation none[] = { { "packages", NULL } };
	expect_all(FIXTURES "arch", none, ARRAY_LEN(none));
}

static void
core_828_ruby_is_described_by_its_configuration(void **state)
{
	(void)state;
	static const struct expectation list[] = {
		{ "languages|ruby|version", "\"3.1.2\"" },
		{ "languages|ruby|host", "\"x86_64-pc-linux-gnu\"" },
		{ "languages|ruby|platform", "\"x86_64-linux-gnu\"" },
		{ "languages|ruby|ruby_bin", "\"/usr/bin/ruby\"" },
		{ "languages|ruby|gem_bin", NULL },
		{ "languages|ruby|gems_dir", "\"/var/lib/gems/3.1.0\"" },
	};
	expect_all(FIXTURES "debian12", list, ARRAY_LEN(list));
}

static void
res_map_3_families_of_other_distributions(void **state)
{
	(void)state;
	static const struct expectation centos[] = {
		{ "platform", "\"centos\"" },
		{ "platform_version", "\"6.10\"" },
		{ "platform_family", "\"rhel\"" },
		{ "memory|total", NULL },
		{ "uptime", NULL },
	};
	static const struct expectation ubuntu[] = {
		{ "platform", "\"ubuntu\"" },
		{ "platform_version", "\"14.04\"" },
		{ "platform_family", "\"debian\"" },
		{ "lsb|codename", "\"trusty\"" },
		{ "lsb|id", "\"Ubuntu\"" },
	};
	static const struct expectation arch[] = {
		{ "platform", "\"arch\"" },
		{ "platform_family", "\"arch\"" },
	};
	expect_all(FIXTURES "centos6", centos, ARRAY_LEN(centos));
	expect_all(FIXTURES "ubuntu14", ubuntu, ARRAY_LEN(ubuntu));
	expect_all(FIXTURES "arch", arch, ARRAY_LEN(arch));
	assert_string_equal(ohai_platform_family("rocky"), "rhel");
	assert_string_equal(ohai_platform_family("opensuse"), "suse");
	assert_string_equal(ohai_platform_family("ub"), "ub");
	assert_string_equal(ohai_platform_family(""), "");
}

static void
res_ohai_1_reload_reads_the_machine_again(void **state)
{
	(void)state;
	AUTO(ohai_free) struct ohai *o = ohai_new("");
	const struct value *first, *second, *kernel, *same;
	struct err e;
	assert_int_equal(ohai_get(o, "ohai_time", &first, &e), 0);
	double then = first->number;
	assert_int_equal(ohai_get(o, "kernel", &kernel, &e), 0);
	assert_int_equal(ohai_get(o, "ohai_time", &second, &e), 0);
	assert_true(then == second->number);
	ohai_reload(o, "ohai_time");
	ohai_reload(o, "no such key");
	assert_int_equal(ohai_get(o, "ohai_time", &second, &e), 0);
	assert_true(second->number > then);
	assert_int_equal(ohai_get(o, "kernel", &same, &e), 0);
	assert_ptr_equal(kernel, same);
}

static void
every_key_of_this_machine_is_found_or_absent(void **state)
{
	(void)state;
	AUTO(ohai_free) struct ohai *o = ohai_new(NULL);
	const struct value *v;
	struct err e = { 0 };
	size_t found = 0;
	for (size_t i = 0; ohai_key(i) != NULL; i++) {
		int rc = ohai_get(o, ohai_key(i), &v, &e);
		if (rc < 0 && rc != ERR_ABSENT)
			fail_msg("%s: %s", ohai_key(i), e.text);
		found += rc == 0;
	}
	assert_true(found > 20);
	assert_int_equal(ohai_get(o, "nonsense", &v, &e), ERR_ABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(core_828_packages_are_what_dpkg_has_installed),
		cmocka_unit_test(core_828_a_debian_machine),
		cmocka_unit_test(
		    core_828_sizes_are_texts_and_counts_are_numbers),
		cmocka_unit_test(core_828_file_systems_by_device),
		cmocka_unit_test(
		    core_828_ruby_is_described_by_its_configuration),
		cmocka_unit_test(res_map_3_families_of_other_distributions),
		cmocka_unit_test(res_ohai_1_reload_reads_the_machine_again),
		cmocka_unit_test(every_key_of_this_machine_is_found_or_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
