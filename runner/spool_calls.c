/* SPDX-License-Identifier: MIT */
/* The calls of one record, and what their answers mean. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/spool_priv.h"

#define CALL_MS 60000
#define RESULT_MAX_BYTES ((size_t)16 << 20)

static const struct {
	const char *name, *file;
} parts[] = {
	[SPOOL_TEXT] = { "text", "audit.txt" },
	[SPOOL_EVENTS] = { "events", "events.jsonl" },
};

const char *
spool_part_file(enum spool_part part)
{
	return parts[part].file;
}

static bool
is_retryable(int status)
{
	return status == 401 || status == 408 || status == 425 ||
	       status == 429 || status >= 500;
}

static void
give_up(struct spool_record *r, int status, const struct jsn *reply)
{
	const struct jsn *error = jsn_get(reply, "error");
	log_event(LOG_LEVEL_WARN, "audit_refused", LOG_STR("run", r->run_id),
	    LOG_INT("status", status),
	    LOG_STR("text", jsn_peek_str(error, "message", "")));
	spool_record_done(r);
}

static void
take_lengths(struct spool_record *r, const struct jsn *reply)
{
	r->known = true;
	r->sent[SPOOL_TEXT] = jsn_peek_int(reply, "text_bytes", 0);
	r->sent[SPOOL_EVENTS] = jsn_peek_int(reply, "events_bytes", 0);
}

/* Where the router wants the next piece. False: no piece at all. */
static bool
take_answer(struct spool_record *r, int status, const struct jsn *reply)
{
	bool was_put = r->part == SPOOL_PARTS;
	if (status == 404 || (status == 409 && was_put)) {
		r->known = false;
		return true;
	}
	if (status == 409) {
		const struct jsn *error = jsn_get(reply, "error");
		int64_t length = jsn_peek_int(
		    reply, "length", jsn_peek_int(error, "length", -1));
		r->known = length >= 0;
		if (r->known)
			r->sent[r->part] = length;
		return true;
	}
	if (status < 200 || status >= 300)
		return false;
	if (was_put)
		take_lengths(r, reply);
	else
		r->sent[r->part] =
		    jsn_peek_int(reply, "length", r->sent[r->part]);
	return true;
}

static void
on_answer(
    int rc, int status, const struct jsn *reply, const struct err *e, void *arg)
{
	struct spool_record *r = arg;
	struct audit_spool *a = r->spool;
	(void)e;
	r->busy = false;
	a->busy--;
	if (r->dropped) {
		spool_record_free(r);
		spool_pump(a);
		return;
	}
	bool good = rc >= 0 && status >= 200 && status < 300;
	if (good && r->closing) {
		spool_record_done(r);
	} else if (rc < 0 || is_retryable(status)) {
		spool_record_retry(r);
	} else if (!take_answer(r, status, reply)) {
		give_up(r, status, reply);
	} else if (r->refusals++ > 8 && !good) {
		/* Two that never agree about lengths: not for ever. */
		give_up(r, status, reply);
	} else {
		if (good)
			r->refusals = 0;
		spool_record_go_on(r);
		r->due = r->due || !good;
	}
	spool_pump(a);
}

static void
call(struct spool_record *r, struct port_call *c)
{
	struct supervisor *s = r->spool->supervisor;
	const char *vars[] = { r->run_id,
		r->part < SPOOL_PARTS ? parts[r->part].name : NULL };
	c->vars = vars;
	c->timeout_ms = CALL_MS;
	c->done = on_answer;
	c->arg = r;
	r->busy = true;
	r->due = false;
	r->spool->busy++;
	s->ports.call(c, s->ports.arg);
}

/* "recipe[a], script[b]", cut. */
static void
add_summary(struct jsn *body, const struct jsn *head)
{
	struct run_order o = { .kind = ORDER_BOOT,
		.executables = jsn_get(head, "executables") };
	AUTO_BUF struct buf text = BUF_INIT(1024);
	if (o.executables != NULL && jsn_len(o.executables) > 0)
		order_summary(&o, &text);
	else
		buf_add_str(&text, jsn_peek_str(head, "kind", "run"));
	jsn_set_str(body, "summary", buf_text(&text));
}

