/* SPDX-License-Identifier: MIT */
/* The agent's life around its runs: lock, state, bundle, one run. */
#include "runner/performer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/proc.h"
#include "runner/exits.h"
#include "runner/inbox.h"
#include "wire/frames.h"

static int
take_lock(struct performer *p, struct err *e)
{
	AUTO_STR char *name = p->order != NULL
				  ? xasprintf("run-%s.lock", p->order->thread)
				  : xstrdup("lock");
	AUTO_STR char *path = places_state(&p->places, name);
	p->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (p->lock_fd < 0)
		return err_sys(e, "open '%s'", path);
	int mode = p->options->wait ? LOCK_EX : LOCK_EX | LOCK_NB;
	if (flock(p->lock_fd, mode) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(e, ERR_STATE,
		    "another run is in progress (it holds '%s'); --wait waits "
		    "for it",
		    path);
	return err_sys(e, "lock '%s'", path);
}

void
performer_interrupt(struct performer *p, int signal_number, const char *reason)
{
	if (p->interrupted == 0 && reason != NULL)
		p->stop_reason = xstrdup(reason);
	p->interrupted = signal_number;
	/* First of all: what fails from now on fails because of it. */
	struct err e = { 0 };
	if (p->run != NULL && performer_check_interrupt(p, &e) < 0)
		run_fail(p->run, e.text);
	if (p->child != NULL)
		child_stop(p->child);
}

int
performer_check_interrupt(const struct performer *p, struct err *e)
{
	if (p->interrupted == 0)
		return 0;
	if (p->stop_reason != NULL)
		return err_set(e, ERR_STATE, "stopped: %s", p->stop_reason);
	return err_set(
	    e, ERR_STATE, "interrupted by SIG%s", sigabbrev_np(p->interrupted));
}

int64_t
performer_time_left_ms(const struct performer *p)
{
	int64_t limit =
	    p->timeout_ms >= 0 ? p->timeout_ms : p->bundle->timeout_ms;
	if (limit == 0)
		return 0;
	int64_t left = limit - run_elapsed_ms(p->run);
	return left > 0 ? left : 1;
}

static void
on_int(void *arg)
{
	performer_interrupt(arg, SIGINT, NULL);
}

static void
on_term(void *arg)
{
	performer_interrupt(arg, SIGTERM, NULL);
}

static void
on_hup(void *arg)
{
	performer_interrupt(arg, SIGHUP, NULL);
}

static int
load_state(struct performer *p, struct err *e)
{
	const struct run_order *order = p->order;
	if (order != NULL) {
		state_lend(order->instance_id, order->state,
		    order->past_scripts, order->reboot, &p->state);
		return 0;
	}
	int rc = state_load(&p->places, &p->state, e);
	if (rc < 0)
		return rc;
	const char *cut_short = state_text(&p->state, "run_in_progress");
	return cut_short != NULL ? run_recover(&p->places, cut_short, NULL, e)
				 : 0;
}

static int
prepare(struct performer *p, const struct options *o, struct err *e)
{
	int rc = places_find(o->state_dir, o->cron_dir, &p->places, e);
	if (rc == 0)
		rc = places_prepare(&p->places, e);
	if (rc == 0)
		rc = take_lock(p, e);
	return rc == 0 ? load_state(p, e) : rc;
}

int
performer_open_order(const struct options *o, struct term *t,
    const struct run_order *order, int up_fd, struct performer **ret,
    struct err *e)
{
	struct performer *p = xcalloc(1, sizeof(*p));
	p->options = o;
	p->term = t;
	p->order = order;
	p->lock_fd = -1;
	p->timeout_ms = o->timeout >= 0 ? o->timeout * 1000 : -1;
	p->arena = arena_new();
	p->loop = loop_new();
	if (up_fd >= 0)
		p->up = upward_open(p, up_fd);
	int rc = prepare(p, o, e);
	if (rc < 0) {
		performer_close(&p);
		return rc;
	}
	p->fabric = fabric_open_local(&p->places, state_id(&p->state));
	p->on_int = loop_watch_signal(p->loop, SIGINT, on_int, p);
	p->on_term = loop_watch_signal(p->loop, SIGTERM, on_term, p);
	p->on_hup = loop_watch_signal(p->loop, SIGHUP, on_hup, p);
	*ret = p;
	return 0;
}

int
performer_open(const struct options *o, struct term *t, struct performer **ret,
    struct err *e)
{
	return performer_open_order(o, t, NULL, -1, ret, e);
}

void
performer_close(struct performer **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct performer *p = *at;
	local_socket_close(&p->socket);
	upward_close(&p->up);
	loop_unwatch(&p->on_int);
	loop_unwatch(&p->on_term);
	loop_unwatch(&p->on_hup);
	loop_free(&p->loop);
	fabric_close(&p->fabric);
	inputs_free(&p->inputs);
	bundle_free(&p->bundle);
	arena_free(&p->arena);
	state_release(&p->state);
	fd_close(&p->lock_fd);
	places_release(&p->places);
	jsn_free(&p->missing_inputs);
	free(p->stop_reason);
	free(p);
	*at = NULL;
}

/* A person gives inputs once: runs of the same bundle after the boot, also
 * those of a schedule, have them too. */
static const struct jsn *
inputs_of_boot(const struct performer *p)
{
	const char *dir = state_text(&p->state, "bundle_dir");
	if (p->is_boot || !text_eq(dir, p->bundle->dir))
		return NULL;
	return jsn_get(p->state.root, "inputs");
}

static int
resolve_inputs(struct performer *p, struct inputs **ret, struct err *e)
{
	struct jsn *stored = NULL;
	int rc = inputs_load_stored(&p->places, &stored, e);
	if (rc < 0)
		return rc;
	struct input_sources sources = { .boot = inputs_of_boot(p),
		.file = p->options->inputs,
		.stored = stored,
		.flags = &p->options->input,
		.given = p->given_inputs };
	/* The agent may wait until they are given. */
	struct err ignored = { 0 };
	if (p->order != NULL && p->missing_inputs == NULL &&
	    inputs_missing(p->bundle, &sources, &p->missing_inputs, &ignored) ==
		0 &&
	    jsn_len(p->missing_inputs) == 0)
		jsn_free(&p->missing_inputs);
	rc = inputs_resolve(p->bundle, &sources, ret, e);
	jsn_free(&stored);
	return rc;
}

int
performer_use_bundle(struct performer *p, const char *dir, struct err *e)
{
	if (dir == NULL)
		dir = state_text(&p->state, "bundle_dir");
	if (dir == NULL)
		return err_set(e, ERR_ABSENT,
		    "no bundle was booted here; give --bundle DIR");
	int rc = bundle_load(dir, &p->bundle, e);
	if (rc < 0)
		return rc;
	return resolve_inputs(p, &p->inputs, e);
}

struct waiting {
	struct performer *performer;
	struct child_end end;
	bool ended;
};

static void
on_end(const struct child_end *end, void *arg)
{
	struct waiting *w = arg;
	w->end = *end;
	w->ended = true;
	loop_stop(w->performer->loop);
}

/* The phases' frames go to their own argument, the end comes to us. */
struct handing {
	struct waiting waiting;
	void (*on_frame)(struct jsn *frame, void *arg);
	void *arg;
};

static void
relay_frame(struct jsn *frame, void *arg)
{
	struct handing *r = arg;
	if (r->on_frame != NULL)
		r->on_frame(frame, r->arg);
}

static void
relay_end(const struct child_end *end, void *arg)
{
	struct handing *r = arg;
	on_end(end, &r->waiting);
}

int
performer_wait(struct performer *p, struct child_spec *spec,
    struct child_end *ret_end, struct err *e)
{
	int rc = performer_check_interrupt(p, e);
	if (rc < 0)
		return rc;
	int64_t left_ms = performer_time_left_ms(p);
	if (left_ms > 0 &&
	    (spec->timeout_ms == 0 || spec->timeout_ms > left_ms))
		spec->timeout_ms = left_ms;
	struct handing r = { .waiting = { .performer = p },
		.on_frame = spec->on_frame,
		.arg = spec->arg };
	spec->on_frame = relay_frame;
	spec->on_end = relay_end;
	spec->arg = &r;
	rc = child_start(p->loop, p->run, spec, &p->child, e);
	while (rc == 0 && !r.waiting.ended)
		rc = loop_run(p->loop, e);
	p->child = NULL;
	p->forced = p->forced || r.waiting.end.timed_out;
	if (rc == 0)
		*ret_end = r.waiting.end;
	return rc;
}

const char *const *
performer_environment(struct arena *arena, const char *const *more)
{
	static const char *const fixed[] = {
		("PATH=" CHILD_PATH),
		"LANG=C.UTF-8",
		"LC_ALL=C.UTF-8",
	};
	static const char *const passed[] = { "HOME", "USER", "LOGNAME",
		"SHELL", "TERM", "TZ", "TMPDIR", "http_proxy", "https_proxy",
		"ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
		"ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"NO_COLOR", "RIGHTLINK_LIBEXEC", "RIGHTLINK_SHARE",
		"RIGHTLINK_LIB", "ASAN_OPTIONS", "LSAN_OPTIONS",
		"UBSAN_OPTIONS", PROC_MARK_ENV };
	size_t extra = 0;
	while (more != NULL && more[extra] != NULL)
		extra++;
	const char **list = arena_array_of(arena, const char *,
	    ARRAY_LEN(fixed) + ARRAY_LEN(passed) + extra + 2);
	size_t len = 0;
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		list[len++] = fixed[i];
	for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
		const char *value = getenv(passed[i]);
		if (value != NULL)
			list[len++] =
			    arena_printf(arena, "%s=%s", passed[i], value);
		else if (text_eq(passed[i], "HOME"))
			list[len++] = "HOME=/root";
	}
	for (size_t i = 0; i < extra; i++)
		list[len++] = more[i];
	return list;
}

