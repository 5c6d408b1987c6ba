/* SPDX-License-Identifier: MIT */
/* Routes of IPv4 by `ip route`, state from the kernel (RES-route-1). */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/command.h"
#include "providers/tbl/system.h"

#define TABLE_MAX_BYTES (16u << 20)

struct route_state {
	bool there;
	const char *command;
};

/* Bits of a netmask; -1 when it is none. */
static int
prefix_of(const char *netmask)
{
	struct in_addr address;
	uint32_t bits, inverse;

	if (inet_pton(AF_INET, netmask, &address) != 1)
		return -1;
	bits = ntohl(address.s_addr);
	inverse = ~bits;
	if ((inverse & (inverse + 1)) != 0)
		return -1;
	return __builtin_popcount(bits);
}

/* The command as Chef prints it, odd blanks included. */
static int
command_text(
    struct provider_run *run, bool add, const char **ret, struct err *e)
{
	const struct resource *r = run->want;
	const char *netmask = resource_text(r, "netmask", NULL);
	const char *gateway = resource_text(r, "gateway", NULL);
	const char *device = resource_text(r, "device", NULL);
	AUTO_BUF struct buf text = BUF_INIT(1u << 16);

	buf_printf(&text, "ip route %s %s", add ? "replace" : "delete",
	    resource_text(r, "target", r->name));
	if (netmask != NULL) {
		int prefix = prefix_of(netmask);

		if (prefix < 0)
			return provider_fail(run, e, "ArgumentError",
			    "netmask '%s' of %s is not a netmask", netmask,
			    r->id);
		buf_printf(&text, "/%d", prefix);
	}
	if (gateway != NULL)
		buf_printf(&text, " via %s ", gateway);
	if (add && device != NULL)
		buf_printf(&text, " dev %s ", device);
	*ret = arena_strdup(run->arena, buf_text(&text));
	return 0;
}

static bool
same_address(const char *hex, const char *text)
{
	struct in_addr address;

	return inet_pton(AF_INET, text, &address) == 1 &&
	       (uint32_t)strtoul(hex, NULL, 16) == address.s_addr;
}

/* Columns: interface destination gateway flags refs use metric mask. */
static bool
is_line_of(struct provider_run *run, struct str line)
{
	const struct resource *r = run->want;
	const char *gateway = resource_text(r, "gateway", NULL);
	const char *columns[8];
	struct str column;
	size_t count = 0;

	while (count < ARRAY_LEN(columns) && str_split(&line, '\t', &column)) {
		column = str_trim(column);
		columns[count++] =
		    arena_strndup(run->arena, column.data, column.len);
	}
	if (count < ARRAY_LEN(columns) ||
	    !same_address(columns[1], resource_text(r, "target", r->name)) ||
	    !same_address(
		columns[7], resource_text(r, "netmask", "255.255.255.255")))
		return false;
	if (gateway == NULL && text_eq(run->action, "delete"))
		return true;
	return same_address(columns[2], gateway != NULL ? gateway : "0.0.0.0");
}

static int
route_load(struct provider_run *run, const struct view *view, struct err *e)
{
	struct route_state *st = arena_new_of(run->arena, struct route_state);
	AUTO_BUF struct buf table = BUF_INIT(TABLE_MAX_BYTES);
	struct str rest, line;
	int rc;

	run->state = st;
	rc = view_read(view, "/proc/net/route", TABLE_MAX_BYTES, &table, e);
	if (rc < 0)
		return rc;
	rest = (struct str){ buf_text(&table), table.len };
	while (str_split(&rest, '\n', &line))
		if (is_line_of(run, line))
			st->there = true;
	run->current_exists = st->there;
	return command_text(run, text_eq(run->action, "add"), &st->command, e);
}

static int
route_plan(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, UNUSED struct err *e)
{
	const struct route_state *st = run->state;

	if (text_eq(run->action, "add") != st->there)
		plan_describe(plan, plan_change(plan, 0, NULL),
		    "run %s to %s route", st->command, run->action);
	return 0;
}

static int
route_apply(struct provider_run *run, struct host *host,
    UNUSED const struct change *change, struct err *e)
{
	const struct route_state *st = run->state;

	return command_run(run, host,
	    &(struct command){ .text = st->command, .live = true }, NULL, e);
}

const struct provider provider_route = {
	.ruby_class = "Route",
	.type = "route",
	.load = route_load,
	.plan = route_plan,
	.apply = route_apply,
};
