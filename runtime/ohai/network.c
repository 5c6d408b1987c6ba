/* SPDX-License-Identifier: MIT */
/*
 * network, counters, ipaddress, ip6address, macaddress. Interfaces and their
 * addresses come from the kernel's address list, the rest from /sys/class/net
 * and /proc/net. The addresses of the machine are those of the interface that
 * carries the default route; without one, the first global address.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/ohai/collect_priv.h"
#include "runtime/ohai/routes_priv.h"

#define IFF_LOWER_UP_BIT 0x10000u
#define SYS_NET "/sys/class/net"

/* An interface or an alias of one ("eth0:1"), in order of appearance. */
struct nic {
	const char *name;
	unsigned flags;
	struct ohai_map addresses;
	const char *mac;       /* NULL: none */
	const char *ip4, *ip6; /* first global one */
	struct nic *next;
};

static struct nic *
nic_for(struct arena *a, struct nic **list, const char *name)
{
	while (*list != NULL && !text_eq((*list)->name, name))
		list = &(*list)->next;
	if (*list == NULL) {
		*list = arena_new_of(a, struct nic);
		(*list)->name = arena_strdup(a, name);
		ohai_map_init(&(*list)->addresses, a);
	}
	return *list;
}

static const char *
ip_text(struct arena *a, int family, const void *address)
{
	char text[INET6_ADDRSTRLEN];
	return arena_strdup(a, inet_ntop(family, address, text, sizeof(text)));
}

static int
prefix_length(const unsigned char *mask, size_t len)
{
	int bits = 0;
	for (size_t i = 0; i < len; i++)
		bits += __builtin_popcount(mask[i]);
	return bits;
}

static const char *
scope4(uint32_t host_order)
{
	if (host_order >> 24 == 127)
		return "Node";
	return host_order >> 16 == 0xa9fe ? "Link" : "Global";
}

static const char *
scope6(const struct in6_addr *address)
{
	if (IN6_IS_ADDR_LOOPBACK(address))
		return "Node";
	if (IN6_IS_ADDR_LINKLOCAL(address))
		return "Link";
	return IN6_IS_ADDR_SITELOCAL(address) ? "Site" : "Global";
}

static void
add_inet(struct arena *a, struct nic *nic, const struct ifaddrs *ifa)
{
	struct sockaddr_in at, mask = { 0 }, broadcast = { 0 };
	memcpy(&at, ifa->ifa_addr, sizeof(at));
	if (ifa->ifa_netmask != NULL)
		memcpy(&mask, ifa->ifa_netmask, sizeof(mask));
	const char *text = ip_text(a, AF_INET, &at.sin_addr);
	const char *scope = scope4(ntohl(at.sin_addr.s_addr));
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_text(&m, "family", "inet");
	ohai_map_text(&m, "prefixlen",
	    arena_printf(a, "%d",
		prefix_length((const unsigned char *)&mask.sin_addr, 4)));
	ohai_map_text(&m, "netmask", ip_text(a, AF_INET, &mask.sin_addr));
	if ((ifa->ifa_flags & IFF_BROADCAST) != 0 &&
	    ifa->ifa_broadaddr != NULL) {
		memcpy(&broadcast, ifa->ifa_broadaddr, sizeof(broadcast));
		ohai_map_text(
		    &m, "broadcast", ip_text(a, AF_INET, &broadcast.sin_addr));
	}
	ohai_map_text(&m, "scope", scope);
	ohai_map_put(&nic->addresses, text, ohai_map_end(&m));
	if (nic->ip4 == NULL && text_eq(scope, "Global"))
		nic->ip4 = text;
}

static void
add_inet6(struct arena *a, struct nic *nic, const struct ifaddrs *ifa)
{
	struct sockaddr_in6 at, mask = { 0 };
	memcpy(&at, ifa->ifa_addr, sizeof(at));
	if (ifa->ifa_netmask != NULL)
		memcpy(&mask, ifa->ifa_netmask, sizeof(mask));
	const char *text = ip_text(a, AF_INET6, &at.sin6_addr);
	const char *scope = scope6(&at.sin6_addr);
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_text(&m, "family", "inet6");
	ohai_map_text(&m, "prefixlen",
	    arena_printf(a, "%d",
		prefix_length((const unsigned char *)&mask.sin6_addr, 16)));
	ohai_map_text(&m, "scope", scope);
	ohai_map_put(&m, "tags", (struct value){ .type = VALUE_LIST });
	ohai_map_put(&nic->addresses, text, ohai_map_end(&m));
	if (nic->ip6 == NULL && text_eq(scope, "Global"))
		nic->ip6 = text;
}

