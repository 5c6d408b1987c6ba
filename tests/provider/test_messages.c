/* SPDX-License-Identifier: MIT */
/* log, ruby_block, ohai, notify_group and http_request. */
#include "tests/provider/drive.h"

static void
res_log_1_writes_at_its_level_and_counts(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "log", "hello");
	drive_run(d, "write");
	drive_expect(d, "");
	assert_true(d->updated);
	assert_string_equal(buf_text(&d->log), "info: hello\n");
	drive_symbol(d, "level", "warn");
	drive_text(d, "message", "careful");
	drive_config(d, "count_log_resource_updates", value_of_bool(false));
	drive_run(d, "write");
	assert_false(d->updated);
	assert_string_equal(buf_text(&d->log), "warn: careful\n");
	drive_why_run(d, "write");
	assert_string_equal(buf_text(&d->log), "");
}

static void
res_ruby_block_1_is_called_and_always_updated(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "ruby_block", "b");
	drive_text(d, "block_name", "other");
	drive_run(d, "run");
	drive_expect(d, "execute the ruby block b\n");
	drive_run(d, "create");
	drive_expect(d, "execute the ruby block b\n");
	assert_int_equal(d->block_calls, 2);
	drive_why_run(d, "run");
	assert_true(d->updated);
	assert_int_equal(d->block_calls, 2);
	d->block_fails = true;
	drive_run(d, "run");
	assert_int_equal(d->rc, ERR_RUBY);
	assert_false(d->updated);
}

static void
res_ruby_block_1_a_safe_block_runs_in_why_run_too(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "whyrun_safe_ruby_block", "b");
	drive_why_run(d, "run");
	assert_true(d->updated);
	assert_int_equal(d->block_calls, 1);
	drive_run(d, "run");
	assert_int_equal(d->block_calls, 2);
}

static void
res_ohai_1_collects_again(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "ohai", "again");
	drive_run(d, "reload");
	drive_expect(d, "re-run ohai and merge results into node attributes\n");
	assert_non_null(strstr(buf_text(&d->log), "reload: all\n"));
	drive_text(d, "plugin", "etc");
	drive_run(d, "reload");
	assert_non_null(strstr(buf_text(&d->log), "reload: etc\n"));
	drive_why_run(d, "reload");
	assert_string_equal(buf_text(&d->log), "");
}

static void
res_notify_group_1_only_counts(void **state)
{
	struct drive *d = *state;
	drive_resource(d, "notify_group", "all");
	drive_run(d, "run");
	drive_expect(d, "");
	assert_true(d->updated);
}

#define URL "http://x.test/p"

static void
answer(struct drive *d, const char *url, int status)
{
	assert_true(d->answer_count < DRIVE_MAX);
	d->answers[d->answer_count++] =
	    (struct drive_answer){ url, status, "ok", NULL };
}

static void
new_request(struct drive *d, const char *url)
{
	drive_resource(d, "http_request", "r");
	drive_text(d, "url", url);
	drive_text(d, "message", "a b");
}

static void
res_http_request_1_the_message_goes_where_it_belongs(void **state)
{
	struct drive *d = *state;
	answer(d, URL, 200);
	answer(d, URL "?message=a%20b", 200);
	answer(d, URL "?x=1&message=a%20b", 200);
	new_request(d, URL);
	drive_run(d, "get");
	drive_expect(d, "http_request[r] GET to " URL "\n");
	assert_string_equal(
	    buf_text(&d->requests), "GET " URL "?message=a%20b []\n");
	drive_run(d, "post");
	drive_expect(d, "http_request[r] POST to " URL "\n");
	assert_string_equal(buf_text(&d->requests), "POST " URL " []a b\n");
	drive_run(d, "delete");
	assert_string_equal(buf_text(&d->requests), "DELETE " URL " []\n");
	new_request(d, URL "?x=1");
	drive_run(d, "get");
	assert_string_equal(
	    buf_text(&d->requests), "GET " URL "?x=1&message=a%20b []\n");
}

static void
res_http_request_2_head_asks_whether_it_was_modified(void **state)
{
	struct drive *d = *state;
	answer(d, URL "?message=a%20b", 200);
	new_request(d, URL);
	drive_run(d, "head");
	drive_expect(d, "http_request[r] HEAD to " URL
			" returned modified, trigger notifications\n");
	assert_true(d->updated);
	d->answers[0].status = 304;
	drive_run(d, "head");
	drive_expect(d, "");
	assert_false(d->updated);
	drive_why_run(d, "head");
	assert_string_equal(buf_text(&d->requests), "");
}

static void
res_http_request_3_refusals_are_raised(void **state)
{
	struct drive *d = *state;
	answer(d, URL, 403);
	new_request(d, URL);
	drive_run(d, "put");
	drive_expect_failure(
	    d, "Net::HTTPServerException", "403 \"Forbidden\"");
	d->answers[0].status = 500;
	drive_run(d, "put");
	drive_expect_failure(d, "Net::HTTPFatalError", "500 ");
	d->answers[0].status = 0;
	drive_run(d, "put");
	drive_expect_failure(d, "SocketError", "unreachable");
	drive_run(d, "options");
	drive_expect_failure(d, "NoMethodError", "not implemented");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVE_TEST(res_log_1_writes_at_its_level_and_counts),
		DRIVE_TEST(res_ruby_block_1_is_called_and_always_updated),
		DRIVE_TEST(res_ruby_block_1_a_safe_block_runs_in_why_run_too),
		DRIVE_TEST(res_ohai_1_collects_again),
		DRIVE_TEST(res_notify_group_1_only_counts),
		DRIVE_TEST(
		    res_http_request_1_the_message_goes_where_it_belongs),
		DRIVE_TEST(
		    res_http_request_2_head_asks_whether_it_was_modified),
		DRIVE_TEST(res_http_request_3_refusals_are_raised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
