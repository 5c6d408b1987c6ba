/* SPDX-License-Identifier: MIT */
/* Frames, secrets and masks, YAML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/secret.h"
#include "common/yml.h"

struct pair {
	int a, b;
};

static struct pair
make_pair(void)
{
	int ends[2];
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	return (struct pair){ ends[0], ends[1] };
}

static void
close_pair(struct pair *p)
{
	fd_close(&p->a);
	fd_close(&p->b);
}

static void
frames_round_trip_one_by_one(void **state)
{
	(void)state;
	AUTO(close_pair) struct pair p = make_pair();
	struct err e = { 0 };
	for (int i = 0; i < 3; i++) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set_str(v, "type", "t");
		jsn_set_int(v, "i", i);
		assert_int_equal(frame_write(p.a, v, &e), 0);
	}
	fd_close(&p.a);
	for (int i = 0; i < 3; i++) {
		AUTO(jsn_free) struct jsn *v = NULL;
		assert_int_equal(frame_read(p.b, 1000, &v, &e), 1);
		assert_int_equal(jsn_peek_int(v, "i", -1), i);
	}
	AUTO(jsn_free) struct jsn *v = NULL;
	assert_int_equal(frame_read(p.b, -1, &v, &e), 0);
}

static int
read_raw(struct str bytes, struct err *e)
{
	AUTO(close_pair) struct pair p = make_pair();
	AUTO(jsn_free) struct jsn *v = NULL;
	assert_int_equal(write(p.a, bytes.data, bytes.len), bytes.len);
	fd_close(&p.a);
	return frame_read(p.b, 1000, &v, e);
}

static void
bad_frames_are_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(read_raw(STR("\x7f\0\0\0{}"), &e), ERR_LIMIT);
	assert_int_equal(read_raw(STR("\0\0\0\x04{}"), &e), ERR_PROTOCOL);
	assert_int_equal(read_raw(STR("\0\0\0\x02{}"), &e), ERR_PROTOCOL);
	assert_int_equal(read_raw(STR("\0\0\0\x02{{"), &e), ERR_PROTOCOL);
	assert_int_equal(read_raw(STR("\0\0\0\0"), &e), ERR_PROTOCOL);
	AUTO(close_pair) struct pair p = make_pair();
	AUTO(jsn_free) struct jsn *v = NULL;
	assert_int_equal(frame_read(p.b, 10, &v, &e), ERR_TIMEOUT);
	AUTO(jsn_free) struct jsn *out = jsn_new_object();
	jsn_set_str(out, "type", "t");
	fd_close(&p.b);
	assert_int_equal(frame_write(p.a, out, &e), ERR_CLOSED);
}

static void
frame_reader_takes_bytes_as_they_come(void **state)
{
	(void)state;
	AUTO(close_pair) struct pair p = make_pair();
	fcntl(p.b, F_SETFL, O_NONBLOCK);
	struct frame_reader r;
	struct err e = { 0 };
	struct jsn *v = NULL;
	frame_reader_init(&r);
	static const char bytes[] = "\0\0\0\x0c{\"type\":\"a\"}"
				    "\0\0\0\x0c{\"type\":\"b\"}";
	assert_int_equal(frame_reader_fill(&r, p.b, &e), 1);
	for (size_t i = 0; i < 15; i++) {
		assert_int_equal(write(p.a, bytes + i, 1), 1);
		assert_int_equal(frame_reader_fill(&r, p.b, &e), 1);
		assert_int_equal(frame_reader_next(&r, &v, &e), 0);
	}
	assert_int_equal(write(p.a, bytes + 15, 17), 17);
	assert_int_equal(frame_reader_fill(&r, p.b, &e), 1);
	assert_int_equal(frame_reader_next(&r, &v, &e), 1);
	assert_string_equal(jsn_peek_str(v, "type", ""), "a");
	jsn_free(&v);
	assert_int_equal(frame_reader_next(&r, &v, &e), 1);
	assert_string_equal(jsn_peek_str(v, "type", ""), "b");
	jsn_free(&v);
	assert_int_equal(frame_reader_next(&r, &v, &e), 0);
	fd_close(&p.a);
	assert_int_equal(frame_reader_fill(&r, p.b, &e), 0);
	frame_reader_release(&r);
}

static struct mask *
make_mask(void)
{
	static const char *const values[][2] = { { "SHORT", "abc" },
		{ "LONG", "abcdef" }, { "KEY", "sesame" }, { "TINY", "x" } };
	struct mask *m = mask_new();
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		AUTO(secret_free)
		struct secret *s = secret_new(str_from(values[i][1]));
		mask_add(m, values[i][0], s);
	}
	return m;
}

static void
mask_hides_across_any_chunk_border(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "open sesame now", "open <hidden input KEY> now" },
		{ "abcdef abc abcdx",
		    "<hidden input LONG> <hidden input SHORT> "
		    "<hidden input SHORT>dx" },
		{ "sesam", "sesam" },
		{ "zzabcde", "zz<hidden input SHORT>de" },
		{ "sesesame", "se<hidden input KEY>" },
	};
	AUTO(mask_free) struct mask *m = make_mask();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i][0]);
		for (size_t cut = 0; cut <= len; cut++) {
			struct mask_stream ms;
			AUTO_BUF struct buf out = BUF_INIT(1000);
			mask_stream_init(&ms, m);
			mask_stream_feed(
			    &ms, (struct str){ cases[i][0], cut }, &out);
			mask_stream_feed(&ms,
			    (struct str){ cases[i][0] + cut, len - cut }, &out);
			mask_stream_flush(&ms, &out);
			assert_string_equal(buf_text(&out), cases[i][1]);
			mask_stream_release(&ms);
		}
		AUTO_BUF struct buf out = BUF_INIT(1000);
		mask_text(m, str_from(cases[i][0]), &out);
		assert_string_equal(buf_text(&out), cases[i][1]);
	}
}

static void
empty_mask_passes_everything(void **state)
{
	(void)state;
	struct mask_stream ms;
	AUTO_BUF struct buf out = BUF_INIT(1000);
	mask_stream_init(&ms, NULL);
	mask_stream_feed(&ms, STR("all"), &out);
	assert_string_equal(buf_text(&out), "all");
	mask_stream_release(&ms);
	assert_true(mask_is_empty(NULL));
}

static void
yml_knows_types_and_places(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct err e = { 0 };
	struct yml *root = NULL;
	static const char text[] = "name: web\n"
				   "port: 8080\n"
				   "hex: 0x1F\n"
				   "ratio: 1.5e1\n"
				   "on: true\n"
				   "yes: yes\n"
				   "none: ~\n"
				   "version: \"10\"\n"
				   "list:\n"
				   "  - a\n"
				   "  - {b: [1, -2]}\n";
	assert_int_equal(
	    yml_parse(a, str_from(text), "b.yml", 10000, &root, &e), 0);
	assert_int_equal(yml_get(root, "port")->integer, 8080);
	assert_int_equal(yml_get(root, "hex")->integer, 31);
	assert_int_equal(yml_get(root, "yes")->type, YML_STRING);
	assert_int_equal(yml_get(root, "version")->type, YML_STRING);
	struct yml *b =
	    yml_get(yml_get(root, "list")->values[1], "b")->values[1];
	assert_int_equal(b->line, 11);
	assert_string_equal(b->path, "$.list[1].b[1]");
	assert_int_equal(yml_error("b.yml", b, &e, "is %d", 7), ERR_INVALID);
	assert_string_equal(e.text, "b.yml:11:13: $.list[1].b[1]: is 7");
	AUTO(jsn_free) struct jsn *v = yml_to_jsn(root);
	AUTO_BUF struct buf out = BUF_INIT(1000);
	jsn_format(v, JSN_PLAIN, &out);
	assert_string_equal(buf_text(&out),
	    "{\"name\":\"web\",\"port\":8080,\"hex\":31,\"ratio\":15.0,"
	    "\"on\":true,\"yes\":\"yes\",\"none\":null,"
	    "\"version\":\"10\",\"list\":[\"a\",{\"b\":[1,-2]}]}");
}

static void
yml_refuses_traps_with_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
		const char *prefix;
	} cases[] = {
		{ "a: 1\nb: 2\na: 3\n", ERR_INVALID,
		    "y:3: $: key 'a' given twice (first in line 1)" },
		{ "a: &x 1\n", ERR_INVALID, "y:1:4: anchors" },
		{ "a: *x\n", ERR_INVALID, "y:1:4: anchors" },
		{ "a: !!str 1\n", ERR_INVALID, "y:1:4: tags" },
		{ "--- 1\n--- 2\n", ERR_INVALID, "y:2:1: more than one" },
		{ "? [1]\n: 2\n", ERR_INVALID, "y:1:3: a key must be" },
		{ "a: [1\n", ERR_SYNTAX, "y:2:1: " },
		{ "a: 99999999999999999999\n", ERR_LIMIT, "y:1:4: integer" },
		{ "a: \"\\0\"\n", ERR_INVALID, "y:1:4: a NUL" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(arena_free) struct arena *a = arena_new();
		struct err e = { 0 };
		struct yml *root = NULL;
		int rc =
		    yml_parse(a, str_from(cases[i].text), "y", 1000, &root, &e);
		assert_int_equal(rc, cases[i].code);
		if (!text_has_prefix(e.text, cases[i].prefix))
			fail_msg(
			    "'%s' instead of '%s'", e.text, cases[i].prefix);
	}
	AUTO(arena_free) struct arena *a = arena_new();
	struct yml *root = NULL;
	char deep[200];
	memset(deep, '[', sizeof(deep));
	assert_int_equal(yml_parse(a, (struct str){ deep, sizeof(deep) }, "y",
			     1000, &root, NULL),
	    ERR_LIMIT);
	assert_int_equal(yml_parse(a, STR(""), "y", 10, &root, NULL), 0);
	assert_int_equal(root->type, YML_NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_round_trip_one_by_one),
		cmocka_unit_test(bad_frames_are_refused),
		cmocka_unit_test(frame_reader_takes_bytes_as_they_come),
		cmocka_unit_test(mask_hides_across_any_chunk_border),
		cmocka_unit_test(empty_mask_passes_everything),
		cmocka_unit_test(yml_knows_types_and_places),
		cmocka_unit_test(yml_refuses_traps_with_their_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
