/* SPDX-License-Identifier: MIT */
/* Commands and manifests: round trips, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/auto.h"
#include "wire/api.h"
#include "wire/command.h"
#include "wire/envelope.h"
#include "wire/manifest.h"

#define CID "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define TIMES "\"issued_at\":1000,\"not_after\":2000"

/* A good one with `more` members. */
static char *
with(const char *more)
{
	return xasprintf("{\"cid\":\"" CID "\"," TIMES ",%s}", more);
}

static int
parse(struct arena *a, const char *text, struct jsn **v, struct command *c,
    struct err *e)
{
	jsn_free(v);
	return command_parse(a, str_from(text), v, c, e);
}

static void
a_command_goes_both_ways(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(jsn_free) struct jsn *v = NULL, *v2 = NULL;
	struct command c, d;
	struct err e = { 0 };
	static const char text[] =
	    "{\"cid\":\"" CID "\",\"kind\":\"recipe\",\"name\":\"shop::deploy\""
	    ",\"attributes\":{\"shop\":{\"rev\":\"x\"}},\"tags\":[\"shop:role="
	    "app\",\"shop:zone=*\"],\"match\":\"any\",\"selector\":\"any\","
	    "\"deployment\":\"prod\",\"online_only\":true,\"require_match\":"
	    "true,\"thread\":\"slow_1\",\"timeout_ms\":5000,\"why_run\":true,"
	    "\"on_interrupt\":\"rerun\",\"attempts\":5,\"hops\":2," TIMES "}";
	if (parse(a, text, &v, &c, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(c.kind, COMMAND_RUN_RECIPE);
	assert_string_equal(c.name, "shop::deploy");
	assert_int_equal(c.match, TAG_MATCH_ANY);
	assert_true(c.any && c.online_only && c.require_match);
	assert_true(c.why_run && c.rerun);
	assert_int_equal(c.attempts, 5);
	assert_int_equal(c.hops, 2);
	assert_string_equal(c.scope, "prod");
	AUTO_BUF struct buf out = BUF_INIT(COMMAND_MAX_BYTES);
	command_format(&c, &out);
	assert_string_equal(buf_text(&out), text);
	assert_int_equal(parse(a, buf_text(&out), &v2, &d, &e), 0);
	assert_string_equal(d.thread, "slow_1");
	assert_int_equal(d.timeout_ms, 5000);
}

static void
absent_members_have_their_defaults(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(jsn_free) struct jsn *v = NULL;
	struct command c;
	struct err e = { 0 };
	AUTO_STR char *text = with("\"kind\":\"script\",\"name\":\"set up\","
				   "\"parameters\":{\"P\":\"1\"},"
				   "\"ids\":[\"i-1\",\"i-2\"]");
	if (parse(a, text, &v, &c, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(c.match, TAG_MATCH_ALL);
	assert_false(c.any || c.rerun || c.online_only || c.why_run);
	assert_int_equal(c.attempts, 3);
	assert_int_equal(c.timeout_ms, 0);
	assert_null(c.scope);
	assert_null(c.thread);
	assert_null(c.tags);
	assert_int_equal(c.ids_len, 2);
	assert_string_equal(jsn_peek_str(c.parameters, "P", ""), "1");
	AUTO_BUF struct buf out = BUF_INIT(COMMAND_MAX_BYTES);
	command_format(&c, &out);
	assert_null(strstr(buf_text(&out), "attempts"));
}

static void
commands_that_make_no_sense_are_refused_with_the_place(void **state)
{
	(void)state;
#define BOOT "\"kind\":\"boot\",\"ids\":[\"i\"]"
	static const struct {
		const char *more, *error;
	} rows[] = {
		{ "\"kind\":\"boot\"", "no target" },
		{ "\"kind\":\"boot\",\"ids\":[],\"tags\":[]", "no target" },
		{ BOOT ",\"tags\":[\"a:b=c\"]", "only one" },
		{ "\"kind\":\"boot\",\"tags\":[\"a:*\"]", ".tags[0]" },
		{ "\"kind\":\"boot\",\"ids\":[\"\"]", ".ids[0]" },
		{ BOOT ",\"name\":\"x\"", ".name" },
		{ "\"kind\":\"recipe\",\"ids\":[\"i\"]", ".name: is missing" },
		{ "\"kind\":\"recipe\",\"ids\":[\"i\"],\"name\":\"../x\"",
		    ".name" },
		{ "\"kind\":\"script\",\"ids\":[\"i\"],\"name\":\"a/b\"",
		    ".name" },
		{ "\"kind\":\"script\",\"ids\":[\"i\"],\"name\":\"s\","
		  "\"parameters\":{\"P\":1}",
		    ".parameters.P" },
		{ "\"kind\":\"shutdown\",\"ids\":[\"i\"]", ".shutdown" },
		{ BOOT ",\"shutdown\":\"reboot\"", ".shutdown" },
		{ BOOT ",\"thread\":\"../x\"", ".thread" },
		{ BOOT ",\"thread\":\"\"", ".thread" },
		{ BOOT ",\"deployment\":\"\"", ".deployment" },
		{ BOOT ",\"hops\":9", ".hops" },
		{ BOOT ",\"hops\":-1", ".hops" },
		{ BOOT ",\"attempts\":11", ".attempts" },
		{ BOOT ",\"timeout_ms\":-1", ".timeout_ms" },
		{ BOOT ",\"not_after\":1000", ".not_after" },
		{ BOOT ",\"not_after\":2592001001", ".not_after" },
		{ BOOT ",\"issued_at\":-9223372036854775808", ".not_after" },
		{ BOOT ",\"cid\":\"x\"", ".cid" },
		{ BOOT ",\"cid\":\"01arz3ndektsv4rrffq69g5fav\"", ".cid" },
	};
	AUTO(arena_free) struct arena *a = arena_new();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(jsn_free) struct jsn *v = NULL;
		AUTO_STR char *text = with(rows[i].more);
		struct command c;
		struct err e = { 0 };
		int rc = parse(a, text, &v, &c, &e);
		if (rc != ERR_INVALID || strstr(e.text, rows[i].error) == NULL)
			fail_msg("%s: %d %s", rows[i].more, rc, e.text);
		assert_null(v);
	}
}

static void
commands_of_another_form_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *more;
		int rc;
	} rows[] = {
		{ "\"kind\":\"dance\",\"ids\":[\"i\"]", ERR_PROTOCOL },
		{ "\"ids\":[\"i\"]", ERR_PROTOCOL },
		{ BOOT ",\"attributes\":[]", ERR_PROTOCOL },
		{ BOOT ",\"why_run\":1", ERR_PROTOCOL },
		{ BOOT ",\"on_interrupt\":\"maybe\"", ERR_PROTOCOL },
		{ BOOT ",", ERR_SYNTAX },
	};
	AUTO(arena_free) struct arena *a = arena_new();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(jsn_free) struct jsn *v = NULL;
		AUTO_STR char *text = with(rows[i].more);
		struct command c;
		struct err e = { 0 };
		assert_int_equal(parse(a, text, &v, &c, &e), rows[i].rc);
	}
}

