/* SPDX-License-Identifier: MIT */
/* The routing tables of /proc/net, as Ohai shows them. */
#pragma once

#include "common/arena.h"
#include "resources/value.h"

struct route {
	const char *interface, *destination, *via; /* via NULL: on the link */
	const char *family;                        /* "inet", "inet6" */
	int64_t metric;
	bool is_default;
	struct route *next;
};

struct routes {
	struct route *list;
	/* Of the default route with the lowest metric; NULL without one. */
	const char *default_interface, *default_gateway;
	const char *default_interface6, *default_gateway6;
};

/* root: prefix of /proc. Missing files are empty tables. */
void routes_read(struct arena *a, const char *root, struct routes *ret);
/* LIST of maps {destination, family, via, metric} of one interface. */
struct value routes_of(
    struct arena *a, const struct routes *r, const char *interface);
