/* SPDX-License-Identifier: MIT */
/* Loading a bundle directory, and looking things up in it. */
#include "runner/bundle.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"
#include "runner/options.h"

const char *
executable_kind_name(enum executable_kind kind)
{
	switch (kind) {
	case EXECUTABLE_RECIPE:
		return "recipe";
	case EXECUTABLE_SCRIPT:
		return "script";
	case EXECUTABLE_ROLE:
		return "role";
	}
	return "";
}

static int
merge_member(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	struct jsn *into = arg;
	struct jsn *have = jsn_get(into, key);
	if (jsn_type(have) == JSN_OBJECT && jsn_type(value) == JSN_OBJECT)
		jsn_merge(have, value);
	else if (jsn_type(value) == JSN_OBJECT) {
		/* A copy, so that later merges leave `from` alone. */
		struct jsn *copy = jsn_new_object();
		jsn_merge(copy, value);
		jsn_set(into, key, copy);
	} else {
		jsn_set(into, key, jsn_ref(value));
	}
	return 0;
}

void
jsn_merge(struct jsn *into, const struct jsn *from)
{
	struct err e = { 0 };
	int rc = jsn_each(from, merge_member, into, &e);
	ASSERT(rc >= 0);
}

struct attributes_reader {
	struct bundle_reader *reader;
	int dirfd;
};

static int
read_attributes_file(const char *name, void *arg, struct err *e)
{
	(void)e;
	struct attributes_reader *ar = arg;
	struct bundle_reader *r = ar->reader;
	if (!text_has_suffix(name, ".json"))
		return 0;
	AUTO(jsn_free) struct jsn *value = NULL;
	struct err error = { 0 };
	int rc =
	    jsn_load(ar->dirfd, name, BUNDLE_FILE_MAX_BYTES, &value, &error);
	const char *where = r->where;
	AUTO_STR char *shown =
	    xasprintf("%s/attributes/%s", r->bundle->dir, name);
	r->where = shown;
	if (rc < 0)
		reader_fault(r, NULL, "%s", error.text);
	else if (jsn_type(value) != JSN_OBJECT)
		reader_fault(r, NULL, "must hold a JSON object");
	else if (jsn_get(value, "run_list") != NULL)
		reader_fault(r, NULL,
		    "run_list belongs into bundle.yml: boot or operational");
	else
		jsn_merge(r->bundle->attributes, value);
	r->where = where;
	return 0;
}

static int
read_attributes(struct bundle_reader *r, struct err *e)
{
	AUTO_STR char *path = path_join(r->bundle->dir, "attributes");
	struct err ignored = { 0 };
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, path, &ignored);
	if (fd == ERR_ABSENT)
		return 0;
	if (fd < 0)
		return err_set(e, ERR_SYS, "%s", ignored.text);
	struct attributes_reader ar = { .reader = r, .dirfd = fd };
	return fsat_each(fd, read_attributes_file, &ar, e);
}

static void
read_root(struct bundle_reader *r, const struct yml *root)
{
	static const char *const keys[] = { "name", "version", "description",
		"environment", "log_level", "compat", "timeout", "cookbooks",
		"scripts", "inputs", "boot", "operational", "decommission",
		"schedules", "repositories", NULL };
	struct bundle *b = r->bundle;
	if (root->type != YML_MAP) {
		reader_fault(r, root, "must be a map");
		return;
	}
	reader_check_keys(r, root, keys);
	b->name = reader_text(r, root, "name", NULL);
	if (b->name == NULL)
		reader_fault(r, root, "name is missing");
	else if (!is_plain_name(b->name, "-_."))
		reader_fault(r, yml_get(root, "name"),
		    "'%.64s' is no name of a bundle: letters, digits, - _ .",
		    b->name);
	b->version = reader_text(r, root, "version", NULL);
	b->description = reader_text(r, root, "description", NULL);
	b->environment = reader_text(r, root, "environment", NULL);
	b->log_level = reader_text(r, root, "log_level", NULL);
	if (b->log_level != NULL && !text_eq(b->log_level, "debug") &&
	    !text_eq(b->log_level, "info") && !text_eq(b->log_level, "warn") &&
	    !text_eq(b->log_level, "error") && !text_eq(b->log_level, "fatal"))
		reader_fault(r, yml_get(root, "log_level"),
		    "'%.64s' is not one of debug, info, warn, error, fatal",
		    b->log_level);
	b->compat = reader_text(r, root, "compat", NULL);
	if (b->compat != NULL && !text_eq(b->compat, "11") &&
	    !text_eq(b->compat, "latest"))
		reader_fault(r, yml_get(root, "compat"),
		    "'%.64s' is not one of 11, latest", b->compat);
	b->timeout_ms =
	    reader_int(r, root, "timeout", 0, TIMEOUT_MAX_SECONDS) * 1000;
	read_sources(r, root, "cookbooks", &b->cookbooks);
	read_sources(r, root, "scripts", &b->script_sources);
	read_inputs(r, root, &b->inputs);
	read_entries(r, root, "boot", &b->boot);
	read_entries(r, root, "operational", &b->operational);
	read_entries(r, root, "decommission", &b->decommission);
	read_schedules(r, root);
	read_repositories(r, root);
}

