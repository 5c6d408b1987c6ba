/* SPDX-License-Identifier: MIT */
/*
 * The table of collectors and the memory of what they found: one arena per
 * collector, so that a reload of "etc" leaves "network" as it was.
 */
#include "runtime/ohai/ohai.h"

#include <stdlib.h>

#include "runtime/ohai/collect_priv.h"

#define OHAI_MAGIC 0x6f686169u

const struct ohai_collector ohai_collectors[] = {
	{ { "platform", "platform_version", "platform_family", "lsb" },
	    ohai_collect_platform },
	{ { "kernel", "os", "os_version" }, ohai_collect_kernel },
	{ { "hostname", "machinename" }, ohai_collect_hostname },
	{ { "fqdn", "domain" }, ohai_collect_fqdn },
	{ { "network", "counters", "ipaddress", "ip6address", "macaddress" },
	    ohai_collect_network },
	{ { "memory" }, ohai_collect_memory },
	{ { "cpu" }, ohai_collect_cpu },
	{ { "filesystem", "filesystem2" }, ohai_collect_filesystem },
	{ { "block_device" }, ohai_collect_block_device },
	{ { "virtualization" }, ohai_collect_virtualization },
	{ { "dmi" }, ohai_collect_dmi },
	{ { "init_package" }, ohai_collect_init_package },
	{ { "etc", "current_user" }, ohai_collect_etc },
	{ { "uptime", "uptime_seconds", "idletime", "idletime_seconds" },
	    ohai_collect_uptime },
	{ { "ohai_time" }, ohai_collect_time },
	{ { "languages" }, ohai_collect_languages },
	{ { "packages" }, ohai_collect_packages },
	{ { "command", "root_group", "shells", "keys", "time", "timezone",
	      "chef_packages" },
	    ohai_collect_fixed },
};
const size_t ohai_collectors_len = ARRAY_LEN(ohai_collectors);

struct ohai {
	unsigned magic;
	char *root;
	struct {
		struct arena *arena; /* NULL: not collected yet */
		struct value found;
	} slots[ARRAY_LEN(ohai_collectors)];
};

struct ohai *
ohai_new(const char *root)
{
	struct ohai *o = xcalloc(1, sizeof(*o));
	o->magic = OHAI_MAGIC;
	o->root = xstrdup(root != NULL ? root : "");
	return o;
}

void
ohai_free(struct ohai **o)
{
	if (o == NULL || *o == NULL)
		return;
	CHECK_OBJ(*o, OHAI_MAGIC);
	ohai_reload(*o, NULL);
	free((*o)->root);
	(*o)->magic = 0;
	free(*o);
	*o = NULL;
}

/* The collector that provides a key, or the length of the table. */
static size_t
slot_of(const char *key)
{
	for (size_t i = 0; i < ohai_collectors_len; i++) {
		const char *const *keys = ohai_collectors[i].keys;
		for (size_t k = 0; k < OHAI_KEYS_MAX && keys[k] != NULL; k++)
			if (text_eq(keys[k], key))
				return i;
	}
	return ohai_collectors_len;
}

static const struct value *
map_find(const struct value *map, const char *key)
{
	for (size_t i = 0; i < map->map.len; i++)
		if (str_eq_text(map->map.pairs[i].key.text, key))
			return &map->map.pairs[i].value;
	return NULL;
}

int
ohai_get(struct ohai *o, const char *key, const struct value **ret_value,
    struct err *e)
{
	CHECK_OBJ(o, OHAI_MAGIC);
	size_t i = slot_of(key);
	if (i == ohai_collectors_len)
		return err_set(e, ERR_ABSENT, "no collector for '%s'", key);
	if (o->slots[i].arena == NULL) {
		struct arena *a = arena_new();
		struct value found;
		if (ohai_collectors[i].collect(a, o->root, &found, e) < 0) {
			arena_free(&a);
			return err_wrap(e, "collect '%s'", key);
		}
		ASSERT(found.type == VALUE_MAP);
		o->slots[i].arena = a;
		o->slots[i].found = found;
	}
	const struct value *v = map_find(&o->slots[i].found, key);
	if (!value_is_set(v))
		return err_set(e, ERR_ABSENT, "no '%s' on this machine", key);
	*ret_value = v;
	return 0;
}

void
ohai_reload(struct ohai *o, const char *key)
{
	CHECK_OBJ(o, OHAI_MAGIC);
	size_t only = key != NULL ? slot_of(key) : 0;
	for (size_t i = 0; i < ohai_collectors_len; i++)
		if (key == NULL || i == only)
			arena_free(&o->slots[i].arena);
}

const char *
ohai_key(size_t i)
{
	for (size_t c = 0; c < ohai_collectors_len; c++) {
		const char *const *keys = ohai_collectors[c].keys;
		for (size_t k = 0; k < OHAI_KEYS_MAX && keys[k] != NULL; k++)
			if (i-- == 0)
				return keys[k];
	}
	return NULL;
}