static int
use_more_inputs(struct performer *p, struct err *e)
{
	struct inputs *all = NULL;
	int rc = resolve_inputs(p, &all, e);
	if (rc < 0)
		return rc;
	run_use_mask(p->run, all->mask);
	inputs_free(&p->inputs);
	p->inputs = all;
	return 0;
}

static int
do_phases(struct performer *p, struct err *e)
{
	int rc = phase_fetch(p, e);
	/* Headers of fetched scripts declare inputs, too. */
	if (rc == 0 && p->bundle->script_sources.len > 0)
		rc = use_more_inputs(p, e);
	if (rc == 0)
		rc = phase_packages(p, e);
	if (rc == 0)
		rc = phase_cook(p, e);
	struct err journal = { 0 };
	if (run_journal_error(p->run, &journal) < 0) {
		*e = journal;
		rc = journal.code;
	}
	return rc;
}

static struct jsn *
names_of(const struct run_request *q)
{
	struct jsn *list = jsn_new_array();
	for (size_t i = 0; i < q->entries_len; i++) {
		AUTO_STR char *item = xasprintf("%s[%s]",
		    executable_kind_name(q->entries[i]->kind),
		    q->entries[i]->name);
		jsn_push_str(list, item);
	}
	return list;
}

static int
open_run(struct performer *p, const struct run_request *q, struct err *e)
{
	AUTO(jsn_free) struct jsn *names = names_of(q);
	const struct bundle *b = p->bundle;
	const char *dir = b != NULL          ? b->dir
			  : p->order != NULL ? p->order->bundle_dir
					     : NULL;
	struct run_start start = { .places = &p->places,
		.mask = p->inputs != NULL ? p->inputs->mask : NULL,
		.term = p->term,
		.run_id = q->run_id,
		.kind = q->kind,
		.bundle_name = b != NULL ? b->name : "?",
		.bundle_version = b != NULL ? b->version : NULL,
		.bundle_dir = dir != NULL ? dir : "?",
		.executables = names,
		.request_id = q->request_id,
		.upload = p->order != NULL && p->order->upload,
		.on_growth = p->up != NULL ? performer_grew : NULL,
		.arg = p };
	int rc = run_open(&start, &p->run, e);
	if (rc < 0)
		return rc;
	if (p->on_open != NULL)
		p->on_open(p->on_open_arg);
	state_set_text(&p->state, "run_in_progress", run_id(p->run));
	state_set_text(&p->state, "last_run", run_id(p->run));
	return state_save(&p->state, e);
}