static const char *
upper_case(struct arena *a, const char *text)
{
	char *up = arena_strdup(a, text);
	for (char *p = up; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return up;
}

/* Hardware addresses are upper case keys with the family "lladdr". */
static void
add_link(struct arena *a, const char *root, struct nic *nic)
{
	const char *text = ohai_line(
	    a, root, arena_printf(a, SYS_NET "/%s/address", nic->name));
	if (text == NULL || (nic->flags & IFF_LOOPBACK) != 0)
		return;
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_text(&m, "family", "lladdr");
	nic->mac = upper_case(a, text);
	ohai_map_put(&nic->addresses, nic->mac, ohai_map_end(&m));
}

static struct nic *
gather(struct arena *a, const char *root, const struct ifaddrs *list)
{
	struct nic *nics = NULL;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		bool known = false;
		for (struct nic *n = nics; n != NULL; n = n->next)
			known = known || text_eq(n->name, i->ifa_name);
		struct nic *nic = nic_for(a, &nics, i->ifa_name);
		if (!known) {
			nic->flags = i->ifa_flags;
			add_link(a, root, nic);
		}
		if (i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			add_inet(a, nic, i);
		else if (i->ifa_addr->sa_family == AF_INET6)
			add_inet6(a, nic, i);
	}
	return nics;
}

static struct value
flags_of(struct arena *a, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *name;
	} bits[] = {
		{ IFF_BROADCAST, "BROADCAST" },
		{ IFF_LOOPBACK, "LOOPBACK" },
		{ IFF_POINTOPOINT, "POINTOPOINT" },
		{ IFF_NOARP, "NOARP" },
		{ IFF_MULTICAST, "MULTICAST" },
		{ IFF_PROMISC, "PROMISC" },
		{ IFF_SLAVE, "SLAVE" },
		{ IFF_MASTER, "MASTER" },
		{ IFF_UP, "UP" },
		{ IFF_LOWER_UP_BIT, "LOWER_UP" },
	};
	struct ohai_list l;
	ohai_list_init(&l, a);
	for (size_t i = 0; i < ARRAY_LEN(bits); i++)
		if ((flags & bits[i].bit) != 0)
			ohai_list_add(&l, value_of_text(a, bits[i].name));
	return ohai_list_end(&l);
}

static const char *
encapsulation_of(const char *type)
{
	switch (type != NULL ? strtol(type, NULL, 10) : -1) {
	case ARPHRD_ETHER:
		return "Ethernet";
	case ARPHRD_LOOPBACK:
		return "Loopback";
	case ARPHRD_PPP:
		return "Point-to-Point Protocol";
	case ARPHRD_SLIP:
		return "Serial Line IP";
	case ARPHRD_TUNNEL:
		return "IPIP Tunnel";
	case ARPHRD_SIT:
		return "IPv6-in-IPv4";
	default:
		return NULL;
	}
}

/* /proc/net/arp: address, type, flags, hardware address, mask, device */
static struct value
arp_of(struct arena *a, const char *arp, const char *name)
{
	struct ohai_map m;
	struct str rest = str_from(arp), line, f[6];
	ohai_map_init(&m, a);
	while (str_split(&rest, '\n', &line))
		if (ohai_fields(line, f, 6) == 6 && str_eq_text(f[5], name) &&
		    !str_eq_text(f[3], "00:00:00:00:00:00"))
			ohai_map_str(
			    &m, arena_strndup(a, f[0].data, f[0].len), f[3]);
	return ohai_map_end(&m);
}

static const char *
net_line(struct arena *a, const char *root, const char *name, const char *leaf)
{
	return ohai_line(
	    a, root, arena_printf(a, SYS_NET "/%s/%s", name, leaf));
}

static struct value
interface_of(struct arena *a, const char *root, const struct nic *nic,
    const struct routes *routes, const char *arp)
{
	struct ohai_map m;
	size_t stem = strcspn(nic->name, "0123456789");
	ohai_map_init(&m, a);
	ohai_map_text(&m, "type", arena_strndup(a, nic->name, stem));
	if (nic->name[stem] != '\0')
		ohai_map_text(&m, "number", nic->name + stem);
	ohai_map_text(&m, "mtu", net_line(a, root, nic->name, "mtu"));
	ohai_map_put(&m, "flags", flags_of(a, nic->flags));
	ohai_map_text(&m, "encapsulation",
	    encapsulation_of(net_line(a, root, nic->name, "type")));
	ohai_map_put(&m, "addresses", ohai_map_end(&nic->addresses));
	const char *state = net_line(a, root, nic->name, "operstate");
	ohai_map_text(&m, "state", state);
	struct value neighbours = arp_of(a, arp, nic->name);
	if (neighbours.map.len > 0)
		ohai_map_put(&m, "arp", neighbours);
	struct value via = routes_of(a, routes, nic->name);
	if (via.list.len > 0)
		ohai_map_put(&m, "routes", via);
	return ohai_map_end(&m);
}

