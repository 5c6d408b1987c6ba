/* SPDX-License-Identifier: MIT */
/* bundle.yml: what is accepted, and that each fault is named at its place. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle.h"

static const char whole[] =
    "name: shop\n"
    "version: 1.10\n"
    "environment: production\n"
    "timeout: 60\n"
    "cookbooks:\n"
    "- directory: ../shared\n"
    "- tarball: https://host.example/x.tar.gz\n"
    "  sha256: "
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
    "- git: https://host.example/nginx.git\n"
    "  ref: v1\n"
    "  cookbook: nginx\n"
    "inputs:\n"
    "  shop/port: {type: number, default: 80}\n"
    "  NAMES: {type: list, default: [a, b]}\n"
    "  SECRET:\n"
    "    type: credential\n"
    "    required: true\n"
    "    default: {file: secrets/one}\n"
    "boot:\n"
    "- shop\n"
    "- recipe[shop::tags]\n"
    "- role[web]\n"
    "operational:\n"
    "- {recipe: 'shop::allow', remote: true}\n"
    "schedules:\n"
    "- {name: nightly, recipe: 'shop::allow', hour: 3}\n"
    "repositories:\n"
    "- {name: extra, url: 'https://host.example/debian', suite: stable,\n"
    "   components: [main]}\n";

static struct bundle *
need(const char *text)
{
	struct bundle *b = NULL;
	struct err e = { 0 };
	if (bundle_parse(str_from(text), "/nowhere/b", &b, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

static void
a_whole_bundle_is_read(void **state)
{
	(void)state;
	AUTO(bundle_free) struct bundle *b = need(whole);
	assert_string_equal(b->version, "1.10");
	assert_int_equal(b->timeout_ms, 60000);
	assert_int_equal(b->cookbooks.len, 3);
	assert_string_equal(b->cookbooks.list[0].url, "/nowhere/b/../shared");
	assert_int_equal(b->cookbooks.list[1].kind, SOURCE_TARBALL);
	assert_string_equal(b->cookbooks.list[2].cookbook, "nginx");
	const struct bundle_input *in =
	    bundle_inputs_find(&b->inputs, "SECRET");
	assert_string_equal(in->file, "/nowhere/b/secrets/one");
	assert_true(in->required);
	assert_int_equal(
	    jsn_len(bundle_inputs_find(&b->inputs, "NAMES")->value), 2);
	assert_int_equal(b->boot.len, 3);
	assert_int_equal(b->boot.list[2].kind, EXECUTABLE_ROLE);
	assert_string_equal(b->boot.list[1].name, "shop::tags");
	assert_string_equal(b->schedules[0].hour, "3");
	assert_int_equal(b->repositories_len, 1);
}

static const struct {
	const char *yaml; /* after "name: x\n", unless it begins with '@' */
	const char *text; /* in the error */
} bad[] = {
	{ "@", "must be a map" },
	{ "@[]", ":1:1: $: must be a map" },
	{ "@version: 1\n", "name is missing" },
	{ "@name: 'a b'\n", ":1:7: $.name: 'a b' is no name of a bundle" },
	{ "@name: [x]\n", "$.name: must be a text" },
	{ "@name: x\nname: y\n", "name" },
	{ "@a: &x 1\nb: *x\n", "bundle.yml:1" },
	{ "@name: x\n\tboot: []\n", "bundle.yml:2" },
	{ "boots: []\n", "unknown key 'boots'; did you mean 'boot'?" },
	{ "zzzzzzzz: 1\n", "$.zzzzzzzz: unknown key 'zzzzzzzz'" },
	{ "timeout: soon\n", "$.timeout: must be a whole number" },
	{ "timeout: -1\n", "must be a whole number from 0" },
	{ "log_level: loud\n", "'loud' is not one of debug" },
	{ "compat: 12\n", "'12' is not one of 11, latest" },
	{ "boot: demo\n", "$.boot: must be a list" },
	{ "boot: [[a]]\n", "$.boot[0]: must be the name of a recipe" },
	{ "boot: ['a;b']\n", "'a;b' is no name of a recipe" },
	{ "boot: ['../x']\n", "is no name of a recipe" },
	{ "boot: [{}]\n", "must have one of recipe, script and role" },
	{ "boot: [{recipe: a, script: b}]\n", "must have one of" },
	{ "boot: [{recipe: a, remotely: true}]\n",
	    "unknown key 'remotely'; did you mean 'remote'?" },
	{ "boot: [{recipe: a, remote: maybe}]\n",
	    "$.boot[0].remote: must be true or false" },
	{ "boot: [{recipe: a, inputs: {A: 1}}]\n",
	    "only a script takes inputs" },
	{ "boot: [{recipe: a, timeout: 3}]\n", "belongs to a script" },
	{ "boot: [{script: gone}]\n", "there is no script 'gone'" },
	{ "boot: ['script[gone]']\n", "there is no script 'gone'" },
	{ "inputs: []\n", "$.inputs: must be a map" },
	{ "inputs: {PATH: {}}\n", "'PATH' is no name of an input" },
	{ "inputs: {LD_PRELOAD: {}}\n", "is no name of an input" },
	{ "inputs: {RS_X: {}}\n", "is no name of an input" },
	{ "inputs: {'a b': {}}\n", "is no name of an input" },
	{ "inputs: {'a/../b': {}}\n", "is no name of an input" },
	{ "inputs: {'/a': {}}\n", "is no name of an input" },
	{ "inputs: {A: text}\n", "must be a map such as" },
	{ "inputs: {A: {type: word}}\n", "'word' is not one of text" },
	{ "inputs: {A: {typ: text}}\n", "did you mean 'type'?" },
	{ "inputs: {A: {type: number, default: x}}\n",
	    "$.inputs.A.default: must be a number" },
	{ "inputs: {A: {type: boolean, default: 1}}\n",
	    "must be true or false" },
	{ "inputs: {A: {type: list, default: x}}\n", "must be a list" },
	{ "inputs: {A: {type: list, default: [[1]]}}\n",
	    "must be a list of plain values" },
	{ "inputs: {A: {type: text, default: {a: b}}}\n", "must be a text" },
	{ "inputs: {A: {type: credential, default: hunter2}}\n",
	    "never in clear" },
	{ "inputs: {A: {type: credential, default: {}}}\n", "file is missing" },
	{ "cookbooks: [x]\n", "must be a map with directory" },
	{ "cookbooks: [{directory: a, git: b}]\n",
	    "must have one of directory, tarball and git" },
	{ "cookbooks: [{tarball: 'http://h/x.tgz'}]\n", "needs its sha256" },
	{ "cookbooks: [{tarball: x, sha256: abc}]\n", "must be 64" },
	{ "cookbooks: [{tarball: 'ftp://h/x.tgz'}]\n",
	    "must be a path, or begin with one of https://, http://, file:///" },
	{ "cookbooks: [{git: 'git@h:x.git'}]\n",
	    "begin with one of https://, http://, git://, file:///" },
	{ "cookbooks: [{git: x, ref: ''}]\n", "$.cookbooks[0].ref: is empty" },
	{ "cookbooks: [{git: x, sha256: abc}]\n", "belongs to a tarball" },
	{ "cookbooks: [{directory: x, ref: y}]\n", "belongs to git" },
	{ "cookbooks: [{directory: x, path: ../y}]\n", "without '..'" },
	{ "cookbooks: [{directory: x, path: /y}]\n", "relative path" },
	{ "cookbooks: [{directory: x, cookbook: a/b}]\n",
	    "is no name of a cookbook" },
	{ "operational: [a]\nschedules: [{recipe: b}]\n",
	    "has no executable 'b'" },
	{ "operational: [a]\nschedules: [{recipe: a, hour: '3; x'}]\n",
	    "is no field of a crontab" },
	{ "operational: [a]\nschedules: [{recipe: a, name: \"x\\ny\"}]\n",
	    "is no name of a schedule" },
	{ "repositories: [{name: a, url: b}]\n", "needs a url" },
	{ "repositories: [{name: a, url: 'http://h'}]\n", "needs a suite" },
	{ "repositories: [{name: a, type: rpm, url: 'http://h'}]\n",
	    "'rpm' is not one of apt, yum" },
};

