/* SPDX-License-Identifier: MIT */
/* block_device: /sys/block; sizes are 512-byte blocks, as texts. */
#include "runtime/ohai/collect_priv.h"

static const struct {
	const char *key, *file;
} attributes[] = {
	{ "size", "size" },
	{ "removable", "removable" },
	{ "model", "device/model" },
	{ "rev", "device/rev" },
	{ "state", "device/state" },
	{ "timeout", "device/timeout" },
	{ "vendor", "device/vendor" },
	{ "rotational", "queue/rotational" },
	{ "physical_block_size", "queue/physical_block_size" },
	{ "logical_block_size", "queue/logical_block_size" },
};

int
ohai_collect_block_device(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m, all;
	ohai_map_init(&all, a);
	for (const char *const *n = ohai_names(a, root, "/sys/block");
	     *n != NULL; n++) {
		struct ohai_map one;
		ohai_map_init(&one, a);
		for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
			ohai_map_text(&one, attributes[i].key,
			    ohai_line(a, root,
				arena_printf(a, "/sys/block/%s/%s", *n,
				    attributes[i].file)));
		ohai_map_put(&all, *n, ohai_map_end(&one));
	}
	ohai_map_init(&m, a);
	ohai_map_put(&m, "block_device", ohai_map_end(&all));
	*ret = ohai_map_end(&m);
	return 0;
}
