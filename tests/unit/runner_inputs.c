/* SPDX-License-Identifier: MIT */
/* Inputs: precedence, types, credentials that never show. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/inputs.h"

static const char yaml[] = "name: x\n"
			   "inputs:\n"
			   "  app/port: {type: number, default: 1}\n"
			   "  app/deep/er: {default: text}\n"
			   "  FLAG: {type: boolean}\n"
			   "  LIST: {type: list, default: [a]}\n"
			   "  WORD: {choices: [red, blue], default: red}\n"
			   "  SECRET: {type: credential}\n";

struct world {
	struct bundle *bundle;
	char file[32], secret[32];
};

static void
write_temp(char *path, const char *text)
{
	memcpy(path, "/tmp/inputs-XXXXXX", 19);
	AUTO_FD int fd = mkostemp(path, O_CLOEXEC);
	struct err e = { 0 };
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text), &e), 0);
}

static int
set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	if (bundle_parse(str_from(yaml), "/nowhere", &w->bundle, &e) < 0)
		fail_msg("%s", e.text);
	write_temp(w->secret, "s3cr3t value\n");
	write_temp(w->file, "app/port: 2\nFLAG: true\n");
	unsetenv("CREDENTIALS_DIRECTORY");
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	unlink(w->secret);
	unlink(w->file);
	bundle_free(&w->bundle);
	free(w);
	return 0;
}

static int
resolve(struct world *w, const char *file, const char *flag,
    struct inputs **ret, struct err *e)
{
	struct option_list flags = { .len = flag != NULL, .list = { flag } };
	return inputs_resolve(w->bundle, file, &flags, ret, e);
}

static void
flags_beat_the_file_beats_defaults(void **state)
{
	struct world *w = *state;
	AUTO(inputs_free) struct inputs *in = NULL;
	struct err e = { 0 };
	if (resolve(w, w->file, "app/port=3", &in, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(jsn_int(inputs_find(in, "app/port")->value), 3);
	assert_true(jsn_bool(inputs_find(in, "FLAG")->value));
	inputs_free(&in);
	if (resolve(w, w->file, NULL, &in, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(jsn_int(inputs_find(in, "app/port")->value), 2);
	inputs_free(&in);
	if (resolve(w, NULL, NULL, &in, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(jsn_int(inputs_find(in, "app/port")->value), 1);
	assert_null(inputs_find(in, "FLAG")->value);
}

static void
flags_become_values_of_the_declared_type(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *flag, *name, *text;
	} table[] = {
		{ "app/port=4.5", "app/port", "4.5" },
		{ "FLAG=false", "FLAG", "false" },
		{ "LIST=a, b,c", "LIST", "a,b,c" },
		{ "LIST=[\"x,y\"]", "LIST", "x,y" },
		{ "LIST=", "LIST", "" },
		{ "WORD=blue", "WORD", "blue" },
		{ "app/deep/er=a=b", "app/deep/er", "a=b" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(inputs_free) struct inputs *in = NULL;
		struct err e = { 0 };
		if (resolve(w, NULL, table[i].flag, &in, &e) < 0)
			fail_msg("%s", e.text);
		AUTO_BUF struct buf text = BUF_INIT(1000);
		input_value_text(inputs_find(in, table[i].name)->value, &text);
		assert_string_equal(buf_text(&text), table[i].text);
	}
}

static void
wrong_values_are_refused(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *flag, *text;
	} table[] = {
		{ "app/port=x", "must be a number" },
		{ "FLAG=yes", "must be true or false" },
		{ "WORD=green", "is not one of its possible values" },
		{ "LIST=[[1]]", "must be a list of plain values" },
		{ "PORT=1", "no input 'PORT' is declared" },
		{ "app/prt=1", "did you mean 'app/port'?" },
		{ "nonsense", "must be NAME=VALUE" },
		{ "SECRET=open", "SECRET=@FILE" },
		{ "SECRET=@/nowhere/at/all", "credential" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(inputs_free) struct inputs *in = NULL;
		struct err e = { 0 };
		assert_int_equal(
		    resolve(w, NULL, table[i].flag, &in, &e), ERR_INVALID);
		if (strstr(e.text, table[i].text) == NULL)
			fail_msg("%s\nlacks: %s", e.text, table[i].text);
		assert_null(strstr(e.text, "open"));
	}
}

static void
a_credential_is_masked_and_revealed_once(void **state)
{
	struct world *w = *state;
	AUTO_STR char *flag = xasprintf("SECRET=@%s", w->secret);
	AUTO(inputs_free) struct inputs *in = NULL;
	struct err e = { 0 };
	if (resolve(w, NULL, flag, &in, &e) < 0)
		fail_msg("%s", e.text);
	const struct input_value *v = inputs_find(in, "SECRET");
	assert_null(v->value);
	assert_true(str_eq_text(secret_reveal(v->secret), "s3cr3t value"));
	AUTO_BUF struct buf out = BUF_INIT(1000);
	mask_text(in->mask, STR("it is s3cr3t value."), &out);
	assert_string_equal(buf_text(&out), "it is <hidden input SECRET>.");
}

static void
a_key_is_hidden_line_by_line(void **state)
{
	struct world *w = *state;
	char file[32];
	write_temp(file, "short\nfirst-long-line-of-it\nsecond-long-line\n");
	AUTO_STR char *flag = xasprintf("SECRET=@%s", file);
	AUTO(inputs_free) struct inputs *in = NULL;
	struct err e = { 0 };
	int rc = resolve(w, NULL, flag, &in, &e);
	unlink(file);
	assert_int_equal(rc, 0);
	AUTO_BUF struct buf out = BUF_INIT(1000);
	mask_text(in->mask,
	    STR("+short\n+first-long-line-of-it\n+second-long-line\n"), &out);
	assert_string_equal(buf_text(&out),
	    "+short\n+<hidden input SECRET>\n+<hidden input SECRET>\n");
}

static void
names_with_slashes_become_attributes(void **state)
{
	struct world *w = *state;
	AUTO(inputs_free) struct inputs *in = NULL;
	struct err e = { 0 };
	if (resolve(w, NULL, NULL, &in, &e) < 0)
		fail_msg("%s", e.text);
	AUTO(jsn_free) struct jsn *all = jsn_new_object();
	inputs_to_attributes(in, all);
	const struct jsn *app = jsn_get(all, "app");
	assert_int_equal(jsn_peek_int(app, "port", 0), 1);
	assert_string_equal(
	    jsn_peek_str(jsn_get(app, "deep"), "er", ""), "text");
	assert_int_equal(jsn_len(all), 1);
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_WORLD(flags_beat_the_file_beats_defaults),
		WITH_WORLD(flags_become_values_of_the_declared_type),
		WITH_WORLD(wrong_values_are_refused),
		WITH_WORLD(a_credential_is_masked_and_revealed_once),
		WITH_WORLD(a_key_is_hidden_line_by_line),
		WITH_WORLD(names_with_slashes_become_attributes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
