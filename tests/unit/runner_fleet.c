/* SPDX-License-Identifier: MIT */
/* Batches, tolerated failures, grouped output, exit statuses of many nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "runner/operator_batch.h"
#include "runner/operator_group.h"
#include "runner/operator_results.h"

static void
batches_are_numbers_percents_and_lists(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t total, sizes[8]; /* up to 0 */
	} table[] = {
		{ NULL, 7, { 7 } },
		{ "3", 7, { 3, 3, 1 } },
		{ "10", 7, { 7 } },
		{ "50%", 7, { 4, 3 } },
		{ "1%", 3, { 1, 1, 1 } },
		{ "100%", 7, { 7 } },
		{ "1,10%,100%", 30, { 1, 3, 26 } },
		{ "1,2", 7, { 1, 2, 2, 2 } },
		{ "5", 0, { 0 } },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct batch_spec spec;
		struct err e = { 0 };
		if (batch_parse(table[i].text, &spec, &e) < 0)
			fail_msg("%s", e.text);
		size_t left = table[i].total, n = 0;
		while (left > 0) {
			size_t size =
			    batch_size(&spec, n, table[i].total, left);
			assert_int_equal(size, table[i].sizes[n]);
			left -= size;
			n++;
		}
		assert_int_equal(table[i].sizes[n], 0);
	}
}

static void
what_is_no_batch_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "0", "-1", "0%", "101%", "x",
		"5,", ",5", "5 %", "1.5", "10000001", "%" };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct batch_spec spec;
		struct err e = { 0 };
		if (batch_parse(texts[i], &spec, &e) != ERR_INVALID)
			fail_msg("'%s' is taken", texts[i]);
		assert_non_null(strstr(e.text, "--batch"));
	}
	AUTO_BUF struct buf many = BUF_INIT(65536);
	for (size_t i = 0; i <= BATCH_SIZES_MAX; i++)
		buf_add_str(&many, i > 0 ? ",1" : "1");
	struct batch_spec spec;
	struct err e = { 0 };
	assert_int_equal(batch_parse(buf_text(&many), &spec, &e), ERR_LIMIT);
}

static void
failures_are_borne_up_to_a_number(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t total, failures;
		bool passed;
	} table[] = {
		{ NULL, 10, 0, false },
		{ NULL, 10, 1, true },
		{ "0", 10, 1, true },
		{ "2", 10, 2, false },
		{ "2", 10, 3, true },
		{ "10%", 30, 3, false },
		{ "10%", 30, 4, true },
		{ "10%", 5, 1, true },
		{ "100%", 5, 5, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct amount a;
		struct err e = { 0 };
		assert_int_equal(max_fail_parse(table[i].text, &a, &e), 0);
		assert_int_equal(
		    max_fail_passed(&a, table[i].total, table[i].failures),
		    table[i].passed);
	}
	struct amount a;
	struct err e = { 0 };
	assert_int_equal(max_fail_parse("-1", &a, &e), ERR_INVALID);
	assert_int_equal(max_fail_parse("101%", &a, &e), ERR_INVALID);
}

static struct jsn *
delivery(const char *name, const char *state, int exit_status)
{
	struct jsn *d = jsn_new_object();
	jsn_set_str(d, "id", name);
	jsn_set_str(d, "name", name);
	jsn_set_str(d, "state", state);
	jsn_set_int(d, "exit_status", exit_status);
	return d;
}

