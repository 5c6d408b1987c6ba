/* SPDX-License-Identifier: MIT */
#include "router/answers.h"

#include <inttypes.h>
#include <string.h>

static void
set_text(struct jsn *o, const char *key, const char *text)
{
	if (text != NULL)
		jsn_set_str(o, key, text);
}

static void
set_told(struct jsn *o, const char *key, int64_t n)
{
	if (n >= 0)
		jsn_set_int(o, key, n);
}

struct jsn *
answer_names(const char *const *names, size_t len)
{
	struct jsn *v = jsn_new_array();
	for (size_t i = 0; i < len; i++)
		jsn_push_str(v, names[i]);
	return v;
}

struct jsn *
answer_command(const struct store_command *c)
{
	struct jsn *o = jsn_new_object(), *counts = jsn_new_object();
	for (size_t i = 0; i < c->counts_len; i++)
		jsn_set_int(counts, delivery_state_name(c->counts[i].state),
		    c->counts[i].n);
	jsn_set_str(o, "cid", c->cid);
	jsn_set_str(o, "kind", c->kind);
	set_text(o, "name", c->name);
	jsn_set_str(o, "issuer", c->issuer);
	jsn_set_int(o, "created", c->created);
	jsn_set_int(o, "not_after", c->not_after);
	jsn_set_int(o, "matched", c->matched);
	jsn_set(o, "counts", counts);
	jsn_set_bool(o, "done", c->done);
	return o;
}

struct jsn *
answer_delivery(const struct store_delivery *d)
{
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "id", d->id);
	jsn_set_str(o, "name", d->name);
	jsn_set_str(o, "state", delivery_state_name(d->state));
	jsn_set_int(o, "seq", d->seq);
	set_text(o, "run_id", d->run_id);
	set_text(o, "reason", d->reason);
	set_told(o, "updated", d->updated);
	set_told(o, "elapsed_ms", d->elapsed_ms);
	set_told(o, "exit_status", d->exit_status);
	if (d->ended_at > 0)
		jsn_set_int(o, "ended_at", d->ended_at);
	return o;
}

struct jsn *
answer_audit(const struct store_audit *t, const char *name)
{
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "aid", t->aid);
	jsn_set_str(o, "id", t->id);
	jsn_set_str(o, "name", name);
	set_text(o, "cid", t->cid);
	jsn_set_str(o, "kind", t->kind);
	jsn_set_str(o, "summary", t->summary);
	jsn_set_str(o, "status", t->status);
	set_text(o, "reason", t->reason);
	jsn_set_int(o, "started_at", t->started_at);
	if (t->ended_at > 0)
		jsn_set_int(o, "ended_at", t->ended_at);
	set_told(o, "updated", t->updated);
	jsn_set_int(o, "text_bytes", t->bytes[STORE_PART_TEXT]);
	jsn_set_int(o, "events_bytes", t->bytes[STORE_PART_EVENTS]);
	jsn_set_bool(o, "closed", t->closed);
	return o;
}

bool
ask_int(struct exchange *x, const char *name, int64_t max, int64_t fallback,
    int64_t *ret)
{
	int64_t n = exchange_query_int(x, name, fallback);
	*ret = n;
	if (n == fallback || (n >= 0 && n <= max))
		return true;
	exchange_reply_error(
	    x, 422, "query: %s must be 0 to %" PRId64, name, max);
	return false;
}

bool
ask_page(struct exchange *x, int64_t max, int64_t fallback,
    struct store_page *ret_page)
{
	int64_t limit = exchange_query_int(x, "limit", fallback);
	if (limit < 1 || limit > max) {
		exchange_reply_error(
		    x, 422, "query: limit must be 1 to %" PRId64, max);
		return false;
	}
	*ret_page = (struct store_page){ .limit = (size_t)limit,
		.cursor = exchange_query(x, "cursor") };
	return true;
}

bool
is_ulid(const char *text)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	return strlen(text) == 26 && strspn(text, letters) == 26;
}
