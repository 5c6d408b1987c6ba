/* SPDX-License-Identifier: MIT */
/* One poll: its body, its answer, what its failure means. */
#include <stdlib.h>

#include "common/auto.h"
#include "common/log.h"
#include "common/str.h"
#include "runner/session_priv.h"

/* Until the router has said how long. */
#define HOLD_MS 50000
/* The router answers by then, or the connection is dead. */
#define HOLD_GRACE_MS 10000
/* An empty answer this early is not what was asked for. */
#define EARLY_MS 1000
#define CLONED                                                                 \
	"another machine uses this instance's key: this one is a copy, or "    \
	"was copied. Nothing is delivered to it. Give the copy an identity "   \
	"of its own: rightlink join ROUTER --token T --leave"

static void
add_versions(const struct session *s, struct jsn *body)
{
	const struct session_options *o = &s->o;
	int64_t tags = journal_tags_version(o->journal);
	int64_t trust = trust_version(o->identity->trust);
	int64_t bundle = s->bundle_serial;
	/* What is being fetched needs no second answer. */
	if (s->tags_named > tags)
		tags = s->tags_named;
	if (s->trust_named > trust)
		trust = s->trust_named;
	if (s->bundle_named != 0)
		bundle = s->bundle_named;
	if (tags >= 0)
		jsn_set_int(body, "tag_version", tags);
	jsn_set_int(body, "trust_version", trust);
	/* 0: none yet. Who has a bundle of its own does not ask. */
	if (s->o.on_bundle != NULL)
		jsn_set_int(body, "bundle_serial", bundle);
}

static int
compose(struct session *s, struct poll *p, struct buf *out, struct err *e)
{
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	jsn_set_str(body, "boot_id", s->boot_id);
	jsn_set_str(body, "session", s->name);
	jsn_set_int(body, "hold_ms", p->hold_ms);
	int rc = outbox_compose(s->o.outbox, p->number, body, e);
	if (rc < 0)
		return rc;
	p->said = jsn_len(body) > 3;
	if (s->state != NULL && !s->state_said && s->state_poll == 0) {
		jsn_set_str(body, "state", s->state);
		s->state_poll = p->number;
		s->state_carried = s->state;
		p->said = true;
	}
	if (!s->greeted)
		jsn_set_str(body, "version", RIGHTLINK_VERSION);
	add_versions(s, body);
	jsn_format(body, JSN_PLAIN, out);
	if (buf_failed(out))
		return err_set(e, ERR_LIMIT, "poll: body too long");
	return 0;
}

/* What the poll carried is to be said again. */
static void
poll_failed(struct session *s, struct poll *p)
{
	outbox_failed(s->o.outbox, p->number);
	if (s->state_poll == p->number)
		s->state_poll = 0;
	p->number = 0;
	p->call = NULL;
}

static void
poll_answered(struct session *s, struct poll *p)
{
	outbox_answered(s->o.outbox, p->number, clock_mono_ms());
	if (s->state_poll == p->number) {
		s->state_poll = 0;
		s->state_said = text_eq(s->state_carried, s->state);
	}
	p->number = 0;
	p->call = NULL;
}

static void
fail(struct session *s, struct poll *p, const char *text, struct backoff *b,
    int64_t at_least_ms)
{
	int64_t pause = backoff_next(b, at_least_ms);
	poll_failed(s, p);
	session_trouble(s, text, pause);
	session_rest(s, pause);
	s->o.on_beat(s->o.arg);
}

static void
take_status(struct session *s, struct poll *p, const struct http_response *r,
    const struct jsn *answer)
{
	AUTO_STR char *text = xasprintf(
	    "answers %d to a poll: %s", r->status, session_complaint(answer));
	if (r->status == 401 && s->refusals++ == 0) {
		poll_failed(s, p);
		session_drop_token(s);
		session_go(s);
		return;
	}
	if (r->status == 401 || r->status == 403) {
		session_drop_token(s);
		fail(s, p, text, &s->backoff, 0);
		return;
	}
	if (r->status == 409) {
		fail(s, p, CLONED, &s->slow, session_retry_after(r));
		return;
	}
	if (!session_is_passing(r->status))
		log_event(LOG_LEVEL_ERROR, "poll_refused",
		    LOG_INT("status", r->status),
		    LOG_STR("text", session_complaint(answer)));
	fail(s, p, text, &s->backoff, session_retry_after(r));
}

static void
note_contact(struct session *s, const struct jsn *answer)
{
	if (!s->connected)
		log_event(LOG_LEVEL_INFO, "router_connected",
		    LOG_STR("router", s->o.identity->router),
		    LOG_STR("id", s->o.identity->id));
	s->connected = true;
	s->greeted = true;
	s->refusals = 0;
	s->contact_ms = clock_now_ms();
	backoff_reset(&s->backoff);
	backoff_reset(&s->slow);
	session_note_time(s, jsn_peek_int(answer, "time_ms", 0));
	int64_t hold = jsn_peek_int(answer, "hold_ms", 0);
	if (hold >= 0 && hold <= API_HOLD_MAX_MS)
		s->asked_hold_ms = hold;
}

