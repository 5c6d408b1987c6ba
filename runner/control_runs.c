/* SPDX-License-Identifier: MIT */
/*
 * Runs on request, and who waits for them. A follower gets audit and events
 * from the beginning, as the run writes them: pieces are read from the run's
 * directory when it grew, as far as the client keeps up; at the end the rest
 * comes before the reply. What a slow client did not take is read again when
 * it does.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/fsat.h"
#include "runner/supervisor_priv.h"
#include "wire/frames.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define WAITERS_MAX 512
#define RESULT_MAX_BYTES ((size_t)16 << 20)
#define SLOW_MS 200

struct waiter {
	struct waiter *next;
	struct supervisor *supervisor;
	struct control_ticket ticket;
	char run_id[ULID_TEXT_BYTES];
	bool follow, over;
	int64_t text_at, events_at;
	struct loop_watch *timeout, *again;
	struct jsn *reply; /* when it is over and the rest is being sent */
};

struct control_runs {
	struct waiter *list;
	size_t len;
	struct waiter *leavers; /* of decommission requests */
};

struct control_runs *
control_runs_new(void)
{
	return xcalloc(1, sizeof(struct control_runs));
}

static void
waiter_free(struct waiter *w)
{
	loop_unwatch(&w->timeout);
	loop_unwatch(&w->again);
	jsn_free(&w->reply);
	free(w);
}

void
control_runs_free(struct control_runs **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct waiter **const lists[] = { &(*at)->list, &(*at)->leavers };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		while (*lists[i] != NULL) {
			struct waiter *w = *lists[i];
			*lists[i] = w->next;
			waiter_free(w);
		}
	}
	free(*at);
	*at = NULL;
}

static void
remove_waiter(struct waiter *w)
{
	struct control_runs *r = w->supervisor->waiters;
	struct waiter **at = &r->list;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	r->len--;
	waiter_free(w);
}

/* ---- what the run writes ---- */

/* The longest beginning that ends with a whole character (or line). */
static size_t
whole(const char *data, size_t len, bool lines, bool is_last)
{
	if (is_last)
		return len;
	if (lines) {
		const char *end = memrchr(data, '\n', len);
		return end != NULL ? (size_t)(end - data) + 1 : 0;
	}
	size_t cut = len;
	for (int i = 0; i < 3 && cut > 0; i++) {
		unsigned char c = (unsigned char)data[cut - 1];
		if (c < 0x80)
			return cut;
		cut--;
		if (c >= 0xc0)
			return cut;
	}
	return len; /* no UTF-8 at all */
}

/* Adds the next piece to the frame. True when there was one. */
static bool
add_piece(struct waiter *w, struct jsn *frame, const char *file,
    const char *member, int64_t *at)
{
	AUTO_STR char *path = xasprintf(
	    "%s/runs/%s/%s", w->supervisor->o.places->state, w->run_id, file);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool lines = text_eq(member, "events");
	size_t room = lines ? FRAME_MAX_BYTES / 4 : PIECE_BYTES;
	char *data = xmalloc(room);
	ssize_t n = pread(fd, data, room, (off_t)*at);
	size_t len = 0;
	if (n > 0)
		len =
		    whole(data, (size_t)n, lines, w->over && (size_t)n < room);
	/* A line that does not fit is sent in pieces. */
	if (n > 0 && len == 0 && (size_t)n == room)
		len = (size_t)n;
	if (len > 0) {
		jsn_set(
		    frame, member, jsn_new_string((struct str){ data, len }));
		*at += (int64_t)len;
	}
	free(data);
	return len > 0;
}

/* One piece of each. 1: sent, 0: nothing is there, -1: the client is gone. */
static int
send_piece(struct waiter *w)
{
	struct jsn *frame = wire_frame_new("run_output");
	jsn_set_str(frame, "run_id", w->run_id);
	bool more = add_piece(w, frame, "audit.txt", "text", &w->text_at);
	more |= add_piece(w, frame, "events.jsonl", "events", &w->events_at);
	if (!more) {
		jsn_free(&frame);
		return 0;
	}
	return control_send(w->supervisor->control, w->ticket, frame) ? 1 : -1;
}

static void feed(struct waiter *w);

static void
on_again(void *arg)
{
	struct waiter *w = arg;
	loop_unwatch(&w->again);
	feed(w);
}

/* Sends what is there while the client keeps up; the reply after the rest. */
static void
feed(struct waiter *w)
{
	struct supervisor *s = w->supervisor;
	int rc = 1;
	while (w->follow && rc > 0) {
		if (!control_is_ready(s->control, w->ticket)) {
			if (!control_is_there(s->control, w->ticket)) {
				rc = -1;
				break;
			}
			if (w->again == NULL)
				w->again =
				    loop_after(s->o.loop, SLOW_MS, on_again, w);
			return;
		}
		rc = send_piece(w);
	}
	if (rc < 0) {
		remove_waiter(w);
		return;
	}
	if (!w->over)
		return;
	struct control_ticket ticket = w->ticket;
	struct jsn *reply = TAKE(w->reply);
	remove_waiter(w);
	control_reply(s->control, ticket, reply);
}

