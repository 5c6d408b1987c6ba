/* SPDX-License-Identifier: MIT */
/* The run spec goes to a frame and back; bad frames name their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "wire/frames.h"
#include "wire/runspec.h"

static void
a_run_spec_survives_the_journey(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(jsn_free) struct jsn *attributes = jsn_new_object();
	jsn_set_int(attributes, "port", 80);
	const char *paths[] = { "/a", "/b" };
	struct runspec_item items[] = {
		{ .kind = RUNSPEC_RECIPE, .name = "demo::site" },
		{ .kind = RUNSPEC_ROLE, .name = "web" },
		{ .kind = RUNSPEC_RESOURCE,
		    .name = "set 'up'",
		    .resource = "right_script" },
	};
	struct runspec_secret secrets[] = { { "PASSWORD", "s3cret" } };
	struct runspec spec = { .run_id = "01X",
		.node_name = "here",
		.cookbook_paths = paths,
		.cookbook_paths_len = 2,
		.attributes = attributes,
		.items = items,
		.items_len = 3,
		.file_cache_path = "/cache",
		.why_run = true,
		.log_level = "debug",
		.secrets = secrets,
		.secrets_len = 1 };
	AUTO(jsn_free) struct jsn *frame = runspec_format(&spec);
	struct runspec back;
	struct err e = { 0 };
	if (runspec_parse(a, frame, &back, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(back.run_id, "01X");
	assert_int_equal(back.cookbook_paths_len, 2);
	assert_string_equal(back.cookbook_paths[1], "/b");
	assert_int_equal(back.items_len, 3);
	assert_int_equal(back.items[1].kind, RUNSPEC_ROLE);
	assert_string_equal(back.items[2].name, "set 'up'");
	assert_string_equal(back.items[2].resource, "right_script");
	assert_int_equal(jsn_peek_int(back.attributes, "port", 0), 80);
	assert_true(back.why_run);
	assert_null(back.socket);
	assert_string_equal(back.secrets[0].value, "s3cret");
}

#define HEAD                                                                   \
	"{\"type\":\"run_spec\",\"version\":1,\"run_id\":\"1\","               \
	"\"node_name\":\"n\",\"cookbook_paths\":[],\"attributes\":{},"         \
	"\"file_cache_path\":\"/c\","

static void
bad_run_specs_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *json, *text;
	} table[] = {
		{ HEAD "\"run_list\":[{\"recipe\":\"a\"},{}]}",
		    ".run_list[1]: must have one of" },
		{ HEAD "\"run_list\":[7]}", ".run_list[0]: must have one of" },
		{ HEAD "\"run_list\":[{\"recipe\":\"a; rm\"}]}",
		    ".run_list[0].recipe" },
		{ HEAD "\"run_list\":[{\"resource\":\"x\"}]}",
		    ".run_list[0].name: is missing" },
		{ HEAD "\"run_list\":[{\"resource\":\"x\",\"name\":\"y\","
		       "\"properties\":[]}]}",
		    ".properties: must be an object" },
		{ HEAD "\"run_list\":{}}", ".run_list: must be a list" },
		{ HEAD "\"run_list\":[],\"log_level\":\"loud\"}",
		    ".log_level: must be one of" },
		{ HEAD "\"run_list\":[],\"secrets\":[{\"name\":\"x\"}]}",
		    ".secrets[0].value: is missing" },
		{ "[]", "frame ''" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(arena_free) struct arena *a = arena_new();
		AUTO(jsn_free) struct jsn *frame = NULL;
		struct err e = { 0 };
		assert_int_equal(jsn_parse(str_from(table[i].json), "test",
				     65536, &frame, &e),
		    0);
		struct runspec spec;
		assert_true(runspec_parse(a, frame, &spec, &e) < 0);
		if (strstr(e.text, table[i].text) == NULL)
			fail_msg("'%s' lacks '%s'", e.text, table[i].text);
	}
}

static void
recipe_names_are_words(void **state)
{
	(void)state;
	assert_true(runspec_recipe_is_valid("demo"));
	assert_true(runspec_recipe_is_valid("rs-haproxy::frontend"));
	assert_true(runspec_recipe_is_valid("a::b.c"));
	static const char *const bad[] = { "", "::", "a::", "::b", "a:b",
		"a::b::c", "../x", "a::../b", "a b", "a\n" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(runspec_recipe_is_valid(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_spec_survives_the_journey),
		cmocka_unit_test(bad_run_specs_are_refused),
		cmocka_unit_test(recipe_names_are_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
