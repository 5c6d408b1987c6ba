/* SPDX-License-Identifier: MIT */
/*
 * Help and manual pages of a command or a tool, from its rows: what it is,
 * examples first, usage, options, exit statuses.
 */
#pragma once

#include "common/option_parser.h"

struct exit_row {
	int number;
	unsigned commands; /* as of struct option_row */
	const char *prose;
};

struct help_page {
	const char *name;            /* as a person types it: "rightlink run" */
	const char *page;            /* of the manual: "rightlink-run" */
	const char *args;            /* after the name */
	const char *prose;           /* one line */
	const char *text;            /* more, or NULL */
	const char *examples;        /* lines */
	struct option_table options; /* .commands 0: its options are its own */
	const struct exit_row *exits;
	size_t exits_len;
};

void help_format(const struct help_page *p, struct buf *out);
/* Source for scdoc. */
void help_manual(const struct help_page *p, struct buf *out);
/* One of its parts: usage, prose, text, examples below a heading of its own;
 * and options with exit statuses. */
void help_manual_part(const struct help_page *p, struct buf *out);
void help_manual_end(const struct help_page *p, struct buf *out);
