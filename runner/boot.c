/* SPDX-License-Identifier: MIT */
/*
 * The boot (RightLink 6, section 1.3): it waits for a bundle, then for values
 * of required inputs, then runs the boot list once; its end makes the instance
 * operational or stranded. Missing inputs are looked for again when one is set
 * here and each 20 s, told each 2 minutes, and after the limit the boot is
 * begun as it is: its audit then says what is missing.
 */
#include <stdlib.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"

#define LOOK_MS 20000
#define TELL_MS 120000
#define MISSING_MS (45 * 60 * 1000)

void
boot_release(struct supervisor *s)
{
	struct boot *b = &s->boot;
	loop_unwatch(&b->look);
	loop_unwatch(&b->deadline);
	jsn_free(&b->missing);
	b->stage = BOOT_NONE;
}

int
boot_enter(struct supervisor *s, struct err *e)
{
	bool again = state_now(&s->state) == STATE_BOOTING &&
		     jsn_peek_bool(s->state.root, "reboot", false);
	bool fresh = state_now(&s->state) != STATE_BOOTING ||
		     state_was_rebooted(&s->state) || !s->boot.noted;
	if (fresh) {
		state_note_boot(&s->state);
		s->state.reboot = s->state.reboot || again;
		jsn_set_bool(s->state.root, "reboot", s->state.reboot);
		s->boot.noted = true;
	}
	int rc = supervisor_move(s, STATE_BOOT_STARTED, e);
	if (rc < 0)
		return rc;
	queue_activate(s->queue, false);
	if (s->bundle == NULL)
		return 0;
	state_set_text(&s->state, "bundle_dir", s->bundle->dir);
	state_set_text(&s->state, "bundle_name", s->bundle->name);
	state_set_text(&s->state, "bundle_version", s->bundle->version);
	supervisor_save(s);
	return 0;
}

/* A bundle that does not load has no names: its boot run tells why. */
static void
find_missing(struct supervisor *s)
{
	struct boot *b = &s->boot;
	jsn_free(&b->missing);
	AUTO(jsn_free) struct jsn *stored = NULL;
	struct err e = { 0 };
	if (s->bundle == NULL ||
	    inputs_load_stored(s->o.places, &stored, &e) < 0)
		return;
	struct input_sources sources = { .file = s->o.inputs_file,
		.stored = stored };
	if (inputs_missing(s->bundle, &sources, &b->missing, &e) < 0)
		log_event(
		    LOG_LEVEL_WARN, "inputs_wrong", LOG_STR("text", e.text));
	else if (jsn_len(b->missing) == 0)
		jsn_free(&b->missing);
}

static void
tell_missing(struct supervisor *s)
{
	struct boot *b = &s->boot;
	int64_t now = clock_mono_ms();
	if (b->told_ms != 0 && now - b->told_ms < TELL_MS)
		return;
	b->told_ms = now;
	AUTO_BUF struct buf names = BUF_INIT(4096);
	for (size_t i = 0; i < jsn_len(b->missing); i++)
		buf_printf(&names, "%s%.*s", i > 0 ? ", " : "",
		    STR_ARG(jsn_str(jsn_at(b->missing, i))));
	log_event(LOG_LEVEL_WARN, "boot_waits_for_inputs",
	    LOG_STR("names", buf_text(&names)),
	    LOG_STR("hint", "rightlink config input NAME=VALUE"));
}

static void
on_look(void *arg)
{
	struct supervisor *s = arg;
	loop_unwatch(&s->boot.look);
	boot_look(s);
}

static void
on_deadline(void *arg)
{
	struct supervisor *s = arg;
	loop_unwatch(&s->boot.deadline);
	s->boot.too_late = true;
	boot_look(s);
}

