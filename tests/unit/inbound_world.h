/* SPDX-License-Identifier: MIT */
/* A machine that has joined, in memory: identity, trust bundle, journal,
 * outbox, and keys to sign commands with. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/inbound.h"
#include "wire/command.h"
#include "wire/envelope.h"

/* The time at the start: certificates carry it. */
#define NOW world_now()
#define HOUR_MS ((int64_t)3600 * 1000)

static int64_t
world_now(void)
{
	static int64_t now;
	if (now == 0)
		now = clock_now_ms();
	return now;
}

struct world {
	char dir[64];
	struct sign_key *root, *authority, *operator, * other;
	struct identity identity;
	struct journal *j;
	struct outbox *outbox;
	struct inbound in;
	struct arena *a;
	int granted, cancelled, asked;
	const char *refuse; /* policy's reason, or NULL */
};

static int
world_policy(const struct command *c, const struct trust_verdict *verdict,
    void *arg, struct err *e)
{
	(void)c;
	(void)verdict;
	struct world *w = arg;
	return w->refuse != NULL ? err_set(e, ERR_INVALID, "%s", w->refuse) : 0;
}

static void
world_granted(const char *cid, void *arg)
{
	struct world *w = arg;
	struct err e = { 0 };
	w->granted += journal_grant(w->j, cid, &e) > 0;
}

static void
world_cancelled(const char *cid, void *arg)
{
	(void)cid;
	((struct world *)arg)->cancelled++;
}

static struct jsn *
world_asked(const char *type, const struct jsn *body, void *arg)
{
	(void)body;
	((struct world *)arg)->asked++;
	struct jsn *reply = jsn_new_object();
	jsn_set_str(reply, "type", type);
	return reply;
}

static struct trust *
world_trust(struct world *w)
{
	struct err e = { 0 };
	struct trust_operator op = { .name = "ops",
		.scopes = "run",
		.not_after = NOW + 1000 * HOUR_MS };
	struct trust_spec spec = {
		.version = 1, .operators = &op, .operators_len = 1
	};
	sign_key_public(w->operator, & op.key);
	sign_key_public(w->authority, &spec.authority);
	AUTO(jsn_free) struct jsn *envelope = NULL;
	struct sign_public root;
	struct trust *t = NULL;
	sign_key_public(w->root, &root);
	w->identity.root_kid = sign_kid_of(&root);
	if (trust_seal(&spec, w->root, &envelope, &e) < 0 ||
	    trust_open(envelope, &w->identity.root_kid, &t, &e) < 0)
		fail_msg("%s", e.text);
	return t;
}

static int
set_up(void **at)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	memcpy(w->dir, "/tmp/rl-in-XXXXXX", 18);
	assert_non_null(mkdtemp(w->dir));
	struct sign_key **keys[] = {
		&w->root, &w->authority, &w->operator, & w->other };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_int_equal(sign_key_new(keys[i], &e), 0);
	w->identity.id = xstrdup("i-1");
	w->identity.deployment = xstrdup("shop");
	w->identity.trust = world_trust(w);
	AUTO_STR char *file = path_join(w->dir, "journal.db");
	assert_int_equal(journal_open(file, &w->j, &e), 0);
	w->outbox = outbox_new(w->j);
	w->a = arena_new();
	w->in = (struct inbound){ .journal = w->j,
		.outbox = w->outbox,
		.identity = &w->identity,
		.ops = { .arg = w,
		    .policy = world_policy,
		    .granted = world_granted,
		    .cancelled = world_cancelled,
		    .asked = world_asked } };
	*at = w;
	return 0;
}

static int
tear_down(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	outbox_free(&w->outbox);
	journal_close(&w->j);
	arena_free(&w->a);
	trust_free(&w->identity.trust);
	free(w->identity.id);
	free(w->identity.deployment);
	struct sign_key **keys[] = {
		&w->root, &w->authority, &w->operator, & w->other };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		sign_key_free(keys[i]);
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->dir, &e), 0);
	free(w);
	return 0;
}

#define CID(last) "01HZXW0000000000000000000" last

/* A recipe for this instance. */
UNUSED static struct command
recipe(const char *cid)
{
	static const char *ids[] = { "i-1" };
	return (struct command){ .cid = cid,
		.kind = COMMAND_RUN_RECIPE,
		.name = "shop::deploy",
		.ids = ids,
		.ids_len = 1,
		.match = TAG_MATCH_ALL,
		.issued_at = NOW - 1000,
		.not_after = NOW + HOUR_MS };
}

/* {"cid", "seq", "envelope"}; certificate may be NULL. */
UNUSED static struct jsn *
sealed(const struct command *c, const struct sign_key *key,
    const char *certificate)
{
	struct err e = { 0 };
	AUTO_BUF struct buf payload = BUF_INIT(COMMAND_MAX_BYTES);
	command_format(c, &payload);
	struct jsn *envelope = NULL;
	if (envelope_seal((struct str){ payload.data, payload.len },
		SIGN_DOMAIN_COMMAND, key, certificate, &envelope, &e) < 0)
		fail_msg("%s", e.text);
	struct jsn *offer = jsn_new_object();
	jsn_set_str(offer, "cid", c->cid);
	jsn_set_int(offer, "seq", 1);
	jsn_set(offer, "envelope", envelope);
	return offer;
}

UNUSED static struct jsn *
new_answer(void)
{
	struct jsn *answer = jsn_new_object();
	jsn_set_int(answer, "hold_ms", 50000);
	jsn_set_int(answer, "time_ms", NOW);
	return answer;
}

/* Takes an answer with one list of one entry; value is taken over. */
UNUSED static int
take_one(struct world *w, const char *list, struct jsn *value, struct err *e)
{
	AUTO(jsn_free) struct jsn *answer = new_answer();
	struct jsn *entries = jsn_new_array();
	jsn_push(entries, value);
	jsn_set(answer, list, entries);
	return inbound_take(&w->in, answer, NOW, e);
}

UNUSED static void
take_cid(struct world *w, const char *list, const char *cid)
{
	struct err e = { 0 };
	struct jsn *value = jsn_new_string(str_from(cid));
	if (text_eq(list, "drops")) {
		jsn_free(&value);
		value = jsn_new_object();
		jsn_set_str(value, "cid", cid);
		jsn_set_str(value, "state", "cancelled");
	}
	if (take_one(w, list, value, &e) < 0)
		fail_msg("%s", e.text);
}

UNUSED static struct journal_entry
find(struct world *w, const char *cid)
{
	struct err e = { 0 };
	struct journal_entry entry = { .cid = NULL };
	if (journal_find(w->a, w->j, cid, &entry, &e) != 1)
		fail_msg("no '%s': %s", cid, e.text);
	return entry;
}

/* The next poll as text, without what it says every time. */
UNUSED static char *
next_poll(struct world *w, int64_t number)
{
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	if (outbox_compose(w->outbox, number, body, &e) < 0)
		fail_msg("%s", e.text);
	AUTO_BUF struct buf text = BUF_INIT((size_t)4 << 20);
	jsn_format(body, JSN_PLAIN, &text);
	return buf_take(&text);
}
