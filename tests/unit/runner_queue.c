/* SPDX-License-Identifier: MIT */
/*
 * The queue with real perform processes; the cook plays the steps of a file
 * (tests/scenarios/play_cook.py), so that every end of a run can be made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/places.h"
#include "runner/queue.h"
#include "wire/command.h"

#define TIMES_MAX 64
#define PATIENCE_MS 60000

struct time_point {
	char what[16]; /* started or the status of the end */
	char cid[32];
	char run_id[ULID_TEXT_BYTES];
	enum delivery_state state;
	char reason[256];
};

struct world {
	char top[64];
	char *bundle, *built;
	struct places places;
	struct loop *loop;
	struct journal *journal;
	struct queue *queue;
	struct time_point times[TIMES_MAX];
	size_t len;
	const char *awaited_file;
	size_t awaited_len;
	bool late;
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

static void
copy(char *to, size_t room, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;
	len = len < room ? len : room - 1;
	if (len > 0)
		memcpy(to, text, len);
	to[len] = '\0';
}

static void
note(struct world *w, const char *what, const char *cid, const char *run_id,
    enum delivery_state state, const char *reason)
{
	assert_true(w->len < TIMES_MAX);
	struct time_point *t = &w->times[w->len++];
	t->state = state;
	copy(t->what, sizeof(t->what), what);
	copy(t->cid, sizeof(t->cid), cid);
	copy(t->run_id, sizeof(t->run_id), run_id);
	copy(t->reason, sizeof(t->reason), reason);
}

static void
on_started(const char *cid, const char *run_id, void *arg)
{
	note(arg, "started", cid, run_id, DELIVERY_running, NULL);
}

static void
on_ended(const struct queue_end *end, void *arg)
{
	note(arg, end->status, end->cid, end->run_id, end->state, end->reason);
}

static int
prepare(struct run_order *o, void *arg, struct err *e)
{
	(void)e;
	struct world *w = arg;
	o->state_dir = w->places.state;
	o->bundle_dir = w->bundle;
	o->state = "operational";
	o->instance_id = "i-1";
	return 0;
}

static void
on_frame(const struct run_order *o, const struct jsn *frame, void *arg)
{
	(void)o;
	(void)frame;
	(void)arg;
}

static void
open_queue(struct world *w)
{
	struct err e = { 0 };
	AUTO_STR char *path = path_join(w->top, "journal.db");
	if (journal_open(path, &w->journal, &e) < 0)
		fail_msg("%s", e.text);
	struct queue_options o = { .loop = w->loop,
		.journal = w->journal,
		.places = &w->places,
		.events = { w, on_started, on_ended },
		.hooks = { w, prepare, on_frame } };
	if (queue_open(&o, &w->queue, &e) < 0)
		fail_msg("%s", e.text);
}

static int
set_up(void **at)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	memcpy(w->top, "/tmp/rl-queue-XXXXXX", 21);
	assert_non_null(mkdtemp(w->top));
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
	put(w, "bundle/bundle.yml",
	    "name: x\nboot: [demo]\noperational: [demo::a, demo::b, demo::c,"
	    " {recipe: demo::open, remote: true}]\n",
	    0644);
	put(w, "steps", "converged\n", 0644);
	w->bundle = path_join(w->top, "bundle");
	AUTO_STR char *state = path_join(w->top, "state");
	assert_int_equal(places_find(state, NULL, &w->places, &e), 0);
	free(w->places.libexec);
	setenv("RIGHTLINK_LIBEXEC", libexec, 1);
	w->places.libexec = TAKE(libexec);
	assert_int_equal(places_prepare(&w->places, &e), 0);
	w->loop = loop_new();
	open_queue(w);
	*at = w;
	return 0;
}

static void
close_queue(struct world *w)
{
	queue_close(&w->queue);
	journal_close(&w->journal);
}

static int
tear_down(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	close_queue(w);
	loop_free(&w->loop);
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->top, &e), 0);
	places_release(&w->places);
	setenv("RIGHTLINK_LIBEXEC", w->built, 1);
	free(w->built);
	free(w->bundle);
	free(w);
	return 0;
}

