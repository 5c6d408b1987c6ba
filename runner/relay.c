/* SPDX-License-Identifier: MIT */
/*
 * Requests of a cook or script that only the agent can answer: each is handed
 * over on a connection of its own beside the loop, so that output, time limits
 * and stops go on meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "common/auto.h"
#include "common/frame.h"
#include "runner/agent_link.h"
#include "runner/performer.h"
#include "wire/frames.h"

#define ANSWER_MS 120000
/* The agent tells that its time is over before we think it dead. */
#define PATIENCE_MS 15000

struct relay {
	struct relay *next;
	struct performer *performer;
	struct request_slot *slot; /* NULL: nobody waits any more */
	struct jsn *request;
	void (*told)(struct performer *p, const struct jsn *request,
	    const struct jsn *reply);
	int fd;
	struct frame_reader reader;
	struct loop_watch *watch, *timer;
};

static void
relay_free(struct relay *r)
{
	struct relay **at = &r->performer->relays;
	while (*at != NULL && *at != r)
		at = &(*at)->next;
	if (*at == r)
		*at = r->next;
	loop_unwatch(&r->watch);
	loop_unwatch(&r->timer);
	frame_reader_release(&r->reader);
	fd_close(&r->fd);
	jsn_free(&r->request);
	free(r);
}

/* Takes reply over. */
static void
finish(struct relay *r, struct jsn *reply)
{
	struct performer *p = r->performer;
	if (r->told != NULL && jsn_peek_bool(reply, "ok", false))
		r->told(p, r->request, reply);
	if (r->slot != NULL)
		request_reply(r->slot, reply);
	else
		jsn_free(&reply);
	relay_free(r);
}

static void
fail(struct relay *r, const struct err *e)
{
	finish(r, wire_reply_error(e));
}

static void
on_readable(void *arg)
{
	struct relay *r = arg;
	struct err e = { 0 };
	struct jsn *frame = NULL;
	int rc = frame_reader_fill(&r->reader, r->fd, &e);
	if (rc == 0)
		rc = err_set(
		    &e, ERR_CLOSED, "the agent ended before it answered");
	int got = rc > 0 ? frame_reader_next(&r->reader, &frame, &e) : rc;
	if (got > 0)
		finish(r, frame);
	else if (got < 0)
		fail(r, &e);
}

static void
on_time(void *arg)
{
	struct relay *r = arg;
	struct err e = { 0 };
	(void)err_set(&e, ERR_TIMEOUT, "the agent did not answer in time");
	fail(r, &e);
}

static int
send_request(struct relay *r, struct err *e)
{
	r->fd = agent_connect(&r->performer->places, e);
	if (r->fd < 0)
		return r->fd;
	int rc = frame_write(r->fd, r->request, e);
	if (rc == 0 && fcntl(r->fd, F_SETFL, O_NONBLOCK) < 0)
		rc = err_sys(e, "agent socket");
	return rc;
}

bool
relay_request(struct performer *p, struct request_slot *slot,
    const struct jsn *request,
    void (*told)(struct performer *p, const struct jsn *request,
	const struct jsn *reply))
{
	if (p->order == NULL)
		return false;
	struct relay *r = xcalloc(1, sizeof(*r));
	r->next = p->relays;
	p->relays = r;
	r->performer = p;
	r->slot = slot;
	r->request = jsn_copy(request);
	r->told = told;
	r->fd = -1;
	frame_reader_init(&r->reader);
	if (jsn_get(request, "recipients") != NULL ||
	    jsn_get(request, "recipients_tags") != NULL)
		jsn_set_int(r->request, "hops", p->hops);
	int64_t timeout_ms = jsn_peek_int(request, "timeout_ms", ANSWER_MS);
	struct err e = { 0 };
	if (send_request(r, &e) < 0) {
		fail(r, &e);
		return true;
	}
	r->watch = loop_watch_read(p->loop, r->fd, on_readable, r);
	r->timer = loop_after(p->loop, timeout_ms + PATIENCE_MS, on_time, r);
	return true;
}

void
relay_drop_all(struct performer *p)
{
	while (p->relays != NULL)
		relay_free(p->relays);
}
