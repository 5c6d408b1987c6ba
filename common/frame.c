/* SPDX-License-Identifier: MIT */
/*
 * Frames: 4 bytes big-endian length and one JSON object. A reader never
 * allocates more than one frame and one chunk.
 */
#include "common/frame.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"

#define HEAD_BYTES ((size_t)4)
#define CHUNK_BYTES ((size_t)16384)

/* A vanished peer must not raise SIGPIPE; pipes know no MSG_NOSIGNAL, so
 * processes that frame over pipes ignore the signal themselves. */
static ssize_t
write_some(int fd, const char *data, size_t len)
{
	ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, data, len);
	return n;
}

static int
write_all(int fd, const char *data, size_t len, struct err *e)
{
	while (len > 0) {
		ssize_t n = write_some(fd, data, len);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };
			poll(&p, 1, -1);
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return err_set(
			    e, ERR_CLOSED, "the peer closed the connection");
		} else if (errno != EINTR) {
			return err_sys(e, "write a frame");
		}
	}
	return 0;
}

int
frame_write(int fd, const struct jsn *frame, struct err *e)
{
	ASSERT(jsn_peek_str(frame, "type", NULL) != NULL);
	AUTO_BUF struct buf text = BUF_INIT(FRAME_MAX_BYTES + HEAD_BYTES);
	buf_add(&text, "\0\0\0\0", HEAD_BYTES);
	jsn_format(frame, JSN_PLAIN, &text);
	if (buf_failed(&text))
		return err_set(e, ERR_LIMIT,
		    "frame '%s' is longer than %zu bytes",
		    jsn_peek_str(frame, "type", ""), FRAME_MAX_BYTES);
	size_t len = text.len - HEAD_BYTES;
	for (size_t i = 0; i < HEAD_BYTES; i++)
		text.data[i] = (char)(unsigned char)(len >> (24 - 8 * i));
	return write_all(fd, text.data, text.len, e);
}

void
frame_reader_init(struct frame_reader *r)
{
	buf_init(&r->pending, FRAME_MAX_BYTES + HEAD_BYTES + CHUNK_BYTES);
}

void
frame_reader_release(struct frame_reader *r)
{
	buf_release(&r->pending);
}

/* Reads up to max bytes into the reader. */
static int
fill(struct frame_reader *r, int fd, size_t max, struct err *e)
{
	char *room = buf_reserve(&r->pending, max);
	if (room == NULL)
		return err_set(e, ERR_LIMIT, "frame longer than %zu bytes",
		    FRAME_MAX_BYTES);
	ssize_t n = read(fd, room, max);
	if (n > 0) {
		buf_commit(&r->pending, (size_t)n);
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n < 0 && errno != ECONNRESET)
		return err_sys(e, "read a frame");
	if (r->pending.len > 0)
		return err_set(
		    e, ERR_PROTOCOL, "the stream ended inside a frame");
	return 0;
}

int
frame_reader_fill(struct frame_reader *r, int fd, struct err *e)
{
	return fill(r, fd, CHUNK_BYTES, e);
}

/* Bytes of the whole frame in front, 0 when its length is not there yet. */
static int
frame_size(const struct frame_reader *r, size_t *ret_size, struct err *e)
{
	*ret_size = 0;
	if (r->pending.len < HEAD_BYTES)
		return 0;
	size_t len = 0;
	for (size_t i = 0; i < HEAD_BYTES; i++)
		len = len << 8 | (unsigned char)r->pending.data[i];
	if (len > FRAME_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "frame of %zu bytes (at most %zu)",
		    len, FRAME_MAX_BYTES);
	*ret_size = HEAD_BYTES + len;
	return 0;
}

int
frame_reader_next(struct frame_reader *r, struct jsn **ret_frame, struct err *e)
{
	size_t size;
	int rc = frame_size(r, &size, e);
	if (rc < 0)
		return rc;
	if (size == 0 || r->pending.len < size)
		return 0;
	AUTO(jsn_free) struct jsn *v = NULL;
	struct str text = { r->pending.data + HEAD_BYTES, size - HEAD_BYTES };
	if (jsn_parse(text, "frame", FRAME_MAX_BYTES, &v, e) < 0)
		return err_set(e, ERR_PROTOCOL, "%s",
		    e != NULL ? e->text : "frame: not JSON");
	if (jsn_peek_str(v, "type", NULL) == NULL)
		return err_set(
		    e, ERR_PROTOCOL, "frame without a string member 'type'");
	buf_consume(&r->pending, size);
	*ret_frame = TAKE(v);
	return 1;
}

static int
wait_readable(int fd, int64_t deadline_ms, struct err *e)
{
	for (;;) {
		int64_t left = -1;
		if (deadline_ms >= 0) {
			left = deadline_ms - clock_mono_ms();
			left = left > 0 ? left : 0;
		}
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int n = poll(&p, 1, (int)left);
		if (n > 0)
			return 0;
		if (n == 0)
			return err_set(
			    e, ERR_TIMEOUT, "no whole frame in time");
		if (errno != EINTR)
			return err_sys(e, "poll");
	}
}

int
frame_read(int fd, int timeout_ms, struct jsn **ret_frame, struct err *e)
{
	__attribute__((cleanup(frame_reader_release))) struct frame_reader r;
	frame_reader_init(&r);
	int64_t deadline = timeout_ms < 0 ? -1 : clock_mono_ms() + timeout_ms;
	for (;;) {
		size_t size;
		int rc = frame_size(&r, &size, e);
		if (rc < 0)
			return rc;
		/* Never a byte more than this frame: the next one is for
		 * the next call. */
		size_t want = size > 0 ? size : HEAD_BYTES;
		if (size > 0 && r.pending.len == size)
			return frame_reader_next(&r, ret_frame, e);
		rc = wait_readable(fd, deadline, e);
		if (rc < 0)
			return rc;
		size_t missing = want - r.pending.len;
		rc = fill(
		    &r, fd, missing < CHUNK_BYTES ? missing : CHUNK_BYTES, e);
		if (rc <= 0)
			return rc;
	}
}
