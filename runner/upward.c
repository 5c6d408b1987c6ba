/* SPDX-License-Identifier: MIT */
/*
 * Descriptor 3 of perform: what the agent is told as it happens, and its wish
 * that the run be stopped. An agent that is gone is found by the end of the
 * stream; the run is then stopped, since nobody would take its end.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "common/auto.h"
#include "common/frame.h"
#include "runner/performer.h"
#include "wire/frames.h"

/* Growth is told at most this often. */
#define GROWTH_MS 200

struct upward {
	struct performer *performer;
	int fd;
	bool broken;
	struct frame_reader reader;
	struct loop_watch *watch, *soon;
};

static void
lose(struct upward *u)
{
	loop_unwatch(&u->watch);
	u->broken = true;
	if (u->performer->interrupted == 0)
		performer_interrupt(
		    u->performer, SIGTERM, "the agent has ended");
}

static void
take_frame(struct upward *u, const struct jsn *frame)
{
	struct err e = { 0 };
	if (!text_eq(jsn_peek_str(frame, "type", ""), "run_stop") ||
	    wire_frame_check("run_stop", frame, &e) < 0)
		return;
	performer_interrupt(
	    u->performer, SIGTERM, jsn_peek_str(frame, "reason", ""));
}

static void
on_readable(void *arg)
{
	struct upward *u = arg;
	struct err e = { 0 };
	int rc = frame_reader_fill(&u->reader, u->fd, &e);
	while (rc > 0) {
		AUTO(jsn_free) struct jsn *frame = NULL;
		int got = frame_reader_next(&u->reader, &frame, &e);
		if (got < 0)
			rc = got;
		if (got <= 0)
			break;
		take_frame(u, frame);
	}
	if (rc <= 0)
		lose(u);
}

struct upward *
upward_open(struct performer *p, int fd)
{
	struct upward *u = xcalloc(1, sizeof(*u));
	u->performer = p;
	u->fd = fd;
	frame_reader_init(&u->reader);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		u->watch = loop_watch_read(p->loop, fd, on_readable, u);
	return u;
}

void
upward_close(struct upward **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct upward *u = *at;
	loop_unwatch(&u->watch);
	loop_unwatch(&u->soon);
	frame_reader_release(&u->reader);
	fd_close(&u->fd);
	free(u);
	*at = NULL;
}

void
performer_tell(struct performer *p, struct jsn *frame)
{
	struct err e = { 0 };
	if (p->up != NULL && !p->up->broken &&
	    frame_write(p->up->fd, frame, &e) < 0)
		lose(p->up);
	jsn_free(&frame);
}

static void
tell_growth(void *arg)
{
	struct performer *p = arg;
	loop_unwatch(&p->up->soon);
	if (p->run == NULL)
		return;
	int64_t text_bytes, events_bytes;
	run_lengths(p->run, &text_bytes, &events_bytes);
	struct jsn *frame = wire_frame_new("run_progress");
	jsn_set_int(frame, "text_bytes", text_bytes);
	jsn_set_int(frame, "events_bytes", events_bytes);
	performer_tell(p, frame);
}

void
performer_grew(void *performer)
{
	struct performer *p = performer;
	if (p->up != NULL && p->up->soon == NULL && !p->up->broken)
		p->up->soon = loop_after(p->loop, GROWTH_MS, tell_growth, p);
}

void
performer_add_past_script(struct performer *p, const char *name)
{
	if (state_has_run(&p->state, name))
		return;
	state_add_run(&p->state, name);
	struct jsn *frame = wire_frame_new("script_succeeded");
	jsn_set_str(frame, "name", name);
	performer_tell(p, frame);
}

void
performer_raise_shutdown(
    struct performer *p, enum shutdown_level level, bool immediately)
{
	if (level > p->shutdown)
		p->shutdown = level;
	if (p->shutdown == SHUTDOWN_CONTINUE)
		return;
	p->shutdown_now = p->shutdown_now || immediately;
	struct jsn *frame = wire_frame_new("shutdown_wanted");
	jsn_set_str(frame, "level", shutdown_level_name(p->shutdown));
	jsn_set_bool(frame, "immediately", p->shutdown_now);
	performer_tell(p, frame);
}
