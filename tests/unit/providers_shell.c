/* SPDX-License-Identifier: MIT */
/* Command texts become processes: words, environment, failure texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/auto.h"
#include "common/str.h"
#include "providers/shell.h"

static void
res_sh_1_meta_characters_need_a_shell(void **state)
{
	static const struct {
		const char *text;
		bool needs;
	} rows[] = {
		{ "true", false },
		{ "  touch /a /b", false },
		{ "echo a=b", false },
		{ "A=b true", true },
		{ "echo $HOME", true },
		{ "a > b", true },
		{ "a 'b c'", true },
		{ "exit 3", true },
		{ "exits 3", false },
		{ "", true },
		{ "a\nb", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(shell_needs_sh(rows[i].text), rows[i].needs);
}

static void
res_sh_1_plain_words_run_without_a_shell(void **state)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *const *argv = shell_argv(a, " touch\t/a  /b ");

	(void)state;
	assert_string_equal(argv[0], "touch");
	assert_string_equal(argv[1], "/a");
	assert_string_equal(argv[2], "/b");
	assert_null(argv[3]);
	argv = shell_argv(a, "echo $A");
	assert_string_equal(argv[0], "/bin/sh");
	assert_string_equal(argv[2], "echo $A");
	assert_null(argv[3]);
}

static void
shell_quote_keeps_odd_words_whole(void **state)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *const argv[] = { "rm", "a b", "it's", "", "x=1:2", NULL };

	(void)state;
	assert_string_equal(
	    shell_join(a, argv), "rm 'a b' 'it'\\''s' '' x=1:2");
}

static const char *
env_value(const char *const *env, const char *name)
{
	size_t len = strlen(name);
	const char *found = NULL;

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') {
			assert_null(found);
			found = *env + len + 1;
		}
	return found;
}

static void
res_sh_environment_sets_the_locale(void **state)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *const mine[] = { "SHELL_T=new", "LC_ALL=de_DE", NULL };
	const char *const own[] = { "LC_ALL", "SHELL_T", NULL };
	const char *const twice[] = { "A_B=1", "A_B=2", NULL };
	const char *const *env;

	(void)state;
	setenv("SHELL_T", "old", 1);
	setenv("LC_ALL", "POSIX", 1);
	env = shell_env(a, NULL);
	assert_string_equal(env_value(env, "LC_ALL"), "C");
	assert_string_equal(env_value(env, "SHELL_T"), "old");
	env = shell_env(a, mine);
	assert_string_equal(env_value(env, "LC_ALL"), "de_DE");
	assert_string_equal(env_value(env, "SHELL_T"), "new");
	env = shell_env(a, own);
	assert_string_equal(env_value(env, "LC_ALL"), "POSIX");
	assert_null(env_value(env, "SHELL_T"));
	assert_string_equal(env_value(shell_env(a, twice), "A_B"), "2");
	unsetenv("LC_ALL");
	assert_null(env_value(shell_env(a, own), "LC_ALL"));
}

static void
core_814_failure_text_shows_status_and_output(void **state)
{
	struct proc_result r = {
		.status = 3, .out = BUF_INIT(1 << 20), .err = BUF_INIT(1 << 20)
	};
	const int returns[] = { 0, 2, -1 };
	struct err e = { 0 };
	int i;

	(void)state;
	buf_add_str(&r.out, "o\n");
	buf_add_str(&r.err, "bad\n");
	assert_int_equal(shell_failure(&e, "cmd x", returns, 0, &r), ERR_EXIT);
	assert_string_equal(e.text,
	    "Expected process to exit with [0, 2], but received '3'\n"
	    "---- Begin output of cmd x ----\nSTDOUT: o\nSTDERR: bad\n"
	    "---- End output of cmd x ----\nRan cmd x returned 3");
	for (i = 0; i < 5000; i++)
		buf_add_char(&r.err, 'x');
	buf_add_str(&r.err, "the end");
	shell_failure(&e, "cmd x", NULL, 0, &r);
	assert_non_null(strstr(e.text, "xxthe end\n---- End"));
	r.timed_out = true;
	assert_int_equal(
	    shell_failure(&e, "cmd x", NULL, 2000, &r), ERR_TIMEOUT);
	assert_true(text_has_prefix(e.text, "Command timed out after 2s:"));
	buf_release(&r.out);
	buf_release(&r.err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(res_sh_1_meta_characters_need_a_shell),
		cmocka_unit_test(res_sh_1_plain_words_run_without_a_shell),
		cmocka_unit_test(shell_quote_keeps_odd_words_whole),
		cmocka_unit_test(res_sh_environment_sets_the_locale),
		cmocka_unit_test(core_814_failure_text_shows_status_and_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
