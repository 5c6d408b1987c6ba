/* SPDX-License-Identifier: MIT */
/*
 * Taking an answer in two halves: the journal's moves, in one batch, note what
 * is to be done; that is done when the batch is committed, and never when it
 * was not.
 */
#include "runner/inbound.h"

#include <string.h>

#include "common/auto.h"
#include "common/log.h"
#include "common/str.h"
#include "wire/api.h"

#define CID_MAX_BYTES 64

enum deed {
	DEED_SAY,    /* outbox_add */
	DEED_SETTLE, /* outbox_settle */
	DEED_GRANTED,
	DEED_CANCELLED,
};

struct todo {
	enum deed deed;
	enum outbox_kind kind;
	const char *cid, *run_id;
	struct todo *next;
};

struct taking {
	struct inbound *in;
	const struct jsn *answer;
	int64_t now_ms;
	struct arena *arena;
	struct todo *first, **last;
};

static void
note(struct taking *t, enum deed deed, enum outbox_kind kind, const char *cid,
    const char *run_id)
{
	struct todo *d = arena_new_of(t->arena, struct todo);
	*d = (struct todo){ .deed = deed,
		.kind = kind,
		.cid = arena_strdup(t->arena, cid),
		.run_id =
		    run_id != NULL ? arena_strdup(t->arena, run_id) : NULL };
	*t->last = d;
	t->last = &d->next;
}

static void
say(struct taking *t, enum outbox_kind kind, const char *cid)
{
	note(t, DEED_SAY, kind, cid, NULL);
}

static void
settle(struct taking *t, enum outbox_kind kind, const char *cid)
{
	note(t, DEED_SETTLE, kind, cid, NULL);
}

