/* SPDX-License-Identifier: MIT */
/*
 * Packages by yum or dnf (RES-yum, RES-dnf): rpm tells what is installed,
 * `list available` what could be. No helper process stays alive, so there is
 * no table to flush.
 */
#include <string.h>

#include "common/str.h"
#include "providers/package.h"
#include "providers/rpm_query.h"
#include "providers/shell.h"
#include "providers/tbl/system.h"

struct yum_data {
	const char *program; /* "yum" or "dnf" */
};

static const char *
full_name(struct provider_run *run, const struct package_item *item)
{
	const struct value *arch = package_property(run, "arch");

	if (arch->type == VALUE_LIST)
		arch = arch->list.len > 0 ? &arch->list.items[0] : &value_nil;
	if (!value_is_set(arch))
		return item->name;
	return arena_printf(
	    run->arena, "%s.%s", item->name, value_to_s(run->arena, arch));
}

/* RES-yum-6: the repositories of the options count for the query too. */
static void
add_repository_options(struct provider_run *run, struct words *w)
{
	struct str rest = str_from(package_state(run)->options), word;

	while (str_split(&rest, ' ', &word))
		if (str_has_prefix(word, "--enablerepo=") ||
		    str_has_prefix(word, "--disablerepo="))
			words_add(
			    w, arena_strndup(run->arena, word.data, word.len));
}

static int
yum_installed(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *name = NULL;
	int rc = rpm_query_source(run, view, item, e);

	if (rc < 0)
		return rc;
	return rpm_query(
	    run, view, "-q", full_name(run, item), &name, &item->installed, e);
}

/* "name.arch   [epoch:]version-release   repository" */
static const char *
listed_version(struct arena *a, const char *line, const char *name)
{
	size_t len = strlen(name);
	const char *version;

	if (strncmp(line, name, len) != 0 ||
	    (line[len] != '.' && line[len] != ' '))
		return NULL;
	version = line + strcspn(line, " \t");
	version += strspn(version, " \t");
	version = arena_strndup(a, version, strcspn(version, " \t"));
	if (strchr(version, ':') != NULL)
		version = strchr(version, ':') + 1;
	return *version == '\0' ? NULL : version;
}

static int
yum_candidate(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	struct yum_data *data = package_state(run)->data;
	const char *text, *line, *version;
	struct words w;
	int rc, status;

	words_init(&w, run->arena);
	words_add_all(&w, data->program, "-q", NULL);
	add_repository_options(run, &w);
	words_add_all(&w, "list", "available", full_name(run, item), NULL);
	if ((rc = package_ask(run, view, &w, &text, &status, e)) < 0)
		return rc;
	while (
	    status == 0 && (line = package_line(run->arena, &text)) != NULL) {
		version = listed_version(run->arena, line, item->name);
		if (version != NULL &&
		    (item->candidate == NULL ||
			rpm_version_compare(version, item->candidate) > 0))
			item->candidate = version;
	}
	if (item->candidate == NULL)
		item->candidate = item->installed;
	return 0;
}

static bool
yum_newer(const struct package_item *item)
{
	return rpm_version_compare(item->candidate, item->installed) > 0;
}

/* A scriptlet that failed gets a second chance (RES-yum-5). */
static int
run_yum(struct provider_run *run, struct host *host, const char *verb,
    const struct words *subjects, struct err *e)
{
	struct yum_data *data = package_state(run)->data;
	bool dnf = text_eq(data->program, "dnf");
	struct words w;
	size_t i, before;
	int rc;

	words_init(&w, run->arena);
	words_add(&w, data->program);
	if (!dnf)
		words_add_all(&w, "-d0", "-e0", NULL);
	words_add(&w, "-y");
	before = w.len;
	words_add(&w, verb);
	for (i = 0; i < subjects->len; i++)
		words_add(&w, subjects->items[i]);
	rc = package_run(run, host, &w, before, NULL, e);
	if (rc != ERR_EXIT || strstr(e->text, "scriptlet failed") == NULL)
		return rc;
	run->services->log(run->services->arg, SERVICE_WARN,
	    arena_printf(run->arena,
		"%s: a package's scriptlet failed, trying once more",
		run->want->id));
	err_clear(e);
	return package_run(run, host, &w, before, NULL, e);
}

/* NAME-VERSION.ARCH */
static const char *
subject_of(struct provider_run *run, const struct package_item *item)
{
	const struct value *arch = package_property(run, "arch");
	const char *version = item->target == NULL ? ""
						   : arena_printf(run->arena,
							 "-%s", item->target);

	if (!value_is_set(arch) || arch->type == VALUE_LIST)
		return arena_printf(run->arena, "%s%s", item->name, version);
	return arena_printf(run->arena, "%s%s.%s", item->name, version,
	    value_to_s(run->arena, arch));
}

static bool
is_older(const struct package_item *item)
{
	return item->installed != NULL && item->target != NULL &&
	       rpm_version_compare(item->target, item->installed) < 0;
}

static int
yum_install(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	struct yum_data *data = package_state(run)->data;
	const char *source = package_state(run)->source;
	const struct value *down = package_property(run, "allow_downgrade");
	bool dnf = text_eq(data->program, "dnf");
	bool allowed = down->type == VALUE_BOOL ? down->boolean : dnf;
	const char *verb = "install";
	struct words subjects;
	size_t i;

	words_init(&subjects, run->arena);
	if (source != NULL) {
		words_add(&subjects, source);
		return run_yum(
		    run, host, dnf ? "install" : "localinstall", &subjects, e);
	}
	for (i = 0; i < work->count; i++) {
		const struct package_item *it = work->items[i];

		if (is_older(it) && !allowed)
			return provider_fail(run, e,
			    "Chef::Exceptions::Package",
			    "Installed package %s-%s is newer than candidate "
			    "package %s-%s",
			    it->name, it->installed, it->name, it->target);
		if (is_older(it))
			verb = "downgrade";
		words_add(&subjects, subject_of(run, it));
	}
	return run_yum(run, host, verb, &subjects, e);
}

static int
yum_remove(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	struct words subjects;
	size_t i;

	words_init(&subjects, run->arena);
	for (i = 0; i < work->count; i++)
		words_add(&subjects, subject_of(run, work->items[i]));
	return run_yum(run, host, "remove", &subjects, e);
}

static const struct package_tool yum_tool = {
	.takes_file = true,
	.installed = yum_installed,
	.candidate = yum_candidate,
	.newer = yum_newer,
	.install = yum_install,
	.remove = yum_remove,
	.purge = yum_remove,
};

static int
load_with(struct provider_run *run, const struct view *view,
    const char *program, struct err *e)
{
	struct yum_data *data = arena_new_of(run->arena, struct yum_data);
	int rc;

	data->program = program;
	if ((rc = package_load(run, &yum_tool, view, e)) < 0)
		return rc;
	package_state(run)->data = data;
	return 0;
}

static int
yum_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return load_with(run, view, "yum", e);
}

static int
dnf_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return load_with(run, view, "dnf", e);
}

const struct provider provider_package_yum = {
	.ruby_class = "Package::Yum",
	.type = "yum_package",
	.load = yum_load,
	.plan = package_plan,
	.apply = package_apply,
};

const struct provider provider_package_dnf = {
	.ruby_class = "Package::Dnf",
	.type = "yum_package",
	.load = dnf_load,
	.plan = package_plan,
	.apply = package_apply,
};
