/* SPDX-License-Identifier: MIT */
/*
 * The network attributes, from a list of addresses made by the test and the
 * files of a fixture tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "runtime/ohai/collect_priv.h"

#define ROOT TEST_SOURCE_DIR "/fixtures/ohai/debian12"
#define MAX 8

struct list {
	struct ifaddrs ifa[MAX];
	struct sockaddr_storage at[MAX], mask[MAX], broadcast[MAX];
	char names[MAX][16];
	size_t len;
};

static struct sockaddr *
address(struct sockaddr_storage *to, int family, const char *text)
{
	if (text == NULL)
		return NULL;
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
	to->ss_family = (sa_family_t)family;
	void *bytes =
	    family == AF_INET ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr;
	assert_int_equal(inet_pton(family, text, bytes), 1);
	return (struct sockaddr *)to;
}

static void
put(struct list *l, const char *name, unsigned flags, const char *at,
    const char *mask, const char *broadcast)
{
	size_t i = l->len++;
	assert_true(i < MAX);
	int family = at != NULL && strchr(at, ':') != NULL ? AF_INET6 : AF_INET;
	memcpy(l->names[i], name, strlen(name) + 1);
	l->ifa[i].ifa_name = l->names[i];
	l->ifa[i].ifa_flags = flags;
	l->ifa[i].ifa_addr = address(&l->at[i], family, at);
	l->ifa[i].ifa_netmask = address(&l->mask[i], family, mask);
	l->ifa[i].ifa_broadaddr = address(&l->broadcast[i], family, broadcast);
	if (i > 0)
		l->ifa[i - 1].ifa_next = &l->ifa[i];
}

static const struct value *
in(const struct value *map, const char *key)
{
	for (size_t i = 0; map != NULL && i < map->map.len; i++)
		if (str_eq_text(map->map.pairs[i].key.text, key))
			return &map->map.pairs[i].value;
	return NULL;
}

static void
expect(struct arena *a, const struct value *v, const char *inspected)
{
	assert_non_null(v);
	assert_string_equal(value_inspect(a, v), inspected);
}

static void
two_cards(struct list *l)
{
	unsigned up = IFF_UP | IFF_BROADCAST | IFF_MULTICAST;
	put(l, "lo", IFF_UP | IFF_LOOPBACK, "127.0.0.1", "255.0.0.0", NULL);
	put(l, "eth1", up, "10.0.0.5", "255.255.0.0", "10.0.255.255");
	put(l, "eth0", up, "10.1.0.7", "255.255.255.0", "10.1.0.255");
	put(l, "eth0", up, "fe80::1", "ffff:ffff:ffff:ffff::", NULL);
	put(l, "eth0", up, "2001:db8::7", "ffff:ffff:ffff:ffff::", NULL);
	put(l, "eth0:1", up, "10.1.0.8", "255.255.255.0", "10.1.0.255");
}

static void
core_828_addresses_follow_the_default_route(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct list l = { 0 };
	struct value found;
	two_cards(&l);
	ohai_build_network(a, ROOT, l.ifa, &found);
	expect(a, in(&found, "ipaddress"), "\"10.1.0.7\"");
	expect(a, in(&found, "ip6address"), "\"2001:db8::7\"");
	expect(a, in(&found, "macaddress"), "\"02:00:00:AA:BB:00\"");
	const struct value *n = in(&found, "network");
	expect(a, in(n, "default_interface"), "\"eth0\"");
	expect(a, in(n, "default_gateway"), "\"10.1.0.1\"");
	expect(a, in(n, "default_inet6_gateway"), "\"fe80::1\"");
}

static void
core_828_an_interface_in_full(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct list l = { 0 };
	struct value found;
	two_cards(&l);
	ohai_build_network(a, ROOT, l.ifa, &found);
	const struct value *all = in(in(&found, "network"), "interfaces");
	const struct value *eth0 = in(all, "eth0");
	expect(a, in(eth0, "type"), "\"eth\"");
	expect(a, in(eth0, "number"), "\"0\"");
	expect(a, in(eth0, "mtu"), "\"1500\"");
	expect(a, in(eth0, "state"), "\"up\"");
	expect(a, in(eth0, "encapsulation"), "\"Ethernet\"");
	expect(a, in(eth0, "flags"), "[\"BROADCAST\", \"MULTICAST\", \"UP\"]");
	expect(a, in(eth0, "arp"), "{\"10.1.0.1\"=>\"02:42:ac:00:00:01\"}");
	const struct value *at = in(eth0, "addresses");
	expect(a, in(at, "02:00:00:AA:BB:00"), "{\"family\"=>\"lladdr\"}");
	expect(a, in(at, "10.1.0.7"),
	    "{\"family\"=>\"inet\", \"prefixlen\"=>\"24\", "
	    "\"netmask\"=>\"255.255.255.0\", \"broadcast\"=>\"10.1.0.255\", "
	    "\"scope\"=>\"Global\"}");
	expect(a, in(in(at, "fe80::1"), "scope"), "\"Link\"");
	expect(a, in(in(at, "2001:db8::7"), "prefixlen"), "\"64\"");
	expect(a, in(in(in(in(all, "lo"), "addresses"), "127.0.0.1"), "scope"),
	    "\"Node\"");
	assert_non_null(in(all, "eth0:1"));
	expect(a, in(eth0, "routes"),
	    "[{\"destination\"=>\"default\", \"family\"=>\"inet\", "
	    "\"via\"=>\"10.1.0.1\", \"metric\"=>\"100\"}, "
	    "{\"destination\"=>\"10.1.0.0/24\", \"family\"=>\"inet\"}, "
	    "{\"destination\"=>\"2001:db8::/64\", \"family\"=>\"inet6\", "
	    "\"metric\"=>\"256\"}, "
	    "{\"destination\"=>\"default\", \"family\"=>\"inet6\", "
	    "\"via\"=>\"fe80::1\", \"metric\"=>\"1024\"}]");
	const struct value *traffic =
	    in(in(in(in(&found, "counters"), "network"), "interfaces"), "eth1");
	expect(a, in(traffic, "rx"), "{\"bytes\"=>\"101\"}");
}

static void
core_828_without_a_route_the_first_global_address(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct list l = { 0 };
	struct value found;
	two_cards(&l);
	ohai_build_network(a, "/nowhere", l.ifa, &found);
	expect(a, in(&found, "ipaddress"), "\"10.0.0.5\"");
	assert_null(in(in(&found, "network"), "default_gateway"));
}

static void
core_828_no_address_but_loopback(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct list l = { 0 };
	struct value found;
	put(&l, "lo", IFF_UP | IFF_LOOPBACK, "127.0.0.1", "255.0.0.0", NULL);
	put(&l, "eth9", 0, NULL, NULL, NULL);
	ohai_build_network(a, "/nowhere", l.ifa, &found);
	assert_null(in(&found, "ipaddress"));
	assert_null(in(&found, "macaddress"));
	assert_non_null(in(in(in(&found, "network"), "interfaces"), "eth9"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(core_828_addresses_follow_the_default_route),
		cmocka_unit_test(core_828_an_interface_in_full),
		cmocka_unit_test(
		    core_828_without_a_route_the_first_global_address),
		cmocka_unit_test(core_828_no_address_but_loopback),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
