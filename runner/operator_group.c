/* SPDX-License-Identifier: MIT */
/* Grouping identical output. */
#include "runner/operator_group.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/auto.h"

#define NAMES_SHOWN 5

/* Lines that frame what a run did. */
static bool
is_frame(struct str line)
{
	static const char *const beginnings[] = { "****",
		"Starting RightLink, ", "Compiling Cookbooks...",
		"Running handlers:", "Running handlers complete",
		"RightLink finished, " };
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
		if (str_has_prefix(line, beginnings[i]))
			return true;
	}
	/* "*RS>    Converging    ****" is a heading, "*RS> text" a line. */
	return str_has_prefix(line, "*RS>") && str_has_suffix(line, "****");
}

/* Does `form` begin at p: 'd' a digit, all else itself? Its length, or 0. */
static size_t
form_len(const char *p, const char *end, const char *form)
{
	size_t len = strlen(form);
	if ((size_t)(end - p) < len)
		return 0;
	for (size_t i = 0; i < len; i++) {
		bool fits = form[i] == 'd' ? isdigit((unsigned char)p[i]) != 0
					   : p[i] == form[i];
		if (!fits)
			return 0;
	}
	return len;
}

/* "2026-01-31T12:34:56+00:00", "2026-01-31 12:34:56.789 +0000", or 0. */
static size_t
moment_len(const char *p, const char *end)
{
	size_t len = form_len(p, end, "dddd-dd-ddTdd:dd:dd");
	if (len == 0)
		len = form_len(p, end, "dddd-dd-dd dd:dd:dd");
	if (len == 0)
		return 0;
	const char *q = p + len;
	while (q < end && (isdigit((unsigned char)*q) || *q == '.'))
		q++;
	static const char *const zones[] = { "+dd:dd", "-dd:dd", " +dddd",
		" -dddd", "Z" };
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		size_t zone = form_len(q, end, zones[i]);
		if (zone > 0)
			return (size_t)(q - p) + zone;
	}
	return (size_t)(q - p);
}

/* The id of a run or command, or 0. */
static size_t
ulid_len(const char *p, const char *end)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	const size_t len = 26;
	if ((size_t)(end - p) < len || *p != '0')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\0' || strchr(letters, p[i]) == NULL)
			return 0;
	}
	return p + len < end && isalnum((unsigned char)p[len]) ? 0 : len;
}

/* The length of a duration at p ("0.35 s", "1.2 seconds", "64 ms"), or 0. */
static size_t
duration_len(const char *p, const char *end)
{
	static const char *const units[] = { "seconds", "second", "ms", "s",
		"minutes", "min" };
	const char *q = p;
	while (q < end && (isdigit((unsigned char)*q) || *q == '.'))
		q++;
	if (q == p)
		return 0;
	if (q < end && *q == ' ')
		q++;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t len = strlen(units[i]);
		if ((size_t)(end - q) < len || memcmp(q, units[i], len) != 0)
			continue;
		const char *after = q + len;
		if (after == end || !isalnum((unsigned char)*after))
			return (size_t)(after - p);
	}
	return 0;
}

/* What differs from run to run without meaning. */
static size_t
chance_len(const char *p, const char *end, bool glued)
{
	size_t len = ulid_len(p, end);
	if (len == 0)
		len = moment_len(p, end);
	/* A number that goes on with what stands before it is no duration. */
	return len > 0 || glued ? len : duration_len(p, end);
}

static void
add_without_chance(struct str line, struct buf *out)
{
	const char *p = line.data, *end = line.data + line.len;
	bool glued = false;
	while (p < end) {
		size_t len = chance_len(p, end, glued);
		if (len > 0) {
			buf_add_str(out, "...");
			p += len;
			continue;
		}
		glued =
		    isalnum((unsigned char)*p) || strchr("._-:/", *p) != NULL;
		buf_add_char(out, *p++);
	}
}

/* Lines of the log and of the audit stand between a run's own lines where
 * chance put them; they say nothing that those do not say. */
static bool
is_loose(struct str line)
{
	if (str_has_prefix(line, "*ERROR>"))
		return true;
	return line.len > 1 && line.data[0] == '[' &&
	       moment_len(line.data + 1, line.data + line.len) > 0;
}

