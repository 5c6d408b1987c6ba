/* SPDX-License-Identifier: MIT */
/* A store in a scratch directory (in memory, where there is such a place: a
 * disk would take minutes for the many commits), instances in it, and words to
 * drive it. */
#pragma once

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "common/sign.h"
#include "router/store_jobs.h"
#include "wire/envelope.h"

#define WORLD_INSTANCES 16

struct world {
	char directory[64];
	struct store *store;
	struct arena *a;
	int64_t now; /* the store's clock, moved by hand */
	const char *ids[WORLD_INSTANCES];
	bool online[WORLD_INSTANCES];
	size_t len;
	int64_t free_min; /* space_min_bytes of the next open */
};

static UNUSED bool
world_online(const char *id, void *ctx)
{
	const struct world *w = ctx;
	for (size_t i = 0; i < w->len; i++) {
		if (text_eq(w->ids[i], id))
			return w->online[i];
	}
	return false;
}

static UNUSED void
world_open(struct world *w)
{
	struct err e = { 0 };
	struct store_options o = { .directory = w->directory,
		.threads = 1,
		.space_min_bytes = w->free_min,
		.online = world_online,
		.ctx = w };
	if (store_open(&o, &w->store, &e) < 0)
		fail_msg("%s", e.text);
}

static UNUSED void
world_new(struct world *w)
{
	*w = (struct world){ .directory = "/dev/shm/rl-store-XXXXXX",
		.now = clock_now_ms(),
		.a = arena_new() };
	if (mkdtemp(w->directory) == NULL) {
		memcpy(w->directory, "/tmp/rl-store-XXXXXX", 21);
		assert_non_null(mkdtemp(w->directory));
	}
	world_open(w);
}

static UNUSED void
world_free(struct world *w)
{
	struct err e = { 0 };
	store_close(&w->store);
	arena_free(&w->a);
	if (fsat_remove_tree(AT_FDCWD, w->directory, &e) < 0)
		fail_msg("%s", e.text);
}

/* Runs a job that must end with rc; its results stay valid. */
static UNUSED struct store_job *
world_do(struct world *w, struct store_job *j, int rc)
{
	if (store_do(w->store, j) != rc)
		fail_msg("job %d: %d (%s), not %d", (int)j->op, j->rc,
		    j->err.text, rc);
	return j;
}

static UNUSED struct store_job *
world_job(enum store_op op)
{
	return store_job_new(op, -1, NULL, NULL);
}

/* A command as text, sealed with a key of nobody. */
struct ask {
	const char *cid;
	const char *const *ids;
	size_t ids_len;
	const char *tag; /* else ids */
	bool any, online_only, require_match;
	int64_t ttl_ms; /* 0: a minute */
	const char *reach;
	const char *name;
};

static UNUSED struct store_job *
world_submit_job(struct world *w, const struct ask *k)
{
	struct err e = { 0 };
	struct store_job *j = world_job(STORE_command_accept);
	struct command *c = arena_new_of(w->a, struct command);
	*c = (struct command){ .cid = k->cid,
		.kind = COMMAND_RUN_RECIPE,
		.name = k->name != NULL ? k->name : "app::deploy",
		.ids = (const char **)(uintptr_t)k->ids,
		.ids_len = k->ids_len,
		.any = k->any,
		.online_only = k->online_only,
		.require_match = k->require_match,
		.match = TAG_MATCH_ALL,
		.issued_at = w->now,
		.not_after = w->now + (k->ttl_ms != 0 ? k->ttl_ms : 60000) };
	if (k->tag != NULL) {
		c->tags = jsn_new_array();
		jsn_push_str(c->tags, k->tag);
	}
	AUTO_BUF struct buf payload = BUF_INIT(1 << 20);
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);
	AUTO(sign_key_free) struct sign_key *key = NULL;
	AUTO(jsn_free) struct jsn *v = NULL;
	command_format(c, &payload);
	struct str p = { payload.data, payload.len };
	if (sign_key_new(&key, &e) < 0 ||
	    envelope_seal(p, SIGN_DOMAIN_COMMAND, key, NULL, &v, &e) < 0)
		fail_msg("%s", e.text);
	jsn_format(v, JSN_PLAIN, &text);
	struct digest_text d = digest_of(DIGEST_SHA256, p);
	j->command_accept = (struct store_command_accept){ .command = c,
		.envelope = arena_strdup(w->a, buf_text(&text)),
		.payload_sha256 = arena_strdup(w->a, d.hex),
		.issuer = "operator",
		.deployment = k->reach,
		.now = w->now };
	return j;
}

/* Submits; of the results only the numbers stay. */
static UNUSED struct store_command_accept
world_submit(struct world *w, const struct ask *k, int rc)
{
	struct store_job *j = world_do(w, world_submit_job(w, k), rc);
	struct store_command_accept r = j->command_accept;
	jsn_free(&((struct command *)(uintptr_t)r.command)->tags);
	r.ids = NULL;
	store_job_free(&j);
	return r;
}

