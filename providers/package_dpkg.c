/* SPDX-License-Identifier: MIT */
/* Packages from a .deb file by dpkg (RES-dpkg). */
#include <string.h>

#include "common/str.h"
#include "providers/package.h"
#include "providers/preseed.h"
#include "providers/tbl/system.h"

static const char *const dpkg_env[] = { "DEBIAN_FRONTEND=noninteractive",
	"LC_ALL", NULL };

/* Name and version of the file replace those of the recipe (RES-dpkg-1). */
static int
read_file(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *source = package_state(run)->source, *text, *line;
	struct words w;
	int rc, status;

	words_init(&w, run->arena);
	words_add_all(&w, "dpkg-deb", "-W", source, NULL);
	if ((rc = package_ask(run, view, &w, &text, &status, e)) < 0)
		return rc;
	while ((line = package_line(run->arena, &text)) != NULL) {
		size_t len = strcspn(line, "\t");

		if (line[len] != '\t')
			continue;
		item->name = arena_strndup(run->arena, line, len);
		item->wanted = item->candidate = line + len + 1;
		item->candidate_known = true;
		return 0;
	}
	return provider_fail(run, e, "Chef::Exceptions::Package",
	    "dpkg-deb does not know '%s' as a package", source);
}

static int
dpkg_installed(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *source = package_state(run)->source, *text, *line, *value;
	bool installed = false;
	struct words w;
	int rc, status;

	if (source != NULL && view_exists(view, source) &&
	    (rc = read_file(run, view, item, e)) < 0)
		return rc;
	words_init(&w, run->arena);
	words_add_all(&w, "dpkg", "-s", item->name, NULL);
	if ((rc = package_ask(run, view, &w, &text, &status, e)) < 0)
		return rc;
	if (status != 0 && status != 1)
		return provider_fail(run, e, "Chef::Exceptions::Package",
		    "dpkg failed - exit status %d", status);
	while ((line = package_line(run->arena, &text)) != NULL) {
		if ((value = package_field(line, "Status: ")) != NULL)
			installed = text_eq(value, "install ok installed");
		value = package_field(line, "Version: ");
		if (value != NULL && installed)
			item->installed = value;
	}
	return 0;
}

static int
dpkg_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	return package_require_source(run, view, plan,
	    arena_printf(run->arena,
		"Source for package %s required for action install",
		run->want->name),
	    e);
}

static int
run_dpkg(struct provider_run *run, struct host *host, const char *verb,
    const char *subject, struct err *e)
{
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "dpkg", verb, subject, NULL);
	return package_run(run, host, &w, 2, dpkg_env, e);
}

static int
dpkg_install(struct provider_run *run, struct host *host,
    UNUSED const struct package_work *work, struct err *e)
{
	return run_dpkg(run, host, "-i", package_state(run)->source, e);
}

static int
dpkg_remove(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	return run_dpkg(run, host, "-r", work->items[0]->name, e);
}

static int
dpkg_purge(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	return run_dpkg(run, host, "-P", work->items[0]->name, e);
}

static const struct package_tool dpkg_tool = {
	.preseeds = true,
	.takes_file = true,
	.installed = dpkg_installed,
	.require = dpkg_require,
	.install = dpkg_install,
	.remove = dpkg_remove,
	.purge = dpkg_purge,
	.reconfigure = preseed_reconfigure,
};

static int
dpkg_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return package_load(run, &dpkg_tool, view, e);
}

const struct provider provider_package_dpkg = {
	.ruby_class = "Package::Dpkg",
	.type = "dpkg_package",
	.load = dpkg_load,
	.plan = package_plan,
	.apply = package_apply,
};
