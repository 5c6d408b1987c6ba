/* SPDX-License-Identifier: MIT */
/* The run spec: struct to frame and back. */
#include "wire/runspec.h"

#include <string.h>

#include "wire/frames.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

bool
runspec_recipe_is_valid(const char *name)
{
	size_t len = strspn(name, WORD ".");
	if (len == 0 || len > 200 || name[0] == '.')
		return false;
	if (name[len] == '\0')
		return true;
	if (strncmp(name + len, "::", 2) != 0)
		return false;
	const char *recipe = name + len + 2;
	len = strspn(recipe, WORD ".");
	return len > 0 && len <= 200 && recipe[len] == '\0' && recipe[0] != '.';
}

static struct jsn *
format_item(const struct runspec_item *item)
{
	struct jsn *o = jsn_new_object();
	switch (item->kind) {
	case RUNSPEC_RECIPE:
		jsn_set_str(o, "recipe", item->name);
		return o;
	case RUNSPEC_ROLE:
		jsn_set_str(o, "role", item->name);
		return o;
	case RUNSPEC_RESOURCE:
		jsn_set_str(o, "resource", item->resource);
		jsn_set_str(o, "name", item->name);
		jsn_set(o, "properties",
		    item->properties ? jsn_ref(item->properties)
				     : jsn_new_object());
		return o;
	}
	return o;
}

static void
set_text(struct jsn *o, const char *key, const char *text)
{
	if (text != NULL)
		jsn_set_str(o, key, text);
}

struct jsn *
runspec_format(const struct runspec *s)
{
	struct jsn *o = wire_frame_new("run_spec");
	jsn_set_int(o, "version", RUNSPEC_VERSION);
	jsn_set_str(o, "run_id", s->run_id);
	jsn_set_str(o, "node_name", s->node_name);
	struct jsn *paths = jsn_new_array();
	for (size_t i = 0; i < s->cookbook_paths_len; i++)
		jsn_push_str(paths, s->cookbook_paths[i]);
	jsn_set(o, "cookbook_paths", paths);
	set_text(o, "role_path", s->role_path);
	set_text(o, "data_bag_path", s->data_bag_path);
	set_text(o, "environment_path", s->environment_path);
	set_text(o, "environment", s->environment);
	jsn_set(o, "attributes",
	    s->attributes ? jsn_ref(s->attributes) : jsn_new_object());
	struct jsn *items = jsn_new_array();
	for (size_t i = 0; i < s->items_len; i++)
		jsn_push(items, format_item(&s->items[i]));
	jsn_set(o, "run_list", items);
	set_text(o, "file_cache_path", s->file_cache_path);
	set_text(o, "file_backup_path", s->file_backup_path);
	set_text(o, "lockfile", s->lockfile);
	set_text(o, "stacktrace_path", s->stacktrace_path);
	jsn_set_bool(o, "why_run", s->why_run);
	set_text(o, "log_level", s->log_level);
	set_text(o, "socket", s->socket);
	set_text(o, "compat", s->compat);
	struct jsn *secrets = jsn_new_array();
	for (size_t i = 0; i < s->secrets_len; i++) {
		struct jsn *secret = jsn_new_object();
		jsn_set_str(secret, "name", s->secrets[i].name);
		jsn_set_str(secret, "value", s->secrets[i].value);
		jsn_push(secrets, secret);
	}
	jsn_set(o, "secrets", secrets);
	return o;
}

static const char *
text_of(struct arena *a, const struct jsn *o, const char *key)
{
	const char *text = jsn_peek_str(o, key, NULL);
	return text ? arena_strdup(a, text) : NULL;
}

