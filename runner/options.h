/* SPDX-License-Identifier: MIT */
/*
 * The options of `rightlink`: the rows of runner/tbl/options.h as a struct.
 */
#pragma once

#include "common/option_parser.h"

enum command_bit {
	COMMAND_BOOT = 1 << 0,
	COMMAND_RUN = 1 << 1,
	COMMAND_TAG = 1 << 2,
	COMMAND_RUNS_LIST = 1 << 3,
	COMMAND_AUDIT = 1 << 4,
	COMMAND_OTHER = 1 << 5,
	COMMAND_LINT = 1 << 6,
	COMMAND_EXPLAIN = 1 << 7,
	COMMAND_CONTEXT = 1 << 8,
	COMMAND_NODES = 1 << 9,
	COMMAND_LOGS = 1 << 10,
	COMMAND_CANCEL = 1 << 11,
	COMMAND_EVENTS = 1 << 12,
	COMMAND_POWER = 1 << 13, /* shutdown, decommission */
	COMMAND_PING = 1 << 14,
	COMMAND_DOCTOR = 1 << 15,
	COMMAND_JOIN = 1 << 16,
	COMMAND_CONFIG = 1 << 17,
	COMMAND_OHAI = 1 << 18,
	COMMAND_BUNDLE = 1 << 19,
	COMMAND_ALL = (1 << 20) - 1,
	COMMAND_FOREIGN = 0, /* has options of its own */
	/* Groups that options name. */
	COMMAND_RUNS = COMMAND_BOOT | COMMAND_RUN,
	COMMAND_FETCHES = COMMAND_RUNS | COMMAND_BUNDLE,
	COMMAND_NODE = COMMAND_RUNS | COMMAND_EXPLAIN,
	COMMAND_STATE = COMMAND_RUNS | COMMAND_TAG | COMMAND_RUNS_LIST |
			COMMAND_AUDIT | COMMAND_LOGS | COMMAND_POWER |
			COMMAND_DOCTOR | COMMAND_JOIN | COMMAND_CONFIG,
	COMMAND_REMOTE = COMMAND_CONTEXT | COMMAND_RUN | COMMAND_TAG |
			 COMMAND_RUNS_LIST | COMMAND_LOGS | COMMAND_NODES |
			 COMMAND_CANCEL | COMMAND_EVENTS | COMMAND_POWER |
			 COMMAND_PING | COMMAND_DOCTOR | COMMAND_BUNDLE,
	COMMAND_TARGET = COMMAND_RUN | COMMAND_POWER, /* may name nodes */
	COMMAND_ASK = COMMAND_TARGET | COMMAND_NODES,
	COMMAND_FLEET = COMMAND_TARGET | COMMAND_NODES,
	COMMAND_FOLLOW = COMMAND_RUN | COMMAND_LOGS | COMMAND_EVENTS,
	COMMAND_EITHER = COMMAND_RUNS_LIST | COMMAND_LOGS,
	COMMAND_NODE_OF = COMMAND_TAG | COMMAND_RUNS_LIST | COMMAND_LOGS,
	COMMAND_ENDS_LATE = COMMAND_BOOT | COMMAND_TARGET,
};

struct options {
#define OPTION(field, kind, letter, name, arg, commands, prose)                \
	option_##kind field;
#include "runner/tbl/options.h"
#undef OPTION
	struct option_list args; /* what is no option */
};

/* Nothing given: numbers and durations are -1. */
void options_init(struct options *o);
/* Parses argv (without program and command names). Texts are argv's own.
 * ERR_INVALID with a hint. */
int options_parse(int argc, char **argv, enum command_bit command,
    struct options *ret_options, struct err *e) MUST_CHECK;
/* The rows of some commands, for help, manual and completion. */
struct option_table options_table(enum command_bit command);
extern const struct option_row option_rows[];
extern const size_t option_rows_len;