static void
each_fault_is_named_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *yaml = bad[i].yaml;
		AUTO_STR char *text = yaml[0] == '@'
					  ? xstrdup(yaml + 1)
					  : xasprintf("name: x\n%s", yaml);
		AUTO(bundle_free) struct bundle *b = NULL;
		struct err e = { 0 };
		if (bundle_parse(str_from(text), "/nowhere", &b, &e) >= 0)
			fail_msg("accepted: %s", text);
		if (strstr(e.text, bad[i].text) == NULL)
			fail_msg("%s\ngave: %s\nlacks: %s", text, e.text,
			    bad[i].text);
		assert_non_null(strstr(e.text, "/nowhere/bundle.yml"));
		if (strstr(text, "hunter2") != NULL)
			assert_null(strstr(e.text, "hunter2"));
	}
}

static void
all_faults_are_listed_up_to_a_limit(void **state)
{
	(void)state;
	AUTO(bundle_free) struct bundle *b = NULL;
	struct err e = { 0 };
	assert_int_equal(
	    bundle_parse(STR("name: x\nboots: 1\ntimeout: x\nboot: [{}]\n"),
		"/b", &b, &e),
	    ERR_INVALID);
	assert_non_null(strstr(e.text, "/b/bundle.yml:2:8: $.boots"));
	assert_non_null(strstr(e.text, "\n/b/bundle.yml:3:10: $.timeout"));
	assert_non_null(strstr(e.text, "\n/b/bundle.yml:4:8: $.boot[0]"));
	AUTO_BUF struct buf many = BUF_INIT(65536);
	buf_add_str(&many, "name: x\n");
	for (int i = 0; i < 100; i++)
		buf_printf(&many, "k%d: 1\n", i);
	assert_int_equal(
	    bundle_parse((struct str){ many.data, many.len }, "/b", &b, &e),
	    ERR_INVALID);
	assert_non_null(strstr(e.text, "\nand more errors"));
}

