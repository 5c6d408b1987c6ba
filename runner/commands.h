/* SPDX-License-Identifier: MIT */
/*
 * The commands of `rightlink`. Each returns the exit status
 * (runner/exits.h), or 128 + n when the program shall die by signal n.
 */
#pragma once

#include "runner/options.h"
#include "runner/term.h"

struct command {
	const char *name;
	enum command_bit bit;
	const char *args;     /* after the name, for the usage line */
	const char *prose;    /* one line */
	const char *text;     /* more, for help and manual; or NULL */
	const char *examples; /* lines, two to four */
	int (*main)(const struct options *o, struct term *t);
};

extern const struct command commands[];
extern const size_t commands_len;

int command_boot(const struct options *o, struct term *t);
int command_run(const struct options *o, struct term *t);
int command_tag(const struct options *o, struct term *t);
int command_runs(const struct options *o, struct term *t);
int command_audit(const struct options *o, struct term *t);
int command_lint(const struct options *o, struct term *t);
int command_explain(const struct options *o, struct term *t);
int command_version(const struct options *o, struct term *t);
int command_help(const struct options *o, struct term *t);
int command_manual(const struct options *o, struct term *t);
int command_completion(const struct options *o, struct term *t);
/* Replaces the process by the cook; returns only when that fails. */
int command_solo(int argc, char **argv, struct term *t);
/* Help of one command on standard output. */
void command_print_help(const struct command *c, const struct term *t);
