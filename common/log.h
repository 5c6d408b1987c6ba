/* SPDX-License-Identifier: MIT */
/*
 * One-line logs of long-lived processes, on standard error: an event's name
 * and fields. Lines of several threads do not mix; control characters are
 * escaped; a line ends at LOG_MAX_BYTES. Never give it a secret.
 *
 *	log_event(LOG_LEVEL_INFO, "listening", LOG_STR("address", a),
 *	    LOG_INT("port", port));
 *
 *	text   2026-01-31T12:34:56.789Z info listening address=::1 port=8443
 *	       (below journald: <6>listening address=::1 port=8443)
 *	json   {"time":"...","level":"info","event":"listening",...}
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

#define LOG_MAX_BYTES 4096

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};
#define LOG_LEVELS "error|warn|info|debug"

enum log_form {
	LOG_FORM_TEXT,
	LOG_FORM_JSON,
};

struct log_field {
	const char *name;
	const char *text; /* NULL: number */
	int64_t number;
};
#define LOG_STR(name_, text_)                                                  \
	{                                                                      \
		.name = (name_), .text = (text_)                               \
	}
#define LOG_INT(name_, number_)                                                \
	{                                                                      \
		.name = (name_), .number = (number_)                           \
	}

#define log_event(level_, event_, ...)                                         \
	log_write((level_), (event_), (struct log_field[]){ __VA_ARGS__ },     \
	    sizeof((struct log_field[]){ __VA_ARGS__ }) /                      \
		sizeof(struct log_field))

/* Before threads start: text on standard error is the default. */
void log_open(int fd, enum log_form form);
/* Lines above this level are dropped (default: info). At any time. */
void log_set_level(enum log_level max);
enum log_level log_get_level(void);
/* A word of LOG_LEVELS; ERR_INVALID. */
int log_level_find(
    const char *word, enum log_level *ret_level, struct err *e) MUST_CHECK;
const char *log_level_name(enum log_level level);
/* A field without text and name ends the list early. */
void log_write(enum log_level level, const char *event,
    const struct log_field *fields, size_t len);
