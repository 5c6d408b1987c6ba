/* SPDX-License-Identifier: MIT */
/*
 * The run directory: journal, audit, result. The journal's invariant: the
 * file ends at a line border whatever happens; a line that could not be
 * written whole is cut off again, and the error sticks.
 */
#include "runner/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/mask_json.h"
#include "wire/frames.h"
#include "wire/record.h"

#define EVENT_MAX_BYTES ((size_t)8 << 20)
#define SYNC_EVENTS 32
#define SYNC_MS 500
#define AUDIT_MAX_BYTES ((off_t)256 << 20)
#define RUN_MAGIC 0x52554e21u

struct run {
	unsigned magic;
	char id[ULID_TEXT_BYTES];
	char *dir, *kind, *failure;
	struct jsn *head; /* members that result.json repeats */
	int dirfd, events_fd, audit_fd;
	const struct mask *mask;
	struct term *term;
	struct mask_stream streams[RUN_STREAMS];
	struct err journal_error; /* code 0: none */
	off_t events_bytes, audit_bytes;
	int unsynced;
	int64_t started_ms, started_mono_ms, synced_ms;
	int64_t updated, total;
	bool audit_at_start; /* of a line */
	bool finished;
	void (*on_growth)(void *arg);
	void *arg;
};

const char *
run_status_name(enum run_status status)
{
	switch (status) {
	case RUN_COMPLETED:
		return "completed";
	case RUN_FAILED:
		return "failed";
	case RUN_CRASHED:
		return "crashed";
	}
	return "";
}

/* ---- audit ---- */

static void
stick(struct run *r, const struct err *e)
{
	if (r->journal_error.code == 0)
		r->journal_error = *e;
}

static void
grow(const struct run *r)
{
	if (r->on_growth != NULL)
		r->on_growth(r->arg);
}

static void
audit_raw(struct run *r, struct str text)
{
	if (text.len == 0 || r->audit_bytes > AUDIT_MAX_BYTES)
		return;
	struct err e = { 0 };
	if (fd_write_all(r->audit_fd, text.data, text.len, &e) < 0) {
		(void)err_wrap(&e, "%s/audit.txt", r->dir);
		stick(r, &e);
		return;
	}
	r->audit_at_start = text.data[text.len - 1] == '\n';
	r->audit_bytes += (off_t)text.len;
	grow(r);
	if (r->audit_bytes > AUDIT_MAX_BYTES) {
		static const char cut[] = "\n*ERROR> audit cut: too long\n";
		if (write(r->audit_fd, cut, sizeof(cut) - 1) > 0)
			r->audit_bytes += (off_t)sizeof(cut) - 1;
	}
}

static void
audit_line(struct run *r, const char *prefix, struct str text)
{
	AUTO_BUF struct buf line = BUF_INIT(EVENT_MAX_BYTES);
	if (!r->audit_at_start)
		buf_add_char(&line, '\n');
	buf_printf(&line, "%s%.*s\n", prefix, STR_ARG(text));
	audit_raw(r, (struct str){ line.data, line.len });
}

/* RightLink 6, section 3.10: a line of stars, then the centred title. */
static void
audit_section(struct run *r, struct str title)
{
	AUTO_BUF struct buf text = BUF_INIT(EVENT_MAX_BYTES);
	for (int i = 0; i < 80; i++)
		buf_add_char(&text, '*');
	audit_line(r, "", (struct str){ text.data, text.len });
	buf_reset(&text);
	size_t room = title.len < 71 ? 71 - title.len : 0;
	buf_printf(&text, "*RS>%*s%.*s%*s****", (int)(room / 2), "",
	    STR_ARG(title), (int)(room - room / 2), "");
	audit_line(r, "", (struct str){ text.data, text.len });
}

static void
tell(struct run *r, const struct wire_event *kind, struct str text)
{
	const char *name = kind->shape.name;
	switch (kind->level) {
	case WIRE_LEVEL_SECTION:
		audit_section(r, text);
		if (!text_eq(name, "run_finished"))
			term_line(
			    r->term, TERM_TITLE, "==> %.*s", STR_ARG(text));
		return;
	case WIRE_LEVEL_INFO:
	case WIRE_LEVEL_CHANGE:
		audit_line(r, "*RS> ", text);
		if (!text_eq(name, "state_changed"))
			term_line(
			    r->term, TERM_FAINT, "    %.*s", STR_ARG(text));
		return;
	case WIRE_LEVEL_WARN:
		audit_line(r, "*RS> ", text);
		term_line(r->term, TERM_WARN, "    %.*s", STR_ARG(text));
		return;
	case WIRE_LEVEL_FAIL:
		audit_line(r, "*ERROR> ", text);
		/* The cook has shown its failures itself. */
		if (!text_eq(name, "resource_failed") &&
		    !text_eq(name, "cook_failed"))
			term_line(r->term, TERM_BAD, "    %.*s", STR_ARG(text));
		return;
	}
}

