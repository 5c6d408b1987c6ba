/* SPDX-License-Identifier: MIT */
/*
 * One list of things to say. Invariant: an item is to be said (poll 0), in
 * the air (poll n), or told (told_ms); only offers and results stay told.
 */
#include "runner/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "wire/api.h"

#define OUTBOX_MAGIC 0x6f757462u
#define LOAD_MAX ((size_t)2 * JOURNAL_OPEN_MAX)
/* Room for the other members of a poll and for JSON's quotes. */
#define RESULT_BYTES ((size_t)2 * JOURNAL_REASON_MAX_BYTES)
#define BODY_BYTES (API_BODY_MAX_BYTES * 3 / 4)

struct item {
	enum outbox_kind kind;
	char *cid, *run_id;
	struct jsn *reply;
	size_t bytes; /* of the reply */
	int64_t poll; /* it is in the air with; 0: to be said */
	int64_t told_ms;
	bool stale; /* nothing is to be said of it any more */
};

struct outbox {
	unsigned magic;
	struct journal *journal;
	struct item *items;
	size_t len, room;
	size_t replies;
};

struct outbox *
outbox_new(struct journal *j)
{
	struct outbox *o = xcalloc(1, sizeof(*o));
	o->magic = OUTBOX_MAGIC;
	o->journal = j;
	return o;
}

static void
item_release(struct outbox *o, struct item *i)
{
	o->replies -= i->reply != NULL;
	str_free(&i->cid);
	str_free(&i->run_id);
	jsn_free(&i->reply);
}

void
outbox_free(struct outbox **o)
{
	if (o == NULL || *o == NULL)
		return;
	CHECK_OBJ(*o, OUTBOX_MAGIC);
	for (size_t i = 0; i < (*o)->len; i++)
		item_release(*o, &(*o)->items[i]);
	free((*o)->items);
	(*o)->magic = 0;
	free(*o);
	*o = NULL;
}

static struct item *
find(struct outbox *o, enum outbox_kind kind, const char *cid)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	for (size_t i = 0; i < o->len; i++) {
		if (o->items[i].kind == kind && text_eq(o->items[i].cid, cid))
			return &o->items[i];
	}
	return NULL;
}

static struct item *
append(struct outbox *o, enum outbox_kind kind, const char *cid)
{
	if (o->len == o->room) {
		o->room = o->room > 0 ? 2 * o->room : 16;
		o->items = xreallocarray(o->items, o->room, sizeof(*o->items));
	}
	struct item *i = &o->items[o->len++];
	*i = (struct item){ .kind = kind, .cid = xstrdup(cid) };
	return i;
}

/* Takes out the items that `gone` names, in order. */
static void
sweep(struct outbox *o, bool (*gone)(const struct item *i, const void *arg),
    const void *arg)
{
	size_t kept = 0;
	for (size_t i = 0; i < o->len; i++) {
		if (gone(&o->items[i], arg))
			item_release(o, &o->items[i]);
		else
			o->items[kept++] = o->items[i];
	}
	o->len = kept;
	if (kept == 0) {
		free(o->items);
		o->items = NULL;
		o->room = 0;
	}
}

void
outbox_add(struct outbox *o, enum outbox_kind kind, const char *cid,
    const char *run_id)
{
	struct item *i = find(o, kind, cid);
	if (i == NULL)
		i = append(o, kind, cid);
	i->poll = 0;
	i->told_ms = 0;
	str_free(&i->run_id);
	i->run_id = run_id != NULL ? xstrdup(run_id) : NULL;
}

void
outbox_reply(struct outbox *o, const char *rid, struct jsn *body)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	AUTO(jsn_free) struct jsn *owned = body;
	AUTO_BUF struct buf text = BUF_INIT(OUTBOX_REPLY_MAX_BYTES);
	jsn_format(body, JSN_PLAIN, &text);
	if (buf_failed(&text) || o->replies >= OUTBOX_REPLIES_MAX ||
	    find(o, OUTBOX_REPLY, rid) != NULL)
		return;
	struct item *i = append(o, OUTBOX_REPLY, rid);
	i->reply = TAKE(owned);
	i->bytes = text.len;
	o->replies++;
}

static int
load_state(struct outbox *o, enum journal_state state, enum outbox_kind kind,
    struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_entry *list = NULL;
	size_t len = 0;
	int rc =
	    journal_list(a, o->journal, state, 0, LOAD_MAX, &list, &len, e);
	for (size_t i = 0; rc == 0 && i < len; i++) {
		if (!list[i].local)
			append(o, kind, list[i].cid)->run_id =
			    list[i].run_id != NULL ? xstrdup(list[i].run_id)
						   : NULL;
	}
	return rc;
}

int
outbox_load(struct outbox *o, struct err *e)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	for (size_t i = 0; i < o->len; i++)
		item_release(o, &o->items[i]);
	o->len = 0;
	int rc = load_state(o, JOURNAL_RECEIVED, OUTBOX_RECEIVED, e);
	if (rc == 0)
		rc = load_state(o, JOURNAL_RUNNING, OUTBOX_STATE, e);
	if (rc == 0)
		rc = load_state(o, JOURNAL_DONE, OUTBOX_RESULT, e);
	return rc;
}

struct name {
	enum outbox_kind kind;
	const char *cid;
};

static bool
is_named(const struct item *i, const void *arg)
{
	const struct name *n = arg;
	return i->kind == n->kind && text_eq(i->cid, n->cid);
}

