/* SPDX-License-Identifier: MIT */
/* Lists of bundle.yml: sources, executables, schedules, repositories. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"
#include "runner/schedules.h"
#include "wire/runspec.h"

/* What fetch can get, see cookbooks-cache/source_*.c. */
static const struct {
	enum source_kind kind;
	const char *prefix;
	bool is_remote;
} schemes[] = {
	{ SOURCE_TARBALL, "https://", true },
	{ SOURCE_TARBALL, "http://", true },
	{ SOURCE_TARBALL, "file:///", false },
	{ SOURCE_GIT, "https://", true },
	{ SOURCE_GIT, "http://", true },
	{ SOURCE_GIT, "git://", true },
	{ SOURCE_GIT, "file:///", false },
};

/* A path stays as it is unless it looks like a URL or like host:path. */
static void
check_source_url(struct bundle_reader *r, const struct yml *v,
    const struct bundle_source *s, const char *url)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (schemes[i].kind != s->kind ||
		    !text_has_prefix(url, schemes[i].prefix))
			continue;
		if (s->kind == SOURCE_TARBALL && schemes[i].is_remote &&
		    s->sha256 == NULL)
			reader_fault(
			    r, v, "a tarball from elsewhere needs its sha256");
		return;
	}
	AUTO_BUF struct buf known = BUF_INIT(256);
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (schemes[i].kind == s->kind)
			buf_printf(&known, ", %s", schemes[i].prefix);
	}
	reader_fault(
	    r, v, "must be a path, or begin with one of%s", known.data + 1);
}

static void
read_source_urls(
    struct bundle_reader *r, const struct yml *v, struct bundle_source *s)
{
	const char *directory = reader_text(r, v, "directory", NULL);
	const char *tarball = reader_text(r, v, "tarball", NULL);
	const char *git = reader_text(r, v, "git", NULL);
	if ((directory != NULL) + (tarball != NULL) + (git != NULL) != 1) {
		reader_fault(
		    r, v, "must have one of directory, tarball and git");
		return;
	}
	const char *url = directory ? directory : tarball ? tarball : git;
	s->kind = directory ? SOURCE_DIRECTORY
		  : tarball ? SOURCE_TARBALL
			    : SOURCE_GIT;
	if (url[0] == '\0') {
		reader_fault(r, v, "is empty");
		return;
	}
	bool is_path = strchr(url, ':') == NULL;
	AUTO_STR char *path = path_join(r->bundle->dir, url);
	s->url = reader_dup(r, is_path ? path : url);
	if (directory != NULL && !is_path)
		reader_fault(r, v, "directory must be a path");
	else if (!is_path)
		check_source_url(r, v, s, url);
}

static void
read_source(
    struct bundle_reader *r, const struct yml *v, struct bundle_source *s)
{
	static const char *const keys[] = { "directory", "tarball", "git",
		"ref", "sha256", "path", "cookbook", NULL };
	if (v->type != YML_MAP) {
		reader_fault(r, v,
		    "must be a map with directory, tarball or "
		    "git");
		return;
	}
	reader_check_keys(r, v, keys);
	s->ref = reader_text(r, v, "ref", NULL);
	s->sha256 = reader_text(r, v, "sha256", NULL);
	s->path = reader_text(r, v, "path", NULL);
	s->cookbook = reader_text(r, v, "cookbook", NULL);
	read_source_urls(r, v, s);
	if (s->sha256 != NULL &&
	    (strlen(s->sha256) != 64 ||
		strspn(s->sha256, "0123456789abcdef") != 64))
		reader_fault(r, yml_get(v, "sha256"),
		    "must be 64 lower-case hexadecimal digits");
	if (s->sha256 != NULL && s->kind != SOURCE_TARBALL)
		reader_fault(r, yml_get(v, "sha256"), "belongs to a tarball");
	if (s->ref != NULL && s->kind != SOURCE_GIT)
		reader_fault(r, yml_get(v, "ref"), "belongs to git");
	else if (s->ref != NULL && s->ref[0] == '\0')
		reader_fault(r, yml_get(v, "ref"), "is empty");
	if (s->path != NULL && !is_inner_path(s->path))
		reader_fault(r, yml_get(v, "path"),
		    "must be a relative path without '..'");
	if (s->cookbook != NULL && !is_plain_name(s->cookbook, "_-"))
		reader_fault(r, yml_get(v, "cookbook"),
		    "'%.64s' is no name of a cookbook", s->cookbook);
}

