/* SPDX-License-Identifier: MIT */
/*
 * Reading settings. Sources are read from the weakest to the strongest, each
 * value replaces the one before; so a wrong value is told even where a
 * stronger source would hide it.
 */
#include "runner/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/option_parser.h"
#include "common/str.h"
#include "wire/shape.h"

enum setting_kind {
	SETTING_KIND_TEXT,
	SETTING_KIND_WORDS,
	SETTING_KIND_NUMBER,
	SETTING_KIND_SECONDS,
	SETTING_KIND_BYTES,
};

struct setting_row {
	const char *name;
	enum setting_kind kind;
	const char *fallback, *arg;
	int64_t min, max;
	const char *prose;
	size_t offset;
};

static const struct setting_row rows[SETTING_KEYS] = {
#define SETTING(key_, kind_, fallback_, arg_, min_, max_, prose_)              \
	{ #key_, SETTING_KIND_##kind_, fallback_, arg_, min_, max_, prose_,    \
		offsetof(struct settings, key_) },
#include "runner/tbl/settings.h"
#undef SETTING
};

static const char *const source_names[] = {
	[SETTING_DEFAULT] = "default",
	[SETTING_FILE] = "file",
	[SETTING_DROP_IN] = "drop-in",
	[SETTING_ENVIRONMENT] = "environment",
	[SETTING_FLAG] = "flag",
};

const char *
setting_name(enum setting_key key)
{
	return rows[key].name;
}

const char *
setting_source_name(enum setting_source source)
{
	return source_names[source];
}

/* ---- values ---- */

static bool
bytes_parse(struct str text, int64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	int shift = 0;
	if (text.len > 1) {
		const char *unit = strchr(units, text.data[text.len - 1]);
		if (unit != NULL) {
			shift = 10 * (int)(unit - units + 1);
			text.len--;
		}
	}
	int64_t n = 0;
	if (!str_to_i64(text, 10, &n) || n < 0 || n > INT64_MAX >> shift)
		return false;
	*ret_bytes = n << shift;
	return true;
}

static bool
parse_number(enum setting_kind kind, struct str text, int64_t *ret_number)
{
	if (kind == SETTING_KIND_SECONDS)
		return seconds_parse(text, ret_number);
	if (kind == SETTING_KIND_BYTES)
		return bytes_parse(text, ret_number);
	return str_to_i64(text, 10, ret_number);
}

static int
set_number(
    const struct setting_row *row, struct str text, int64_t *at, struct err *e)
{
	static const char *const forms[] = {
		[SETTING_KIND_NUMBER] = "a number",
		[SETTING_KIND_SECONDS] = "a time such as 90, 15m, 2h or 7d",
		[SETTING_KIND_BYTES] = "a size such as 4096, 64K, 256M or 1G",
	};
	int64_t n = 0;
	if (!parse_number(row->kind, text, &n))
		return err_set(e, ERR_INVALID, "%s: must be %s", row->name,
		    forms[row->kind]);
	if (n < row->min || n > row->max)
		return err_set(e, ERR_INVALID, "%s: must be %lld to %lld",
		    row->name, (long long)row->min, (long long)row->max);
	*at = n;
	return 0;
}

static int
set_value(struct settings *s, enum setting_key key, struct str text,
    struct setting_origin origin, struct err *e)
{
	const struct setting_row *row = &rows[key];
	void *at = (char *)s + row->offset;
	if (text.len > SETTINGS_VALUE_MAX_BYTES ||
	    memchr(text.data, '\0', text.len) != NULL)
		return err_set(e, ERR_INVALID,
		    "%s: must be text of at most %d bytes", row->name,
		    SETTINGS_VALUE_MAX_BYTES);
	if (row->kind == SETTING_KIND_WORDS && !wire_words_have(row->arg, text))
		return err_set(e, ERR_INVALID, "%s: must be one of %s",
		    row->name, row->arg);
	const char *copy = arena_strndup(s->arena, text.data, text.len);
	int rc = 0;
	if (row->kind == SETTING_KIND_WORDS || row->kind == SETTING_KIND_TEXT)
		*(const char **)at = copy;
	else
		rc = set_number(row, text, at, e);
	if (rc < 0)
		return rc;
	s->origins[key] = origin;
	s->origins[key].text = copy;
	return 0;
}

/* `name` in the form of a file; flags write '-' for '_'. */
static bool
is_key(struct str name, const char *key, char separator)
{
	if (name.len != strlen(key))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char wanted = key[i] == '_' ? separator : key[i];
		if (name.data[i] != wanted)
			return false;
	}
	return true;
}

