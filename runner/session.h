/* SPDX-License-Identifier: MIT */
/*
 * The channel between this machine and its router: one long poll that is
 * always open (wire/tbl/api.h, route poll), and calls beside it. What goes up
 * is the outbox's, what comes down goes through runner/inbound.h.
 *
 *	token	an assertion signed by the instance's key gives an access token;
 *		renewed at half of its life, give or take a tenth
 *	poll	the next one begins when one is answered; news go up at once by
 *		a second one, the router then answers the older as superseded
 *	trouble	no answer, 408, 425, 429, 5xx: again after a random pause of
 *		0.5 to 60 s, or what Retry-After says; 401: a new token; 403
 *		(revoked) and 409 (another machine uses this key) are said
 *		clearly and tried again slowly, for an operator may mend them
 *	clock	the router's time comes with every answer; what is compared
 *		with a signed time is our clock plus the difference
 *
 * Nothing here grows while the router is away.
 */
#pragma once

#include "common/err.h"
#include "common/http_loop.h"
#include "common/loop.h"
#include "runner/identity.h"
#include "runner/inbound.h"
#include "runner/journal.h"
#include "runner/outbox.h"
#include "runner/supervisor.h"

/* A clock that differs more is warned of. */
#define SESSION_SKEW_MAX_MS ((int64_t)5 * 60 * 1000)

struct session;

struct session_options {
	struct loop *loop;
	struct identity *identity; /* its trust bundle may be replaced */
	struct journal *journal;
	struct outbox *outbox;
	struct inbound *inbound;
	const char *proxy;     /* or NULL */
	int64_t hold_ms;       /* at most; 0: the router's choice */
	int64_t bundle_serial; /* of the bundle that is here; 0: none */
	void *arg;
	/* After every answer and every failure of a poll. */
	void (*on_beat)(void *arg);
	/* Trust and tags are as the router has them, for the first time. */
	void (*on_synced)(void *arg);
	/* Another trust bundle counts. May be NULL. */
	void (*on_trust)(void *arg);
	/* The router has another bundle; session_use_bundle when it is here. */
	void (*on_bundle)(int64_t serial, void *arg);
};

struct session *session_new(const struct session_options *o);
void session_free(struct session **s);
/* From now on there is a channel. */
void session_start(struct session *s);
/* The outbox has news: they go up from the loop, soon. */
void session_news(struct session *s);
/* State of the instance, said with the next poll. Texts of ours (static). */
void session_set_state(struct session *s, const char *state);
void session_use_bundle(struct session *s, int64_t serial);
/* A new token and a new poll now, whatever pause was on. */
void session_reconnect(struct session *s);
/* One poll that does not wait carries what is left, then done is called;
 * at the latest after timeout_ms. */
void session_flush(
    struct session *s, int64_t timeout_ms, void (*done)(void *arg), void *arg);

/* The router's time as well as it is known; our clock before that. */
int64_t session_now_ms(const struct session *s);
struct session_status {
	bool connected;      /* the newest poll succeeded */
	int64_t contact_ms;  /* newest answer, our clock; 0: none */
	int64_t skew_ms;     /* the router's clock minus ours */
	const char *trouble; /* newest failure while not connected, or NULL */
};
struct session_status session_status(const struct session *s);

/* A call of a route, as struct supervisor_ports has it. */
void session_call(struct session *s, const struct port_call *c);

/* Own tags (runner/session_tags.c). Changes are durable when it returns 0;
 * done is called later, once: when the router has them, or after timeout_ms,
 * or at once when there is no connection. */
int session_change_tags(struct session *s, const struct jsn *add,
    const struct jsn *remove, bool set, int64_t ttl_ms, int64_t timeout_ms,
    port_done_fn done, void *arg, struct err *e) MUST_CHECK;
