/* SPDX-License-Identifier: MIT */
/*
 * `rightlink events`: the router's event stream (text/event-stream). After a
 * break it goes on behind the newest event that came.
 */
#include <signal.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/operator.h"

#define EVENT_MAX_BYTES ((size_t)1 << 20)
#define QUIET_MS 1500 /* without --follow: nothing more is to come */
#define RETRY_MS 1000

struct stream {
	struct operation *op;
	struct api_call *call;
	struct loop_watch *quiet, *retry, *on_int, *on_term;
	struct buf pending; /* bytes of an incomplete event */
	struct jsn *all;    /* for json */
	char last_id[64];
	bool over;
	int signal_number, rc;
	struct err e;
};

static void stream_ask(struct stream *s);

static void
stop(struct stream *s)
{
	s->over = true;
	loop_stop(s->op->loop);
}

static void
on_quiet(void *arg)
{
	struct stream *s = arg;
	loop_unwatch(&s->quiet);
	stop(s);
}

static void
wait_for_more(struct stream *s)
{
	if (s->op->o->follow)
		return;
	loop_unwatch(&s->quiet);
	s->quiet = loop_after(s->op->loop, QUIET_MS, on_quiet, s);
}

static int
add_member(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	struct buf *out = arg;
	if (text_eq(key, "kind") || text_eq(key, "at") || text_eq(key, "seq") ||
	    jsn_type(value) == JSN_NULL)
		return 0;
	AUTO_BUF struct buf text = BUF_INIT(EVENT_MAX_BYTES);
	if (jsn_type(value) == JSN_STRING)
		buf_printf(&text, "%.*s", STR_ARG(jsn_str(value)));
	else
		jsn_format(value, JSN_PLAIN, &text);
	buf_printf(out, "  %s=%s", key, buf_text(&text));
	return 0;
}

static void
print_event(struct stream *s, const char *kind, struct str data)
{
	AUTO(jsn_free) struct jsn *value = NULL;
	struct err e = { 0 };
	const struct term *t = s->op->t;
	if (jsn_parse(data, "event", EVENT_MAX_BYTES, &value, &e) < 0)
		return;
	if (jsn_type(value) == JSN_OBJECT && jsn_get(value, "kind") == NULL)
		jsn_set_str(value, "kind", kind);
	if (t->output == TERM_JSONL ||
	    (t->output == TERM_JSON && s->op->o->follow)) {
		term_json(t, value);
		return;
	}
	if (t->output == TERM_JSON) {
		jsn_push(s->all, TAKE(value));
		return;
	}
	char at[CLOCK_TEXT_BYTES];
	clock_format(jsn_peek_int(value, "at", 0), at);
	at[19] = '\0';
	at[10] = ' ';
	AUTO_BUF struct buf line = BUF_INIT(EVENT_MAX_BYTES * 2);
	buf_printf(&line, "%s  %s%-9s%s", at, term_escape(t, TERM_TITLE), kind,
	    term_escape(t, TERM_PLAIN));
	(void)!jsn_each(value, add_member, &line, &e);
	buf_add_char(&line, '\n');
	term_data(t, (struct str){ line.data, line.len });
}

/* A word that is too long is not one of ours. */
static void
take_word(struct str word, char *out, size_t room)
{
	if (word.len >= room)
		return;
	memcpy(out, word.data, word.len);
	out[word.len] = '\0';
}

/* "id: 7\nevent: delivery\ndata: {...}\n" */
static void
take_event(struct stream *s, struct str text)
{
	char kind[32] = "event";
	struct str line, data = { NULL, 0 };
	while (str_split(&text, '\n', &line)) {
		struct str value = line, name;
		if (!str_split(&value, ':', &name) || name.len == 0)
			continue;
		value = str_trim(value);
		if (str_eq_text(name, "id"))
			take_word(value, s->last_id, sizeof(s->last_id));
		else if (str_eq_text(name, "event"))
			take_word(value, kind, sizeof(kind));
		else if (str_eq_text(name, "data"))
			data = value;
	}
	if (data.data != NULL)
		print_event(s, kind, data);
}

