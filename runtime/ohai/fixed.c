/* SPDX-License-Identifier: MIT */
/*
 * Small keys that need one file or none: command, root_group, shells, keys,
 * time, timezone, chef_packages.
 */
#include <string.h>
#include <time.h>

#include "runtime/ohai/collect_priv.h"

/* The versions that cookbooks of the time test for. */
#define CHEF_VERSION "11.18.12"
#define OHAI_VERSION "7.4.1"

static struct value
shells_of(struct arena *a, const char *root)
{
	struct ohai_list l;
	struct str rest = str_from(ohai_read(a, root, "/etc/shells")), line;
	ohai_list_init(&l, a);
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (str_has_prefix(line, "/"))
			ohai_list_add(&l, value_of_str(a, line));
	}
	return ohai_list_end(&l);
}

/* Public host keys: "type base64 comment" -> base64. */
static struct value
host_keys_of(struct arena *a, const char *root)
{
	static const char *const kinds[] = { "rsa", "dsa", "ecdsa", "ed25519" };
	struct ohai_map m, ssh;
	ohai_map_init(&ssh, a);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct str f[2];
		const char *line = ohai_line(a, root,
		    arena_printf(a, "/etc/ssh/ssh_host_%s_key.pub", kinds[i]));
		if (ohai_fields(str_from(line), f, 2) < 2)
			continue;
		ohai_map_str(
		    &ssh, arena_printf(a, "host_%s_public", kinds[i]), f[1]);
		if (text_eq(kinds[i], "ecdsa"))
			ohai_map_str(&ssh, "host_ecdsa_type", f[0]);
	}
	ohai_map_init(&m, a);
	ohai_map_put(&m, "ssh", ohai_map_end(&ssh));
	return ohai_map_end(&m);
}

static const char *
zone(struct arena *a)
{
	time_t now = time(NULL);
	struct tm tm;
	return localtime_r(&now, &tm) != NULL && tm.tm_zone != NULL
		   ? arena_strdup(a, tm.tm_zone)
		   : NULL;
}

static struct value
one(struct arena *a, const char *key, const char *text)
{
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_text(&m, key, text);
	return ohai_map_end(&m);
}

static struct value
packages_of(struct arena *a)
{
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_put(&m, "chef", one(a, "version", CHEF_VERSION));
	ohai_map_put(&m, "ohai", one(a, "version", OHAI_VERSION));
	return ohai_map_end(&m);
}

int
ohai_collect_fixed(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_put(&m, "command", one(a, "ps", "ps -ef"));
	ohai_map_text(&m, "root_group", "root");
	ohai_map_put(&m, "shells", shells_of(a, root));
	ohai_map_put(&m, "keys", host_keys_of(a, root));
	ohai_map_put(&m, "time", one(a, "timezone", zone(a)));
	ohai_map_text(&m, "timezone", ohai_line(a, root, "/etc/timezone"));
	ohai_map_put(&m, "chef_packages", packages_of(a));
	*ret = ohai_map_end(&m);
	return 0;
}