void
control_run_grew(struct supervisor *s, const char *run_id)
{
	struct waiter *next;
	for (struct waiter *w = s->waiters->list; w != NULL; w = next) {
		next = w->next;
		if (w->follow && w->again == NULL && text_eq(w->run_id, run_id))
			feed(w);
	}
}

/* ---- ends ---- */

static struct jsn *
reply_of_end(const struct queue_end *end)
{
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "status", end->status);
	if (end->reason != NULL)
		jsn_set_str(reply, "reason", end->reason);
	jsn_set_int(reply, "updated", end->updated);
	jsn_set_int(reply, "total", end->total);
	jsn_set_int(reply, "elapsed_ms", end->elapsed_ms);
	jsn_set_int(reply, "exit_status", end->exit_status);
	return reply;
}

void
control_run_ended(struct supervisor *s, const struct queue_end *end)
{
	struct waiter *next;
	for (struct waiter *w = s->waiters->list; w != NULL; w = next) {
		next = w->next;
		if (w->over || end->run_id == NULL ||
		    !text_eq(w->run_id, end->run_id))
			continue;
		w->over = true;
		loop_unwatch(&w->timeout);
		w->reply = reply_of_end(end);
		if (w->again == NULL)
			feed(w);
	}
}

/* Of a run that ended before anybody asked. */
static struct jsn *
reply_from_disk(struct supervisor *s, const char *run_id)
{
	AUTO_STR char *path =
	    xasprintf("%s/runs/%s/result.json", s->o.places->state, run_id);
	AUTO(jsn_free) struct jsn *result = NULL;
	struct err ignored = { 0 };
	if (jsn_load(AT_FDCWD, path, RESULT_MAX_BYTES, &result, &ignored) < 0)
		return NULL;
	const char *reason = jsn_peek_str(result, "reason", NULL);
	struct queue_end end = { .status =
				     jsn_peek_str(result, "status", "failed"),
		.reason = reason,
		.updated = jsn_peek_int(result, "updated", 0),
		.total = jsn_peek_int(result, "total", 0),
		.elapsed_ms = jsn_peek_int(result, "elapsed_ms", 0),
		.exit_status = jsn_peek_int(result, "exit", 1) };
	return reply_of_end(&end);
}

static void
on_timeout(void *arg)
{
	struct waiter *w = arg;
	struct supervisor *s = w->supervisor;
	loop_unwatch(&w->timeout);
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "status",
	    queue_find(s->queue, w->run_id) == QUEUE_WAITING ? "waiting"
							     : "running");
	struct control_ticket ticket = w->ticket;
	remove_waiter(w);
	control_reply(s->control, ticket, reply);
}

static void
refuse(struct supervisor *s, struct control_ticket t, enum err_code code,
    const char *text, const char *subject)
{
	struct err e = { 0 };
	(void)err_set(&e, code, "%s '%.64s'", text, subject);
	control_reply_err(s->control, t, &e);
}

void
control_run_wait(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	const char *run_id = jsn_peek_str(request, "run_id", "");
	size_t len = strlen(run_id);
	enum queue_place place = len == ULID_TEXT_BYTES - 1
				     ? queue_find(s->queue, run_id)
				     : QUEUE_UNKNOWN;
	if (place == QUEUE_UNKNOWN) {
		refuse(s, t, ERR_ABSENT, "no run", run_id);
		return;
	}
	if (s->waiters->len == WAITERS_MAX) {
		refuse(
		    s, t, ERR_LIMIT, "too many wait for runs, not for", run_id);
		return;
	}
	struct waiter *w = xcalloc(1, sizeof(*w));
	w->supervisor = s;
	w->ticket = t;
	memcpy(w->run_id, run_id, len + 1);
	w->follow = jsn_peek_bool(request, "follow", false);
	w->next = s->waiters->list;
	s->waiters->list = w;
	s->waiters->len++;
	int64_t timeout_ms = jsn_peek_int(request, "timeout_ms", -1);
	if (place == QUEUE_ENDED) {
		w->over = true;
		w->reply = reply_from_disk(s, run_id);
		if (w->reply == NULL) {
			remove_waiter(w);
			refuse(s, t, ERR_ABSENT, "no result of run", run_id);
			return;
		}
	} else if (timeout_ms >= 0) {
		w->timeout = loop_after(s->o.loop, timeout_ms, on_timeout, w);
	}
	feed(w);
}

/* ---- requests ---- */

static int
read_executables(const struct jsn *request, struct run_order *o, struct err *e)
{
	const char *recipe = jsn_peek_str(request, "recipe", NULL);
	const char *script = jsn_peek_str(request, "right_script", NULL);
	struct jsn *list = jsn_get(request, "executables");
	bool boot = jsn_get(request, "what") != NULL;
	int given = (recipe != NULL) + (script != NULL) + (list != NULL) + boot;
	if (given != 1)
		return err_set(e, ERR_INVALID,
		    "one of recipe, right_script, executables and what must "
		    "be given");
	o->kind = boot ? ORDER_BOOT : ORDER_OPERATIONAL;
	if (list != NULL) {
		o->executables = jsn_ref(list);
	} else if (!boot) {
		AUTO_STR char *item = xasprintf("%s[%s]",
		    recipe ? "recipe" : "script", recipe ? recipe : script);
		o->executables = jsn_new_array();
		jsn_push_str(o->executables, item);
	}
	return 0;
}