int
performer_fail(struct performer *p, const struct run_request *q,
    const char *reason, struct err *e)
{
	int rc = open_run(p, q, e);
	if (rc < 0) {
		run_close(&p->run);
		return rc;
	}
	run_fail(p->run, reason);
	return 0;
}

int
performer_run(struct performer *p, const struct run_request *q,
    enum run_status *ret_status, struct err *e)
{
	p->entries = q->entries;
	p->entries_len = q->entries_len;
	p->extra = q->attributes;
	p->script_parameters = q->parameters;
	p->hops = q->hops;
	int rc = open_run(p, q, e);
	if (rc < 0) {
		run_close(&p->run);
		return rc;
	}
	struct err failure = { 0 };
	rc = q->entries_len > 0 ? do_phases(p, &failure) : 0;
	if (p->interrupted != 0) {
		rc = performer_check_interrupt(p, &failure);
		run_note_interrupted(p->run);
		p->forced = true;
	}
	if (rc < 0)
		run_fail(p->run, failure.text);
	*ret_status = rc == 0            ? RUN_COMPLETED
		      : rc == ERR_CLOSED ? RUN_CRASHED
					 : RUN_FAILED;
	return 0;
}

int
performer_finish(
    struct performer *p, enum run_status status, int exit_status, struct err *e)
{
	int rc = run_finish(p->run, status,
	    instance_state_name(state_now(&p->state)), exit_status, e);
	state_set_text(&p->state, "run_in_progress", NULL);
	struct err other = { 0 };
	int saved = state_save(&p->state, &other);
	if (rc == 0 && saved < 0) {
		*e = other;
		rc = saved;
	}
	/* With an agent, it prunes. */
	return rc == 0 && p->order == NULL ? run_prune(&p->places, RUNS_KEPT, e)
					   : rc;
}

