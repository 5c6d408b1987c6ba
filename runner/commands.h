/* SPDX-License-Identifier: MIT */
/*
 * The commands of `rightlink` (runner/tbl/commands.h). A command's function
 * returns the exit status (runner/exits.h), or 128 + n when the program shall
 * die by signal n.
 */
#pragma once

#include "runner/options.h"
#include "runner/term.h"

enum command_where {
	COMMAND_WHERE_HERE,
	COMMAND_WHERE_OPERATOR,
	COMMAND_WHERE_BOTH,
	COMMAND_WHERE_COOK,
	COMMAND_WHERE_AGENT,
	COMMAND_WHERE_ROUTER,
};

enum command_index {
#define COMMAND(name, bit_, where_, args_, prose_, text_, examples_)           \
	COMMAND_INDEX_##name,
#include "runner/tbl/commands.h"
#undef COMMAND
	COMMANDS,
};

struct command_row {
	const char *name;
	enum command_bit bit;
	enum command_where where;
	const char *args;     /* after the name, for the usage line */
	const char *prose;    /* one line */
	const char *text;     /* more, for help and manual; or NULL */
	const char *examples; /* lines, two to four */
};

extern const struct command_row command_rows[COMMANDS];
/* NULL when there is none of the name. */
const struct command_row *command_find(const char *name);

typedef int (*command_fn)(const struct options *o, struct term *t);

/* One function for each row; both kinds are declared, each program defines
 * those that it has. */
#define COMMAND(name, bit_, where_, args_, prose_, text_, examples_)           \
	int command_##name(const struct options *o, struct term *t);           \
	int operator_##name(const struct options *o, struct term *t);
#include "runner/tbl/commands.h"
#undef COMMAND

/* The function of a row in each of the two programs. */
#define COMMAND_FN_RIGHTLINK_HERE(name) command_##name
#define COMMAND_FN_RIGHTLINK_BOTH(name) command_##name
#define COMMAND_FN_RIGHTLINK_OPERATOR(name) NULL
#define COMMAND_FN_RIGHTLINK_COOK(name) NULL
#define COMMAND_FN_RIGHTLINK_AGENT(name) NULL
#define COMMAND_FN_RIGHTLINK_ROUTER(name) NULL
#define COMMAND_FN_OPERATOR_HERE(name) NULL
#define COMMAND_FN_OPERATOR_BOTH(name) operator_##name
#define COMMAND_FN_OPERATOR_OPERATOR(name) operator_##name
#define COMMAND_FN_OPERATOR_COOK(name) NULL
#define COMMAND_FN_OPERATOR_AGENT(name) NULL
#define COMMAND_FN_OPERATOR_ROUTER(name) NULL

/* Finds the command of argv[1], parses its options, answers --help and wrong
 * command lines, calls its function; to become another program is left to
 * `become` (NULL: every command is ours). Ends the process. */
typedef int (*command_become_fn)(
    const struct command_row *c, int argc, char **argv, struct term *t);
NEVER_RETURNS void command_line_main(int argc, char **argv,
    const command_fn fns[COMMANDS], command_become_fn become);

/* Replaces the process by PROGRAM of the libexec directory with the words
 * (argv[0] is filled in); returns the exit status when that fails. */
int become_program(const char *program, const char **words, struct term *t);
/* From a command of BOTH: the same command line in the operator. */
int become_operator(struct term *t);
/* `rightlink run` in this process, without agent or router. */
int run_here(const struct options *o, struct term *t);
/* Help of one command on standard output. */
void command_print_help(const struct command_row *c, const struct term *t);