static void
on_look(void *arg)
{
	struct world *w = arg;
	loop_unwatch(&w->look);
	w->late = clock_mono_ms() > w->deadline_ms;
	bool there = w->awaited_file != NULL
			 ? access(w->awaited_file, F_OK) == 0
			 : w->len >= w->awaited_len;
	if (there || w->late)
		loop_stop(w->loop);
	else
		w->look = loop_after(w->loop, 10, on_look, w);
}

static void
wait_until(struct world *w)
{
	struct err e = { 0 };
	w->deadline_ms = clock_mono_ms() + PATIENCE_MS;
	w->look = loop_after(w->loop, 0, on_look, w);
	assert_int_equal(loop_run(w->loop, &e), 0);
	loop_unwatch(&w->look);
	assert_false(w->late);
}

/* Runs the loop until so many things have happened. */
static void
wait_for(struct world *w, size_t len)
{
	w->awaited_len = len;
	wait_until(w);
}

static void
wait_for_file(struct world *w, const char *name)
{
	AUTO_STR char *path = path_join(w->top, name);
	w->awaited_file = path;
	wait_until(w);
	w->awaited_file = NULL;
}

static void
add(struct world *w, const char *cid, const char *recipe, const char *thread)
{
	AUTO(jsn_free) struct jsn *list = jsn_new_array();
	jsn_push_str(list, recipe);
	struct run_order o = { .cid = cid,
		.kind = ORDER_OPERATIONAL,
		.thread = thread,
		.trusted = true,
		.executables = list };
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	if (queue_add(w->queue, &o, run_id, &e) < 0)
		fail_msg("%s", e.text);
}

static void
assert_time(const struct world *w, size_t i, const char *cid, const char *what)
{
	if (!text_eq(w->times[i].what, what) || !text_eq(w->times[i].cid, cid))
		fail_msg("%zu: %s %s (%s), not %s %s", i, w->times[i].cid,
		    w->times[i].what, w->times[i].reason, cid, what);
}

static char *
steps(const struct world *w, const char *here, const char *go)
{
	return xasprintf(
	    "touch %s/%s\nwait %s/%s\nconverged\n", w->top, here, w->top, go);
}

static void
rl6_2_5_one_after_another_on_a_thread_in_order(void **at)
{
	struct world *w = *at;
	add(w, "A", "demo::a", NULL);
	add(w, "B", "demo::b", NULL);
	add(w, "C", "demo::c", NULL);
	queue_activate(w->queue, true);
	wait_for(w, 6);
	for (size_t i = 0; i < 3; i++) {
		const char *cid = (const char *[]){ "A", "B", "C" }[i];
		assert_time(w, i * 2, cid, "started");
		assert_time(w, i * 2 + 1, cid, "completed");
		assert_int_equal(w->times[i * 2 + 1].state, DELIVERY_ok);
	}
	assert_true(queue_is_idle(w->queue));
	assert_int_equal(queue_find(w->queue, "B"), QUEUE_ENDED);
	assert_int_equal(queue_find(w->queue, w->times[0].run_id), QUEUE_ENDED);
	assert_int_equal(queue_find(w->queue, "X"), QUEUE_UNKNOWN);
}

static void
rl6_2_5_nothing_runs_before_the_boot_is_over(void **at)
{
	struct world *w = *at;
	add(w, "A", "demo::a", NULL);
	struct run_order boot = { .cid = "BOOT", .kind = ORDER_BOOT };
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	assert_int_equal(queue_add(w->queue, &boot, run_id, &e), 0);
	wait_for(w, 2);
	assert_time(w, 0, "BOOT", "started");
	assert_time(w, 1, "BOOT", "completed");
	assert_string_equal(w->times[0].run_id, run_id);
	assert_int_equal(queue_find(w->queue, "A"), QUEUE_WAITING);
	queue_activate(w->queue, true);
	wait_for(w, 4);
	assert_time(w, 3, "A", "completed");
}

static void
rl6_2_5_threads_run_beside_one_another(void **at)
{
	struct world *w = *at;
	AUTO_STR char *slow = steps(w, "here", "go");
	put(w, "steps.demo-a", slow, 0644);
	queue_activate(w->queue, true);
	add(w, "A", "demo::a", "one");
	wait_for_file(w, "here");
	add(w, "B", "demo::b", "two");
	add(w, "C", "demo::c", "one");
	wait_for(w, 3);
	assert_time(w, 0, "A", "started");
	assert_time(w, 1, "B", "started");
	assert_time(w, 2, "B", "completed");
	assert_int_equal(queue_ahead(w->queue, "one"), 2);
	put(w, "go", "", 0644);
	wait_for(w, 6);
	assert_time(w, 3, "A", "completed");
	assert_time(w, 5, "C", "completed");
}