/* A name that may stand in our journal and in our log. */
static bool
is_cid(const char *cid)
{
	size_t len = strnlen(cid, CID_MAX_BYTES + 1);
	if (len == 0 || len > CID_MAX_BYTES)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = cid[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* ---- offers ---- */

/* Fabric.md 6.2, rule 2: told again, never run again. The router may have been
 * restored from a backup, so it hears the whole story. */
static int
take_known(struct taking *t, const struct journal_entry *entry, struct err *e)
{
	const char *cid = entry->cid;
	if (entry->local)
		return 0;
	int rc = journal_recall(t->in->journal, cid, e);
	if (rc < 0)
		return rc;
	if (entry->state != JOURNAL_DROPPED)
		say(t, OUTBOX_RECEIVED, cid);
	if (entry->state == JOURNAL_RUNNING)
		note(t, DEED_SAY, OUTBOX_STATE, cid, entry->run_id);
	if (rc > 0 || entry->state == JOURNAL_DONE)
		say(t, OUTBOX_RESULT, cid);
	return 0;
}

static int
reject(struct taking *t, const struct offer *o, const struct err *why,
    struct err *e)
{
	struct journal_new n = { .cid = o->cid,
		.issuer = o->verdict.name,
		.from_instance = o->verdict.signer == TRUST_INSTANCE,
		.now_ms = t->now_ms };
	if (o->verified) {
		n.issued_at = o->command.issued_at;
		n.not_after = o->command.not_after;
	}
	log_event(LOG_LEVEL_WARN, "command_rejected", LOG_STR("cid", o->cid),
	    LOG_STR("issuer", o->verdict.name), LOG_STR("reason", why->text));
	int rc = journal_reject(t->in->journal, &n, why->text, e);
	if (rc == 0)
		say(t, OUTBOX_RESULT, o->cid);
	return rc < 0 ? rc : 0;
}

static int
receive(struct taking *t, const struct offer *o, struct err *e)
{
	const struct command *c = &o->command;
	struct journal_new n = { .cid = o->cid,
		.thread = c->thread,
		.payload = o->payload,
		.issuer = o->verdict.name,
		.from_instance = o->verdict.signer == TRUST_INSTANCE,
		.attempts_max = c->rerun ? c->attempts : 1,
		.issued_at = c->issued_at,
		.not_after = c->not_after,
		.now_ms = t->now_ms };
	int rc = journal_receive(t->in->journal, &n, e);
	if (rc == ERR_LIMIT) {
		/* It stays with the router and is offered again. */
		log_event(LOG_LEVEL_WARN, "offer_left", LOG_STR("cid", o->cid),
		    LOG_STR("text", e->text));
		return 0;
	}
	if (rc > 0)
		say(t, OUTBOX_RECEIVED, o->cid);
	return rc < 0 ? rc : 0;
}

static int
take_offer(struct taking *t, const struct jsn *value, struct err *e)
{
	const char *cid = jsn_peek_str(value, "cid", "");
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_entry entry;
	int rc = journal_find(a, t->in->journal, cid, &entry, e);
	if (rc != 0)
		return rc < 0 ? rc : take_known(t, &entry, e);
	AUTO(jsn_free) struct jsn *command = NULL;
	struct offer_rules rules = { .identity = t->in->identity,
		.journal = t->in->journal,
		.unsigned_too = t->in->unsigned_too,
		.now_ms = t->now_ms,
		.policy = t->in->ops.policy,
		.arg = t->in->ops.arg };
	struct offer o;
	struct err why = { 0 };
	rc = offer_check(a, &rules, value, &command, &o, &why);
	return rc < 0 ? reject(t, &o, &why, e) : receive(t, &o, e);
}

static int
take_offers(struct taking *t, struct err *e)
{
	const struct jsn *offers = jsn_get(t->answer, "offers");
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < jsn_len(offers); i++) {
		const struct jsn *value = jsn_at(offers, i);
		if (i >= API_OFFERS_MAX)
			break;
		if (is_cid(jsn_peek_str(value, "cid", "")))
			rc = take_offer(t, value, e);
	}
	return rc;
}

/* ---- the other lists: one function an entry ---- */

static int
take_grant(struct taking *t, const char *cid, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_entry entry;
	int rc = journal_find(a, t->in->journal, cid, &entry, e);
	if (rc < 0)
		return rc;
	settle(t, OUTBOX_RECEIVED, cid);
	if (rc == 0) {
		say(t, OUTBOX_UNKNOWN, cid);
		return 0;
	}
	if (entry.state == JOURNAL_RECEIVED)
		note(t, DEED_GRANTED, OUTBOX_RECEIVED, cid, NULL);
	if (entry.state != JOURNAL_DROPPED)
		return 0;
	/* Dropped before, so it may be another's: the router hears it. */
	rc = journal_recall(t->in->journal, cid, e);
	if (rc > 0)
		say(t, OUTBOX_RESULT, cid);
	return rc < 0 ? rc : 0;
}

static int
take_drop(struct taking *t, const char *cid, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_entry entry;
	int rc = journal_find(a, t->in->journal, cid, &entry, e);
	if (rc == 0)
		say(t, OUTBOX_UNKNOWN, cid);
	if (rc <= 0)
		return rc;
	rc = journal_drop(t->in->journal, cid, t->now_ms, e);
	if (rc < 0)
		return rc;
	settle(t, OUTBOX_RECEIVED, cid);
	if (rc > 0)
		settle(t, OUTBOX_STATE, cid);
	/* It may wait in a queue already. */
	if (entry.state == JOURNAL_GRANTED)
		note(t, DEED_CANCELLED, OUTBOX_RECEIVED, cid, NULL);
	return 0;
}

static int
take_ack(struct taking *t, const char *cid, struct err *e)
{
	settle(t, OUTBOX_RESULT, cid);
	return journal_ack(t->in->journal, cid, e);
}

static int
take_cancel(struct taking *t, const char *cid, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_entry entry;
	int rc = journal_find(a, t->in->journal, cid, &entry, e);
	if (rc == 0)
		say(t, OUTBOX_UNKNOWN, cid);
	if (rc > 0 &&
	    (entry.state == JOURNAL_GRANTED || entry.state == JOURNAL_RUNNING))
		note(t, DEED_CANCELLED, OUTBOX_RECEIVED, cid, NULL);
	return rc < 0 ? rc : 0;
}

/* Entries are cids or objects with one. */
static int
take_list(struct taking *t, const char *name,
    int (*take)(struct taking *t, const char *cid, struct err *e),
    struct err *e)
{
	const struct jsn *list = jsn_get(t->answer, name);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < jsn_len(list); i++) {
		const struct jsn *v = jsn_at(list, i);
		const char *cid = jsn_peek_str(v, "cid", "");
		if (jsn_type(v) == JSN_STRING)
			cid = jsn_str(v).data;
		if (i >= INBOUND_LIST_MAX)
			break;
		if (is_cid(cid))
			rc = take(t, cid, e);
	}
	return rc;
}

