/* SPDX-License-Identifier: MIT */
/*
 * Watching one child. The end is the end of the process itself: daemons that
 * it left may hold its pipes open for ever, so what is in them then is read
 * and no more.
 */
#include "runner/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/proc.h"

#define GRACE_MS 3000
/* Reads after the end: a socket's worth, and no more, since a forked recipe
 * may go on writing. */
#define DRAIN_ROUNDS 64
#define DRAIN_FRAMES 4096
#define CHUNK_BYTES 65536
#define CHILD_MAGIC 0x4348494cu

struct child {
	unsigned magic;
	struct loop *loop;
	struct run *run;
	struct child_spec spec;
	struct proc proc;
	struct proc_tree *tree;
	int frame_fd;
	struct frame_reader reader;
	struct loop_watch *out, *err, *frames, *end, *timer;
	struct child_end result;
	int64_t started_ms;
};

void
child_end_text(const struct child_end *end, struct buf *out)
{
	const char *name = sigabbrev_np(end->signal);
	if (end->timed_out)
		buf_add_str(out, "stopped at its time limit");
	else if (end->signal != 0)
		buf_printf(out, "killed by signal %d (SIG%s)", end->signal,
		    name != NULL ? name : "?");
	else
		buf_printf(out, "exit status %d", end->status);
}

/* Without a run its output goes to a callback, or nowhere. */
static void
put_output(struct child *c, int stream, struct str chunk)
{
	if (c->run != NULL)
		run_output(c->run, stream, chunk);
	else if (c->spec.on_output != NULL)
		c->spec.on_output(chunk, c->spec.arg);
}

static void
end_output(struct child *c, int stream)
{
	if (c->run != NULL)
		run_output_end(c->run, stream);
}

static void
warn(struct child *c, const char *text)
{
	if (c->run != NULL)
		run_warn(c->run, "%s", text);
}