static void
refuse(struct performer *p, const struct inbox_item *item)
{
	struct jsn *event = wire_event_new("remote_refused");
	jsn_set_str(event, "request_id", item->request_id);
	jsn_set_str(event, "executable", item->name);
	jsn_set_str(event, "text", "the bundle does not allow it");
	run_event(p->run, event);
	run_fail(p->run, "the bundle does not allow the request");
}

/* 0 when the request became a run, whatever its end. */
static int
run_item(struct performer *p, const struct inbox_item *item, struct err *e)
{
	const struct bundle_entry *entry =
	    bundle_find_remote(p->bundle, item->kind, item->name);
	struct run_request q = { .kind = "remote",
		.entries = &entry,
		.entries_len = entry != NULL,
		.attributes = item->attributes,
		.parameters = item->parameters,
		.request_id = item->request_id,
		.hops = item->hops };
	enum run_status status = RUN_FAILED;
	int rc = performer_run(p, &q, &status, e);
	if (rc < 0)
		return rc;
	if (entry == NULL) {
		refuse(p, item);
		status = RUN_FAILED;
	}
	rc = performer_finish(p, status, status != RUN_COMPLETED, e);
	const char *why = run_failure(p->run);
	term_say(p->term, status == RUN_COMPLETED ? TERM_GOOD : TERM_BAD,
	    "==> remote run of %s %s: %s%s%s", executable_kind_name(item->kind),
	    item->name, run_status_name(status), why ? ": " : "",
	    why ? why : "");
	run_close(&p->run);
	return rc;
}

void
performer_run_inbox(struct performer *p)
{
	while (p->interrupted == 0 && !p->shutdown_now) {
		AUTO(arena_free) struct arena *arena = arena_new();
		struct inbox_item item = { .name = NULL };
		struct err e = { 0 };
		int rc = inbox_take(arena, &p->places, &item, &e);
		if (rc == 0)
			return;
		if (rc > 0)
			rc = run_item(p, &item, &e);
		inbox_item_release(&item);
		if (rc < 0)
			term_say(p->term, TERM_WARN, "rightlink: %s", e.text);
	}
}

int
performer_exit_status(const struct performer *p, enum run_status status)
{
	if (status != RUN_COMPLETED)
		return run_is_timed_out(p->run) ? EXIT_STATUS_TIMED_OUT
						: EXIT_STATUS_FAILED;
	return p->shutdown > SHUTDOWN_CONTINUE ? EXIT_STATUS_REBOOT
					       : EXIT_STATUS_OK;
}