/* Each row of runner/tbl/results.h, alone. */
static void
every_state_has_its_exit_status(void **state)
{
	(void)state;
	static const struct {
		const char *state;
		int exit_status, expect;
	} table[] = {
		{ "queued", 0, 21 },
		{ "offered", 0, 21 },
		{ "granted", 0, 21 },
		{ "running", 0, 21 },
		{ "ok", 0, 0 },
		{ "ok", 37, 0 },
		{ "failed", 1, 1 },
		{ "failed", 21, 21 },
		{ "interrupted", 0, 1 },
		{ "rejected", 0, 1 },
		{ "expired", 0, 20 },
		{ "cancelled", 0, 22 },
		{ "revoked", 0, 0 },
		{ "lost", 0, 1 },
		{ "a state of tomorrow", 0, 21 },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(jsn_free)
		struct jsn *d =
		    delivery("n", table[i].state, table[i].exit_status);
		assert_int_equal(result_exit(d), table[i].expect);
		const struct jsn *list[] = { d };
		assert_int_equal(results_exit(list, 1, false), table[i].expect);
	}
	size_t states = 0;
#define DELIVERY(name_, number_, end_, prose_)                                 \
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {                        \
		if (strcmp(table[i].state, #name_) == 0) {                     \
			states++;                                              \
			break;                                                 \
		}                                                              \
	}
#include "wire/tbl/deliveries.h"
#undef DELIVERY
	assert_int_equal(states, 12);
}

/* Each row of SEVERITY beats those below it. */
static void
the_worst_of_many_nodes_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *states[4];
		bool we_cancelled;
		int expect;
	} table[] = {
		{ { "ok", "ok" }, false, 0 },
		{ { NULL }, false, 0 },
		{ { "ok", "revoked" }, false, 0 },
		{ { "ok", "cancelled" }, false, 22 },
		{ { "cancelled", "expired" }, false, 20 },
		{ { "expired", "queued", "cancelled" }, false, 21 },
		{ { "queued", "failed", "expired" }, false, 1 },
		{ { "interrupted", "ok" }, false, 1 },
		{ { "interrupted", "ok" }, true, 22 },
		{ { "failed", "cancelled" }, true, 22 },
		{ { "ok", "ok" }, true, 0 },
		{ { "failed", "ok" }, true, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct jsn *list[4];
		size_t len = 0;
		for (; len < 4 && table[i].states[len] != NULL; len++)
			list[len] = delivery("n", table[i].states[len], 0);
		int got = (int)results_exit((const struct jsn *const *)list,
		    len, table[i].we_cancelled);
		for (size_t k = 0; k < len; k++)
			jsn_free(&list[k]);
		assert_int_equal(got, table[i].expect);
	}
}

static void
counts_leave_out_who_was_replaced(void **state)
{
	(void)state;
	struct jsn *list[] = { delivery("a", "ok", 0),
		delivery("b", "revoked", 0), delivery("c", "expired", 0),
		delivery("d", "ok", 0) };
	struct result_counts c;
	results_count((const struct jsn *const *)list, 4, &c);
	for (size_t i = 0; i < 4; i++)
		jsn_free(&list[i]);
	AUTO_BUF struct buf text = BUF_INIT(1024);
	result_counts_format(&c, &text);
	assert_string_equal(buf_text(&text), "3 nodes: 2 ok, 1 expired");
}

static void
a_line_says_state_duration_changes_and_reason(void **state)
{
	(void)state;
	struct options o;
	options_init(&o);
	o.color = "never";
	struct term t;
	term_init(&t, &o);
	AUTO(jsn_free) struct jsn *d = delivery("web-1", "failed", 1);
	jsn_set_int(d, "elapsed_ms", 1234);
	jsn_set_int(d, "updated", 3);
	jsn_set_str(d, "reason", "file[/x]: no such directory");
	AUTO_BUF struct buf line = BUF_INIT(1024);
	result_line(&t, d, 7, &line);
	assert_string_equal(buf_text(&line),
	    "web-1    failed          1.2 s  3 changed  file[/x]: no such "
	    "directory\n");
	AUTO(jsn_free) struct jsn *late = delivery("web-2", "failed", 21);
	buf_reset(&line);
	result_line(&t, late, 7, &line);
	assert_string_equal(buf_text(&line), "web-2    timed out\n");
}

static const char audit[] =
    "****************************************\n"
    "*RS>        remote run of bundle 'b'                              ****\n"
    "****************************************\n"
    "Starting RightLink, version 11.18.12\n"
    "Compiling Cookbooks...\n"
    "Converging 1 resources\n"
    "  * file[/etc/motd] action create\n"
    "    - took 0.35 s, %s\n"
    "\n\n"
    "*RS> Script exit status: 0\n"
    "\n"
    "Running handlers:\n"
    "Running handlers complete\n"
    "RightLink finished, 1/1 resources updated in %s seconds\n"
    "*RS>        remote run completed after 64 ms                      ****\n";

static void
the_frame_of_an_audit_is_taken_off(void **state)
{
	(void)state;
	char text[2048];
	snprintf(text, sizeof(text), audit, "port 80", "0.02");
	AUTO_BUF struct buf shown = BUF_INIT(4096);
	output_essence(str_from(text), false, &shown);
	assert_string_equal(buf_text(&shown),
	    "Converging 1 resources\n"
	    "  * file[/etc/motd] action create\n"
	    "    - took 0.35 s, port 80\n"
	    "\n"
	    "*RS> Script exit status: 0\n");
}

