/* SPDX-License-Identifier: MIT */
/* Handing a run to the agent and following it. */
#include "runner/handover.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/fsat.h"
#include "common/loop.h"
#include "runner/agent_link.h"
#include "runner/exits.h"
#include "runner/json_option.h"
#include "wire/frames.h"

#define ASK_MS 20000
#define RESULT_MAX_BYTES ((size_t)16 << 20)

struct handover {
	const struct options *o;
	struct term *t;
	struct places places;
	struct loop *loop;
	struct loop_watch *frames, *on_int, *on_term;
	struct frame_reader reader;
	int fd;
	char *run_id;
	struct jsn *reply; /* of run_wait */
	struct err failure;
	int interrupted;
};

static void
handover_release(struct handover *h)
{
	loop_unwatch(&h->frames);
	loop_unwatch(&h->on_int);
	loop_unwatch(&h->on_term);
	loop_free(&h->loop);
	frame_reader_release(&h->reader);
	fd_close(&h->fd);
	free(h->run_id);
	jsn_free(&h->reply);
	places_release(&h->places);
}

static int
tell(struct handover *h, const struct err *e, int status)
{
	term_error(h->t, e, status);
	return status;
}

/* ---- the request ---- */

static void
set_absolute(struct jsn *request, const char *name, const char *path)
{
	char cwd[PATH_MAX];
	if (path == NULL || getcwd(cwd, sizeof(cwd)) == NULL)
		return;
	AUTO_STR char *whole = path_join(cwd, path);
	jsn_set_str(request, name, whole);
}

static void
set_list(struct jsn *request, const char *name, const struct option_list *words)
{
	if (words->len == 0)
		return;
	struct jsn *list = jsn_new_array();
	for (size_t i = 0; i < words->len; i++)
		jsn_push_str(list, words->list[i]);
	jsn_set(request, name, list);
}

static void
set_text(struct jsn *request, const char *name, const char *text)
{
	if (text != NULL)
		jsn_set_str(request, name, text);
}

static int
make_request(struct handover *h, const struct option_list *names,
    struct jsn **ret, struct err *e)
{
	const struct options *o = h->o;
	AUTO(jsn_free) struct jsn *attributes = NULL, *parameters = NULL;
	int rc = json_option_load(o->json, &attributes, e);
	if (rc >= 0)
		rc = parameters_parse(&o->parameters, &parameters, e);
	if (rc < 0)
		return rc;
	struct jsn *q = jsn_new_object();
	jsn_set_str(q, "type", "run_request");
	if (names->len > 0)
		set_list(q, "executables", names);
	else
		jsn_set_str(q, "what", "boot");
	if (attributes != NULL)
		jsn_set(q, "attributes", TAKE(attributes));
	if (parameters != NULL)
		jsn_set(q, "parameters", TAKE(parameters));
	set_list(q, "input_flags", &o->input);
	set_absolute(q, "inputs_file", o->inputs);
	if (o->input.len > 0)
		set_absolute(q, "cwd", ".");
	set_text(q, "node_name", o->node_name);
	set_text(q, "environment", o->environment);
	set_text(q, "log_level", o->log_level);
	set_text(q, "thread", o->thread);
	if (o->timeout >= 0)
		jsn_set_int(q, "timeout_ms", o->timeout * 1000);
	if (o->why_run)
		jsn_set_bool(q, "why_run", true);
	if (o->offline)
		jsn_set_bool(q, "offline", true);
	*ret = q;
	return 0;
}

/* ---- following ---- */

static void
show(struct handover *h, const struct jsn *frame)
{
	struct str events = jsn_str(jsn_get(frame, "events"));
	if (h->t->output == TERM_JSONL && events.len > 0)
		term_data(h->t, events);
	term_output(h->t, jsn_str(jsn_get(frame, "text")));
}

static void
take_frame(struct handover *h, struct jsn *frame)
{
	if (!text_eq(jsn_peek_str(frame, "type", ""), "reply")) {
		show(h, frame);
		return;
	}
	h->reply = jsn_ref(frame);
	loop_stop(h->loop);
}

static void
on_frames(void *arg)
{
	struct handover *h = arg;
	struct err e = { 0 };
	int rc = frame_reader_fill(&h->reader, h->fd, &e);
	if (rc == 0)
		rc = err_set(&e, ERR_CLOSED,
		    "the agent ended; rightlink audit %s shows what the run "
		    "did",
		    h->run_id);
	while (rc > 0 && h->reply == NULL) {
		AUTO(jsn_free) struct jsn *frame = NULL;
		int got = frame_reader_next(&h->reader, &frame, &e);
		if (got < 0)
			rc = got;
		if (got <= 0)
			break;
		take_frame(h, frame);
	}
	if (rc < 0) {
		h->failure = e;
		loop_stop(h->loop);
	}
}

/* The connection is busy waiting: another one carries the wish. */
static void
stop(struct handover *h, int signal_number)
{
	h->interrupted = signal_number;
	struct err e = { 0 };
	AUTO_FD int fd = agent_connect(&h->places, &e);
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "run_stop");
	jsn_set_str(request, "run_id", h->run_id);
	jsn_set_str(request, "reason", "interrupted on the command line");
	if (fd < 0 ||
	    agent_ask(fd, request, ASK_MS, NULL, NULL, &reply, &e) < 0) {
		h->failure = e;
		loop_stop(h->loop);
	}
}

static void
on_int(void *arg)
{
	stop(arg, SIGINT);
}

static void
on_term(void *arg)
{
	stop(arg, SIGTERM);
}

