/* SPDX-License-Identifier: MIT */
/* Times of schedules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "runner/cron.h"

static time_t
at(const char *text)
{
	struct tm t = { .tm_isdst = -1 };
	if (strptime(text, "%Y-%m-%d %H:%M", &t) == NULL)
		fail_msg("%s", text);
	return mktime(&t);
}

static void
in_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void
the_next_time_is_the_first_that_all_fields_allow(void **state)
{
	(void)state;
	static const struct {
		const char *times, *after, *next; /* next NULL: never */
	} table[] = {
		{ "* * * * *", "2026-01-01 10:00", "2026-01-01 10:01" },
		{ "15 3 * * *", "2026-01-01 03:14", "2026-01-01 03:15" },
		{ "15 3 * * *", "2026-01-01 03:15", "2026-01-02 03:15" },
		{ "*/20 * * * *", "2026-01-01 10:41", "2026-01-01 11:00" },
		{ "5-59/20 8-10 * * *", "2026-01-01 10:46",
		    "2026-01-02 08:05" },
		{ "0 0 1 1 *", "2026-01-01 00:00", "2027-01-01 00:00" },
		{ "0 0 29 2 *", "2026-03-01 00:00", "2028-02-29 00:00" },
		{ "0 0 31 2 *", "2026-01-01 00:00", NULL },
		{ "0 12 * * mon", "2026-01-01 00:00", "2026-01-05 12:00" },
		{ "0 12 * * 7", "2026-01-01 00:00", "2026-01-04 12:00" },
		{ "0 12 * JAN,Mar fri-sat", "2026-01-31 12:00",
		    "2026-03-06 12:00" },
		/* Day and weekday restricted: one is enough. */
		{ "0 0 13 * fri", "2026-01-01 00:00", "2026-01-02 00:00" },
		{ "0 0 13 * fri", "2026-01-09 00:00", "2026-01-13 00:00" },
		{ "0 0 */2 * fri", "2026-01-02 00:00", "2026-01-09 00:00" },
		{ "  1   2 3 4  * ", "2026-01-01 00:00", "2026-04-03 02:01" },
	};
	in_zone("UTC");
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct cron c;
		struct err e = { 0 };
		if (cron_parse(table[i].times, &c, &e) < 0)
			fail_msg("%s", e.text);
		time_t next = cron_next(&c, at(table[i].after));
		time_t wanted = table[i].next ? at(table[i].next) : -1;
		if (next != wanted)
			fail_msg("%s after %s: %ld, not %ld", table[i].times,
			    table[i].after, (long)next, (long)wanted);
	}
}

static void
changes_of_the_clock_skip_and_repeat_nothing_twice(void **state)
{
	(void)state;
	in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	struct cron c;
	struct err e = { 0 };
	assert_int_equal(cron_parse("30 2 * * *", &c, &e), 0);
	/* 29 March 2026: 02:30 does not exist. */
	assert_int_equal(
	    cron_next(&c, at("2026-03-28 03:00")), at("2026-03-30 02:30"));
	/* 25 October: it comes twice, we run once. */
	time_t first = cron_next(&c, at("2026-10-24 03:00"));
	assert_true(first > at("2026-10-24 03:00"));
	time_t second = cron_next(&c, first);
	assert_true(second - first == 24 * 3600 || second - first == 25 * 3600);
	/* Each minute goes on through both. */
	assert_int_equal(cron_parse("* * * * *", &c, &e), 0);
	time_t t = at("2026-10-25 01:00");
	for (int i = 0; i < 300; i++) {
		time_t next = cron_next(&c, t);
		assert_int_equal(next, t + 60);
		t = next;
	}
	in_zone("UTC");
}

static void
wrong_fields_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *times, *part;
	} table[] = {
		{ "", "must have five fields" },
		{ "* * * *", "must have five fields" },
		{ "* * * * * *", "more than five fields" },
		{ "60 * * * *", "minute '60': must be 0 to 59" },
		{ "* 24 * * *", "hour '24'" },
		{ "* * 0 * *", "day '0'" },
		{ "* * * 13 *", "month '13'" },
		{ "* * * * 8", "weekday '8'" },
		{ "x * * * *", "minute 'x'" },
		{ "5-1 * * * *", "ends before it begins" },
		{ "*/0 * * * *", "is no step" },
		{ "*/x * * * *", "is no step" },
		{ "1,,2 * * * *", "minute" },
		{ "1-2-3 * * * *", "minute" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct cron c;
		struct err e = { 0 };
		assert_int_equal(
		    cron_parse(table[i].times, &c, &e), ERR_INVALID);
		if (strstr(e.text, table[i].part) == NULL)
			fail_msg("%s: %s", table[i].times, e.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_next_time_is_the_first_that_all_fields_allow),
		cmocka_unit_test(
		    changes_of_the_clock_skip_and_repeat_nothing_twice),
		cmocka_unit_test(wrong_fields_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
