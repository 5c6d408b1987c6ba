/* SPDX-License-Identifier: MIT */
/* The cook: its run spec, its events, its end. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/fsat.h"
#include "runner/performer.h"
#include "wire/frames.h"
#include "wire/record.h"
#include "wire/runspec.h"

/* The run's failure, if this event tells one. RightLink 6, section 3.7: an
 * exit counts as success when an immediate shutdown was asked for. */
static void
note_failure(struct performer *p, const struct jsn *event)
{
	struct record action = { .end = RECORD_UPDATED };
	bool is_record = record_peek(event, &action);
	if (p->shutdown_now &&
	    text_eq(jsn_peek_str(event, "class", ""), "SystemExit"))
		return;
	if (is_record && action.end == RECORD_FAILED && !action.ignored) {
		AUTO_BUF struct buf text = BUF_INIT(FRAME_MAX_BYTES);
		buf_printf(&text, "%s: %s", action.resource, action.text);
		run_fail(p->run, buf_text(&text));
	} else if (text_eq(jsn_peek_str(event, "event", ""), "cook_failed")) {
		run_fail(p->run, jsn_peek_str(event, "text", "failed"));
	}
}

static void
on_frame(struct jsn *frame, void *arg)
{
	struct performer *p = arg;
	if (!text_eq(jsn_peek_str(frame, "type", ""), "event")) {
		run_warn(p->run, "cook sent a frame '%.64s' that is no event",
		    jsn_peek_str(frame, "type", ""));
		return;
	}
	if (text_eq(jsn_peek_str(frame, "event", ""), "converge_finished"))
		p->converged = true;
	note_failure(p, frame);
	run_event(p->run, jsn_ref(frame));
}

/* A directory of the bundle, or NULL when there is none. */
static const char *
bundle_dir(struct arena *arena, const struct bundle *b, const char *name)
{
	const char *path = arena_printf(arena, "%s/%s", b->dir, name);
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? path : NULL;
}

static const char *
node_name(struct arena *arena, const struct performer *p)
{
	if (p->options->node_name != NULL)
		return p->options->node_name;
	char host[HOST_NAME_MAX + 1] = { 0 };
	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
		return "localhost";
	return arena_strdup(arena, host);
}

static const char *
state_path(struct arena *arena, const struct performer *p, const char *name)
{
	return arena_printf(arena, "%s/%s", p->places.state, name);
}

/* One a thread: cooks of several threads work side by side. */
static const char *
lockfile(struct arena *arena, const struct performer *p)
{
	const char *name =
	    p->order != NULL
		? arena_printf(arena, "cook-%s.lock", p->order->thread)
		: "cook.lock";
	return state_path(arena, p, name);
}

/* A script of the run list: the resource that asks us back to run it. */
static struct jsn *
script_properties(const struct performer *p, const struct bundle_entry *entry)
{
	struct jsn *o = jsn_new_object();
	const struct bundle_script *s =
	    bundle_find_script(p->bundle, entry->name);
	ASSERT(s != NULL);
	jsn_set_str(o, "source_file", s->file);
	if (entry->timeout_ms > 0)
		jsn_set_int(o, "timeout", entry->timeout_ms / 1000);
	if (entry->inputs != NULL)
		jsn_set(o, "parameters", jsn_ref(entry->inputs));
	return o;
}

static void
fill_items(struct arena *arena, const struct performer *p, struct runspec *spec,
    struct jsn *held)
{
	spec->items_len = p->entries_len;
	spec->items =
	    arena_array_of(arena, struct runspec_item, p->entries_len);
	for (size_t i = 0; i < p->entries_len; i++) {
		const struct bundle_entry *entry = p->entries[i];
		struct runspec_item *item = &spec->items[i];
		item->name = entry->name;
		item->kind = entry->kind == EXECUTABLE_ROLE ? RUNSPEC_ROLE
							    : RUNSPEC_RECIPE;
		if (entry->kind != EXECUTABLE_SCRIPT)
			continue;
		item->kind = RUNSPEC_RESOURCE;
		item->resource = "right_script";
		item->properties = script_properties(p, entry);
		jsn_push(held, item->properties);
	}
}

static void
fill_secrets(
    struct arena *arena, const struct performer *p, struct runspec *spec)
{
	const struct inputs *in = p->inputs;
	spec->secrets = arena_array_of(arena, struct runspec_secret, in->len);
	for (size_t i = 0; i < in->len; i++) {
		if (in->list[i].secret == NULL)
			continue;
		struct str value = secret_reveal(in->list[i].secret);
		struct runspec_secret *s = &spec->secrets[spec->secrets_len++];
		s->name = in->list[i].name;
		s->value = arena_strndup(arena, value.data, value.len);
	}
}

static struct jsn *
make_attributes(const struct performer *p)
{
	struct jsn *all = jsn_new_object();
	jsn_merge(all, p->bundle->attributes);
	inputs_to_attributes(p->inputs, all);
	if (p->extra != NULL)
		jsn_merge(all, p->extra);
	return all;
}