void
output_essence(struct str audit, bool for_comparing, struct buf *out)
{
	struct str line;
	bool blank = false;
	while (str_split(&audit, '\n', &line)) {
		if (is_frame(line) || (for_comparing && is_loose(line)))
			continue;
		if (str_trim(line).len == 0) {
			blank = true;
			continue;
		}
		/* One blank line stands for any number, none at the ends. */
		if (blank && out->len > 0)
			buf_add_char(out, '\n');
		blank = false;
		if (for_comparing)
			add_without_chance(line, out);
		else
			buf_add(out, line.data, line.len);
		buf_add_char(out, '\n');
	}
}

struct group {
	const char *text, *key;
	size_t key_len, order;
	size_t names_len, names_room;
	const char **names;
};

struct output_groups {
	struct arena *arena;
	size_t len, room;
	struct group *list;
};

struct output_groups *
output_groups_new(void)
{
	struct output_groups *g = xcalloc(1, sizeof(*g));
	g->arena = arena_new();
	return g;
}

void
output_groups_free(struct output_groups **at)
{
	if (at == NULL || *at == NULL)
		return;
	for (size_t i = 0; i < (*at)->len; i++)
		free((*at)->list[i].names);
	free((*at)->list);
	arena_free(&(*at)->arena);
	free(*at);
	*at = NULL;
}

static struct group *
find(const struct output_groups *g, struct str key)
{
	for (size_t i = 0; i < g->len; i++) {
		struct group *have = &g->list[i];
		if (have->key_len == key.len &&
		    memcmp(have->key, key.data, key.len) == 0)
			return have;
	}
	return NULL;
}

static struct group *
make(struct output_groups *g, struct str key, struct str audit)
{
	if (g->len == g->room) {
		g->room = g->room > 0 ? g->room * 2 : 8;
		g->list = xreallocarray(g->list, g->room, sizeof(*g->list));
	}
	AUTO_BUF struct buf text = BUF_INIT(audit.len + 2);
	output_essence(audit, false, &text);
	struct group *made = &g->list[g->len];
	*made = (struct group){
		.text = arena_strdup(g->arena, buf_text(&text)),
		.key = arena_strndup(g->arena, key.data, key.len),
		.key_len = key.len,
		.order = g->len,
	};
	g->len++;
	return made;
}

void
output_groups_add(struct output_groups *g, const char *name, struct str audit)
{
	/* A mask may be longer than what it stands for. */
	AUTO_BUF struct buf essence = BUF_INIT(audit.len * 2 + 2);
	output_essence(audit, true, &essence);
	struct str key = { buf_text(&essence), essence.len };
	struct group *group = find(g, key);
	if (group == NULL)
		group = make(g, key, audit);
	if (group->names_len == group->names_room) {
		group->names_room =
		    group->names_room > 0 ? group->names_room * 2 : 8;
		group->names = xreallocarray(
		    group->names, group->names_room, sizeof(*group->names));
	}
	group->names[group->names_len++] = arena_strdup(g->arena, name);
}

static int
compare(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	if (x->names_len != y->names_len)
		return x->names_len < y->names_len ? 1 : -1;
	return x->order < y->order ? -1 : 1;
}

void
output_groups_sort(struct output_groups *g)
{
	if (g->len > 1)
		qsort(g->list, g->len, sizeof(*g->list), compare);
}

size_t
output_groups_len(const struct output_groups *g)
{
	return g->len;
}

struct output_group
output_groups_at(const struct output_groups *g, size_t i)
{
	ASSERT(i < g->len);
	return (struct output_group){ g->list[i].text, g->list[i].names,
		g->list[i].names_len };
}

void
output_group_title(const struct output_group *g, struct buf *out)
{
	size_t shown =
	    g->names_len > NAMES_SHOWN + 1 ? NAMES_SHOWN : g->names_len;
	if (g->names_len > 1)
		buf_printf(out, "%zu nodes: ", g->names_len);
	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", g->names[i]);
	if (shown < g->names_len)
		buf_printf(out, " and %zu more", g->names_len - shown);
}

void
output_group_body(const struct output_group *g, struct buf *out)
{
	struct str rest = str_from(g->text), line;
	size_t lines = 0, at = 0;
	for (const char *p = g->text; *p != '\0'; p++)
		lines += *p == '\n';
	size_t skipped = lines > GROUP_LINES_MAX ? lines - GROUP_LINES_MAX : 0;
	if (skipped > 0)
		buf_printf(out, "    (%zu lines before)\n", skipped);
	while (str_split(&rest, '\n', &line)) {
		if (at++ < skipped || (rest.data == NULL && line.len == 0))
			continue;
		buf_printf(
		    out, line.len > 0 ? "    %.*s\n" : "%.*s\n", STR_ARG(line));
	}
}
