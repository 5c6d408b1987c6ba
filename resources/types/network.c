/* SPDX-License-Identifier: MIT */
/* Addresses and routes (RES-ifconfig, RES-route). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_ifconfig = {
	.name = "ifconfig",
	.ruby_class = "Ifconfig",
	.actions = ACTIONS("add", "delete", "enable", "disable"),
	.default_action = ":add",
	.usual_provider = "Ifconfig",
	.doc = "an address of a network interface",
	.properties = PROPERTIES(
	    { P("target", KIND_STRING, PROP_NAME, "the address") },
	    { P("device", KIND_STRING, PROP_IDENTITY, "the interface") },
	    { P("inet_addr", KIND_STRING, PROP_STATE, "the present address") },
	    { P("mask", KIND_STRING, PROP_STATE, "netmask") },
	    { P("bcast", KIND_STRING, 0, "broadcast address") },
	    { P("hwaddr", KIND_STRING, 0, "hardware address") },
	    { P("mtu", KIND_STRING, 0, "maximum transfer unit") },
	    { P("metric", KIND_STRING, 0, "metric") },
	    { P("onboot", KIND_STRING, 0, "yes: configured at boot") },
	    { P("network", KIND_STRING, 0, "network address") },
	    { P("bootproto", KIND_STRING, 0, "static, dhcp or bootp") },
	    { P("onparent", KIND_STRING, 0, "with its parent interface") }),
};

const struct resource_type resource_type_route = {
	.name = "route",
	.ruby_class = "Route",
	.actions = ACTIONS("add", "delete"),
	.default_action = "[:add]",
	.usual_provider = "Route",
	.doc = "a static route",
	.properties =
	    PROPERTIES({ P("target", KIND_STRING, P_NAME, "destination") },
		{ P("netmask", KIND_STRING, PROP_STATE, "its netmask") },
		{ P("gateway", KIND_STRING, PROP_STATE, "next hop") },
		{ P("device", KIND_STRING, 0, "interface") },
		{ P("metric", KIND_INTEGER, 0, "metric") },
		{ P("route_type", KIND_STRING | KIND_SYMBOL, 0, "host or net"),
		    .convert = CONVERT_SYMBOL,
		    .equal_to = WORDS(":host", ":net"), .fallback = ":host" },
		{ P("networking", KIND_STRING, 0, "without effect") },
		{ P("networking_ipv6", KIND_STRING, 0, "without effect") },
		{ P("hostname", KIND_STRING, 0, "without effect") },
		{ P("domainname", KIND_STRING, 0, "without effect") },
		{ P("domain", KIND_STRING, 0, "without effect") }),
};