static struct runspec
make_spec(struct arena *arena, struct performer *p, struct jsn *held)
{
	const struct bundle *b = p->bundle;
	const struct options *o = p->options;
	struct jsn *attributes = make_attributes(p);
	jsn_push(held, attributes);
	struct runspec spec = {
		.run_id = run_id(p->run),
		.node_name = node_name(arena, p),
		.cookbook_paths = p->cookbook_paths,
		.cookbook_paths_len = p->cookbook_paths_len,
		.role_path = bundle_dir(arena, b, "roles"),
		.data_bag_path = bundle_dir(arena, b, "data_bags"),
		.environment_path = bundle_dir(arena, b, "environments"),
		.environment = o->environment ? o->environment : b->environment,
		.attributes = attributes,
		.file_cache_path = state_path(arena, p, "cache"),
		.file_backup_path = state_path(arena, p, "backup"),
		.lockfile = lockfile(arena, p),
		.stacktrace_path =
		    arena_printf(arena, "%s/stacktrace.out", run_dir(p->run)),
		.why_run = o->why_run,
		.log_level = o->log_level   ? o->log_level
			     : b->log_level ? b->log_level
					    : "warn",
		.socket = local_socket_path(p->socket),
		.compat = b->compat,
	};
	fill_items(arena, p, &spec, held);
	fill_secrets(arena, p, &spec);
	return spec;
}

static void
tell_start(struct performer *p)
{
	struct jsn *event = wire_event_new("cook_started");
	struct jsn *list = jsn_new_array();
	for (size_t i = 0; i < p->entries_len; i++) {
		AUTO_STR char *item = xasprintf("%s[%s]",
		    executable_kind_name(p->entries[i]->kind),
		    p->entries[i]->name);
		jsn_push_str(list, item);
	}
	jsn_set(event, "run_list", list);
	run_event(p->run, event);
}

/* runspec.json: what the cook is told, without the secrets. */
static int
save_spec(struct performer *p, struct runspec spec, struct err *e)
{
	spec.secrets_len = 0;
	AUTO(jsn_free) struct jsn *frame = runspec_format(&spec);
	return run_write(p->run, "runspec.json", frame, e);
}

static int
judge(struct performer *p, const struct child_end *end, struct err *e)
{
	AUTO_BUF struct buf how = BUF_INIT(256);
	child_end_text(end, &how);
	int rc = performer_check_interrupt(p, e);
	if (rc == 0 && end->timed_out)
		rc = err_set(e, ERR_TIMEOUT, RUN_TIME_LIMIT);
	if (rc < 0) {
		run_fail_by(p->run, e->text);
		return rc;
	}
	if (end->frames.code != 0 && end->frames.code != ERR_CLOSED)
		return err_set(e, ERR_PROTOCOL,
		    "the cook sent what is no event: %s", end->frames.text);
	if (end->signal != 0) {
		struct jsn *event = wire_event_new("cook_crashed");
		AUTO_STR char *text =
		    xasprintf("the cook was %s", buf_text(&how));
		jsn_set_str(event, "text", text);
		run_event(p->run, event);
		return err_set(e, ERR_CLOSED, "%s", text);
	}
	if (p->shutdown_now && run_failure(p->run) == NULL)
		return 0;
	if (end->status != 0)
		return err_set(e, ERR_EXIT, "%s",
		    run_failure(p->run) ? run_failure(p->run) : buf_text(&how));
	if (!p->converged)
		return err_set(e, ERR_EXIT,
		    "a recipe or script ended the run before it had converged, "
		    "without asking for a shutdown");
	return 0;
}

static int
run_cook(struct performer *p, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	AUTO(jsn_free) struct jsn *held = jsn_new_array();
	struct runspec spec = make_spec(arena, p, held);
	int rc = save_spec(p, spec, e);
	if (rc < 0)
		return rc;
	tell_start(p);
	AUTO(jsn_free) struct jsn *frame = runspec_format(&spec);
	const char *socket = arena_printf(
	    arena, "%s=%s", WIRE_SOCKET_ENV, local_socket_path(p->socket));
	const char *more[] = { socket, NULL };
	AUTO_STR char *program = path_join(p->places.libexec, "cook");
	const char *argv[] = { program, NULL };
	struct child_spec child = { .argv = argv,
		.env = performer_environment(arena, more),
		.out_stream = 1,
		.err_stream = 2,
		.first_frame = frame,
		.whole_tree = p->order != NULL,
		.on_frame = on_frame,
		.arg = p };
	struct child_end end;
	rc = performer_wait(p, &child, &end, e);
	return rc < 0 ? err_wrap(e, "cook") : judge(p, &end, e);
}

int
phase_cook(struct performer *p, struct err *e)
{
	p->converged = false;
	int rc = local_socket_open(p, &p->socket, e);
	if (rc == 0) {
		rc = run_cook(p, e);
		/* What failed first is the cook, not a script cut short. */
		if (rc < 0)
			run_fail(p->run, e->text);
		local_socket_drain(p->socket);
	}
	local_socket_close(&p->socket);
	return rc;
}