static void
the_same_request_is_run_once(void **at)
{
	struct world *w = *at;
	add(w, "A", "demo::a", NULL);
	struct run_order again = { .cid = "A", .kind = ORDER_BOOT };
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	assert_int_equal(queue_add(w->queue, &again, run_id, &e), ERR_EXISTS);
	queue_activate(w->queue, true);
	wait_for(w, 2);
	assert_int_equal(queue_add(w->queue, &again, run_id, &e), ERR_EXISTS);
	again.thread = "../x";
	again.cid = "B";
	assert_int_equal(queue_add(w->queue, &again, run_id, &e), ERR_INVALID);
}

static void
what_waits_and_what_runs_can_be_stopped(void **at)
{
	struct world *w = *at;
	AUTO_STR char *slow = steps(w, "here", "never");
	put(w, "steps.demo-a", slow, 0644);
	queue_activate(w->queue, true);
	add(w, "A", "demo::a", NULL);
	add(w, "B", "demo::b", NULL);
	wait_for_file(w, "here");
	assert_int_equal(
	    queue_stop(w->queue, "B", "not wanted"), QUEUE_WAITING);
	assert_int_equal(
	    queue_stop(w->queue, "A", "an operator's wish"), QUEUE_RUNNING);
	assert_int_equal(queue_stop(w->queue, "Z", "x"), QUEUE_UNKNOWN);
	wait_for(w, 3);
	assert_time(w, 1, "B", "stopped");
	assert_time(w, 2, "A", "stopped");
	assert_int_equal(w->times[2].state, DELIVERY_interrupted);
	assert_string_equal(w->times[1].reason, "not wanted");
	assert_string_equal(w->times[2].reason, "an operator's wish");
	assert_int_equal(queue_stop(w->queue, "A", "again"), QUEUE_ENDED);
}

/* The pid of the process that holds the thread's lock: the only child of
 * ours. */
static pid_t
perform_pid(void)
{
	AUTO_STR char *path =
	    xasprintf("/proc/self/task/%d/children", (int)getpid());
	struct buf text = BUF_INIT(4096);
	struct err e = { 0 };
	assert_int_equal(fsat_read(AT_FDCWD, path, 4096, &text, &e), 0);
	pid_t pid = (pid_t)strtol(buf_text(&text), NULL, 10);
	buf_release(&text);
	assert_true(pid > 1);
	return pid;
}

static void
a_crash_of_perform_is_told_as_interrupted(void **at)
{
	struct world *w = *at;
	AUTO_STR char *slow = steps(w, "here", "never");
	put(w, "steps.demo-a", slow, 0644);
	queue_activate(w->queue, true);
	add(w, "A", "demo::a", NULL);
	add(w, "B", "demo::b", NULL);
	wait_for_file(w, "here");
	assert_int_equal(kill(perform_pid(), SIGKILL), 0);
	wait_for(w, 4);
	assert_time(w, 1, "A", "crashed");
	assert_int_equal(w->times[1].state, DELIVERY_interrupted);
	assert_string_equal(
	    w->times[1].reason, "perform was killed by signal 9 (SIGKILL)");
	assert_time(w, 3, "B", "completed");
	AUTO_STR char *result = xasprintf(
	    "%s/runs/%s/result.json", w->places.state, w->times[0].run_id);
	assert_int_equal(access(result, F_OK), 0);
}

static void
after_a_crash_of_the_agent_nothing_is_lost_or_run_twice(void **at)
{
	struct world *w = *at;
	AUTO_STR char *slow = steps(w, "here", "never");
	put(w, "steps.demo-a", slow, 0644);
	queue_activate(w->queue, true);
	add(w, "A", "demo::a", NULL);
	add(w, "B", "demo::b", NULL);
	wait_for_file(w, "here");
	close_queue(w);
	put(w, "steps.demo-a", "converged\n", 0644);
	open_queue(w);
	queue_activate(w->queue, true);
	wait_for(w, 4);
	assert_time(w, 1, "A", "crashed");
	assert_int_equal(w->times[1].state, DELIVERY_interrupted);
	assert_string_equal(w->times[1].run_id, w->times[0].run_id);
	assert_time(w, 2, "B", "started");
	assert_time(w, 3, "B", "completed");
	close_queue(w);
	open_queue(w);
	assert_true(queue_is_idle(w->queue));
}

