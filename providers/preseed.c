/* SPDX-License-Identifier: MIT */
/* The response file of a package resource (RES-package-7). */
#include "providers/preseed.h"

#include "common/str.h"

static void
add_slot(struct resource_slot *slots, size_t *count,
    const struct resource_type *type, const char *name, struct value v)
{
	slots[*count].property = resource_type_property(type, name);
	ASSERT(slots[*count].property != NULL);
	slots[(*count)++].value = v;
}

/* Declares the file as a resource of its own, so that it is made and
 * reported like any other (RES-core-6). */
static int
bring_file(struct provider_run *run, const char *source, const char *path,
    bool *ret_changed, struct err *e)
{
	const struct services *s = run->services;
	const struct value *variables =
	    resource_get(run->want, "response_file_variables");
	bool template =
	    s->has_cookbook_file(s->arg, run->want, "templates", source);
	const struct resource_type *type =
	    resource_type_find(template ? "template" : "cookbook_file");
	struct resource_slot slots[4] = { 0 };
	size_t count = 0;

	ASSERT(type != NULL);
	add_slot(
	    slots, &count, type, "source", value_of_text(run->arena, source));
	add_slot(slots, &count, type, "backup", value_of_bool(false));
	if (run->want->cookbook_name != NULL)
		add_slot(slots, &count, type, "cookbook",
		    value_of_text(run->arena, run->want->cookbook_name));
	if (template && value_is_set(variables))
		add_slot(slots, &count, type, "variables", *variables);
	return s->run_resource(s->arg, run->want, type->name, path, slots,
	    count, "create", ret_changed, e);
}

int
preseed_package(struct provider_run *run, struct host *host,
    const struct package_item *item, bool *ret_changed, struct err *e)
{
	const struct services *s = run->services;
	const char *source = resource_text(run->want, "response_file", NULL);
	const struct value cache =
	    s->config(s->arg, run->arena, "file_cache_path");
	const char *const env[] = { "DEBIAN_FRONTEND=noninteractive", NULL };
	const char *directory, *path;
	bool changed = false;
	struct words w;
	int rc;

	if (source == NULL)
		return 0;
	directory = arena_printf(run->arena, "%s/preseed/%s",
	    value_text(&cache, "/var/chef/cache"),
	    run->want->cookbook_name != NULL ? run->want->cookbook_name : "");
	path = arena_printf(run->arena, "%s/%s-%s.seed", directory, item->name,
	    item->target != NULL ? item->target : "");
	if ((rc = host_mkdir(host, directory, true, e)) < 0 ||
	    (rc = bring_file(run, source, path, &changed, e)) < 0)
		return rc;
	if (ret_changed != NULL)
		*ret_changed = changed;
	if (!changed)
		return 0;
	s->log(s->arg, SERVICE_INFO,
	    arena_printf(run->arena, "%s pre-seeding package installation",
		run->want->id));
	words_init(&w, run->arena);
	words_add_all(&w, "debconf-set-selections", path, NULL);
	return command_run(run, host,
	    &(struct command){ .argv = w.items, .env = env }, NULL, e);
}

int
preseed_reconfigure(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e)
{
	const char *const env[] = { "DEBIAN_FRONTEND=noninteractive", "LC_ALL",
		NULL };
	bool changed = false;
	struct words w;
	int rc;

	rc = preseed_package(run, host, work->items[0], &changed, e);
	if (rc < 0 || !changed)
		return rc < 0 ? rc : 1;
	words_init(&w, run->arena);
	words_add_all(&w, "dpkg-reconfigure", work->items[0]->name, NULL);
	return command_run(run, host,
	    &(struct command){ .argv = w.items,
		.env = env,
		.timeout_ms = package_timeout_ms(run) },
	    NULL, e);
}