static void
add_cid(const struct spool_record *r, struct jsn *body, const struct jsn *head)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	struct journal *j = r->spool->supervisor->o.journal;
	const char *cid = jsn_peek_str(head, "request_id", NULL);
	struct journal_entry entry;
	struct err ignored = { 0 };
	if (cid != NULL && journal_find(arena, j, cid, &entry, &ignored) == 1 &&
	    !entry.local)
		jsn_set_str(body, "cid", cid);
}

static struct jsn *
load(const struct spool_record *r, const char *name)
{
	AUTO_STR char *path = path_join(r->dir, name);
	struct jsn *value = NULL;
	struct err ignored = { 0 };
	return jsn_load(AT_FDCWD, path, RESULT_MAX_BYTES, &value, &ignored) < 0
		   ? NULL
		   : value;
}

static void
add_end(
    const struct spool_record *r, struct jsn *body, const struct jsn *result)
{
	const char *reason = jsn_peek_str(result, "reason", NULL);
	if (reason != NULL)
		jsn_set_str(body, "reason", reason);
	jsn_set_int(body, "ended_at",
	    jsn_peek_int(
		result, "finished_ms", jsn_peek_int(result, "started_ms", 0)));
	jsn_set_int(body, "updated", jsn_peek_int(result, "updated", 0));
	if (!r->closing)
		return;
	jsn_set_bool(body, "closed", true);
	jsn_set_int(body, "text_bytes", r->sent[SPOOL_TEXT]);
	jsn_set_int(body, "events_bytes", r->sent[SPOOL_EVENTS]);
}

static void
put(struct spool_record *r, bool closing)
{
	AUTO(jsn_free) struct jsn *head = load(r, "run.json");
	AUTO(jsn_free)
	struct jsn *result = r->ended ? load(r, "result.json") : NULL;
	if (head == NULL) {
		/* Removed by hand, or never complete: nothing to send. */
		spool_record_done(r);
		return;
	}
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	jsn_set_str(body, "kind", jsn_peek_str(head, "kind", "operational"));
	jsn_set_int(body, "started_at", jsn_peek_int(head, "started_ms", 0));
	jsn_set_str(body, "status", jsn_peek_str(result, "status", "running"));
	add_summary(body, head);
	add_cid(r, body, head);
	r->closing = closing && result != NULL;
	if (result != NULL)
		add_end(r, body, result);
	r->part = SPOOL_PARTS;
	struct port_call c = { .route = API_audit_put, .json = body };
	call(r, &c);
}

/* True when a piece was sent or failed to be read. */
static bool
append(struct spool_record *r, enum spool_part part)
{
	AUTO_STR char *path = path_join(r->dir, parts[part].file);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	char *piece = xmalloc(API_APPEND_MAX_BYTES);
	ssize_t n =
	    pread(fd, piece, API_APPEND_MAX_BYTES, (off_t)r->sent[part]);
	if (n > 0) {
		AUTO_STR char *query =
		    xasprintf("offset=%lld", (long long)r->sent[part]);
		r->part = part;
		r->closing = false;
		struct port_call c = { .route = API_audit_append,
			.query = query,
			.bytes = { piece, (size_t)n } };
		call(r, &c);
	}
	free(piece);
	return n > 0;
}

void
spool_record_send(struct spool_record *r)
{
	bool output = !r->spool->supervisor->o.upload_ends;
	if (!r->known) {
		put(r, false);
		return;
	}
	for (int part = 0; output && part < SPOOL_PARTS; part++) {
		if (append(r, (enum spool_part)part))
			return;
	}
	if (r->ended)
		put(r, true);
	else
		r->due = false;
}
