/* SPDX-License-Identifier: MIT */
/* buf, str, err, arena, clock: the words that everything else is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/auto.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/str.h"

static void
buf_ceiling_is_sticky_until_reset(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT(8);
	buf_add_str(&b, "1234");
	buf_add_str(&b, "567890");
	assert_true(buf_failed(&b));
	buf_add_char(&b, 'x');
	assert_string_equal(buf_text(&b), "1234");
	buf_reset(&b);
	assert_false(buf_failed(&b));
	buf_printf(&b, "%s-%d", "abcd", 123);
	assert_string_equal(buf_text(&b), "abcd-123");
	buf_consume(&b, 5);
	assert_string_equal(buf_text(&b), "123");
}

static void
buf_reserve_and_take(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100);
	char *room = buf_reserve(&b, 10);
	assert_non_null(room);
	memcpy(room, "hello", 5);
	buf_commit(&b, 5);
	assert_null(buf_reserve(&b, 96));
	AUTO_STR char *text = buf_take(&b);
	assert_string_equal(text, "hello");
	assert_string_equal(buf_text(&b), "");
}

static void
str_splits_and_trims(void **state)
{
	(void)state;
	struct str rest = STR("a,,b"), part;
	assert_true(str_split(&rest, ',', &part));
	assert_true(str_eq_text(part, "a"));
	assert_true(str_split(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_true(str_split(&rest, ',', &part));
	assert_true(str_eq_text(part, "b"));
	assert_false(str_split(&rest, ',', &part));
	assert_true(str_eq_text(str_trim(STR(" \t x y\r\n")), "x y"));
	assert_true(str_has_suffix(STR("archive.tar.gz"), ".gz"));
	assert_false(str_has_prefix(STR("ab"), "abc"));
}

static void
str_reads_whole_numbers_only(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int base;
		bool good;
		int64_t value;
	} cases[] = {
		{ "0", 10, true, 0 },
		{ "-17", 10, true, -17 },
		{ "0644", 8, true, 420 },
		{ "9223372036854775807", 10, true, INT64_MAX },
		{ "-9223372036854775808", 10, true, INT64_MIN },
		{ "9223372036854775808", 10, false, 0 },
		{ "12a", 10, false, 0 },
		{ "8", 8, false, 0 },
		{ "", 10, false, 0 },
		{ "-", 10, false, 0 },
		{ " 1", 10, false, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t value = 0;
		bool good =
		    str_to_i64(str_from(cases[i].text), cases[i].base, &value);
		assert_int_equal(good, cases[i].good);
		assert_true(value == cases[i].value);
	}
}

static void
text_distance_counts_edits(void **state)
{
	(void)state;
	assert_int_equal(text_distance("action", "action"), 0);
	assert_int_equal(text_distance("acton", "action"), 1);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("", "abc"), 3);
}

static void
err_wraps_outward_and_keeps_the_code(void **state)
{
	(void)state;
	struct err e = { 0 };
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "open '%s'", "/x"), ERR_SYS);
	assert_int_equal(e.sys, ENOENT);
	assert_int_equal(err_wrap(&e, "run %d", 42), ERR_SYS);
	assert_string_equal(
	    e.text, "run 42: open '/x': No such file or directory");
	assert_int_equal(
	    err_set(&e, ERR_LIMIT, "again: %s", e.text), ERR_LIMIT);
	assert_string_equal(
	    e.text, "again: run 42: open '/x': No such file or directory");
	assert_string_equal(err_code_name(e.code), "ERR_LIMIT");
	assert_int_equal(err_code_find("ERR_LIMIT"), ERR_LIMIT);
	assert_int_equal(err_code_find("ERR_NEW"), ERR_REMOTE);
	assert_int_equal(err_set(NULL, ERR_STATE, "x"), ERR_STATE);
}

static void
err_cuts_long_texts(void **state)
{
	(void)state;
	char *text = xmalloc(5000);
	memset(text, 'a', 4999);
	text[4999] = '\0';
	struct err e = { 0 };
	err_set(&e, ERR_INVALID, "%s", text);
	err_wrap(&e, "%s", text);
	assert_int_equal(strlen(e.text), ERR_TEXT_BYTES - 1);
	free(text);
}

static void
arena_gives_zeroed_aligned_memory(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	for (size_t i = 1; i < 20000; i = i * 3 + 1) {
		unsigned char *p = arena_alloc(a, i);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t j = 0; j < i; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xff, i);
	}
	assert_string_equal(arena_printf(a, "%d:%s", 7, "x"), "7:x");
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_true(arena_used_bytes(a) > 0);
	arena_reset(a);
	assert_int_equal(arena_used_bytes(a), 0);
	assert_string_equal(arena_strdup(a, "again"), "again");
}

static void
clock_formats_utc(void **state)
{
	(void)state;
	char text[CLOCK_TEXT_BYTES];
	clock_format(1769862896789, text);
	assert_string_equal(text, "2026-01-31T12:34:56.789Z");
	clock_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void
ulid_sorts_by_time(void **state)
{
	(void)state;
	char a[ULID_TEXT_BYTES], b[ULID_TEXT_BYTES];
	ulid_new(a);
	int64_t start = clock_now_ms();
	while (clock_now_ms() == start)
		continue;
	ulid_new(b);
	assert_int_equal(strlen(a), 26);
	assert_true(strcmp(a, b) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_ceiling_is_sticky_until_reset),
		cmocka_unit_test(buf_reserve_and_take),
		cmocka_unit_test(str_splits_and_trims),
		cmocka_unit_test(str_reads_whole_numbers_only),
		cmocka_unit_test(text_distance_counts_edits),
		cmocka_unit_test(err_wraps_outward_and_keeps_the_code),
		cmocka_unit_test(err_cuts_long_texts),
		cmocka_unit_test(arena_gives_zeroed_aligned_memory),
		cmocka_unit_test(clock_formats_utc),
		cmocka_unit_test(ulid_sorts_by_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