static void
check_list(struct bundle_reader *r, const struct bundle_list *list)
{
	const struct bundle *b = r->bundle;
	for (size_t i = 0; i < list->len; i++) {
		const struct bundle_entry *entry = &list->list[i];
		if (entry->kind != EXECUTABLE_SCRIPT ||
		    bundle_find_script(b, entry->name) != NULL)
			continue;
		const char **names =
		    arena_array_of(b->arena, const char *, b->scripts_len + 1);
		for (size_t k = 0; k < b->scripts_len; k++)
			names[k] = b->scripts[k].name;
		const char *near =
		    nearest_name(entry->name, names, b->scripts_len);
		reader_fault(r, entry->at,
		    near != NULL
			? "there is no script '%.64s'; did you mean '%s'?"
			: "there is no script '%.64s' in scripts/ or the "
			  "sources of scripts",
		    entry->name, near);
	}
}

int
bundle_add_scripts(struct bundle *b, const char *dir, struct err *e)
{
	AUTO_BUF struct buf errors = BUF_INIT(ERRORS_MAX_BYTES);
	struct bundle_reader r = {
		.bundle = b, .where = b->file, .errors = &errors
	};
	int rc = read_scripts(&r, dir, e);
	return rc < 0 ? rc : reader_finish(&r, e);
}

static void
check_lists(struct bundle_reader *r)
{
	check_list(r, &r->bundle->boot);
	check_list(r, &r->bundle->operational);
	check_list(r, &r->bundle->decommission);
}

int
bundle_check_scripts(struct bundle *b, struct err *e)
{
	AUTO_BUF struct buf errors = BUF_INIT(ERRORS_MAX_BYTES);
	struct bundle_reader r = {
		.bundle = b, .where = b->file, .errors = &errors
	};
	check_lists(&r);
	return reader_finish(&r, e);
}

static struct bundle *
bundle_new(const char *dir)
{
	struct bundle *b = xcalloc(1, sizeof(*b));
	b->arena = arena_new();
	b->held = jsn_new_array();
	b->attributes = jsn_new_object();
	b->dir = arena_strdup(b->arena, dir);
	b->file = arena_printf(b->arena, "%s/bundle.yml", dir);
	return b;
}

/* Everything beside bundle.yml in its directory. */
static int
read_neighbours(struct bundle_reader *r, struct err *e)
{
	AUTO_STR char *scripts = path_join(r->bundle->dir, "scripts");
	int rc = read_scripts(r, scripts, e);
	if (rc >= 0)
		rc = read_attributes(r, e);
	if (rc >= 0)
		rc = read_vendored(r, e);
	return rc;
}

int
bundle_parse(
    struct str text, const char *dir, struct bundle **ret_bundle, struct err *e)
{
	AUTO(bundle_free) struct bundle *b = bundle_new(dir);
	struct yml *root = NULL;
	int rc =
	    yml_parse(b->arena, text, b->file, BUNDLE_FILE_MAX_BYTES, &root, e);
	if (rc < 0)
		return rc;
	AUTO_BUF struct buf errors = BUF_INIT(ERRORS_MAX_BYTES);
	struct bundle_reader r = {
		.bundle = b, .where = b->file, .errors = &errors
	};
	read_root(&r, root);
	rc = read_neighbours(&r, e);
	if (rc < 0)
		return rc;
	/* Scripts of sources are known only after the fetch. */
	if (b->script_sources.len == 0)
		check_lists(&r);
	rc = reader_finish(&r, e);
	if (rc < 0)
		return rc;
	*ret_bundle = TAKE(b);
	return 0;
}