/* Reads what is there once. False at the end of the stream. */
static bool
read_stream(struct child *c, int fd, int stream)
{
	char chunk[CHUNK_BYTES];
	ssize_t n = read(fd, chunk, sizeof(chunk));
	if (n > 0)
		put_output(c, stream, (struct str){ chunk, (size_t)n });
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
on_out(void *arg)
{
	struct child *c = arg;
	if (!read_stream(c, c->proc.out_fd, c->spec.out_stream))
		loop_unwatch(&c->out);
}

static void
on_err(void *arg)
{
	struct child *c = arg;
	if (!read_stream(c, c->proc.err_fd, c->spec.err_stream))
		loop_unwatch(&c->err);
}

/* False at the end of the stream, or after a frame that is none. */
static bool
read_frames(struct child *c)
{
	int rc = frame_reader_fill(&c->reader, c->frame_fd, &c->result.frames);
	while (rc > 0) {
		struct jsn *frame = NULL;
		int got =
		    frame_reader_next(&c->reader, &frame, &c->result.frames);
		if (got < 0)
			rc = got;
		if (got <= 0)
			break;
		if (c->spec.on_frame != NULL)
			c->spec.on_frame(frame, c->spec.arg);
		jsn_free(&frame);
	}
	return rc > 0;
}

static void
on_frames(void *arg)
{
	struct child *c = arg;
	if (read_frames(c))
		return;
	loop_unwatch(&c->frames);
	int code = c->result.frames.code;
	if (code == ERR_PROTOCOL || code == ERR_LIMIT || code == ERR_SYNTAX)
		child_stop(c);
}

static bool
is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

static void
drain(struct child *c)
{
	for (int i = 0; i < DRAIN_FRAMES && is_readable(c->frame_fd); i++) {
		if (!read_frames(c))
			break;
	}
	for (int i = 0; i < DRAIN_ROUNDS && is_readable(c->proc.out_fd); i++) {
		if (!read_stream(c, c->proc.out_fd, c->spec.out_stream))
			break;
	}
	for (int i = 0; i < DRAIN_ROUNDS && is_readable(c->proc.err_fd); i++) {
		if (!read_stream(c, c->proc.err_fd, c->spec.err_stream))
			break;
	}
	end_output(c, c->spec.out_stream);
	if (c->spec.err_stream > 0)
		end_output(c, c->spec.err_stream);
}

static void
unwatch_all(struct child *c)
{
	loop_unwatch(&c->out);
	loop_unwatch(&c->err);
	loop_unwatch(&c->frames);
	loop_unwatch(&c->end);
	loop_unwatch(&c->timer);
}

static void
child_free(struct child *c)
{
	unwatch_all(c);
	frame_reader_release(&c->reader);
	fd_close(&c->frame_fd);
	proc_tree_close(&c->tree);
	c->magic = 0;
	free(c);
}

static void
on_end(void *arg)
{
	struct child *c = arg;
	unwatch_all(c);
	bool forced = c->result.timed_out || c->result.stopped;
	if (forced)
		proc_kill(&c->proc, SIGKILL);
	drain(c);
	pid_t pid = c->proc.pid;
	struct proc_result r = { 0 };
	struct err e = { 0 };
	if (proc_finish(&c->proc, &r, &e) < 0) {
		warn(c, e.text);
		r.status = -1;
	}
	if (forced && c->tree != NULL)
		proc_tree_kill(c->tree, pid);
	c->result.status = r.status;
	c->result.signal = r.signal;
	c->result.elapsed_ms = clock_mono_ms() - c->started_ms;
	if (c->spec.on_end != NULL)
		c->spec.on_end(&c->result, c->spec.arg);
	child_free(c);
}

void
child_drop(struct child **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct child *c = *at;
	CHECK_OBJ(c, CHILD_MAGIC);
	pid_t pid = c->proc.pid;
	struct proc_result r = { 0 };
	struct err e = { 0 };
	unwatch_all(c);
	proc_kill(&c->proc, SIGKILL);
	if (proc_finish(&c->proc, &r, &e) < 0)
		warn(c, e.text);
	if (c->tree != NULL)
		proc_tree_kill(c->tree, pid);
	child_free(c);
	*at = NULL;
}

static void
on_grace_over(void *arg)
{
	struct child *c = arg;
	loop_unwatch(&c->timer);
	proc_kill(&c->proc, SIGKILL);
}

static void
ask_to_end(struct child *c)
{
	proc_kill(&c->proc, SIGTERM);
	loop_unwatch(&c->timer);
	c->timer = loop_after(c->loop, GRACE_MS, on_grace_over, c);
}

static void
on_timeout(void *arg)
{
	struct child *c = arg;
	c->result.timed_out = true;
	ask_to_end(c);
}

void
child_stop(struct child *c)
{
	CHECK_OBJ(c, CHILD_MAGIC);
	if (c->result.stopped || c->result.timed_out)
		return;
	c->result.stopped = true;
	ask_to_end(c);
}

static void
watch(struct child *c)
{
	struct loop *l = c->loop;
	if (c->proc.out_fd >= 0)
		c->out = loop_watch_read(l, c->proc.out_fd, on_out, c);
	if (c->proc.err_fd >= 0)
		c->err = loop_watch_read(l, c->proc.err_fd, on_err, c);
	if (c->frame_fd >= 0)
		c->frames = loop_watch_read(l, c->frame_fd, on_frames, c);
	c->end = loop_watch_read(l, c->proc.pidfd, on_end, c);
	if (c->spec.timeout_ms > 0)
		c->timer = loop_after(l, c->spec.timeout_ms, on_timeout, c);
}

static int
launch(struct child *c, int *far_fd, struct err *e)
{
	int ends[2] = { -1, -1 };
	if (c->spec.first_frame != NULL) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) <
		    0)
			return err_sys(e, "socket pair");
		c->frame_fd = ends[0];
		*far_fd = ends[1];
	}
	if (c->spec.whole_tree)
		c->tree = proc_tree_open();
	struct proc_spec spec = { .argv = c->spec.argv,
		.env = c->spec.env,
		.cwd = c->spec.cwd,
		.fd3 = *far_fd,
		.flags = PROC_DIE_WITH_US };
	if (c->spec.err_stream == 0)
		spec.flags |= PROC_MERGE_STDERR;
	return proc_start(&spec, &c->proc, e);
}

/* A child that died at once is found by its end, not here. */
static void
send_first(struct child *c)
{
	struct err e = { 0 };
	if (c->frame_fd < 0)
		return;
	if (frame_write(c->frame_fd, c->spec.first_frame, &e) < 0 &&
	    e.code != ERR_CLOSED) {
		c->result.frames = e;
		child_stop(c);
	}
	if (fcntl(c->frame_fd, F_SETFL, O_NONBLOCK) < 0)
		warn(c, "descriptor 3 stays blocking");
}

int
child_start(struct loop *l, struct run *r, const struct child_spec *spec,
    struct child **ret_child, struct err *e)
{
	struct child *c = xcalloc(1, sizeof(*c));
	c->magic = CHILD_MAGIC;
	c->loop = l;
	c->run = r;
	c->spec = *spec;
	c->frame_fd = -1;
	c->started_ms = clock_mono_ms();
	frame_reader_init(&c->reader);
	AUTO_FD int far_fd = -1;
	int rc = launch(c, &far_fd, e);
	if (rc < 0) {
		child_free(c);
		return rc;
	}
	fd_close(&far_fd);
	watch(c);
	send_first(c);
	*ret_child = c;
	return 0;
}
