/* SPDX-License-Identifier: MIT */
/*
 * Requests of this instance to others: a command signed with its key and
 * certificate, given to the router with the same cid until that is taken or
 * the time is over. Without a router the only other is this instance itself.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/inbox.h"
#include "runner/patient.h"
#include "runner/supervisor_priv.h"
#include "wire/frames.h"

#define HAND_OVER_MS 120000
#define STATUS_WAIT_MAX_MS 55000
#define STATUS_SLACK_MS 15000
#define SUBMITS_MAX 2
#define QUERY_LIMIT 10000

struct remotes {
	struct supervisor *supervisor;
	struct patients *patients; /* NULL: no router */
};

/* One remote_run: by ids, by tags, or both one after the other. */
struct remote_job {
	struct supervisor *supervisor;
	struct control_ticket ticket;
	struct jsn *envelopes[SUBMITS_MAX];
	char cid[ULID_TEXT_BYTES];
	size_t len, at;
	int64_t timeout_ms, matched;
	struct jsn *ids;
};

static void
job_free(struct remote_job *j)
{
	for (size_t i = 0; i < SUBMITS_MAX; i++)
		jsn_free(&j->envelopes[i]);
	jsn_free(&j->ids);
	free(j);
}

static int
read_request(
    const struct jsn *request, struct remote_request *ret, struct err *e)
{
	const char *recipe = jsn_peek_str(request, "recipe", NULL);
	const char *script = jsn_peek_str(request, "right_script", NULL);
	if ((recipe != NULL) == (script != NULL))
		return err_set(e, ERR_INVALID,
		    "one of recipe and right_script must be given");
	*ret = (struct remote_request){
		.kind = recipe ? EXECUTABLE_RECIPE : EXECUTABLE_SCRIPT,
		.name = recipe ? recipe : script,
		.attributes = jsn_get(request, "attributes"),
		.parameters = jsn_get(request, "parameters"),
		.recipients = jsn_get(request, "recipients"),
		.tags = jsn_get(request, "recipients_tags"),
		.single =
		    text_eq(jsn_peek_str(request, "scope", "all"), "single"),
		.hops = (int)jsn_peek_int(request, "hops", 0),
	};
	if (ret->recipients == NULL && ret->tags == NULL)
		return err_set(e, ERR_INVALID,
		    "one of recipients and recipients_tags must be given");
	if (ret->hops < 0 || ret->hops >= FABRIC_HOPS_MAX)
		return err_set(e, ERR_LIMIT,
		    "remote request '%s': more than %d requests led to one "
		    "another",
		    ret->name, FABRIC_HOPS_MAX);
	return 0;
}

/* ---- this instance ---- */

static int
is_meant(struct supervisor *s, const struct remote_request *q, bool *ret_meant,
    struct err *e)
{
	*ret_meant = false;
	for (size_t i = 0; q->recipients != NULL && i < jsn_len(q->recipients);
	     i++) {
		if (str_eq_text(jsn_str(jsn_at(q->recipients, i)), s->id))
			*ret_meant = true;
	}
	struct tag_query query = { .match = TAG_MATCH_ALL };
	for (size_t i = 0; q->tags != NULL && i < jsn_len(q->tags); i++) {
		int rc = tag_query_add(&query, jsn_str(jsn_at(q->tags, i)), e);
		if (rc < 0)
			return rc;
	}
	AUTO(jsn_free) struct jsn *own = s->ports.tags_list(s->ports.arg);
	size_t len = own != NULL ? jsn_len(own) : 0, count = 0;
	struct tag *tags = xcalloc(len + 1, sizeof(*tags));
	for (size_t i = 0; i < len; i++) {
		struct err ignored = { 0 };
		if (tag_parse(
			jsn_str(jsn_at(own, i)), &tags[count], &ignored) == 0)
			count++;
	}
	if (query.len > 0 && tag_query_matches(&query, tags, count))
		*ret_meant = true;
	free(tags);
	return 0;
}

