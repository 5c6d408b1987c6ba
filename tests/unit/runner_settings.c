/* SPDX-License-Identifier: MIT */
/* The agent's settings: their sources, their order, what is refused. */
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
#include "common/fsat.h"
#include "runner/settings.h"

#define WORDS_MAX 8

struct world {
	char dir[64];
	char *file;
};

static int
set_up(void **at)
{
	struct world *w = xcalloc(1, sizeof(*w));
	memcpy(w->dir, "/tmp/rl-set-XXXXXX", 19);
	assert_non_null(mkdtemp(w->dir));
	w->file = path_join(w->dir, "rl.conf");
	unsetenv("RIGHTLINK_CONFIG");
	unsetenv("RIGHTLINK_NODE_NAME");
	*at = w;
	return 0;
}

static int
tear_down(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->dir, &e), 0);
	free(w->file);
	free(w);
	return 0;
}

static void
write_file(const struct world *w, const char *name, const char *text)
{
	struct err e = { 0 };
	AUTO_STR char *path = path_join(w->dir, name);
	AUTO_STR char *dir = path_dirname(path);
	assert_int_equal(fsat_mkdir_all(AT_FDCWD, dir, 0755, &e), 0);
	assert_int_equal(fsat_replace(AT_FDCWD, path, str_from(text), 0644,
			     FSAT_NO_SYNC, &e),
	    0);
}

