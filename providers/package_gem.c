/* SPDX-License-Identifier: MIT */
/*
 * Ruby gems by the gem program (RES-gem). gem_package works on the system's
 * Ruby, or that of gem_binary; chef_gem on a directory of our own, which
 * recipes can require from.
 */
#include <string.h>

#include "common/str.h"
#include "providers/gem_version.h"
#include "providers/package.h"
#include "providers/shell.h"
#include "providers/tbl/system.h"

#define PUBLIC_SOURCE "https://rubygems.org"

struct gem_data {
	const char *binary;
	const char *directory; /* of chef_gem, else NULL */
	const char *file;      /* a .gem file, or NULL */
	const char *const *env;
};

static bool
is_private(const struct provider_run *run)
{
	return text_eq(run->want->type->name, "chef_gem");
}

static const char *
private_directory(struct provider_run *run)
{
	const struct services *s = run->services;
	const struct value own = s->config(s->arg, run->arena, "chef_gem_dir");
	const struct value cache =
	    s->config(s->arg, run->arena, "file_cache_path");

	if (value_text(&own, NULL) != NULL)
		return value_text(&own, NULL);
	return arena_printf(
	    run->arena, "%s/gems", value_text(&cache, "/var/chef/cache"));
}

static struct gem_data *
gem_data(struct provider_run *run)
{
	struct package_state *st = package_state(run);
	struct gem_data *data = st->data;
	const char **env;

	if (data != NULL)
		return data;
	data = st->data = arena_new_of(run->arena, struct gem_data);
	data->binary = value_text(package_property(run, "gem_binary"), "gem");
	env = arena_array_of(run->arena, const char *, 3);
	env[0] = "LC_ALL"; /* the agent's own (RES-gem-3) */
	if (is_private(run)) {
		data->directory = private_directory(run);
		env[1] =
		    arena_printf(run->arena, "GEM_HOME=%s", data->directory);
	}
	data->env = env;
	if (st->source != NULL && text_has_suffix(st->source, ".gem"))
		data->file = st->source;
	return data;
}

static int
ask_gem(struct provider_run *run, const struct view *view,
    const char *const *argv, const char **ret_text, struct err *e)
{
	struct command c = { .argv = argv,
		.env = gem_data(run)->env,
		.timeout_ms = package_timeout_ms(run) };
	struct proc_result r = { 0 };
	int rc;

	if ((rc = command_query(run, view, &c, &r, e)) < 0)
		return rc;
	*ret_text =
	    r.status == 0 ? arena_strdup(run->arena, buf_text(&r.out)) : "";
	proc_result_release(&r);
	return 0;
}

/* "name (1.2.3 ruby java, default: 1.1)": the newest version that meets the
 * requirement (NULL: any), or NULL. */
static const char *
newest_listed(struct arena *a, const char *text, const char *name,
    const char *requirement)
{
	const char *line, *best = NULL;
	struct str rest, part;

	while ((line = package_line(a, &text)) != NULL) {
		const char *open =
		    package_field(line, arena_printf(a, "%s (", name));

		if (open == NULL)
			continue;
		rest = (struct str){ open, strcspn(open, ")") };
		while (str_split(&rest, ',', &part)) {
			const char *version;

			part = str_trim(part);
			if (str_has_prefix(part, "default: "))
				part =
				    (struct str){ part.data + 9, part.len - 9 };
			version = arena_strndup(a, part.data, part.len);
			version =
			    arena_strndup(a, version, strcspn(version, " "));
			if ((requirement == NULL ||
				gem_version_meets(version, requirement)) &&
			    (best == NULL ||
				gem_version_compare(version, best) > 0))
				best = version;
		}
	}
	return best;
}

static int
list_gems(struct provider_run *run, const struct view *view, const char *where,
    const char *name, const char **ret_text, struct err *e)
{
	const char *const argv[] = { gem_data(run)->binary, "list", where,
		arena_printf(run->arena, "^%s$", name), NULL };

	return ask_gem(run, view, argv, ret_text, e);
}

/* Name and version of a file "dir/name-1.2.3.gem". */
static void
read_file_name(struct provider_run *run, struct package_item *item)
{
	const char *file = gem_data(run)->file, *base = strrchr(file, '/');
	const char *dash, *end;

	base = base != NULL ? base + 1 : file;
	dash = strrchr(base, '-');
	end = base + strlen(base) - strlen(".gem");
	if (dash == NULL || dash > end)
		return;
	if (text_eq(item->name, file))
		item->name =
		    arena_strndup(run->arena, base, (size_t)(dash - base));
	item->candidate =
	    arena_strndup(run->arena, dash + 1, (size_t)(end - dash - 1));
	item->candidate_known = true;
}

