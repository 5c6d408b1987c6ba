/* SPDX-License-Identifier: MIT */
/* Packages by zypper, 1.0 or newer (RES-zypper). */
#include <string.h>

#include "common/str.h"
#include "providers/package.h"
#include "providers/tbl/system.h"

static const char *const zypper_env[] = { "LC_ALL", NULL };

/* "Version        : 1.2" and "Version: 1.2" alike (RES-zypper-1). */
static const char *
padded_field(const char *line, const char *key)
{
	const char *rest = package_field(line, key);

	if (rest == NULL)
		return NULL;
	rest += strspn(rest, " \t");
	if (*rest != ':')
		return NULL;
	return rest + 1 + strspn(rest + 1, " \t");
}

/* The X of "out-of-date (version X installed)". */
static const char *
outdated_version(struct arena *a, const char *status)
{
	const char *at = strstr(status, "(version ");

	if (!text_has_prefix(status, "out-of-date") || at == NULL)
		return NULL;
	at += strlen("(version ");
	return arena_strndup(a, at, strcspn(at, " )"));
}

static int
zypper_installed(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *text, *line, *value, *old = NULL;
	bool installed = false;
	struct words w;
	int rc, status;

	words_init(&w, run->arena);
	words_add_all(
	    &w, "zypper", "--non-interactive", "info", item->name, NULL);
	if ((rc = package_ask(run, view, &w, &text, &status, e)) < 0)
		return rc;
	if (status != 0)
		return provider_fail(run, e, "Chef::Exceptions::Package",
		    "zypper failed - exit status %d", status);
	while ((line = package_line(run->arena, &text)) != NULL) {
		if ((value = padded_field(line, "Version")) != NULL)
			item->candidate = value;
		if ((value = padded_field(line, "Installed")) != NULL)
			installed = text_has_prefix(value, "Yes");
		if ((value = padded_field(line, "Status")) != NULL)
			old = outdated_version(run->arena, value);
	}
	item->candidate_known = true;
	if (installed || old != NULL)
		item->installed = old != NULL ? old : item->candidate;
	return 0;
}

/* Signatures are checked unless the configuration says no. */
static bool
checks_signatures(struct provider_run *run)
{
	const struct value v = run->services->config(
	    run->services->arg, run->arena, "zypper_check_gpg");

	return v.type != VALUE_BOOL || v.boolean;
}

static void
add_subjects(
    struct provider_run *run, struct words *w, const struct package_work *work)
{
	size_t i;

	for (i = 0; i < work->count; i++) {
		const struct package_item *it = work->items[i];

		words_add(w, it->target == NULL
				 ? it->name
				 : arena_printf(run->arena, "%s=%s", it->name,
				       it->target));
	}
}

static int
zypper_install(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "zypper", "--non-interactive", NULL);
	if (!checks_signatures(run))
		words_add(&w, "--no-gpg-checks");
	words_add_all(&w, "install", "--auto-agree-with-licenses", NULL);
	add_subjects(run, &w, work);
	return package_run(run, host, &w, 2, zypper_env, e);
}

static int
zypper_delete(struct provider_run *run, struct host *host, bool purge,
    const struct package_work *work, struct err *e)
{
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "zypper", "--non-interactive", "remove", NULL);
	if (purge)
		words_add(&w, "--clean-deps");
	add_subjects(run, &w, work);
	return package_run(run, host, &w, 2, zypper_env, e);
}

static int
zypper_remove(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	return zypper_delete(run, host, false, work, e);
}

static int
zypper_purge(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	return zypper_delete(run, host, true, work, e);
}

static const struct package_tool zypper_tool = {
	.installed = zypper_installed,
	.install = zypper_install,
	.remove = zypper_remove,
	.purge = zypper_purge,
};

static int
zypper_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return package_load(run, &zypper_tool, view, e);
}

const struct provider provider_package_zypper = {
	.ruby_class = "Package::Zypper",
	.type = "package",
	.load = zypper_load,
	.plan = package_plan,
	.apply = package_apply,
};
