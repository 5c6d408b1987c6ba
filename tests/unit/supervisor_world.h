/* SPDX-License-Identifier: MIT */
/*
 * A supervisor without a router in a directory of its own, with real perform
 * processes; the cook plays the steps of a file (tests/scenarios/play_cook.py).
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/supervisor.h"

#ifndef TEST_SOURCE_DIR /* of the build */
#	define TEST_SOURCE_DIR "tests"
#endif
#define PATIENCE_MS 60000

struct world {
	char top[64];
	char *bundle, *built, *boots;
	struct places places;
	struct loop *loop;
	struct journal *journal;
	struct supervisor *s;
	struct supervisor_options o;
	struct supervisor_ports ports;
	bool over, late;
	size_t ended;
	char status[16]; /* of the newest end */
	char reason[256];
	bool (*until)(struct world *w);
	const char *file;          /* of until_file */
	enum instance_state state; /* of until_state */
	struct loop_watch *look;
	int64_t deadline_ms;
};

static void
put(struct world *w, const char *name, const char *text, mode_t mode)
{
	struct err e = { 0 };
	AUTO_STR char *path = path_join(w->top, name);
	AUTO_STR char *dir = path_dirname(path);
	assert_true(fsat_mkdir_all(AT_FDCWD, dir, 0755, &e) >= 0);
	assert_int_equal(fsat_replace(AT_FDCWD, path, str_from(text), mode,
			     FSAT_NO_SYNC, &e),
	    0);
}

UNUSED static bool
is_there(const struct world *w, const char *name)
{
	AUTO_STR char *path = path_join(w->top, name);
	return access(path, F_OK) == 0;
}

static void
note_ended(const struct queue_end *end, void *arg)
{
	struct world *w = arg;
	w->ended++;
	size_t len = strnlen(end->status, sizeof(w->status) - 1);
	memcpy(w->status, end->status, len);
	w->status[len] = '\0';
	const char *why = end->reason != NULL ? end->reason : "";
	len = strnlen(why, sizeof(w->reason) - 1);
	memcpy(w->reason, why, len);
	w->reason[len] = '\0';
}

static void
note_over(void *arg)
{
	struct world *w = arg;
	w->over = true;
}

static struct jsn *
list_tags(void *arg)
{
	const struct world *w = arg;
	struct jsn *tags = NULL;
	struct err e = { 0 };
	if (journal_tags(w->journal, &tags, &e) < 0)
		fail_msg("%s", e.text);
	return tags;
}

static void
open_supervisor(struct world *w)
{
	struct err e = { 0 };
	AUTO_STR char *path = path_join(w->top, "journal.db");
	if (journal_open(path, &w->journal, &e) < 0)
		fail_msg("%s", e.text);
	w->o.loop = w->loop;
	w->o.places = &w->places;
	w->o.journal = w->journal;
	w->ports.arg = w;
	w->ports.on_over = note_over;
	w->ports.tags_list = list_tags;
	w->ports.runs.arg = w;
	w->ports.runs.on_ended = note_ended;
	w->over = false;
	if (supervisor_open(&w->o, &w->ports, &w->s, &e) < 0 ||
	    supervisor_start(w->s, &e) < 0)
		fail_msg("%s", e.text);
}

static void
close_supervisor(struct world *w)
{
	supervisor_close(&w->s);
	journal_close(&w->journal);
}

static void
set_boot_id(struct world *w, const char *id)
{
	put(w, "boots", id, 0644);
}

static int
set_up(void **at)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	memcpy(w->top, "/tmp/rl-life-XXXXXX", 20);
	assert_non_null(mkdtemp(w->top));
	log_set_level(LOG_LEVEL_ERROR);
	w->built = xstrdup(getenv("RIGHTLINK_LIBEXEC"));
	AUTO_STR char *libexec = path_join(w->top, "libexec");
	AUTO_STR char *cook =
	    xasprintf("#!/bin/sh\nexec python3 -B %s/scenarios/play_cook.py "
		      "%s/steps\n",
		TEST_SOURCE_DIR, w->top);
	put(w, "libexec/cook", cook, 0755);
	AUTO_STR char *far = path_join(w->built, "perform");
	AUTO_STR char *near = path_join(libexec, "perform");
	assert_int_equal(symlink(far, near), 0);
	put(w, "steps", "converged\n", 0644);
	put(w, "bundle/bundle.yml",
	    "name: x\nboot: [demo]\noperational: [demo::a]\n"
	    "decommission: [demo::leave]\n",
	    0644);
	w->bundle = path_join(w->top, "bundle");
	w->boots = path_join(w->top, "boots");
	set_boot_id(w, "one");
	setenv("RIGHTLINK_BOOT_ID_FILE", w->boots, 1);
	AUTO_STR char *state = path_join(w->top, "state");
	assert_int_equal(places_find(state, w->top, &w->places, &e), 0);
	free(w->places.libexec);
	setenv("RIGHTLINK_LIBEXEC", libexec, 1);
	w->places.libexec = TAKE(libexec);
	w->loop = loop_new();
	w->o.bundle_dir = w->bundle;
	w->o.os_reboot = w->o.os_stop = w->o.os_terminate = "/bin/true";
	w->o.os_is_stopping = "/bin/false";
	*at = w;
	return 0;
}

static int
tear_down(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	close_supervisor(w);
	loop_free(&w->loop);
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->top, &e), 0);
	places_release(&w->places);
	setenv("RIGHTLINK_LIBEXEC", w->built, 1);
	unsetenv("RIGHTLINK_BOOT_ID_FILE");
	free(w->built);
	free(w->bundle);
	free(w->boots);
	free(w);
	return 0;
}

static void
on_look(void *arg)
{
	struct world *w = arg;
	loop_unwatch(&w->look);
	w->late = clock_mono_ms() > w->deadline_ms;
	if (w->until(w) || w->late)
		loop_stop(w->loop);
	else
		w->look = loop_after(w->loop, 10, on_look, w);
}

/* Runs the loop until it is so. */
static void
wait_until(struct world *w, bool (*until)(struct world *w))
{
	struct err e = { 0 };
	w->until = until;
	w->deadline_ms = clock_mono_ms() + PATIENCE_MS;
	w->look = loop_after(w->loop, 0, on_look, w);
	assert_int_equal(loop_run(w->loop, &e), 0);
	loop_unwatch(&w->look);
	assert_false(w->late);
}

static bool
state_is(struct world *w)
{
	return supervisor_state(w->s) == w->state;
}

UNUSED static void
wait_for_state(struct world *w, enum instance_state state)
{
	w->state = state;
	wait_until(w, state_is);
}

static bool
file_is_there(struct world *w)
{
	return is_there(w, w->file);
}

UNUSED static void
wait_for_file(struct world *w, const char *name)
{
	w->file = name;
	wait_until(w, file_is_there);
}

/* Waits on file `go` after it has touched `here`. */
UNUSED static void
play_wait(struct world *w, const char *steps, const char *here, const char *go)
{
	AUTO_STR char *text = xasprintf(
	    "touch %s/%s\nwait %s/%s\nconverged\n", w->top, here, w->top, go);
	put(w, steps, text, 0644);
}
