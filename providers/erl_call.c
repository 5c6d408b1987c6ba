/* SPDX-License-Identifier: MIT */
/* Code run in an Erlang node by erl_call (RES-erl_call). */
#include "common/str.h"
#include "providers/command.h"
#include "providers/tbl/system.h"

static int
erl_call_plan(UNUSED struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, UNUSED struct err *e)
{
	plan_describe(plan, plan_change(plan, 0, NULL), "run erlang block");
	return 0;
}

static int
erl_call_apply(struct provider_run *run, struct host *host,
    UNUSED const struct change *change, struct err *e)
{
	const struct resource *r = run->want;
	const char *cookie = resource_text(r, "cookie", NULL);
	struct proc_result result = { 0 };
	struct words w;
	bool good;
	int rc;

	words_init(&w, run->arena);
	words_add_all(&w, "erl_call", "-e", NULL);
	if (resource_bool(r, "distributed", false))
		words_add(&w, "-s");
	words_add_all(&w,
	    arena_printf(
		run->arena, "-%s", resource_text(r, "name_type", "sname")),
	    resource_text(r, "node_name", "chef@localhost"), NULL);
	if (cookie != NULL)
		words_add_all(&w, "-c", cookie, NULL);
	rc = command_run(run, host,
	    &(struct command){ .argv = w.items,
		.any_status = true,
		.input = str_from(arena_printf(
		    run->arena, "%s\n", resource_text(r, "code", "q()."))) },
	    &result, e);
	if (rc < 0)
		return rc;
	good = result.err.len == 0 &&
	       text_has_prefix(buf_text(&result.out), "{ok,");
	if (!good)
		rc = provider_fail(run, e, "Chef::Exceptions::ErlCall", "%s",
		    result.err.len > 0 ? buf_text(&result.err)
				       : buf_text(&result.out));
	proc_result_release(&result);
	return rc;
}

const struct provider provider_erl_call = {
	.ruby_class = "ErlCall",
	.type = "erl_call",
	.plan = erl_call_plan,
	.apply = erl_call_apply,
};
