/* SPDX-License-Identifier: MIT */
/* Inside the session: its parts know each other. */
#pragma once

#include "common/backoff.h"
#include "common/clock.h"
#include "runner/session.h"

#define SESSION_MAGIC 0x73657373u
/* An answer with a hundred commands of the largest size. */
#define SESSION_ANSWER_MAX_BYTES ((size_t)64 << 20)
#define SESSION_SLOW_FIRST_MS 60000
#define SESSION_SLOW_MAX_MS 600000
#define SESSION_POLLS 2
#define SESSION_CALLS_MAX 64

struct poll {
	int64_t number; /* 0: free */
	struct http_call *call;
	int64_t started_ms; /* monotonic */
	int64_t hold_ms;
	bool said; /* it carried something */
};

/* A call beside the polls. */
struct side_call {
	struct session *session;
	struct side_call *next;
	enum api_route route;
	char *url;
	struct buf body;
	const char *type; /* Content-Type of the body, or NULL */
	int64_t deadline_ms;
	bool again;          /* after a 401, with a new token */
	port_chunk_fn chunk; /* or NULL */
	int64_t range_from, stall_ms;
	struct http_call *call; /* NULL: waits for a token */
	port_done_fn done;
	void *arg;
};

struct tag_waiter {
	struct tag_waiter *next;
	struct session *session;
	int64_t place; /* of its last change */
	bool changed;
	struct loop_watch *timer;
	port_done_fn done;
	void *arg;
};

struct session {
	unsigned magic;
	struct session_options o;
	struct http_client *http;
	char boot_id[64];
	char name[ULID_TEXT_BYTES]; /* of this session */
	bool started, stopped;

	char *token;
	int64_t renew_ms; /* monotonic */
	struct http_call *token_call;
	struct loop_watch *renew;
	bool clock_tried; /* by a refused assertion's Date */

	struct poll polls[SESSION_POLLS];
	int64_t polls_started;
	int64_t asked_hold_ms;    /* by the router's newest answer */
	struct loop_watch *again; /* the pause before the next poll */
	bool resting;             /* it is set */
	struct loop_watch *soon;  /* news, at the end of this turn */
	bool soon_set;
	struct backoff backoff, slow, pace;
	int refusals; /* 401 in a row */

	bool connected, greeted;
	int64_t contact_ms, skew_ms;
	bool skew_told;
	char *trouble;
	int64_t trouble_told_ms;
	const char *state;
	bool state_said;
	int64_t state_poll;        /* that carries a state, */
	const char *state_carried; /* which one */

	/* versions that the router named; what is here is asked of others */
	int64_t tags_named, trust_named, bundle_named, trust_refused;
	int64_t bundle_serial;
	bool tags_busy, trust_busy, synced;
	size_t tags_group; /* changes in the call under way */
	size_t tags_group_max;
	struct loop_watch *sync; /* again after a failure */
	struct backoff sync_backoff;

	struct side_call *calls;
	size_t calls_len;
	struct tag_waiter *waiters;

	void (*flushed)(void *arg);
	void *flush_arg;
	struct loop_watch *flush_timer;
	bool flushing;
};

/* ---- session.c ---- */
/* Does what is to be done next: asks for a token, begins a poll. */
void session_go(struct session *s);
/* No poll before the pause is over. */
void session_rest(struct session *s, int64_t ms);
/* Says it (not each time) and remembers it. */
void session_trouble(struct session *s, const char *text, int64_t pause_ms);
void session_note_time(struct session *s, int64_t router_ms);
/* The value of Retry-After in ms, 0: none. */
int64_t session_retry_after(const struct http_response *r);
bool session_is_passing(int status);
/* {"error": {"message"}} of an answer; text of ours for others. */
const char *session_complaint(const struct jsn *answer);
bool session_has_contact(const struct session *s);

/* ---- session_token.c ---- */
void session_need_token(struct session *s);
void session_drop_token(struct session *s);

/* ---- session_poll.c ---- */
int session_poll(struct session *s, bool wait, struct err *e) MUST_CHECK;

/* ---- session_call.c ---- */
/* A token came, or (rc negative) cannot be had. */
void session_calls_resume(struct session *s, int rc, const struct err *e);
void session_calls_free(struct session *s);

/* ---- session_sync.c: trust and bundle; session_tags.c: tags ---- */
void session_sync(struct session *s);
void session_sync_failed(struct session *s, const char *what, int status,
    const struct jsn *reply, const struct err *e);
void session_sync_check(struct session *s); /* first time all is there */
void session_tags_sync(struct session *s);
void session_tags_free(struct session *s);
