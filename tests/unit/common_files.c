/* SPDX-License-Identifier: MIT */
/* fsat, digest and jsn, in a scratch directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "common/jsn.h"

static char scratch[] = "/tmp/rl-unit-XXXXXX";
static int dir = -1;

static int
make_scratch(void **state)
{
	(void)state;
	if (mkdtemp(scratch) == NULL)
		return -1;
	dir = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int
remove_scratch(void **state)
{
	(void)state;
	close(dir);
	return fsat_remove_tree(AT_FDCWD, scratch, NULL);
}

static void
replace_sets_content_and_exact_mode(void **state)
{
	(void)state;
	struct err e = { 0 };
	mode_t old = umask(077);
	assert_int_equal(fsat_replace(dir, "f", STR("one"), 04755, 0, &e), 0);
	umask(old);
	assert_int_equal(fsat_replace(dir, "f", STR("two"), 0644, 0, &e), 0);
	struct stat st;
	assert_int_equal(fstatat(dir, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	AUTO_BUF struct buf text = BUF_INIT(100);
	assert_int_equal(fsat_read(dir, "f", 100, &text, &e), 0);
	assert_string_equal(buf_text(&text), "two");
}

static int
count_entry(const char *name, void *arg, struct err *e)
{
	(void)name;
	(void)e;
	++*(int *)arg;
	return 0;
}

static void
replace_leaves_nothing_behind(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(fsat_mkdir_all(dir, "only/taken", 0755, &e), 0);
	assert_int_equal(
	    fsat_replace(dir, "only/taken", STR("x"), 0644, 0, &e), ERR_SYS);
	assert_int_equal(
	    fsat_replace(dir, "only/new", STR("x"), 0644, FSAT_EXCL, &e), 0);
	assert_int_equal(
	    fsat_replace(dir, "only/new", STR("y"), 0644, FSAT_EXCL, &e),
	    ERR_EXISTS);
	AUTO_FD int only = fsat_open_dir(dir, "only", &e);
	int count = 0;
	assert_int_equal(fsat_each(only, count_entry, &count, &e), 0);
	assert_int_equal(count, 2);
}

static void
read_has_limits_and_expected_codes(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(100);
	assert_int_equal(fsat_read(dir, "none", 10, &text, &e), ERR_ABSENT);
	assert_int_equal(
	    fsat_replace(dir, "long", STR("0123456789a"), 0600, 0, &e), 0);
	assert_int_equal(fsat_read(dir, "long", 10, &text, &e), ERR_LIMIT);
	assert_int_equal(fsat_read(dir, ".", 10, &text, &e), ERR_INVALID);
	assert_int_equal(fsat_open_dir(dir, "none", &e), ERR_ABSENT);
}

static void
remove_tree_does_not_follow_links(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(fsat_mkdir_all(dir, "keep", 0755, &e), 0);
	assert_int_equal(
	    fsat_replace(dir, "keep/file", STR("k"), 0644, 0, &e), 0);
	assert_int_equal(fsat_mkdir_all(dir, "gone/a/b/c", 0755, &e), 0);
	assert_int_equal(symlinkat("../keep", dir, "gone/link"), 0);
	assert_int_equal(fsat_remove_tree(dir, "gone", &e), 0);
	assert_int_equal(fsat_remove_tree(dir, "gone", &e), 0);
	assert_int_equal(faccessat(dir, "gone", F_OK, 0), -1);
	assert_int_equal(faccessat(dir, "keep/file", F_OK, 0), 0);
}

static int
join_name(const char *name, void *arg, struct err *e)
{
	(void)e;
	buf_add_str(arg, name);
	return 0;
}

static void
each_is_sorted(void **state)
{
	(void)state;
	struct err e = { 0 };
	static const char *const names[] = { "b", "a", "B", "10", "9" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STR char *path = path_join("sorted", names[i]);
		assert_int_equal(fsat_mkdir_all(dir, path, 0755, &e), 0);
	}
	AUTO_FD int sorted = fsat_open_dir(dir, "sorted", &e);
	AUTO_BUF struct buf text = BUF_INIT(100);
	assert_int_equal(fsat_each(sorted, join_name, &text, &e), 0);
	assert_string_equal(buf_text(&text), "109Bab");
}

static void
paths_are_taken_apart(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
		{ "/a/b", "/a", "b" },
		{ "b", ".", "b" },
		{ "/b", "/", "b" },
		{ "a//b", "a", "b" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STR char *parent = path_dirname(cases[i][0]);
		assert_string_equal(parent, cases[i][1]);
		assert_string_equal(path_basename(cases[i][0]), cases[i][2]);
	}
	AUTO_STR char *joined = path_join("/a/", "b");
	assert_string_equal(joined, "/a/b");
	AUTO_STR char *absolute = path_join("/a", "/b");
	assert_string_equal(absolute, "/b");
}

static void
digests_match_known_answers(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_string_equal(digest_of(DIGEST_SHA256, STR("abc")).hex,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(digest_of(DIGEST_MD5, STR("")).hex,
	    "d41d8cd98f00b204e9800998ecf8427e");
	assert_int_equal(fsat_replace(dir, "abc", STR("abc"), 0600, 0, &e), 0);
	struct digest_text text;
	assert_int_equal(digest_of_file(DIGEST_MD5, dir, "abc", &text, &e), 0);
	assert_string_equal(text.hex, "900150983cd24fb0d6963f7d28e17f72");
	assert_int_equal(
	    digest_of_file(DIGEST_MD5, dir, "none", &text, &e), ERR_ABSENT);
}

static int
parse(const char *text, struct jsn **ret_value, struct err *e)
{
	return jsn_parse(str_from(text), "in.json", 1000, ret_value, e);
}

static void
jsn_refuses_with_the_place(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
		const char *prefix;
	} cases[] = {
		{ "{\"a\": 1,\n \"b\": }", ERR_SYNTAX,
		    "in.json: line 2 column" },
		{ "{} x", ERR_SYNTAX, "in.json: line 1" },
		{ "[1, 2", ERR_SYNTAX, "in.json: line 1 column 6" },
		/* overlong, surrogate, beyond U+10FFFF, cut off */
		{ "[\"\xc1\x9f\"]", ERR_SYNTAX,
		    "in.json: line 1 column 3: invalid UTF-8" },
		{ "\n\"\xed\xa0\x80\"", ERR_SYNTAX,
		    "in.json: line 2 column 2: invalid UTF-8" },
		{ "\"\xf4\x90\x80\x80\"", ERR_SYNTAX,
		    "in.json: line 1 column 2: invalid UTF-8" },
		{ "\"\xe2\x82", ERR_SYNTAX,
		    "in.json: line 1 column 2: invalid UTF-8" },
		{ "", ERR_SYNTAX, "in.json: line 1 column 1" },
		{ "[NaN]", ERR_SYNTAX, "in.json" },
		{ "[1e999]", ERR_SYNTAX, "in.json" },
		{ "[1,]", ERR_SYNTAX, "in.json" },
		{ "[\"\xff\"]", ERR_SYNTAX, "in.json" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		struct jsn *v = NULL;
		assert_int_equal(parse(cases[i].text, &v, &e), cases[i].code);
		assert_null(v);
		assert_true(text_has_prefix(e.text, cases[i].prefix));
	}
	char deep[201];
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	deep[200] = '\0';
	struct err e = { 0 };
	struct jsn *v = NULL;
	assert_int_equal(parse(deep, &v, &e), ERR_LIMIT);
	assert_int_equal(
	    jsn_parse(STR("[1, 2, 3]"), "x", 5, &v, &e), ERR_LIMIT);
}

