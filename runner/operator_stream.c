/* SPDX-License-Identifier: MIT */
/* Reading audits by offset, printing several at once. */
#include "runner/operator_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/table.h"

#define WAIT_MS 25000
#define ABSENT_REST_MS 300
#define READ_MAX_BYTES ((size_t)2 << 20)
#define LINE_MAX_BYTES ((size_t)64 << 10)

struct audit_stream {
	struct api_client *client;
	struct audit_stream_spec spec;
	char *aid;
	int64_t offset, absent_until_ms;
	struct api_call *call;
	struct loop_watch *rest;
};

static void
stream_free(struct audit_stream *s)
{
	api_cancel(&s->call);
	loop_unwatch(&s->rest);
	free(s->aid);
	free(s);
}

void
audit_stream_stop(struct audit_stream **s)
{
	if (s == NULL || *s == NULL)
		return;
	stream_free(*s);
	*s = NULL;
}

static void
stream_end(struct audit_stream *s, int rc, const struct err *e)
{
	struct audit_stream_spec spec = s->spec;
	stream_free(s);
	spec.on_end(rc, e, spec.arg);
}

static int stream_ask(struct audit_stream *s, struct err *e);

static void
ask_or_end(struct audit_stream *s)
{
	struct err e = { 0 };
	int rc = stream_ask(s, &e);
	if (rc < 0)
		stream_end(s, rc, &e);
}

static void
on_rested(void *arg)
{
	struct audit_stream *s = arg;
	loop_unwatch(&s->rest);
	ask_or_end(s);
}

static int64_t
header_int(const struct http_response *r, const char *name)
{
	AUTO_STR char *text = http_header(r, name);
	int64_t n = -1;
	if (text == NULL || !str_to_i64(str_from(text), 10, &n))
		return -1;
	return n;
}

static bool
is_closed(const struct http_response *r)
{
	AUTO_STR char *text = http_header(r, "x-closed");
	return text_eq(text, "true") || text_eq(text, "1");
}

static void
on_piece(int rc, const struct api_answer *a, const struct err *e, void *arg)
{
	struct audit_stream *s = arg;
	s->call = NULL;
	if (rc == ERR_ABSENT && clock_mono_ms() < s->absent_until_ms) {
		s->rest = loop_after(
		    api_client_loop(s->client), ABSENT_REST_MS, on_rested, s);
		return;
	}
	if (rc < 0) {
		stream_end(s, rc, e);
		return;
	}
	s->offset += (int64_t)a->bytes.len;
	bool all = s->offset >= header_int(a->response, "x-length");
	bool over = all && (!s->spec.follow || is_closed(a->response));
	if (a->bytes.len > 0)
		s->spec.on_bytes(a->bytes, s->spec.arg);
	if (over)
		stream_end(s, 0, e);
	else
		ask_or_end(s);
}

static int
stream_ask(struct audit_stream *s, struct err *e)
{
	char offset[24], wait[24];
	snprintf(offset, sizeof(offset), "%lld", (long long)s->offset);
	snprintf(wait, sizeof(wait), "%d", s->spec.follow ? WAIT_MS : 0);
	const char *query[] = { "offset", offset, "wait_ms", wait, NULL };
	struct api_request q = {
		.route = API_audit_read,
		.vars = { s->aid, s->spec.part },
		.query = query,
		.wait_ms = s->spec.follow ? WAIT_MS : 0,
		.give_up_ms = s->spec.follow ? -1 : 0,
		.max_bytes = READ_MAX_BYTES,
		.done = on_piece,
		.arg = s,
	};
	return api_start(s->client, &q, &s->call, e);
}

int
audit_stream_start(struct api_client *c, const struct audit_stream_spec *spec,
    struct audit_stream **ret_stream, struct err *e)
{
	struct audit_stream *s = xcalloc(1, sizeof(*s));
	s->client = c;
	s->spec = *spec;
	s->aid = xstrdup(spec->aid);
	s->absent_until_ms = clock_mono_ms() + spec->begin_ms;
	int rc = stream_ask(s, e);
	if (rc < 0) {
		stream_free(s);
		return rc;
	}
	*ret_stream = s;
	return 0;
}

void
line_printer_init(struct line_printer *p, const struct term *t,
    const char *name, size_t width, size_t number)
{
	static const enum term_style styles[] = { TERM_GOOD, TERM_CHANGE,
		TERM_TITLE, TERM_FAINT };
	*p = (struct line_printer){
		.t = t,
		.name = name,
		.width = width,
		.style = styles[number % ARRAY_LEN(styles)],
		.pending = BUF_INIT(LINE_MAX_BYTES * 2),
	};
}

static void
print_line(const struct line_printer *p, struct str line)
{
	AUTO_BUF struct buf out = BUF_INIT(LINE_MAX_BYTES * 4);
	size_t columns = text_columns(str_from(p->name));
	size_t pad = p->width > columns ? p->width - columns : 0;
	buf_printf(&out, "%s%s%*s |%s %.*s\n", term_escape(p->t, p->style),
	    p->name, (int)pad, "", term_escape(p->t, TERM_PLAIN),
	    STR_ARG(line));
	term_data(p->t, (struct str){ out.data, out.len });
}

void
line_printer_add(struct line_printer *p, struct str bytes)
{
	if (p->name[0] == '\0') {
		term_data(p->t, bytes);
		return;
	}
	while (bytes.len > 0) {
		const char *end = memchr(bytes.data, '\n', bytes.len);
		size_t len = end ? (size_t)(end - bytes.data) : bytes.len;
		/* A line without an end is cut, not kept for ever. */
		if (p->pending.len + len > LINE_MAX_BYTES && len > 0)
			len = p->pending.len < LINE_MAX_BYTES
				  ? LINE_MAX_BYTES - p->pending.len
				  : 0;
		buf_add(&p->pending, bytes.data, len);
		bool cut = end == NULL || len < (size_t)(end - bytes.data);
		if (!cut || p->pending.len >= LINE_MAX_BYTES) {
			print_line(p, (struct str){ buf_text(&p->pending),
					  p->pending.len });
			buf_reset(&p->pending);
		}
		len += cut ? 0 : 1;
		bytes = (struct str){ bytes.data + len, bytes.len - len };
	}
}

void
line_printer_end(struct line_printer *p)
{
	if (p->pending.len > 0)
		print_line(
		    p, (struct str){ buf_text(&p->pending), p->pending.len });
	buf_release(&p->pending);
}