struct dir {
	char path[64];
};

static void
put(const struct dir *d, const char *name, const char *text, mode_t mode)
{
	struct err e = { 0 };
	AUTO_STR char *path = path_join(d->path, name);
	AUTO_STR char *parent = path_dirname(path);
	if (fsat_mkdir_all(AT_FDCWD, parent, 0755, &e) < 0 ||
	    fsat_replace(
		AT_FDCWD, path, str_from(text), mode, FSAT_NO_SYNC, &e) < 0)
		fail_msg("%s", e.text);
}

static void
dir_remove(struct dir *d)
{
	struct err e = { 0 };
	int rc = fsat_remove_tree(AT_FDCWD, d->path, &e);
	assert_int_equal(rc, 0);
}

static void
dir_make(struct dir *d)
{
	memcpy(d->path, "/tmp/bundle-XXXXXX", 19);
	assert_non_null(mkdtemp(d->path));
	put(d, "bundle.yml", "name: x\nboot: [{script: one}]\n", 0644);
}

static void
load_fails(const struct dir *d, const char *text)
{
	AUTO(bundle_free) struct bundle *b = NULL;
	struct err e = { 0 };
	if (bundle_load(d->path, &b, &e) >= 0)
		fail_msg("accepted; wanted: %s", text);
	if (strstr(e.text, text) == NULL)
		fail_msg("%s\nlacks: %s", e.text, text);
}

static void
rl6_scripts_are_read_with_their_headers(void **state)
{
	(void)state;
	AUTO(dir_remove) struct dir d;
	dir_make(&d);
	put(&d, "scripts/one/run",
	    "#!/bin/sh\n# ---\n# RightScript Name: The first\n# Inputs:\n"
	    "#   PORT:\n#     Input Type: single\n#     Default: text:80\n"
	    "#   TOKEN: {Default: 'cred:THE_TOKEN', Required: true}\n"
	    "#   LIST: {Default: 'array:[\"text:a\",\"text:b\"]'}\n"
	    "# Packages: curl jq\n# Attachments: [a/b]\n# ...\necho\n",
	    0755);
	put(&d, "scripts/one/attachments/a/b", "x", 0644);
	put(&d, "attributes/b.json", "{\"a\": {\"y\": 2}, \"l\": [1]}", 0644);
	put(&d, "attributes/a.json", "{\"a\": {\"x\": 1}, \"l\": [2, 3]}",
	    0644);
	AUTO(bundle_free) struct bundle *b = NULL;
	struct err e = { 0 };
	if (bundle_load(d.path, &b, &e) < 0)
		fail_msg("%s", e.text);
	const struct bundle_script *s = bundle_find_script(b, "one");
	assert_string_equal(s->title, "The first");
	assert_int_equal(s->inputs.len, 3);
	assert_int_equal(s->inputs.list[1].type, INPUT_CREDENTIAL);
	assert_string_equal(s->inputs.list[1].credential, "THE_TOKEN");
	assert_int_equal(s->inputs.list[2].type, INPUT_LIST);
	assert_int_equal(s->packages_len, 2);
	assert_non_null(s->attachments);
	const struct jsn *a = jsn_get(b->attributes, "a");
	assert_int_equal(jsn_peek_int(a, "x", 0), 1);
	assert_int_equal(jsn_peek_int(a, "y", 0), 2);
	assert_int_equal(jsn_len(jsn_get(b->attributes, "l")), 1);
}

