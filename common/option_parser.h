/* SPDX-License-Identifier: MIT */
/*
 * Parsing of a command line by a table of options: "--name VALUE",
 * "--name=VALUE", "-x VALUE", "-xVALUE", bundled flags "-qW", "--" ends them.
 * Options and arguments may be mixed. Unknown names get a did-you-mean. The
 * same rows make help, manual and completion.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

enum option_kind {
	OPTION_KIND_FLAG,    /* bool */
	OPTION_KIND_TEXT,    /* const char * */
	OPTION_KIND_WORDS,   /* const char *, one of arg's "a|b" */
	OPTION_KIND_NUMBER,  /* int64_t, not negative */
	OPTION_KIND_SECONDS, /* int64_t: 90, 90s, 15m, 2h, 7d */
	OPTION_KIND_LIST,    /* struct option_list */
	OPTION_KIND_HIDDEN,  /* a flag that help does not show */
};

#define OPTION_LIST_MAX 256

struct option_list {
	size_t len;
	const char *list[OPTION_LIST_MAX];
};

typedef bool option_FLAG;
typedef bool option_HIDDEN;
typedef const char *option_TEXT;
typedef const char *option_WORDS;
typedef int64_t option_NUMBER; /* -1: not given, by the caller's initial */
typedef int64_t option_SECONDS;
typedef struct option_list option_LIST;

struct option_row {
	const char *name, *arg, *prose;
	enum option_kind kind;
	char letter;
	unsigned commands; /* bits; a row counts when it shares one */
	size_t offset;     /* of the field in the target */
};

struct option_table {
	const struct option_row *rows;
	size_t len;
	unsigned commands;       /* bits of the command that is parsed */
	size_t args_offset;      /* of the struct option_list for arguments */
	bool may_be_abbreviated; /* "--rec" for the only "--rec..." */
};

/* Texts are argv's own. ERR_INVALID with a hint, ERR_LIMIT. */
int option_table_parse(const struct option_table *table, int argc, char **argv,
    void *target, struct err *e) MUST_CHECK;
/* Lines "  -x, --name ARG   prose". */
void option_table_help(const struct option_table *table, struct buf *out);
/* The same for a manual page (scdoc). */
void option_table_manual(const struct option_table *table, struct buf *out);
/* Text for a manual page: scdoc's marks escaped. */
void manual_text(const char *text, struct buf *out);
/* Text broken into lines of at most 78 columns, each but the first indented;
 * a newline at the end. */
void add_wrapped(struct buf *out, const char *text, size_t indent);
/* 90, 90s, 15m, 2h, 7d as seconds. */
bool seconds_parse(struct str text, int64_t *ret_seconds);
/* The nearest of count names within a third of its length, or NULL. */
const char *nearest_name(
    const char *name, const char *const *names, size_t count);
