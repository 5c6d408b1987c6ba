/* SPDX-License-Identifier: MIT */
/*
 * The life of the channel: when a token is asked for, when a poll begins, how
 * long to rest after trouble. Invariant: while it rests, nothing is asked of
 * the router; session_go decides all the rest from what is there.
 */
#include "runner/session_priv.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/log.h"
#include "common/str.h"

/* The same trouble is said so often at most. */
#define TROUBLE_AGAIN_MS 600000

static void
read_boot_id(struct session *s)
{
	AUTO_BUF struct buf text = BUF_INIT(sizeof(s->boot_id) - 1);
	struct err ignored = { 0 };
	memcpy(s->boot_id, "unknown", sizeof("unknown"));
	if (fsat_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id",
		sizeof(s->boot_id) - 1, &text, &ignored) < 0)
		return;
	struct str id = str_trim((struct str){ text.data, text.len });
	memcpy(s->boot_id, id.data, id.len);
	s->boot_id[id.len] = '\0';
}

static void
on_again(void *arg)
{
	struct session *s = arg;
	s->resting = false;
	session_go(s);
}

static void
on_soon(void *arg)
{
	struct session *s = arg;
	s->soon_set = false;
	session_go(s);
}

static void
on_sync(void *arg)
{
	session_sync(arg);
}

static void
on_renew(void *arg)
{
	struct session *s = arg;
	/* Its end is not urgent: it is good for as long again. */
	if (!s->resting)
		session_need_token(s);
}

struct session *
session_new(const struct session_options *o)
{
	struct session *s = xcalloc(1, sizeof(*s));
	s->magic = SESSION_MAGIC;
	s->o = *o;
	struct http_client_options http = { .ca_file = o->identity->ca_file,
		.proxy = o->proxy };
	s->http = http_client_new(o->loop, &http);
	s->again = loop_after(o->loop, 0, on_again, s);
	s->soon = loop_after(o->loop, 0, on_soon, s);
	s->renew = loop_after(o->loop, 0, on_renew, s);
	s->sync = loop_after(o->loop, 0, on_sync, s);
	struct loop_watch *timers[] = { s->again, s->soon, s->renew, s->sync };
	for (size_t i = 0; i < ARRAY_LEN(timers); i++)
		loop_set(timers[i], -1);
	s->slow = (struct backoff){ .first_ms = SESSION_SLOW_FIRST_MS,
		.max_ms = SESSION_SLOW_MAX_MS };
	s->tags_named = -1;
	s->bundle_serial = o->bundle_serial;
	s->tags_group_max = SIZE_MAX;
	ulid_new(s->name);
	read_boot_id(s);
	return s;
}

void
session_free(struct session **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct session *s = *at;
	CHECK_OBJ(s, SESSION_MAGIC);
	s->stopped = true;
	http_client_free(&s->http);
	session_calls_free(s);
	session_tags_free(s);
	loop_unwatch(&s->again);
	loop_unwatch(&s->soon);
	loop_unwatch(&s->renew);
	loop_unwatch(&s->sync);
	loop_unwatch(&s->flush_timer);
	if (s->token != NULL)
		explicit_bzero(s->token, strlen(s->token));
	str_free(&s->token);
	str_free(&s->trouble);
	s->magic = 0;
	free(s);
	*at = NULL;
}

void
session_start(struct session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	s->started = true;
	session_news(s);
}

void
session_news(struct session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (s->soon_set || s->stopped)
		return;
	s->soon_set = true;
	loop_set(s->soon, 0);
}

void
session_set_state(struct session *s, const char *state)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (text_eq(s->state, state))
		return;
	s->state = state;
	s->state_said = false;
	session_news(s);
}

void
session_use_bundle(struct session *s, int64_t serial)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	s->bundle_serial = serial;
	session_sync_check(s);
}

/* ---- what is to be done next ---- */

static struct poll *
free_poll(struct session *s)
{
	for (size_t i = 0; i < SESSION_POLLS; i++) {
		if (s->polls[i].number == 0)
			return &s->polls[i];
	}
	return NULL;
}

static size_t
polls_under_way(const struct session *s)
{
	size_t count = 0;
	for (size_t i = 0; i < SESSION_POLLS; i++)
		count += s->polls[i].number != 0;
	return count;
}

static bool
has_news(const struct session *s)
{
	bool state = s->state != NULL && !s->state_said && s->state_poll == 0;
	return state || outbox_has_news(s->o.outbox);
}

