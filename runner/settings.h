/* SPDX-License-Identifier: MIT */
/*
 * The settings of runner/tbl/settings.h and where each value came from. The
 * stronger source wins, in this order:
 *
 *	flag		--key VALUE of `rightlink agent`
 *	environment	RIGHTLINK_KEY
 *	drop-in		FILE.d/NAME.conf, the later name wins
 *	file		/etc/rightlink/rightlink.conf, $RIGHTLINK_CONFIG,
 *--config default
 *
 * Files hold lines "key = value"; '#' at the start of a line begins a
 * comment; blanks around key and value do not count; an empty value is the
 * empty text. A key that does not exist is an error, with a did-you-mean.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"

#define SETTINGS_FILE "/etc/rightlink/rightlink.conf"
#define SETTINGS_FILE_MAX_BYTES ((size_t)256 << 10)
#define SETTINGS_VALUE_MAX_BYTES 4096

enum setting_source {
	SETTING_DEFAULT,
	SETTING_FILE,
	SETTING_DROP_IN,
	SETTING_ENVIRONMENT,
	SETTING_FLAG,
};

typedef const char *setting_TEXT;
typedef const char *setting_WORDS;
typedef int64_t setting_NUMBER;
typedef int64_t setting_SECONDS;
typedef int64_t setting_BYTES;

enum setting_key {
#define SETTING(key, kind, fallback, arg, min, max, prose) SETTING_KEY_##key,
#include "runner/tbl/settings.h"
#undef SETTING
	SETTING_KEYS,
};

struct setting_origin {
	enum setting_source source;
	const char *text;  /* the value as it was written, or NULL */
	const char *place; /* file, variable or flag; NULL: default */
	int line;          /* of the file */
};

struct settings {
#define SETTING(key, kind, fallback, arg, min, max, prose) setting_##kind key;
#include "runner/tbl/settings.h"
#undef SETTING
	struct setting_origin origins[SETTING_KEYS];
	const char *state_dir; /* of the flag, or NULL */
	struct arena *arena;
};

/* file NULL: $RIGHTLINK_CONFIG, else SETTINGS_FILE; only the last may be
 * absent. argv: flags, as the agent's command line without program name;
 * --config FILE among them counts as file, --state-dir DIR is no setting (every
 * command needs it): it is handed over. What is no flag is an error.
 * ERR_INVALID and ERR_SYNTAX name the place: "FILE:3: unknown key 'x'". */
int settings_load(const char *file, int argc, char **argv,
    struct settings **ret_settings, struct err *e) MUST_CHECK;
void settings_free(struct settings **s);

const char *setting_name(enum setting_key key);
const char *setting_source_name(enum setting_source source);
/* "key = value" lines; with_origin adds where each came from, as comments
 * before them. What it prints can be read again. */
void settings_format(
    const struct settings *s, bool with_origin, struct buf *out);
/* {key: {"value", "source", "place", "line"}}; caller frees. */
struct jsn *settings_json(const struct settings *s);
/* The table for help, and for a manual page (scdoc). */
void settings_help(struct buf *out);
void settings_manual(struct buf *out);
