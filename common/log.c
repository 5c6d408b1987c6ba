/* SPDX-License-Identifier: MIT */
/* Lines are made in one buffer and leave with one write. */
#include "common/log.h"

#include <stdatomic.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/jsn.h"
#include "common/str.h"

static struct {
	int fd;
	enum log_form form;
	bool journald;
	atomic_int max_level;
} sink = { .fd = STDERR_FILENO, .max_level = LOG_LEVEL_INFO };

static const struct {
	const char *name;
	char priority; /* of syslog */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", '3' },
	[LOG_LEVEL_WARN] = { "warn", '4' },
	[LOG_LEVEL_INFO] = { "info", '6' },
	[LOG_LEVEL_DEBUG] = { "debug", '7' },
};

void
log_open(int fd, enum log_form form)
{
	sink.fd = fd;
	sink.form = form;
	sink.journald = getenv("JOURNAL_STREAM") != NULL;
}

void
log_set_level(enum log_level max)
{
	atomic_store(&sink.max_level, (int)max);
}

enum log_level
log_get_level(void)
{
	return (enum log_level)atomic_load(&sink.max_level);
}

int
log_level_find(const char *word, enum log_level *ret_level, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (!text_eq(levels[i].name, word))
			continue;
		*ret_level = (enum log_level)i;
		return 0;
	}
	return err_set(e, ERR_INVALID,
	    "log level '%.64s': must be error, warn, info or debug", word);
}

const char *
log_level_name(enum log_level level)
{
	return levels[level].name;
}

static bool
is_plain(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 127)
			return false;
	}
	return true;
}

static void
add_quoted(struct buf *line, const char *text)
{
	buf_add_char(line, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '\n')
			buf_add_str(line, "\\n");
		else if (c < ' ' || c == 127)
			buf_printf(line, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			buf_printf(line, "\\%c", c);
		else
			buf_add_char(line, (char)c);
	}
	buf_add_char(line, '"');
}

static void
add_text(struct buf *line, enum log_level level, const char *event,
    const struct log_field *fields, size_t len)
{
	char now[CLOCK_TEXT_BYTES];
	clock_format(clock_now_ms(), now);
	if (sink.journald)
		buf_printf(line, "<%c>%s", levels[level].priority, event);
	else
		buf_printf(line, "%s %s %s", now, levels[level].name, event);
	for (size_t i = 0; i < len; i++) {
		const struct log_field *f = &fields[i];
		buf_printf(line, " %s=", f->name);
		if (f->text == NULL)
			buf_printf(line, "%lld", (long long)f->number);
		else if (is_plain(f->text))
			buf_add_str(line, f->text);
		else
			add_quoted(line, f->text);
	}
}

static void
add_json(struct buf *line, enum log_level level, const char *event,
    const struct log_field *fields, size_t len)
{
	char now[CLOCK_TEXT_BYTES];
	clock_format(clock_now_ms(), now);
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "time", now);
	jsn_set_str(o, "level", levels[level].name);
	jsn_set_str(o, "event", event);
	for (size_t i = 0; i < len; i++) {
		if (fields[i].text != NULL)
			jsn_set_str(o, fields[i].name, fields[i].text);
		else
			jsn_set_int(o, fields[i].name, fields[i].number);
	}
	jsn_format(o, JSN_PLAIN, line);
	jsn_free(&o);
}

/* A text line is cut where it gets too long; JSON that is cut is worth
 * nothing, so its fields go. */
void
log_write(enum log_level level, const char *event,
    const struct log_field *fields, size_t len)
{
	if ((int)level > atomic_load(&sink.max_level))
		return;
	for (size_t i = 0; i < len; i++) {
		if (fields[i].name == NULL)
			len = i;
	}
	struct buf line = BUF_INIT(64 * 1024);
	if (sink.form == LOG_FORM_JSON) {
		add_json(&line, level, event, fields, len);
		if (line.len >= LOG_MAX_BYTES || buf_failed(&line)) {
			buf_reset(&line);
			add_json(&line, level, event, NULL, 0);
		}
	} else {
		add_text(&line, level, event, fields, len);
		if (line.len >= LOG_MAX_BYTES)
			line.len = LOG_MAX_BYTES - 1;
	}
	buf_add_char(&line, '\n');
	/* A log that cannot be written has nowhere to be told. */
	ssize_t n = write(sink.fd, line.data, line.len);
	(void)n;
	buf_release(&line);
}
