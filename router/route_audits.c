/* SPDX-License-Identifier: MIT */
/* Records of runs: agents write them, people and askers read along. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "router/answers.h"
#include "router/fabric.h"
#include "router/router.h"
#include "router/routes.h"

#define READ_MAX_BYTES ((size_t)1 << 20)
#define SUMMARY_MAX_BYTES 255
#define REASON_MAX_BYTES 1024
#define AUDIT_KINDS "boot|operational|remote|schedule|decommission"
#define AUDIT_STATUSES "running|completed|failed|crashed"

static struct store *
store_of(const struct exchange *x)
{
	return exchange_router(x)->store;
}

static int
part_find(const char *text, enum store_part *ret, struct err *e)
{
	static const char *const parts[STORE_PARTS] = { "text", "events" };
	for (int i = 0; i < STORE_PARTS; i++) {
		if (text_eq(parts[i], text)) {
			*ret = (enum store_part)i;
			return 0;
		}
	}
	return err_set(
	    e, ERR_ABSENT, "no part '%s': there are text and events", text);
}

/* --- writing ------------------------------------------------------------ */

/* A refusal that says what is here. */
static void
reply_conflict(struct exchange *x, const struct err *e, const char *name,
    int64_t length, const char *name2, int64_t length2)
{
	struct jsn *v = jsn_new_object(), *o = jsn_new_object();
	jsn_set_str(o, "code", err_code_name(e->code));
	jsn_set_str(o, "message", e->text);
	jsn_set(v, "error", o);
	jsn_set_int(v, name, length);
	if (name2 != NULL)
		jsn_set_int(v, name2, length2);
	exchange_reply_json(x, 409, v);
}

static void
put_done(struct store_job *job)
{
	struct exchange *x = job->arg;
	const int64_t *here = job->audit_put.here;
	if (job->rc == ERR_STATE) {
		reply_conflict(x, &job->err, "text_bytes",
		    here[STORE_PART_TEXT], "events_bytes",
		    here[STORE_PART_EVENTS]);
	} else if (job->rc < 0) {
		exchange_reply_err(x, &job->err);
	} else {
		struct jsn *v = jsn_new_object();
		jsn_set_int(v, "text_bytes", here[STORE_PART_TEXT]);
		jsn_set_int(v, "events_bytes", here[STORE_PART_EVENTS]);
		exchange_reply_json(x, 200, v);
	}
	store_job_free(&job);
}

static int
need_word(
    const struct jsn *body, const char *key, const char *words, struct err *e)
{
	const char *text = jsn_peek_str(body, key, "");
	if (wire_words_have(words, str_from(text)))
		return 0;
	return err_set(e, ERR_INVALID, "%s: must be one of %s", key, words);
}

static int
need_short(const struct jsn *body, const char *key, size_t max, struct err *e)
{
	const char *text = jsn_peek_str(body, key, "");
	if (strlen(text) <= max)
		return 0;
	return err_set(e, ERR_INVALID, "%s: longer than %zu bytes", key, max);
}

static int
put_check(const char *aid, const struct jsn *body, struct err *e)
{
	if (!is_ulid(aid))
		return err_set(e, ERR_INVALID, "audit id: must be a ULID");
	int rc = need_word(body, "kind", AUDIT_KINDS, e);
	if (rc >= 0)
		rc = need_word(body, "status", AUDIT_STATUSES, e);
	if (rc >= 0)
		rc = need_short(body, "summary", SUMMARY_MAX_BYTES, e);
	if (rc >= 0)
		rc = need_short(body, "reason", REASON_MAX_BYTES, e);
	if (rc >= 0)
		rc = need_short(body, "cid", STORE_ID_BYTES - 1, e);
	return rc;
}

static const char *
copy(struct arena *a, const struct jsn *body, const char *key)
{
	const char *text = jsn_peek_str(body, key, NULL);
	return text == NULL ? NULL : arena_strdup(a, text);
}

