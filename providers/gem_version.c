/* SPDX-License-Identifier: MIT */
/* Versions of gems (see gem_version.h). */
#include "providers/gem_version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"

/* Next run of digits or of letters; empty at the end. */
static struct str
next_part(const char **at)
{
	const char *start = *at;
	size_t n = 0;

	while (*start != '\0' && isalnum((unsigned char)*start) == 0)
		start++;
	if (isdigit((unsigned char)*start) != 0)
		while (isdigit((unsigned char)start[n]) != 0)
			n++;
	else
		while (isalpha((unsigned char)start[n]) != 0)
			n++;
	*at = start + n;
	return (struct str){ start, n };
}

static bool
is_word(struct str part)
{
	return part.len > 0 && isdigit((unsigned char)*part.data) == 0;
}

static int64_t
number_of(struct str part)
{
	int64_t n = 0;

	if (part.len > 0)
		(void)str_to_i64(part, 10, &n);
	return n;
}

static int
compare_words(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.data, b.data, len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int
gem_version_compare(const char *a, const char *b)
{
	for (;;) {
		struct str x = next_part(&a), y = next_part(&b);
		int64_t m, n;

		if (x.len == 0 && y.len == 0)
			return 0;
		if (is_word(x) && is_word(y)) {
			int order = compare_words(x, y);

			if (order != 0)
				return order;
			continue;
		}
		if (is_word(x) || is_word(y))
			return is_word(x) ? -1 : 1;
		m = number_of(x);
		n = number_of(y);
		if (m != n)
			return m < n ? -1 : 1;
	}
}

/* "1.2.3" -> "1.3", "1" -> "2": where "~>" ends. The caller frees it. */
static char *
bump(const char *version)
{
	const char *dot = strrchr(version, '.');
	size_t len = dot != NULL ? (size_t)(dot - version) : strlen(version);
	AUTO_STR char *head = xstrndup(version, len);
	char *last = strrchr(head, '.');
	char *number = last != NULL ? last + 1 : head;
	long next = strtol(number, NULL, 10) + 1;

	*number = '\0';
	return xasprintf("%s%ld", head, next);
}

static bool
meets_one(const char *version, struct str part)
{
	static const char *const operators[] = { "~>", ">=", "<=", "!=", ">",
		"<", "=" };
	AUTO_STR char *wanted = NULL, *end = NULL;
	const char *op = "=";
	int order;
	size_t i;

	part = str_trim(part);
	for (i = 0; i < ARRAY_LEN(operators); i++)
		if (str_has_prefix(part, operators[i])) {
			op = operators[i];
			part.data += strlen(op);
			part.len -= strlen(op);
			break;
		}
	part = str_trim(part);
	wanted = xstrndup(part.data, part.len);
	order = gem_version_compare(version, wanted);
	if (text_eq(op, "~>")) {
		end = bump(wanted);
		return order >= 0 && gem_version_compare(version, end) < 0;
	}
	if (text_eq(op, "!="))
		return order != 0;
	if (op[0] == '>')
		return op[1] == '=' ? order >= 0 : order > 0;
	if (op[0] == '<')
		return op[1] == '=' ? order <= 0 : order < 0;
	return order == 0;
}

bool
gem_version_meets(const char *version, const char *requirement)
{
	struct str rest = str_from(requirement), part;

	while (str_split(&rest, ',', &part))
		if (!meets_one(version, part))
			return false;
	return true;
}
