/* SPDX-License-Identifier: MIT */
/* Crontab texts (see crontab.h). */
#include "providers/crontab.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Where an entry lies in the text. */
struct span {
	const char *start, *end; /* whole entry, line ends included */
	struct str line;         /* its schedule line; data NULL: none */
	bool found;
};

static struct str
next_line(const char **at, const char *end)
{
	const char *start = *at;
	const char *stop = memchr(start, '\n', (size_t)(end - start));

	*at = stop != NULL ? stop + 1 : end;
	return (
	    struct str){ start, (size_t)((stop != NULL ? stop : end) - start) };
}

static bool
is_heading(struct str line, const char *name)
{
	static const char mark[] = "# Chef Name: ";

	return str_has_prefix(line, mark) &&
	       str_eq_text((struct str){ line.data + sizeof(mark) - 1,
			       line.len - (sizeof(mark) - 1) },
		   name);
}

/* NAME=VALUE; the length of NAME, or 0. */
static size_t
variable_name_len(struct str line)
{
	size_t n = 0;

	while (n < line.len && (isalnum((unsigned char)line.data[n]) != 0 ||
				   line.data[n] == '_'))
		n++;
	if (n == 0 || n == line.len || line.data[n] != '=' ||
	    isdigit((unsigned char)line.data[0]) != 0)
		return 0;
	return n;
}

/* "@daily x" or "5 * * * * x"; anything else belongs to somebody else. */
static bool
is_schedule(struct str line)
{
	return line.len > 0 && (line.data[0] == '@' || line.data[0] == '*' ||
				   isdigit((unsigned char)line.data[0]) != 0);
}

static struct span
find_span(struct str text, const char *name)
{
	const char *at = text.data, *end = text.data + text.len, *back;
	struct span s = { 0 };
	struct str line;

	while (at < end) {
		s.start = at;
		if (is_heading(next_line(&at, end), name)) {
			s.found = true;
			break;
		}
	}
	s.end = at;
	while (s.found && at < end) {
		back = at;
		line = next_line(&at, end);
		if (variable_name_len(line) > 0) {
			s.end = at;
			continue;
		}
		if (is_schedule(line)) {
			s.line = line;
			s.end = at;
		} else
			s.end = back;
		break;
	}
	return s;
}

/* The next blank-separated word of *rest. */
static const char *
take_word(struct arena *a, struct str *rest)
{
	struct str s = *rest;
	size_t n = 0;

	while (s.len > 0 && (*s.data == ' ' || *s.data == '\t'))
		s = (struct str){ s.data + 1, s.len - 1 };
	while (n < s.len && s.data[n] != ' ' && s.data[n] != '\t')
		n++;
	*rest = (struct str){ s.data + n, s.len - n };
	return arena_strndup(a, s.data, n);
}

static const char *
take_command(struct arena *a, struct str rest)
{
	while (rest.len > 0 && (*rest.data == ' ' || *rest.data == '\t'))
		rest = (struct str){ rest.data + 1, rest.len - 1 };
	return arena_strndup(a, rest.data, rest.len);
}

static void
parse_schedule(struct arena *a, struct str line, struct cron_entry *entry)
{
	const char **fields[] = { &entry->minute, &entry->hour, &entry->day,
		&entry->month, &entry->weekday };
	size_t i;

	if (line.data[0] == '@') {
		entry->time = take_word(a, &line) + 1;
		for (i = 0; i < ARRAY_LEN(fields); i++)
			*fields[i] = "*";
	} else
		for (i = 0; i < ARRAY_LEN(fields); i++)
			*fields[i] = take_word(a, &line);
	entry->command = take_command(a, line);
}

static void
note_variable(struct cron_entry *entry, const char *name, const char *value)
{
	struct cron_variable *v;

	if (text_eq(name, "MAILTO"))
		entry->mailto = value;
	else if (text_eq(name, "PATH"))
		entry->path = value;
	else if (text_eq(name, "SHELL"))
		entry->shell = value;
	else if (text_eq(name, "HOME"))
		entry->home = value;
	else {
		v = &entry->variables[entry->variable_count++];
		v->name = name;
		v->value = value;
	}
}

