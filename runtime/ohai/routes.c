/* SPDX-License-Identifier: MIT */
/*
 * /proc/net/route (IPv4: hexadecimal words in machine order) and
 * /proc/net/ipv6_route (hexadecimal bytes in network order).
 */
#include "runtime/ohai/routes_priv.h"

#include <arpa/inet.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/ohai/collect_priv.h"

#define RTF_CACHE_OR_LOCAL 0x81000000u /* not what an administrator set */

static void
add(struct arena *a, struct routes *r, struct route route)
{
	struct route **at = &r->list;
	while (*at != NULL)
		at = &(*at)->next;
	*at = arena_new_of(a, struct route);
	**at = route;
}

static uint32_t
hex(struct str s)
{
	char text[9] = { 0 };
	memcpy(text, s.data, s.len < 8 ? s.len : 8);
	return (uint32_t)strtoul(text, NULL, 16);
}

static const char *
ip4(struct arena *a, uint32_t raw)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr at = { .s_addr = raw };
	return arena_strdup(a, inet_ntop(AF_INET, &at, text, sizeof(text)));
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
static void
read_inet(struct arena *a, const char *root, struct routes *r)
{
	struct str rest = str_from(ohai_read(a, root, "/proc/net/route"));
	struct str line, f[8];
	bool header = true;
	while (str_split(&rest, '\n', &line)) {
		size_t n = ohai_fields(line, f, ARRAY_LEN(f));
		bool skip =
		    header || n < ARRAY_LEN(f) || (hex(f[3]) & RTF_UP) == 0;
		header = false;
		if (skip)
			continue;
		uint32_t to = hex(f[1]), via = hex(f[2]), mask = hex(f[7]);
		struct route route = {
			.interface = arena_strndup(a, f[0].data, f[0].len),
			.family = "inet",
			.via = via != 0 ? ip4(a, via) : NULL,
			.is_default = to == 0 && mask == 0,
		};
		(void)str_to_i64(f[6], 10, &route.metric);
		route.destination = route.is_default
					? "default"
					: arena_printf(a, "%s/%d", ip4(a, to),
					      __builtin_popcount(mask));
		add(a, r, route);
	}
}

static bool
ip6_bytes(struct str digits, struct in6_addr *ret)
{
	if (digits.len != 32)
		return false;
	for (size_t i = 0; i < 4; i++) {
		uint32_t word =
		    htonl(hex((struct str){ digits.data + i * 8, 8 }));
		memcpy(&ret->s6_addr[i * 4], &word, sizeof(word));
	}
	return true;
}

/* destination length source length next-hop metric refs use flags device */
static void
read_inet6(struct arena *a, const char *root, struct routes *r)
{
	struct str rest = str_from(ohai_read(a, root, "/proc/net/ipv6_route"));
	struct str line, f[10];
	char text[INET6_ADDRSTRLEN];
	struct in6_addr to, via;
	while (str_split(&rest, '\n', &line)) {
		if (ohai_fields(line, f, 10) < 10 || !ip6_bytes(f[0], &to) ||
		    !ip6_bytes(f[4], &via))
			continue;
		uint32_t flags = hex(f[8]);
		if ((flags & RTF_UP) == 0 || (flags & RTF_REJECT) != 0 ||
		    (flags & RTF_CACHE_OR_LOCAL) != 0 ||
		    IN6_IS_ADDR_MULTICAST(&to) || str_eq_text(f[9], "lo"))
			continue;
		struct route route = {
			.interface = arena_strndup(a, f[9].data, f[9].len),
			.family = "inet6",
			.metric = hex(f[5]),
			.is_default =
			    hex(f[1]) == 0 && IN6_IS_ADDR_UNSPECIFIED(&to),
		};
		if (!IN6_IS_ADDR_UNSPECIFIED(&via))
			route.via = arena_strdup(
			    a, inet_ntop(AF_INET6, &via, text, sizeof(text)));
		route.destination =
		    route.is_default
			? "default"
			: arena_printf(a, "%s/%u",
			      inet_ntop(AF_INET6, &to, text, sizeof(text)),
			      hex(f[1]));
		add(a, r, route);
	}
}

static const struct route *
best_default(const struct routes *r, const char *family)
{
	const struct route *best = NULL;
	for (const struct route *i = r->list; i != NULL; i = i->next)
		if (i->is_default && text_eq(i->family, family) &&
		    (best == NULL || i->metric < best->metric))
			best = i;
	return best;
}

void
routes_read(struct arena *a, const char *root, struct routes *ret)
{
	*ret = (struct routes){ 0 };
	read_inet(a, root, ret);
	read_inet6(a, root, ret);
	const struct route *out = best_default(ret, "inet");
	if (out != NULL) {
		ret->default_interface = out->interface;
		ret->default_gateway = out->via;
	}
	out = best_default(ret, "inet6");
	if (out != NULL) {
		ret->default_interface6 = out->interface;
		ret->default_gateway6 = out->via;
	}
}

struct value
routes_of(struct arena *a, const struct routes *r, const char *interface)
{
	struct ohai_list l;
	ohai_list_init(&l, a);
	for (const struct route *i = r->list; i != NULL; i = i->next) {
		if (!text_eq(i->interface, interface))
			continue;
		struct ohai_map m;
		ohai_map_init(&m, a);
		ohai_map_text(&m, "destination", i->destination);
		ohai_map_text(&m, "family", i->family);
		ohai_map_text(&m, "via", i->via);
		if (i->metric != 0)
			ohai_map_text(&m, "metric",
			    arena_printf(a, "%lld", (long long)i->metric));
		ohai_list_add(&l, ohai_map_end(&m));
	}
	return ohai_list_end(&l);
}