static void
note_versions(struct session *s, const struct jsn *answer)
{
	s->tags_named = jsn_peek_int(answer, "tag_version", s->tags_named);
	s->trust_named = jsn_peek_int(answer, "trust_version", s->trust_named);
	s->bundle_named =
	    jsn_peek_int(answer, "bundle_serial", s->bundle_named);
	session_sync(s);
}

/* The pause that the router asks for, or that an answer too early needs. */
static void
set_pace(struct session *s, const struct poll *p, const struct jsn *answer,
    bool asked)
{
	int64_t retry = jsn_peek_int(answer, "retry_ms", 0);
	bool drain = jsn_peek_bool(answer, "drain", false);
	if (retry > 3600000)
		retry = 3600000;
	if (drain)
		log_event(LOG_LEVEL_INFO, "router_drains",
		    LOG_INT("again_ms", retry));
	if (drain || retry > 0) {
		session_rest(
		    s, retry > 0 ? retry : backoff_next(&s->backoff, 0));
		return;
	}
	int64_t took = clock_mono_ms() - p->started_ms;
	bool newer = s->polls[0].number != 0 || s->polls[1].number != 0;
	bool early =
	    !asked && !p->said && !newer && !s->flushing && took < EARLY_MS;
	if (!early)
		backoff_reset(&s->pace);
	else if (s->pace.tries++ > 3)
		session_rest(s, backoff_next(&s->pace, 0));
}

static void
take_answer(struct session *s, struct poll *p, const struct jsn *answer)
{
	struct err e = { 0 };
	int64_t now = jsn_peek_int(answer, "time_ms", session_now_ms(s));
	int rc = inbound_take(s->o.inbound, answer, now, &e);
	if (rc < 0) {
		/* Said again, the router answers again. */
		log_event(LOG_LEVEL_ERROR, "answer_not_taken",
		    LOG_STR("code", err_code_name(rc)),
		    LOG_STR("text", e.text));
		fail(s, p, e.text, &s->backoff, 0);
		return;
	}
	struct poll was = *p;
	poll_answered(s, p);
	note_contact(s, answer);
	set_pace(s, &was, answer, rc > 0);
	outbox_remind(s->o.outbox, clock_mono_ms());
	note_versions(s, answer);
	s->o.on_beat(s->o.arg);
	session_go(s);
}

static void
on_poll(struct session *s, struct poll *p, int rc,
    const struct http_response *r, struct str body, const struct err *e)
{
	if (s->stopped)
		return;
	if (rc < 0) {
		fail(s, p, e->text, &s->backoff, 0);
		session_go(s);
		return;
	}
	struct err bad = { 0 };
	AUTO(jsn_free) struct jsn *answer = NULL;
	rc = jsn_parse(
	    body, "answer to a poll", SESSION_ANSWER_MAX_BYTES, &answer, &bad);
	if (r->status != 200) {
		take_status(s, p, r, answer);
		session_go(s);
		return;
	}
	if (rc < 0) {
		fail(s, p, bad.text, &s->backoff, 0);
		return;
	}
	take_answer(s, p, answer);
}

/* One function for each place of a poll: a callback has one argument. */
static void
on_poll_0(int rc, const struct http_response *r, struct str body,
    const struct err *e, void *arg)
{
	struct session *s = arg;
	on_poll(s, &s->polls[0], rc, r, body, e);
}

static void
on_poll_1(int rc, const struct http_response *r, struct str body,
    const struct err *e, void *arg)
{
	struct session *s = arg;
	on_poll(s, &s->polls[1], rc, r, body, e);
}

static int
start(struct session *s, struct poll *p, struct err *e)
{
	static const http_done_fn done[SESSION_POLLS] = { on_poll_0,
		on_poll_1 };
	AUTO_BUF struct buf body = BUF_INIT(API_BODY_MAX_BYTES);
	AUTO_BUF struct buf url = BUF_INIT(2000);
	int rc = compose(s, p, &body, e);
	if (rc < 0)
		return rc;
	buf_add_str(&url, s->o.identity->router);
	wire_route_path(API_poll, NULL, &url);
	AUTO_STR char *bearer = xasprintf("Authorization: Bearer %s", s->token);
	const char *const headers[] = { "Content-Type: application/json",
		bearer, NULL };
	struct http_call_spec spec = { .method = "POST",
		.url = buf_text(&url),
		.headers = headers,
		.body = { body.data, body.len },
		.max_body_bytes = SESSION_ANSWER_MAX_BYTES,
		.timeout_ms = p->hold_ms + HOLD_GRACE_MS,
		.done = done[p - s->polls],
		.arg = s };
	return http_call_start(s->http, &spec, &p->call, e);
}

int
session_poll(struct session *s, bool wait, struct err *e)
{
	struct poll *p = s->polls[0].number == 0 ? &s->polls[0] : &s->polls[1];
	ASSERT(p->number == 0);
	int64_t hold = s->asked_hold_ms > 0 ? s->asked_hold_ms : HOLD_MS;
	if (s->o.hold_ms > 0 && hold > s->o.hold_ms)
		hold = s->o.hold_ms;
	/* The first one, and the first after trouble, is to hear from it. */
	if (!wait || !s->connected)
		hold = 0;
	*p = (struct poll){ .number = ++s->polls_started,
		.started_ms = clock_mono_ms(),
		.hold_ms = hold };
	int rc = start(s, p, e);
	if (rc < 0)
		poll_failed(s, p);
	return rc;
}
