/* SPDX-License-Identifier: MIT */
/* log: a line in the log when its turn comes (RES-log). */
#include "common/str.h"
#include "providers/tbl/files.h"

static int
log_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	(void)run;
	(void)view;
	(void)e;
	plan_change(plan, 0, NULL);
	return 0;
}

static enum service_log_level
wanted_level(const struct resource *r)
{
	static const struct {
		const char *word;
		enum service_log_level level;
	} levels[] = {
		{ "debug", SERVICE_DEBUG },
		{ "warn", SERVICE_WARN },
		{ "error", SERVICE_ERROR },
		{ "fatal", SERVICE_FATAL },
	};
	const char *word = resource_text(r, "level", "info");
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (text_eq(levels[i].word, word))
			return levels[i].level;
	}
	return SERVICE_INFO;
}

/* Counts as an update unless the configuration says otherwise. */
static int
log_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	(void)host;
	(void)change;
	(void)e;
	const struct services *s = run->services;
	s->log(s->arg, wanted_level(run->want),
	    resource_text(run->want, "message", run->want->name));
	struct value counts =
	    s->config(s->arg, run->arena, "count_log_resource_updates");
	return counts.type == VALUE_BOOL && !counts.boolean;
}

const struct provider provider_log = {
	.ruby_class = "Log::ChefLog",
	.type = "log",
	.no_why_run = true,
	.plan = log_plan,
	.apply = log_apply,
};
