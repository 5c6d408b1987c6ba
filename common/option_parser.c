/* SPDX-License-Identifier: MIT */
/* Parsing by a table, and what else is made of it. */
#include "common/option_parser.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"

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

#define OPTIONS_MAX 256

static bool
counts(const struct option_table *table, const struct option_row *row)
{
	return (row->commands & table->commands) != 0;
}

static bool
is_shown(const struct option_table *table, const struct option_row *row)
{
	return counts(table, row) && row->kind != OPTION_KIND_HIDDEN;
}

static const struct option_row *
find_long(const struct option_table *table, const char *name, size_t len)
{
	for (size_t i = 0; i < table->len; i++) {
		const struct option_row *row = &table->rows[i];
		if (counts(table, row) && strlen(row->name) == len &&
		    memcmp(row->name, name, len) == 0)
			return row;
	}
	return NULL;
}

/* The only option that begins so; ERR_ABSENT, ERR_INVALID (several). */
static int
find_beginning(const struct option_table *table, const char *name, size_t len,
    const struct option_row **ret_row, struct err *e)
{
	const struct option_row *found = NULL;
	for (size_t i = 0; i < table->len && len > 0; i++) {
		const struct option_row *row = &table->rows[i];
		if (!is_shown(table, row) || strncmp(row->name, name, len) != 0)
			continue;
		if (found != NULL)
			return err_set(e, ERR_INVALID,
			    "option '--%.*s' may be '--%s' or '--%s'", (int)len,
			    name, found->name, row->name);
		found = row;
	}
	if (found == NULL)
		return ERR_ABSENT;
	*ret_row = found;
	return 0;
}

static const struct option_row *
find_letter(const struct option_table *table, char letter)
{
	for (size_t i = 0; i < table->len; i++) {
		const struct option_row *row = &table->rows[i];
		if (counts(table, row) && row->letter == letter)
			return row;
	}
	return NULL;
}

