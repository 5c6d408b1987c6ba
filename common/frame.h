/* SPDX-License-Identifier: MIT */
/*
 * Length-checked JSON frames over a stream socket: 4 bytes big-endian length,
 * then that many bytes of one JSON object with a string member "type".
 * Frames over FRAME_MAX_BYTES are refused on both sides.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/jsn.h"

#define FRAME_MAX_BYTES ((size_t)4 << 20)

/* Blocking write of one frame (also on non-blocking descriptors: polls).
 * ERR_CLOSED when the peer is gone, ERR_LIMIT. */
int frame_write(int fd, const struct jsn *frame, struct err *e) MUST_CHECK;
/* Blocking read of one frame. Returns 1 with *ret_frame (caller frees), 0 at
 * a clean end of stream, ERR_PROTOCOL, ERR_LIMIT, ERR_TIMEOUT (timeout_ms,
 * -1: none). */
int frame_read(
    int fd, int timeout_ms, struct jsn **ret_frame, struct err *e) MUST_CHECK;

/* For an event loop: feed bytes, take whole frames. */
struct frame_reader {
	struct buf pending;
};
void frame_reader_init(struct frame_reader *r);
void frame_reader_release(struct frame_reader *r);
/* Reads what is there. 1: something came, 0: end of stream, negative error;
 * EAGAIN counts as 1. */
int frame_reader_fill(struct frame_reader *r, int fd, struct err *e) MUST_CHECK;
/* 1 and *ret_frame (caller frees) or 0 when no whole frame is there. */
int frame_reader_next(
    struct frame_reader *r, struct jsn **ret_frame, struct err *e) MUST_CHECK;