static int
find_key(
    struct str name, char separator, enum setting_key *ret_key, struct err *e)
{
	const char *names[SETTING_KEYS];
	for (size_t i = 0; i < SETTING_KEYS; i++) {
		names[i] = rows[i].name;
		if (is_key(name, rows[i].name, separator)) {
			*ret_key = (enum setting_key)i;
			return 0;
		}
	}
	AUTO_STR char *text = xstrndup(name.data, name.len);
	for (char *c = text; separator == '-' && *c != '\0'; c++)
		*c = *c == '-' ? '_' : *c;
	const char *near = nearest_name(text, names, SETTING_KEYS);
	AUTO_STR char *hint = near != NULL ? xstrdup(near) : NULL;
	for (char *c = hint; c != NULL && *c != '\0'; c++)
		*c = *c == '_' ? separator : *c;
	return hint != NULL ? err_set(e, ERR_INVALID,
				  "unknown key '%.*s'; did you mean '%s'?",
				  STR_ARG(name), hint)
			    : err_set(e, ERR_INVALID, "unknown key '%.*s'",
				  STR_ARG(name));
}

/* ---- sources ---- */

static int
read_line(struct settings *s, struct str line, struct setting_origin origin,
    struct err *e)
{
	line = str_trim(line);
	if (line.len == 0 || line.data[0] == '#')
		return 0;
	const char *equals = memchr(line.data, '=', line.len);
	if (equals == NULL)
		return err_set(e, ERR_SYNTAX, "must be \"key = value\"");
	struct str name =
	    str_trim((struct str){ line.data, (size_t)(equals - line.data) });
	struct str value = str_trim((struct str){
	    equals + 1, line.len - (size_t)(equals + 1 - line.data) });
	enum setting_key key;
	int rc = find_key(name, '_', &key, e);
	return rc < 0 ? rc : set_value(s, key, value, origin, e);
}

/* ERR_ABSENT. */
static int
read_file(struct settings *s, int dirfd, const char *name, const char *shown,
    enum setting_source source, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(SETTINGS_FILE_MAX_BYTES);
	int rc = fsat_read(dirfd, name, SETTINGS_FILE_MAX_BYTES, &text, e);
	if (rc < 0)
		return rc;
	struct setting_origin origin = { .source = source,
		.place = arena_strdup(s->arena, shown) };
	struct str rest = { text.data, text.len }, line;
	while (str_split(&rest, '\n', &line)) {
		origin.line++;
		rc = read_line(s, line, origin, e);
		if (rc < 0)
			return err_wrap(e, "%s:%d", shown, origin.line);
	}
	return 0;
}

struct drop_ins {
	struct settings *settings;
	int dirfd;
	const char *dir;
};

static int
read_drop_in(const char *name, void *arg, struct err *e)
{
	struct drop_ins *d = arg;
	if (!text_has_suffix(name, ".conf") || name[0] == '.')
		return 0;
	AUTO_STR char *shown = path_join(d->dir, name);
	return read_file(
	    d->settings, d->dirfd, name, shown, SETTING_DROP_IN, e);
}

static int
read_files(
    struct settings *s, const char *file, bool may_be_absent, struct err *e)
{
	int rc = read_file(s, AT_FDCWD, file, file, SETTING_FILE, e);
	if (rc < 0 && !(rc == ERR_ABSENT && may_be_absent))
		return rc;
	AUTO_STR char *dir = xasprintf("%s.d", file);
	AUTO_FD int dirfd = fsat_open_dir(AT_FDCWD, dir, e);
	if (dirfd < 0)
		return dirfd == ERR_ABSENT ? 0 : dirfd;
	struct drop_ins d = { .settings = s, .dirfd = dirfd, .dir = dir };
	return fsat_each(dirfd, read_drop_in, &d, e);
}

static int
read_environment(struct settings *s, struct err *e)
{
	for (size_t i = 0; i < SETTING_KEYS; i++) {
		char *name =
		    arena_printf(s->arena, "RIGHTLINK_%s", rows[i].name);
		for (char *c = name; *c != '\0'; c++)
			*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A')
						    : *c;
		const char *value = getenv(name);
		if (value == NULL)
			continue;
		struct setting_origin origin = { .source = SETTING_ENVIRONMENT,
			.place = name };
		int rc = set_value(
		    s, (enum setting_key)i, str_from(value), origin, e);
		if (rc < 0)
			return err_wrap(e, "%s", name);
	}
	return 0;
}

/* One "--key VALUE" or "--key=VALUE"; moves *i to its last word. */
static int
split_flag(int argc, char **argv, int *i, struct str *ret_name,
    struct str *ret_value, struct err *e)
{
	if (!text_has_prefix(argv[*i], "--"))
		return err_set(e, ERR_INVALID,
		    "'%.64s': the agent takes options only; rightlink help "
		    "agent lists them",
		    argv[*i]);
	struct str name = str_from(argv[*i] + 2), value = { NULL, 0 };
	const char *equals = memchr(name.data, '=', name.len);
	if (equals != NULL) {
		value = str_from(equals + 1);
		name.len = (size_t)(equals - name.data);
	} else if (*i + 1 < argc) {
		value = str_from(argv[++*i]);
	}
	*ret_name = name;
	*ret_value = value;
	return 0;
}

