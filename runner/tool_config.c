/* SPDX-License-Identifier: MIT */
/*
 * rs_config. Switches are kept in features.yml beside the agent's settings;
 * decommission_timeout is a setting of the agent, in a drop-in of its own, so
 * that it has an effect.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/yml.h"
#include "runner/settings.h"
#include "runner/tools.h"

#define FILE_MAX_BYTES ((size_t)64 << 10)

static const struct {
	const char *name, *group, *feature;
	bool is_number; /* the agent's setting of the same name, in seconds */
} features[] = {
	{ "managed_login_enable", "managed_login", "enable", false },
	{ "package_repositories_freeze", "package_repositories", "freeze",
	    false },
	{ "motd_update", "motd", "update", false },
	{ "decommission_timeout", "decommission", "timeout", true },
};

/* Where the agent's settings are; caller frees. */
static char *
settings_file(void)
{
	const char *named = getenv("RIGHTLINK_CONFIG");
	return xstrdup(
	    named != NULL && named[0] != '\0' ? named : SETTINGS_FILE);
}

static char *
features_file(void)
{
	AUTO_STR char *settings = settings_file();
	AUTO_STR char *dir = path_dirname(settings);
	return path_join(dir, "features.yml");
}

/* {group: {feature: true}}; an absent file is {}. Caller frees. */
static int
load(struct jsn **ret, struct err *e)
{
	AUTO_STR char *path = features_file();
	AUTO(arena_free) struct arena *a = arena_new();
	struct yml *root = NULL;
	int rc = yml_load(a, AT_FDCWD, path, FILE_MAX_BYTES, &root, e);
	if (rc == ERR_ABSENT) {
		*ret = jsn_new_object();
		return 0;
	}
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *value = yml_to_jsn(root);
	if (jsn_type(value) != JSN_OBJECT)
		return err_set(e, ERR_INVALID, "%s: must hold a map", path);
	*ret = TAKE(value);
	return 0;
}

static int
timeout_now(int64_t *ret_seconds, struct err *e)
{
	AUTO(settings_free) struct settings *s = NULL;
	int rc = settings_load(NULL, 0, NULL, &s, e);
	if (rc == 0)
		*ret_seconds = s->decommission_timeout;
	return rc;
}

static bool
is_on(const struct jsn *root, size_t i)
{
	const struct jsn *group = jsn_get(root, features[i].group);
	const struct jsn *value = jsn_get(group, features[i].feature);
	if (jsn_type(value) == JSN_STRING)
		return !str_eq_text(jsn_str(value), "off") &&
		       !str_eq_text(jsn_str(value), "false");
	return jsn_type(value) != JSN_BOOL || jsn_bool(value);
}

/* "on", "off" or a number. */
static void
value_text(const struct jsn *root, size_t i, int64_t timeout, struct buf *out)
{
	if (features[i].is_number)
		buf_printf(out, "%lld", (long long)timeout);
	else
		buf_add_str(out, is_on(root, i) ? "on" : "off");
}

static struct jsn *
nested(const struct jsn *root, int64_t timeout)
{
	struct jsn *all = jsn_new_object();
	for (size_t i = 0; i < ARRAY_LEN(features); i++) {
		struct jsn *group = jsn_new_object();
		jsn_set(group, features[i].feature,
		    features[i].is_number ? jsn_new_int(timeout)
					  : jsn_new_bool(is_on(root, i)));
		jsn_set(all, features[i].group, group);
	}
	return all;
}

static int
do_list(const struct tool_options *o, const struct jsn *root, int64_t timeout)
{
	AUTO(jsn_free) struct jsn *all = nested(root, timeout);
	const char *format = o->format != NULL ? o->format : "text";
	if (text_has_prefix(format, "js")) {
		tool_print_json(all);
		return TOOL_EXIT_OK;
	}
	if (text_has_prefix(format, "y")) {
		tool_print_yaml(all);
		return TOOL_EXIT_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(features); i++) {
		AUTO_BUF struct buf value = BUF_INIT(64);
		value_text(root, i, timeout, &value);
		tool_say("%s=%s", features[i].name, buf_text(&value));
	}
	return TOOL_EXIT_OK;
}

