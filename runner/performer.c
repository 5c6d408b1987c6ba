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
#include "runner/inbox.h"
#include "wire/frames.h"

static int
take_lock(struct performer *p, struct err *e)
{
	AUTO_STR char *path = places_state(&p->places, "lock");
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

static void
interrupt(struct performer *p, int number)
{
	p->interrupted = number;
	if (p->child != NULL)
		child_stop(p->child);
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
prepare(struct performer *p, const struct options *o, struct err *e)
{
	int rc = places_find(o->state_dir, o->cron_dir, &p->places, e);
	if (rc == 0)
		rc = places_prepare(&p->places, e);
	if (rc == 0)
		rc = take_lock(p, e);
	if (rc == 0)
		rc = state_load(&p->places, &p->state, e);
	if (rc < 0)
		return rc;
	const char *cut_short = state_text(&p->state, "run_in_progress");
	if (cut_short != NULL)
		rc = run_recover(&p->places, cut_short, e);
	return rc;
}

int
performer_open(const struct options *o, struct term *t, struct performer **ret,
    struct err *e)
{
	struct performer *p = xcalloc(1, sizeof(*p));
	p->options = o;
	p->term = t;
	p->lock_fd = -1;
	p->arena = arena_new();
	int rc = prepare(p, o, e);
	if (rc < 0) {
		performer_close(&p);
		return rc;
	}
	p->fabric = fabric_open_local(&p->places, state_id(&p->state));
	p->loop = loop_new();
	p->on_int = loop_watch_signal(p->loop, SIGINT, on_int, p);
	p->on_term = loop_watch_signal(p->loop, SIGTERM, on_term, p);
	p->on_hup = loop_watch_signal(p->loop, SIGHUP, on_hup, p);
	*ret = p;
	return 0;
}

void
performer_close(struct performer **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct performer *p = *at;
	local_socket_close(&p->socket);
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
	free(p);
	*at = NULL;
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
	return inputs_resolve(
	    p->bundle, p->options->inputs, &p->options->input, &p->inputs, e);
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
performer_wait(struct performer *p, struct child_spec *spec,
    struct child_end *ret_end, struct err *e)
{
	if (p->interrupted != 0)
		return err_set(e, ERR_STATE, "interrupted by SIG%s",
		    sigabbrev_np(p->interrupted));
	struct relay r = { .waiting = { .performer = p },
		.on_frame = spec->on_frame,
		.arg = spec->arg };
	spec->on_frame = relay_frame;
	spec->on_end = relay_end;
	spec->arg = &r;
	int rc = child_start(p->loop, p->run, spec, &p->child, e);
	while (rc == 0 && !r.waiting.ended)
		rc = loop_run(p->loop, e);
	p->child = NULL;
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
use_more_inputs(struct performer *p, struct err *e)
{
	struct inputs *all = NULL;
	int rc = inputs_resolve(
	    p->bundle, p->options->inputs, &p->options->input, &all, e);
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
	struct run_start start = { .places = &p->places,
		.mask = p->inputs->mask,
		.term = p->term,
		.kind = q->kind,
		.bundle_name = p->bundle->name,
		.bundle_version = p->bundle->version,
		.bundle_dir = p->bundle->dir,
		.executables = names,
		.request_id = q->request_id };
	int rc = run_open(&start, &p->run, e);
	if (rc < 0)
		return rc;
	state_set_text(&p->state, "run_in_progress", run_id(p->run));
	state_set_text(&p->state, "last_run", run_id(p->run));
	return state_save(&p->state, e);
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
	if (p->interrupted != 0)
		rc = err_set(&failure, ERR_STATE, "interrupted by SIG%s",
		    sigabbrev_np(p->interrupted));
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
	return rc == 0 ? run_prune(&p->places, e) : rc;
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