void
route_audit_put(struct exchange *x)
{
	const struct jsn *b = exchange_json(x);
	const char *aid = exchange_var(x, 0);
	struct err e = { 0 };
	if (put_check(aid, b, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct store_job *job =
	    store_job_new(STORE_audit_put, exchange_thread(x), put_done, x);
	struct arena *a = job->a;
	job->audit_put.now = clock_now_ms();
	job->audit_put.audit = (struct store_audit){
		.aid = arena_strdup(a, aid),
		.id = arena_strdup(a, exchange_caller(x)->id),
		.cid = copy(a, b, "cid"),
		.kind = copy(a, b, "kind"),
		.summary = copy(a, b, "summary"),
		.status = copy(a, b, "status"),
		.reason = copy(a, b, "reason"),
		.started_at = jsn_peek_int(b, "started_at", 0),
		.ended_at = jsn_peek_int(b, "ended_at", 0),
		.updated = jsn_peek_int(b, "updated", -1),
		.bytes = { jsn_peek_int(b, "text_bytes", -1),
		    jsn_peek_int(b, "events_bytes", -1) },
		.closed = jsn_peek_bool(b, "closed", false),
	};
	store_submit(store_of(x), job);
}

static void
append_done(struct store_job *job)
{
	struct exchange *x = job->arg;
	int64_t length = job->audit_append.length;
	if (job->rc == ERR_STATE) {
		reply_conflict(x, &job->err, "length", length, NULL, 0);
	} else if (job->rc < 0) {
		exchange_reply_err(x, &job->err);
	} else {
		struct jsn *v = jsn_new_object();
		jsn_set_int(v, "length", length);
		exchange_reply_json(x, 200, v);
	}
	store_job_free(&job);
}

void
route_audit_append(struct exchange *x)
{
	enum store_part part = STORE_PART_TEXT;
	struct err e = { 0 };
	int64_t offset = exchange_query_int(x, "offset", -1);
	if (part_find(exchange_var(x, 1), &part, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	if (offset < 0) {
		exchange_reply_error(x, 422, "query: offset must be 0 or more");
		return;
	}
	struct store_job *job = store_job_new(
	    STORE_audit_append, exchange_thread(x), append_done, x);
	struct str bytes = exchange_bytes(x);
	job->audit_append = (struct store_audit_append){
		.aid = arena_strdup(job->a, exchange_var(x, 0)),
		.id = arena_strdup(job->a, exchange_caller(x)->id),
		.part = part,
		.offset = offset,
		.bytes = { arena_strndup(job->a, bytes.data, bytes.len),
		    bytes.len },
		.now = clock_now_ms(),
	};
	store_submit(store_of(x), job);
}

/* --- reading ------------------------------------------------------------ */

/* An instance sees its own and those of its commands. */
static int
find_seen(struct exchange *x, struct arena *a, const char *aid,
    struct store_audit *ret, struct err *e)
{
	const struct caller *who = exchange_caller(x);
	struct store_command c;
	int thread = exchange_thread(x);
	int rc = store_audit_find(store_of(x), thread, a, aid, ret, e);
	if (rc < 0 || who->kind != CALLER_INSTANCE || text_eq(ret->id, who->id))
		return rc;
	bool asked = ret->cid != NULL &&
		     store_command_find(
			 store_of(x), thread, a, ret->cid, &c, NULL) >= 0 &&
		     text_eq(c.issuer, who->id);
	return asked ? 0 : err_set(e, ERR_ABSENT, "no audit '%s'", aid);
}

static struct jsn *
answer_named(struct exchange *x, struct arena *a, const struct store_audit *t)
{
	struct store_instance i;
	int rc = store_instance_find(
	    store_of(x), exchange_thread(x), a, t->id, &i, NULL);
	return answer_audit(t, rc < 0 ? t->id : i.name);
}

void
route_audit_list(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const struct store_audit_filter f = {
		.id = exchange_query(x, "id"),
		.cid = exchange_query(x, "cid"),
		.status = exchange_query(x, "status"),
	};
	struct store_page page;
	struct store_audit_list l;
	struct err e = { 0 };
	if (!ask_page(x, 1000, 100, &page))
		return;
	if (store_audit_list(
		store_of(x), exchange_thread(x), a, &f, &page, &l, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object(), *list = jsn_new_array();
	for (size_t i = 0; i < l.len; i++)
		jsn_push(list, answer_named(x, a, &l.items[i]));
	jsn_set(v, "audits", list);
	if (l.next != NULL)
		jsn_set_str(v, "next", l.next);
	exchange_reply_json(x, 200, v);
}

void
route_audit_get(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_audit t;
	struct err e = { 0 };
	if (find_seen(x, a, exchange_var(x, 0), &t, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object();
	jsn_set(v, "audit", answer_named(x, a, &t));
	exchange_reply_json(x, 200, v);
}

/* A reader that follows. */
struct reader {
	struct exchange *x;
	struct watch *watch;
	enum store_part part;
	int64_t offset, until; /* until: ms, monotonic */
	bool parked;
};

static struct exchange *
reader_end(struct reader *r)
{
	struct exchange *x = r->x;
	if (r->parked)
		exchange_unpark(x);
	watch_remove(exchange_router(x)->fabric, &r->watch);
	free(r);
	return x;
}

static void
reader_reply(struct reader *r, const struct buf *b, int64_t length, bool closed)
{
	const char *type = r->part == STORE_PART_TEXT
			       ? "text/plain; charset=utf-8"
			       : "application/x-ndjson";
	struct exchange *x = reader_end(r);
	char number[24];
	snprintf(number, sizeof(number), "%" PRId64, length);
	exchange_set_header(x, "X-Length", number);
	exchange_set_header(x, "X-Closed", closed ? "true" : "false");
	exchange_reply_bytes(x, 200, type, (struct str){ buf_text(b), b->len });
}

static void reader_look(struct reader *r);

static void
reader_on_time(struct exchange *x, void *arg)
{
	struct reader *r = arg;
	(void)x;
	r->parked = false;
	r->until = 0;
	reader_look(r);
}

static void
reader_on_gone(struct exchange *x, void *arg)
{
	struct reader *r = arg;
	(void)x;
	r->parked = false;
	(void)reader_end(r);
}

static void
reader_woken(void *arg)
{
	reader_look(arg);
}

static void
reader_look(struct reader *r)
{
	AUTO_BUF struct buf b = BUF_INIT(READ_MAX_BYTES + 1);
	struct exchange *x = r->x;
	struct err e = { 0 };
	int64_t length, left = r->until - clock_mono_ms();
	bool closed;
	if (store_audit_read(store_of(x), exchange_thread(x),
		exchange_var(x, 0), r->part, r->offset, READ_MAX_BYTES, &b,
		&length, &closed, &e) < 0) {
		exchange_reply_err(reader_end(r), &e);
		return;
	}
	if (b.len > 0 || closed || left <= 0) {
		reader_reply(r, &b, length, closed);
		return;
	}
	if (r->parked)
		exchange_unpark(x);
	r->parked = true;
	exchange_park(x, left, reader_on_time, reader_on_gone, r);
}

void
route_audit_read(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *aid = exchange_var(x, 0);
	struct store_audit t;
	enum store_part part = STORE_PART_TEXT;
	struct err e = { 0 };
	int64_t wait_ms, offset;
	if (!ask_int(x, "wait_ms", API_HOLD_MAX_MS, 0, &wait_ms) ||
	    !ask_int(x, "offset", INT64_MAX, 0, &offset))
		return;
	int rc = part_find(exchange_var(x, 1), &part, &e);
	if (rc >= 0)
		rc = find_seen(x, a, aid, &t, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct reader *r = xcalloc(1, sizeof(*r));
	r->x = x;
	r->part = part;
	r->offset = offset;
	r->until = clock_mono_ms() + wait_ms;
	if (wait_ms > 0)
		r->watch = watch_add(exchange_router(x)->fabric, aid,
		    exchange_thread(x), reader_woken, r);
	reader_look(r);
}