/* Without a router: into the own queue. */
static int
send_to_self(struct supervisor *s, const struct remote_request *q, bool meant,
    struct jsn *reply, struct err *e)
{
	char cid[ULID_TEXT_BYTES], run[ULID_TEXT_BYTES];
	ulid_new(cid);
	struct jsn *ids = jsn_new_array();
	int rc = 0;
	if (meant) {
		AUTO_STR char *item =
		    xasprintf("%s[%s]", executable_kind_name(q->kind), q->name);
		AUTO(jsn_free) struct jsn *list = jsn_new_array();
		jsn_push_str(list, item);
		struct run_order o = { .cid = cid,
			.kind = ORDER_REMOTE,
			.executables = list,
			.attributes = q->attributes,
			.parameters = q->parameters,
			.from = s->id,
			.tags = q->tags,
			.hops = q->hops + 1 };
		rc = queue_add(s->queue, &o, run, e);
		jsn_push_str(ids, s->id);
	}
	jsn_set_str(reply, "request_id", cid);
	jsn_set_int(reply, "matched", (int64_t)jsn_len(ids));
	jsn_set(reply, "ids", ids);
	return rc;
}

/* ---- others ---- */

static int
seal(struct remote_job *j, const struct remote_request *q, bool by_tags,
    struct err *e)
{
	struct supervisor *s = j->supervisor;
	AUTO(arena_free) struct arena *arena = arena_new();
	char cid[ULID_TEXT_BYTES];
	ulid_new(cid);
	size_t ids_len = by_tags ? 0 : jsn_len(q->recipients);
	const char **ids = arena_array_of(arena, const char *, ids_len + 1);
	for (size_t i = 0; i < ids_len; i++) {
		struct str id = jsn_str(jsn_at(q->recipients, i));
		ids[i] = arena_strndup(arena, id.data, id.len);
	}
	int64_t now = clock_now_ms();
	struct command c = { .cid = cid,
		.kind = q->kind == EXECUTABLE_RECIPE ? COMMAND_RUN_RECIPE
						     : COMMAND_RUN_SCRIPT,
		.name = q->name,
		.attributes = q->attributes,
		.parameters = q->parameters,
		.ids = ids,
		.ids_len = ids_len,
		.tags = by_tags ? q->tags : NULL,
		.match = TAG_MATCH_ALL,
		.any = by_tags && q->single,
		.issued_at = now,
		.not_after = now + COMMAND_TTL_MS,
		.hops = q->hops + 1 };
	AUTO_BUF struct buf payload = BUF_INIT(COMMAND_MAX_BYTES);
	command_format(&c, &payload);
	if (buf_failed(&payload))
		return err_set(e, ERR_LIMIT,
		    "remote request '%s': longer than %zu bytes", q->name,
		    COMMAND_MAX_BYTES);
	int rc = s->ports.sign((struct str){ payload.data, payload.len },
	    &j->envelopes[j->len], s->ports.arg, e);
	if (rc < 0)
		return err_wrap(e, "remote request '%s'", q->name);
	j->len++;
	memcpy(j->cid, cid, sizeof(cid)); /* the tags' is what is followed */
	return 0;
}

static void submit(struct remote_job *j);

static void
finish(struct remote_job *j, struct jsn *reply)
{
	control_reply(j->supervisor->control, j->ticket, reply);
	job_free(j);
}

static void
fail(struct remote_job *j, const struct err *e)
{
	control_reply_err(j->supervisor->control, j->ticket, e);
	job_free(j);
}

static void
add_ids(struct remote_job *j, const struct jsn *reply)
{
	const struct jsn *ids = jsn_get(reply, "ids");
	for (size_t i = 0; ids != NULL && i < jsn_len(ids); i++)
		jsn_push(j->ids, jsn_new_string(jsn_str(jsn_at(ids, i))));
	j->matched += jsn_peek_int(reply, "matched", 0);
}

static void
on_submitted(
    int rc, int status, const struct jsn *reply, const struct err *e, void *arg)
{
	struct remote_job *j = arg;
	if (rc < 0) {
		fail(j, e);
		return;
	}
	if (status != 200 && status != 201) {
		struct err bad = { 0 };
		(void)err_set(&bad,
		    err_code_find(
			jsn_peek_str(jsn_get(reply, "error"), "code", "")),
		    "the router refused it (%d): %s", status,
		    jsn_peek_str(jsn_get(reply, "error"), "message", ""));
		fail(j, &bad);
		return;
	}
	add_ids(j, reply);
	if (++j->at < j->len) {
		submit(j);
		return;
	}
	struct jsn *answer = wire_reply_new();
	jsn_set_str(answer, "request_id", j->cid);
	jsn_set_int(answer, "matched", j->matched);
	jsn_set(answer, "ids", jsn_ref(j->ids));
	finish(j, answer);
}

