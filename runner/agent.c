/* SPDX-License-Identifier: MIT */
/* The agent's life around its runs: lock, state, bundle, one run. */
#include "runner/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/auto.h"
#include "runner/inbox.h"
#include "wire/frames.h"

static int
take_lock(struct agent *a, struct err *e)
{
	AUTO_STR char *path = places_state(&a->places, "lock");
	a->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->lock_fd < 0)
		return err_sys(e, "open '%s'", path);
	int mode = a->options->wait ? LOCK_EX : LOCK_EX | LOCK_NB;
	if (flock(a->lock_fd, mode) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(e, ERR_STATE,
		    "another run is in progress (it holds '%s'); --wait waits "
		    "for it",
		    path);
	return err_sys(e, "lock '%s'", path);
}

static void
interrupt(struct agent *a, int number)
{
	a->interrupted = number;
	if (a->child != NULL)
		child_stop(a->child);
}

static void
on_int(void *arg)
{
	interrupt(arg, SIGINT);
}

static void
on_term(void *arg)
{
	interrupt(arg, SIGTERM);
}

static void
on_hup(void *arg)
{
	interrupt(arg, SIGHUP);
}

static int
prepare(struct agent *a, const struct options *o, struct err *e)
{
	int rc = places_find(o->state_dir, o->cron_dir, &a->places, e);
	if (rc == 0)
		rc = places_prepare(&a->places, e);
	if (rc == 0)
		rc = take_lock(a, e);
	if (rc == 0)
		rc = state_load(&a->places, &a->state, e);
	if (rc < 0)
		return rc;
	const char *cut_short = state_text(&a->state, "run_in_progress");
	if (cut_short != NULL)
		rc = run_recover(&a->places, cut_short, e);
	return rc;
}

int
agent_open(
    const struct options *o, struct term *t, struct agent **ret, struct err *e)
{
	struct agent *a = xcalloc(1, sizeof(*a));
	a->options = o;
	a->term = t;
	a->lock_fd = -1;
	a->arena = arena_new();
	int rc = prepare(a, o, e);
	if (rc < 0) {
		agent_close(&a);
		return rc;
	}
	a->fabric = fabric_open_local(&a->places, state_id(&a->state));
	a->loop = loop_new();
	a->on_int = loop_watch_signal(a->loop, SIGINT, on_int, a);
	a->on_term = loop_watch_signal(a->loop, SIGTERM, on_term, a);
	a->on_hup = loop_watch_signal(a->loop, SIGHUP, on_hup, a);
	*ret = a;
	return 0;
}

void
agent_close(struct agent **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct agent *a = *at;
	local_socket_close(&a->socket);
	loop_unwatch(&a->on_int);
	loop_unwatch(&a->on_term);
	loop_unwatch(&a->on_hup);
	loop_free(&a->loop);
	fabric_close(&a->fabric);
	inputs_free(&a->inputs);
	bundle_free(&a->bundle);
	arena_free(&a->arena);
	state_release(&a->state);
	fd_close(&a->lock_fd);
	places_release(&a->places);
	free(a);
	*at = NULL;
}

int
agent_use_bundle(struct agent *a, const char *dir, struct err *e)
{
	if (dir == NULL)
		dir = state_text(&a->state, "bundle_dir");
	if (dir == NULL)
		return err_set(e, ERR_ABSENT,
		    "no bundle was booted here; give --bundle DIR");
	int rc = bundle_load(dir, &a->bundle, e);
	if (rc < 0)
		return rc;
	return inputs_resolve(
	    a->bundle, a->options->inputs, &a->options->input, &a->inputs, e);
}

struct waiting {
	struct agent *agent;
	struct child_end end;
	bool ended;
};

static void
on_end(const struct child_end *end, void *arg)
{
	struct waiting *w = arg;
	w->end = *end;
	w->ended = true;
	loop_stop(w->agent->loop);
}

/* The phases' frames go to their own argument, the end comes to us. */
struct relay {
	struct waiting waiting;
	void (*on_frame)(struct jsn *frame, void *arg);
	void *arg;
};

static void
relay_frame(struct jsn *frame, void *arg)
{
	struct relay *r = arg;
	if (r->on_frame != NULL)
		r->on_frame(frame, r->arg);
}

static void
relay_end(const struct child_end *end, void *arg)
{
	struct relay *r = arg;
	on_end(end, &r->waiting);
}

int
agent_wait(struct agent *a, struct child_spec *spec, struct child_end *ret_end,
    struct err *e)
{
	if (a->interrupted != 0)
		return err_set(e, ERR_STATE, "interrupted by SIG%s",
		    sigabbrev_np(a->interrupted));
	struct relay r = { .waiting = { .agent = a },
		.on_frame = spec->on_frame,
		.arg = spec->arg };
	spec->on_frame = relay_frame;
	spec->on_end = relay_end;
	spec->arg = &r;
	int rc = child_start(a->loop, a->run, spec, &a->child, e);
	while (rc == 0 && !r.waiting.ended)
		rc = loop_run(a->loop, e);
	a->child = NULL;
	if (rc == 0)
		*ret_end = r.waiting.end;
	return rc;
}

