/* SPDX-License-Identifier: MIT */
/*
 * The commands of `rightlink router` (router/tbl/commands.h), and what they
 * share: options, the way to print, exit statuses.
 */
#pragma once

#include "common/clock.h"
#include "common/jsn.h"
#include "common/option_parser.h"
#include "router/router.h"

enum router_command {
	ROUTER_INIT = 1 << 0,
	ROUTER_RUN = 1 << 1,
	ROUTER_RENEW = 1 << 2,
	ROUTER_TOKEN = 1 << 3,
	ROUTER_OPERATOR = 1 << 4,
	ROUTER_BACKUP = 1 << 5,
	ROUTER_OTHER = 1 << 6,
	ROUTER_ALL = (1 << 7) - 1,
	ROUTER_INIT_RENEW = ROUTER_INIT | ROUTER_RENEW,
	ROUTER_INIT_RUN = ROUTER_INIT | ROUTER_RUN,
	ROUTER_DAYS = ROUTER_INIT_RENEW | ROUTER_OPERATOR,
	ROUTER_SCOPES = ROUTER_TOKEN | ROUTER_OPERATOR,
};

/* As in runner/tbl/exits.h. */
enum router_exit {
	ROUTER_EXIT_OK = 0,
	ROUTER_EXIT_FAILED = 1,
	ROUTER_EXIT_CONFIG = 43,
	ROUTER_EXIT_USAGE = 64,
	ROUTER_EXIT_BUSY = 75,
};

struct router_options {
#define OPTION(field, kind, letter, name, arg, commands, prose)                \
	option_##kind field;
#include "router/tbl/options.h"
#undef OPTION
	struct option_list args;
	bool json; /* output */
};

typedef int (*router_command_fn)(const struct router_options *o);
#define COMMAND(name_, bit_, args_, prose_, text_, examples_)                  \
	int router_command_##name_(const struct router_options *o);
#include "router/tbl/commands.h"
#undef COMMAND

/* Finds the command, parses its options, does it; the exit status. */
int router_command_line(int argc, char **argv);

/* "rightlink: TEXT" on standard error or {"error": ...} on standard output. */
int say_error(const struct router_options *o, const struct err *e, int status);
/* One value on standard output, freed. */
void say_json(struct jsn *value);
/* Text on standard output. */
void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* "2026-01-31 12:34" in UTC. */
struct say_time {
	char text[CLOCK_TEXT_BYTES];
};
struct say_time say_time(int64_t ms);

/* The pid of the router that runs in this directory, 0: none does. */
pid_t running_router(int data_fd);
/* Lets it read files again, when one runs. */
void reload_running_router(int data_fd);
