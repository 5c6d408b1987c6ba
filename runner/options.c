/* SPDX-License-Identifier: MIT */
/* Parsing of the command line from one table of options. */
#include "runner/options.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"

enum option_kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_WORDS,
	KIND_NUMBER,
	KIND_LIST,
};

struct option_row {
	const char *name, *arg, *prose;
	enum option_kind kind;
	char letter;
	unsigned commands;
	size_t offset;
};

static const struct option_row rows[] = {
#define OPTION(field_, kind_, letter_, name_, arg_, commands_, prose_)         \
	{ name_, arg_, prose_, KIND_##kind_, letter_, COMMAND_##commands_,     \
		offsetof(struct options, field_) },
#include "runner/tbl/options.h"
#undef OPTION
};

const char *
nearest_name(const char *name, const char *const *names, size_t count)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;
	for (size_t i = 0; i < count; i++) {
		size_t distance = text_distance(name, names[i]);
		if (distance < best_distance) {
			best_distance = distance;
			best = names[i];
		}
	}
	size_t limit = strlen(name) / 3 + 1;
	return best_distance <= limit ? best : NULL;
}

static const struct option_row *
find_long(const char *name, size_t len, unsigned command)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((rows[i].commands & command) &&
		    strlen(rows[i].name) == len &&
		    memcmp(rows[i].name, name, len) == 0)
			return &rows[i];
	}
	return NULL;
}

static const struct option_row *
find_letter(char letter, unsigned command)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((rows[i].commands & command) && rows[i].letter == letter)
			return &rows[i];
	}
	return NULL;
}

static int
unknown(const char *name, unsigned command, struct err *e)
{
	const char *names[ARRAY_LEN(rows)];
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].commands & command)
			names[count++] = rows[i].name;
	}
	const char *near = nearest_name(name, names, count);
	if (near != NULL)
		return err_set(e, ERR_INVALID,
		    "unknown option '--%s'; did you mean '--%s'?", name, near);
	return err_set(e, ERR_INVALID, "unknown option '--%s'", name);
}

static bool
has_word(const char *words, const char *word)
{
	struct str rest = str_from(words), part;
	while (str_split(&rest, '|', &part)) {
		if (str_eq_text(part, word))
			return true;
	}
	return false;
}

static int
store(struct options *o, const struct option_row *row, const char *value,
    struct err *e)
{
	void *at = (char *)o + row->offset;
	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)at = true;
		return 0;
	case KIND_WORDS:
		if (!has_word(row->arg, value))
			return err_set(e, ERR_INVALID,
			    "option '--%s': '%s' is not one of %s", row->name,
			    value, row->arg);
		*(const char **)at = value;
		return 0;
	case KIND_TEXT:
		*(const char **)at = value;
		return 0;
	case KIND_NUMBER: {
		int64_t n;
		if (!str_to_i64(str_from(value), 10, &n) || n < 0)
			return err_set(e, ERR_INVALID,
			    "option '--%s': '%s' is not a number", row->name,
			    value);
		*(int64_t *)at = n;
		return 0;
	}
	case KIND_LIST: {
		struct option_list *list = at;
		if (list->len == OPTION_LIST_MAX)
			return err_set(e, ERR_LIMIT,
			    "option '--%s' given more than %d times", row->name,
			    OPTION_LIST_MAX);
		list->list[list->len++] = value;
		return 0;
	}
	}
	return 0;
}

struct cursor {
	int argc, at;
	char **argv;
	unsigned command;
};

static int
parse_long(struct cursor *c, struct options *o, struct err *e)
{
	const char *text = c->argv[c->at] + 2;
	size_t len = strcspn(text, "=");
	const struct option_row *row = find_long(text, len, c->command);
	if (row == NULL) {
		char *name = xstrndup(text, len);
		int rc = unknown(name, c->command, e);
		free(name);
		return rc;
	}
	const char *value = text[len] == '=' ? text + len + 1 : NULL;
	if (row->kind == KIND_FLAG && value != NULL)
		return err_set(
		    e, ERR_INVALID, "option '--%s' takes no value", row->name);
	if (row->kind != KIND_FLAG && value == NULL) {
		if (c->at + 1 == c->argc)
			return err_set(e, ERR_INVALID, "option '--%s' needs %s",
			    row->name, row->arg);
		value = c->argv[++c->at];
	}
	return store(o, row, value, e);
}

