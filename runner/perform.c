/* SPDX-License-Identifier: MIT */
/* One order becomes one run. */
#include "runner/perform.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "runner/exits.h"
#include "runner/inbox.h"
#include "runner/performer.h"
#include "wire/frames.h"

#define ORDER_WAIT_MS 30000

struct performing {
	struct arena *arena;
	struct jsn *frame;
	struct run_order order;
	struct options options;
	struct term term;
	struct performer *p;
	const struct bundle_entry **entries;
	size_t entries_len;
	struct jsn *attributes;
	bool refused;
};

static void
performing_release(struct performing *w)
{
	performer_close(&w->p);
	free(w->entries);
	jsn_free(&w->attributes);
	jsn_free(&w->frame);
	arena_free(&w->arena);
}

static int
fill_options(struct performing *w, struct err *e)
{
	const struct run_order *o = &w->order;
	w->options = (struct options){
		.limit = -1,
		.timeout = -1,
		.quiet = true,
		.state_dir = o->state_dir,
		.node_name = o->node_name,
		.inputs = o->inputs_file,
		.log_level = o->log_level,
		.why_run = o->why_run,
		.environment = o->environment,
		.offline = o->offline,
	};
	for (size_t i = 0;
	     o->input_flags != NULL && i < jsn_len(o->input_flags); i++) {
		struct str text = jsn_str(jsn_at(o->input_flags, i));
		if (i == OPTION_LIST_MAX)
			return err_set(e, ERR_LIMIT,
			    "more than %d values of inputs", OPTION_LIST_MAX);
		w->options.input.list[w->options.input.len++] =
		    arena_strndup(w->arena, text.data, text.len);
	}
	if (o->cwd != NULL && chdir(o->cwd) < 0)
		return err_sys(e, "change to directory '%s'", o->cwd);
	return 0;
}

static int
read_order(struct performing *w, int fd, struct err *e)
{
	w->arena = arena_new();
	int rc = frame_read(fd, ORDER_WAIT_MS, &w->frame, e);
	if (rc == 0)
		return err_set(e, ERR_CLOSED, "no order came");
	if (rc > 0)
		rc = order_parse(w->arena, w->frame, &w->order, e);
	if (rc < 0)
		return rc;
	const struct run_order *o = &w->order;
	if (o->run_id == NULL || o->cid == NULL || o->state_dir == NULL ||
	    o->state == NULL || o->instance_id == NULL)
		return err_set(e, ERR_PROTOCOL,
		    "run_order: run_id, cid, state_dir, state and instance_id "
		    "must be set");
	rc = fill_options(w, e);
	if (rc < 0)
		return rc;
	term_init(&w->term, &w->options);
	return 0;
}

/* What asks from elsewhere without being trusted gets what the bundle marks
 * as remote-callable. */
static int
find_entry(struct performing *w, struct str text,
    const struct bundle_entry **ret_entry, struct err *e)
{
	const struct bundle *b = w->p->bundle;
	const char *name = arena_strndup(w->arena, text.data, text.len);
	const struct bundle_entry *entry = NULL;
	int rc = bundle_find_executable(b, name, &entry, e);
	if (rc == 0 && !w->order.trusted)
		entry = bundle_find_remote(b, entry->kind, entry->name);
	if (rc == 0 && entry == NULL)
		rc = err_set(e, ERR_INVALID,
		    "%s may not be requested from elsewhere: bundle '%s' does "
		    "not list it under operational with 'remote: true'",
		    name, b->name);
	if (rc < 0) {
		w->refused = true;
		return rc;
	}
	*ret_entry = entry;
	return 0;
}

