/* SPDX-License-Identifier: MIT */
/* cpu: /proc/cpuinfo; one map per processor plus total, real and cores. */
#include <string.h>

#include "runtime/ohai/collect_priv.h"

#define SOCKETS_MAX 256

static const struct {
	const char *line, *key;
} names[] = {
	{ "vendor_id", "vendor_id" },
	{ "cpu family", "family" },
	{ "model", "model" },
	{ "stepping", "stepping" },
	{ "physical id", "physical_id" },
	{ "core id", "core_id" },
	{ "cpu cores", "cores" },
	{ "model name", "model_name" },
	{ "Processor", "model_name" },
	{ "cpu MHz", "mhz" },
	{ "cache size", "cache_size" },
	{ "BogoMIPS", "bogomips" },
};

struct cpus {
	struct arena *arena;
	struct ohai_map all, one;
	struct str number; /* of `one`; data NULL: none open */
	struct str sockets[SOCKETS_MAX];
	size_t sockets_len;
	int64_t total, cores_per_socket;
};

static void
close_one(struct cpus *c)
{
	if (c->number.data == NULL)
		return;
	ohai_map_put(&c->all,
	    arena_strndup(c->arena, c->number.data, c->number.len),
	    ohai_map_end(&c->one));
	c->number = (struct str){ NULL, 0 };
}

static void
add_socket(struct cpus *c, struct str id)
{
	for (size_t i = 0; i < c->sockets_len; i++)
		if (str_eq(c->sockets[i], id))
			return;
	if (c->sockets_len < SOCKETS_MAX)
		c->sockets[c->sockets_len++] = id;
}

static void
put_line(struct cpus *c, struct str key, struct str value)
{
	if (str_eq_text(key, "processor")) {
		close_one(c);
		c->number = value;
		c->total++;
		ohai_map_init(&c->one, c->arena);
		return;
	}
	if (str_eq_text(key, "physical id"))
		add_socket(c, value);
	if (str_eq_text(key, "cpu cores"))
		(void)str_to_i64(value, 10, &c->cores_per_socket);
	if (str_eq_text(key, "flags") || str_eq_text(key, "Features")) {
		ohai_map_put(
		    &c->one, "flags", ohai_list_of_words(c->arena, value, ' '));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_text(key, names[i].line))
			ohai_map_str(&c->one, names[i].key, value);
}

int
ohai_collect_cpu(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct cpus c = { .arena = a };
	struct ohai_map m;
	struct str rest = str_from(ohai_read(a, root, "/proc/cpuinfo"));
	struct str line, key, value;
	ohai_map_init(&c.all, a);
	while (str_split(&rest, '\n', &line))
		if (ohai_pair(line, ':', &key, &value))
			put_line(&c, key, value);
	close_one(&c);
	int64_t sockets = (int64_t)c.sockets_len;
	ohai_map_int(&c.all, "total", c.total);
	ohai_map_int(&c.all, "real", sockets);
	ohai_map_int(&c.all, "cores",
	    sockets > 0 && c.cores_per_socket > 0 ? sockets * c.cores_per_socket
						  : c.total);
	ohai_map_init(&m, a);
	ohai_map_put(&m, "cpu", ohai_map_end(&c.all));
	*ret = ohai_map_end(&m);
	return 0;
}