static int
read_flag(struct settings *s, int argc, char **argv, int *i,
    const char **ret_config, struct err *e)
{
	struct str name, value;
	int rc = split_flag(argc, argv, i, &name, &value, e);
	if (rc < 0)
		return rc;
	const char *flag = arena_printf(s->arena, "--%.*s", STR_ARG(name));
	const char **special = str_eq_text(name, "config")      ? ret_config
			       : str_eq_text(name, "state-dir") ? &s->state_dir
								: NULL;
	enum setting_key key = SETTING_KEYS;
	rc = special != NULL ? 0 : find_key(name, '-', &key, e);
	if (rc < 0)
		return err_wrap(e, "%s", flag);
	if (value.data == NULL)
		return err_set(e, ERR_INVALID, "%s needs a value", flag);
	if (special != NULL) {
		*special = value.data;
		return 0;
	}
	struct setting_origin origin = { .source = SETTING_FLAG,
		.place = flag };
	rc = set_value(s, key, value, origin, e);
	return rc < 0 ? err_wrap(e, "%s", flag) : 0;
}

static int
read_flags(struct settings *s, int argc, char **argv, const char **ret_config,
    struct err *e)
{
	int rc = 0;
	for (int i = 0; rc == 0 && i < argc; i++)
		rc = read_flag(s, argc, argv, &i, ret_config, e);
	return rc;
}

static int
read_defaults(struct settings *s, struct err *e)
{
	for (size_t i = 0; i < SETTING_KEYS; i++) {
		struct setting_origin origin = { .source = SETTING_DEFAULT };
		if (rows[i].fallback == NULL)
			continue;
		int rc = set_value(s, (enum setting_key)i,
		    str_from(rows[i].fallback), origin, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
settings_load(const char *file, int argc, char **argv,
    struct settings **ret_settings, struct err *e)
{
	AUTO(settings_free) struct settings *s = xcalloc(1, sizeof(*s));
	s->arena = arena_new();
	/* Once to find --config, once as what wins. */
	int rc = read_flags(s, argc, argv, &file, e);
	if (file == NULL)
		file = getenv("RIGHTLINK_CONFIG");
	bool is_usual = file == NULL || file[0] == '\0';
	if (is_usual)
		file = SETTINGS_FILE;
	if (rc == 0)
		rc = read_defaults(s, e);
	if (rc == 0)
		rc = read_files(s, file, is_usual, e);
	if (rc == 0)
		rc = read_environment(s, e);
	if (rc == 0)
		rc = read_flags(s, argc, argv, &file, e);
	if (rc < 0)
		return rc;
	*ret_settings = TAKE(s);
	return 0;
}

void
settings_free(struct settings **s)
{
	if (s == NULL || *s == NULL)
		return;
	arena_free(&(*s)->arena);
	free(*s);
	*s = NULL;
}

/* ---- shown ---- */

void
settings_format(const struct settings *s, bool with_origin, struct buf *out)
{
	for (size_t i = 0; i < SETTING_KEYS; i++) {
		const struct setting_origin *o = &s->origins[i];
		if (with_origin && o->place == NULL)
			buf_add_str(out, "# default\n");
		else if (with_origin && o->line > 0)
			buf_printf(out, "# %s %s:%d\n", source_names[o->source],
			    o->place, o->line);
		else if (with_origin)
			buf_printf(out, "# %s %s\n", source_names[o->source],
			    o->place);
		if (o->text != NULL)
			buf_printf(out, "%s = %s\n", rows[i].name, o->text);
		else
			buf_printf(out, "# %s is not set\n", rows[i].name);
	}
}

struct jsn *
settings_json(const struct settings *s)
{
	struct jsn *all = jsn_new_object();
	for (size_t i = 0; i < SETTING_KEYS; i++) {
		const struct setting_origin *o = &s->origins[i];
		struct jsn *one = jsn_new_object();
		jsn_set(one, "value",
		    o->text != NULL ? jsn_new_string(str_from(o->text)) : NULL);
		jsn_set_str(one, "source", source_names[o->source]);
		if (o->place != NULL)
			jsn_set_str(one, "place", o->place);
		if (o->line > 0)
			jsn_set_int(one, "line", o->line);
		jsn_set(all, rows[i].name, one);
	}
	return all;
}

void
settings_help(struct buf *out)
{
	for (size_t i = 0; i < SETTING_KEYS; i++) {
		const struct setting_row *row = &rows[i];
		buf_printf(out, "  %s = %s", row->name, row->arg);
		if (row->fallback != NULL)
			buf_printf(out, " (default: %s)", row->fallback);
		buf_add_str(out, "\n      ");
		add_wrapped(out, row->prose, 6);
	}
}

void
settings_manual(struct buf *out)
{
	for (size_t i = 0; i < SETTING_KEYS; i++) {
		const struct setting_row *row = &rows[i];
		buf_printf(out, "*%s* = ", row->name);
		manual_text(row->arg, out);
		if (row->fallback != NULL)
			buf_printf(out, " (default: %s)", row->fallback);
		buf_add_str(out, "\n\t");
		manual_text(row->prose, out);
		buf_add_str(out, ".\n\n");
	}
}
