/* SPDX-License-Identifier: MIT */
/* The life of an instance: boot, restarts, shutdowns, decommission. */
#include "supervisor_world.h"

#include "runner/inputs.h"
#include "runner/schedules.h"

static int
count_one(const char *name, void *arg, struct err *e)
{
	(void)e;
	(void)name;
	size_t *count = arg;
	(*count)++;
	return 0;
}

static size_t
count_runs(const struct world *w)
{
	AUTO_STR char *path = places_state(&w->places, "runs");
	size_t count = 0;
	struct err e = { 0 };
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, path, &e);
	assert_true(fd >= 0);
	assert_int_equal(fsat_each(fd, count_one, &count, &e), 0);
	return count;
}

static bool
is_idle(struct world *w)
{
	return queue_is_idle(supervisor_queue(w->s));
}

static void
rl6_1_3_a_first_start_boots_and_a_restart_does_not(void **at)
{
	struct world *w = *at;
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	assert_int_equal(count_runs(w), 1);
	close_supervisor(w);
	open_supervisor(w);
	wait_until(w, is_idle);
	assert_int_equal(supervisor_state(w->s), STATE_OPERATIONAL);
	assert_int_equal(count_runs(w), 1);
}

static void
rl6_1_5_a_reboot_boots_again(void **at)
{
	struct world *w = *at;
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	close_supervisor(w);
	set_boot_id(w, "two");
	put(w, "steps", "spec\nconverged\n", 0644);
	open_supervisor(w);
	assert_int_equal(supervisor_state(w->s), STATE_BOOTING);
	wait_for_state(w, STATE_OPERATIONAL);
	assert_int_equal(count_runs(w), 2);
}

static void
rl6_1_4_a_failed_boot_strands_and_still_takes_orders(void **at)
{
	struct world *w = *at;
	put(w, "steps", "exit 1\n", 0644);
	open_supervisor(w);
	wait_for_state(w, STATE_STRANDED);
	put(w, "steps", "converged\n", 0644);
	AUTO(jsn_free) struct jsn *list = jsn_new_array();
	jsn_push_str(list, "demo::a");
	struct run_order o = {
		.kind = ORDER_OPERATIONAL, .trusted = true, .executables = list
	};
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	assert_int_equal(queue_add(supervisor_queue(w->s), &o, run_id, &e), 0);
	wait_until(w, is_idle);
	assert_string_equal(w->status, "completed");
	assert_int_equal(supervisor_state(w->s), STATE_STRANDED);
	struct run_order boot = { .kind = ORDER_BOOT };
	assert_int_equal(
	    queue_add(supervisor_queue(w->s), &boot, run_id, &e), 0);
	wait_for_state(w, STATE_OPERATIONAL);
}

static void
a_broken_bundle_strands_with_a_reason(void **at)
{
	struct world *w = *at;
	put(w, "bundle/bundle.yml", "name: [\n", 0644);
	open_supervisor(w);
	wait_for_state(w, STATE_STRANDED);
	assert_non_null(strstr(w->reason, "bundle.yml"));
}

static void
an_agent_killed_while_it_boots_boots_again_once(void **at)
{
	struct world *w = *at;
	play_wait(w, "steps", "here", "never");
	open_supervisor(w);
	wait_for_file(w, "here");
	close_supervisor(w);
	put(w, "steps", "converged\n", 0644);
	w->ended = 0;
	open_supervisor(w);
	assert_int_equal(supervisor_state(w->s), STATE_BOOTING);
	wait_for_state(w, STATE_OPERATIONAL);
	wait_until(w, is_idle);
	assert_int_equal(count_runs(w), 2);
	assert_int_equal(w->ended, 2);
}

static bool
waits_for_inputs(struct world *w)
{
	return supervisor_state(w->s) == STATE_BOOTING && is_idle(w);
}

static void
rl6_1_3_missing_inputs_are_waited_for(void **at)
{
	struct world *w = *at;
	put(w, "bundle/bundle.yml",
	    "name: x\ninputs: {A: {required: true}}\nboot: [demo]\n", 0644);
	open_supervisor(w);
	wait_until(w, waits_for_inputs);
	assert_int_equal(count_runs(w), 0);
	/* What the socket's inputs_patch does. */
	AUTO(jsn_free) struct jsn *values = jsn_new_object();
	jsn_set_str(values, "A", "x");
	struct err e = { 0 };
	bool changed = false;
	assert_int_equal(inputs_store(&w->places, values, &changed, &e), 0);
	close_supervisor(w);
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
}

