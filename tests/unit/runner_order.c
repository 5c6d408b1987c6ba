/* SPDX-License-Identifier: MIT */
/* Orders: what is accepted, and that a frame and an order are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "runner/order.h"

static struct jsn *
parse(const char *text)
{
	struct jsn *v = NULL;
	struct err e = { 0 };
	if (jsn_parse(str_from(text), "test", 65536, &v, &e) < 0)
		fail_msg("%s", e.text);
	return v;
}

static int
try(const char *text, struct err *e)
{
	AUTO(jsn_free) struct jsn *frame = parse(text);
	AUTO(arena_free) struct arena *a = arena_new();
	struct run_order o;
	return order_parse(a, frame, &o, e);
}

#define HEAD                                                                   \
	"{\"type\":\"run_order\",\"version\":1,\"run_id\":\"R\",\"cid\":\"C\""

static void
an_order_survives_its_frame(void **state)
{
	(void)state;
	AUTO(jsn_free) struct jsn *list = parse("[\"recipe[a::b]\", \"c\"]");
	AUTO(jsn_free) struct jsn *attributes = parse("{\"x\": {\"y\": 1}}");
	struct run_order before = { .run_id = "R",
		.cid = "C",
		.kind = ORDER_REMOTE,
		.thread = "web_2",
		.executables = list,
		.attributes = attributes,
		.timeout_ms = 5000,
		.why_run = true,
		.from = "i-2",
		.hops = 3,
		.rerun = true,
		.attempts = 2 };
	AUTO(jsn_free) struct jsn *frame = order_format(&before);
	AUTO(arena_free) struct arena *a = arena_new();
	struct run_order after;
	struct err e = { 0 };
	if (order_parse(a, frame, &after, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(after.kind, ORDER_REMOTE);
	assert_string_equal(after.thread, "web_2");
	assert_int_equal(jsn_len(after.executables), 2);
	assert_int_equal(after.timeout_ms, 5000);
	assert_true(after.why_run && after.rerun && !after.trusted);
	assert_int_equal(after.hops, 3);
	assert_null(after.inputs);
	AUTO(jsn_free) struct jsn *again = order_format(&after);
	AUTO_BUF struct buf x = BUF_INIT(65536), y = BUF_INIT(65536);
	jsn_format(frame, JSN_PLAIN, &x);
	jsn_format(again, JSN_PLAIN, &y);
	assert_string_equal(buf_text(&x), buf_text(&y));
}

static void
rl6_2_5_threads_have_plain_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool good;
	} table[] = { { "default", true }, { "a", true }, { "a_1", true },
		{ "", false }, { "A", false }, { "1a", false }, { "_a", false },
		{ "a-b", false }, { "a/../b", false }, { "a b", false } };
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_int_equal(order_check_thread(table[i].name, &e),
		    table[i].good ? 0 : ERR_INVALID);
	char longest[ORDER_THREAD_MAX_BYTES + 2];
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(order_check_thread(longest, &e), ERR_INVALID);
	longest[sizeof(longest) - 2] = '\0';
	assert_int_equal(order_check_thread(longest, &e), 0);
}

static void
wrong_orders_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *rest;
		int rc;
	} table[] = {
		{ ",\"kind\":\"boot\",\"thread\":\"default\"}", 0 },
		{ ",\"kind\":\"root\",\"thread\":\"default\"}", ERR_PROTOCOL },
		{ ",\"kind\":\"boot\",\"thread\":\"../x\"}", ERR_INVALID },
		{ ",\"kind\":\"remote\",\"thread\":\"x\"}", ERR_INVALID },
		{ ",\"kind\":\"remote\",\"thread\":\"x\","
		  "\"executables\":[\"a::b\"]}",
		    0 },
		{ ",\"kind\":\"remote\",\"thread\":\"x\","
		  "\"executables\":[\"script[a b.c]\",\"role[web]\"]}",
		    0 },
		{ ",\"kind\":\"remote\",\"thread\":\"x\","
		  "\"executables\":[\"recipe[a b]\"]}",
		    ERR_INVALID },
		{ ",\"kind\":\"remote\",\"thread\":\"x\","
		  "\"executables\":[\"script[$(x)]\"]}",
		    ERR_INVALID },
		{ ",\"kind\":\"remote\",\"thread\":\"x\","
		  "\"executables\":[7]}",
		    ERR_PROTOCOL },
		{ ",\"kind\":\"boot\",\"thread\":\"x\",\"attempts\":11}",
		    ERR_INVALID },
		{ ",\"kind\":\"boot\",\"thread\":\"x\",\"timeout_ms\":-2}",
		    ERR_INVALID },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_STR char *text = xasprintf("%s%s", HEAD, table[i].rest);
		struct err e = { 0 };
		if (try(text, &e) != table[i].rc)
			fail_msg("%s: %s", text, e.text);
	}
}

static void
summaries_are_cut_at_a_character(void **state)
{
	(void)state;
	AUTO(jsn_free) struct jsn *list = jsn_new_array();
	struct run_order o = { .kind = ORDER_BOOT };
	AUTO_BUF struct buf text = BUF_INIT(1024);
	order_summary(&o, &text);
	assert_string_equal(buf_text(&text), "boot list");
	buf_reset(&text);
	for (int i = 0; i < 100; i++)
		jsn_push_str(list, "h\xc3\xa4\xc3\xa4");
	o.executables = list;
	order_summary(&o, &text);
	assert_true(text.len <= 255);
	assert_true(str_has_suffix((struct str){ text.data, text.len }, "..."));
	AUTO(jsn_free)
	struct jsn *value = jsn_new_string((struct str){ text.data, text.len });
	assert_true(str_eq_text(jsn_str(value), buf_text(&text)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_survives_its_frame),
		cmocka_unit_test(rl6_2_5_threads_have_plain_names),
		cmocka_unit_test(wrong_orders_are_refused),
		cmocka_unit_test(summaries_are_cut_at_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
