/* SPDX-License-Identifier: MIT */
/* Packages from an .rpm file by rpm (RES-rpm). */
#include <string.h>

#include "common/str.h"
#include "providers/package.h"
#include "providers/rpm_query.h"
#include "providers/tbl/system.h"

/* Machinery B with the system's locale (RES-rpm-2). */
static const char *const rpm_env[] = { "LC_ALL", NULL };

static int
rpm_installed(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *name = NULL;
	int rc = rpm_query_source(run, view, item, e);

	if (rc < 0)
		return rc;
	if (rc > 0)
		item->wanted = item->candidate;
	return rpm_query(
	    run, view, "-q", item->name, &name, &item->installed, e);
}

static int
rpm_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	return package_require_source(run, view, plan,
	    arena_printf(run->arena, "Package %s not found: no source given",
		run->want->name),
	    e);
}

static int
run_rpm(struct provider_run *run, struct host *host, const char *verb,
    const char *subject, struct err *e)
{
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "rpm", verb, subject, NULL);
	return package_run(run, host, &w, 1, rpm_env, e);
}

static int
rpm_install(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	return run_rpm(run, host,
	    work->items[0]->installed != NULL ? "-U" : "-i",
	    package_state(run)->source, e);
}

static int
rpm_remove(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	const struct package_item *it = work->items[0];

	return run_rpm(run, host, "-e",
	    it->target == NULL
		? it->name
		: arena_printf(run->arena, "%s-%s", it->name, it->target),
	    e);
}

static const struct package_tool rpm_tool = {
	.takes_file = true,
	.installed = rpm_installed,
	.require = rpm_require,
	.install = rpm_install,
	.remove = rpm_remove,
};

static int
rpm_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return package_load(run, &rpm_tool, view, e);
}

const struct provider provider_package_rpm = {
	.ruby_class = "Package::Rpm",
	.type = "rpm_package",
	.load = rpm_load,
	.plan = package_plan,
	.apply = package_apply,
};
