/* SPDX-License-Identifier: MIT */
/* Starting, hearing and ending one perform process. */
#include "runner/attempt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/proc.h"
#include "runner/performer.h"
#include "wire/frames.h"

/* perform itself gives its children 3 s, then writes the result. */
#define STOP_GRACE_MS 15000
/* perform keeps the limit itself; this finds one that does not. */
#define LIMIT_GRACE_MS 60000
#define DRAIN_FRAMES 4096

struct attempt {
	struct attempt_spec spec;
	char run_id[ULID_TEXT_BYTES];
	struct proc proc;
	int fd;
	struct frame_reader reader;
	struct loop_watch *frames, *end, *limit, *grace;
	struct jsn *told;
	bool stopping;
};

static void
attempt_free(struct attempt *a)
{
	loop_unwatch(&a->frames);
	loop_unwatch(&a->end);
	loop_unwatch(&a->limit);
	loop_unwatch(&a->grace);
	frame_reader_release(&a->reader);
	fd_close(&a->fd);
	jsn_free(&a->told);
	free(a);
}

static void
take_frame(struct attempt *a, struct jsn *frame)
{
	const char *type = jsn_peek_str(frame, "type", "");
	const struct wire_frame *kind = wire_frame_find(type);
	struct err e = { 0 };
	if (kind == NULL || !text_eq(kind->from, "perform") ||
	    wire_frame_check(type, frame, &e) < 0)
		return;
	if (text_eq(type, "run_ended")) {
		jsn_free(&a->told);
		a->told = jsn_ref(frame);
		return;
	}
	a->spec.on_frame(frame, a->spec.arg);
}

/* False at the end of the stream, or after a frame that is none. */
static bool
read_frames(struct attempt *a)
{
	struct err e = { 0 };
	int rc = frame_reader_fill(&a->reader, a->fd, &e);
	while (rc > 0) {
		AUTO(jsn_free) struct jsn *frame = NULL;
		int got = frame_reader_next(&a->reader, &frame, &e);
		if (got < 0)
			rc = got;
		if (got <= 0)
			break;
		take_frame(a, frame);
	}
	return rc > 0;
}

static void
on_frames(void *arg)
{
	struct attempt *a = arg;
	if (!read_frames(a))
		loop_unwatch(&a->frames);
}

static bool
is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

static void
drain(struct attempt *a)
{
	for (int i = 0; i < DRAIN_FRAMES && is_readable(a->fd); i++) {
		if (!read_frames(a))
			return;
	}
}

static void
on_end(void *arg)
{
	struct attempt *a = arg;
	loop_unwatch(&a->end);
	drain(a);
	struct proc_result r = { 0 };
	struct err e = { 0 };
	if (proc_finish(&a->proc, &r, &e) < 0)
		r.status = -1;
	if (a->stopping || a->told == NULL ||
	    jsn_peek_bool(a->told, "forced", false))
		run_group_kill(a->spec.groups, a->run_id);
	run_group_leave(a->spec.groups, a->run_id);
	struct attempt_end end = {
		.told = a->told, .status = r.status, .signal = r.signal
	};
	a->spec.on_end(&end, a->spec.arg);
	attempt_free(a);
}

static void
on_grace_over(void *arg)
{
	struct attempt *a = arg;
	loop_unwatch(&a->grace);
	proc_kill(&a->proc, SIGKILL);
}

void
attempt_stop(struct attempt *a, const char *reason)
{
	if (a->stopping)
		return;
	a->stopping = true;
	struct jsn *frame = wire_frame_new("run_stop");
	jsn_set_str(frame, "reason", reason);
	struct err e = { 0 };
	int64_t grace_ms = STOP_GRACE_MS;
	if (frame_write(a->fd, frame, &e) < 0)
		grace_ms = 0;
	jsn_free(&frame);
	a->grace = loop_after(a->spec.loop, grace_ms, on_grace_over, a);
}

void
attempt_drop(struct attempt **at)
{
	struct attempt *a = *at;
	if (a == NULL)
		return;
	proc_kill(&a->proc, SIGKILL);
	struct proc_result r = { 0 };
	struct err e = { 0 };
	if (proc_finish(&a->proc, &r, &e) < 0)
		r.status = -1;
	run_group_kill(a->spec.groups, a->run_id);
	run_group_leave(a->spec.groups, a->run_id);
	attempt_free(a);
	*at = NULL;
}

static void
on_limit(void *arg)
{
	struct attempt *a = arg;
	loop_unwatch(&a->limit);
	attempt_stop(a, RUN_TIME_LIMIT);
}

static int
launch(struct attempt *a, struct err *e)
{
	int ends[2] = { -1, -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "socket pair");
	a->fd = ends[0];
	AUTO_FD int far_fd = ends[1];
	AUTO(arena_free) struct arena *arena = arena_new();
	const struct attempt_spec *s = &a->spec;
	AUTO_FD int group = run_group_make(s->groups, a->run_id);
	const char *mark =
	    arena_printf(arena, "%s=%s", PROC_MARK_ENV, a->run_id);
	const char *more[] = { mark, NULL };
	const char *argv[] = {
		arena_printf(arena, "%s/perform", s->places->libexec), NULL
	};
	struct proc_spec spec = { .argv = argv,
		.env = performer_environment(arena, more),
		.fd3 = far_fd,
		.cgroup_fd = group,
		.flags = PROC_DIE_WITH_US | PROC_INHERIT_STDIO };
	return proc_start(&spec, &a->proc, e);
}

static int
hand_over(struct attempt *a, struct err *e)
{
	AUTO(jsn_free) struct jsn *frame = order_format(a->spec.order);
	int rc = frame_write(a->fd, frame, e);
	if (rc == 0 && fcntl(a->fd, F_SETFL, O_NONBLOCK) < 0)
		rc = err_sys(e, "descriptor 3");
	return rc;
}

int
attempt_start(const struct attempt_spec *spec, struct attempt **ret_attempt,
    struct err *e)
{
	struct attempt *a = xcalloc(1, sizeof(*a));
	a->spec = *spec;
	a->fd = -1;
	ASSERT(strlen(spec->order->run_id) < sizeof(a->run_id));
	memcpy(a->run_id, spec->order->run_id, strlen(spec->order->run_id) + 1);
	frame_reader_init(&a->reader);
	int rc = launch(a, e);
	if (rc < 0) {
		run_group_leave(spec->groups, a->run_id);
		attempt_free(a);
		return err_wrap(e, "perform");
	}
	/* A process that died at once is found by its end, not here. */
	struct err ignored = { 0 };
	if (hand_over(a, &ignored) < 0)
		a->stopping = true;
	a->spec.order = NULL;
	a->frames = loop_watch_read(spec->loop, a->fd, on_frames, a);
	a->end = loop_watch_read(spec->loop, a->proc.pidfd, on_end, a);
	if (spec->order->timeout_ms > 0)
		a->limit = loop_after(spec->loop,
		    spec->order->timeout_ms + LIMIT_GRACE_MS, on_limit, a);
	*ret_attempt = a;
	return 0;
}

void
attempt_crash_text(const struct attempt_end *end, struct buf *out)
{
	const char *name = sigabbrev_np(end->signal);
	if (end->signal != 0)
		buf_printf(out, "perform was killed by signal %d (SIG%s)",
		    end->signal, name != NULL ? name : "?");
	else
		buf_printf(out,
		    "perform ended with status %d without telling the end",
		    end->status);
}
