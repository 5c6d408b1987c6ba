/* SPDX-License-Identifier: MIT */
/* ruby_block and whyrun_safe_ruby_block: Ruby code when its turn comes
 * (RES-ruby_block). */
#include "providers/tbl/files.h"

static int
call(struct provider_run *run, struct err *e)
{
	const struct services *s = run->services;
	return s->call_block(s->arg, run->want, "block", e);
}

static int
block_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	(void)view;
	(void)e;
	struct change *c = plan_change(plan, 0, NULL);
	plan_describe(plan, c, "execute the ruby block %s", run->want->name);
	return 0;
}

/* The author says that the block is harmless: a why-run calls it too. */
static int
safe_block_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	(void)view;
	int rc = run->why_run ? call(run, e) : 0;
	if (rc < 0)
		return rc;
	struct change *c = plan_change(plan, 0, NULL);
	plan_describe(
	    plan, c, "execute the whyrun_safe_ruby_block %s", run->want->name);
	return 0;
}

static int
block_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	(void)host;
	(void)change;
	return call(run, e);
}

const struct provider provider_ruby_block = {
	.ruby_class = "RubyBlock",
	.type = "ruby_block",
	.plan = block_plan,
	.apply = block_apply,
};

const struct provider provider_whyrun_safe_ruby_block = {
	.ruby_class = "WhyrunSafeRubyBlock",
	.type = "whyrun_safe_ruby_block",
	.plan = safe_block_plan,
	.apply = block_apply,
};
