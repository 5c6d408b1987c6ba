/* SPDX-License-Identifier: MIT */
/* Which offered commands are refused, and why. */
#include "tests/unit/inbound_world.h"

#include "wire/jws.h"

#define DAY_MS (24 * HOUR_MS)

/* Offers it; the state it got into the journal with and the reason. */
static const char *
offer(struct world *w, const struct command *c, const struct sign_key *key,
    const char *certificate)
{
	struct err e = { 0 };
	int rc = take_one(w, "offers", sealed(c, key, certificate), &e);
	if (rc < 0)
		fail_msg("%s", e.text);
	struct journal_entry entry = find(w, c->cid);
	if (entry.state == JOURNAL_RECEIVED)
		return "received";
	assert_int_equal(entry.state, JOURNAL_DONE);
	assert_string_equal(entry.result.state, "rejected");
	assert_int_equal(entry.payload.len, 0);
	return entry.result.reason;
}

static void
expect(const char *reason, const char *wanted)
{
	if (strstr(reason, wanted) == NULL)
		fail_msg("'%s' lacks '%s'", reason, wanted);
}

static void
fabric_5_3_a_good_command_is_received(void **at)
{
	struct world *w = *at;
	struct command c = recipe(CID("0"));
	c.thread = "slow";
	assert_string_equal(offer(w, &c, w->operator, NULL), "received");
	struct journal_entry entry = find(w, c.cid);
	assert_string_equal(entry.issuer, "ops");
	assert_string_equal(entry.thread, "slow");
	assert_int_equal(entry.issued_at, c.issued_at);
	assert_int_equal(entry.attempts_max, 1);
	AUTO_STR char *poll = next_poll(w, 1);
	assert_string_equal(poll, "{\"received\":[\"" CID("0") "\"]}");
}

static void
fabric_5_3_who_signed_must_be_trusted(void **at)
{
	struct world *w = *at;
	struct command c = recipe(CID("0"));
	expect(offer(w, &c, w->other, NULL), "of no operator");
	struct journal_entry entry = find(w, c.cid);
	assert_int_equal(entry.issued_at, 0);
	w->in.unsigned_too = true;
	c.cid = CID("1");
	assert_string_equal(offer(w, &c, w->other, NULL), "received");
	assert_string_equal(find(w, c.cid).issuer, "unsigned");
}

static void
fabric_5_3_an_altered_command_is_refused(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct command c = recipe(CID("0")), evil = recipe(CID("0"));
	evil.name = "shop::destroy";
	AUTO(jsn_free) struct jsn *good = sealed(&c, w->operator, NULL);
	AUTO(jsn_free) struct jsn *other = sealed(&evil, w->other, NULL);
	struct jsn *envelope = jsn_get(good, "envelope");
	jsn_set(envelope, "payload",
	    jsn_ref(jsn_get(jsn_get(other, "envelope"), "payload")));
	assert_int_equal(take_one(w, "offers", jsn_ref(good), &e), 1);
	expect(find(w, c.cid).result.reason, "signature");
}

static void
fabric_5_1_t6_a_command_has_one_name(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct command c = recipe(CID("0"));
	struct jsn *again = sealed(&c, w->operator, NULL);
	assert_string_equal(offer(w, &c, w->operator, NULL), "received");
	/* The same envelope under another name: a replay. */
	jsn_set_str(again, "cid", CID("1"));
	assert_int_equal(take_one(w, "offers", again, &e), 1);
	expect(find(w, CID("1")).result.reason, "signed as");
}

static void
fabric_5_3_time_is_the_routers(void **at)
{
	struct world *w = *at;
	struct command c = recipe(CID("0"));
	c.not_after = NOW - 1;
	expect(offer(w, &c, w->operator, NULL), "expired");
	c = recipe(CID("1"));
	c.issued_at = NOW + HOUR_MS;
	c.not_after = NOW + 2 * HOUR_MS;
	expect(offer(w, &c, w->operator, NULL), "ahead of the clock");
	c = recipe(CID("2"));
	c.issued_at = NOW - 20 * DAY_MS;
	c.not_after = NOW + 20 * DAY_MS;
	expect(offer(w, &c, w->operator, NULL), "30 days");
}

static void
fabric_5_4_nothing_below_the_floor_is_run(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct journal_new old = { .cid = "old",
		.issuer = "ops",
		.payload = STR("x"),
		.issued_at = NOW - HOUR_MS,
		.not_after = NOW - HOUR_MS + 1,
		.now_ms = NOW - 60 * DAY_MS };
	assert_int_equal(journal_receive(w->j, &old, &e), 1);
	assert_int_equal(journal_drop(w->j, "old", NOW, &e), 1);
	assert_int_equal(journal_prune(w->j, NOW + 10 * DAY_MS, &e), 0);
	assert_int_equal(journal_floor(w->j), NOW - HOUR_MS);
	struct command c = recipe(CID("0"));
	c.issued_at = NOW - HOUR_MS;
	expect(offer(w, &c, w->operator, NULL), "replay");
	c.cid = CID("1");
	c.issued_at++;
	assert_string_equal(offer(w, &c, w->operator, NULL), "received");
}

