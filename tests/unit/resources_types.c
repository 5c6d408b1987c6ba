/* SPDX-License-Identifier: MIT */
/* The tables of resource types hold together, and validation speaks as Chef
 * does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/auto.h"
#include "resources/resource.h"

static const struct resource_type *
need_type(const char *name)
{
	const struct resource_type *t = resource_type_find(name);
	if (t == NULL)
		fail_msg("no type %s", name);
	return t;
}

static void
every_type_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; resource_types[i] != NULL; i++) {
		const struct resource_type *t = resource_types[i];
		assert_non_null(t->name);
		assert_non_null(t->ruby_class);
		assert_non_null(t->default_action);
		assert_non_null(t->doc);
		assert_ptr_equal(resource_type_find(t->name), t);
		const char *const *actions = resource_type_actions(t);
		assert_non_null(actions[0]);
		for (size_t k = 0; actions[k] != NULL; k++)
			assert_string_not_equal(actions[k], "nothing");
		for (const struct property *p = t->properties;
		     p != NULL && p->name != NULL; p++) {
			assert_non_null(p->doc);
			assert_int_not_equal(p->kinds, 0);
		}
	}
}

static void
parents_stand_before_children(void **state)
{
	(void)state;
	for (size_t i = 0; resource_types[i] != NULL; i++) {
		const char *parent = resource_types[i]->parent;
		size_t at = 0;
		while (parent != NULL &&
		       strcmp(resource_types[at]->name, parent) != 0)
			at++;
		assert_true(parent == NULL || at < i);
	}
}

static void
res_core_10_default_actions_keep_their_literal_form(void **state)
{
	(void)state;
	static const struct {
		const char *type, *literal;
	} rows[] = {
		{ "file", "\"create\"" },
		{ "template", "\"create\"" },
		{ "directory", ":create" },
		{ "execute", "\"run\"" },
		{ "bash", "\"run\"" },
		{ "service", "\"nothing\"" },
		{ "route", "[:add]" },
		{ "git", "[:sync]" },
		{ "package", ":install" },
		{ "breakpoint", "\"break\"" },
		{ "log", ":write" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
		    need_type(rows[i].type)->default_action, rows[i].literal);
}

static void
properties_are_inherited_and_hidden(void **state)
{
	(void)state;
	const struct resource_type *t = need_type("remote_directory");
	assert_non_null(resource_type_property(t, "owner"));
	assert_ptr_equal(resource_type_property(t, "user"),
	    resource_type_property(t, "owner"));
	assert_string_equal(
	    resource_type_property(t, "recursive")->fallback, "true");
	assert_null(resource_type_property(t, "content"));
	assert_string_equal(resource_type_actions(need_type("template"))[1],
	    "create_if_missing");
}

static void
a_misspelt_word_gets_a_suggestion(void **state)
{
	(void)state;
	const struct resource_type *t = need_type("file");
	assert_string_equal(
	    resource_type_suggest_property(t, "contnet"), "content");
	assert_string_equal(resource_type_suggest("directroy"), "directory");
	assert_null(resource_type_suggest("xyzzyqqqq"));
}

struct verdict {
	const char *type, *property;
	struct value value;
	const char *message, *exception; /* message NULL: passes */
};

#define TEXT(s)                                                                \
	{                                                                      \
		.type = VALUE_STRING, .text = {(s), sizeof(s) - 1 }            \
	}
#define SYM(s)                                                                 \
	{                                                                      \
		.type = VALUE_SYMBOL, .text = {(s), sizeof(s) - 1 }            \
	}
#define NUM(n)                                                                 \
	{                                                                      \
		.type = VALUE_INT, .integer = (n)                              \
	}

