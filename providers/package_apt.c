/* SPDX-License-Identifier: MIT */
/*
 * Packages by apt (RES-apt). When a package is installed and no candidate
 * can matter, dpkg's status file answers and no process is started.
 */
#include <string.h>

#include "common/str.h"
#include "providers/dpkg_status.h"
#include "providers/package.h"
#include "providers/preseed.h"
#include "providers/tbl/system.h"

/* LC_ALL alone: the agent's own (RES-apt-4). */
static const char *const apt_env[] = { "DEBIAN_FRONTEND=noninteractive",
	"LC_ALL", NULL };

static const char *
default_release(struct provider_run *run)
{
	const char *release =
	    value_text(package_property(run, "default_release"), NULL);

	return release == NULL ? NULL
			       : arena_printf(run->arena,
				     "APT::Default-Release=%s", release);
}

static const char *
known_version(const char *text)
{
	return text_eq(text, "(none)") ? NULL : text;
}

/* RES-apt-1; *ret_virtual: apt knows the name, but no version of it. */
static int
read_policy(struct provider_run *run, const struct view *view, const char *name,
    struct package_item *item, bool *ret_virtual, struct err *e)
{
	const char *release = default_release(run), *text, *line, *value;
	struct words w;
	int rc, status;

	words_init(&w, run->arena);
	words_add(&w, "apt-cache");
	if (release != NULL)
		words_add_all(&w, "-o", release, NULL);
	words_add_all(&w, "policy", name, NULL);
	if ((rc = package_ask(run, view, &w, &text, &status, e)) < 0)
		return rc;
	if (status != 0)
		return provider_fail(run, e,
		    "Mixlib::ShellOut::ShellCommandFailed",
		    "apt-cache policy %s returned %d, expected 0", name,
		    status);
	while ((line = package_line(run->arena, &text)) != NULL) {
		if ((value = package_field(line, "  Installed: ")) != NULL)
			item->installed = known_version(value);
		value = package_field(line, "  Candidate: ");
		if (value == NULL)
			continue;
		item->candidate = known_version(value);
		*ret_virtual = item->candidate == NULL;
	}
	return 0;
}

/* The names behind "Reverse Provides:" (RES-apt-2). */
static int
read_providers(struct provider_run *run, const struct view *view,
    const char *name, struct words *ret, struct err *e)
{
	bool listed = false;
	const char *text, *line;
	struct words w;
	int rc, status;
	size_t i;

	words_init(&w, run->arena);
	words_add_all(&w, "apt-cache", "showpkg", name, NULL);
	if ((rc = package_ask(run, view, &w, &text, &status, e)) < 0)
		return rc;
	while ((line = package_line(run->arena, &text)) != NULL) {
		const char *provider =
		    arena_strndup(run->arena, line, strcspn(line, " \t"));

		if (!listed) {
			listed = text_has_prefix(line, "Reverse Provides:");
			continue;
		}
		for (i = 0; i < ret->len; i++)
			if (text_eq(ret->items[i], provider))
				break;
		if (i == ret->len && provider[0] != '\0')
			words_add(ret, provider);
	}
	return 0;
}

static int
look_virtual(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	struct words offers;
	bool is_virtual = false;
	int rc;

	words_init(&offers, run->arena);
	if ((rc = read_providers(run, view, item->name, &offers, e)) < 0)
		return rc;
	if (offers.len == 0)
		return provider_fail(run, e, "Chef::Exceptions::Package",
		    "%s has no candidate in the apt-cache", item->name);
	if (offers.len > 1)
		return provider_fail(run, e, "Chef::Exceptions::Package",
		    "%s is a virtual package provided by %zu packages, you "
		    "must explicitly select one to install",
		    item->name, offers.len);
	item->provided_by = offers.items[0];
	return read_policy(run, view, item->provided_by, item, &is_virtual, e);
}

static int
apt_installed(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	bool is_virtual = false;
	const char *version;
	int rc;

	if (text_eq(run->action, "install") &&
	    dpkg_status_find(view, run->arena, item->name, &version) ==
		DPKG_INSTALLED &&
	    (item->wanted == NULL || text_eq(item->wanted, version))) {
		item->installed = version;
		return 0;
	}
	item->candidate_known = true;
	rc = read_policy(run, view, item->name, item, &is_virtual, e);
	if (rc < 0 || !is_virtual || item->installed != NULL ||
	    text_eq(run->action, "remove") || text_eq(run->action, "purge"))
		return rc;
	return look_virtual(run, view, item, e);
}

static int
apt_require(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement q = { .exception =
						  "Chef::Exceptions::Package" };

	return plan_require(run, plan,
	    resource_text(run->want, "source", NULL) == NULL, &q, e,
	    "apt package provider cannot handle source attribute. Use dpkg "
	    "provider instead");
}

static int
apt_install(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	const char *release = default_release(run);
	struct words w;
	size_t i, before;

	words_init(&w, run->arena);
	words_add_all(&w, "apt-get", "-q", "-y", NULL);
	if (release != NULL)
		words_add_all(&w, "-o", release, NULL);
	before = w.len;
	words_add(&w, "install");
	for (i = 0; i < work->count; i++) {
		const struct package_item *it = work->items[i];

		words_add(&w, it->provided_by != NULL || it->target == NULL
				  ? it->name
				  : arena_printf(run->arena, "%s=%s", it->name,
					it->target));
	}
	return package_run(run, host, &w, before, apt_env, e);
}

static int
apt_delete(struct provider_run *run, struct host *host, const char *verb,
    const struct package_work *work, struct err *e)
{
	struct words w;
	size_t i;

	words_init(&w, run->arena);
	words_add_all(&w, "apt-get", "-q", "-y", verb, NULL);
	for (i = 0; i < work->count; i++)
		words_add(&w, work->items[i]->name);
	return package_run(run, host, &w, 3, apt_env, e);
}

static int
apt_remove(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	return apt_delete(run, host, "remove", work, e);
}

static int
apt_purge(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	return apt_delete(run, host, "purge", work, e);
}

static const struct package_tool apt_tool = {
	.preseeds = true,
	.installed = apt_installed,
	.require = apt_require,
	.install = apt_install,
	.remove = apt_remove,
	.purge = apt_purge,
	.reconfigure = preseed_reconfigure,
};

static int
apt_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return package_load(run, &apt_tool, view, e);
}

const struct provider provider_package_apt = {
	.ruby_class = "Package::Apt",
	.type = "package",
	.load = apt_load,
	.plan = package_plan,
	.apply = package_apply,
};