static int
unknown(const struct option_table *table, const char *name, struct err *e)
{
	const char *names[OPTIONS_MAX];
	size_t count = 0;
	ASSERT(table->len <= OPTIONS_MAX);
	for (size_t i = 0; i < table->len; i++) {
		if (is_shown(table, &table->rows[i]))
			names[count++] = table->rows[i].name;
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

bool
seconds_parse(struct str text, int64_t *ret_seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	int64_t factor = 1, n;
	for (size_t i = 0; i < ARRAY_LEN(units) && text.len > 0; i++) {
		if (text.data[text.len - 1] != units[i].unit)
			continue;
		factor = units[i].seconds;
		text.len--;
		break;
	}
	if (!str_to_i64(text, 10, &n) || n < 0 || n > INT32_MAX / factor)
		return false;
	*ret_seconds = n * factor;
	return true;
}

static int
store_number(
    void *at, const struct option_row *row, const char *value, struct err *e)
{
	int64_t n;
	if (row->kind == OPTION_KIND_SECONDS) {
		if (!seconds_parse(str_from(value), &n))
			return err_set(e, ERR_INVALID,
			    "option '--%s': '%s' is no duration (90, 90s, 15m, "
			    "2h, 7d)",
			    row->name, value);
	} else if (!str_to_i64(str_from(value), 10, &n) || n < 0) {
		return err_set(e, ERR_INVALID,
		    "option '--%s': '%s' is not a number", row->name, value);
	}
	*(int64_t *)at = n;
	return 0;
}

static int
store(void *target, const struct option_row *row, const char *value,
    struct err *e)
{
	void *at = (char *)target + row->offset;
	switch (row->kind) {
	case OPTION_KIND_FLAG:
	case OPTION_KIND_HIDDEN:
		*(bool *)at = true;
		return 0;
	case OPTION_KIND_WORDS:
		if (!has_word(row->arg, value))
			return err_set(e, ERR_INVALID,
			    "option '--%s': '%s' is not one of %s", row->name,
			    value, row->arg);
		*(const char **)at = value;
		return 0;
	case OPTION_KIND_TEXT:
		*(const char **)at = value;
		return 0;
	case OPTION_KIND_NUMBER:
	case OPTION_KIND_SECONDS:
		return store_number(at, row, value, e);
	case OPTION_KIND_LIST: {
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
	const struct option_table *table;
	int argc, at;
	char **argv;
	void *target;
};

static bool
is_flag(const struct option_row *row)
{
	return row->kind == OPTION_KIND_FLAG || row->kind == OPTION_KIND_HIDDEN;
}

static int
need_long(const struct option_table *table, const char *text, size_t len,
    const struct option_row **ret_row, struct err *e)
{
	*ret_row = find_long(table, text, len);
	if (*ret_row != NULL)
		return 0;
	int rc = ERR_ABSENT;
	if (table->may_be_abbreviated)
		rc = find_beginning(table, text, len, ret_row, e);
	if (rc != ERR_ABSENT)
		return rc;
	char *name = xstrndup(text, len);
	rc = unknown(table, name, e);
	free(name);
	return rc;
}

static int
parse_long(struct cursor *c, struct err *e)
{
	const char *text = c->argv[c->at] + 2;
	size_t len = strcspn(text, "=");
	const struct option_row *row = NULL;
	int rc = need_long(c->table, text, len, &row, e);
	if (rc < 0)
		return rc;
	const char *value = text[len] == '=' ? text + len + 1 : NULL;
	if (is_flag(row) && value != NULL)
		return err_set(
		    e, ERR_INVALID, "option '--%s' takes no value", row->name);
	if (!is_flag(row) && value == NULL) {
		if (c->at + 1 == c->argc)
			return err_set(e, ERR_INVALID, "option '--%s' needs %s",
			    row->name, row->arg);
		value = c->argv[++c->at];
	}
	return store(c->target, row, value, e);
}

static int
parse_letters(struct cursor *c, struct err *e)
{
	const char *p = c->argv[c->at] + 1;
	for (; *p != '\0'; p++) {
		const struct option_row *row = find_letter(c->table, *p);
		if (row == NULL)
			return err_set(
			    e, ERR_INVALID, "unknown option '-%c'", *p);
		if (is_flag(row)) {
			int rc = store(c->target, row, NULL, e);
			if (rc < 0)
				return rc;
			continue;
		}
		const char *value = p[1] != '\0' ? p + 1 : NULL;
		if (value == NULL && c->at + 1 == c->argc)
			return err_set(e, ERR_INVALID, "option '-%c' needs %s",
			    *p, row->arg);
		return store(c->target, row,
		    value != NULL ? value : c->argv[++c->at], e);
	}
	return 0;
}

static int
add_argument(const struct cursor *c, const char *text, struct err *e)
{
	struct option_list *args =
	    (struct option_list *)(void *)((char *)c->target +
					   c->table->args_offset);
	if (args->len == OPTION_LIST_MAX)
		return err_set(
		    e, ERR_LIMIT, "more than %d arguments", OPTION_LIST_MAX);
	args->list[args->len++] = text;
	return 0;
}

int
option_table_parse(const struct option_table *table, int argc, char **argv,
    void *target, struct err *e)
{
	struct cursor c = {
		.table = table, .argc = argc, .argv = argv, .target = target
	};
	bool only_arguments = false;
	for (; c.at < argc; c.at++) {
		const char *text = argv[c.at];
		int rc;
		if (only_arguments || text[0] != '-' || text[1] == '\0') {
			rc = add_argument(&c, text, e);
		} else if (text_eq(text, "--")) {
			only_arguments = true;
			rc = 0;
		} else if (text[1] == '-') {
			rc = parse_long(&c, e);
		} else {
			rc = parse_letters(&c, e);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

void
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
option_table_help(const struct option_table *table, struct buf *out)
{
	for (size_t i = 0; i < table->len; i++) {
		const struct option_row *row = &table->rows[i];
		if (!is_shown(table, row))
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
option_table_manual(const struct option_table *table, struct buf *out)
{
	for (size_t i = 0; i < table->len; i++) {
		const struct option_row *row = &table->rows[i];
		if (!is_shown(table, row))
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