static int
follow(struct handover *h, struct err *e)
{
	AUTO(jsn_free) struct jsn *request = jsn_new_object();
	jsn_set_str(request, "type", "run_wait");
	jsn_set_str(request, "run_id", h->run_id);
	jsn_set_bool(
	    request, "follow", !h->t->quiet || h->t->output == TERM_JSONL);
	int rc = frame_write(h->fd, request, e);
	if (rc < 0)
		return rc;
	if (fcntl(h->fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "agent socket");
	h->loop = loop_new();
	frame_reader_init(&h->reader);
	h->frames = loop_watch_read(h->loop, h->fd, on_frames, h);
	h->on_int = loop_watch_signal(h->loop, SIGINT, on_int, h);
	h->on_term = loop_watch_signal(h->loop, SIGTERM, on_term, h);
	while (rc == 0 && h->reply == NULL && h->failure.code == 0)
		rc = loop_run(h->loop, e);
	if (rc == 0 && h->failure.code != 0) {
		*e = h->failure;
		rc = e->code;
	}
	return rc == 0 ? agent_reply_check(h->reply, e) : rc;
}

/* ---- the end ---- */

static void
print_result(struct handover *h)
{
	AUTO_STR char *path =
	    xasprintf("%s/runs/%s/result.json", h->places.state, h->run_id);
	AUTO(jsn_free) struct jsn *result = NULL;
	struct err e = { 0 };
	if (jsn_load(AT_FDCWD, path, RESULT_MAX_BYTES, &result, &e) < 0)
		term_json(h->t, h->reply);
	else
		term_json(h->t, result);
}

static void
summarize(struct handover *h, const char *kind)
{
	struct term *t = h->t;
	const char *status = jsn_peek_str(h->reply, "status", "?");
	const char *why = jsn_peek_str(h->reply, "reason", NULL);
	bool good = text_eq(status, "completed");
	int64_t updated = jsn_peek_int(h->reply, "updated", 0);
	if (!good)
		term_say(t, TERM_BAD, "==> %s run %s%s%s", kind, status,
		    why != NULL ? ": " : "", why != NULL ? why : "");
	else
		term_say(t, TERM_GOOD,
		    "==> %s run %s: %lld resource%s %supdated in %.1f s", kind,
		    status, (long long)updated, updated == 1 ? "" : "s",
		    h->o->why_run ? "would be " : "",
		    (double)jsn_peek_int(h->reply, "elapsed_ms", 0) / 1000);
	term_line(t, TERM_FAINT, "    audit: %s/runs/%s/audit.txt",
	    h->places.state, h->run_id);
	if (t->output == TERM_JSON)
		print_result(h);
}

static int
status_of(const struct jsn *reply)
{
	if (text_eq(jsn_peek_str(reply, "status", ""), "refused"))
		return EXIT_STATUS_CONFIG;
	int64_t status = jsn_peek_int(reply, "exit_status", EXIT_STATUS_FAILED);
	return status >= 0 && status <= 128 ? (int)status : EXIT_STATUS_FAILED;
}

/* --no-wait: the run's id, for rightlink logs --local and rs_ tools. */
static int
print_queued(const struct handover *h, const struct jsn *reply)
{
	if (h->t->output != TERM_TEXT) {
		term_json(h->t, reply);
		return EXIT_STATUS_OK;
	}
	AUTO_STR char *line = xasprintf("%s\n", h->run_id);
	term_data(h->t, str_from(line));
	return EXIT_STATUS_OK;
}

static int
hand_over(struct handover *h, const struct option_list *names)
{
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *request = NULL, *reply = NULL;
	if (make_request(h, names, &request, &e) < 0)
		return tell(h, &e, EXIT_STATUS_CONFIG);
	int rc = agent_ask(h->fd, request, ASK_MS, NULL, NULL, &reply, &e);
	if (rc == ERR_STATE)
		return tell(h, &e, EXIT_STATUS_BUSY);
	if (rc < 0)
		return tell(h, &e,
		    rc == ERR_ABSENT || rc == ERR_INVALID ? EXIT_STATUS_CONFIG
							  : EXIT_STATUS_FAILED);
	h->run_id = xstrdup(jsn_peek_str(reply, "run_id", ""));
	if (h->o->no_wait)
		return print_queued(h, reply);
	int64_t ahead = jsn_peek_int(reply, "ahead", 0);
	if (ahead > 0)
		term_line(h->t, TERM_FAINT,
		    "==> run %s waits for %lld before it", h->run_id,
		    (long long)ahead);
	rc = follow(h, &e);
	if (rc < 0 && h->interrupted == 0)
		return tell(h, &e, EXIT_STATUS_FAILED);
	if (rc == 0)
		summarize(h, names->len > 0 ? "operational" : "boot");
	return h->interrupted != 0 ? 128 + h->interrupted : status_of(h->reply);
}

bool
handover_run(const struct options *o, struct term *t,
    const struct option_list *names, int *ret_status)
{
	AUTO(handover_release) struct handover h = { .o = o, .t = t, .fd = -1 };
	struct err e = { 0 };
	if (places_find(o->state_dir, NULL, &h.places, &e) < 0)
		return false; /* told by whoever needs them next */
	h.fd = agent_connect(&h.places, &e);
	if (h.fd == ERR_ABSENT || h.fd == ERR_LIMIT)
		return false;
	if (h.fd < 0) {
		*ret_status = tell(&h, &e, EXIT_STATUS_FAILED);
		return true;
	}
	if (o->bundle != NULL) {
		(void)err_set(&e, ERR_STATE,
		    "an agent is running on '%s' and has a bundle of its own: "
		    "--bundle is for machines without one",
		    h.places.state);
		*ret_status = tell(&h, &e, EXIT_STATUS_BUSY);
		return true;
	}
	*ret_status = hand_over(&h, names);
	return true;
}
