/* SPDX-License-Identifier: MIT */
/* notify_group: does nothing but count as updated, so that its notifications
 * fire (RES-notify_group). */
#include "providers/tbl/files.h"

static int
notify_group_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	(void)run;
	(void)view;
	(void)e;
	plan->flag_updated = true;
	return 0;
}

const struct provider provider_notify_group = {
	.ruby_class = "NotifyGroup",
	.type = "notify_group",
	.plan = notify_group_plan,
};