static void
ten_thousand_ids_fit_and_no_more(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(jsn_free) struct jsn *v = NULL;
	const char **ids = arena_array_of(a, const char *, COMMAND_IDS_MAX + 1);
	for (size_t i = 0; i <= COMMAND_IDS_MAX; i++)
		ids[i] = CID;
	struct command c = { .cid = CID,
		.kind = COMMAND_RUN_BOOT,
		.ids = ids,
		.ids_len = COMMAND_IDS_MAX,
		.issued_at = 1,
		.not_after = 2 };
	struct command d;
	struct err e = { 0 };
	AUTO_BUF struct buf out = BUF_INIT(COMMAND_MAX_BYTES);
	command_format(&c, &out);
	assert_false(buf_failed(&out));
	if (parse(a, buf_text(&out), &v, &d, &e) < 0)
		fail_msg("%s", e.text);
	c.ids_len++;
	buf_reset(&out);
	command_format(&c, &out);
	assert_int_equal(parse(a, buf_text(&out), &v, &d, &e), ERR_INVALID);
	AUTO_BUF struct buf big = BUF_INIT(COMMAND_MAX_BYTES * 2);
	while (big.len <= COMMAND_MAX_BYTES)
		buf_add_char(&big, ' ');
	assert_int_equal(parse(a, buf_text(&big), &v, &d, &e), ERR_LIMIT);
}

