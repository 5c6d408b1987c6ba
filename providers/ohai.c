/* SPDX-License-Identifier: MIT */
/* ohai: automatic attributes are collected again (RES-ohai). */
#include "providers/tbl/files.h"

static int
ohai_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	(void)run;
	(void)view;
	(void)e;
	struct change *c = plan_change(plan, 0, NULL);
	plan_describe(
	    plan, c, "re-run ohai and merge results into node attributes");
	return 0;
}

static int
ohai_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	(void)host;
	(void)change;
	const struct services *s = run->services;
	int rc = s->reload_attributes(
	    s->arg, resource_text(run->want, "plugin", NULL), e);
	if (rc == 0)
		s->log(s->arg, SERVICE_INFO,
		    arena_printf(run->arena, "%s reloaded", run->want->id));
	return rc;
}

const struct provider provider_ohai = {
	.ruby_class = "Ohai",
	.type = "ohai",
	.plan = ohai_plan,
	.apply = ohai_apply,
};