static void
wait_for_inputs(struct supervisor *s)
{
	struct boot *b = &s->boot;
	b->stage = BOOT_WANTS_INPUTS;
	tell_missing(s);
	if (b->look == NULL)
		b->look = loop_after(s->o.loop, LOOK_MS, on_look, s);
	int64_t limit_ms = s->o.missing_ms > 0 ? s->o.missing_ms : MISSING_MS;
	if (b->deadline == NULL)
		b->deadline = loop_after(s->o.loop, limit_ms, on_deadline, s);
}

static void
run_list(struct supervisor *s)
{
	struct boot *b = &s->boot;
	loop_unwatch(&b->look);
	struct run_order o = { .kind = ORDER_BOOT, .trusted = true };
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	b->stage = BOOT_RUNS;
	b->left = queue_has_left(s->queue, ORDER_BOOT);
	/* One that waits since before a crash is as good. */
	if (queue_has(s->queue, ORDER_BOOT, true) ||
	    queue_add(s->queue, &o, run_id, &e) == 0)
		return;
	log_event(LOG_LEVEL_ERROR, "boot_not_queued", LOG_STR("text", e.text));
	b->stage = BOOT_WANTS_INPUTS;
	b->look = loop_after(s->o.loop, LOOK_MS, on_look, s);
}

void
boot_look(struct supervisor *s)
{
	struct boot *b = &s->boot;
	if (b->stage == BOOT_NONE || b->stage == BOOT_RUNS || s->ending)
		return;
	if (s->bundle_dir == NULL) {
		b->stage = BOOT_WANTS_BUNDLE;
		return;
	}
	find_missing(s);
	if (b->missing != NULL && !b->too_late)
		wait_for_inputs(s);
	else
		run_list(s);
}

void
boot_begin(struct supervisor *s)
{
	struct err e = { 0 };
	if (boot_enter(s, &e) < 0) {
		log_event(
		    LOG_LEVEL_ERROR, "boot_refused", LOG_STR("text", e.text));
		return;
	}
	s->boot.stage = BOOT_WANTS_BUNDLE;
	s->boot.too_late = false;
	boot_look(s);
}

/* The names came from headers of scripts that were fetched for the run. */
static bool
waits_once_more(struct supervisor *s, const struct queue_end *end)
{
	struct boot *b = &s->boot;
	if (end->missing_inputs == NULL || b->too_late || b->stage != BOOT_RUNS)
		return false;
	jsn_free(&b->missing);
	b->missing = jsn_copy(end->missing_inputs);
	wait_for_inputs(s);
	return true;
}

static void
settle(struct supervisor *s, bool good)
{
	struct err e = { 0 };
	boot_release(s);
	enum state_event event =
	    good ? STATE_BOOT_COMPLETED : STATE_BOOT_FAILED;
	/* An instance that is being decommissioned keeps its state. */
	if (supervisor_move(s, event, &e) < 0) {
		log_event(LOG_LEVEL_INFO, "boot_end_without_effect",
		    LOG_STR("text", e.text));
		return;
	}
	jsn_set_bool(s->state.root, "reboot", false);
	supervisor_save(s);
	if (good)
		timetable_use_bundle(s);
	timetable_changed(s);
	queue_activate(s->queue, true);
}

void
boot_ended(struct supervisor *s, const struct queue_end *end)
{
	bool good = end->state == DELIVERY_ok;
	/* The agent is to end: the boot is run again by the next one. */
	if (s->ending && end->state == DELIVERY_interrupted)
		return;
	/* Cut short with the agent before this one: run again. */
	bool left = s->boot.left;
	s->boot.left = false;
	if (left && end->state == DELIVERY_interrupted) {
		s->boot.stage = BOOT_WANTS_BUNDLE;
		boot_look(s);
		return;
	}
	/* RightLink 6, section 1.3: it stays booting and boots again after
	 * the shutdown that its list asked for at once. */
	if (good && s->leave.now)
		return;
	if (!good && waits_once_more(s, end))
		return;
	settle(s, good);
}
