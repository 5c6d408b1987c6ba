/* SPDX-License-Identifier: MIT */
/* `rightlink boot`, and `rightlink run` in this process. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/handover.h"
#include "runner/json_option.h"
#include "runner/performer.h"
#include "runner/schedules.h"
#include "wire/frames.h"

#define JSON_MAX_BYTES ((size_t)16 << 20)

static int
fail(const struct term *t, const struct err *e, int exit_status)
{
	term_error(t, e, exit_status);
	return exit_status;
}

/* Lock, state, bundle, inputs: before anything is run. */
static int
start(const struct options *o, struct term *t, bool is_boot,
    struct performer **ret)
{
	struct err e = { 0 };
	int rc = performer_open(o, t, ret, &e);
	if (rc < 0)
		return fail(t, &e,
		    rc == ERR_STATE ? EXIT_STATUS_BUSY : EXIT_STATUS_FAILED);
	(*ret)->is_boot = is_boot;
	rc = performer_use_bundle(*ret, o->bundle, &e);
	return rc < 0 ? fail(t, &e, EXIT_STATUS_CONFIG) : EXIT_STATUS_OK;
}

static void
print_result(struct performer *p)
{
	AUTO_STR char *path = path_join(run_dir(p->run), "result.json");
	AUTO(jsn_free) struct jsn *result = NULL;
	struct err e = { 0 };
	if (jsn_load(AT_FDCWD, path, JSON_MAX_BYTES, &result, &e) < 0)
		term_error(p->term, &e, EXIT_STATUS_FAILED);
	else
		term_json(p->term, result);
}

static void
print_summary(struct performer *p, const char *kind, enum run_status status)
{
	struct term *t = p->term;
	const char *why = run_failure(p->run);
	if (why != NULL && status != RUN_COMPLETED)
		term_say(t, TERM_BAD, "==> %s run %s: %s", kind,
		    run_status_name(status), why);
	else
		term_say(t, TERM_GOOD,
		    "==> %s run %s: %zu resource%s %supdated in %.1f s", kind,
		    run_status_name(status), run_updated(p->run),
		    run_updated(p->run) == 1 ? "" : "s",
		    p->options->why_run ? "would be " : "",
		    (double)run_elapsed_ms(p->run) / 1000);
	term_line(t, TERM_FAINT, "    instance is %s; audit: %s/audit.txt",
	    instance_state_name(state_now(&p->state)), run_dir(p->run));
	if (p->shutdown > SHUTDOWN_CONTINUE)
		term_say(t, TERM_WARN, "    %s is requested",
		    shutdown_level_name(p->shutdown));
	if (t->output == TERM_JSON)
		print_result(p);
}

/* One run with its result, its summary and what it put into the inbox. */
static int
perform(struct performer *p, const struct run_request *q,
    void (*after)(struct performer *p, enum run_status status))
{
	struct err e = { 0 };
	enum run_status status = RUN_FAILED;
	int rc = performer_run(p, q, &status, &e);
	if (rc < 0)
		return fail(p->term, &e, EXIT_STATUS_FAILED);
	if (after != NULL)
		after(p, status);
	int exit_status = performer_exit_status(p, status);
	rc = performer_finish(p, status, exit_status, &e);
	if (rc < 0)
		exit_status = fail(p->term, &e, EXIT_STATUS_FAILED);
	print_summary(p, q->kind, status);
	run_close(&p->run);
	performer_run_inbox(p);
	return p->interrupted != 0 ? 128 + p->interrupted : exit_status;
}

static const struct bundle_entry **
entries_of(const struct bundle_list *list)
{
	const struct bundle_entry **entries =
	    xcalloc(list->len + 1, sizeof(const struct bundle_entry *));
	for (size_t i = 0; i < list->len; i++)
		entries[i] = &list->list[i];
	return entries;
}

static void
free_entries(const struct bundle_entry ***entries)
{
	free(*entries);
}