const char *const *
agent_environment(struct arena *arena, const char *const *more)
{
	static const char *const fixed[] = {
		("PATH=" AGENT_CHILD_PATH),
		"LANG=C.UTF-8",
		"LC_ALL=C.UTF-8",
	};
	static const char *const passed[] = { "HOME", "USER", "LOGNAME",
		"SHELL", "TERM", "TZ", "TMPDIR", "http_proxy", "https_proxy",
		"ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
		"ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"NO_COLOR", "RIGHTLINK_LIBEXEC", "RIGHTLINK_SHARE",
		"RIGHTLINK_LIB", "ASAN_OPTIONS", "LSAN_OPTIONS",
		"UBSAN_OPTIONS" };
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
use_more_inputs(struct agent *a, struct err *e)
{
	struct inputs *all = NULL;
	int rc = inputs_resolve(
	    a->bundle, a->options->inputs, &a->options->input, &all, e);
	if (rc < 0)
		return rc;
	run_use_mask(a->run, all->mask);
	inputs_free(&a->inputs);
	a->inputs = all;
	return 0;
}

static int
do_phases(struct agent *a, struct err *e)
{
	int rc = phase_fetch(a, e);
	/* Headers of fetched scripts declare inputs, too. */
	if (rc == 0 && a->bundle->script_sources.len > 0)
		rc = use_more_inputs(a, e);
	if (rc == 0)
		rc = phase_packages(a, e);
	if (rc == 0)
		rc = phase_cook(a, e);
	struct err journal = { 0 };
	if (run_journal_error(a->run, &journal) < 0) {
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
open_run(struct agent *a, const struct run_request *q, struct err *e)
{
	AUTO(jsn_free) struct jsn *names = names_of(q);
	struct run_start start = { .places = &a->places,
		.mask = a->inputs->mask,
		.term = a->term,
		.kind = q->kind,
		.bundle_name = a->bundle->name,
		.bundle_version = a->bundle->version,
		.bundle_dir = a->bundle->dir,
		.executables = names,
		.request_id = q->request_id };
	int rc = run_open(&start, &a->run, e);
	if (rc < 0)
		return rc;
	state_set_text(&a->state, "run_in_progress", run_id(a->run));
	state_set_text(&a->state, "last_run", run_id(a->run));
	return state_save(&a->state, e);
}

int
agent_run(struct agent *a, const struct run_request *q,
    enum run_status *ret_status, struct err *e)
{
	a->entries = q->entries;
	a->entries_len = q->entries_len;
	a->extra = q->attributes;
	a->script_parameters = q->parameters;
	a->hops = q->hops;
	int rc = open_run(a, q, e);
	if (rc < 0) {
		run_close(&a->run);
		return rc;
	}
	struct err failure = { 0 };
	rc = q->entries_len > 0 ? do_phases(a, &failure) : 0;
	if (a->interrupted != 0)
		rc = err_set(&failure, ERR_STATE, "interrupted by SIG%s",
		    sigabbrev_np(a->interrupted));
	if (rc < 0)
		run_fail(a->run, failure.text);
	*ret_status = rc == 0            ? RUN_COMPLETED
		      : rc == ERR_CLOSED ? RUN_CRASHED
					 : RUN_FAILED;
	return 0;
}

int
agent_finish(
    struct agent *a, enum run_status status, int exit_status, struct err *e)
{
	int rc = run_finish(a->run, status,
	    instance_state_name(state_now(&a->state)), exit_status, e);
	state_set_text(&a->state, "run_in_progress", NULL);
	struct err other = { 0 };
	int saved = state_save(&a->state, &other);
	if (rc == 0 && saved < 0) {
		*e = other;
		rc = saved;
	}
	return rc == 0 ? run_prune(&a->places, e) : rc;
}

static void
refuse(struct agent *a, const struct inbox_item *item)
{
	struct jsn *event = wire_event_new("remote_refused");
	jsn_set_str(event, "request_id", item->request_id);
	jsn_set_str(event, "executable", item->name);
	jsn_set_str(event, "text", "the bundle does not allow it");
	run_event(a->run, event);
	run_fail(a->run, "the bundle does not allow the request");
}

/* 0 when the request became a run, whatever its end. */
static int
run_item(struct agent *a, const struct inbox_item *item, struct err *e)
{
	const struct bundle_entry *entry =
	    bundle_find_remote(a->bundle, item->kind, item->name);
	struct run_request q = { .kind = "remote",
		.entries = &entry,
		.entries_len = entry != NULL,
		.attributes = item->attributes,
		.parameters = item->parameters,
		.request_id = item->request_id,
		.hops = item->hops };
	enum run_status status = RUN_FAILED;
	int rc = agent_run(a, &q, &status, e);
	if (rc < 0)
		return rc;
	if (entry == NULL) {
		refuse(a, item);
		status = RUN_FAILED;
	}
	rc = agent_finish(a, status, status != RUN_COMPLETED, e);
	const char *why = run_failure(a->run);
	term_say(a->term, status == RUN_COMPLETED ? TERM_GOOD : TERM_BAD,
	    "==> remote run of %s %s: %s%s%s", executable_kind_name(item->kind),
	    item->name, run_status_name(status), why ? ": " : "",
	    why ? why : "");
	run_close(&a->run);
	return rc;
}

void
agent_run_inbox(struct agent *a)
{
	while (a->interrupted == 0 && !a->shutdown_now) {
		AUTO(arena_free) struct arena *arena = arena_new();
		struct inbox_item item = { .name = NULL };
		struct err e = { 0 };
		int rc = inbox_take(arena, &a->places, &item, &e);
		if (rc == 0)
			return;
		if (rc > 0)
			rc = run_item(a, &item, &e);
		inbox_item_release(&item);
		if (rc < 0)
			term_say(a->term, TERM_WARN, "rightlink: %s", e.text);
	}
}