static const struct verdict verdicts[] = {
	{ "file", "backup", TEXT("many"),
	    "Option backup must be a kind of [Integer, FalseClass]!  You "
	    "passed \"many\".",
	    NULL },
	{ "file", "content", NUM(5),
	    "Option content must be a kind of String!  You passed 5.", NULL },
	{ "file", "content", { .type = VALUE_NIL }, NULL, NULL },
	{ "log", "level", SYM("loud"),
	    "Option level must be equal to one of: debug, info, warn, error, "
	    "fatal!  You passed :loud.",
	    NULL },
	{ "log", "level", SYM("warn"), NULL, NULL },
	{ "file", "mode", TEXT("u+x"), "invalid value for Integer(): \"0u+x\"",
	    "ArgumentError" },
	{ "file", "mode", TEXT("8888"),
	    "invalid value for Integer(): \"08888\"", "ArgumentError" },
	{ "file", "mode", TEXT("0x1ff"), NULL, NULL },
	{ "file", "mode", TEXT("0o755"), NULL, NULL },
	{ "file", "mode", TEXT("00644"), NULL, NULL },
	{ "file", "mode", TEXT(""), NULL, NULL },
	{ "file", "mode", NUM(644), NULL, NULL },
	{ "file", "mode", NUM(010000),
	    "Option mode's value 4096 not in valid numeric range!", NULL },
	{ "file", "owner", NUM(0), NULL, NULL },
	{ "file", "owner", TEXT("www-data"), NULL, NULL },
	{ "file", "owner", TEXT("-x"),
	    "Option owner's value -x does not match regular expression "
	    "/^[^-+~:,\\t\\r\\n\\f\\0]+[^:,\\t\\r\\n\\f\\0]*$/",
	    NULL },
	{ "file", "owner", TEXT("a:b"),
	    "Option owner's value a:b does not match regular expression "
	    "/^[^-+~:,\\t\\r\\n\\f\\0]+[^:,\\t\\r\\n\\f\\0]*$/",
	    NULL },
	{ "file", "checksum", TEXT("abc"),
	    "Option checksum's value abc does not match regular expression "
	    "/^[a-zA-Z0-9]{64}$/",
	    NULL },
	{ "remote_file", "checksum", TEXT("abc"), NULL, NULL },
	{ "remote_directory", "files_mode", TEXT("00644"),
	    "Option files_mode's value 00644 does not match regular "
	    "expression /^\\d{3,4}$/",
	    NULL },
	{ "remote_directory", "files_mode", NUM(0644), NULL, NULL },
	{ "cron", "minute", NUM(60), "minute must be at most 59, not 60",
	    "RangeError" },
	{ "cron", "minute", TEXT("*/5"), NULL, NULL },
	{ "cron", "weekday", NUM(-1), "weekday must be at most 7, not -1",
	    "RangeError" },
	{ "service", "supports", NUM(5),
	    "undefined method `any?' for 5:Integer", "NoMethodError" },
	{ "user", "system", { .type = VALUE_BOOL, .boolean = true }, NULL,
	    NULL },
	{ "user", "system", TEXT("yes"),
	    "Option system must be a kind of [TrueClass, FalseClass]!  You "
	    "passed \"yes\".",
	    NULL },
};

static void
res_core_8_validation_speaks_as_chef(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		const struct verdict *v = &verdicts[i];
		const struct property *p =
		    resource_type_property(need_type(v->type), v->property);
		struct err e = { 0 };
		const char *exception = NULL;
		int rc = property_validate(p, &v->value, &exception, &e);
		assert_int_equal(rc, v->message == NULL ? 0 : ERR_INVALID);
		if (v->message != NULL)
			assert_string_equal(e.text, v->message);
		if (v->exception == NULL)
			assert_null(exception);
		else
			assert_string_equal(exception, v->exception);
	}
}

static void
values_print_as_ruby_prints_them(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct value items[] = { NUM(1), SYM("two"), TEXT("th\"ree\n"),
		{ .type = VALUE_FLOAT, .number = 0.5 } };
	struct value_pair pairs[] = { { TEXT("a"), NUM(1) },
		{ SYM("my-key"), { .type = VALUE_NIL } } };
	struct value list = { .type = VALUE_LIST,
		.list = { items, ARRAY_LEN(items) } };
	struct value map = { .type = VALUE_MAP,
		.map = { pairs, ARRAY_LEN(pairs) } };
	assert_string_equal(
	    value_inspect(a, &list), "[1, :two, \"th\\\"ree\\n\", 0.5]");
	assert_string_equal(
	    value_inspect(a, &map), "{\"a\"=>1, :\"my-key\"=>nil}");
	assert_string_equal(value_to_s(a, &items[2]), "th\"ree\n");
	assert_string_equal(value_to_s(a, &value_nil), "");
}

static void
the_name_stands_in_for_a_name_property(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct resource *r = resource_new(a, need_type("cookbook_file"), "/x");
	assert_string_equal(r->id, "cookbook_file[/x]");
	assert_string_equal(resource_text(r, "path", NULL), "/x");
	assert_false(resource_has(r, "path"));
	resource_set(r, "path", value_of_text(a, "/y"));
	assert_string_equal(resource_text(r, "path", NULL), "/y");
	assert_int_equal(resource_int(r, "backup", 5), 5);
	resource_set(r, "backup", value_of_int(2));
	assert_int_equal(resource_int(r, "backup", 5), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_whole),
		cmocka_unit_test(parents_stand_before_children),
		cmocka_unit_test(
		    res_core_10_default_actions_keep_their_literal_form),
		cmocka_unit_test(properties_are_inherited_and_hidden),
		cmocka_unit_test(a_misspelt_word_gets_a_suggestion),
		cmocka_unit_test(res_core_8_validation_speaks_as_chef),
		cmocka_unit_test(values_print_as_ruby_prints_them),
		cmocka_unit_test(the_name_stands_in_for_a_name_property),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
