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
	struct input_sources sources = { .file = file, .flags = &flags };
	return inputs_resolve(w->bundle, &sources, ret, e);
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

/* The boot's --input and --inputs serve the runs after it. */
static void
what_the_boot_was_given_is_kept_below_what_is_given_now(void **state)
{
	struct world *w = *state;
	AUTO_STR char *secret = xasprintf("SECRET=@%s", w->secret);
	struct option_list flags = { .len = 2,
		.list = { "app/port=3", secret } };
	struct input_sources boot = { .file = w->file, .flags = &flags };
	AUTO(inputs_free) struct inputs *in = NULL;
	struct err e = { 0 };
	if (inputs_resolve(w->bundle, &boot, &in, &e) < 0)
		fail_msg("%s", e.text);
	AUTO(jsn_free) struct jsn *kept = inputs_given(in);
	inputs_free(&in);
	AUTO_BUF struct buf text = BUF_INIT(1000);
	jsn_format(kept, JSN_PLAIN, &text);
	AUTO_STR char *want = xasprintf("{\"app/port\":3,\"FLAG\":true,"
					"\"SECRET\":{\"file\":\"%s\"}}",
	    w->secret);
	assert_string_equal(buf_text(&text), want);

	jsn_set_int(kept, "undeclared since", 1);
	struct option_list now = { .len = 1, .list = { "app/port=4" } };
	struct input_sources later = { .boot = kept, .flags = &now };
	if (inputs_resolve(w->bundle, &later, &in, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(jsn_int(inputs_find(in, "app/port")->value), 4);
	assert_true(jsn_bool(inputs_find(in, "FLAG")->value));
	assert_true(str_eq(secret_reveal(inputs_find(in, "SECRET")->secret),
	    STR("s3cr3t value")));
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

static struct jsn *
parse(const char *text)
{
	struct jsn *v = NULL;
	struct err e = { 0 };
	if (jsn_parse(str_from(text), "test", 65536, &v, &e) < 0)
		fail_msg("%s", e.text);
	return v;
}

static void
a_request_beats_flags_beats_what_was_set_here(void **state)
{
	struct world *w = *state;
	AUTO(inputs_free) struct inputs *in = NULL;
	struct option_list flags = { .len = 1, .list = { "WORD=blue" } };
	AUTO(jsn_free)
	struct jsn *stored = parse("{\"WORD\": \"red\", \"app/port\": 7, "
				   "\"gone\": 1, \"FLAG\": null}");
	AUTO(jsn_free)
	struct jsn *given = parse("{\"SECRET\": \"open sesame\", "
				  "\"LIST\": [\"x\", \"y\"]}");
	struct input_sources sources = {
		.stored = stored, .flags = &flags, .given = given
	};
	struct err e = { 0 };
	if (inputs_resolve(w->bundle, &sources, &in, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(
	    str_eq_text(jsn_str(inputs_find(in, "WORD")->value), "blue"));
	assert_int_equal(jsn_int(inputs_find(in, "app/port")->value), 7);
	assert_int_equal(jsn_len(inputs_find(in, "LIST")->value), 2);
	const struct input_value *secret = inputs_find(in, "SECRET");
	assert_null(secret->value);
	assert_true(str_eq_text(secret_reveal(secret->secret), "open sesame"));
	inputs_free(&in);
	jsn_set_int(given, "LISP", 1);
	assert_int_equal(
	    inputs_resolve(w->bundle, &sources, &in, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "did you mean 'LIST'?"));
}

static void
rl6_1_3_missing_inputs_are_named(void **state)
{
	(void)state;
	static const char text[] = "name: x\n"
				   "inputs:\n"
				   "  A: {required: true}\n"
				   "  B: {required: true, default: b}\n"
				   "  C: {required: true, type: number}\n";
	AUTO(bundle_free) struct bundle *b = NULL;
	struct err e = { 0 };
	if (bundle_parse(str_from(text), "/nowhere", &b, &e) < 0)
		fail_msg("%s", e.text);
	AUTO(jsn_free) struct jsn *given = parse("{\"A\": \"a\"}");
	struct input_sources sources = { .given = given };
	AUTO(jsn_free) struct jsn *names = NULL;
	assert_int_equal(inputs_missing(b, &sources, &names, &e), 0);
	assert_int_equal(jsn_len(names), 1);
	assert_true(str_eq_text(jsn_str(jsn_at(names, 0)), "C"));
	jsn_set_str(given, "C", "word");
	assert_int_equal(inputs_missing(b, &sources, &names, &e), ERR_INVALID);
}

static void
stored_inputs_last_and_are_taken_away_by_null(void **state)
{
	(void)state;
	char top[] = "/tmp/inputs-XXXXXX";
	assert_non_null(mkdtemp(top));
	struct places p = { .state = NULL };
	struct err e = { 0 };
	assert_int_equal(places_find(top, NULL, &p, &e), 0);
	static const struct {
		const char *patch;
		int rc;
		bool changed;
		const char *after;
	} steps[] = {
		{ "{\"A\": 1, \"b/c\": [\"x\"]}", 0, true,
		    "{\"A\":1,\"b/c\":[\"x\"]}" },
		{ "{\"A\": 1}", 0, false, "{\"A\":1,\"b/c\":[\"x\"]}" },
		{ "{\"A\": null}", 0, true, "{\"b/c\":[\"x\"]}" },
		{ "{\"A\": null}", 0, false, "{\"b/c\":[\"x\"]}" },
		{ "{\"RS_REBOOT\": 1}", ERR_INVALID, false,
		    "{\"b/c\":[\"x\"]}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		AUTO(jsn_free) struct jsn *patch = parse(steps[i].patch);
		AUTO(jsn_free) struct jsn *now = NULL;
		bool changed = false;
		assert_int_equal(
		    inputs_store(&p, patch, &changed, &e), steps[i].rc);
		assert_int_equal(changed, steps[i].changed);
		assert_int_equal(inputs_load_stored(&p, &now, &e), 0);
		AUTO_BUF struct buf text = BUF_INIT(65536);
		jsn_format(now, JSN_PLAIN, &text);
		assert_string_equal(buf_text(&text), steps[i].after);
	}
	assert_int_equal(fsat_remove_tree(AT_FDCWD, top, &e), 0);
	places_release(&p);
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_WORLD(flags_beat_the_file_beats_defaults),
		WITH_WORLD(
		    what_the_boot_was_given_is_kept_below_what_is_given_now),
		WITH_WORLD(flags_become_values_of_the_declared_type),
		WITH_WORLD(wrong_values_are_refused),
		WITH_WORLD(a_credential_is_masked_and_revealed_once),
		WITH_WORLD(a_key_is_hidden_line_by_line),
		WITH_WORLD(names_with_slashes_become_attributes),
		WITH_WORLD(a_request_beats_flags_beats_what_was_set_here),
		WITH_WORLD(rl6_1_3_missing_inputs_are_named),
		WITH_WORLD(stored_inputs_last_and_are_taken_away_by_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