static void
submit(struct remote_job *j)
{
	struct port_call c = { .route = API_command_submit,
		.json = j->envelopes[j->at],
		.timeout_ms = j->timeout_ms,
		.done = on_submitted,
		.arg = j };
	patient_call(j->supervisor->remotes->patients, &c);
}

static int
begin(struct supervisor *s, struct control_ticket t,
    const struct remote_request *q, int64_t timeout_ms, struct err *e)
{
	struct remote_job *j = xcalloc(1, sizeof(*j));
	j->supervisor = s;
	j->ticket = t;
	j->timeout_ms = timeout_ms;
	j->ids = jsn_new_array();
	int rc = 0;
	if (q->recipients != NULL && jsn_len(q->recipients) > 0)
		rc = seal(j, q, false, e);
	if (rc == 0 && q->tags != NULL && jsn_len(q->tags) > 0)
		rc = seal(j, q, true, e);
	if (rc == 0 && j->len == 0)
		rc = err_set(e, ERR_INVALID, "nobody is meant");
	if (rc < 0)
		job_free(j);
	else
		submit(j);
	return rc;
}

void
remote_run(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	struct remote_request q;
	struct err e = { 0 };
	bool meant = false;
	int rc = read_request(request, &q, &e);
	if (rc == 0)
		rc = is_meant(s, &q, &meant, &e);
	/* This instance's own policy is told at once. */
	if (rc == 0 && meant)
		rc = commands_check_name(s, q.kind, q.name, false, &e);
	if (rc == 0 && supervisor_has_router(s)) {
		int64_t timeout_ms =
		    jsn_peek_int(request, "timeout_ms", HAND_OVER_MS);
		rc = begin(s, t, &q, timeout_ms, &e);
		if (rc == 0)
			return;
	} else if (rc == 0) {
		struct jsn *reply = wire_reply_new();
		rc = send_to_self(s, &q, meant, reply, &e);
		if (rc == 0) {
			control_reply(s->control, t, reply);
			return;
		}
		jsn_free(&reply);
	}
	control_reply_err(s->control, t, &e);
}

/* ---- receipts ---- */

struct asking {
	struct supervisor *supervisor;
	struct control_ticket ticket;
};

/* Tells the asker of a call that failed or was refused, with a code of its own
 * for one status; false when it was answered with 200. */
static bool
tell_failure(const struct asking *a, int rc, int status,
    const struct jsn *found, const struct err *e, int own_status,
    enum err_code own_code)
{
	struct err bad = { 0 };
	if (rc >= 0 && status == 200)
		return false;
	if (rc >= 0) {
		(void)err_set(&bad,
		    status == own_status ? own_code : ERR_REMOTE,
		    "the router answered %d: %s", status,
		    jsn_peek_str(jsn_get(found, "error"), "message", ""));
		e = &bad;
	}
	control_reply_err(a->supervisor->control, a->ticket, e);
	return true;
}

static void
on_status(
    int rc, int status, const struct jsn *found, const struct err *e, void *arg)
{
	struct asking *a = arg;
	if (!tell_failure(a, rc, status, found, e, 404, ERR_ABSENT)) {
		struct jsn *reply = wire_reply_new();
		struct jsn *list = jsn_get(found, "deliveries");
		jsn_set(reply, "deliveries",
		    list != NULL ? jsn_copy(list) : jsn_new_array());
		jsn_set_bool(
		    reply, "done", jsn_peek_bool(found, "done", false));
		jsn_set_int(reply, "rev", jsn_peek_int(found, "rev", 0));
		control_reply(a->supervisor->control, a->ticket, reply);
	}
	free(a);
}