static void
jsn_round_trips(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{\"z\":1,\"a\":[null,true,-5,1.5,\"x/y\\n\"],\"e\":{}}",
		"12",
		"null",
		"\"\xc3\xa9\"",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err e = { 0 };
		AUTO(jsn_free) struct jsn *v = NULL;
		assert_int_equal(parse(texts[i], &v, &e), 0);
		AUTO_BUF struct buf out = BUF_INIT(1000);
		jsn_format(v, JSN_PLAIN, &out);
		assert_string_equal(buf_text(&out), texts[i]);
	}
}

static void
jsn_builds_and_reads(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *o = jsn_new_object();
	jsn_set_str(o, "s", "text");
	jsn_set_int(o, "n", -3);
	jsn_set_bool(o, "b", true);
	jsn_set(o, "d", jsn_new_double(0.1));
	jsn_set(o, "whole", jsn_new_double(3));
	jsn_set(o, "bad", jsn_new_string(STR("a\xff\xc3")));
	jsn_set(o, "nothing", NULL);
	AUTO_BUF struct buf out = BUF_INIT(1000);
	jsn_format(o, JSN_PLAIN, &out);
	assert_string_equal(buf_text(&out),
	    "{\"s\":\"text\",\"n\":-3,\"b\":true,\"d\":0.1,\"whole\":3.0,"
	    "\"bad\":\"a\xef\xbf\xbd\xef\xbf\xbd\",\"nothing\":null}");
	const char *text = NULL;
	assert_int_equal(jsn_need_str(o, "here", "s", &text, &e), 0);
	assert_string_equal(text, "text");
	assert_int_equal(jsn_need_str(o, "here", "n", &text, &e), ERR_INVALID);
	assert_string_equal(e.text, "here: .n: must be a string");
	assert_int_equal(
	    jsn_need_str(o, "here", "none", &text, &e), ERR_INVALID);
	assert_string_equal(e.text, "here: .none: is missing");
	assert_int_equal(jsn_peek_int(o, "s", 9), 9);
	assert_int_equal(jsn_len(o), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replace_sets_content_and_exact_mode),
		cmocka_unit_test(replace_leaves_nothing_behind),
		cmocka_unit_test(read_has_limits_and_expected_codes),
		cmocka_unit_test(remove_tree_does_not_follow_links),
		cmocka_unit_test(each_is_sorted),
		cmocka_unit_test(paths_are_taken_apart),
		cmocka_unit_test(digests_match_known_answers),
		cmocka_unit_test(jsn_refuses_with_the_place),
		cmocka_unit_test(jsn_round_trips),
		cmocka_unit_test(jsn_builds_and_reads),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
