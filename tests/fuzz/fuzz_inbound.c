/* SPDX-License-Identifier: MIT */
/*
 * Answers to polls, from a router that may say anything. Properties: only what
 * was received is granted, each cid once, however often the answer comes; what
 * an answer that is refused asked for did not happen; the next poll can be
 * made and satisfies its own shape.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/inbound.h"
#include "tests/fuzz/fuzz.h"
#include "wire/api.h"

#define NOW ((int64_t)1750000000000)
#define ANSWER_MAX_BYTES ((size_t)1 << 20)

static struct {
	char dir[32];
	struct journal *journal;
	struct identity identity;
	size_t granted;
} world;

static void
end_world(void)
{
	journal_close(&world.journal);
	trust_free(&world.identity.trust);
	(void)!fsat_remove_tree(AT_FDCWD, world.dir, NULL);
}

static void
make_trust(void)
{
	AUTO(sign_key_free) struct sign_key *root = NULL;
	AUTO(jsn_free) struct jsn *envelope = NULL;
	struct trust_spec spec = { .version = 1 };
	struct sign_kid kid;
	int rc = sign_key_new(&root, NULL);
	ASSERT(rc == 0);
	sign_key_public(root, &spec.authority);
	kid = sign_kid_of(&spec.authority);
	rc = trust_seal(&spec, root, &envelope, NULL);
	ASSERT(rc == 0);
	rc = trust_open(envelope, &kid, &world.identity.trust, NULL);
	ASSERT(rc == 0);
}

static void
begin_world(void)
{
	static char id[] = "i-1", deployment[] = "default";
	if (world.journal != NULL)
		return;
	memcpy(world.dir, "/tmp/rl-fuzz-XXXXXX", 20);
	ASSERT(mkdtemp(world.dir) != NULL);
	AUTO_STR char *file = path_join(world.dir, "journal.db");
	int rc = journal_open(file, &world.journal, NULL);
	ASSERT(rc == 0);
	world.identity.id = id;
	world.identity.deployment = deployment;
	make_trust();
	log_set_level(LOG_LEVEL_ERROR);
	atexit(end_world);
}

static void
on_granted(const char *cid, void *arg)
{
	(void)arg;
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_entry entry;
	int rc = journal_find(a, world.journal, cid, &entry, NULL);
	ASSERT(rc == 1);
	/* A second grant in one answer. */
	if (entry.state == JOURNAL_GRANTED)
		return;
	ASSERT(entry.state == JOURNAL_RECEIVED && entry.payload.len > 0);
	rc = journal_grant(world.journal, cid, NULL);
	ASSERT(rc == 1);
	world.granted++;
}

static void
on_cancelled(const char *cid, void *arg)
{
	(void)arg;
	ASSERT(cid != NULL);
}

static struct jsn *
on_asked(const char *type, const struct jsn *body, void *arg)
{
	(void)arg;
	(void)body;
	struct jsn *reply = jsn_new_object();
	jsn_set_str(reply, "type", type);
	return reply;
}

static void
take_twice(const struct jsn *answer)
{
	AUTO(outbox_free) struct outbox *outbox = outbox_new(world.journal);
	struct inbound in = { .journal = world.journal,
		.outbox = outbox,
		.identity = &world.identity,
		.unsigned_too = true,
		.ops = { .granted = on_granted,
		    .cancelled = on_cancelled,
		    .asked = on_asked } };
	struct err e = { 0 };
	world.granted = 0;
	int rc = inbound_take(&in, answer, NOW, &e);
	ASSERT(rc >= 0 || !outbox_has_news(outbox));
	ASSERT(rc >= 0 || world.granted == 0);
	ASSERT(rc >= 0 || rc == ERR_PROTOCOL);
	size_t before = world.granted;
	int again = inbound_take(&in, answer, NOW, &e);
	ASSERT((again < 0) == (rc < 0));
	/* What the first one brought, the second one may grant. */
	ASSERT(rc < 0 || world.granted >= before);
	world.granted = 0;
	again = inbound_take(&in, answer, NOW, &e);
	ASSERT(world.granted == 0);
	AUTO(jsn_free) struct jsn *poll = jsn_new_object();
	jsn_set_str(poll, "boot_id", "b");
	jsn_set_str(poll, "session", "s");
	rc = outbox_compose(outbox, 1, poll, &e);
	ASSERT(rc == 0);
	rc = wire_shape_check(&wire_routes[API_poll].request, poll, "poll", &e);
	ASSERT(rc == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin_world();
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *answer = NULL;
	if (jsn_parse((struct str){ (const char *)data, size }, "answer",
		ANSWER_MAX_BYTES, &answer, &e) < 0)
		return 0;
	/* Each input meets an empty journal. */
	int rc = journal_begin(world.journal, &e);
	ASSERT(rc == 0);
	take_twice(answer);
	journal_rollback(world.journal);
	return 0;
}