static int
move_all(struct taking *t, struct err *e)
{
	static const struct {
		const char *name;
		int (*take)(struct taking *t, const char *cid, struct err *e);
	} lists[] = {
		{ "drops", take_drop },
		{ "acks", take_ack },
		{ "grants", take_grant },
		{ "cancels", take_cancel },
	};
	int rc = take_offers(t, e);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(lists); i++)
		rc = take_list(t, lists[i].name, lists[i].take, e);
	return rc;
}

/* ---- after the commit ---- */

static void
do_noted(struct taking *t)
{
	struct inbound *in = t->in;
	for (const struct todo *d = t->first; d != NULL; d = d->next) {
		switch (d->deed) {
		case DEED_SAY:
			outbox_add(in->outbox, d->kind, d->cid, d->run_id);
			break;
		case DEED_SETTLE:
			outbox_settle(in->outbox, d->kind, d->cid);
			break;
		case DEED_GRANTED:
			in->ops.granted(d->cid, in->ops.arg);
			break;
		case DEED_CANCELLED:
			in->ops.cancelled(d->cid, in->ops.arg);
			break;
		}
	}
}

static void
answer_requests(struct taking *t)
{
	const struct jsn *requests = jsn_get(t->answer, "requests");
	for (size_t i = 0; i < jsn_len(requests) && i < INBOUND_REQUESTS_MAX;
	     i++) {
		const struct jsn *q = jsn_at(requests, i);
		const char *rid = jsn_peek_str(q, "rid", "");
		if (!is_cid(rid))
			continue;
		struct jsn *body = t->in->ops.asked(jsn_peek_str(q, "type", ""),
		    jsn_get(q, "body"), t->in->ops.arg);
		outbox_reply(t->in->outbox, rid, body);
	}
}

static bool
asks_something(const struct jsn *answer)
{
	static const char *const lists[] = { "offers", "grants", "drops",
		"acks", "cancels", "requests" };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (jsn_len(jsn_get(answer, lists[i])) > 0)
			return true;
	}
	return false;
}

int
inbound_take(
    struct inbound *in, const struct jsn *answer, int64_t now_ms, struct err *e)
{
	int rc = wire_shape_check(
	    &wire_routes[API_poll].reply, answer, "answer to a poll", e);
	if (rc < 0 || !asks_something(answer))
		return rc;
	AUTO(arena_free) struct arena *a = arena_new();
	struct taking t = {
		.in = in, .answer = answer, .now_ms = now_ms, .arena = a
	};
	t.last = &t.first;
	rc = journal_begin(in->journal, e);
	if (rc < 0)
		return rc;
	rc = move_all(&t, e);
	if (rc < 0)
		journal_rollback(in->journal);
	else
		rc = journal_commit(in->journal, e);
	if (rc < 0)
		return rc;
	do_noted(&t);
	answer_requests(&t);
	return 1;
}