static int
find_feature(const char *name, size_t *ret, struct err *e)
{
	const char *names[ARRAY_LEN(features)];
	for (size_t i = 0; i < ARRAY_LEN(features); i++) {
		names[i] = features[i].name;
		if (text_eq(name, names[i])) {
			*ret = i;
			return 0;
		}
	}
	const char *near = nearest_name(name, names, ARRAY_LEN(names));
	return err_set(e, ERR_INVALID, "Unknown feature '%.64s'%s%s%s", name,
	    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int
save_timeout(const char *value, struct err *e)
{
	int64_t seconds;
	if (!str_to_i64(str_from(value), 10, &seconds) || seconds < 1 ||
	    seconds > 86400)
		return err_set(e, ERR_INVALID,
		    "'%.64s' is not a number of seconds from 1 to 86400",
		    value);
	AUTO_STR char *file = settings_file();
	AUTO_STR char *dir = xasprintf("%s.d", file);
	AUTO_STR char *path = path_join(dir, "rs_config.conf");
	AUTO_STR char *text = xasprintf("# written by rs_config\n"
					"decommission_timeout = %lld\n",
	    (long long)seconds);
	int rc = fsat_mkdir_all(AT_FDCWD, dir, 0755, e);
	return rc < 0
		   ? rc
		   : fsat_replace(AT_FDCWD, path, str_from(text), 0644, 0, e);
}

static int
save_switch(struct jsn *root, size_t i, const char *value, struct err *e)
{
	bool on = text_eq(value, "on") || text_eq(value, "true");
	if (!on && !text_eq(value, "off") && !text_eq(value, "false"))
		return err_set(e, ERR_INVALID,
		    "'%.64s' is not one of on, off, true, false", value);
	struct jsn *group = jsn_get(root, features[i].group);
	if (jsn_type(group) != JSN_OBJECT) {
		group = jsn_new_object();
		jsn_set(root, features[i].group, group);
	}
	jsn_set_bool(group, features[i].feature, on);
	AUTO_BUF struct buf text = BUF_INIT(FILE_MAX_BYTES);
	buf_add_str(&text, "# written by rs_config\n");
	tool_yaml(root, &text);
	AUTO_STR char *path = features_file();
	AUTO_STR char *dir = path_dirname(path);
	int rc = fsat_mkdir_all(AT_FDCWD, dir, 0755, e);
	if (rc >= 0)
		rc = fsat_replace(AT_FDCWD, path,
		    (struct str){ text.data, text.len }, 0644, 0, e);
	return rc;
}

static int
do_set(const struct tool_options *o, struct jsn *root)
{
	struct err e = { 0 };
	size_t i = 0;
	if (o->args.len != 1)
		return tool_wrong("rs_config: --set takes a name and a value");
	const char *value = o->args.list[0];
	int rc = find_feature(o->set, &i, &e);
	if (rc == 0)
		rc = features[i].is_number ? save_timeout(value, &e)
					   : save_switch(root, i, value, &e);
	if (rc == ERR_INVALID)
		return tool_wrong("%s", e.text);
	return rc < 0 ? tool_fail(&e, TOOL_EXIT_OTHER) : TOOL_EXIT_OK;
}

static int
do_get(const struct tool_options *o, const struct jsn *root, int64_t timeout)
{
	struct err e = { 0 };
	size_t i = 0;
	if (find_feature(o->get, &i, &e) < 0)
		return tool_wrong("%s", e.text);
	AUTO_BUF struct buf value = BUF_INIT(64);
	value_text(root, i, timeout, &value);
	tool_say("%s", buf_text(&value));
	return TOOL_EXIT_OK;
}

int
tool_rs_config(const struct tool_options *o)
{
	int wanted = o->list + (o->get != NULL) + (o->set != NULL);
	if (wanted != 1)
		return tool_wrong(
		    "rs_config: give one of --list, --get, --set");
	if (o->format != NULL && !o->list)
		return tool_wrong("rs_config: --format is for --list");
	AUTO(jsn_free) struct jsn *root = NULL;
	struct err e = { 0 };
	int64_t timeout = 0;
	int rc = load(&root, &e);
	if (rc == 0)
		rc = timeout_now(&timeout, &e);
	if (rc < 0)
		return tool_fail(&e, TOOL_EXIT_OTHER);
	if (o->list)
		return do_list(o, root, timeout);
	return o->set != NULL ? do_set(o, root) : do_get(o, root, timeout);
}
