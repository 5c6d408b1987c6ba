/* SPDX-License-Identifier: MIT */
/* Tags and tag queries: RightLink 6, section 6.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "wire/tag.h"

static void
well_formed_tags_parse(void **state)
{
	(void)state;
	static const struct {
		const char *text, *ns, *predicate, *value;
	} table[] = {
		{ "appserver:active=true", "appserver", "active", "true" },
		{ "a:B=x", "a", "B", "x" },
		{ "server:public_ip_0=10.0.0.1", "server", "public_ip_0",
		    "10.0.0.1" },
		{ "ns:p=a=b:c", "ns", "p", "a=b:c" },
		{ "ns:two words=some value ", "ns", "two words",
		    "some value " },
		{ "ns:a.b%+-c=1", "ns", "a.b%+-c", "1" },
		{ "ns:c-1f=on", "ns", "c-1f", "on" },
		{ "n_1:p=\xc3\xa9", "n_1", "p", "\xc3\xa9" },
		{ "ns:p=50*2", "ns", "p", "50*2" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct tag t;
		struct err e = { 0 };
		if (tag_parse(str_from(table[i].text), &t, &e) < 0)
			fail_msg("%s", e.text);
		assert_false(t.raw);
		assert_true(str_eq_text(t.name_space, table[i].ns));
		assert_true(str_eq_text(t.predicate, table[i].predicate));
		assert_true(str_eq_text(t.value, table[i].value));
	}
	struct tag t;
	struct err e = { 0 };
	assert_int_equal(tag_parse(STR("web server"), &t, &e), 0);
	assert_true(t.raw);
}

static void
ill_formed_tags_are_refused(void **state)
{
	(void)state;
	static const char *const table[] = { "", "a=b", "=", ":", ":=", "a:b",
		"a:b=", "a:=c", ":b=c", "A:b=c", "1a:b=c", "a-b:c=d", "a:1b=c",
		"a:b =c", "a: b=c", "a:b/c=d", "a:b=*", "a=b:c", "web*",
		"a:b=x\ny", "a:b=\xff", "a:b=\xc3", "a:b=\xed\xa0\x80" };
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct tag t;
		struct err e = { 0 };
		if (tag_parse(str_from(table[i]), &t, &e) != ERR_INVALID)
			fail_msg("'%s' was let through", table[i]);
		assert_true(strlen(e.text) > 5);
	}
}

static void
only_a_whole_value_is_a_wildcard(void **state)
{
	(void)state;
	static const char *const bad[] = { "ns:*", "ns:pr*", "ns:p=ab*", "*" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct tag t;
		struct err e = { 0 };
		assert_int_equal(
		    tag_pattern_parse(str_from(bad[i]), &t, &e), ERR_INVALID);
		assert_non_null(strstr(e.text, "invalid wildcard"));
	}
	struct tag t;
	struct err e = { 0 };
	assert_int_equal(tag_pattern_parse(STR("ns:p=*"), &t, &e), 0);
	assert_true(t.any_value);
}

static void
a_long_tag_is_refused(void **state)
{
	(void)state;
	char text[TAG_MAX_BYTES + 2];
	memset(text, 'a', sizeof(text));
	struct tag t;
	struct err e = { 0 };
	assert_int_equal(
	    tag_parse((struct str){ text, TAG_MAX_BYTES + 1 }, &t, &e),
	    ERR_INVALID);
	assert_int_equal(
	    tag_parse((struct str){ text, TAG_MAX_BYTES }, &t, &e), 0);
}

static bool
query(enum tag_match match, const char *a, const char *b)
{
	static const char *const texts[] = { "lb:www=app", "lb:www=lb",
		"server:zone=eu", "blue" };
	struct tag tags[ARRAY_LEN(texts)];
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
		    tag_parse(str_from(texts[i]), &tags[i], &e), 0);
	struct tag_query q = { .match = match };
	if (a != NULL)
		assert_int_equal(tag_query_add(&q, str_from(a), &e), 0);
	if (b != NULL)
		assert_int_equal(tag_query_add(&q, str_from(b), &e), 0);
	return tag_query_matches(&q, tags, ARRAY_LEN(tags));
}

static void
any_needs_one_and_all_needs_each(void **state)
{
	(void)state;
	assert_true(query(TAG_MATCH_ANY, "lb:www=lb", "no:such=tag"));
	assert_false(query(TAG_MATCH_ALL, "lb:www=lb", "no:such=tag"));
	assert_true(query(TAG_MATCH_ALL, "lb:www=lb", "lb:www=app"));
	assert_true(query(TAG_MATCH_ALL, "server:zone=*", "blue"));
	assert_false(query(TAG_MATCH_ANY, "server:zon=*", "Blue"));
	assert_false(query(TAG_MATCH_ANY, NULL, NULL));
	assert_false(query(TAG_MATCH_ALL, NULL, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_tags_parse),
		cmocka_unit_test(ill_formed_tags_are_refused),
		cmocka_unit_test(only_a_whole_value_is_a_wildcard),
		cmocka_unit_test(a_long_tag_is_refused),
		cmocka_unit_test(any_needs_one_and_all_needs_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
