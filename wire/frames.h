/* SPDX-License-Identifier: MIT */
/*
 * The frames, events and local requests of wire/tbl/ as tables to look up and
 * to check against.
 */
#pragma once

#include "wire/shape.h"

/* Names that both ends of the local socket know. */
#define WIRE_SOCKET_ENV "RIGHTLINK_SOCKET"
/* A script's status that asks for a reboot and another run. */
#define WIRE_SCRIPT_REBOOT 194

struct wire_frame {
	struct wire_shape shape; /* shape.name is the frame's "type" */
	const char *from, *to;   /* agent, cook, fetch, any */
};

struct wire_request {
	struct wire_shape shape; /* shape.name is the request's "type" */
	struct wire_shape reply; /* of an "ok" reply */
};

enum wire_level {
	WIRE_LEVEL_SECTION,
	WIRE_LEVEL_INFO,
	WIRE_LEVEL_CHANGE,
	WIRE_LEVEL_WARN,
	WIRE_LEVEL_FAIL,
};

struct wire_event {
	struct wire_shape shape; /* shape.prose is the audit line */
	enum wire_level level;
};

extern const struct wire_frame wire_frames[];
extern const size_t wire_frames_len;
extern const struct wire_request wire_requests[];
extern const size_t wire_requests_len;
extern const struct wire_event wire_events[];
extern const size_t wire_events_len;

/* NULL when there is none of the name. */
const struct wire_frame *wire_frame_find(const char *type);
const struct wire_request *wire_request_find(const char *type);
const struct wire_event *wire_event_find(const char *name);

/* Checks a frame that must be of `type`; ERR_PROTOCOL names the place. */
int wire_frame_check(
    const char *type, const struct jsn *frame, struct err *e) MUST_CHECK;
/* Looks up a request by its "type" and checks it. ERR_PROTOCOL. */
int wire_request_check(const struct jsn *request,
    const struct wire_request **ret_request, struct err *e) MUST_CHECK;
/* Looks up an event by its "event" and checks it. ERR_PROTOCOL. */
int wire_event_check(const struct jsn *event,
    const struct wire_event **ret_event, struct err *e) MUST_CHECK;
/* Appends the audit line of a checked event: its prose, filled in. Nothing
 * when the event has no prose. Lists are joined by ", ". */
void wire_event_prose(
    const struct wire_event *kind, const struct jsn *event, struct buf *out);

/* {"type": type}; the caller adds members and frees. */
struct jsn *wire_frame_new(const char *type);
/* {"type":"event","event": name} */
struct jsn *wire_event_new(const char *name);
/* {"type":"reply","ok":true} */
struct jsn *wire_reply_new(void);
/* {"type":"reply","ok":false,"code","text"} of an error. */
struct jsn *wire_reply_error(const struct err *error);
