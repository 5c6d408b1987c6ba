/* SPDX-License-Identifier: MIT */
/* One request, one process, one answer. */
#include "runner/fetch_process.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/auto.h"
#include "common/fsat.h"
#include "runner/child.h"
#include "runner/performer.h"
#include "wire/frames.h"

#define SAID_MAX_BYTES ((size_t)1000)

struct fetch_process {
	struct fetch_process_spec spec;
	struct child *child;
	char *expected; /* type of the result's frame */
	struct jsn *result;
	struct err failure; /* code 0: none */
	struct buf said;    /* the beginning of its output */
};

static void
process_free(struct fetch_process *p)
{
	jsn_free(&p->result);
	buf_release(&p->said);
	free(p->expected);
	free(p);
}

static enum err_code
code_of(const char *name)
{
#define CODE(name_, number_, text_)                                            \
	if (text_eq(name, #name_))                                             \
		return name_;
	ERR_CODES(CODE)
#undef CODE
	return ERR_REMOTE;
}

static void
note_failure(struct fetch_process *p, const struct jsn *frame)
{
	const char *source = jsn_peek_str(frame, "source", NULL);
	(void)err_set(&p->failure, code_of(jsn_peek_str(frame, "code", "")),
	    "%s%s%s", source != NULL ? source : "", source != NULL ? ": " : "",
	    jsn_peek_str(frame, "text", ""));
}

static void
on_frame(struct jsn *frame, void *arg)
{
	struct fetch_process *p = arg;
	const char *type = jsn_peek_str(frame, "type", "");
	if (p->failure.code != 0 || p->result != NULL)
		return;
	if (text_eq(type, "event")) {
		if (p->spec.on_event != NULL)
			p->spec.on_event(frame, p->spec.arg);
		return;
	}
	if (!text_eq(type, p->expected) && !text_eq(type, "fetch_failed"))
		(void)err_set(&p->failure, ERR_PROTOCOL,
		    "fetch: frame '%.40s' was not expected", type);
	else if (wire_frame_check(type, frame, &p->failure) < 0)
		return;
	else if (text_eq(type, "fetch_failed"))
		note_failure(p, frame);
	else
		p->result = jsn_ref(frame);
}

static void
on_output(struct str chunk, void *arg)
{
	struct fetch_process *p = arg;
	size_t room = SAID_MAX_BYTES - p->said.len;
	buf_add(&p->said, chunk.data, chunk.len < room ? chunk.len : room);
}

/* Why there is no answer. */
static void
explain(struct fetch_process *p, const struct child_end *end)
{
	if (p->failure.code != 0 || (p->result != NULL && end->status == 0))
		return;
	AUTO_BUF struct buf how = BUF_INIT(256);
	struct str said = { buf_text(&p->said), p->said.len };
	child_end_text(end, &how);
	said = str_trim(said);
	(void)err_set(&p->failure, end->timed_out ? ERR_TIMEOUT : ERR_EXIT,
	    "fetch ended without an answer: %s%s%.*s", buf_text(&how),
	    said.len > 0 ? ": " : "", STR_ARG(said));
}

static void
on_end(const struct child_end *end, void *arg)
{
	struct fetch_process *p = arg;
	explain(p, end);
	int rc = p->failure.code;
	p->spec.done(rc, rc == 0 ? p->result : NULL,
	    rc == 0 ? NULL : &p->failure, p->spec.arg);
	process_free(p);
}

int
fetch_process_start(struct loop *l, const struct fetch_process_spec *spec,
    struct fetch_process **ret_process, struct err *e)
{
	struct fetch_process *p = xcalloc(1, sizeof(*p));
	p->spec = *spec;
	p->said = BUF_INIT(SAID_MAX_BYTES);
	/* pack_request is answered with pack_result, and so on. */
	const char *type = jsn_peek_str(spec->request, "type", "");
	ASSERT(text_has_suffix(type, "_request"));
	p->expected = xasprintf(
	    "%.*s_result", (int)(strlen(type) - strlen("_request")), type);
	AUTO_STR char *program = path_join(spec->places->libexec, "fetch");
	AUTO(arena_free) struct arena *arena = arena_new();
	const char *argv[] = { program, NULL };
	struct child_spec child = { .argv = argv,
		.env = performer_environment(arena, NULL),
		.first_frame = spec->request,
		.timeout_ms = FETCH_PROCESS_TIMEOUT_MS,
		.on_frame = on_frame,
		.on_output = on_output,
		.on_end = on_end,
		.arg = p };
	int rc = child_start(l, NULL, &child, &p->child, e);
	if (rc < 0) {
		process_free(p);
		return err_wrap(e, "fetch");
	}
	*ret_process = p;
	return 0;
}

void
fetch_process_drop(struct fetch_process **at)
{
	if (at == NULL || *at == NULL)
		return;
	child_drop(&(*at)->child);
	process_free(*at);
	*at = NULL;
}

struct waiting {
	const struct fetch_process_spec *spec;
	struct loop *loop;
	struct jsn *result;
	struct err *e;
	int rc;
	bool ended;
};

static void
hand_event(const struct jsn *event, void *arg)
{
	struct waiting *w = arg;
	if (w->spec->on_event != NULL)
		w->spec->on_event(event, w->spec->arg);
}

static void
on_done(int rc, struct jsn *result, const struct err *e, void *arg)
{
	struct waiting *w = arg;
	w->rc = rc;
	w->ended = true;
	if (rc < 0)
		(void)err_set(w->e, (enum err_code)rc, "%s", e->text);
	else
		w->result = jsn_ref(result);
	loop_stop(w->loop);
}

int
fetch_process_run(const struct fetch_process_spec *spec,
    struct jsn **ret_result, struct err *e)
{
	AUTO(loop_free) struct loop *l = loop_new();
	struct waiting w = { .spec = spec, .loop = l, .e = e };
	struct fetch_process_spec mine = *spec;
	struct fetch_process *p = NULL;
	mine.on_event = hand_event;
	mine.done = on_done;
	mine.arg = &w;
	int rc = fetch_process_start(l, &mine, &p, e);
	while (rc == 0 && !w.ended)
		rc = loop_run(l, e);
	if (rc == 0)
		rc = w.rc;
	if (rc == 0)
		*ret_result = w.result;
	return rc;
}
