/* SPDX-License-Identifier: MIT */
/* Standard output and standard error, their colours, the progress line. */
#include "runner/term.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/fsat.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static const char *const escapes[] = {
	[TERM_PLAIN] = "",
	[TERM_TITLE] = "\033[1m",
	[TERM_GOOD] = "\033[32m",
	[TERM_CHANGE] = "\033[33m",
	[TERM_WARN] = "\033[33m",
	[TERM_BAD] = "\033[31m",
	[TERM_FAINT] = "\033[2m",
};

static bool
wants_color(const char *choice, int fd)
{
	if (text_eq(choice, "always"))
		return true;
	if (text_eq(choice, "never"))
		return false;
	const char *force = getenv("CLICOLOR_FORCE");
	if (force != NULL && force[0] != '\0' && !text_eq(force, "0"))
		return true;
	const char *no = getenv("NO_COLOR");
	const char *type = getenv("TERM");
	return isatty(fd) && (no == NULL || no[0] == '\0') && type != NULL &&
	       !text_eq(type, "dumb");
}

void
term_init(struct term *t, const struct options *o)
{
	*t = (struct term){
		.output = text_eq(o->output, "json")    ? TERM_JSON
			  : text_eq(o->output, "jsonl") ? TERM_JSONL
							: TERM_TEXT,
		.color_out = wants_color(o->color, STDOUT_FILENO),
		.color_err = wants_color(o->color, STDERR_FILENO),
		.quiet = o->quiet,
		.at_line_start = true,
	};
}

int
term_story_fd(const struct term *t)
{
	return t->output == TERM_TEXT ? STDOUT_FILENO : STDERR_FILENO;
}

struct term_progress {
	char *line; /* NULL: none yet */
	bool is_shown;
};

/* Standard output is one for the whole process. */
static bool is_broken;

/* Nobody can be told that the terminal is gone. */
static void
put(int fd, const void *data, size_t len)
{
	struct err e = { 0 };
	if (fd_write_all(fd, data, len, &e) < 0 && fd == STDOUT_FILENO)
		is_broken = true;
}

bool
term_is_broken(void)
{
	return is_broken;
}

static void
progress_hide(const struct term *t)
{
	if (t->progress == NULL || !t->progress->is_shown)
		return;
	put(STDERR_FILENO, "\r\033[K", 4);
	t->progress->is_shown = false;
}

/* As much of the line as fits: a longer one would leave its rest behind. */
static void
progress_show(const struct term *t)
{
	if (t->progress == NULL || t->progress->line == NULL)
		return;
	struct winsize size = { 0 };
	ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	size_t width = size.ws_col > 1 ? size.ws_col - 1U : 79;
	size_t len = 0, columns = 0;
	for (const char *p = t->progress->line; p[len] != '\0'; len++) {
		bool begins = ((unsigned char)p[len] & 0xC0) != 0x80;
		if (begins && columns++ == width)
			break;
	}
	put(STDERR_FILENO, t->progress->line, len);
	t->progress->is_shown = true;
}

/* Whole lines above the progress line. */
static void
put_above(const struct term *t, int fd, const void *data, size_t len)
{
	progress_hide(t);
	put(fd, data, len);
	if (len > 0 && ((const char *)data)[len - 1] == '\n')
		progress_show(t);
}

static void put_line(struct term *t, enum term_style style, const char *fmt,
    va_list ap) __attribute__((format(printf, 3, 0)));

static void
put_line(struct term *t, enum term_style style, const char *fmt, va_list ap)
{
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	int fd = term_story_fd(t);
	bool color = style != TERM_PLAIN &&
		     (fd == STDOUT_FILENO ? t->color_out : t->color_err);
	if (!t->at_line_start) {
		buf_add_char(&line, '\n');
		t->broke_line = true;
	}
	if (color)
		buf_add_str(&line, escapes[style]);
	buf_vprintf(&line, fmt, ap);
	buf_add_str(&line, color ? "\033[0m\n" : "\n");
	put_above(t, fd, line.data, line.len);
	t->at_line_start = true;
}