static void
rl6_bad_scripts_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *header, *text;
	} table[] = {
		{ "# ---\n# Inputs: {}\n", "the metadata header" },
		{ "# ---\n# Input: {}\n# ...\n",
		    "run:3:10: $.Input: unknown key 'Input'; did you mean "
		    "'Inputs'?" },
		{ "# ---\n# Inputs: {A: {Default: x}}\n# ...\n",
		    "none of the prefixes" },
		{ "# ---\n# Inputs: {PATH: {}}\n# ...\n", "reserved" },
		{ "# ---\n# Inputs: {A: {Input Type: map}}\n# ...\n",
		    "not one of single, array" },
		{ "# ---\n# Attachments: [../x]\n# ...\n", "without '..'" },
		{ "# ---\n# Attachments: [x]\n# ...\n",
		    "is not in attachments/" },
		{ "# ---\n# Packages: [-o]\n# ...\n",
		    "is no name of a package" },
		{ "# ---\n# a: [\n# ...\n", "run:" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(dir_remove) struct dir d;
		dir_make(&d);
		AUTO_STR char *text =
		    xasprintf("#!/bin/sh\n%s", table[i].header);
		put(&d, "scripts/one/run", text, 0755);
		load_fails(&d, table[i].text);
	}
	AUTO(dir_remove) struct dir d;
	dir_make(&d);
	put(&d, "scripts/one/run", "#!/bin/sh\n", 0644);
	load_fails(&d, "exactly one executable file, found 0");
	put(&d, "scripts/one/run", "#!/bin/sh\n", 0755);
	put(&d, "scripts/one/more", "#!/bin/sh\n", 0755);
	load_fails(&d, "exactly one executable file, found 2");
}

static void
bad_attribute_files_are_refused(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{ "{", "attributes/x.json" },
		{ "[]", "must hold a JSON object" },
		{ "{\"run_list\": []}", "run_list belongs into bundle.yml" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(dir_remove) struct dir d;
		dir_make(&d);
		put(&d, "bundle.yml", "name: x\n", 0644);
		put(&d, "attributes/x.json", table[i][0], 0644);
		load_fails(&d, table[i][1]);
	}
}

static void
a_directory_without_a_bundle_is_absent(void **state)
{
	(void)state;
	AUTO(bundle_free) struct bundle *b = NULL;
	struct err e = { 0 };
	assert_int_equal(bundle_load("/proc", &b, &e), ERR_ABSENT);
	assert_int_equal(bundle_load("/nowhere/at/all", &b, &e), ERR_SYS);
}

static void
executables_are_found_by_every_form_of_their_name(void **state)
{
	(void)state;
	AUTO(bundle_free) struct bundle *b = need(whole);
	static const char *const names[] = { "shop", "shop::default",
		"recipe[shop]", "shop::allow", "recipe[shop::allow]",
		"role[web]" };
	const struct bundle_entry *entry = NULL;
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (bundle_find_executable(b, names[i], &entry, &e) < 0)
			fail_msg("%s", e.text);
	}
	assert_int_equal(
	    bundle_find_executable(b, "shop::alow", &entry, &e), ERR_ABSENT);
	assert_non_null(strstr(e.text, "did you mean 'shop::allow'?"));
	assert_non_null(
	    bundle_find_remote(b, EXECUTABLE_RECIPE, "shop::allow"));
	assert_null(bundle_find_remote(b, EXECUTABLE_RECIPE, "shop"));
	assert_null(bundle_find_remote(b, EXECUTABLE_SCRIPT, "shop::allow"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_bundle_is_read),
		cmocka_unit_test(each_fault_is_named_at_its_place),
		cmocka_unit_test(all_faults_are_listed_up_to_a_limit),
		cmocka_unit_test(rl6_scripts_are_read_with_their_headers),
		cmocka_unit_test(rl6_bad_scripts_are_refused),
		cmocka_unit_test(bad_attribute_files_are_refused),
		cmocka_unit_test(a_directory_without_a_bundle_is_absent),
		cmocka_unit_test(
		    executables_are_found_by_every_form_of_their_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