static int
enter_booting(struct performer *p, struct err *e)
{
	struct state *s = &p->state;
	state_note_boot(s);
	int rc = state_move(s, STATE_BOOT_STARTED, e);
	if (rc < 0)
		return rc;
	state_set_text(s, "bundle_dir", p->bundle->dir);
	state_set_text(s, "bundle_name", p->bundle->name);
	state_set_text(s, "bundle_version", p->bundle->version);
	jsn_set(s->root, "inputs", inputs_given(p->inputs));
	return state_save(s, e);
}

/* An immediate shutdown request leaves the instance booting: the boot is run
 * again after it. */
static void
leave_booting(struct performer *p, enum run_status status)
{
	if (status == RUN_COMPLETED && p->shutdown_now)
		return;
	struct err e = { 0 };
	if (status == RUN_COMPLETED &&
	    schedules_use_bundle(&p->places, p->bundle, &e) < 0)
		run_warn(p->run, "schedules of the bundle: %s", e.text);
	enum state_event event =
	    status == RUN_COMPLETED ? STATE_BOOT_COMPLETED : STATE_BOOT_FAILED;
	enum instance_state from = state_now(&p->state);
	if (state_move(&p->state, event, &e) < 0) {
		run_warn(p->run, "%s", e.text);
		return;
	}
	struct jsn *moved = wire_event_new("state_changed");
	jsn_set_str(moved, "from", instance_state_name(from));
	jsn_set_str(moved, "to", instance_state_name(state_now(&p->state)));
	run_event(p->run, moved);
}

int
command_boot(const struct options *o, struct term *t)
{
	struct err e = { 0 };
	struct options all = *o;
	if (all.bundle == NULL && all.args.len > 0)
		all.bundle = all.args.list[0];
	const struct option_list whole = { .len = 0 };
	int handed = 0;
	if (handover_run(&all, t, &whole, &handed))
		return handed;
	if (all.bundle == NULL) {
		(void)err_set(&e, ERR_INVALID,
		    "boot needs a bundle: rightlink boot --bundle DIR");
		return fail(t, &e, EXIT_STATUS_USAGE);
	}
	AUTO(performer_close) struct performer *p = NULL;
	int status = start(&all, t, true, &p);
	if (status != EXIT_STATUS_OK)
		return status;
	if (!o->why_run && enter_booting(p, &e) < 0)
		return fail(t, &e, EXIT_STATUS_FAILED);
	AUTO(free_entries)
	const struct bundle_entry **entries = entries_of(&p->bundle->boot);
	struct run_request q = { .kind = "boot",
		.entries = entries,
		.entries_len = p->bundle->boot.len };
	return perform(p, &q, o->why_run ? NULL : leave_booting);
}

static int
find_entries(const struct performer *p, const struct option_list *names,
    const struct bundle_entry **entries, struct err *e)
{
	for (size_t i = 0; i < names->len; i++) {
		int rc = bundle_find_executable(
		    p->bundle, names->list[i], &entries[i], e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
run_here(const struct options *o, struct term *t)
{
	struct err e = { 0 };
	int handed = 0;
	if (handover_run(o, t, &o->args, &handed))
		return handed;
	if (o->no_wait || o->thread != NULL) {
		(void)err_set(&e, ERR_INVALID,
		    "run: %s needs a running agent, which has queues",
		    o->no_wait ? "--no-wait" : "--thread");
		return fail(t, &e, EXIT_STATUS_USAGE);
	}
	AUTO(jsn_free) struct jsn *attributes = NULL, *parameters = NULL;
	if (json_option_load(o->json, &attributes, &e) < 0 ||
	    parameters_parse(&o->parameters, &parameters, &e) < 0)
		return fail(t, &e, EXIT_STATUS_CONFIG);
	AUTO(performer_close) struct performer *p = NULL;
	int status = start(o, t, false, &p);
	if (status != EXIT_STATUS_OK)
		return status;
	const struct bundle_entry *entries[OPTION_LIST_MAX];
	if (find_entries(p, &o->args, entries, &e) < 0)
		return fail(t, &e, EXIT_STATUS_CONFIG);
	struct run_request q = { .kind = "operational",
		.entries = entries,
		.entries_len = o->args.len,
		.attributes = attributes,
		.parameters = parameters };
	return perform(p, &q, NULL);
}