static void
targets_are_ids_or_tags(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(jsn_free) struct jsn *v = NULL;
	struct command c;
	struct tag tags[2];
	struct err e = { 0 };
	assert_int_equal(tag_parse(STR("shop:role=app"), &tags[0], &e), 0);
	assert_int_equal(tag_parse(STR("shop:zone=b"), &tags[1], &e), 0);
	AUTO_STR char *by_id = with(BOOT);
	assert_int_equal(parse(a, by_id, &v, &c, &e), 0);
	assert_true(command_is_for(&c, "i", tags, 2));
	assert_false(command_is_for(&c, "j", tags, 2));
	AUTO_STR char *all = with("\"kind\":\"boot\",\"tags\":[\"shop:role="
				  "app\",\"shop:zone=*\"]");
	assert_int_equal(parse(a, all, &v, &c, &e), 0);
	assert_true(command_is_for(&c, "j", tags, 2));
	assert_false(command_is_for(&c, "j", tags, 1));
	assert_false(command_is_for(&c, "j", NULL, 0));
	AUTO_STR char *any = with("\"kind\":\"boot\",\"match\":\"any\","
				  "\"tags\":[\"x\",\"shop:role=*\"]");
	assert_int_equal(parse(a, any, &v, &c, &e), 0);
	assert_true(command_is_for(&c, "j", tags, 1));
	assert_false(command_is_for(&c, "j", tags + 1, 1));
}

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void
a_manifest_goes_both_ways(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct manifest m = { .name = "shop",
		.version = "1.2",
		.sha256 = SHA,
		.serial = 7,
		.bytes = 100,
		.files = 3,
		.issued_at = 5 };
	struct manifest n;
	struct err e = { 0 };
	AUTO_BUF struct buf out = BUF_INIT(MANIFEST_TEXT_MAX_BYTES);
	manifest_format(&m, &out);
	struct str text = { out.data, out.len };
	assert_int_equal(manifest_parse(a, text, &n, &e), 0);
	assert_string_equal(n.name, "shop");
	assert_string_equal(n.version, "1.2");
	assert_string_equal(n.sha256, SHA);
	assert_int_equal(n.serial, 7);
	assert_int_equal(n.bytes, 100);
	assert_int_equal(n.files, 3);
	assert_int_equal(n.issued_at, 5);
}

static void
manifests_that_lie_are_refused(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	const struct manifest good = { .name = "shop",
		.sha256 = SHA,
		.serial = 7,
		.bytes = 100,
		.files = 3,
		.issued_at = 5 };
	struct manifest bad[12];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	char long_name[MANIFEST_NAME_MAX_BYTES + 2];
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	bad[0].name = "self";
	bad[1].name = "../shop";
	bad[2].name = "";
	bad[3].name = long_name;
	bad[4].name = ".hidden";
	bad[5].sha256 = "e3b0";
	bad[6].sha256 = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA49599"
			"1B7852B855";
	bad[7].serial = 0;
	bad[8].bytes = 0;
	bad[9].bytes = (int64_t)API_ARTEFACT_MAX_BYTES + 1;
	bad[10].files = 0;
	bad[11].issued_at = -1;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_BUF struct buf out = BUF_INIT(MANIFEST_TEXT_MAX_BYTES);
		struct manifest n;
		struct err e = { 0 };
		manifest_format(&bad[i], &out);
		assert_int_equal(manifest_parse(a,
				     (struct str){ out.data, out.len }, &n, &e),
		    ERR_INVALID);
		assert_true(text_has_prefix(e.text, "manifest: ."));
	}
	struct manifest n;
	struct err e = { 0 };
	assert_int_equal(manifest_parse(a, STR("{}"), &n, &e), ERR_PROTOCOL);
	assert_int_equal(manifest_parse(a, STR("{"), &n, &e), ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_goes_both_ways),
		cmocka_unit_test(absent_members_have_their_defaults),
		cmocka_unit_test(
		    commands_that_make_no_sense_are_refused_with_the_place),
		cmocka_unit_test(commands_of_another_form_are_refused),
		cmocka_unit_test(ten_thousand_ids_fit_and_no_more),
		cmocka_unit_test(targets_are_ids_or_tags),
		cmocka_unit_test(a_manifest_goes_both_ways),
		cmocka_unit_test(manifests_that_lie_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