void
read_sources(struct bundle_reader *r, const struct yml *root, const char *key,
    struct bundle_sources *ret)
{
	const struct yml *list = reader_list(r, root, key);
	if (list == NULL)
		return;
	struct arena *a = r->bundle->arena;
	ret->len = list->len;
	ret->list = arena_array_of(a, struct bundle_source, list->len);
	for (size_t i = 0; i < list->len; i++) {
		ret->list[i].name = arena_printf(a, "%s[%zu]", key, i);
		read_source(r, list->values[i], &ret->list[i]);
	}
}

/* "recipe[x]", "script[x]", "role[x]", or a recipe's plain name. */
static void
split_item(
    struct bundle_reader *r, const char *text, struct bundle_entry *entry)
{
	static const struct {
		const char *prefix;
		enum executable_kind kind;
	} forms[] = {
		{ "recipe[", EXECUTABLE_RECIPE },
		{ "script[", EXECUTABLE_SCRIPT },
		{ "role[", EXECUTABLE_ROLE },
	};
	entry->kind = EXECUTABLE_RECIPE;
	entry->name = text;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (!text_has_prefix(text, forms[i].prefix) ||
		    !text_has_suffix(text, "]"))
			continue;
		size_t len = strlen(forms[i].prefix);
		entry->kind = forms[i].kind;
		entry->name = arena_strndup(
		    r->bundle->arena, text + len, strlen(text) - len - 1);
	}
}

/* The executable of a map: {recipe: x}, {script: x} or {role: x}. */
static bool
read_target(
    struct bundle_reader *r, const struct yml *v, struct bundle_entry *entry)
{
	const char *recipe = reader_text(r, v, "recipe", NULL);
	const char *script = reader_text(r, v, "script", NULL);
	const char *role = reader_text(r, v, "role", NULL);
	if ((recipe != NULL) + (script != NULL) + (role != NULL) != 1) {
		reader_fault(r, v, "must have one of recipe, script and role");
		return false;
	}
	entry->kind = recipe   ? EXECUTABLE_RECIPE
		      : script ? EXECUTABLE_SCRIPT
			       : EXECUTABLE_ROLE;
	entry->name = recipe ? recipe : script ? script : role;
	return true;
}

static void
check_target(struct bundle_reader *r, const struct bundle_entry *entry)
{
	if (entry->kind == EXECUTABLE_RECIPE
		? !runspec_recipe_is_valid(entry->name)
		: !is_plain_name(entry->name, " _-."))
		reader_fault(r, entry->at, "'%.64s' is no name of a %s",
		    entry->name, executable_kind_name(entry->kind));
}

static void
read_entry_inputs(
    struct bundle_reader *r, const struct yml *v, struct bundle_entry *entry)
{
	const struct yml *map = reader_map(r, v, "inputs");
	if (map == NULL)
		return;
	if (entry->kind != EXECUTABLE_SCRIPT)
		reader_fault(r, map,
		    "only a script takes inputs of its own; recipes read "
		    "attributes");
	for (size_t i = 0; i < map->len; i++) {
		if (!input_name_is_valid(map->keys[i]))
			reader_fault(r, map->values[i],
			    "'%.64s' is no name of an input", map->keys[i]);
	}
	entry->inputs = reader_hold(r, yml_to_jsn(map));
}

static void
read_entry(
    struct bundle_reader *r, const struct yml *v, struct bundle_entry *entry)
{
	static const char *const keys[] = { "recipe", "script", "role",
		"remote", "inputs", "timeout", NULL };
	entry->at = v;
	if (v->type == YML_STRING) {
		split_item(r, v->text, entry);
		check_target(r, entry);
		return;
	}
	if (v->type != YML_MAP) {
		reader_fault(r, v, "must be the name of a recipe, or a map");
		return;
	}
	reader_check_keys(r, v, keys);
	if (!read_target(r, v, entry))
		return;
	check_target(r, entry);
	entry->remote = reader_bool(r, v, "remote", false);
	entry->timeout_ms =
	    reader_int(r, v, "timeout", 0, TIMEOUT_MAX_SECONDS) * 1000;
	if (entry->timeout_ms > 0 && entry->kind != EXECUTABLE_SCRIPT)
		reader_fault(r, yml_get(v, "timeout"),
		    "belongs to a script; a run's limit is the bundle's "
		    "timeout");
	read_entry_inputs(r, v, entry);
}

void
read_entries(struct bundle_reader *r, const struct yml *root, const char *key,
    struct bundle_list *ret)
{
	const struct yml *list = reader_list(r, root, key);
	if (list == NULL)
		return;
	ret->len = list->len;
	ret->list =
	    arena_array_of(r->bundle->arena, struct bundle_entry, list->len);
	for (size_t i = 0; i < list->len; i++) {
		ret->list[i].name = "";
		read_entry(r, list->values[i], &ret->list[i]);
	}
}

