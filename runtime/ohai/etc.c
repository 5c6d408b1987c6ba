/* SPDX-License-Identifier: MIT */
/* etc (passwd, group) and current_user, from the files themselves. */
#include <unistd.h>

#include "runtime/ohai/collect_priv.h"

/* Splits "a:b:c" into max fields; false when there are fewer. */
static bool
colon_fields(struct str line, struct str *f, size_t max)
{
	for (size_t i = 0; i < max; i++)
		if (!str_split(&line, ':', &f[i]))
			return false;
	return true;
}

static void
put_id(struct ohai_map *m, const char *key, struct str digits)
{
	int64_t id;
	if (str_to_i64(digits, 10, &id))
		ohai_map_int(m, key, id);
}

/* name:x:uid:gid:gecos:dir:shell; the first of a name counts. */
static struct value
passwd_of(struct arena *a, const char *root, const char **ret_current)
{
	struct ohai_map all;
	struct str rest = str_from(ohai_read(a, root, "/etc/passwd"));
	struct str line, f[7];
	ohai_map_init(&all, a);
	while (str_split(&rest, '\n', &line)) {
		if (!colon_fields(line, f, ARRAY_LEN(f)) || f[0].len == 0)
			continue;
		const char *name = arena_strndup(a, f[0].data, f[0].len);
		struct ohai_map m;
		int64_t uid;
		ohai_map_init(&m, a);
		ohai_map_str(&m, "dir", f[5]);
		put_id(&m, "gid", f[3]);
		put_id(&m, "uid", f[2]);
		ohai_map_str(&m, "shell", f[6]);
		ohai_map_str(&m, "gecos", f[4]);
		ohai_map_put(&all, name, ohai_map_end(&m));
		if (*ret_current == NULL && str_to_i64(f[2], 10, &uid) &&
		    uid == (int64_t)geteuid())
			*ret_current = name;
	}
	return ohai_map_end(&all);
}

/* name:x:gid:member,member */
static struct value
group_of(struct arena *a, const char *root)
{
	struct ohai_map all;
	struct str rest = str_from(ohai_read(a, root, "/etc/group"));
	struct str line, f[4];
	ohai_map_init(&all, a);
	while (str_split(&rest, '\n', &line)) {
		if (!colon_fields(line, f, ARRAY_LEN(f)) || f[0].len == 0)
			continue;
		struct ohai_map m;
		ohai_map_init(&m, a);
		put_id(&m, "gid", f[2]);
		ohai_map_put(&m, "members", ohai_list_of_words(a, f[3], ','));
		ohai_map_put(&all, arena_strndup(a, f[0].data, f[0].len),
		    ohai_map_end(&m));
	}
	return ohai_map_end(&all);
}

int
ohai_collect_etc(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m, etc;
	const char *current = NULL;
	ohai_map_init(&etc, a);
	ohai_map_put(&etc, "passwd", passwd_of(a, root, &current));
	ohai_map_put(&etc, "group", group_of(a, root));
	ohai_map_init(&m, a);
	ohai_map_put(&m, "etc", ohai_map_end(&etc));
	ohai_map_text(&m, "current_user", current);
	*ret = ohai_map_end(&m);
	return 0;
}
