/* SPDX-License-Identifier: MIT */
/* The tables of wire/tbl/ made into arrays, and the checks against them. */
#include "wire/frames.h"

#include <string.h>

#include "wire/fields.h"

/* First the member lists, then the arrays that point to them. */
#define SHAPE(name_, prose_, list_) SHAPE_OF_FIELDS(name_, prose_, list_)
#define FRAME(name_, from_, to_, prose_, list_)                                \
	static const struct wire_field frame_##name_[] = { list_{              \
	    .name = NULL } };
#include "wire/tbl/frames.h"
#undef FRAME

#define REQUEST(name_, prose_, list_, answer_)                                 \
	static const struct wire_field request_##name_[] = { list_{            \
	    .name = NULL } };                                                  \
	static const struct wire_field answer_to_##name_[] = { answer_{        \
	    .name = NULL } };
#include "wire/tbl/local_requests.h"
#undef SHAPE
#undef REQUEST

#define EVENT(name_, level_, prose_, list_)                                    \
	static const struct wire_field event_##name_[] = { list_{              \
	    .name = NULL } };
#include "wire/tbl/events.h"
#undef EVENT

const struct wire_frame wire_frames[] = {
#define SHAPE(name_, prose_, list_)
#define FRAME(name_, from_, to_, prose_, list_)                                \
	{ .shape = { #name_, prose_, frame_##name_ },                          \
		.from = #from_,                                                \
		.to = #to_ },
#include "wire/tbl/frames.h"
#undef FRAME
};
const size_t wire_frames_len = ARRAY_LEN(wire_frames);

const struct wire_request wire_requests[] = {
#define REQUEST(name_, prose_, list_, answer_)                                 \
	{ .shape = { #name_, prose_, request_##name_ },                        \
		.reply = { #name_, prose_, answer_to_##name_ } },
#include "wire/tbl/local_requests.h"
#undef SHAPE
#undef REQUEST
};
const size_t wire_requests_len = ARRAY_LEN(wire_requests);

const struct wire_event wire_events[] = {
#define EVENT(name_, level_, prose_, list_)                                    \
	{ .shape = { #name_, prose_, event_##name_ },                          \
		.level = WIRE_LEVEL_##level_ },
#include "wire/tbl/events.h"
#undef EVENT
};
const size_t wire_events_len = ARRAY_LEN(wire_events);

const struct wire_frame *
wire_frame_find(const char *type)
{
	for (size_t i = 0; i < wire_frames_len; i++) {
		if (text_eq(wire_frames[i].shape.name, type))
			return &wire_frames[i];
	}
	return NULL;
}

const struct wire_request *
wire_request_find(const char *type)
{
	for (size_t i = 0; i < wire_requests_len; i++) {
		if (text_eq(wire_requests[i].shape.name, type))
			return &wire_requests[i];
	}
	return NULL;
}

const struct wire_event *
wire_event_find(const char *name)
{
	for (size_t i = 0; i < wire_events_len; i++) {
		if (text_eq(wire_events[i].shape.name, name))
			return &wire_events[i];
	}
	return NULL;
}

int
wire_frame_check(const char *type, const struct jsn *frame, struct err *e)
{
	const struct wire_frame *kind = wire_frame_find(type);
	ASSERT(kind != NULL);
	const char *have = jsn_peek_str(frame, "type", "");
	if (!text_eq(have, type))
		return err_set(e, ERR_PROTOCOL,
		    "frame '%.64s' where '%s' was expected", have, type);
	return wire_shape_check(&kind->shape, frame, type, e);
}

int
wire_request_check(const struct jsn *request,
    const struct wire_request **ret_request, struct err *e)
{
	const char *type = jsn_peek_str(request, "type", "");
	const struct wire_request *kind = wire_request_find(type);
	if (kind == NULL)
		return err_set(
		    e, ERR_PROTOCOL, "unknown request '%.64s'", type);
	int rc = wire_shape_check(&kind->shape, request, type, e);
	if (rc < 0)
		return rc;
	*ret_request = kind;
	return 0;
}

int
wire_event_check(
    const struct jsn *event, const struct wire_event **ret_event, struct err *e)
{
	const char *name = jsn_peek_str(event, "event", "");
	const struct wire_event *kind = wire_event_find(name);
	if (kind == NULL)
		return err_set(e, ERR_PROTOCOL, "unknown event '%.64s'", name);
	int rc = wire_shape_check(&kind->shape, event, name, e);
	if (rc < 0)
		return rc;
	*ret_event = kind;
	return 0;
}

static void
add_value(const struct jsn *value, struct buf *out)
{
	switch (jsn_type(value)) {
	case JSN_STRING: {
		struct str text = jsn_str(value);
		buf_add(out, text.data, text.len);
		return;
	}
	case JSN_ARRAY:
		for (size_t i = 0; i < jsn_len(value); i++) {
			buf_add_str(out, i > 0 ? ", " : "");
			add_value(jsn_at(value, i), out);
		}
		return;
	case JSN_NULL:
		return;
	case JSN_BOOL:
	case JSN_INT:
	case JSN_DOUBLE:
	case JSN_OBJECT:
		jsn_format(value, JSN_PLAIN, out);
	}
}

void
wire_event_prose(
    const struct wire_event *kind, const struct jsn *event, struct buf *out)
{
	const char *p = kind->shape.prose;
	while (*p != '\0') {
		const char *open = strchrnul(p, '{');
		buf_add(out, p, (size_t)(open - p));
		if (*open == '\0')
			return;
		const char *close = strchr(open, '}');
		ASSERT(close != NULL);
		char name[64];
		size_t len = (size_t)(close - open - 1);
		ASSERT(len < sizeof(name));
		memcpy(name, open + 1, len);
		name[len] = '\0';
		add_value(jsn_get(event, name), out);
		p = close + 1;
	}
}

struct jsn *
wire_frame_new(const char *type)
{
	struct jsn *frame = jsn_new_object();
	jsn_set_str(frame, "type", type);
	return frame;
}

struct jsn *
wire_event_new(const char *name)
{
	struct jsn *event = wire_frame_new("event");
	jsn_set_str(event, "event", name);
	return event;
}

struct jsn *
wire_reply_new(void)
{
	struct jsn *reply = wire_frame_new("reply");
	jsn_set_bool(reply, "ok", true);
	return reply;
}

struct jsn *
wire_reply_error(const struct err *error)
{
	struct jsn *reply = wire_frame_new("reply");
	jsn_set_bool(reply, "ok", false);
	jsn_set_str(reply, "code", err_code_name(error->code));
	jsn_set_str(reply, "text", error->text);
	return reply;
}
