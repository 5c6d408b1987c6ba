/* SPDX-License-Identifier: MIT */
/* The router's API as a table: paths, methods, shapes; delivery states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/auto.h"
#include "wire/api.h"

static int
find(const char *method, const char *path, enum api_route *r,
    struct api_vars *v, struct err *e)
{
	return wire_route_find(method, str_from(path), r, v, e);
}

static void
every_route_is_found_by_the_path_made_for_it(void **state)
{
	(void)state;
	static const char *const values[] = { "01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"text" };
	for (int i = 0; i < API_ROUTES; i++) {
		const struct wire_route *r = &wire_routes[i];
		AUTO_BUF struct buf path = BUF_INIT(1000);
		wire_route_path((enum api_route)i, values, &path);
		assert_null(strchr(buf_text(&path), '{'));
		enum api_route found;
		struct api_vars vars;
		struct err e = { 0 };
		if (find(r->method, buf_text(&path), &found, &vars, &e) < 0)
			fail_msg("%s: %s", r->name, e.text);
		assert_int_equal(found, i);
		for (size_t k = 0; k < vars.len; k++)
			assert_true(str_eq_text(vars.values[k], values[k]));
	}
}

static void
rows_are_of_one_form(void **state)
{
	(void)state;
	for (int i = 0; i < API_ROUTES; i++) {
		const struct wire_route *r = &wire_routes[i];
		bool scoped = r->scope[0] != '\0';
		assert_true(r->path[0] == '/' && r->prose[0] != '\0');
		assert_int_equal(scoped,
		    r->auth == API_AUTH_OPERATOR || r->auth == API_AUTH_ANY);
		if (scoped)
			assert_true(
			    wire_words_have(API_SCOPES, str_from(r->scope)));
		if (r->in != API_CONTENT_JSON)
			assert_null(r->request.fields[0].name);
		if (r->out != API_CONTENT_JSON)
			assert_null(r->reply.fields[0].name);
		for (const struct wire_field *f = r->query.fields; f->name; f++)
			assert_true(
			    f->type == WIRE_STRING || f->type == WIRE_INT);
	}
	assert_true(wire_api_shapes_len > 5);
}

static void
a_written_segment_wins_over_a_variable(void **state)
{
	(void)state;
	enum api_route r;
	struct api_vars v;
	struct err e = { 0 };
	assert_int_equal(find("GET", "/v1/bundles/self", &r, &v, &e), 0);
	assert_int_equal(r, API_bundle_self);
	assert_int_equal(v.len, 0);
	assert_int_equal(find("PUT", "/v1/bundles/self", &r, &v, &e), 0);
	assert_int_equal(r, API_bundle_push);
	assert_int_equal(find("PUT", "/v1/tags/self", &r, &v, &e), 0);
	assert_int_equal(r, API_tags_change);
	assert_int_equal(find("GET", "/v1/audits/a%2Fb/text", &r, &v, &e), 0);
	assert_int_equal(r, API_audit_read);
	assert_int_equal(v.len, 2);
	assert_true(str_eq_text(v.values[0], "a%2Fb"));
}

static void
unknown_paths_and_methods_differ(void **state)
{
	(void)state;
	enum api_route r;
	struct api_vars v;
	struct err e = { 0 };
	static const char *const no_paths[] = { "", "/", "v1/poll", "/v1/poll/",
		"//v1/poll", "/v1//poll", "/V1/poll", "/v1/commands/",
		"/v1/commands/x/deliveries/y", "/v1" };
	for (size_t i = 0; i < ARRAY_LEN(no_paths); i++)
		assert_int_equal(
		    find("GET", no_paths[i], &r, &v, &e), ERR_ABSENT);
	assert_int_equal(
	    find("DELETE", "/v1/poll", &r, &v, &e), ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "POST"));
	assert_int_equal(
	    find("PATCH", "/v1/instances/i", &r, &v, &e), ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "GET, PUT, DELETE"));
	assert_int_equal(find("get", "/healthz", &r, &v, &e), ERR_UNSUPPORTED);
	AUTO_BUF struct buf path = BUF_INIT(10000);
	for (int i = 0; i < 3000; i++)
		buf_add_str(&path, "/x");
	assert_int_equal(find("GET", buf_text(&path), &r, &v, &e), ERR_ABSENT);
	assert_true(strlen(e.text) < 300);
}

static void
values_are_percent_encoded(void **state)
{
	(void)state;
	static const char *const values[] = { "a b/../\xc3\xa9?#%~" };
	AUTO_BUF struct buf path = BUF_INIT(1000);
	wire_route_path(API_bundle_push, values, &path);
	assert_string_equal(
	    buf_text(&path), "/v1/bundles/a%20b%2F..%2F%C3%A9%3F%23%25~");
}

static void
a_poll_answer_is_checked_in_depth(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error; /* NULL: good */
	} rows[] = {
		{ "{\"hold_ms\":1,\"time_ms\":2}", NULL },
		{ "{\"hold_ms\":1,\"time_ms\":2,\"offers\":[{\"cid\":\"c\","
		  "\"seq\":1,\"envelope\":{}}],\"grants\":[\"c\"]}",
		    NULL },
		{ "{\"hold_ms\":1}", ".time_ms: is missing" },
		{ "{\"hold_ms\":\"1\",\"time_ms\":2}",
		    ".hold_ms: must be an integer" },
		{ "{\"hold_ms\":1,\"time_ms\":2,\"offers\":[{\"cid\":\"c\","
		  "\"seq\":1}]}",
		    ".offers[0].envelope: is missing" },
		{ "{\"hold_ms\":1,\"time_ms\":2,\"grants\":[1]}",
		    ".grants[0]: must be a string" },
		{ "[]", "must be an object" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(jsn_free) struct jsn *v = NULL;
		struct err e = { 0 };
		assert_int_equal(
		    jsn_parse(str_from(rows[i].text), "t", 1000, &v, &e), 0);
		int rc = wire_shape_check(
		    &wire_routes[API_poll].reply, v, "poll", &e);
		assert_int_equal(rc, rows[i].error ? ERR_PROTOCOL : 0);
		if (rows[i].error != NULL)
			assert_non_null(strstr(e.text, rows[i].error));
	}
}

static void
delivery_states_have_names_and_ends(void **state)
{
	(void)state;
	int terminal = 0, all = 0;
	for (int i = 0; i < 100; i++) {
		enum delivery_state s = (enum delivery_state)i, back;
		const char *name = delivery_state_name(s);
		struct err e = { 0 };
		if (text_eq(name, "unknown")) {
			assert_int_equal(
			    delivery_state_find("unknown", &back, &e),
			    ERR_INVALID);
			assert_false(delivery_state_is_terminal(s));
			continue;
		}
		assert_int_equal(delivery_state_find(name, &back, &e), 0);
		assert_int_equal(back, s);
		terminal += delivery_state_is_terminal(s);
		all++;
	}
	assert_int_equal(all, 12);
	assert_int_equal(terminal, 8);
	assert_false(delivery_state_is_terminal(DELIVERY_running));
	assert_true(delivery_state_is_terminal(DELIVERY_interrupted));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_found_by_the_path_made_for_it),
		cmocka_unit_test(rows_are_of_one_form),
		cmocka_unit_test(a_written_segment_wins_over_a_variable),
		cmocka_unit_test(unknown_paths_and_methods_differ),
		cmocka_unit_test(values_are_percent_encoded),
		cmocka_unit_test(a_poll_answer_is_checked_in_depth),
		cmocka_unit_test(delivery_states_have_names_and_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
