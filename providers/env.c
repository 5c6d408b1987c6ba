/* SPDX-License-Identifier: MIT */
/*
 * Two resources that do nothing useful on Unix: env, which has no
 * implementation and says so (RES-env-1), and breakpoint, which only stops an
 * interactive shell (RES-breakpoint-1).
 */
#include "providers/tbl/system.h"

static int
env_load(
    struct provider_run *run, UNUSED const struct view *view, struct err *e)
{
	return provider_fail(run, e, "Chef::Exceptions::Env",
	    "Chef::Provider::Env does not implement env_value!");
}

static int
no_plan(UNUSED struct provider_run *run, UNUSED const struct view *view,
    UNUSED struct plan *plan, UNUSED struct err *e)
{
	return 0;
}

static int
no_apply(UNUSED struct provider_run *run, UNUSED struct host *host,
    UNUSED const struct change *change, UNUSED struct err *e)
{
	return 0;
}

const struct provider provider_env = {
	.ruby_class = "Env",
	.type = "env",
	.no_why_run = true,
	.load = env_load,
	.plan = no_plan,
	.apply = no_apply,
};

const struct provider provider_breakpoint = {
	.ruby_class = "Breakpoint",
	.type = "breakpoint",
	.no_why_run = true,
	.plan = no_plan,
	.apply = no_apply,
};