/* ---- journal ---- */

static void
journal_sync(struct run *r)
{
	if (r->unsynced == 0)
		return;
	if (fdatasync(r->events_fd) < 0) {
		struct err e = { 0 };
		(void)err_sys(&e, "sync '%s/events.jsonl'", r->dir);
		stick(r, &e);
	}
	r->unsynced = 0;
	r->synced_ms = clock_mono_ms();
}

static void
journal_line(struct run *r, struct str line)
{
	struct err e = { 0 };
	if (fd_write_all(r->events_fd, line.data, line.len, &e) < 0) {
		(void)err_wrap(&e, "%s/events.jsonl", r->dir);
		stick(r, &e);
		if (ftruncate(r->events_fd, r->events_bytes) < 0)
			return;
		return;
	}
	r->events_bytes += (off_t)line.len;
	r->unsynced++;
	grow(r);
}

static void
count(struct run *r, const struct jsn *event)
{
	struct record action;
	if (record_peek(event, &action)) {
		r->updated += action.end == RECORD_UPDATED;
		r->total++;
	} else if (text_eq(
		       jsn_peek_str(event, "event", ""), "converge_finished")) {
		r->updated = jsn_peek_int(event, "updated", r->updated);
		r->total = jsn_peek_int(event, "total", r->total);
	}
}

static void
record(struct run *r, const struct wire_event *kind, struct jsn *event)
{
	if (jsn_get(event, "time_ms") == NULL)
		jsn_set_int(event, "time_ms", clock_now_ms());
	AUTO(jsn_free) struct jsn *shown = mask_json(r->mask, event);
	AUTO_BUF struct buf line = BUF_INIT(EVENT_MAX_BYTES);
	jsn_format(shown, JSN_PLAIN, &line);
	buf_add_char(&line, '\n');
	if (!buf_failed(&line)) {
		journal_line(r, (struct str){ line.data, line.len });
		if (r->term->output == TERM_JSONL)
			term_data(r->term, (struct str){ line.data, line.len });
	}
	count(r, event);
	buf_reset(&line);
	wire_event_prose(kind, shown, &line);
	if (line.len > 0)
		tell(r, kind, (struct str){ line.data, line.len });
	bool now =
	    kind->level == WIRE_LEVEL_SECTION || kind->level == WIRE_LEVEL_FAIL;
	if (now || r->unsynced >= SYNC_EVENTS ||
	    clock_mono_ms() - r->synced_ms > SYNC_MS)
		journal_sync(r);
}

void
run_event(struct run *r, struct jsn *event)
{
	CHECK_OBJ(r, RUN_MAGIC);
	const struct wire_event *kind = NULL;
	struct err e = { 0 };
	if (wire_event_check(event, &kind, &e) < 0)
		run_warn(r, "event dropped: %s", e.text);
	else
		record(r, kind, event);
	jsn_free(&event);
}

void
run_warn(struct run *r, const char *fmt, ...)
{
	CHECK_OBJ(r, RUN_MAGIC);
	AUTO_BUF struct buf text = BUF_INIT(4096);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	struct jsn *event = wire_event_new("warning_issued");
	jsn_set_str(event, "text", buf_text(&text));
	record(r, wire_event_find("warning_issued"), event);
	jsn_free(&event);
}

void
run_output(struct run *r, int stream, struct str chunk)
{
	CHECK_OBJ(r, RUN_MAGIC);
	ASSERT(stream > 0 && stream < RUN_STREAMS);
	AUTO_BUF struct buf out = BUF_INIT(EVENT_MAX_BYTES);
	mask_stream_feed(&r->streams[stream], chunk, &out);
	struct str shown = { out.data, out.len };
	audit_raw(r, shown);
	term_output(r->term, shown);
}

void
run_output_end(struct run *r, int stream)
{
	AUTO_BUF struct buf out = BUF_INIT(EVENT_MAX_BYTES);
	mask_stream_flush(&r->streams[stream], &out);
	struct str shown = { out.data, out.len };
	audit_raw(r, shown);
	term_output(r->term, shown);
}

/* ---- life ---- */

