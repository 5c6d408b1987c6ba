/* SPDX-License-Identifier: MIT */
/* Requests as they are read from the wire: RFC 9112, strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/buf.h"
#include "router/http_parse.h"

#define GET "GET /v1/poll?a=1&b HTTP/1.1\r\n"
#define HOST "Host: router\r\n"

static int
parse(const char *text, struct http_head *h)
{
	struct err e = { 0 };
	int status = 0;
	if (http_head_parse(str_from(text), h, &status, &e) == 0)
		return 200;
	assert_true(e.text[0] != '\0');
	return status;
}

static void
a_plain_request_is_taken_apart(void **state)
{
	(void)state;
	struct http_head h;
	struct str v;
	assert_int_equal(
	    parse(GET HOST "Authorization:  Bearer x \r\nContent-Length: 12\r\n"
			   "\r\n",
		&h),
	    200);
	assert_true(str_eq_text(h.method, "GET"));
	assert_true(str_eq_text(h.path, "/v1/poll"));
	assert_true(str_eq_text(h.query, "a=1&b"));
	assert_int_equal(h.length, 12);
	assert_true(h.keep_alive && !h.chunked && !h.expect_continue);
	assert_true(http_head_field(&h, "authorization", &v));
	assert_true(str_eq_text(v, "Bearer x"));
	assert_false(http_head_field(&h, "Cookie", &v));
}

static void
connections_are_kept_as_the_version_says(void **state)
{
	(void)state;
	struct http_head h;
	assert_int_equal(
	    parse(GET HOST "Connection: x, Close\r\n\r\n", &h), 200);
	assert_false(h.keep_alive);
	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", &h), 200);
	assert_false(h.keep_alive);
	assert_int_equal(
	    parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &h), 200);
	assert_true(h.keep_alive);
}

static void
proxies_may_write_the_whole_url(void **state)
{
	(void)state;
	struct http_head h;
	assert_int_equal(
	    parse("GET https://h:1/x?y HTTP/1.1\r\n" HOST "\r\n", &h), 200);
	assert_true(str_eq_text(h.path, "/x"));
	assert_true(str_eq_text(h.query, "y"));
	assert_int_equal(
	    parse("GET https://h HTTP/1.1\r\n" HOST "\r\n", &h), 400);
}

/* What two readers could understand differently. */
static void
ambiguous_requests_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ GET HOST HOST "\r\n", 400 },
		{ GET HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
		    400 },
		{ GET HOST "Content-Length: +1\r\n\r\n", 400 },
		{ GET HOST "Content-Length: -1\r\n\r\n", 400 },
		{ GET HOST "Content-Length: 1, 1\r\n\r\n", 400 },
		{ GET HOST "Content-Length:\r\n\r\n", 400 },
		{ GET HOST "Content-Length: 99999999999999999999\r\n\r\n",
		    413 },
		{ GET HOST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"
			   "\r\n",
		    400 },
		{ GET HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
			   "chunked\r\n\r\n",
		    400 },
		{ GET HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
		{ GET HOST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
		{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
		    400 },
		{ GET HOST "Folded: a\r\n b\r\n\r\n", 400 },
		{ GET HOST "Blank : a\r\n\r\n", 400 },
		{ GET HOST " Lead: a\r\n\r\n", 400 },
		{ GET HOST ": a\r\n\r\n", 400 },
		{ GET HOST "NoColon\r\n\r\n", 400 },
		{ GET HOST "Ctl: a\x01\r\n\r\n", 400 },
		{ GET HOST "Cr: a\rb\r\n\r\n", 400 },
		{ GET "Host: a\n\r\n\r\n", 400 },
		{ "GET /\nHTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
		{ "GET /\r\n" HOST "\r\n", 400 },
		{ "G(T / HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /a\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET * HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "CONNECT h:1 HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
		{ "GET / HTTP/1.2\r\n" HOST "\r\n", 505 },
		{ "GET / http/1.1\r\n" HOST "\r\n", 400 },
		{ GET HOST "Expect: tea\r\n\r\n", 417 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_head h;
		int status = parse(cases[i].text, &h);
		if (status != cases[i].status)
			fail_msg("case %zu: %d", i, status);
	}
}

static void
fields_and_targets_have_limits(void **state)
{
	(void)state;
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);
	struct http_head h;
	buf_add_str(&text, GET HOST);
	for (int i = 0; i < HTTP_FIELDS_MAX; i++)
		buf_printf(&text, "X-%d: y\r\n", i);
	buf_add_str(&text, "\r\n");
	assert_int_equal(parse(buf_text(&text), &h), 431);
	buf_reset(&text);
	buf_add_str(&text, "GET /");
	for (size_t i = 0; i < HTTP_TARGET_MAX_BYTES; i++)
		buf_add_char(&text, 'a');
	buf_add_str(&text, " HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(parse(buf_text(&text), &h), 414);
}

static void
the_end_is_found_byte_by_byte(void **state)
{
	(void)state;
	static const char text[] = "\r\n\r\n" GET HOST "\r\nrest";
	size_t seen = 0, skip = 0, len = 0, n = 0;
	for (; n < sizeof(text) && len == 0; n++)
		len = http_head_end((struct str){ text, n }, &seen, &skip);
	assert_int_equal(skip, 4);
	assert_int_equal(len, sizeof(GET HOST "\r\n") - 1);
	assert_int_equal(n - 1, skip + len);
}

static void
escapes_are_undone_and_checked(void **state)
{
	(void)state;
	char out[64];
	size_t len;
	struct err e = { 0 };
	assert_int_equal(
	    http_unescape(STR("a%2Fb+c%C3%a4"), true, out, &len, &e), 0);
	assert_string_equal(out, "a/b c\xc3\xa4");
	assert_int_equal(http_unescape(STR("a+b"), false, out, &len, &e), 0);
	assert_string_equal(out, "a+b");
	static const char *const bad[] = { "%", "%4", "%4g", "a%00b", "%0a" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    http_unescape(str_from(bad[i]), false, out, &len, &e),
		    ERR_SYNTAX);
}

/* Feeds text in pieces of `step` bytes; the body in out. */
static int
chunks(const char *text, size_t step, struct buf *out, size_t *ret_used)
{
	struct http_chunks c = { 0 };
	struct err e = { 0 };
	size_t at = 0, end = strlen(text);
	int rc = HTTP_CHUNK_MORE;
	while (rc >= 0 && rc != HTTP_CHUNK_END && at < end) {
		struct str data, in = { text + at, end - at };
		if (in.len > step)
			in.len = step;
		size_t used = 0;
		rc = http_chunks_feed(&c, in, &used, &data, &e);
		if (rc == HTTP_CHUNK_DATA)
			buf_add(out, data.data, data.len);
		at += used;
	}
	*ret_used = at;
	return rc;
}

static void
chunks_make_up_the_body_however_they_come(void **state)
{
	(void)state;
	static const char text[] = "5;x=y\r\nhello\r\n0b\r\n, big world\r\n"
				   "000\r\n\r\nGET";
	for (size_t step = 1; step < sizeof(text); step++) {
		AUTO_BUF struct buf out = BUF_INIT(100);
		size_t used;
		assert_int_equal(
		    chunks(text, step, &out, &used), HTTP_CHUNK_END);
		assert_string_equal(buf_text(&out), "hello, big world");
		assert_string_equal(text + used, "GET");
	}
}

static void
malformed_chunks_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"\r\n",
		"x\r\n",
		"-1\r\n",
		"1\nx",
		"1\r\nxy",
		"1\r\nx\n",
		"0\r\nTrailer: x\r\n\r\n",
		"ffffffffffffffff\r\n",
		"0x1\r\n",
		"1;ext\nx",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100);
		size_t used;
		if (chunks(bad[i], 100, &out, &used) != ERR_SYNTAX)
			fail_msg("case %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_request_is_taken_apart),
		cmocka_unit_test(connections_are_kept_as_the_version_says),
		cmocka_unit_test(proxies_may_write_the_whole_url),
		cmocka_unit_test(ambiguous_requests_are_refused),
		cmocka_unit_test(fields_and_targets_have_limits),
		cmocka_unit_test(the_end_is_found_byte_by_byte),
		cmocka_unit_test(escapes_are_undone_and_checked),
		cmocka_unit_test(chunks_make_up_the_body_however_they_come),
		cmocka_unit_test(malformed_chunks_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