/* One direction of counters.network.interfaces.NAME. */
static struct value
counters_of(struct arena *a, const char *root, const char *name,
    const char *const (*table)[2], size_t len)
{
	struct ohai_map m;
	ohai_map_init(&m, a);
	for (size_t i = 0; i < len; i++)
		ohai_map_text(
		    &m, table[i][0], net_line(a, root, name, table[i][1]));
	return ohai_map_end(&m);
}

static struct value
traffic_of(struct arena *a, const char *root, const char *name)
{
	static const char *const rx[][2] = {
		{ "bytes", "statistics/rx_bytes" },
		{ "packets", "statistics/rx_packets" },
		{ "errors", "statistics/rx_errors" },
		{ "drop", "statistics/rx_dropped" },
		{ "overrun", "statistics/rx_over_errors" },
		{ "frame", "statistics/rx_frame_errors" },
	};
	static const char *const tx[][2] = {
		{ "queuelen", "tx_queue_len" },
		{ "bytes", "statistics/tx_bytes" },
		{ "packets", "statistics/tx_packets" },
		{ "errors", "statistics/tx_errors" },
		{ "drop", "statistics/tx_dropped" },
		{ "carrier", "statistics/tx_carrier_errors" },
		{ "collisions", "statistics/collisions" },
	};
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_put(&m, "rx", counters_of(a, root, name, rx, ARRAY_LEN(rx)));
	ohai_map_put(&m, "tx", counters_of(a, root, name, tx, ARRAY_LEN(tx)));
	return ohai_map_end(&m);
}

static const struct nic *
nic_named(const struct nic *list, const char *name)
{
	while (list != NULL && !text_eq(list->name, name))
		list = list->next;
	return list;
}

/* The source address that the default route names, else the first global
 * address of its interface, else of any interface. */
static void
put_addresses(
    struct ohai_map *m, const struct nic *nics, const struct routes *routes)
{
	const struct nic *out = nic_named(nics, routes->default_interface);
	const struct nic *out6 = nic_named(nics, routes->default_interface6);
	const char *ip4 = out != NULL ? out->ip4 : NULL;
	const char *ip6 = out6 != NULL ? out6->ip6 : NULL;
	const char *mac = out != NULL ? out->mac : NULL;
	for (const struct nic *n = nics; n != NULL; n = n->next) {
		if (ip4 == NULL && n->ip4 != NULL) {
			ip4 = n->ip4;
			mac = n->mac;
		}
		if (ip6 == NULL)
			ip6 = n->ip6;
	}
	if (mac == NULL && out6 != NULL)
		mac = out6->mac;
	ohai_map_text(m, "ipaddress", ip4);
	ohai_map_text(m, "ip6address", ip6);
	ohai_map_text(m, "macaddress", mac);
}

static struct value
nested(struct arena *a, const char *key, struct value v)
{
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_put(&m, key, v);
	return ohai_map_end(&m);
}

void
ohai_build_network(struct arena *a, const char *root,
    const struct ifaddrs *addresses, struct value *ret)
{
	struct ohai_map m, network, interfaces, traffic;
	struct routes routes;
	struct nic *nics = gather(a, root, addresses);
	const char *arp = ohai_read(a, root, "/proc/net/arp");
	routes_read(a, root, &routes);
	ohai_map_init(&interfaces, a);
	ohai_map_init(&traffic, a);
	for (const struct nic *n = nics; n != NULL; n = n->next) {
		ohai_map_put(&interfaces, n->name,
		    interface_of(a, root, n, &routes, arp));
		ohai_map_put(&traffic, n->name, traffic_of(a, root, n->name));
	}
	ohai_map_init(&network, a);
	ohai_map_put(&network, "interfaces", ohai_map_end(&interfaces));
	ohai_map_text(&network, "default_interface", routes.default_interface);
	ohai_map_text(&network, "default_gateway", routes.default_gateway);
	ohai_map_text(
	    &network, "default_inet6_interface", routes.default_interface6);
	ohai_map_text(
	    &network, "default_inet6_gateway", routes.default_gateway6);
	ohai_map_init(&m, a);
	ohai_map_put(&m, "network", ohai_map_end(&network));
	ohai_map_put(&m, "counters",
	    nested(
		a, "network", nested(a, "interfaces", ohai_map_end(&traffic))));
	put_addresses(&m, nics, &routes);
	*ret = ohai_map_end(&m);
}

int
ohai_collect_network(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	struct ifaddrs *list = NULL;
	if (getifaddrs(&list) < 0)
		return err_sys(e, "list the network addresses");
	ohai_build_network(a, root, list, ret);
	freeifaddrs(list);
	return 0;
}