static int
open_files(struct run *r, struct err *e)
{
	static const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
	int rc = fsat_mkdir_all(AT_FDCWD, r->dir, 0700, e);
	if (rc < 0)
		return rc;
	r->dirfd = fsat_open_dir(AT_FDCWD, r->dir, e);
	if (r->dirfd < 0)
		return r->dirfd;
	r->events_fd = openat(r->dirfd, "events.jsonl", flags, 0600);
	if (r->events_fd < 0)
		return err_sys(e, "make '%s/events.jsonl'", r->dir);
	r->audit_fd = openat(r->dirfd, "audit.txt", flags, 0600);
	if (r->audit_fd < 0)
		return err_sys(e, "make '%s/audit.txt'", r->dir);
	return 0;
}

static struct jsn *
make_head(const struct run *r, const struct run_start *s)
{
	struct jsn *head = jsn_new_object();
	jsn_set_int(head, "version", 1);
	jsn_set_str(head, "run_id", r->id);
	jsn_set_str(head, "kind", s->kind);
	struct jsn *bundle = jsn_new_object();
	jsn_set_str(bundle, "name", s->bundle_name);
	if (s->bundle_version != NULL)
		jsn_set_str(bundle, "version", s->bundle_version);
	jsn_set_str(bundle, "dir", s->bundle_dir);
	jsn_set(head, "bundle", bundle);
	jsn_set(head, "executables", jsn_ref(s->executables));
	if (s->request_id != NULL)
		jsn_set_str(head, "request_id", s->request_id);
	jsn_set_int(head, "started_ms", r->started_ms);
	return head;
}

static void
announce(struct run *r, const struct run_start *s)
{
	struct jsn *event = wire_event_new("run_started");
	jsn_set_str(event, "run_id", r->id);
	jsn_set_str(event, "kind", s->kind);
	jsn_set_str(event, "bundle", s->bundle_name);
	jsn_set(event, "executables", jsn_ref(s->executables));
	run_event(r, event);
}

int
run_open(const struct run_start *s, struct run **ret_run, struct err *e)
{
	struct run *r = xcalloc(1, sizeof(*r));
	r->magic = RUN_MAGIC;
	r->dirfd = r->events_fd = r->audit_fd = -1;
	r->mask = s->mask;
	r->term = s->term;
	r->audit_at_start = true;
	r->started_ms = clock_now_ms();
	r->started_mono_ms = r->synced_ms = clock_mono_ms();
	if (s->run_id != NULL && strlen(s->run_id) < sizeof(r->id))
		memcpy(r->id, s->run_id, strlen(s->run_id) + 1);
	else
		ulid_new(r->id);
	r->on_growth = s->on_growth;
	r->arg = s->arg;
	r->kind = xstrdup(s->kind);
	r->dir = xasprintf("%s/runs/%s", s->places->state, r->id);
	for (int i = 0; i < RUN_STREAMS; i++)
		mask_stream_init(&r->streams[i], s->mask);
	r->head = make_head(r, s);
	int rc = open_files(r, e);
	if (rc == 0 && s->upload)
		rc = run_write(r, RUN_UPLOAD, r->head, e);
	if (rc == 0)
		rc = run_write(r, "run.json", r->head, e);
	if (rc < 0) {
		/* A directory of our own that says nothing is no run. */
		if (s->run_id == NULL)
			(void)!fsat_remove_tree(AT_FDCWD, r->dir, NULL);
		r->finished = true;
		run_close(&r);
		return err_wrap(e, "run directory");
	}
	announce(r, s);
	*ret_run = r;
	return 0;
}

void
run_close(struct run **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct run *r = *at;
	if (!r->finished) {
		struct err ignored = { 0 };
		if (run_finish(r, RUN_CRASHED, NULL, 1, &ignored) < 0)
			r->finished = true;
	}
	for (int i = 0; i < RUN_STREAMS; i++)
		mask_stream_release(&r->streams[i]);
	fd_close(&r->events_fd);
	fd_close(&r->audit_fd);
	fd_close(&r->dirfd);
	jsn_free(&r->head);
	free(r->dir);
	free(r->kind);
	free(r->failure);
	free(r);
	*at = NULL;
}

void
run_use_mask(struct run *r, const struct mask *mask)
{
	r->mask = mask;
	for (int i = 0; i < RUN_STREAMS; i++) {
		mask_stream_release(&r->streams[i]);
		mask_stream_init(&r->streams[i], mask);
	}
}

const char *
run_id(const struct run *r)
{
	return r->id;
}

const char *
run_dir(const struct run *r)
{
	return r->dir;
}

int64_t
run_elapsed_ms(const struct run *r)
{
	return clock_mono_ms() - r->started_mono_ms;
}

size_t
run_updated(const struct run *r)
{
	return (size_t)r->updated;
}

size_t
run_total(const struct run *r)
{
	return (size_t)r->total;
}