static void
rl6_1_3_inputs_that_never_come_strand_it(void **at)
{
	struct world *w = *at;
	put(w, "bundle/bundle.yml",
	    "name: x\ninputs: {A: {required: true}}\nboot: [demo]\n", 0644);
	w->o.missing_ms = 200;
	open_supervisor(w);
	wait_for_state(w, STATE_STRANDED);
	assert_non_null(strstr(w->reason, "input 'A' is required"));
}

static bool
is_over(struct world *w)
{
	return w->over;
}

static void
ask_for_shutdown(struct world *w, const char *level, bool now)
{
	AUTO_STR char *text =
	    xasprintf("request {\"type\":\"shutdown_request\",\"level\":\"%s\","
		      "\"immediately\":%s}\nconverged\n",
		level, now ? "true" : "false");
	put(w, "steps.demo-a", text, 0644);
	AUTO(jsn_free) struct jsn *list = jsn_new_array();
	jsn_push_str(list, "demo::a");
	struct run_order o = {
		.kind = ORDER_OPERATIONAL, .trusted = true, .executables = list
	};
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	assert_int_equal(queue_add(supervisor_queue(w->s), &o, run_id, &e), 0);
}

static void
rl6_1_7_a_recipe_asks_for_a_reboot(void **at)
{
	struct world *w = *at;
	AUTO_STR char *action = xasprintf("touch %s/rebooted", w->top);
	AUTO_STR char *leave = xasprintf("touch %s/left\nconverged\n", w->top);
	put(w, "steps.demo-leave", leave, 0644);
	w->o.os_reboot = action;
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	ask_for_shutdown(w, "reboot", false);
	wait_for_file(w, "rebooted");
	assert_true(is_there(w, "left"));
	assert_int_equal(supervisor_state(w->s), STATE_DECOMMISSIONED);
	/* The same machine, still going down: no boot. */
	close_supervisor(w);
	open_supervisor(w);
	assert_int_equal(supervisor_state(w->s), STATE_DECOMMISSIONED);
	close_supervisor(w);
	set_boot_id(w, "two");
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
}

static void
rl6_1_7_an_immediate_request_skips_what_waits(void **at)
{
	struct world *w = *at;
	AUTO_STR char *action = xasprintf("touch %s/stopped", w->top);
	w->o.os_stop = action;
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	ask_for_shutdown(w, "stop", true);
	ask_for_shutdown(w, "stop", true);
	size_t before = count_runs(w);
	wait_for_file(w, "stopped");
	/* Both, one of them with the reason why it never ran, and the
	 * decommission list. */
	assert_int_equal(count_runs(w), before + 3);
}

static void
rl6_1_6_a_list_that_hangs_holds_the_shutdown_up_so_long(void **at)
{
	struct world *w = *at;
	AUTO_STR char *action = xasprintf("touch %s/gone", w->top);
	w->o.os_terminate = action;
	w->o.decommission_ms = 300;
	play_wait(w, "steps.demo-leave", "leaving", "never");
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	ask_for_shutdown(w, "terminate", false);
	wait_for_file(w, "leaving");
	wait_for_file(w, "gone");
	assert_int_equal(supervisor_state(w->s), STATE_DECOMMISSIONED);
}

static void
rl6_1_6_decommission_while_booting_stops_the_boot(void **at)
{
	struct world *w = *at;
	play_wait(w, "steps", "here", "never");
	put(w, "steps.demo-leave", "converged\n", 0644);
	open_supervisor(w);
	wait_for_file(w, "here");
	w->o.os_is_stopping = "/bin/true";
	close_supervisor(w);
	AUTO_STR char *here = path_join(w->top, "here");
	unlink(here);
	open_supervisor(w);
	wait_for_file(w, "here");
	supervisor_end(w->s);
	wait_until(w, is_over);
	assert_int_equal(supervisor_state(w->s), STATE_DECOMMISSIONED);
}

static void
sigterm_alone_stops_runs_and_keeps_the_state(void **at)
{
	struct world *w = *at;
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	play_wait(w, "steps.demo-a", "here", "never");
	AUTO(jsn_free) struct jsn *list = jsn_new_array();
	jsn_push_str(list, "demo::a");
	struct run_order o = {
		.kind = ORDER_OPERATIONAL, .trusted = true, .executables = list
	};
	char run_id[ULID_TEXT_BYTES];
	struct err e = { 0 };
	assert_int_equal(queue_add(supervisor_queue(w->s), &o, run_id, &e), 0);
	wait_for_file(w, "here");
	supervisor_end(w->s);
	wait_until(w, is_over);
	assert_string_equal(w->status, "stopped");
	assert_string_equal(w->reason, "the agent is being stopped");
	assert_int_equal(supervisor_state(w->s), STATE_OPERATIONAL);
}