void
outbox_settle(struct outbox *o, enum outbox_kind kind, const char *cid)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	struct name n = { kind, cid };
	sweep(o, is_named, &n);
}

static bool
is_to_be_said(const struct item *i)
{
	return i->poll == 0 && i->told_ms == 0;
}

bool
outbox_has_news(const struct outbox *o)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	for (size_t i = 0; i < o->len; i++) {
		if (is_to_be_said(&o->items[i]))
			return true;
	}
	return false;
}

/* ---- a poll's body ---- */

static struct jsn *
list_of(struct jsn *body, const char *name)
{
	struct jsn *list = jsn_get(body, name);
	if (list == NULL) {
		list = jsn_new_array();
		jsn_set(body, name, list);
	}
	return list;
}

static struct jsn *
make_state(const struct item *i)
{
	struct jsn *v = jsn_new_object();
	jsn_set_str(v, "cid", i->cid);
	jsn_set_str(v, "state", "running");
	if (i->run_id != NULL)
		jsn_set_str(v, "run_id", i->run_id);
	return v;
}

/* 1 with *ret_value, 0: the journal has no result of it any more. */
static int
make_result(
    struct outbox *o, struct item *i, struct jsn **ret_value, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct journal_entry entry;
	int rc = journal_find(a, o->journal, i->cid, &entry, e);
	if (rc <= 0 || entry.state != JOURNAL_DONE)
		return rc < 0 ? rc : 0;
	const struct journal_result *r = &entry.result;
	struct jsn *v = jsn_new_object();
	jsn_set_str(v, "cid", i->cid);
	jsn_set_str(v, "state", r->state);
	if (r->run_id != NULL)
		jsn_set_str(v, "run_id", r->run_id);
	if (r->reason != NULL)
		jsn_set_str(v, "reason", r->reason);
	jsn_set_int(v, "updated", r->updated);
	jsn_set_int(v, "elapsed_ms", r->elapsed_ms);
	jsn_set_int(v, "exit_status", r->exit_status);
	*ret_value = v;
	return 1;
}

/* What one poll still holds. */
struct room {
	size_t received, results, bytes;
};

static size_t
bytes_of(const struct item *i)
{
	return i->kind == OUTBOX_RESULT ? RESULT_BYTES : 200 + i->bytes;
}

static bool
take_room(struct room *r, const struct item *i)
{
	size_t bytes = bytes_of(i);
	size_t *count = i->kind == OUTBOX_RESULT ? &r->results : &r->received;
	if (*count == 0 || r->bytes < bytes)
		return false;
	--*count;
	r->bytes -= bytes;
	return true;
}

static int
say(struct outbox *o, struct item *i, struct jsn *body, struct err *e)
{
	struct jsn *v = NULL;
	switch (i->kind) {
	case OUTBOX_RECEIVED:
		jsn_push_str(list_of(body, "received"), i->cid);
		return 0;
	case OUTBOX_UNKNOWN:
		jsn_push_str(list_of(body, "unknown"), i->cid);
		return 0;
	case OUTBOX_STATE:
		jsn_push(list_of(body, "states"), make_state(i));
		return 0;
	case OUTBOX_RESULT: {
		int rc = make_result(o, i, &v, e);
		i->stale = rc == 0;
		if (rc > 0)
			jsn_push(list_of(body, "results"), v);
		return rc < 0 ? rc : 0;
	}
	case OUTBOX_REPLY:
		v = jsn_new_object();
		jsn_set_str(v, "rid", i->cid);
		jsn_set(v, "body", jsn_ref(i->reply));
		jsn_push(list_of(body, "replies"), v);
		return 0;
	}
	return 0;
}

int
outbox_compose(struct outbox *o, int64_t poll, struct jsn *body, struct err *e)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	ASSERT(poll > 0);
	struct room room = { OUTBOX_RECEIVED_MAX, OUTBOX_RESULTS_MAX,
		BODY_BYTES };
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < o->len; i++) {
		struct item *item = &o->items[i];
		if (!is_to_be_said(item) || !take_room(&room, item))
			continue;
		rc = say(o, item, body, e);
		item->poll = poll;
	}
	if (rc < 0)
		outbox_failed(o, poll);
	return rc;
}

static bool
is_said_for_good(const struct item *i, const void *arg)
{
	const int64_t *poll = arg;
	return i->poll == *poll && (i->stale || (i->kind != OUTBOX_RECEIVED &&
						    i->kind != OUTBOX_RESULT));
}

void
outbox_answered(struct outbox *o, int64_t poll, int64_t mono_ms)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	sweep(o, is_said_for_good, &poll);
	for (size_t i = 0; i < o->len; i++) {
		if (o->items[i].poll != poll)
			continue;
		o->items[i].poll = 0;
		o->items[i].told_ms = mono_ms > 0 ? mono_ms : 1;
	}
}

void
outbox_failed(struct outbox *o, int64_t poll)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	for (size_t i = 0; i < o->len; i++) {
		if (o->items[i].poll == poll)
			o->items[i].poll = 0;
	}
}

void
outbox_remind(struct outbox *o, int64_t mono_ms)
{
	CHECK_OBJ(o, OUTBOX_MAGIC);
	for (size_t i = 0; i < o->len; i++) {
		struct item *item = &o->items[i];
		if (item->told_ms != 0 &&
		    mono_ms - item->told_ms >= OUTBOX_AGAIN_MS)
			item->told_ms = 0;
	}
}
