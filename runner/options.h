/* SPDX-License-Identifier: MIT */
/*
 * The command line: options of runner/tbl/options.h, "--name VALUE",
 * "--name=VALUE", "-x VALUE", "-xVALUE", bundled flags "-qW", "--" ends them.
 * Options and arguments may be mixed. Unknown names get a did-you-mean.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"

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
	COMMAND_RUNS = COMMAND_BOOT | COMMAND_RUN,
	COMMAND_NODE = COMMAND_RUNS | COMMAND_EXPLAIN,
	COMMAND_STATE =
	    COMMAND_RUNS | COMMAND_TAG | COMMAND_RUNS_LIST | COMMAND_AUDIT,
	COMMAND_FOREIGN = 0,              /* has options of its own */
	COMMAND_REMOTE = COMMAND_CONTEXT, /* may speak to a router */
	COMMAND_ALL = (1 << 9) - 1,
};

#define OPTION_LIST_MAX 256

struct option_list {
	size_t len;
	const char *list[OPTION_LIST_MAX];
};

typedef bool option_FLAG;
typedef const char *option_TEXT;
typedef const char *option_WORDS;
typedef int64_t option_NUMBER; /* -1: not given */
typedef struct option_list option_LIST;

struct options {
#define OPTION(field, kind, letter, name, arg, commands, prose)                \
	option_##kind field;
#include "runner/tbl/options.h"
#undef OPTION
	struct option_list args; /* what is no option */
};

/* Parses argv (without program and command names). Texts are argv's own.
 * ERR_INVALID with a hint. */
int options_parse(int argc, char **argv, enum command_bit command,
    struct options *ret_options, struct err *e) MUST_CHECK;
/* Lines "  -x, --name ARG   prose" of the options of a command. */
void options_help(enum command_bit command, struct buf *out);
/* The same for a manual page (scdoc). */
void options_manual(enum command_bit command, struct buf *out);
/* Text for a manual page: scdoc's marks escaped. */
void manual_text(const char *text, struct buf *out);
/* "--name" words for completion, blank-separated. */
void options_words(enum command_bit command, struct buf *out);
/* The nearest of count names within a third of its length, or NULL. */
const char *nearest_name(
    const char *name, const char *const *names, size_t count);