static UNUSED void
world_token(struct world *w, const char *sha256, int64_t uses, int64_t ttl_ms)
{
	char id[ULID_TEXT_BYTES];
	ulid_new(id);
	struct store_job *j = world_job(STORE_enroll_token_make);
	j->enroll_token_make =
	    (struct store_enroll_token_make){ .id = arena_strdup(w->a, id),
		    .sha256 = sha256,
		    .deployment = "default",
		    .bundle = "web",
		    .uses = uses,
		    .expires_at = w->now + ttl_ms,
		    .now = w->now };
	world_do(w, j, 0);
	store_job_free(&j);
}

static UNUSED const char *
world_join(
    struct world *w, const char *name, const char *deployment, const char *tag)
{
	char id[ULID_TEXT_BYTES];
	ulid_new(id);
	struct store_job *j = world_job(STORE_enroll_token_make);
	j->enroll_token_make =
	    (struct store_enroll_token_make){ .id = arena_strdup(w->a, id),
		    .sha256 = arena_printf(w->a, "hash-%s", id),
		    .deployment = deployment,
		    .uses = 1,
		    .expires_at = w->now + 1000,
		    .now = w->now };
	store_job_free(&(struct store_job *){ world_do(w, j, 0) });
	struct store_job *k = world_job(STORE_instance_enroll);
	k->instance_enroll = (struct store_instance_enroll){
		.token_sha256 = arena_printf(w->a, "hash-%s", id),
		.id = arena_strdup(w->a, id),
		.public_key = arena_printf(w->a, "key-%s", id),
		.name = name,
		.tags = &tag,
		.tags_len = tag != NULL,
		.now = w->now
	};
	world_do(w, k, 0);
	assert_true(k->instance_enroll.is_new);
	store_job_free(&k);
	assert_in_range(w->len, 0, WORLD_INSTANCES - 1);
	w->ids[w->len] = arena_strdup(w->a, id);
	return w->ids[w->len++];
}

static UNUSED void
world_set_online(struct world *w, const char *id, bool online)
{
	for (size_t i = 0; i < w->len; i++) {
		if (text_eq(w->ids[i], id))
			w->online[i] = online;
	}
}

static UNUSED const char *
world_cid(struct world *w)
{
	char id[ULID_TEXT_BYTES];
	ulid_new(id);
	return arena_strdup(w->a, id);
}

/* The state of a delivery, -1 when there is none. */
static UNUSED int
world_state(struct world *w, const char *cid, const char *id)
{
	struct err e = { 0 };
	struct store_delivery_list l;
	if (store_delivery_list(
		w->store, 0, w->a, cid, &(struct store_page){ 0 }, &l, &e) < 0)
		return -1;
	for (size_t i = 0; i < l.len; i++) {
		if (text_eq(l.items[i].id, id))
			return (int)l.items[i].state;
	}
	return -1;
}

static UNUSED void
world_sweep(struct world *w)
{
	struct store_job *j = world_job(STORE_sweep);
	j->sweep = (struct store_sweep){ .now = w->now };
	world_do(w, j, 0);
	store_job_free(&j);
}

static UNUSED void
world_tag(struct world *w, const char *id, const char *add, const char *remove,
    int64_t ttl_ms)
{
	struct store_job *j = world_job(STORE_tag_change);
	j->tag_change = (struct store_tag_change){ .id = id,
		.add = &add,
		.add_len = add != NULL,
		.remove = &remove,
		.remove_len = remove != NULL,
		.ttl_ms = ttl_ms,
		.now = w->now };
	world_do(w, j, 0);
	store_job_free(&j);
}

/* What one poll says, about one command. */
struct say {
	const char *received, *started, *unknown, *result_cid;
	enum delivery_state result;
};
struct heard {
	bool granted, acked;
	const char *dropped; /* the state, or NULL */
};
static UNUSED struct heard
world_poll(struct world *w, const char *id, const struct say *say)
{
	struct store_job *j = world_job(STORE_poll);
	const struct store_result result = { .cid = say->result_cid,
		.state = say->result,
		.run_id = "RUN",
		.updated = 1,
		.elapsed_ms = 2,
		.exit_status = -1 };
	const struct store_started started = { say->started, "RUN" };
	j->poll = (struct store_poll){ .id = id,
		.received = &say->received,
		.received_len = say->received != NULL,
		.unknown = &say->unknown,
		.unknown_len = say->unknown != NULL,
		.states = &started,
		.states_len = say->started != NULL,
		.results = &result,
		.results_len = say->result_cid != NULL,
		.now = w->now };
	world_do(w, j, 0);
	struct heard h = { .granted = j->poll.grants_len == 1,
		.acked = j->poll.acks_len == 1,
		.dropped = j->poll.drops_len == 1
			       ? arena_strdup(w->a, j->poll.drops[0].state)
			       : NULL };
	store_job_free(&j);
	return h;
}
