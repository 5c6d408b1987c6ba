/* SPDX-License-Identifier: MIT */
/* The command line and its help. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "runner/commands.h"
#include "runner/options.h"

#define WORDS_MAX 8

static int
parse(enum command_bit command, const char *const *words, struct options *ret,
    struct err *e)
{
	char *argv[WORDS_MAX];
	int argc = 0;
	for (; words[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	return options_parse(argc, argv, command, ret, e);
}

static void
every_spelling_is_read(void **state)
{
	(void)state;
	const char *const words[] = { "--bundle=/a", "-iA=1", "-qW", "--input",
		"B=x=y", "first", "--", NULL };
	struct options o;
	struct err e = { 0 };
	if (parse(COMMAND_BOOT, words, &o, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(o.bundle, "/a");
	assert_int_equal(o.input.len, 2);
	assert_string_equal(o.input.list[0], "A=1");
	assert_string_equal(o.input.list[1], "B=x=y");
	assert_true(o.quiet && o.why_run && !o.help);
	assert_int_equal(o.args.len, 1);
	assert_int_equal(o.timeout, -1);
}

static void
two_dashes_end_the_options(void **state)
{
	(void)state;
	const char *const words[] = { "-", "--", "--bundle", "-x", NULL };
	struct options o;
	struct err e = { 0 };
	assert_int_equal(parse(COMMAND_BOOT, words, &o, &e), 0);
	assert_int_equal(o.args.len, 3);
	assert_null(o.bundle);
}

static void
wrong_options_are_refused_with_a_hint(void **state)
{
	(void)state;
	static const struct {
		const char *const words[3];
		enum command_bit command;
		const char *text;
	} table[] = {
		{ { "--bundel" }, COMMAND_BOOT, "did you mean '--bundle'?" },
		{ { "--bundle" }, COMMAND_BOOT, "needs DIR" },
		{ { "-b" }, COMMAND_BOOT, "needs DIR" },
		{ { "--quiet=yes" }, COMMAND_BOOT, "takes no value" },
		{ { "--timeout", "x" }, COMMAND_BOOT, "is no duration" },
		{ { "--timeout=-1" }, COMMAND_BOOT, "is no duration" },
		{ { "--limit", "x" }, COMMAND_RUNS_LIST, "is not a number" },
		{ { "--limit=-1" }, COMMAND_RUNS_LIST, "is not a number" },
		{ { "--output", "xml" }, COMMAND_TAG,
		    "'xml' is not one of text|json|jsonl" },
		{ { "-x" }, COMMAND_BOOT, "unknown option '-x'" },
		{ { "--json", "f" }, COMMAND_BOOT, "unknown option '--json'" },
		{ { "--bundle", "x" }, COMMAND_TAG, "unknown option" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct options o;
		struct err e = { 0 };
		assert_int_equal(
		    parse(table[i].command, table[i].words, &o, &e),
		    ERR_INVALID);
		if (strstr(e.text, table[i].text) == NULL)
			fail_msg("%s\nlacks: %s", e.text, table[i].text);
	}
}

static void
durations_have_units(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds;
	} table[] = { { "0", 0 }, { "90", 90 }, { "90s", 90 }, { "15m", 900 },
		{ "2h", 7200 }, { "7d", 604800 }, { "", -1 }, { "m", -1 },
		{ "1w", -1 }, { "-1m", -1 }, { "1.5h", -1 }, { "1h30m", -1 },
		{ "99999d", -1 }, { "9223372036854775807", -1 } };
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int64_t seconds = -1;
		bool good = seconds_parse(str_from(table[i].text), &seconds);
		assert_int_equal(good, table[i].seconds >= 0);
		assert_int_equal(seconds, table[i].seconds);
	}
}

struct target {
	bool recipe, recursive, secret;
	const char *thread;
	struct option_list args;
};

/* RightLink 6's tools take "--rec" for "--recipe". */
static void
abbreviations_must_be_unambiguous(void **state)
{
	(void)state;
	static const struct option_row rows[] = {
		{ "recipe", NULL, "p", OPTION_KIND_FLAG, 'r', 1,
		    offsetof(struct target, recipe) },
		{ "recursive", NULL, "p", OPTION_KIND_FLAG, 0, 1,
		    offsetof(struct target, recursive) },
		{ "secret", NULL, "p", OPTION_KIND_HIDDEN, 0, 1,
		    offsetof(struct target, secret) },
		{ "thread", "NAME", "p", OPTION_KIND_TEXT, 't', 1,
		    offsetof(struct target, thread) },
	};
	struct option_table table = { .rows = rows,
		.len = ARRAY_LEN(rows),
		.commands = 1,
		.args_offset = offsetof(struct target, args),
		.may_be_abbreviated = true };
	static const struct {
		const char *word, *error;
	} words[] = { { "--reci", NULL }, { "--th=x", NULL },
		{ "--secret", NULL }, { "--t=x", NULL },
		{ "--rec", "may be '--recipe' or '--recursive'" },
		{ "--se", "unknown option '--se'" },
		{ "--recipes", "did you mean '--recipe'?" } };
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct target t = { .recipe = false };
		struct err e = { 0 };
		char *argv[] = { (char *)(uintptr_t)words[i].word };
		int rc = option_table_parse(&table, 1, argv, &t, &e);
		assert_int_equal(rc, words[i].error ? ERR_INVALID : 0);
		if (rc < 0 && strstr(e.text, words[i].error) == NULL)
			fail_msg("%s", e.text);
	}
	AUTO_BUF struct buf help = BUF_INIT(65536);
	option_table_help(&table, &help);
	assert_null(strstr(buf_text(&help), "secret"));
}

static void
every_command_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMANDS; i++) {
		assert_true(strlen(command_rows[i].prose) > 5);
		assert_non_null(strstr(command_rows[i].examples, "rightlink "));
		AUTO_BUF struct buf help = BUF_INIT(65536);
		struct option_table rows = options_table(command_rows[i].bit);
		option_table_help(&rows, &help);
		bool own = command_rows[i].bit != COMMAND_FOREIGN;
		assert_int_equal(own, help.len > 0);
		if (own)
			assert_non_null(strstr(buf_text(&help), "--output"));
	}
}

/* A name or letter means one thing for a command. */
static void
no_option_of_a_command_hides_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_rows_len; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct option_row *a = &option_rows[i],
						*b = &option_rows[k];
			if (!(a->commands & b->commands))
				continue;
			if (text_eq(a->name, b->name))
				fail_msg("--%s twice", a->name);
			if (a->letter != 0 && a->letter == b->letter)
				fail_msg("-%c of --%s and --%s", a->letter,
				    a->name, b->name);
		}
	}
}

static void
nearest_is_near(void **state)
{
	(void)state;
	static const char *const names[] = { "boot", "run", "tag" };
	assert_string_equal(nearest_name("bot", names, 3), "boot");
	assert_string_equal(nearest_name("tagg", names, 3), "tag");
	assert_null(nearest_name("completion", names, 3));
	assert_null(nearest_name("x", names, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_read),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(wrong_options_are_refused_with_a_hint),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(abbreviations_must_be_unambiguous),
		cmocka_unit_test(every_command_is_described),
		cmocka_unit_test(no_option_of_a_command_hides_another),
		cmocka_unit_test(nearest_is_near),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