/* A name that the bundle does not have is told at once, with a hint. */
static int
check_names(
    const struct supervisor *s, const struct run_order *o, struct err *e)
{
	size_t len = o->executables != NULL ? jsn_len(o->executables) : 0;
	for (size_t i = 0; s->bundle != NULL && i < len; i++) {
		struct str text = jsn_str(jsn_at(o->executables, i));
		AUTO_STR char *name = xstrndup(text.data, text.len);
		const struct bundle_entry *entry = NULL;
		int rc = bundle_find_executable(s->bundle, name, &entry, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Asked for: 0 is none. In an order 0 is the bundle's and -1 none. */
static int64_t
limit_of(const struct jsn *request)
{
	int64_t ms = jsn_peek_int(request, "timeout_ms", -1);
	return ms > 0 ? ms : ms == 0 ? -1 : 0;
}

void
control_run_request(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	char run_id[ULID_TEXT_BYTES], cid[ULID_TEXT_BYTES];
	ulid_new(cid);
	struct run_order o = { .cid = cid,
		.trusted = true,
		.thread = jsn_peek_str(request, "thread", ORDER_THREAD),
		.attributes = jsn_get(request, "attributes"),
		.parameters = jsn_get(request, "parameters"),
		.inputs = jsn_get(request, "inputs"),
		.input_flags = jsn_get(request, "input_flags"),
		.inputs_file = jsn_peek_str(request, "inputs_file", NULL),
		.cwd = jsn_peek_str(request, "cwd", NULL),
		.node_name = jsn_peek_str(request, "node_name", NULL),
		.environment = jsn_peek_str(request, "environment", NULL),
		.offline = jsn_peek_bool(request, "offline", false),
		.timeout_ms = limit_of(request),
		.why_run = jsn_peek_bool(request, "why_run", false),
		.log_level = jsn_peek_str(request, "log_level", NULL),
		.policy = jsn_peek_str(request, "policy", NULL),
		.audit_period_ms =
		    jsn_peek_int(request, "audit_period_ms", 0) };
	struct err e = { 0 };
	int rc = read_executables(request, &o, &e);
	if (rc == 0)
		rc = check_names(s, &o, &e);
	size_t ahead = queue_ahead(s->queue, o.thread);
	if (rc == 0)
		rc = queue_add(s->queue, &o, run_id, &e);
	if (rc < 0) {
		jsn_free(&o.executables);
		control_reply_err(s->control, t, &e);
		return;
	}
	jsn_free(&o.executables);
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "request_id", cid);
	jsn_set_str(reply, "run_id", run_id);
	jsn_set_str(reply, "thread", o.thread);
	jsn_set_int(reply, "ahead", (int64_t)ahead);
	control_reply(s->control, t, reply);
}

void
control_run_stop(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	const char *run_id = jsn_peek_str(request, "run_id", NULL);
	const char *id =
	    run_id != NULL ? run_id : jsn_peek_str(request, "request_id", "");
	const char *reason =
	    jsn_peek_str(request, "reason", "somebody on this machine");
	static const char *const names[] = { [QUEUE_WAITING] = "waiting",
		[QUEUE_RUNNING] = "running",
		[QUEUE_ENDED] = "ended" };
	enum queue_place was = queue_stop(s->queue, id, reason);
	if (was == QUEUE_UNKNOWN) {
		refuse(s, t, ERR_ABSENT, "no run", id);
		return;
	}
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "was", names[was]);
	control_reply(s->control, t, reply);
}

/* ---- decommission ---- */

static void
reply_left(struct supervisor *s, struct control_ticket t, const char *status)
{
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "status", status);
	control_reply(s->control, t, reply);
}

void
control_decommission(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	const char *word = jsn_peek_str(request, "shutdown", "none");
	struct err e = { 0 };
	int rc = leave_begin(s, shutdown_level_find(word), NULL, &e);
	bool wait = jsn_peek_bool(request, "wait", false);
	bool over = s->leave.stage > LEAVE_STOPS;
	/* Who waits may wait for one that another began. */
	if (rc < 0 &&
	    (rc != ERR_STATE || !wait || s->leave.stage == LEAVE_NONE)) {
		control_reply_err(s->control, t, &e);
		return;
	}
	if (!wait || over) {
		reply_left(s, t,
		    over && s->leave.status != NULL ? s->leave.status
						    : "running");
		return;
	}
	struct waiter *w = xcalloc(1, sizeof(*w));
	w->ticket = t;
	w->next = s->waiters->leavers;
	s->waiters->leavers = w;
}

void
control_left(struct supervisor *s)
{
	while (s->waiters->leavers != NULL) {
		struct waiter *w = s->waiters->leavers;
		s->waiters->leavers = w->next;
		reply_left(s, w->ticket, s->leave.status);
		waiter_free(w);
	}
}
