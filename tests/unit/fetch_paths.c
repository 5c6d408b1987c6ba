/* SPDX-License-Identifier: MIT */
/* Names from outside, and the small rules of downloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "cookbooks-cache/download.h"
#include "cookbooks-cache/manifest.h"
#include "cookbooks-cache/safepath.h"

static void
entry_paths_are_cleaned_or_refused(void **state)
{
	(void)state;
	static const struct {
		const char *path, *clean;
		int code;
	} cases[] = {
		{ "a/b", "a/b", 0 },
		{ "./a//b/", "a/b", 0 },
		{ "./", "", 0 },
		{ "", "", 0 },
		{ "a/./b/...", "a/b/...", 0 },
		{ "..a/b..", "..a/b..", 0 },
		{ "/a", NULL, ERR_INVALID },
		{ "..", NULL, ERR_INVALID },
		{ "a/..", NULL, ERR_INVALID },
		{ "a/../b", NULL, ERR_INVALID },
		{ "./../a", NULL, ERR_INVALID },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STR char *clean = NULL;
		struct err e = { 0 };
		int rc = safepath_entry(cases[i].path, &clean, &e);
		assert_int_equal(rc, cases[i].code);
		if (rc == 0)
			assert_string_equal(clean, cases[i].clean);
		else
			assert_null(clean);
	}
}

static void
long_and_deep_paths_are_refused(void **state)
{
	(void)state;
	AUTO_STR char *text = xmalloc(10001);
	memset(text, 'a', 10000);
	text[10000] = '\0';
	AUTO_STR char *clean = NULL;
	struct err e = { 0 };
	assert_int_equal(safepath_entry(text, &clean, &e), ERR_LIMIT);
	assert_true(strlen(e.text) < 300);
	text[256] = '\0';
	assert_int_equal(safepath_entry(text, &clean, &e), ERR_LIMIT);
	text[255] = '\0';
	assert_int_equal(safepath_entry(text, &clean, &e), 0);
	for (size_t i = 0; i < 130; i++)
		text[i] = i % 2 == 0 ? 'd' : '/';
	text[130] = '\0';
	assert_int_equal(safepath_entry(text, &clean, &e), ERR_LIMIT);
}

static void
links_stay_inside(void **state)
{
	(void)state;
	static const struct {
		const char *entry, *target;
		int code;
	} cases[] = {
		{ "l", "a", 0 },
		{ "l", "./a/b", 0 },
		{ "a/l", "../b", 0 },
		{ "a/b/l", "../../c/d", 0 },
		{ "a/l", "..", 0 },
		{ "l", "..", ERR_INVALID },
		{ "a/l", "../..", ERR_INVALID },
		{ "a/l", "./.././..", ERR_INVALID },
		{ "a/b/l", "x/../y", ERR_INVALID },
		{ "l", "/etc", ERR_INVALID },
		{ "l", "", ERR_INVALID },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		    safepath_link(cases[i].entry, cases[i].target, NULL),
		    cases[i].code);
}

static void
shown_paths_cannot_drive_a_terminal(void **state)
{
	(void)state;
	AUTO_STR char *shown = safepath_shown("a\x1b[2J\nb\x7f");
	assert_string_equal(shown, "a\\x1b[2J\\x0ab\\x7f");
}

static void
first_difference_is_named(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
		{ "t 1\nf 1 a\nf 2 b\n", "t 1\nf 1 a\nf 3 b\n", "b" },
		{ "t 1\nf 1 a\nf 2 b\n", "t 1\nf 2 b\n", "a" },
		{ "t 1\nf 2 b\n", "t 1\nf 1 a\nf 2 b\n", "a" },
		{ "t 1\nf 2 b\n", "t 1\n", "b" },
		{ "t 1\n", "t 1\nf 1 z\n", "z" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STR char *path =
		    manifest_first_difference(cases[i][0], cases[i][1]);
		assert_string_equal(path, cases[i][2]);
	}
	assert_null(manifest_first_difference("t 1\n", "t 1\n"));
}

static void
res_remote_file_8_raw_when_the_url_ends_in_gz(void **state)
{
	(void)state;
	assert_true(download_is_raw("http://x/a.tar.gz"));
	assert_true(download_is_raw("http://x/a.tgz"));
	assert_false(download_is_raw("http://x/a.gz?v=1"));
}

static void
res_remote_file_11_pause_doubles(void **state)
{
	(void)state;
	for (int n = 0; n < 6; n++) {
		int64_t least = (1 + (1 << n)) * 1000;
		for (int i = 0; i < 20; i++) {
			int64_t ms = download_pause_ms(n, 1000);
			assert_true(ms >= least);
			assert_true(ms <= least + (1 << n) * 1000);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_paths_are_cleaned_or_refused),
		cmocka_unit_test(long_and_deep_paths_are_refused),
		cmocka_unit_test(links_stay_inside),
		cmocka_unit_test(shown_paths_cannot_drive_a_terminal),
		cmocka_unit_test(first_difference_is_named),
		cmocka_unit_test(res_remote_file_8_raw_when_the_url_ends_in_gz),
		cmocka_unit_test(res_remote_file_11_pause_doubles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