static void
on_chunk(struct str chunk, void *arg)
{
	struct stream *s = arg;
	buf_add(&s->pending, chunk.data, chunk.len);
	if (buf_failed(&s->pending))
		buf_reset(&s->pending);
	for (;;) {
		const char *begin = buf_text(&s->pending);
		const char *end = strstr(begin, "\n\n");
		if (end == NULL)
			break;
		size_t len = (size_t)(end - begin);
		take_event(s, (struct str){ begin, len });
		buf_consume(&s->pending, len + 2);
	}
	wait_for_more(s);
	if (term_is_broken()) {
		s->signal_number = SIGPIPE;
		stop(s);
	}
}

static void
on_retry(void *arg)
{
	struct stream *s = arg;
	loop_unwatch(&s->retry);
	stream_ask(s);
}

/* A stream that was open and broke is opened again. */
static void
on_done(int rc, const struct api_answer *a, const struct err *e, void *arg)
{
	(void)a;
	struct stream *s = arg;
	s->call = NULL;
	bool broke = rc == 0 || rc == ERR_NETWORK || rc == ERR_TIMEOUT ||
		     rc == ERR_PROTOCOL || rc == ERR_CLOSED;
	if (broke && s->last_id[0] != '\0') {
		buf_reset(&s->pending);
		s->retry = loop_after(s->op->loop, RETRY_MS, on_retry, s);
		return;
	}
	s->rc = rc;
	if (rc < 0)
		s->e = *e;
	stop(s);
}

static const char *
joined_kinds(struct operation *op)
{
	const struct option_list *kinds = &op->o->kinds;
	AUTO_BUF struct buf text = BUF_INIT(4096);
	for (size_t i = 0; i < kinds->len; i++)
		buf_printf(&text, "%s%s", i > 0 ? "," : "", kinds->list[i]);
	return text.len > 0 ? arena_strdup(op->arena, buf_text(&text)) : NULL;
}

static void
stream_ask(struct stream *s)
{
	const char *kinds = joined_kinds(s->op);
	const char *query[] = { kinds ? "kinds" : NULL, kinds, NULL };
	const char *last = s->last_id[0] != '\0' ? s->last_id : NULL;
	/* From the oldest that is kept. */
	if (last == NULL && !s->op->o->follow)
		last = "0";
	struct api_request q = {
		.route = API_events,
		.query = query,
		.wait_ms = 60000,
		.last_event_id = last,
		.chunk = on_chunk,
		.done = on_done,
		.arg = s,
	};
	s->rc = api_start(s->op->api, &q, &s->call, &s->e);
	if (s->rc < 0)
		stop(s);
}

static void
on_int(void *arg)
{
	struct stream *s = arg;
	s->signal_number = SIGINT;
	stop(s);
}

static void
on_term(void *arg)
{
	struct stream *s = arg;
	s->signal_number = SIGTERM;
	stop(s);
}

static void
stream_release(struct stream *s)
{
	api_cancel(&s->call);
	loop_unwatch(&s->quiet);
	loop_unwatch(&s->retry);
	loop_unwatch(&s->on_int);
	loop_unwatch(&s->on_term);
	buf_release(&s->pending);
	jsn_free(&s->all);
}

static int
events_action(struct operation *op, struct err *e)
{
	AUTO(stream_release)
	struct stream s = { .op = op,
		.pending = BUF_INIT(EVENT_MAX_BYTES),
		.all = jsn_new_array() };
	s.on_int = loop_watch_signal(op->loop, SIGINT, on_int, &s);
	s.on_term = loop_watch_signal(op->loop, SIGTERM, on_term, &s);
	stream_ask(&s);
	/* An empty history has no event to wait behind. */
	wait_for_more(&s);
	while (!s.over) {
		int rc = loop_run(op->loop, e);
		if (rc < 0)
			return rc;
	}
	if (s.rc < 0) {
		*e = s.e;
		return s.rc;
	}
	if (op->t->output == TERM_JSON && !op->o->follow)
		term_json(op->t, s.all);
	return s.signal_number != 0 ? 128 + s.signal_number : EXIT_STATUS_OK;
}

int
operator_events(const struct options *o, struct term *t)
{
	return operator_do(o, t, events_action);
}