static void
chance_does_not_make_a_difference_all_else_does(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool same;
	} table[] = {
		{ "in 1.5 seconds", "in 22 seconds", true },
		{ "after 64 ms", "after 7 ms", true },
		{ "3s", "4s", true },
		{ "2 min", "3 min", true },
		{ "80", "81", false },
		{ "v1.5s", "v1.6s", false },
		{ "size 5 sectors", "size 6 sectors", false },
		{ "10.0.0.1 s", "10.0.0.2 s", true },
		{ "a", "a ", false },
		{ "\n\na\n", "a", true },
		{ "", "\n", true },
		{ "--- /x\t2026-11-26 20:34:03.527728248 +0000",
		    "--- /x\t2027-01-01 00:00:00.1 +0000", true },
		{ "at 2026-11-26T20:34:03Z", "at 2026-11-26T20:34:04+00:00",
		    true },
		{ "2026-11-26", "2026-11-27", false },
		{ "/runs/01M8CS1DN2E17CY2XFV36KVMZC/x",
		    "/runs/01M8CS1DEKZPKGBSGPY6VGKHQ2/x", true },
		{ "01M8CS1DN2E17CY2XFV36KVMZCA", "01M8CS1DEKZPKGBSGPY6VGKHQ2A",
		    false },
		{ "a\n[2026-11-26T20:34:04+00:00] ERROR: x\nb",
		    "a\nb\n*ERROR> y", true },
		{ "[1] x", "[2] x", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_BUF struct buf a = BUF_INIT(4096), b = BUF_INIT(4096);
		output_essence(str_from(table[i].a), true, &a);
		output_essence(str_from(table[i].b), true, &b);
		if (text_eq(buf_text(&a), buf_text(&b)) != table[i].same)
			fail_msg("'%s' and '%s'", table[i].a, table[i].b);
	}
}

static void
identical_output_is_one_group_largest_first(void **state)
{
	(void)state;
	AUTO(output_groups_free)
	struct output_groups *g = output_groups_new();
	char name[16], text[2048];
	snprintf(text, sizeof(text), audit, "odd", "0.5");
	output_groups_add(g, "odd-1", str_from(text));
	for (int i = 1; i <= 9; i++) {
		snprintf(name, sizeof(name), "web-%d", i);
		char took[8];
		snprintf(took, sizeof(took), "0.%d", i);
		snprintf(text, sizeof(text), audit, "even", took);
		output_groups_add(g, name, str_from(text));
	}
	output_groups_sort(g);
	assert_int_equal(output_groups_len(g), 2);
	struct output_group first = output_groups_at(g, 0);
	AUTO_BUF struct buf title = BUF_INIT(4096);
	output_group_title(&first, &title);
	assert_string_equal(buf_text(&title),
	    "9 nodes: web-1, web-2, web-3, web-4, web-5 and 4 more");
	struct output_group second = output_groups_at(g, 1);
	buf_reset(&title);
	output_group_title(&second, &title);
	assert_string_equal(buf_text(&title), "odd-1");
	AUTO_BUF struct buf body = BUF_INIT(4096);
	output_group_body(&second, &body);
	assert_non_null(
	    strstr(buf_text(&body), "    Converging 1 resources\n"));
	assert_non_null(strstr(buf_text(&body), "took 0.35 s, odd\n\n"));
}

static void
of_long_output_the_end_is_shown(void **state)
{
	(void)state;
	AUTO_BUF struct buf text = BUF_INIT(65536);
	for (int i = 1; i <= GROUP_LINES_MAX + 3; i++)
		buf_printf(&text, "line %d\n", i);
	AUTO(output_groups_free)
	struct output_groups *g = output_groups_new();
	output_groups_add(g, "n", (struct str){ text.data, text.len });
	struct output_group only = output_groups_at(g, 0);
	AUTO_BUF struct buf body = BUF_INIT(65536);
	output_group_body(&only, &body);
	assert_true(text_has_prefix(buf_text(&body), "    (3 lines before)\n"));
	assert_null(strstr(buf_text(&body), "line 3\n"));
	assert_non_null(strstr(buf_text(&body), "    line 4\n"));
	assert_true(text_has_suffix(buf_text(&body), "    line 63\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_are_numbers_percents_and_lists),
		cmocka_unit_test(what_is_no_batch_is_refused),
		cmocka_unit_test(failures_are_borne_up_to_a_number),
		cmocka_unit_test(every_state_has_its_exit_status),
		cmocka_unit_test(the_worst_of_many_nodes_is_told),
		cmocka_unit_test(counts_leave_out_who_was_replaced),
		cmocka_unit_test(a_line_says_state_duration_changes_and_reason),
		cmocka_unit_test(the_frame_of_an_audit_is_taken_off),
		cmocka_unit_test(
		    chance_does_not_make_a_difference_all_else_does),
		cmocka_unit_test(identical_output_is_one_group_largest_first),
		cmocka_unit_test(of_long_output_the_end_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