static int
find_entries(struct performing *w, struct err *e)
{
	const struct run_order *o = &w->order;
	const struct bundle *b = w->p->bundle;
	const struct bundle_list *whole =
	    o->kind == ORDER_DECOMMISSION ? &b->decommission : &b->boot;
	size_t len =
	    o->executables != NULL ? jsn_len(o->executables) : whole->len;
	w->entries = xcalloc(len + 1, sizeof(const struct bundle_entry *));
	for (size_t i = 0; i < len; i++) {
		if (o->executables == NULL) {
			w->entries[i] = &whole->list[i];
			continue;
		}
		int rc = find_entry(
		    w, jsn_str(jsn_at(o->executables, i)), &w->entries[i], e);
		if (rc < 0)
			return rc;
	}
	w->entries_len = len;
	return 0;
}

static int
prepare(struct performing *w, struct err *e)
{
	struct performer *p = w->p;
	const struct run_order *o = &w->order;
	p->given_inputs = o->inputs;
	if (o->timeout_ms != 0)
		p->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : 0;
	if (o->from != NULL)
		w->attributes =
		    inbox_attributes(o->from, o->tags, o->attributes);
	else if (o->attributes != NULL)
		w->attributes = jsn_ref(o->attributes);
	if (o->bundle_dir == NULL)
		return err_set(e, ERR_ABSENT, "no bundle is here yet");
	int rc = performer_use_bundle(p, o->bundle_dir, e);
	return rc == 0 ? find_entries(w, e) : rc;
}

static void
tell_began(void *arg)
{
	struct performing *w = arg;
	AUTO_BUF struct buf summary = BUF_INIT(1024);
	order_summary(&w->order, &summary);
	struct jsn *frame = wire_frame_new("run_began");
	jsn_set_str(frame, "summary", buf_text(&summary));
	performer_tell(w->p, frame);
}

static void
tell_ended(struct performing *w, enum run_status status, int exit_status)
{
	const struct performer *p = w->p;
	struct jsn *frame = wire_frame_new("run_ended");
	jsn_set_str(
	    frame, "status", w->refused ? "refused" : run_status_name(status));
	const char *why = run_failure(p->run);
	if (why != NULL && status != RUN_COMPLETED)
		jsn_set_str(frame, "reason", why);
	jsn_set_int(frame, "updated", (int64_t)run_updated(p->run));
	jsn_set_int(frame, "total", (int64_t)run_total(p->run));
	jsn_set_int(frame, "elapsed_ms", run_elapsed_ms(p->run));
	jsn_set_int(frame, "exit_status", exit_status);
	if (p->forced)
		jsn_set_bool(frame, "forced", true);
	if (p->again)
		jsn_set_bool(frame, "again", true);
	if (p->missing_inputs != NULL)
		jsn_set(frame, "missing_inputs", jsn_ref(p->missing_inputs));
	performer_tell(w->p, frame);
}

static int
do_order(struct performing *w, struct err *e)
{
	struct performer *p = w->p;
	const struct run_order *o = &w->order;
	struct err failure = { 0 };
	int rc = prepare(w, &failure);
	struct run_request q = { .kind = order_kind_name(o->kind),
		.run_id = o->run_id,
		.entries = w->entries,
		.entries_len = w->entries_len,
		.attributes = w->attributes,
		.parameters = o->parameters,
		.request_id = o->cid,
		.hops = (int)o->hops };
	enum run_status status = RUN_FAILED;
	p->on_open = tell_began;
	p->on_open_arg = w;
	if (rc < 0)
		rc = performer_fail(p, &q, failure.text, e);
	else
		rc = performer_run(p, &q, &status, e);
	if (rc < 0)
		return rc;
	int exit_status = performer_exit_status(p, status);
	rc = performer_finish(p, status, exit_status, e);
	if (rc == 0)
		tell_ended(w, status, exit_status);
	run_close(&p->run);
	return rc;
}

int
perform_run(int fd, struct err *e)
{
	AUTO(performing_release) struct performing w = { .p = NULL };
	AUTO_FD int up_fd = fd;
	int rc = read_order(&w, up_fd, e);
	if (rc == 0)
		rc = performer_open_order(
		    &w.options, &w.term, &w.order, TAKE_FD(up_fd), &w.p, e);
	return rc == 0 ? do_order(&w, e) : rc;
}
