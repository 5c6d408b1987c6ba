/* SPDX-License-Identifier: MIT */
/*
 * Running a child to its end: output as it comes, the deadline, the kill.
 * The end is the end of the child itself: a daemon that it left behind may
 * hold the pipes open for ever, so what is in them then is read and no more.
 */
#include "common/proc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/proc_priv.h"

#define GRACE_MS 3000
#define OUTPUT_MAX_BYTES ((size_t)16 << 20)
#define DRAIN_MAX_BYTES ((size_t)1 << 20)

struct supervision {
	const struct proc_spec *spec;
	struct proc proc;
	struct proc_result *result;
	int64_t deadline_ms; /* monotonic; -1: none */
	int next_signal;     /* what the deadline sends; 0: nothing left */
	bool stopping;       /* not for its deadline but for a signal of ours */
};

static proc_interrupt_fn interrupt_check;

void
proc_on_interrupt(proc_interrupt_fn fn)
{
	interrupt_check = fn;
}

void
proc_result_release(struct proc_result *r)
{
	buf_release(&r->out);
	buf_release(&r->err);
}

static void
deliver(struct supervision *v, int stream, struct str chunk)
{
	if (v->spec->on_output != NULL) {
		v->spec->on_output(stream, chunk, v->spec->arg);
		return;
	}
	struct buf *b = stream == 1 ? &v->result->out : &v->result->err;
	size_t room = b->max_bytes - b->len;
	if (chunk.len > room) {
		v->result->cut = true;
		chunk.len = room;
	}
	buf_add(b, chunk.data, chunk.len);
}

/* One chunk. Closes *fd at its end. Returns the bytes read. */
static size_t
read_output(struct supervision *v, int stream, int *fd)
{
	char chunk[65536];
	ssize_t n = read(*fd, chunk, sizeof(chunk));
	if (n > 0) {
		deliver(v, stream, (struct str){ chunk, (size_t)n });
		return (size_t)n;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		fd_close(fd);
	return 0;
}

static void
drain(struct supervision *v, int stream, int *fd)
{
	size_t total = 0;
	while (*fd >= 0 && total < DRAIN_MAX_BYTES) {
		size_t n = read_output(v, stream, fd);
		if (n == 0)
			return;
		total += n;
	}
}

static int
wait_ms(const struct supervision *v)
{
	if (v->deadline_ms < 0)
		return -1;
	int64_t left = v->deadline_ms - clock_mono_ms();
	if (left <= 0)
		return 0;
	return left > 1000000 ? 1000000 : (int)left;
}

/* TERM now, KILL when the grace is over. */
static void
stop(struct supervision *v)
{
	int64_t grace = v->spec->grace_ms > 0 ? v->spec->grace_ms : GRACE_MS;
	proc_kill(&v->proc, SIGTERM);
	v->deadline_ms = clock_mono_ms() + grace;
	v->next_signal = SIGKILL;
}

static void
check_deadline(struct supervision *v)
{
	if (v->deadline_ms < 0 || clock_mono_ms() < v->deadline_ms)
		return;
	v->result->timed_out = !v->stopping;
	if (v->next_signal == SIGTERM) {
		stop(v);
		return;
	}
	proc_kill(&v->proc, v->next_signal);
	v->deadline_ms = -1;
}

static void
check_interrupt(struct supervision *v)
{
	if (interrupt_check == NULL || v->stopping || !interrupt_check())
		return;
	v->stopping = true;
	stop(v);
}

/* Signals are let in only while it waits, so that none is overlooked. */
static void
watch(struct supervision *v, const sigset_t *open_mask)
{
	struct proc *p = &v->proc;
	check_interrupt(v);
	for (;;) {
		struct pollfd fds[3] = {
			{ .fd = p->pidfd, .events = POLLIN },
			{ .fd = p->out_fd, .events = POLLIN },
			{ .fd = p->err_fd, .events = POLLIN },
		};
		int ms = wait_ms(v);
		struct timespec ts = { ms / 1000, (ms % 1000) * 1000000L };
		int n = ppoll(fds, 3, ms < 0 ? NULL : &ts, open_mask);
		if (n < 0 && errno == EINTR)
			check_interrupt(v);
		check_deadline(v);
		if (n <= 0)
			continue;
		if (fds[1].revents != 0)
			read_output(v, 1, &p->out_fd);
		if (fds[2].revents != 0)
			read_output(v, 2, &p->err_fd);
		if (fds[0].revents != 0)
			return;
	}
}

static void
watch_with_signals_held(struct supervision *v)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	watch(v, &before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int
proc_run(const struct proc_spec *spec, struct proc_result *r, struct err *e)
{
	size_t max = spec->max_output_bytes > 0 ? spec->max_output_bytes
						: OUTPUT_MAX_BYTES;
	int64_t start = clock_mono_ms();
	struct proc_result result = { .out = BUF_INIT(max),
		.err = BUF_INIT(max) };
	struct supervision v = { .spec = spec,
		.result = &result,
		.deadline_ms =
		    spec->timeout_ms > 0 ? start + spec->timeout_ms : -1,
		.next_signal = SIGTERM };
	bool reap_tree = spec->flags & PROC_REAP_TREE;
	struct proc_tree tree = { 0 };
	if (reap_tree)
		proc_tree_begin(&tree);
	/* Nobody waits any more when we are gone. */
	struct proc_spec whole = *spec;
	whole.flags |= PROC_DIE_WITH_US;
	int rc = proc_start(&whole, &v.proc, e);
	if (rc == 0) {
		pid_t session = v.proc.pid;
		watch_with_signals_held(&v);
		/* After TERM the leader may be gone and its group not. */
		if (result.timed_out || v.stopping)
			proc_kill(&v.proc, SIGKILL);
		drain(&v, 1, &v.proc.out_fd);
		drain(&v, 2, &v.proc.err_fd);
		rc = proc_finish(&v.proc, &result, e);
		if (reap_tree)
			proc_tree_kill(&tree, session);
	}
	if (reap_tree)
		proc_tree_end(&tree);
	if (rc < 0) {
		proc_result_release(&result);
		return rc;
	}
	result.elapsed_ms = clock_mono_ms() - start;
	*r = result;
	return 0;
}
