/* SPDX-License-Identifier: MIT */
/*
 * The readable part (or the events) of a run's audit, read from the router by
 * offset: a piece that came is never asked for again, whatever happens to the
 * router meanwhile.
 */
#pragma once

#include "runner/api_client.h"

struct audit_stream;

struct audit_stream_spec {
	const char *aid;  /* the run's ULID; copied */
	const char *part; /* "text" or "events"; static */
	bool follow;      /* until the run's record is closed; else until what
			     there is has come */
	/* The audit may not be there yet: wait for it so long. */
	int64_t begin_ms;
	void (*on_bytes)(struct str bytes, void *arg);
	/* Once; the stream is gone then. rc 0: all came. */
	void (*on_end)(int rc, const struct err *e, void *arg);
	void *arg;
};
int audit_stream_start(struct api_client *c, const struct audit_stream_spec *s,
    struct audit_stream **ret_stream, struct err *e) MUST_CHECK;
/* on_end is not called. */
void audit_stream_stop(struct audit_stream **s);

/* Cuts what comes into lines, each with a name in front, so that many streams
 * can be printed at once: "web-1 | text". An empty name prints bytes as they
 * are. */
struct line_printer {
	const struct term *t;
	const char *name; /* borrowed */
	size_t width;     /* names are padded to this */
	enum term_style style;
	struct buf pending;
};
void line_printer_init(struct line_printer *p, const struct term *t,
    const char *name, size_t width, size_t number);
void line_printer_add(struct line_printer *p, struct str bytes);
/* The last line, if it had no newline; frees. */
void line_printer_end(struct line_printer *p);