static int
load(const struct world *w, const char *const *words, struct settings **ret,
    struct err *e)
{
	char *argv[WORDS_MAX];
	int argc = 0;
	for (; words != NULL && words[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	return settings_load(w->file, argc, argv, ret, e);
}

static void
the_stronger_source_wins(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	write_file(w, "rl.conf",
	    "# comment\n\nnode_name = file\nlog_level=warn\n"
	    "  poll_hold =  20s \nruns_keep = 50\n");
	write_file(w, "rl.conf.d/10-a.conf", "node_name = ten\n");
	write_file(w, "rl.conf.d/20-b.conf", "node_name = twenty\n");
	write_file(w, "rl.conf.d/ignored.txt", "nonsense\n");
	AUTO(settings_free) struct settings *s = NULL;
	if (load(w, NULL, &s, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(s->node_name, "twenty");
	assert_int_equal(
	    s->origins[SETTING_KEY_node_name].source, SETTING_DROP_IN);
	assert_int_equal(s->origins[SETTING_KEY_log_level].line, 4);
	assert_int_equal(s->poll_hold, 20);
	assert_int_equal(s->audit_spool_max, (int64_t)256 << 20);
	assert_string_equal(s->require_signature, "all");
	assert_null(s->bundle);
	settings_free(&s);
	setenv("RIGHTLINK_NODE_NAME", "variable", 1);
	assert_int_equal(load(w, NULL, &s, &e), 0);
	assert_string_equal(s->node_name, "variable");
	settings_free(&s);
	const char *const words[] = { "--node-name", "flag",
		"--reconverge-interval=1h", "--state-dir", "/x", NULL };
	assert_int_equal(load(w, words, &s, &e), 0);
	unsetenv("RIGHTLINK_NODE_NAME");
	assert_string_equal(s->node_name, "flag");
	assert_string_equal(
	    s->origins[SETTING_KEY_node_name].place, "--node-name");
	assert_int_equal(s->reconverge_interval, 3600);
	assert_string_equal(s->state_dir, "/x");
}

static void
the_file_is_named_by_flag_or_variable(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	write_file(w, "other.conf", "runs_keep = 77\n");
	AUTO_STR char *other = path_join(w->dir, "other.conf");
	const char *const words[] = { "--config", other, NULL };
	AUTO(settings_free) struct settings *s = NULL;
	assert_int_equal(load(w, words, &s, &e), 0);
	assert_int_equal(s->runs_keep, 77);
	settings_free(&s);
	setenv("RIGHTLINK_CONFIG", other, 1);
	assert_int_equal(settings_load(NULL, 0, NULL, &s, &e), 0);
	assert_int_equal(s->runs_keep, 77);
	unsetenv("RIGHTLINK_CONFIG");
}

static void
a_named_file_must_be_there(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	AUTO(settings_free) struct settings *s = NULL;
	assert_int_equal(load(w, NULL, &s, &e), ERR_ABSENT);
	assert_non_null(strstr(e.text, "rl.conf"));
}

static void
wrong_lines_are_refused_with_their_place(void **at)
{
	struct world *w = *at;
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "nod_name = x\n", ":1: unknown key 'nod_name'; did you mean "
				    "'node_name'?" },
		{ "\nno value\n", ":2: must be \"key = value\"" },
		{ "log_level = loud\n",
		    ":1: log_level: must be one of error|warn|info|debug" },
		{ "runs_keep = many\n", ":1: runs_keep: must be a number" },
		{ "runs_keep = 1\n", ":1: runs_keep: must be 10 to 100000" },
		{ "poll_hold = 2h\n", ":1: poll_hold: must be 0 to 55" },
		{ "audit_spool_max = 1X\n",
		    ":1: audit_spool_max: must be a size" },
		{ "audit_spool_max = 99999999999G\n",
		    ":1: audit_spool_max: must be a size" },
		{ "require_signature =\n", "must be one of all|bundles|off" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		AUTO(settings_free) struct settings *s = NULL;
		write_file(w, "rl.conf", cases[i].text);
		assert_true(load(w, NULL, &s, &e) < 0);
		if (strstr(e.text, cases[i].wanted) == NULL)
			fail_msg("'%s' lacks '%s'", e.text, cases[i].wanted);
		assert_null(s);
	}
}

static void
wrong_flags_and_variables_are_refused(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	AUTO(settings_free) struct settings *s = NULL;
	write_file(w, "rl.conf", "");
	const char *const unknown[] = { "--node-nam=x", NULL };
	assert_int_equal(load(w, unknown, &s, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "did you mean 'node-name'?"));
	const char *const bare[] = { "--log-level", NULL };
	assert_int_equal(load(w, bare, &s, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "--log-level needs a value"));
	const char *const word[] = { "start", NULL };
	assert_int_equal(load(w, word, &s, &e), ERR_INVALID);
	setenv("RIGHTLINK_RUNS_KEEP", "x", 1);
	assert_int_equal(load(w, NULL, &s, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "RIGHTLINK_RUNS_KEEP"));
	unsetenv("RIGHTLINK_RUNS_KEEP");
}

static void
what_is_shown_can_be_read_again(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	write_file(w, "rl.conf", "node_name = a b # c\nposition\n");
	AUTO(settings_free) struct settings *s = NULL;
	assert_int_equal(load(w, NULL, &s, &e), ERR_SYNTAX);
	write_file(w, "rl.conf", "node_name = a b # c\nproxy =\n");
	assert_int_equal(load(w, NULL, &s, &e), 0);
	AUTO_BUF struct buf first = BUF_INIT(100000);
	AUTO_BUF struct buf second = BUF_INIT(100000);
	settings_format(s, true, &first);
	assert_non_null(strstr(buf_text(&first), "rl.conf:1\nnode_name = a b"));
	AUTO(jsn_free) struct jsn *all = settings_json(s);
	assert_int_equal(jsn_peek_int(jsn_get(all, "node_name"), "line", 0), 1);
	settings_format(s, false, &second);
	settings_free(&s);
	write_file(w, "rl.conf", buf_text(&first));
	assert_int_equal(load(w, NULL, &s, &e), 0);
	assert_string_equal(s->node_name, "a b # c");
	assert_string_equal(s->proxy, "");
	AUTO_BUF struct buf third = BUF_INIT(100000);
	settings_format(s, false, &third);
	assert_string_equal(buf_text(&second), buf_text(&third));
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(the_stronger_source_wins),
		CASE(the_file_is_named_by_flag_or_variable),
		CASE(a_named_file_must_be_there),
		CASE(wrong_lines_are_refused_with_their_place),
		CASE(wrong_flags_and_variables_are_refused),
		CASE(what_is_shown_can_be_read_again),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
