/* SPDX-License-Identifier: MIT */
/*
 * filesystem (by device) and filesystem2 (by device, by mount point, by
 * pair). Sizes are not asked from network file systems: a dead server would
 * hold the run for ever.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runtime/ohai/collect_priv.h"

#define MOUNTS_MAX 4096
#define LINK_MAX_BYTES 256

struct mounted {
	const char *device, *point, *type;
	struct str options;
};

/* Undoes the \040 form of /proc/mounts. */
static const char *
unescape(struct arena *a, struct str s)
{
	char *out = arena_strndup(a, s.data, s.len), *to = out;
	for (const char *p = out; *p != '\0'; to++) {
		if (p[0] == '\\' && strspn(p + 1, "01234567") >= 3) {
			char digits[4] = { p[1], p[2], p[3], 0 };
			*to = (char)strtol(digits, NULL, 8);
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
	return out;
}

static bool
asks_the_network(const char *type)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "smb3",
		"smbfs", "ncpfs", "afs", "ceph", "9p", "lustre", "glusterfs",
		"autofs" };
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (text_eq(type, types[i]))
			return true;
	return text_has_prefix(type, "fuse");
}

static void
put_count(struct ohai_map *m, const char *key, uint64_t n)
{
	ohai_map_text(
	    m, key, arena_printf(m->arena, "%llu", (unsigned long long)n));
}

/* As df rounds: up. */
static void
put_percent(struct ohai_map *m, const char *key, uint64_t used, uint64_t of)
{
	ohai_map_text(m, key,
	    arena_printf(m->arena, "%llu%%",
		(unsigned long long)(of > 0 ? (used * 100 + of - 1) / of : 0)));
}

static void
put_sizes(struct ohai_map *m, const char *root, const struct mounted *at)
{
	struct statvfs v;
	if (asks_the_network(at->type) ||
	    statvfs(ohai_path(m->arena, root, at->point), &v) < 0 ||
	    v.f_blocks == 0)
		return;
	uint64_t size = v.f_frsize != 0 ? v.f_frsize : v.f_bsize;
	uint64_t used = (v.f_blocks - v.f_bfree) * size / 1024;
	uint64_t free_kb = v.f_bavail * size / 1024;
	put_count(m, "kb_size", v.f_blocks * size / 1024);
	put_count(m, "kb_used", used);
	put_count(m, "kb_available", free_kb);
	put_percent(m, "percent_used", used, used + free_kb);
	if (v.f_files == 0)
		return;
	put_count(m, "total_inodes", v.f_files);
	put_count(m, "inodes_used", v.f_files - v.f_ffree);
	put_count(m, "inodes_available", v.f_ffree);
	put_percent(m, "inodes_percent_used", v.f_files - v.f_ffree, v.f_files);
}

/* The link below /dev/disk/KIND that leads to this device. */
static const char *
disk_link(
    struct arena *a, const char *root, const char *kind, const char *device)
{
	const char *name = strrchr(device, '/');
	if (!text_has_prefix(device, "/dev/") || name == NULL)
		return NULL;
	const char *dir = arena_printf(a, "/dev/disk/%s", kind);
	for (const char *const *n = ohai_names(a, root, dir); *n != NULL; n++) {
		char to[LINK_MAX_BYTES];
		ssize_t len = readlink(
		    ohai_path(a, root, arena_printf(a, "%s/%s", dir, *n)), to,
		    sizeof(to) - 1);
		if (len < 0)
			continue;
		to[len] = '\0';
		const char *leaf = strrchr(to, '/');
		if (leaf != NULL && text_eq(leaf, name))
			return *n;
	}
	return NULL;
}

static struct ohai_map
describe(struct arena *a, const char *root, const struct mounted *at)
{
	struct ohai_map m;
	ohai_map_init(&m, a);
	put_sizes(&m, root, at);
	ohai_map_text(&m, "fs_type", at->type);
	ohai_map_put(
	    &m, "mount_options", ohai_list_of_words(a, at->options, ','));
	ohai_map_text(&m, "uuid", disk_link(a, root, "by-uuid", at->device));
	ohai_map_text(&m, "label", disk_link(a, root, "by-label", at->device));
	return m;
}

static struct value
one_text(struct arena *a, const char *text)
{
	struct ohai_list l;
	ohai_list_init(&l, a);
	ohai_list_add(&l, value_of_text(a, text));
	return ohai_list_end(&l);
}

static struct ohai_map
copy_of(struct arena *a, const struct ohai_map *m)
{
	struct ohai_map copy;
	ohai_map_init(&copy, a);
	for (size_t i = 0; i < m->len; i++)
		ohai_map_put(
		    &copy, m->pairs[i].key.text.data, m->pairs[i].value);
	return copy;
}

struct views {
	struct ohai_map old, by_device, by_point, by_pair;
};

static void
add_mount(struct arena *a, const char *root, const struct mounted *at,
    struct views *v)
{
	struct ohai_map base = describe(a, root, at);
	struct ohai_map old = copy_of(a, &base), device = copy_of(a, &base);
	struct ohai_map point = copy_of(a, &base), pair = copy_of(a, &base);
	ohai_map_text(&old, "mount", at->point);
	ohai_map_put(&v->old, at->device, ohai_map_end(&old));
	ohai_map_put(&device, "mounts", one_text(a, at->point));
	ohai_map_put(&v->by_device, at->device, ohai_map_end(&device));
	ohai_map_put(&point, "devices", one_text(a, at->device));
	ohai_map_put(&v->by_point, at->point, ohai_map_end(&point));
	ohai_map_text(&pair, "device", at->device);
	ohai_map_text(&pair, "mount", at->point);
	ohai_map_put(&v->by_pair,
	    arena_printf(a, "%s,%s", at->device, at->point),
	    ohai_map_end(&pair));
}

/* The list of mounts: device point type options ... */
static void
read_mounts(struct arena *a, const char *root, struct views *v)
{
	const char *text = ohai_read(a, root, "/proc/mounts");
	struct str rest = str_from(text), line, f[4];
	size_t count = 0;
	while (str_split(&rest, '\n', &line) && count++ < MOUNTS_MAX) {
		if (ohai_fields(line, f, ARRAY_LEN(f)) < ARRAY_LEN(f))
			continue;
		struct mounted at = {
			.device = unescape(a, f[0]),
			.point = unescape(a, f[1]),
			.type = arena_strndup(a, f[2].data, f[2].len),
			.options = f[3],
		};
		add_mount(a, root, &at, v);
	}
}

int
ohai_collect_filesystem(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct views v;
	struct ohai_map m, second;
	ohai_map_init(&v.old, a);
	ohai_map_init(&v.by_device, a);
	ohai_map_init(&v.by_point, a);
	ohai_map_init(&v.by_pair, a);
	read_mounts(a, root, &v);
	ohai_map_init(&second, a);
	ohai_map_put(&second, "by_device", ohai_map_end(&v.by_device));
	ohai_map_put(&second, "by_mountpoint", ohai_map_end(&v.by_point));
	ohai_map_put(&second, "by_pair", ohai_map_end(&v.by_pair));
	ohai_map_init(&m, a);
	ohai_map_put(&m, "filesystem", ohai_map_end(&v.old));
	ohai_map_put(&m, "filesystem2", ohai_map_end(&second));
	*ret = ohai_map_end(&m);
	return 0;
}