static void
end_flush(struct session *s)
{
	void (*done)(void *arg) = s->flushed;
	s->flushed = NULL;
	s->stopped = true;
	loop_unwatch(&s->flush_timer);
	if (done != NULL)
		done(s->flush_arg);
}

void
session_go(struct session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	struct err e = { 0 };
	if (!s->started || s->stopped)
		return;
	if (s->token == NULL && !s->resting)
		session_need_token(s);
	session_calls_resume(s, 0, NULL);
	if (s->flushing && !has_news(s) && polls_under_way(s) == 0) {
		end_flush(s);
		return;
	}
	if (s->resting || s->token == NULL || free_poll(s) == NULL)
		return;
	if (polls_under_way(s) > 0 && !has_news(s))
		return;
	if (session_poll(s, !s->flushing, &e) < 0) {
		log_event(
		    LOG_LEVEL_ERROR, "poll_not_made", LOG_STR("text", e.text));
		session_rest(s, backoff_next(&s->backoff, 0));
	}
}

void
session_rest(struct session *s, int64_t ms)
{
	s->resting = true;
	loop_set(s->again, ms);
}

void
session_reconnect(struct session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	struct backoff *all[] = { &s->backoff, &s->slow, &s->pace,
		&s->sync_backoff };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		backoff_reset(all[i]);
	session_drop_token(s);
	s->resting = false;
	loop_set(s->again, -1);
	session_news(s);
}

static void
on_flush_time(void *arg)
{
	end_flush(arg);
}

void
session_flush(
    struct session *s, int64_t timeout_ms, void (*done)(void *arg), void *arg)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	s->flushing = true;
	s->flushed = done;
	s->flush_arg = arg;
	/* What is parked would stay so; its answer has nothing for us now. */
	for (size_t i = 0; i < SESSION_POLLS; i++) {
		struct poll *p = &s->polls[i];
		if (p->number == 0 || p->said)
			continue;
		http_call_cancel(&p->call);
		p->number = 0;
	}
	s->flush_timer = loop_after(
	    s->o.loop, s->connected ? timeout_ms : 0, on_flush_time, s);
	session_news(s);
}

/* ---- trouble, time, status ---- */

bool
session_is_passing(int status)
{
	static const int list[] = { 408, 425, 429, 500, 502, 503, 504 };
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		if (list[i] == status)
			return true;
	}
	return false;
}

int64_t
session_retry_after(const struct http_response *r)
{
	AUTO_STR char *text = http_header(r, "retry-after");
	int64_t seconds = 0;
	if (text == NULL || !str_to_i64(str_from(text), 10, &seconds) ||
	    seconds < 0)
		return 0;
	return seconds < 3600 ? seconds * 1000 : 3600000;
}

const char *
session_complaint(const struct jsn *answer)
{
	return jsn_peek_str(
	    jsn_get(answer, "error"), "message", "the answer does not say why");
}

void
session_trouble(struct session *s, const char *text, int64_t pause_ms)
{
	int64_t now = clock_mono_ms();
	bool other = !text_eq(s->trouble, text);
	if (s->connected || other ||
	    now - s->trouble_told_ms >= TROUBLE_AGAIN_MS) {
		s->trouble_told_ms = now;
		log_event(LOG_LEVEL_WARN, "router_trouble",
		    LOG_STR("router", s->o.identity->router),
		    LOG_STR("text", text), LOG_INT("again_ms", pause_ms));
	}
	if (other) {
		free(s->trouble);
		s->trouble = xstrdup(text);
	}
	s->connected = false;
}

void
session_note_time(struct session *s, int64_t router_ms)
{
	if (router_ms <= 0)
		return;
	s->skew_ms = router_ms - clock_now_ms();
	int64_t off = s->skew_ms < 0 ? -s->skew_ms : s->skew_ms;
	bool wrong = off > SESSION_SKEW_MAX_MS;
	if (wrong && !s->skew_told)
		log_event(LOG_LEVEL_WARN, "clock_wrong",
		    LOG_INT("router_minus_ours_ms", s->skew_ms),
		    LOG_STR("text",
			"this machine's clock is off by more than 5 minutes; "
			"times of commands are compared with the router's"));
	s->skew_told = wrong;
}

int64_t
session_now_ms(const struct session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return clock_now_ms() + s->skew_ms;
}

bool
session_has_contact(const struct session *s)
{
	return s->connected;
}

struct session_status
session_status(const struct session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return (struct session_status){
		.connected = s->connected,
		.contact_ms = s->contact_ms,
		.skew_ms = s->skew_ms,
		.trouble = s->connected ? NULL : s->trouble,
	};
}
