/* SPDX-License-Identifier: MIT */
/*
 * languages: ruby from the configuration file of the Ruby that cook embeds
 * (or another one on the machine), perl and python by asking the tools.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/proc.h"
#include "runtime/ohai/collect_priv.h"

#define TOOL_TIMEOUT_MS 2000
#define EXPAND_DEPTH 8
#define RUBY_API "3.1.0"

/* CONFIG["key"] = "value" lines of rbconfig.rb, as a map of raw texts. */
struct config {
	struct arena *arena;
	const char *text, *prefix;
};

static const char *
raw(const struct config *c, const char *key)
{
	const char *p = c->text;
	const char *head = arena_printf(c->arena, "CONFIG[\"%s\"] = ", key);
	while ((p = strstr(p, head)) != NULL) {
		const char *v = p + strlen(head);
		if (*v == '"')
			return arena_strndup(
			    c->arena, v + 1, strcspn(v + 1, "\"\n"));
		p = v;
	}
	return text_eq(key, "prefix") ? c->prefix : NULL;
}

/* Replaces $(name) by its value; names that are unknown become empty. */
static const char *
setting(const struct config *c, const char *key)
{
	const char *text = raw(c, key);
	for (int depth = 0; text != NULL && depth < EXPAND_DEPTH; depth++) {
		const char *open = strstr(text, "$(");
		const char *close = open != NULL ? strchr(open, ')') : NULL;
		if (close == NULL)
			break;
		const char *inner = raw(c, arena_strndup(c->arena, open + 2,
					       (size_t)(close - open - 2)));
		text = arena_printf(c->arena, "%.*s%s%s", (int)(open - text),
		    text, inner != NULL ? inner : "", close + 1);
	}
	return text;
}

/* rbconfig.rb lives in PREFIX/lib[/TRIPLET]/ruby/API[/ARCH]/. */
static const char *
find_config(struct arena *a, const char *root, const char **ret_prefix)
{
	static const char *const prefixes[] = { "/usr", "/usr/local" };
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		const char *lib = arena_printf(a, "%s/lib", prefixes[i]);
		*ret_prefix = prefixes[i];
		for (const char *const *n = ohai_names(a, root, lib);
		     *n != NULL; n++) {
			const char *text = ohai_read(a, root,
			    arena_printf(a,
				"%s/%s/ruby/" RUBY_API "/rbconfig.rb", lib,
				*n));
			if (text == NULL)
				text = ohai_read(a, root,
				    arena_printf(a,
					"%s/ruby/" RUBY_API "/%s/rbconfig.rb",
					lib, *n));
			if (text != NULL)
				return text;
		}
	}
	return NULL;
}

/* Where gems go: Debian keeps them apart from the library. */
static const char *
gems_dir(const struct config *c, const char *root)
{
	const char *debian = "/var/lib/gems/" RUBY_API;
	if (ohai_has(c->arena, root, "/etc/debian_version") &&
	    text_eq(c->prefix, "/usr"))
		return debian;
	return arena_printf(c->arena, "%s/lib/ruby/gems/" RUBY_API, c->prefix);
}

static const char *
program(const struct config *c, const char *root, const char *name)
{
	const char *path = arena_printf(c->arena, "%s/bin/%s", c->prefix, name);
	return ohai_has(c->arena, root, path) ? path : NULL;
}

static struct value
ruby_of(struct arena *a, const char *root)
{
	static const char *const copies[][2] = {
		{ "target", "target" },
		{ "target_cpu", "target_cpu" },
		{ "target_vendor", "target_vendor" },
		{ "target_os", "target_os" },
		{ "host", "host" },
		{ "host_cpu", "host_cpu" },
		{ "host_os", "host_os" },
		{ "host_vendor", "host_alias" },
		{ "platform", "arch" },
	};
	struct config c = { .arena = a };
	struct ohai_map m;
	ohai_map_init(&m, a);
	c.text = find_config(a, root, &c.prefix);
	if (c.text == NULL)
		return ohai_map_end(&m);
	ohai_map_text(&m, "version", setting(&c, "RUBY_PROGRAM_VERSION"));
	for (size_t i = 0; i < ARRAY_LEN(copies); i++)
		ohai_map_text(&m, copies[i][0], setting(&c, copies[i][1]));
	ohai_map_text(&m, "bin_dir", arena_printf(a, "%s/bin", c.prefix));
	ohai_map_text(&m, "ruby_bin", program(&c, root, "ruby"));
	ohai_map_text(&m, "gem_bin", program(&c, root, "gem"));
	ohai_map_text(&m, "gems_dir", gems_dir(&c, root));
	return ohai_map_end(&m);
}

/* What a tool prints, or NULL. Only on this machine, never for a fixture. */
static const char *
tool_says(struct arena *a, const char *root, const char *const *argv)
{
	if (root[0] != '\0' || !ohai_has(a, root, argv[0]))
		return NULL;
	static const char *const env[] = { "LC_ALL=C",
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct proc_spec spec = {
		.argv = argv,
		.env = env,
		.timeout_ms = TOOL_TIMEOUT_MS,
	};
	AUTO(proc_result_release) struct proc_result r = { 0 };
	if (proc_run(&spec, &r, NULL) < 0 || r.status != 0)
		return NULL;
	return arena_strdup(a, buf_text(&r.out));
}

static void
put_perl(struct ohai_map *all, struct arena *a, const char *root)
{
	static const char *const argv[] = { "/usr/bin/perl", "-V:version",
		"-V:archname", NULL };
	struct str rest = str_from(tool_says(a, root, argv)), line, k, v;
	struct ohai_map m;
	ohai_map_init(&m, a);
	while (str_split(&rest, '\n', &line)) {
		if (str_has_suffix(line, ";"))
			line.len--;
		if (ohai_pair(line, '=', &k, &v))
			ohai_map_str(&m, arena_strndup(a, k.data, k.len), v);
	}
	if (m.len > 0)
		ohai_map_put(all, "perl", ohai_map_end(&m));
}

/* "Python 3.11.2" */
static void
put_python(struct ohai_map *all, struct arena *a, const char *root)
{
	static const char *const tools[] = { "/usr/bin/python",
		"/usr/bin/python3" };
	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		const char *argv[] = { tools[i], "--version", NULL };
		const char *text = tool_says(a, root, argv);
		struct str f[2];
		if (ohai_fields(str_trim(str_from(text)), f, 2) < 2)
			continue;
		struct ohai_map m;
		ohai_map_init(&m, a);
		ohai_map_str(&m, "version", f[1]);
		ohai_map_put(all, "python", ohai_map_end(&m));
		return;
	}
}

int
ohai_collect_languages(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m, all;
	ohai_map_init(&all, a);
	ohai_map_put(&all, "ruby", ruby_of(a, root));
	put_perl(&all, a, root);
	put_python(&all, a, root);
	ohai_map_init(&m, a);
	ohai_map_put(&m, "languages", ohai_map_end(&all));
	*ret = ohai_map_end(&m);
	return 0;
}
