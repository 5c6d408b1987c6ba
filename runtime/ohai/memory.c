/* SPDX-License-Identifier: MIT */
/* memory: /proc/meminfo under the names of Ohai, sizes as "123kB" texts. */
#include "runtime/ohai/collect_priv.h"

static const struct {
	const char *line, *group, *key;
} names[] = {
	{ "MemTotal", NULL, "total" },
	{ "MemFree", NULL, "free" },
	{ "MemAvailable", NULL, "available" },
	{ "Buffers", NULL, "buffers" },
	{ "Cached", NULL, "cached" },
	{ "Active", NULL, "active" },
	{ "Inactive", NULL, "inactive" },
	{ "HighTotal", NULL, "high_total" },
	{ "HighFree", NULL, "high_free" },
	{ "LowTotal", NULL, "low_total" },
	{ "LowFree", NULL, "low_free" },
	{ "Dirty", NULL, "dirty" },
	{ "Writeback", NULL, "writeback" },
	{ "AnonPages", NULL, "anon_pages" },
	{ "Mapped", NULL, "mapped" },
	{ "Slab", NULL, "slab" },
	{ "SReclaimable", NULL, "slab_reclaimable" },
	{ "SUnreclaim", NULL, "slab_unreclaim" },
	{ "PageTables", NULL, "page_tables" },
	{ "NFS_Unstable", NULL, "nfs_unstable" },
	{ "Bounce", NULL, "bounce" },
	{ "CommitLimit", NULL, "commit_limit" },
	{ "Committed_AS", NULL, "committed_as" },
	{ "VmallocTotal", NULL, "vmalloc_total" },
	{ "VmallocUsed", NULL, "vmalloc_used" },
	{ "VmallocChunk", NULL, "vmalloc_chunk" },
	{ "SwapCached", "swap", "cached" },
	{ "SwapTotal", "swap", "total" },
	{ "SwapFree", "swap", "free" },
	{ "HugePages_Total", "hugepages", "total" },
	{ "HugePages_Free", "hugepages", "free" },
	{ "HugePages_Rsvd", "hugepages", "reserved" },
	{ "HugePages_Surp", "hugepages", "surplus" },
};

static void
put_line(struct ohai_map *memory, struct ohai_map *swap, struct ohai_map *huge,
    struct str key, struct str value)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_eq_text(key, names[i].line))
			continue;
		struct ohai_map *m = memory;
		if (text_eq(names[i].group, "swap"))
			m = swap;
		else if (text_eq(names[i].group, "hugepages"))
			m = huge;
		struct str f[2];
		size_t n = ohai_fields(value, f, ARRAY_LEN(f));
		if (n == 2)
			ohai_map_text(m, names[i].key,
			    arena_printf(memory->arena, "%.*s%.*s",
				STR_ARG(f[0]), STR_ARG(f[1])));
		else if (n == 1)
			ohai_map_str(m, names[i].key, f[0]);
		return;
	}
}

int
ohai_collect_memory(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m, memory, swap, huge;
	struct str rest = str_from(ohai_read(a, root, "/proc/meminfo"));
	struct str line, key, value;
	ohai_map_init(&m, a);
	ohai_map_init(&memory, a);
	ohai_map_init(&swap, a);
	ohai_map_init(&huge, a);
	while (str_split(&rest, '\n', &line))
		if (ohai_pair(line, ':', &key, &value))
			put_line(&memory, &swap, &huge, key, value);
	ohai_map_put(&memory, "swap", ohai_map_end(&swap));
	ohai_map_put(&memory, "hugepages", ohai_map_end(&huge));
	ohai_map_put(&m, "memory", ohai_map_end(&memory));
	*ret = ohai_map_end(&m);
	return 0;
}
