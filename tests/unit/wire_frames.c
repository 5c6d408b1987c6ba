/* SPDX-License-Identifier: MIT */
/* The tables of frames, requests and events, and checks against them. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "wire/frames.h"
#include "wire/record.h"

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
names_are_unique_and_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < wire_events_len; i++)
		assert_ptr_equal(wire_event_find(wire_events[i].shape.name),
		    &wire_events[i]);
	for (size_t i = 0; i < wire_frames_len; i++)
		assert_ptr_equal(wire_frame_find(wire_frames[i].shape.name),
		    &wire_frames[i]);
	for (size_t i = 0; i < wire_requests_len; i++) {
		assert_ptr_equal(wire_request_find(wire_requests[i].shape.name),
		    &wire_requests[i]);
		assert_true(strlen(wire_requests[i].shape.prose) > 10);
	}
}

/* Each {field} of an event's prose is a field that the event must carry. */
static void
prose_names_fields_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < wire_events_len; i++) {
		const char *p = wire_events[i].shape.prose;
		while ((p = strchr(p, '{')) != NULL) {
			size_t len = strcspn(++p, "}");
			bool found = false;
			const struct wire_field *f =
			    wire_events[i].shape.fields;
			for (; f->name != NULL; f++)
				found |= strlen(f->name) == len &&
					 memcmp(f->name, p, len) == 0;
			if (!found)
				fail_msg("%s: {%.*s}",
				    wire_events[i].shape.name, (int)len, p);
		}
	}
}

struct bad {
	const char *type, *json, *text;
};

static void
a_wrong_frame_is_refused_with_its_path(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "fetch_request", "{\"type\":\"fetch_result\"}",
		    "frame 'fetch_result' where 'fetch_request' was expected" },
		{ "fetch_request", "{\"type\":\"fetch_request\",\"version\":1}",
		    "fetch_request: .store: is missing" },
		{ "fetch_request",
		    "{\"type\":\"fetch_request\",\"version\":\"1\"}",
		    "fetch_request: .version: must be an integer" },
		{ "fetch_request",
		    "{\"type\":\"fetch_request\",\"version\":1,\"store\":\"/s\","
		    "\"sources\":[{\"name\":\"a\",\"kind\":\"git\","
		    "\"url\":\"u\"},{\"name\":\"b\",\"kind\":\"svn\"}]}",
		    "fetch_request: .sources[1].kind: must be one of "
		    "directory|tarball|git" },
		{ "run_spec",
		    "{\"type\":\"run_spec\",\"version\":1,\"run_id\":\"x\","
		    "\"node_name\":\"n\",\"cookbook_paths\":[\"a\",3]}",
		    "run_spec: .cookbook_paths[1]: must be a string" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(jsn_free) struct jsn *frame = parse(table[i].json);
		struct err e = { 0 };
		assert_int_equal(
		    wire_frame_check(table[i].type, frame, &e), ERR_PROTOCOL);
		assert_string_equal(e.text, table[i].text);
	}
}

static void
unknown_members_are_let_through(void **state)
{
	(void)state;
	AUTO(jsn_free)
	struct jsn *request =
	    parse("{\"type\":\"tag_publish\",\"tag\":\"a:b=c\",\"new\":[1]}");
	const struct wire_request *kind = NULL;
	struct err e = { 0 };
	assert_int_equal(wire_request_check(request, &kind, &e), 0);
	assert_string_equal(kind->shape.name, "tag_publish");
}

static void
unknown_requests_and_events_are_refused(void **state)
{
	(void)state;
	AUTO(jsn_free) struct jsn *odd = parse("{\"type\":\"eval\"}");
	const struct wire_request *kind = NULL;
	struct err e = { 0 };
	assert_int_equal(wire_request_check(odd, &kind, &e), ERR_PROTOCOL);
	assert_string_equal(e.text, "unknown request 'eval'");
	const struct wire_event *event = NULL;
	assert_int_equal(wire_event_check(odd, &event, &e), ERR_PROTOCOL);
	assert_int_equal(wire_event_check(NULL, &event, &e), ERR_PROTOCOL);
}

static void
prose_is_filled_in(void **state)
{
	(void)state;
	AUTO(jsn_free)
	struct jsn *event =
	    parse("{\"event\":\"remote_requested\",\"request_id\":\"1\","
		  "\"executable\":\"a::b\",\"matched\":2,\"ids\":[]}");
	const struct wire_event *kind = NULL;
	struct err e = { 0 };
	assert_int_equal(wire_event_check(event, &kind, &e), 0);
	AUTO_BUF struct buf text = BUF_INIT(1000);
	wire_event_prose(kind, event, &text);
	assert_string_equal(buf_text(&text), "a::b requested on 2 instance(s)");
}

static void
an_error_becomes_a_reply(void **state)
{
	(void)state;
	struct err e = { 0 };
	(void)err_set(&e, ERR_INVALID, "no such tag");
	AUTO(jsn_free) struct jsn *reply = wire_reply_error(&e);
	assert_false(jsn_peek_bool(reply, "ok", true));
	assert_string_equal(jsn_peek_str(reply, "code", ""), "ERR_INVALID");
	assert_string_equal(jsn_peek_str(reply, "text", ""), "no such tag");
}

static void
a_record_is_read_out_of_its_event(void **state)
{
	(void)state;
	AUTO(jsn_free)
	struct jsn *failed =
	    parse("{\"event\":\"resource_failed\",\"resource\":\"file[x]\","
		  "\"action\":\"create\",\"text\":\"why\","
		  "\"ignored\":true,\"elapsed_ms\":7}");
	struct record r;
	assert_true(record_peek(failed, &r));
	assert_int_equal(r.end, RECORD_FAILED);
	assert_true(r.ignored);
	assert_string_equal(r.resource, "file[x]");
	assert_string_equal(r.text, "why");
	assert_int_equal(r.elapsed_ms, 7);
	AUTO(jsn_free)
	struct jsn *other = parse("{\"event\":\"resource_started\"}");
	assert_false(record_peek(other, &r));
	assert_false(record_peek(NULL, &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique_and_described),
		cmocka_unit_test(prose_names_fields_only),
		cmocka_unit_test(a_wrong_frame_is_refused_with_its_path),
		cmocka_unit_test(unknown_members_are_let_through),
		cmocka_unit_test(unknown_requests_and_events_are_refused),
		cmocka_unit_test(prose_is_filled_in),
		cmocka_unit_test(an_error_becomes_a_reply),
		cmocka_unit_test(a_record_is_read_out_of_its_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