static int
parse_letters(struct cursor *c, struct options *o, struct err *e)
{
	const char *p = c->argv[c->at] + 1;
	for (; *p != '\0'; p++) {
		const struct option_row *row = find_letter(*p, c->command);
		if (row == NULL)
			return err_set(
			    e, ERR_INVALID, "unknown option '-%c'", *p);
		if (row->kind == KIND_FLAG) {
			int rc = store(o, row, NULL, e);
			if (rc < 0)
				return rc;
			continue;
		}
		const char *value = p[1] != '\0' ? p + 1 : NULL;
		if (value == NULL && c->at + 1 == c->argc)
			return err_set(e, ERR_INVALID, "option '-%c' needs %s",
			    *p, row->arg);
		return store(
		    o, row, value != NULL ? value : c->argv[++c->at], e);
	}
	return 0;
}

static int
add_argument(struct options *o, const char *text, struct err *e)
{
	if (o->args.len == OPTION_LIST_MAX)
		return err_set(
		    e, ERR_LIMIT, "more than %d arguments", OPTION_LIST_MAX);
	o->args.list[o->args.len++] = text;
	return 0;
}

int
options_parse(int argc, char **argv, enum command_bit command,
    struct options *ret_options, struct err *e)
{
	struct cursor c = { .argc = argc, .argv = argv, .command = command };
	struct options o = { .timeout = -1, .limit = -1 };
	bool only_arguments = false;
	for (; c.at < argc; c.at++) {
		const char *text = argv[c.at];
		int rc;
		if (only_arguments || text[0] != '-' || text[1] == '\0') {
			rc = add_argument(&o, text, e);
		} else if (text_eq(text, "--")) {
			only_arguments = true;
			rc = 0;
		} else if (text[1] == '-') {
			rc = parse_long(&c, &o, e);
		} else {
			rc = parse_letters(&c, &o, e);
		}
		if (rc < 0)
			return rc;
	}
	*ret_options = o;
	return 0;
}

static void
add_wrapped(struct buf *out, const char *text, size_t indent)
{
	size_t column = indent;
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		if (column + len > 78 && column > indent) {
			buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		buf_add(out, text, len);
		column += len + 1;
		text += len;
		if (*text == ' ') {
			text++;
			if (column + strcspn(text, " ") <= 78)
				buf_add_char(out, ' ');
		}
	}
	buf_add_char(out, '\n');
}

void
options_help(enum command_bit command, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct option_row *row = &rows[i];
		if (!(row->commands & command))
			continue;
		struct buf head = BUF_INIT(200);
		if (row->letter != 0)
			buf_printf(
			    &head, "  -%c, --%s", row->letter, row->name);
		else
			buf_printf(&head, "      --%s", row->name);
		if (row->arg != NULL)
			buf_printf(&head, " %s", row->arg);
		if (head.len > 28)
			buf_printf(out, "%s\n%30s", buf_text(&head), "");
		else
			buf_printf(out, "%-30s", buf_text(&head));
		add_wrapped(out, row->prose, 30);
		buf_release(&head);
	}
}

void
manual_text(const char *text, struct buf *out)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (strchr("*_\\", *p) != NULL)
			buf_add_char(out, '\\');
		buf_add_char(out, *p);
	}
}

void
options_manual(enum command_bit command, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct option_row *row = &rows[i];
		if (!(row->commands & command))
			continue;
		if (row->letter != 0)
			buf_printf(out, "*-%c*, ", row->letter);
		buf_printf(out, "*--%s*", row->name);
		if (row->arg != NULL)
			buf_printf(out, " _%s_", row->arg);
		buf_add_str(out, "\n\t");
		manual_text(row->prose, out);
		buf_add_str(out, "\n\n");
	}
}

void
options_words(enum command_bit command, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].commands & command)
			buf_printf(out, "--%s ", rows[i].name);
	}
}
