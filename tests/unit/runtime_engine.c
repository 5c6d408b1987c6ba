/* SPDX-License-Identifier: MIT */
/* The converge engine with doubles; what they log is compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "tests/unit/engine_world.h"

static void
converges(struct world *w, const char *log)
{
	assert_int_equal(converge_all(&fake_ops, w), 0);
	assert_string_equal(buf_text(&w->log), log);
}

static void
fails(struct world *w, const char *log, const char *failure)
{
	assert_int_equal(converge_all(&fake_ops, w), ERR_RUBY);
	assert_string_equal(buf_text(&w->log), log);
	assert_string_equal(w->failure, failure);
}

static void
core_601_runs_each_action_in_order(void **state UNUSED)
{
	WORLD w;

	world_init(&w);
	add(&w, "a", "one", true)->actions[1] = "two";
	add(&w, "b", "nothing", true);
	add(&w, "c", "go", false);
	converges(&w, "a.one a=U1 a.two a=U1 skip:b b=S1 c.go c=O1");
}

static void
core_520_a_guard_skips_the_action(void **state UNUSED)
{
	WORLD w;

	world_init(&w);
	add(&w, "a", "go", true)->blocked = true;
	converges(&w, "skip:a a=S1");
}

static void
core_605_ignored_failures_are_not_retried(void **state UNUSED)
{
	struct row *a;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	a->failures = 1;
	a->patience = (struct converge_patience){ true, 3, 0 };
	edge(a, add(&w, "b", "nothing", true), "go", CAUSE_IMMEDIATE);
	converges(&w, "ignored:a a=I1 skip:b b=S1");
}

static void
core_605_retries_repeat_until_it_works(void **state UNUSED)
{
	struct row *a;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	a->failures = 2;
	a->patience = (struct converge_patience){ false, 2, 5 };
	converges(&w, "retry:a pause:5 retry:a pause:5 a.go a=U3");
}

static void
core_605_the_last_failure_is_raised_with_its_resource(void **state UNUSED)
{
	struct row *a;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	a->failures = 9;
	a->patience.retries = 1;
	add(&w, "b", "go", true);
	fails(&w, "retry:a pause:0 failed:a a=F2 flush", "<broken:a>");
}

static void
core_611_immediate_before_delayed(void **state UNUSED)
{
	struct row *a, *b, *c;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	b = add(&w, "b", "nothing", true);
	c = add(&w, "c", "nothing", false);
	edge(a, c, "late", CAUSE_DELAYED);
	edge(a, b, "now", CAUSE_IMMEDIATE);
	edge(b, c, "now", CAUSE_IMMEDIATE);
	converges(&w, "a.go a=U1 b.now! b=U1 c.now! c=O1 skip:b b=S1 skip:c "
		      "c=S1 c.late~ c=O1");
}

static void
core_611_nothing_is_sent_without_a_change(void **state UNUSED)
{
	struct row *a;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", false);
	edge(a, add(&w, "b", "nothing", true), "now", CAUSE_IMMEDIATE);
	converges(&w, "a.go a=O1 skip:b b=S1");
}

static void
core_612_an_entry_is_queued_once_even_after_it_ran(void **state UNUSED)
{
	struct row *a, *b;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "one", true);
	a->actions[1] = "two";
	b = add(&w, "b", "nothing", true);
	edge(a, b, "go", CAUSE_DELAYED);
	edge(b, b, "go", CAUSE_DELAYED);
	edge(b, b, "other", CAUSE_DELAYED);
	converges(&w, "a.one a=U1 a.two a=U1 dup:b skip:b b=S1 b.go~ b=U1 "
		      "dup:b b.other~ b=U1 dup:b dup:b");
}

static void
core_613_entries_queued_by_the_queue_run_too(void **state UNUSED)
{
	struct row *a, *b, *c;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	b = add(&w, "b", "nothing", true);
	c = add(&w, "c", "nothing", true);
	edge(a, b, "go", CAUSE_DELAYED);
	edge(b, c, "go", CAUSE_DELAYED);
	converges(&w, "a.go a=U1 skip:b b=S1 skip:c c=S1 b.go~ b=U1 c.go~ "
		      "c=U1");
}

static void
core_615_an_unresolved_reference_stops_all(void **state UNUSED)
{
	WORLD w;

	world_init(&w);
	add(&w, "a", "go", true);
	add(&w, "b", "go", true)->unresolved = true;
	fails(&w, "", "unresolved:b");
}

static void
core_618_a_single_action_notifies_nobody(void **state UNUSED)
{
	struct converge_step s = { .cause = CAUSE_LIST };
	struct row *a;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "nothing", true);
	edge(a, a, "again", CAUSE_IMMEDIATE);
	s.resource = a;
	s.action = (void *)(uintptr_t) "go";
	assert_int_equal(converge_action(&fake_ops, &w, &s), 0);
	assert_string_equal(buf_text(&w.log), "a.go a=U1");
}

static void
core_630_the_queue_runs_after_a_failure(void **state UNUSED)
{
	struct row *a, *b;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	b = add(&w, "b", "nothing", true);
	edge(a, b, "go", CAUSE_DELAYED);
	add(&w, "c", "go", true)->failures = 1;
	add(&w, "d", "go", true);
	fails(&w, "a.go a=U1 skip:b b=S1 failed:c c=F1 flush b.go~ b=U1",
	    "<broken:c>");
}

static void
core_630_all_failures_are_collected(void **state UNUSED)
{
	struct row *a, *b, *c;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	b = add(&w, "b", "nothing", true);
	c = add(&w, "c", "nothing", true);
	edge(a, b, "go", CAUSE_DELAYED);
	edge(a, c, "go", CAUSE_DELAYED);
	b->failures = 1;
	add(&w, "d", "go", true)->failures = 1;
	fails(&w,
	    "a.go a=U1 skip:b b=S1 skip:c c=S1 failed:d d=F1 flush "
	    "failed:b b=F1 c.go~ c=U1",
	    "run <broken:d><broken:b>");
}

static void
core_640_an_inserted_resource_runs_next(void **state UNUSED)
{
	struct row *a, *x;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	add(&w, "b", "go", true);
	x = add(&w, "x", "go", true);
	w.count--;
	a->inserts = x;
	converges(&w, "a.go a=U1 x.go x=U1 b.go b=U1");
}

static void
core_641_resources_inserted_by_the_queue_run(void **state UNUSED)
{
	struct row *a, *b, *x;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	b = add(&w, "b", "nothing", true);
	x = add(&w, "x", "go", true);
	w.count--;
	edge(a, b, "go", CAUSE_DELAYED);
	b->inserts = x;
	converges(&w, "a.go a=U1 skip:b b=S1 b.go~ b=U1 x.go x=U1");
}

static void
core_642_a_stopped_iterator_still_sends_the_queue(void **state UNUSED)
{
	struct row *a;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	edge(a, a, "late", CAUSE_DELAYED);
	add(&w, "b", "go", true);
	w.stop_behind = 1;
	converges(&w, "a.go a=U1 a.late~ a=U1 dup:a");
}

static void
a_ring_of_immediate_notifications_ends_with_an_error(void **state UNUSED)
{
	struct row *a;
	WORLD w;

	world_init(&w);
	a = add(&w, "a", "go", true);
	edge(a, a, "go", CAUSE_IMMEDIATE);
	assert_int_equal(converge_all(&fake_ops, &w), ERR_RUBY);
	assert_string_equal(w.failure, "ring:a");
}

static void
control_that_leaves_is_not_touched(void **state UNUSED)
{
	WORLD w;

	world_init(&w);
	add(&w, "a", "go", true)->throws = true;
	add(&w, "b", "go", true);
	assert_int_equal(converge_all(&fake_ops, &w), ERR_RUBY);
	assert_string_equal(buf_text(&w.log), "");
	assert_null(w.failure);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(core_601_runs_each_action_in_order),
		cmocka_unit_test(core_520_a_guard_skips_the_action),
		cmocka_unit_test(core_605_ignored_failures_are_not_retried),
		cmocka_unit_test(core_605_retries_repeat_until_it_works),
		cmocka_unit_test(
		    core_605_the_last_failure_is_raised_with_its_resource),
		cmocka_unit_test(core_611_immediate_before_delayed),
		cmocka_unit_test(core_611_nothing_is_sent_without_a_change),
		cmocka_unit_test(
		    core_612_an_entry_is_queued_once_even_after_it_ran),
		cmocka_unit_test(core_613_entries_queued_by_the_queue_run_too),
		cmocka_unit_test(core_615_an_unresolved_reference_stops_all),
		cmocka_unit_test(core_618_a_single_action_notifies_nobody),
		cmocka_unit_test(core_630_the_queue_runs_after_a_failure),
		cmocka_unit_test(core_630_all_failures_are_collected),
		cmocka_unit_test(core_640_an_inserted_resource_runs_next),
		cmocka_unit_test(core_641_resources_inserted_by_the_queue_run),
		cmocka_unit_test(
		    core_642_a_stopped_iterator_still_sends_the_queue),
		cmocka_unit_test(
		    a_ring_of_immediate_notifications_ends_with_an_error),
		cmocka_unit_test(control_that_leaves_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
