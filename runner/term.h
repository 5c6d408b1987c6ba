/* SPDX-License-Identifier: MIT */
/*
 * What a person sees: data on standard output, messages on standard error.
 * Colours only where wanted; in json and jsonl output a run's story goes to
 * standard error as text and the result to standard output.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"
#include "common/jsn.h"
#include "common/str.h"
#include "runner/options.h"

enum term_style {
	TERM_PLAIN,
	TERM_TITLE,
	TERM_GOOD,
	TERM_CHANGE,
	TERM_WARN,
	TERM_BAD,
	TERM_FAINT,
};

enum term_output {
	TERM_TEXT,
	TERM_JSON,
	TERM_JSONL,
};

struct term_progress;

struct term {
	enum term_output output;
	bool color_out, color_err; /* escapes on stdout, on stderr */
	bool quiet;
	bool at_line_start; /* of the story */
	bool broke_line;    /* a line of ours cut a child's: its newline is
			       swallowed */
	struct term_progress *progress; /* NULL: none is wanted */
};

void term_init(struct term *t, const struct options *o);
/* The descriptor of a run's story: stdout for text, stderr otherwise. */
int term_story_fd(const struct term *t);
/* One line of the story, with a newline. Nothing when quiet. */
void term_line(struct term *t, enum term_style style, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* One line even when quiet. */
void term_say(struct term *t, enum term_style style, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Output of a child, as it comes. Nothing when quiet. */
void term_output(struct term *t, struct str chunk);
/* Text or one JSON value on standard output. */
void term_data(const struct term *t, struct str text);
void term_json(const struct term *t, const struct jsn *value);
/* "rightlink: TEXT" on standard error, or {"error": {code, message, exit}} on
 * standard output when that is the form. */
void term_error(const struct term *t, const struct err *e, int exit_status);
/* The same with a line that says what to do (NULL: none). */
void term_error_hint(const struct term *t, const struct err *e,
    const char *hint, int exit_status);
/* "rightlink: TEXT" on standard error, in every form. */
void term_note(const struct term *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Escapes for text that goes to standard output by term_data; "" when no
 * colours are wanted. TERM_PLAIN ends a style. */
const char *term_escape(const struct term *t, enum term_style style);

/* Is the reader of standard output gone? What goes on for long ends then. */
bool term_is_broken(void);

/* A line at the bottom of a terminal that says how far the work is; other
 * lines go above it. Nothing when standard error is no terminal. */
void term_progress_begin(struct term *t);
void term_progress(const struct term *t, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
void term_progress_end(struct term *t);
/* May a question be asked: are standard input and standard error terminals? */
bool term_can_ask(void);
/* Text on standard error as it is, without a newline: a question. */
void term_question(const struct term *t, const char *text);
/* Asks on standard error and reads a line; true for an answer that begins with
 * y. */
bool term_ask(const struct term *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