static int
gem_installed(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *text;
	int rc;

	if (gem_data(run)->file != NULL)
		read_file_name(run, item);
	rc = list_gems(run, view, "--local", item->name, &text, e);
	if (rc < 0)
		return rc;
	item->installed =
	    newest_listed(run->arena, text, item->name, item->wanted);
	if (item->installed == NULL)
		item->installed =
		    newest_listed(run->arena, text, item->name, NULL);
	return 0;
}

static int
gem_candidate(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *text;
	int rc = list_gems(run, view, "--remote", item->name, &text, e);

	if (rc < 0)
		return rc;
	item->candidate = newest_listed(run->arena, text, item->name, NULL);
	return 0;
}

static bool
gem_satisfies(const struct package_item *item)
{
	return gem_version_meets(item->installed, item->wanted);
}

static bool
gem_newer(const struct package_item *item)
{
	return gem_version_compare(item->candidate, item->installed) > 0;
}

static void
add_sources(struct provider_run *run, struct words *w)
{
	const struct value *v = resource_get(run->want, "source");
	size_t i, count = v->type == VALUE_LIST ? v->list.len : 1;

	if (!value_is_set(v) || gem_data(run)->file != NULL)
		return;
	for (i = 0; i < count; i++)
		words_add(
		    w, arena_printf(run->arena, "--source=%s",
			   value_to_s(run->arena,
			       v->type == VALUE_LIST ? &v->list.items[i] : v)));
	words_add(w, "--source=" PUBLIC_SOURCE);
}

/* GEM VERB NAME ... OPTIONS; the options come last (RES-gem-3). */
static int
run_gem(struct provider_run *run, struct host *host, const struct words *w,
    struct err *e)
{
	const char *options = package_state(run)->options;
	struct command c = { .argv = w->items,
		.env = gem_data(run)->env,
		.live = true,
		.timeout_ms = package_timeout_ms(run) };

	if (options[0] != '\0') {
		c.argv = NULL;
		c.text = arena_printf(run->arena, "%s %s",
		    shell_join(run->arena, w->items), options);
	}
	return command_run(run, host, &c, NULL, e);
}

static int
gem_install(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	struct gem_data *data = gem_data(run);
	struct words w;
	size_t i;
	int rc = 0;

	if (data->directory != NULL)
		rc = host_mkdir(host, data->directory, true, e);
	for (i = 0; rc == 0 && i < work->count; i++) {
		const struct package_item *it = work->items[i];

		words_init(&w, run->arena);
		words_add_all(&w, data->binary, "install",
		    data->file != NULL ? data->file : it->name, "-q",
		    "--no-document", NULL);
		if (data->directory != NULL)
			words_add_all(
			    &w, "--install-dir", data->directory, NULL);
		if (it->target != NULL)
			words_add_all(&w, "-v", it->target, NULL);
		add_sources(run, &w);
		rc = run_gem(run, host, &w, e);
	}
	return rc;
}

static int
gem_remove(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	struct gem_data *data = gem_data(run);
	struct words w;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < work->count; i++) {
		const struct package_item *it = work->items[i];

		words_init(&w, run->arena);
		words_add_all(&w, data->binary, "uninstall", it->name, "-q",
		    "-x", "-I", NULL);
		if (data->directory != NULL)
			words_add_all(
			    &w, "--install-dir", data->directory, NULL);
		if (it->target != NULL)
			words_add_all(&w, "-v", it->target, NULL);
		else
			words_add(&w, "-a");
		rc = run_gem(run, host, &w, e);
	}
	return rc;
}

static int
gem_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement q = { .exception = "ArgumentError" };
	const struct value *options = package_property(run, "options");
	const struct value *binary = package_property(run, "gem_binary");

	(void)view;
	return plan_require(run, plan,
	    options->type != VALUE_MAP || !value_is_set(binary), &q, e,
	    "%s: options cannot be given as a hash when using an explicit "
	    "gem_binary",
	    run->want->id);
}

static const struct package_tool gem_tool = {
	.takes_file = true,
	.installed = gem_installed,
	.candidate = gem_candidate,
	.require = gem_require,
	.satisfies = gem_satisfies,
	.newer = gem_newer,
	.install = gem_install,
	.remove = gem_remove,
	.purge = gem_remove,
};

static int
gem_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return package_load(run, &gem_tool, view, e);
}

const struct provider provider_package_rubygems = {
	.ruby_class = "Package::Rubygems",
	.type = "gem_package",
	.load = gem_load,
	.plan = package_plan,
	.apply = package_apply,
};
