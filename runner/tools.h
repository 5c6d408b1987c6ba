/* SPDX-License-Identifier: MIT */
/*
 * RightLink 6's tools (runner/tbl/tools.h): `rightlink` called by one of their
 * names. A tool's function returns the exit status.
 */
#pragma once

#include "common/jsn.h"
#include "common/option_parser.h"
#include "runner/term.h"

enum tool_index {
#define TOOL(name, args, prose, text, examples) TOOL_INDEX_##name,
#define TOOL_OPTION(field, kind, letter, name, arg, tools, prose)
#define TOOL_EXIT(tools, number, prose)
#include "runner/tbl/tools.h"
#undef TOOL
#undef TOOL_OPTION
#undef TOOL_EXIT
	TOOLS,
};

enum tool_bit {
	TOOL_RECIPE = 1 << TOOL_INDEX_rs_run_recipe,
	TOOL_SCRIPT = 1 << TOOL_INDEX_rs_run_right_script,
	TOOL_TAG = 1 << TOOL_INDEX_rs_tag,
	TOOL_STATE = 1 << TOOL_INDEX_rs_state,
	TOOL_CONFIG = 1 << TOOL_INDEX_rs_config,
	TOOL_LEVEL = 1 << TOOL_INDEX_rs_log_level,
	TOOL_OHAI = 1 << TOOL_INDEX_rs_ohai,
	TOOL_SHUTDOWN = 1 << TOOL_INDEX_rs_shutdown,
	TOOL_REENROLL = 1 << TOOL_INDEX_rs_reenroll,
	TOOL_CONNECT = 1 << TOOL_INDEX_rs_connect,
	TOOL_THUNK = 1 << TOOL_INDEX_rs_thunk,
	TOOL_ALL = (1 << TOOLS) - 1,
	TOOL_RUN = TOOL_RECIPE | TOOL_SCRIPT,
	TOOL_TAG_CONFIG = TOOL_TAG | TOOL_CONFIG,
	TOOL_FORCE = TOOL_CONNECT | TOOL_THUNK,
	/* Asks the agent. */
	TOOL_TALKS = TOOL_RUN | TOOL_TAG | TOOL_STATE | TOOL_LEVEL |
		     TOOL_SHUTDOWN | TOOL_REENROLL,
	TOOL_ROOT = TOOL_TALKS | TOOL_THUNK,
	TOOL_QUESTION = TOOL_ALL & ~TOOL_RUN,
	TOOL_OTHERS = TOOL_ALL & ~TOOL_CONNECT,
};

struct tool_options {
#define TOOL(name, args, prose, text, examples)
#define TOOL_OPTION(field, kind, letter, name, arg, tools, prose)              \
	option_##kind field;
#define TOOL_EXIT(tools, number, prose)
#include "runner/tbl/tools.h"
#undef TOOL
#undef TOOL_OPTION
#undef TOOL_EXIT
	struct option_list args;
};

struct tool_row {
	const char *name;
	const char *args, *prose, *text, *examples;
	int (*main)(const struct tool_options *o);
};
extern const struct tool_row tool_rows[TOOLS];

#define TOOL(name, args, prose, text, examples)                                \
	int tool_##name(const struct tool_options *o);
#define TOOL_OPTION(field, kind, letter, name, arg, tools, prose)
#define TOOL_EXIT(tools, number, prose)
#include "runner/tbl/tools.h"
#undef TOOL
#undef TOOL_OPTION
#undef TOOL_EXIT

/* Exit statuses that several tools share. */
#define TOOL_EXIT_OK 0
#define TOOL_EXIT_OPTION 1
#define TOOL_EXIT_PERMISSION 2
#define TOOL_EXIT_OTHER 50

/* NULL when `name` is no tool's. */
const struct tool_row *tool_find(const char *name);
/* Does the program bear a tool's name? Then it is that tool; ends the
 * process. */
void tool_main_if_called_so(int argc, char **argv);
struct option_table tool_option_table(const struct tool_row *t);
void tool_print_help(const struct tool_row *tool, const struct term *t);
void tool_manual(const struct tool_row *tool, struct buf *out);

/* ---- for the tools ---- */

/* Text and a newline on standard output or standard error. */
void tool_say(const char *fmt, ...) PRINTF_LIKE(1, 2);
void tool_complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Says the error and returns its exit status: 2 for a lack of permission,
 * else `status`. */
int tool_fail(const struct err *e, int status);
/* A wrong command line: says it with a hint at --help; 1. */
int tool_wrong(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* One request to the agent of this machine. ERR_ABSENT, only when none runs:
 * "RightLink service is not running." */
int tool_ask(const struct jsn *request, int64_t timeout_ms,
    struct jsn **ret_reply, struct err *e) MUST_CHECK;
/* JSON as RightLink 6's tools print it, or YAML. */
void tool_print_json(const struct jsn *value);
void tool_print_yaml(const struct jsn *value);
void tool_yaml(const struct jsn *value, struct buf *out);