void
run_lengths(const struct run *r, int64_t *ret_text, int64_t *ret_events)
{
	*ret_text = (int64_t)r->audit_bytes;
	*ret_events = (int64_t)r->events_bytes;
}

int
run_write(
    struct run *r, const char *name, const struct jsn *value, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)64 << 20);
	AUTO(jsn_free) struct jsn *shown = mask_json(r->mask, value);
	jsn_format(shown, JSN_PRETTY, &text);
	/* A power loss may take what only tells how a run was begun; the sync
	 * of run.json makes its directory, and the mark in it, last. */
	bool lasts = text_eq(name, "run.json") || text_eq(name, "result.json");
	int rc =
	    fsat_replace(r->dirfd, name, (struct str){ text.data, text.len },
		0600, lasts ? 0 : FSAT_NO_SYNC, e);
	return rc < 0 ? err_wrap(e, "%s/%s", r->dir, name) : 0;
}

void
run_note_interrupted(struct run *r)
{
	jsn_set_bool(r->head, "interrupted", true);
}

const char *
run_failure(const struct run *r)
{
	return r->failure;
}

void
run_fail(struct run *r, const char *text)
{
	if (r->failure != NULL)
		return;
	struct buf out = BUF_INIT(EVENT_MAX_BYTES);
	if (r->mask != NULL)
		mask_text(r->mask, str_from(text), &out);
	else
		buf_add_str(&out, text);
	r->failure = xstrdup(buf_text(&out));
	buf_release(&out);
}

void
run_fail_by(struct run *r, const char *cause)
{
	if (r->failure != NULL && text_has_prefix(r->failure, cause))
		return;
	AUTO_STR char *effect = r->failure;
	r->failure = NULL;
	AUTO_STR char *text = effect != NULL
				  ? xasprintf("%s: %s", cause, effect)
				  : xstrdup(cause);
	run_fail(r, text);
}

int
run_journal_error(const struct run *r, struct err *e)
{
	if (r->journal_error.code == 0)
		return 0;
	*e = r->journal_error;
	return e->code;
}

int
run_finish(struct run *r, enum run_status status, const char *state,
    int exit_status, struct err *e)
{
	CHECK_OBJ(r, RUN_MAGIC);
	ASSERT(!r->finished);
	r->finished = true;
	int64_t elapsed = run_elapsed_ms(r);
	struct jsn *event = wire_event_new("run_finished");
	jsn_set_str(event, "run_id", r->id);
	jsn_set_str(event, "kind", r->kind);
	jsn_set_str(event, "status", run_status_name(status));
	if (r->failure != NULL)
		jsn_set_str(event, "reason", r->failure);
	jsn_set_int(event, "updated", r->updated);
	jsn_set_int(event, "total", r->total);
	jsn_set_int(event, "elapsed_ms", elapsed);
	run_event(r, event);
	jsn_set_str(r->head, "status", run_status_name(status));
	if (r->failure != NULL)
		jsn_set_str(r->head, "reason", r->failure);
	if (state != NULL)
		jsn_set_str(r->head, "state", state);
	jsn_set_int(r->head, "exit", exit_status);
	jsn_set_int(r->head, "updated", r->updated);
	jsn_set_int(r->head, "total", r->total);
	jsn_set_int(r->head, "elapsed_ms", elapsed);
	jsn_set_int(r->head, "finished_ms", clock_now_ms());
	return run_write(r, "result.json", r->head, e);
}

int
run_recover(
    const struct places *p, const char *id, const char *reason, struct err *e)
{
	AUTO_STR char *dir = xasprintf("%s/runs/%s", p->state, id);
	AUTO_STR char *result = path_join(dir, "result.json");
	AUTO_STR char *head = path_join(dir, "run.json");
	if (access(result, F_OK) == 0 || access(head, F_OK) < 0)
		return 0;
	AUTO(jsn_free) struct jsn *root = NULL;
	int rc = jsn_load(AT_FDCWD, head, (size_t)1 << 20, &root, e);
	if (rc < 0)
		return rc;
	jsn_set_str(root, "status", run_status_name(RUN_CRASHED));
	jsn_set_str(root, "reason",
	    reason != NULL ? reason : "the agent ended while the run went on");
	AUTO_BUF struct buf text = BUF_INIT((size_t)2 << 20);
	jsn_format(root, JSN_PRETTY, &text);
	return fsat_replace(
	    AT_FDCWD, result, (struct str){ text.data, text.len }, 0600, 0, e);
}

bool
run_is_timed_out(const struct run *r)
{
	const char *why = run_failure(r);
	return why != NULL && text_has_prefix(why, RUN_TIME_LIMIT);
}