static int
parse_item(struct arena *a, const struct jsn *o, size_t i,
    struct runspec_item *item, struct err *e)
{
	const char *recipe = jsn_peek_str(o, "recipe", NULL);
	const char *role = jsn_peek_str(o, "role", NULL);
	const char *resource = jsn_peek_str(o, "resource", NULL);
	if ((recipe != NULL) + (role != NULL) + (resource != NULL) != 1)
		return err_set(e, ERR_PROTOCOL,
		    "run_spec: .run_list[%zu]: must have one of recipe, role "
		    "and resource, as a string",
		    i);
	const char *name = recipe ? recipe
			   : role ? role
				  : jsn_peek_str(o, "name", NULL);
	if (name == NULL || name[0] == '\0')
		return err_set(e, ERR_PROTOCOL,
		    "run_spec: .run_list[%zu].name: is missing", i);
	if (recipe != NULL && !runspec_recipe_is_valid(recipe))
		return err_set(e, ERR_PROTOCOL,
		    "run_spec: .run_list[%zu].recipe: '%.100s' is not of the "
		    "form cookbook::recipe",
		    i, recipe);
	struct jsn *properties = jsn_get(o, "properties");
	if (properties != NULL && jsn_type(properties) != JSN_OBJECT)
		return err_set(e, ERR_PROTOCOL,
		    "run_spec: .run_list[%zu].properties: must be an object",
		    i);
	item->kind = recipe ? RUNSPEC_RECIPE
		     : role ? RUNSPEC_ROLE
			    : RUNSPEC_RESOURCE;
	item->name = arena_strdup(a, name);
	item->resource = resource ? arena_strdup(a, resource) : NULL;
	item->properties = properties;
	return 0;
}

static void
parse_lists(struct arena *a, const struct jsn *frame, struct runspec *s)
{
	const struct jsn *paths = jsn_get(frame, "cookbook_paths");
	s->cookbook_paths_len = jsn_len(paths);
	s->cookbook_paths =
	    arena_array_of(a, const char *, s->cookbook_paths_len);
	for (size_t i = 0; i < s->cookbook_paths_len; i++) {
		struct str path = jsn_str(jsn_at(paths, i));
		s->cookbook_paths[i] = arena_strndup(a, path.data, path.len);
	}
	const struct jsn *secrets = jsn_get(frame, "secrets");
	s->secrets_len = secrets ? jsn_len(secrets) : 0;
	s->secrets = arena_array_of(a, struct runspec_secret, s->secrets_len);
	for (size_t i = 0; i < s->secrets_len; i++) {
		const struct jsn *o = jsn_at(secrets, i);
		s->secrets[i].name = text_of(a, o, "name");
		s->secrets[i].value = text_of(a, o, "value");
	}
}

int
runspec_parse(struct arena *a, const struct jsn *frame,
    struct runspec *ret_spec, struct err *e)
{
	int rc = wire_frame_check("run_spec", frame, e);
	if (rc < 0)
		return rc;
	int64_t version = jsn_peek_int(frame, "version", 0);
	if (version != RUNSPEC_VERSION)
		return err_set(e, ERR_UNSUPPORTED,
		    "run_spec: .version: %lld is not %d", (long long)version,
		    RUNSPEC_VERSION);
	struct runspec s = { .run_id = text_of(a, frame, "run_id"),
		.node_name = text_of(a, frame, "node_name"),
		.role_path = text_of(a, frame, "role_path"),
		.data_bag_path = text_of(a, frame, "data_bag_path"),
		.environment_path = text_of(a, frame, "environment_path"),
		.environment = text_of(a, frame, "environment"),
		.attributes = jsn_get(frame, "attributes"),
		.file_cache_path = text_of(a, frame, "file_cache_path"),
		.file_backup_path = text_of(a, frame, "file_backup_path"),
		.lockfile = text_of(a, frame, "lockfile"),
		.stacktrace_path = text_of(a, frame, "stacktrace_path"),
		.why_run = jsn_peek_bool(frame, "why_run", false),
		.log_level = text_of(a, frame, "log_level"),
		.socket = text_of(a, frame, "socket"),
		.compat = text_of(a, frame, "compat") };
	const struct jsn *items = jsn_get(frame, "run_list");
	s.items_len = jsn_len(items);
	if (s.items_len > RUNSPEC_ITEMS_MAX)
		return err_set(e, ERR_LIMIT,
		    "run_spec: .run_list: more than %d items",
		    RUNSPEC_ITEMS_MAX);
	s.items = arena_array_of(a, struct runspec_item, s.items_len);
	for (size_t i = 0; i < s.items_len; i++) {
		rc = parse_item(a, jsn_at(items, i), i, &s.items[i], e);
		if (rc < 0)
			return rc;
	}
	parse_lists(a, frame, &s);
	*ret_spec = s;
	return 0;
}