static void
fabric_5_3_the_target_is_this_instance(void **at)
{
	struct world *w = *at;
	static const char *others[] = { "i-2", "i-11" };
	struct command c = recipe(CID("0"));
	c.ids = others;
	c.ids_len = 2;
	expect(offer(w, &c, w->operator, NULL), "not among the targets");
	c = recipe(CID("1"));
	c.scope = "other";
	expect(offer(w, &c, w->operator, NULL), "for deployment 'other'");
	c = recipe(CID("2"));
	c.scope = "shop";
	assert_string_equal(offer(w, &c, w->operator, NULL), "received");
}

static void
fabric_5_3_tags_must_hold_now(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	bool changed = false;
	AUTO(jsn_free) struct jsn *tags = jsn_new_array();
	jsn_push_str(tags, "app:role=web");
	jsn_push_str(tags, "app:zone=*");
	struct command c = recipe(CID("0"));
	c.ids = NULL;
	c.ids_len = 0;
	c.tags = tags;
	assert_int_equal(journal_tag_change(w->j, JOURNAL_TAG_ADD,
			     "app:role=web", 0, &changed, &e),
	    0);
	expect(offer(w, &c, w->operator, NULL), "does not carry the tags");
	/* A change that the router does not have yet counts. */
	assert_int_equal(journal_tag_change(w->j, JOURNAL_TAG_ADD, "app:zone=a",
			     0, &changed, &e),
	    0);
	c.cid = CID("1");
	assert_string_equal(offer(w, &c, w->operator, NULL), "received");
}

static char *
certify(const struct world *w, const char *deployment)
{
	struct err e = { 0 };
	struct sign_public key;
	AUTO_BUF struct buf text = BUF_INIT(JWS_MAX_BYTES);
	sign_key_public(w->other, &key);
	if (trust_certify("i-2", deployment, &key, NOW + DAY_MS, w->authority,
		&text, &e) < 0)
		fail_msg("%s", e.text);
	return buf_take(&text);
}

static void
fabric_5_1_t8_an_instance_may_ask_for_little(void **at)
{
	struct world *w = *at;
	AUTO_STR char *mine = certify(w, "shop");
	AUTO_STR char *foreign = certify(w, "other");
	struct command c = recipe(CID("0"));
	expect(offer(w, &c, w->other, foreign), "of deployment 'other'");
	c = recipe(CID("1"));
	c.kind = COMMAND_SHUTDOWN;
	c.name = NULL;
	c.shutdown = "terminate";
	expect(offer(w, &c, w->other, mine), "not for 'shutdown'");
	c = recipe(CID("2"));
	assert_string_equal(offer(w, &c, w->other, mine), "received");
	struct journal_entry entry = find(w, c.cid);
	assert_true(entry.from_instance);
	assert_string_equal(entry.issuer, "i-2");
	w->refuse = "recipe 'shop::deploy' is not remote-callable";
	c.cid = CID("3");
	expect(offer(w, &c, w->other, mine), "not remote-callable");
}

static void
what_is_no_command_is_refused(void **at)
{
	struct world *w = *at;
	static const char *const payloads[] = { "", "{}", "[1]", "\xff" };
	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		struct err e = { 0 };
		struct jsn *envelope = NULL;
		AUTO_STR char *cid = xasprintf("bad-%zu", i);
		assert_int_equal(
		    envelope_seal(str_from(payloads[i]), SIGN_DOMAIN_COMMAND,
			w->operator, NULL, &envelope, &e),
		    0);
		struct jsn *o = jsn_new_object();
		jsn_set_str(o, "cid", cid);
		jsn_set_int(o, "seq", 1);
		jsn_set(o, "envelope", envelope);
		assert_int_equal(take_one(w, "offers", o, &e), 1);
		assert_string_equal(find(w, cid).result.state, "rejected");
	}
	struct err e = { 0 };
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "cid", "no-envelope");
	jsn_set_int(o, "seq", 1);
	jsn_set(o, "envelope", jsn_new_object());
	assert_int_equal(take_one(w, "offers", o, &e), 1);
	assert_string_equal(find(w, "no-envelope").result.state, "rejected");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(fabric_5_3_a_good_command_is_received),
		CASE(fabric_5_3_who_signed_must_be_trusted),
		CASE(fabric_5_3_an_altered_command_is_refused),
		CASE(fabric_5_1_t6_a_command_has_one_name),
		CASE(fabric_5_3_time_is_the_routers),
		CASE(fabric_5_4_nothing_below_the_floor_is_run),
		CASE(fabric_5_3_the_target_is_this_instance),
		CASE(fabric_5_3_tags_must_hold_now),
		CASE(fabric_5_1_t8_an_instance_may_ask_for_little),
		CASE(what_is_no_command_is_refused),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