static void
rl6_1_6_an_aborted_decommission_only_shuts_down(void **at)
{
	struct world *w = *at;
	AUTO_STR char *action = xasprintf("touch %s/stopped", w->top);
	play_wait(w, "steps.demo-leave", "leaving", "never");
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	ask_for_shutdown(w, "stop", false);
	wait_for_file(w, "leaving");
	close_supervisor(w);
	size_t before = count_runs(w);
	w->o.os_stop = action;
	open_supervisor(w);
	wait_for_file(w, "stopped");
	assert_int_equal(supervisor_state(w->s), STATE_DECOMMISSIONED);
	assert_int_equal(count_runs(w), before);
}

struct counting {
	int fd;
	size_t *count;
};

static int
count_records(const char *name, void *arg, struct err *e)
{
	const struct counting *c = arg;
	AUTO_STR char *file = path_join(name, "result.json");
	AUTO_BUF struct buf text = BUF_INIT(65536);
	struct err ignored = { 0 };
	(void)e;
	if (fsat_read(c->fd, file, 65536, &text, &ignored) == 0 &&
	    strstr(buf_text(&text), "Reconvergence Policy 'reconverge'") !=
		NULL)
		(*c->count)++;
	return 0;
}

static bool
is_scheduled(struct world *w)
{
	return supervisor_state(w->s) == STATE_OPERATIONAL &&
	       is_there(w, "state/schedules.json");
}

static void
schedules_of_the_bundle_make_no_crontab(void **at)
{
	struct world *w = *at;
	put(w, "bundle/bundle.yml",
	    "name: x\nboot: [demo]\noperational: [demo::a]\n"
	    "schedules: [{name: often, recipe: demo::a}]\n",
	    0644);
	/* What a run without an agent made goes when the agent comes. */
	AUTO_STR char *line = xasprintf(
	    "* * * * * root rightlink run --state-dir '%s' 'recipe[demo::a]'"
	    "\n",
	    w->places.state);
	put(w, "rightlink", line, 0644);
	open_supervisor(w);
	assert_false(is_there(w, "rightlink"));
	wait_until(w, is_scheduled);
	AUTO(jsn_free) struct jsn *all = NULL;
	struct err e = { 0 };
	assert_int_equal(schedules_load(&w->places, &all, &e), 0);
	assert_non_null(jsn_get(all, "often"));
	assert_false(is_there(w, "rightlink"));
}

static bool
three_have_ended(struct world *w)
{
	return w->ended >= 3;
}

static void
rl6_2_6_reconvergence_counts_its_successes(void **at)
{
	struct world *w = *at;
	w->o.reconverge_ms = 50;
	w->o.splay_ms = 50;
	open_supervisor(w);
	wait_for_state(w, STATE_OPERATIONAL);
	w->ended = 0;
	wait_until(w, three_have_ended);
	close_supervisor(w);
	/* Besides the boot and three or more runs, the shared record. */
	AUTO_STR char *path = places_state(&w->places, "runs");
	size_t records = 0;
	struct err e = { 0 };
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, path, &e);
	struct counting c = { fd, &records };
	assert_int_equal(fsat_each(fd, count_records, &c, &e), 0);
	assert_int_equal(records, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(rl6_1_3_a_first_start_boots_and_a_restart_does_not),
		T(rl6_1_5_a_reboot_boots_again),
		T(rl6_1_4_a_failed_boot_strands_and_still_takes_orders),
		T(a_broken_bundle_strands_with_a_reason),
		T(an_agent_killed_while_it_boots_boots_again_once),
		T(rl6_1_3_missing_inputs_are_waited_for),
		T(rl6_1_3_inputs_that_never_come_strand_it),
		T(rl6_1_7_a_recipe_asks_for_a_reboot),
		T(rl6_1_7_an_immediate_request_skips_what_waits),
		T(rl6_1_6_a_list_that_hangs_holds_the_shutdown_up_so_long),
		T(rl6_1_6_decommission_while_booting_stops_the_boot),
		T(sigterm_alone_stops_runs_and_keeps_the_state),
		T(rl6_1_6_an_aborted_decommission_only_shuts_down),
		T(schedules_of_the_bundle_make_no_crontab),
		T(rl6_2_6_reconvergence_counts_its_successes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
