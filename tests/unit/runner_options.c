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
		{ { "--timeout", "x" }, COMMAND_BOOT, "is not a number" },
		{ { "--timeout=-1" }, COMMAND_BOOT, "is not a number" },
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
every_command_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMANDS; i++) {
		assert_true(strlen(commands[i].prose) > 5);
		assert_non_null(strstr(commands[i].examples, "rightlink "));
		AUTO_BUF struct buf help = BUF_INIT(65536);
		options_help(commands[i].bit, &help);
		bool own = commands[i].bit != COMMAND_FOREIGN;
		assert_int_equal(own, help.len > 0);
		if (own)
			assert_non_null(strstr(buf_text(&help), "--output"));
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
		cmocka_unit_test(every_command_is_described),
		cmocka_unit_test(nearest_is_near),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