static void
receive(struct world *w, const char *cid, const char *more, bool from_instance)
{
	AUTO_STR char *text =
	    xasprintf("{\"cid\":\"%s\",\"kind\":\"recipe\",\"ids\":[\"i-1\"],"
		      "\"issued_at\":1,\"not_after\":2%s}",
		cid, more);
	struct journal_new n = { .cid = cid,
		.payload = str_from(text),
		.issuer = "ops",
		.from_instance = from_instance,
		.attempts_max = strstr(more, "rerun") != NULL ? 2 : 1,
		.issued_at = 1,
		.not_after = 2,
		.now_ms = clock_now_ms() };
	struct err e = { 0 };
	if (journal_receive(w->journal, &n, &e) < 0 ||
	    journal_grant(w->journal, cid, &e) < 0 ||
	    queue_take(w->queue, cid, &e) < 0)
		fail_msg("%s", e.text);
}

#define CID "01ARZ3NDEKTSV4RRFFQ69G5FA"

static void
a_granted_command_becomes_a_run_within_its_issuers_rights(void **at)
{
	struct world *w = *at;
	queue_activate(w->queue, true);
	receive(w, CID "A", ",\"name\":\"demo::a\"", false);
	receive(w, CID "B", ",\"name\":\"demo::a\"", true);
	receive(w, CID "C", ",\"name\":\"demo::open\"", true);
	wait_for(w, 6);
	assert_time(w, 1, CID "A", "completed");
	assert_time(w, 3, CID "B", "refused");
	assert_int_equal(w->times[3].state, DELIVERY_rejected);
	assert_time(w, 5, CID "C", "completed");
}

static void
a_command_that_may_be_rerun_is_run_again_so_often(void **at)
{
	struct world *w = *at;
	AUTO_STR char *slow = steps(w, "here", "never");
	put(w, "steps.demo-a", slow, 0644);
	queue_activate(w->queue, true);
	receive(w, CID "A",
	    ",\"name\":\"demo::a\",\"on_interrupt\":\"rerun\",\"attempts\":2",
	    false);
	for (size_t i = 0; i < 2; i++) {
		wait_for_file(w, "here");
		AUTO_STR char *here = path_join(w->top, "here");
		unlink(here);
		assert_int_equal(kill(perform_pid(), SIGKILL), 0);
		wait_for(w, (i + 1) * 2);
	}
	assert_time(w, 1, CID "A", "again");
	assert_time(w, 2, CID "A", "started");
	assert_time(w, 3, CID "A", "crashed");
	assert_string_not_equal(w->times[0].run_id, w->times[2].run_id);
}

static void
rl6_1_7_what_has_not_started_is_skipped(void **at)
{
	struct world *w = *at;
	add(w, "A", "demo::a", NULL);
	queue_shut(w->queue, "the instance is being decommissioned");
	struct run_order o = { .cid = "B", .kind = ORDER_BOOT };
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	assert_int_equal(queue_add(w->queue, &o, run_id, &e), ERR_STATE);
	o.kind = ORDER_DECOMMISSION;
	o.thread = ORDER_THREAD_DECOMMISSION;
	assert_int_equal(queue_add(w->queue, &o, run_id, &e), 0);
	wait_for(w, 3);
	assert_time(w, 0, "A", "stopped");
	assert_time(w, 2, "B", "completed");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(rl6_2_5_one_after_another_on_a_thread_in_order),
		T(rl6_2_5_nothing_runs_before_the_boot_is_over),
		T(rl6_2_5_threads_run_beside_one_another),
		T(the_same_request_is_run_once),
		T(what_waits_and_what_runs_can_be_stopped),
		T(a_crash_of_perform_is_told_as_interrupted),
		T(after_a_crash_of_the_agent_nothing_is_lost_or_run_twice),
		T(a_granted_command_becomes_a_run_within_its_issuers_rights),
		T(a_command_that_may_be_rerun_is_run_again_so_often),
		T(rl6_1_7_what_has_not_started_is_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