void
term_line(struct term *t, enum term_style style, const char *fmt, ...)
{
	if (t->quiet)
		return;
	va_list ap;
	va_start(ap, fmt);
	put_line(t, style, fmt, ap);
	va_end(ap);
}

void
term_say(struct term *t, enum term_style style, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put_line(t, style, fmt, ap);
	va_end(ap);
}

void
term_output(struct term *t, struct str chunk)
{
	if (t->quiet || chunk.len == 0)
		return;
	if (t->broke_line && chunk.data[0] == '\n')
		chunk = (struct str){ chunk.data + 1, chunk.len - 1 };
	t->broke_line = false;
	if (chunk.len == 0)
		return;
	put_above(t, term_story_fd(t), chunk.data, chunk.len);
	t->at_line_start = chunk.data[chunk.len - 1] == '\n';
}

void
term_data(const struct term *t, struct str text)
{
	put_above(t, STDOUT_FILENO, text.data, text.len);
}

void
term_json(const struct term *t, const struct jsn *value)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)64 << 20);
	jsn_format(
	    value, t->output == TERM_JSONL ? JSN_PLAIN : JSN_PRETTY, &text);
	if (text.len > 0 && text.data[text.len - 1] != '\n')
		buf_add_char(&text, '\n');
	put_above(t, STDOUT_FILENO, text.data, text.len);
}

void
term_error(const struct term *t, const struct err *e, int exit_status)
{
	term_error_hint(t, e, NULL, exit_status);
}

static void
print_error_json(const struct term *t, const struct err *e, const char *hint,
    int exit_status)
{
	AUTO(jsn_free) struct jsn *root = jsn_new_object();
	struct jsn *error = jsn_new_object();
	jsn_set_str(error, "code", err_code_name(e->code));
	jsn_set_str(error, "message", e->text);
	if (hint != NULL)
		jsn_set_str(error, "hint", hint);
	jsn_set_int(error, "exit", exit_status);
	jsn_set(root, "error", error);
	term_json(t, root);
}

void
term_error_hint(const struct term *t, const struct err *e, const char *hint,
    int exit_status)
{
	if (t->output != TERM_TEXT) {
		print_error_json(t, e, hint, exit_status);
		return;
	}
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	buf_printf(&line, "%srightlink: %s%s\n",
	    t->color_err ? escapes[TERM_BAD] : "", e->text,
	    t->color_err ? "\033[0m" : "");
	if (hint != NULL)
		buf_printf(&line, "rightlink: %s\n", hint);
	put_above(t, STDERR_FILENO, line.data, line.len);
}

void
term_note(const struct term *t, const char *fmt, ...)
{
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	buf_add_str(&line, "rightlink: ");
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	buf_add_char(&line, '\n');
	put_above(t, STDERR_FILENO, line.data, line.len);
}

const char *
term_escape(const struct term *t, enum term_style style)
{
	if (!t->color_out)
		return "";
	return style == TERM_PLAIN ? "\033[0m" : escapes[style];
}

static bool
is_terminal(int fd)
{
	const char *type = getenv("TERM");
	return isatty(fd) && type != NULL && !text_eq(type, "dumb");
}

void
term_progress_begin(struct term *t)
{
	if (t->progress == NULL && is_terminal(STDERR_FILENO))
		t->progress = xcalloc(1, sizeof(*t->progress));
}

void
term_progress(const struct term *t, const char *fmt, ...)
{
	if (t->progress == NULL)
		return;
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	progress_hide(t);
	free(t->progress->line);
	t->progress->line = buf_take(&line);
	progress_show(t);
}

void
term_progress_end(struct term *t)
{
	if (t->progress == NULL)
		return;
	progress_hide(t);
	free(t->progress->line);
	free(t->progress);
	t->progress = NULL;
}

bool
term_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

void
term_question(const struct term *t, const char *text)
{
	progress_hide(t);
	put(STDERR_FILENO, text, strlen(text));
}

bool
term_ask(const struct term *t, const char *fmt, ...)
{
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	term_question(t, buf_text(&line));
	char answer[64] = "";
	ssize_t n;
	do
		n = read(STDIN_FILENO, answer, sizeof(answer) - 1);
	while (n < 0 && errno == EINTR);
	return n > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}
