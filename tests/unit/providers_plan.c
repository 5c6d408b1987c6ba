/* SPDX-License-Identifier: MIT */
/* The registry holds together; plans and requirements are what the engine
 * relies on (RES-core-2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/str.h"

#include "providers/provider.h"

static void
every_provider_is_whole_and_found(void **state)
{
	(void)state;
	for (size_t i = 0; providers[i] != NULL; i++) {
		const struct provider *p = providers[i];
		assert_non_null(p->plan);
		assert_ptr_equal(provider_find(p->ruby_class), p);
		if (resource_type_find(p->type) == NULL)
			fail_msg(
			    "%s serves no type '%s'", p->ruby_class, p->type);
	}
	assert_null(provider_find("NoSuchProvider"));
}

/* A type that presets a class that nobody has cannot converge. Those are
 * written in Ruby or are not for Linux of today. */
static void
every_preset_has_a_provider(void **state)
{
	(void)state;
	static const char *const elsewhere[] = { "Deploy::Timestamped",
		"Deploy::Revision", "Package::EasyInstall", "Package::Pacman",
		"Package::Portage", "Package::Paludis" };
	for (size_t i = 0; resource_types[i] != NULL; i++) {
		const char *name = resource_types[i]->provider;
		if (name == NULL)
			name = resource_types[i]->usual_provider;
		bool known = name == NULL || provider_find(name) != NULL;
		for (size_t k = 0; k < ARRAY_LEN(elsewhere); k++)
			known = known || text_eq(name, elsewhere[k]);
		if (!known)
			fail_msg("%s: no provider %s", resource_types[i]->name,
			    name);
	}
}

struct fixture {
	struct arena *arena;
	struct provider_run run;
	struct plan plan;
	struct err error;
};

static void
start(struct fixture *f, bool why_run)
{
	*f = (struct fixture){ .arena = arena_new() };
	f->run.arena = f->arena;
	f->run.why_run = why_run;
	f->run.want = resource_new(f->arena, resource_type_find("file"), "/x");
	plan_init(&f->plan, f->arena, why_run);
}

static void
res_core_2_a_failed_requirement_raises(void **state)
{
	(void)state;
	struct fixture f;
	const struct requirement q = { .exception = "Chef::Exceptions::X",
		.assumption = "assumed" };
	start(&f, false);
	assert_int_equal(
	    plan_require(&f.run, &f.plan, true, &q, &f.error, "not this %d", 1),
	    0);
	assert_null(f.plan.first_unmet);
	assert_int_equal(plan_require(&f.run, &f.plan, false, &q, &f.error,
			     "but this %d", 2),
	    ERR_INVALID);
	assert_string_equal(f.run.exception, "Chef::Exceptions::X");
	assert_string_equal(f.error.text, "but this 2");
	assert_string_equal(f.plan.first_unmet->message, "but this 2");
	assert_null(f.plan.first_unmet->assumptions);
	arena_free(&f.arena);
}

static void
res_core_2_a_why_run_assumes_and_may_block(void **state)
{
	(void)state;
	struct fixture f;
	struct requirement q = { .assumption = "assumed" };
	start(&f, true);
	assert_int_equal(
	    plan_require(&f.run, &f.plan, false, &q, &f.error, "one"), 0);
	assert_false(f.plan.blocked);
	assert_string_equal(f.plan.first_unmet->assumptions[0], "assumed");
	assert_string_equal(f.plan.first_unmet->exception,
	    "Chef::Exceptions::AssertionFailure");
	q.blocks = true;
	assert_int_equal(
	    plan_require(&f.run, &f.plan, false, &q, &f.error, "two"), 0);
	assert_true(f.plan.blocked);
	/* later ones are not even looked at */
	q.assumption = NULL;
	assert_int_equal(
	    plan_require(&f.run, &f.plan, false, &q, &f.error, "three"), 0);
	assert_null(f.plan.first_unmet->next->next);
	arena_free(&f.arena);
}

static void
res_core_2_without_assumption_a_why_run_raises_too(void **state)
{
	(void)state;
	struct fixture f;
	const struct requirement q = { 0 };
	start(&f, true);
	assert_int_equal(
	    plan_require(&f.run, &f.plan, false, &q, &f.error, "no"),
	    ERR_INVALID);
	arena_free(&f.arena);
}

static void
changes_keep_their_order_and_lines(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, false);
	struct change *one = plan_change(&f.plan, 1, NULL);
	struct change *two = plan_change(&f.plan, 2, NULL);
	plan_describe(&f.plan, one, "a %d", 1);
	plan_describe(&f.plan, one, "b");
	plan_detail(&f.plan, two, STR("diff"));
	assert_ptr_equal(f.plan.first, one);
	assert_ptr_equal(one->next, two);
	assert_null(two->next);
	assert_int_equal(one->line_count, 2);
	assert_string_equal(one->lines[0], "a 1");
	assert_string_equal(one->lines[1], "b");
	assert_int_equal(two->line_count, 0);
	assert_string_equal(two->detail, "diff");
	arena_free(&f.arena);
}

static void
written_back_values_pile_up(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, false);
	for (int i = 0; i < 20; i++)
		provider_write_back(&f.run, "mode", value_of_int(i));
	assert_int_equal(f.run.write_back_count, 20);
	for (int i = 0; i < 20; i++) {
		assert_string_equal(f.run.write_back[i].property->name, "mode");
		assert_int_equal(f.run.write_back[i].value.integer, i);
	}
	arena_free(&f.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_provider_is_whole_and_found),
		cmocka_unit_test(every_preset_has_a_provider),
		cmocka_unit_test(res_core_2_a_failed_requirement_raises),
		cmocka_unit_test(res_core_2_a_why_run_assumes_and_may_block),
		cmocka_unit_test(
		    res_core_2_without_assumption_a_why_run_raises_too),
		cmocka_unit_test(changes_keep_their_order_and_lines),
		cmocka_unit_test(written_back_values_pile_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