/* Without a router it went to this instance, if to any. */
static void
own_status(struct supervisor *s, struct control_ticket t, const char *cid)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	struct journal_entry j;
	struct err e = { 0 };
	if (journal_find(arena, s->o.journal, cid, &j, &e) < 1) {
		(void)err_set(&e, ERR_ABSENT, "no request '%.64s'", cid);
		control_reply_err(s->control, t, &e);
		return;
	}
	bool done = j.state >= JOURNAL_DONE;
	struct jsn *one = jsn_new_object();
	jsn_set_str(one, "id", s->id);
	jsn_set_str(one, "name", s->id);
	jsn_set_str(one, "state",
	    done && j.result.state != NULL ? j.result.state
	    : j.state == JOURNAL_RUNNING   ? "running"
					   : "granted");
	jsn_set_int(one, "seq", j.place);
	if (j.run_id != NULL)
		jsn_set_str(one, "run_id", j.run_id);
	if (done && j.result.reason != NULL)
		jsn_set_str(one, "reason", j.result.reason);
	struct jsn *list = jsn_new_array();
	jsn_push(list, one);
	struct jsn *reply = wire_reply_new();
	jsn_set(reply, "deliveries", list);
	jsn_set_bool(reply, "done", done);
	jsn_set_int(reply, "rev", j.state);
	control_reply(s->control, t, reply);
}

void
remote_status(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	const char *cid = jsn_peek_str(request, "request_id", "");
	if (!supervisor_has_router(s)) {
		own_status(s, t, cid);
		return;
	}
	int64_t wait_ms = jsn_peek_int(request, "wait_ms", 0);
	if (wait_ms < 0 || wait_ms > STATUS_WAIT_MAX_MS)
		wait_ms = STATUS_WAIT_MAX_MS;
	AUTO_STR char *query = xasprintf("wait_ms=%lld&after=%lld",
	    (long long)wait_ms, (long long)jsn_peek_int(request, "after", 0));
	const char *vars[] = { cid, NULL };
	struct asking *a = xcalloc(1, sizeof(*a));
	a->supervisor = s;
	a->ticket = t;
	struct port_call c = { .route = API_delivery_list,
		.vars = vars,
		.query = query,
		.timeout_ms = wait_ms + STATUS_SLACK_MS,
		.done = on_status,
		.arg = a };
	patient_call(s->remotes->patients, &c);
}

/* ---- queries ---- */

static void
on_found(
    int rc, int status, const struct jsn *found, const struct err *e, void *arg)
{
	struct asking *a = arg;
	if (!tell_failure(a, rc, status, found, e, 422, ERR_INVALID)) {
		struct jsn *reply = wire_reply_new();
		struct jsn *all = jsn_get(found, "instances");
		jsn_set(reply, "instances",
		    all != NULL ? jsn_copy(all) : jsn_new_object());
		control_reply(a->supervisor->control, a->ticket, reply);
	}
	free(a);
}

void
remote_query(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	struct jsn *tags = jsn_get(request, "tags");
	struct jsn *ids = jsn_get(request, "ids");
	jsn_set(body, "tags", tags != NULL ? jsn_ref(tags) : jsn_new_array());
	jsn_set_str(body, "match", jsn_peek_str(request, "match", "any"));
	if (ids != NULL)
		jsn_set(body, "ids", jsn_ref(ids));
	jsn_set_int(body, "limit", QUERY_LIMIT);
	struct asking *a = xcalloc(1, sizeof(*a));
	a->supervisor = s;
	a->ticket = t;
	struct port_call c = { .route = API_tags_query,
		.json = body,
		.timeout_ms = jsn_peek_int(request, "timeout_ms", HAND_OVER_MS),
		.done = on_found,
		.arg = a };
	patient_call(s->remotes->patients, &c);
}

struct remotes *
remotes_open(struct supervisor *s)
{
	struct remotes *r = xcalloc(1, sizeof(*r));
	r->supervisor = s;
	if (supervisor_has_router(s))
		r->patients = patients_open(s->o.loop, &s->ports);
	return r;
}

void
remotes_close(struct remotes **r)
{
	if (r == NULL || *r == NULL)
		return;
	patients_close(&(*r)->patients);
	free(*r);
	*r = NULL;
}