static const char *
read_cron_field(struct bundle_reader *r, const struct yml *v, const char *key)
{
	const char *text = reader_text(r, v, key, "*");
	if (!schedule_field_is_valid(text))
		reader_fault(r, yml_get(v, key),
		    "'%.64s' is no field of a crontab", text);
	return text;
}

static void
read_schedule(
    struct bundle_reader *r, const struct yml *v, struct bundle_schedule *s)
{
	static const char *const keys[] = { "name", "recipe", "script",
		"minute", "hour", "day", "month", "weekday", NULL };
	if (v->type != YML_MAP) {
		reader_fault(r, v, "must be a map");
		return;
	}
	reader_check_keys(r, v, keys);
	struct bundle_entry target = { .name = "", .at = v };
	if (!read_target(r, v, &target))
		return;
	check_target(r, &target);
	s->kind = target.kind;
	s->executable = target.name;
	s->name = reader_text(r, v, "name", target.name);
	if (!is_plain_name(s->name, " _-.:"))
		reader_fault(r, v, "'%.64s' is no name of a schedule", s->name);
	s->minute = read_cron_field(r, v, "minute");
	s->hour = read_cron_field(r, v, "hour");
	s->day = read_cron_field(r, v, "day");
	s->month = read_cron_field(r, v, "month");
	s->weekday = read_cron_field(r, v, "weekday");
	const struct bundle_entry *entry = NULL;
	struct err e = { 0 };
	if (bundle_find_executable(r->bundle, target.name, &entry, &e) < 0)
		reader_fault(r, v, "%s", e.text);
}

void
read_schedules(struct bundle_reader *r, const struct yml *root)
{
	const struct yml *list = reader_list(r, root, "schedules");
	if (list == NULL)
		return;
	struct bundle *b = r->bundle;
	b->schedules =
	    arena_array_of(b->arena, struct bundle_schedule, list->len);
	for (size_t i = 0; i < list->len; i++) {
		struct bundle_schedule *s = &b->schedules[b->schedules_len++];
		s->name = s->executable = "";
		read_schedule(r, list->values[i], s);
	}
}

static void
read_components(struct bundle_reader *r, const struct yml *v,
    struct bundle_repository *repo)
{
	const struct yml *list = reader_list(r, v, "components");
	if (list == NULL)
		return;
	repo->components =
	    arena_array_of(r->bundle->arena, const char *, list->len);
	for (size_t i = 0; i < list->len; i++) {
		const struct yml *item = list->values[i];
		if (item->type != YML_STRING ||
		    !is_plain_name(item->text, "-_./"))
			reader_fault(r, item, "must be a word");
		else
			repo->components[repo->components_len++] = item->text;
	}
}

static void
read_repository(struct bundle_reader *r, const struct yml *v,
    struct bundle_repository *repo)
{
	static const char *const keys[] = { "name", "type", "url", "suite",
		"components", "key_sha256", NULL };
	if (v->type != YML_MAP) {
		reader_fault(r, v, "must be a map");
		return;
	}
	reader_check_keys(r, v, keys);
	repo->name = reader_text(r, v, "name", NULL);
	repo->type = reader_text(r, v, "type", "apt");
	repo->url = reader_text(r, v, "url", NULL);
	repo->suite = reader_text(r, v, "suite", NULL);
	repo->key_sha256 = reader_text(r, v, "key_sha256", NULL);
	if (repo->name == NULL || !is_plain_name(repo->name, "-_."))
		reader_fault(r, v, "needs a name of letters, digits, - _ .");
	if (!text_eq(repo->type, "apt") && !text_eq(repo->type, "yum"))
		reader_fault(r, yml_get(v, "type"),
		    "'%.64s' is not one of apt, yum", repo->type);
	if (repo->url == NULL || strstr(repo->url, "://") == NULL)
		reader_fault(r, v, "needs a url");
	if (text_eq(repo->type, "apt") && repo->suite == NULL)
		reader_fault(r, v, "needs a suite");
	read_components(r, v, repo);
}

void
read_repositories(struct bundle_reader *r, const struct yml *root)
{
	const struct yml *list = reader_list(r, root, "repositories");
	if (list == NULL)
		return;
	struct bundle *b = r->bundle;
	b->repositories =
	    arena_array_of(b->arena, struct bundle_repository, list->len);
	for (size_t i = 0; i < list->len; i++)
		read_repository(r, list->values[i],
		    &b->repositories[b->repositories_len++]);
}