int
bundle_load(const char *dir, struct bundle **ret_bundle, struct err *e)
{
	char path[PATH_MAX];
	if (realpath(dir, path) == NULL)
		return err_sys(e, "bundle directory '%s'", dir);
	AUTO_STR char *file = path_join(path, "bundle.yml");
	AUTO_BUF struct buf text = BUF_INIT(BUNDLE_FILE_MAX_BYTES);
	int rc = fsat_read(AT_FDCWD, file, BUNDLE_FILE_MAX_BYTES, &text, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_ABSENT,
		    "'%s' is no bundle directory: it holds no bundle.yml", dir);
	if (rc < 0)
		return rc;
	return bundle_parse(
	    (struct str){ text.data, text.len }, path, ret_bundle, e);
}

void
bundle_free(struct bundle **b)
{
	if (b == NULL || *b == NULL)
		return;
	jsn_free(&(*b)->held);
	jsn_free(&(*b)->attributes);
	arena_free(&(*b)->arena);
	free(*b);
	*b = NULL;
}

const struct bundle_script *
bundle_find_script(const struct bundle *b, const char *name)
{
	for (size_t i = 0; i < b->scripts_len; i++) {
		if (text_eq(b->scripts[i].name, name))
			return &b->scripts[i];
	}
	for (size_t i = 0; i < b->scripts_len; i++) {
		if (text_eq(b->scripts[i].title, name))
			return &b->scripts[i];
	}
	return NULL;
}

/* "nginx" and "nginx::default" are one recipe. */
static bool
same_recipe(const char *a, const char *b)
{
	size_t len = strcspn(a, ":");
	return strcspn(b, ":") == len && memcmp(a, b, len) == 0 &&
	       text_eq(a[len] ? a + len : "::default",
		   b[len] ? b + len : "::default");
}

static bool
is_named(const struct bundle_entry *entry, const char *name)
{
	if (text_eq(entry->name, name))
		return true;
	if (entry->kind == EXECUTABLE_RECIPE && same_recipe(entry->name, name))
		return true;
	size_t len = strlen(executable_kind_name(entry->kind));
	return strncmp(name, executable_kind_name(entry->kind), len) == 0 &&
	       name[len] == '[' && text_has_suffix(name, "]") &&
	       strlen(entry->name) == strlen(name) - len - 2 &&
	       memcmp(entry->name, name + len + 1, strlen(entry->name)) == 0;
}

static const struct bundle_entry *
find_in(const struct bundle_list *list, const char *name)
{
	for (size_t i = 0; i < list->len; i++) {
		if (is_named(&list->list[i], name))
			return &list->list[i];
	}
	return NULL;
}

int
bundle_find_executable(const struct bundle *b, const char *name,
    const struct bundle_entry **ret_entry, struct err *e)
{
	const struct bundle_entry *found = find_in(&b->operational, name);
	if (found == NULL)
		found = find_in(&b->boot, name);
	if (found != NULL) {
		*ret_entry = found;
		return 0;
	}
	const char *names[2 * BUNDLE_ENTRIES_MAX];
	size_t count = 0;
	for (size_t i = 0; i < b->operational.len; i++)
		names[count++] = b->operational.list[i].name;
	for (size_t i = 0; i < b->boot.len; i++)
		names[count++] = b->boot.list[i].name;
	const char *near = nearest_name(name, names, count);
	if (near != NULL)
		return err_set(e, ERR_ABSENT,
		    "bundle '%s' has no executable '%.100s'; did you mean "
		    "'%s'?",
		    b->name, name, near);
	return err_set(e, ERR_ABSENT,
	    "bundle '%s' has no executable '%.100s' in its operational and "
	    "boot lists",
	    b->name, name);
}

const struct bundle_entry *
bundle_find_remote(
    const struct bundle *b, enum executable_kind kind, const char *name)
{
	for (size_t i = 0; i < b->operational.len; i++) {
		const struct bundle_entry *entry = &b->operational.list[i];
		if (entry->remote && entry->kind == kind &&
		    is_named(entry, name))
			return entry;
	}
	return NULL;
}
