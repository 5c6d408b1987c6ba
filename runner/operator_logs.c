/* SPDX-License-Identifier: MIT */
/* `rightlink logs` by way of the router: one run, or all of a command. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/operator_audits.h"
#include "runner/operator_stream.h"
#include "runner/operator_watch.h"

#define BEGIN_MS 30000
#define STREAMS_MAX 64 /* at once */

struct logs {
	struct operation *op;
	const struct jsn *audits;
	size_t next, open; /* audits not yet begun; streams under way */
	struct one_log **list;
	int rc;
	struct err e;
};

struct one_log {
	struct logs *logs;
	struct line_printer printer;
	struct audit_stream *stream;
};

static void begin_more(struct logs *l);

static void
on_bytes(struct str bytes, void *arg)
{
	struct one_log *one = arg;
	line_printer_add(&one->printer, bytes);
	if (term_is_broken())
		loop_stop(one->logs->op->loop);
}

static void
on_end(int rc, const struct err *e, void *arg)
{
	struct one_log *one = arg;
	struct logs *l = one->logs;
	line_printer_end(&one->printer);
	one->stream = NULL;
	if (rc < 0 && l->rc == 0) {
		l->rc = rc;
		l->e = *e;
	}
	l->open--;
	begin_more(l);
	if (l->open == 0)
		loop_stop(l->op->loop);
}

static size_t
name_width(const struct jsn *audits)
{
	size_t width = 0;
	for (size_t i = 0; i < jsn_len(audits); i++) {
		const char *name = jsn_peek_str(jsn_at(audits, i), "name", "");
		size_t columns = text_columns(str_from(name));
		width = columns > width ? columns : width;
	}
	return width;
}

static int
begin(struct logs *l, size_t number)
{
	const struct jsn *audit = jsn_at(l->audits, number);
	const struct options *o = l->op->o;
	bool alone = jsn_len(l->audits) == 1 || o->events;
	struct one_log *one = l->list[number] = xcalloc(1, sizeof(*one));
	one->logs = l;
	line_printer_init(&one->printer, l->op->t,
	    alone ? "" : jsn_peek_str(audit, "name", "?"),
	    name_width(l->audits), number);
	struct audit_stream_spec spec = {
		.aid = jsn_peek_str(audit, "aid", ""),
		.part = o->events ? "events" : "text",
		.follow = o->follow,
		.begin_ms = BEGIN_MS,
		.on_bytes = on_bytes,
		.on_end = on_end,
		.arg = one,
	};
	int rc = audit_stream_start(l->op->api, &spec, &one->stream, &l->e);
	if (rc < 0)
		return rc;
	l->open++;
	return 0;
}

/* Of several runs that are not followed, one after another, so that their
 * texts stay whole. */
static void
begin_more(struct logs *l)
{
	size_t limit = l->op->o->follow ? STREAMS_MAX : 1;
	while (l->rc == 0 && l->open < limit && l->next < jsn_len(l->audits))
		l->rc = begin(l, l->next++);
}

static void
logs_release(struct logs *l)
{
	for (size_t i = 0; i < l->next; i++) {
		audit_stream_stop(&l->list[i]->stream);
		buf_release(&l->list[i]->printer.pending);
		free(l->list[i]);
	}
	free(l->list);
}

static int
print_logs(struct operation *op, const struct jsn *audits, struct err *e)
{
	AUTO(logs_release)
	struct logs l = { .op = op,
		.audits = audits,
		.list = xcalloc(jsn_len(audits) + 1, sizeof(*l.list)) };
	begin_more(&l);
	while (l.open > 0 && !term_is_broken()) {
		int rc = loop_run(op->loop, e);
		if (rc < 0)
			return rc;
	}
	if (l.rc < 0)
		*e = l.e;
	return term_is_broken() ? 128 + SIGPIPE : l.rc;
}

struct widths {
	size_t count, width;
};

static int
measure(struct operation *op, struct jsn *delivery, void *arg, struct err *e)
{
	(void)op;
	(void)e;
	struct widths *w = arg;
	size_t columns =
	    text_columns(str_from(jsn_peek_str(delivery, "name", "")));
	w->count++;
	w->width = columns > w->width ? columns : w->width;
	return 0;
}

/* As `run --follow` of somebody else's command, also when nothing of it has
 * begun. */
static int
follow_command(struct operation *op, const char *cid, struct err *e)
{
	struct widths widths = { 0, 0 };
	int rc = operator_each(op, API_delivery_list, cid, NULL, "deliveries",
	    0, measure, &widths, e);
	if (rc < 0)
		return rc;
	struct watch_options o = { .name_width = widths.width,
		.expected = widths.count,
		.follow = true,
		.prefixed = widths.count > 1,
		.only_looks = true,
		.wait_limit_ms = -1 };
	AUTO(watch_free) struct watch *w = watch_new(op, &o);
	enum watch_end end = WATCH_ENDED;
	watch_add(w, cid);
	rc = watch_run(w, &end, e);
	if (rc < 0)
		return rc;
	return end == WATCH_DETACHED ? 128 + watch_signal(w) : EXIT_STATUS_OK;
}

/* A whole id may be a command's. */
static bool
is_command(struct operation *op, const char *word)
{
	struct err ignored = { 0 };
	return word != NULL && strlen(word) == ULID_TEXT_BYTES - 1 &&
	       operator_call(
		   op, API_command_get, word, NULL, NULL, NULL, &ignored) == 0;
}

static int
logs_action(struct operation *op, struct err *e)
{
	const struct option_list *args = &op->o->args;
	if (args->len > 1)
		return err_set(
		    e, ERR_UNSUPPORTED, "logs takes one run or command");
	const char *word = args->len > 0 ? args->list[0] : NULL;
	const char *node = NULL;
	bool text = op->t->output == TERM_TEXT && !op->o->events;
	if (op->o->follow && text && is_command(op, word))
		return follow_command(op, word, e);
	AUTO(jsn_free) struct jsn *audits = NULL;
	int rc = operator_node_option(op, &node, e);
	if (rc == 0)
		rc = operator_find_audits(op, word, node, &audits, e);
	if (rc < 0)
		return rc;
	if (op->t->output != TERM_TEXT && !op->o->events) {
		term_json(
		    op->t, jsn_len(audits) == 1 ? jsn_at(audits, 0) : audits);
		return EXIT_STATUS_OK;
	}
	return print_logs(op, audits, e);
}

int
operator_logs(const struct options *o, struct term *t)
{
	struct options all = *o;
	/* As of a local run: jsonl are its events. */
	all.events = all.events || t->output == TERM_JSONL;
	return operator_do(&all, t, logs_action);
}