static size_t
line_count(struct span s)
{
	const char *p;
	size_t n = 0;

	for (p = s.start; p < s.end; p++)
		n += *p == '\n';
	return n + 1;
}

bool
crontab_find(struct arena *a, struct str text, const char *name,
    struct cron_entry *ret_entry, bool *ret_complete)
{
	struct span s = find_span(text, name);
	const char *at = s.start;
	struct str line;

	if (!s.found)
		return false;
	*ret_entry = (struct cron_entry){ 0 };
	ret_entry->variables =
	    arena_array_of(a, struct cron_variable, line_count(s));
	while (at < s.end) {
		size_t n;

		line = next_line(&at, s.end);
		if ((n = variable_name_len(line)) > 0)
			note_variable(ret_entry, arena_strndup(a, line.data, n),
			    arena_strndup(
				a, line.data + n + 1, line.len - n - 1));
	}
	*ret_complete = s.line.data != NULL;
	if (*ret_complete)
		parse_schedule(a, s.line, ret_entry);
	return true;
}

static void
add_variable(struct buf *out, const char *name, const char *value)
{
	if (value != NULL)
		buf_printf(out, "%s=%s\n", name, value);
}

/* RES-cron-2 */
static void
write_entry(struct buf *out, const char *name, const struct cron_entry *entry)
{
	size_t i;

	buf_printf(out, "# Chef Name: %s\n", name);
	add_variable(out, "MAILTO", entry->mailto);
	add_variable(out, "PATH", entry->path);
	add_variable(out, "SHELL", entry->shell);
	add_variable(out, "HOME", entry->home);
	for (i = 0; i < entry->variable_count; i++)
		add_variable(
		    out, entry->variables[i].name, entry->variables[i].value);
	if (entry->time != NULL)
		buf_printf(out, "@%s %s\n", entry->time, entry->command);
	else
		buf_printf(out, "%s %s %s %s %s %s\n", entry->minute,
		    entry->hour, entry->day, entry->month, entry->weekday,
		    entry->command);
}

void
crontab_rewrite(struct str text, const char *name,
    const struct cron_entry *entry, struct buf *out)
{
	struct span s = find_span(text, name);
	const char *end = text.data + text.len;

	if (!s.found)
		s.start = s.end = end;
	buf_add(out, text.data, (size_t)(s.start - text.data));
	if (entry != NULL && out->len > 0 && out->data[out->len - 1] != '\n')
		buf_add_char(out, '\n');
	if (entry != NULL)
		write_entry(out, name, entry);
	buf_add(out, s.end, (size_t)(end - s.end));
}

static bool
variables_eq(const struct cron_entry *a, const struct cron_entry *b)
{
	size_t i, k;

	if (a->variable_count != b->variable_count)
		return false;
	for (i = 0; i < a->variable_count; i++) {
		for (k = 0; k < b->variable_count; k++)
			if (text_eq(
				a->variables[i].name, b->variables[k].name) &&
			    text_eq(
				a->variables[i].value, b->variables[k].value))
				break;
		if (k == b->variable_count)
			return false;
	}
	return true;
}

bool
cron_entry_eq(const struct cron_entry *a, const struct cron_entry *b)
{
	bool same_time =
	    a->time != NULL || b->time != NULL
		? text_eq(a->time, b->time)
		: text_eq(a->minute, b->minute) && text_eq(a->hour, b->hour) &&
		      text_eq(a->day, b->day) && text_eq(a->month, b->month) &&
		      text_eq(a->weekday, b->weekday);

	return same_time && text_eq(a->command, b->command) &&
	       text_eq(a->mailto, b->mailto) && text_eq(a->path, b->path) &&
	       text_eq(a->shell, b->shell) && text_eq(a->home, b->home) &&
	       variables_eq(a, b);
}

const char *
cron_weekday(const char *text)
{
	static const char *const days[] = { "sunday", "monday", "tuesday",
		"wednesday", "thursday", "friday", "saturday" };
	static const char *const numbers[] = { "0", "1", "2", "3", "4", "5",
		"6" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(days); i++)
		if (strcasecmp(text, days[i]) == 0)
			return numbers[i];
	return text;
}
