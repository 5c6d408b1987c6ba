/* SPDX-License-Identifier: MIT */
/* rpm's answers and rpm's order of versions (RES-rpm-1, RES-yum-2). */
#include "providers/rpm_query.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

int
rpm_query(struct provider_run *run, const struct view *view, const char *verb,
    const char *subject, const char **ret_name, const char **ret_version,
    struct err *e)
{
	const char *text, *line;
	struct words w;
	int rc, status;

	words_init(&w, run->arena);
	words_add_all(&w, "rpm", verb, "--queryformat",
	    "%{NAME} %{VERSION}-%{RELEASE}\n", subject, NULL);
	if ((rc = package_ask(run, view, &w, &text, &status, e)) < 0)
		return rc;
	if (status != 0 && status != 1)
		return provider_fail(run, e, "Chef::Exceptions::Package",
		    "rpm failed - exit status %d", status);
	*ret_name = *ret_version = NULL;
	while (
	    status == 0 && (line = package_line(run->arena, &text)) != NULL) {
		size_t len = strcspn(line, " ");

		if (line[len] != ' ')
			continue;
		*ret_name = arena_strndup(run->arena, line, len);
		*ret_version = line + len + 1;
	}
	return 0;
}

int
rpm_query_source(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e)
{
	const char *source = package_state(run)->source;
	const char *name = NULL, *version = NULL;
	int rc;

	if (source == NULL || !view_exists(view, source))
		return 0;
	rc = rpm_query(run, view, "-qp", source, &name, &version, e);
	if (rc < 0 || name == NULL)
		return rc;
	item->name = name;
	item->candidate = version;
	item->candidate_known = true;
	return 1;
}

static size_t
run_of(const char *s, int (*is)(int c))
{
	size_t n = 0;

	while (s[n] != '\0' && is((unsigned char)s[n]) != 0)
		n++;
	return n;
}

static int
is_separator(int c)
{
	return isalnum(c) == 0 && c != '~';
}

static int
compare_digits(struct str a, struct str b)
{
	while (a.len > 0 && *a.data == '0')
		a = (struct str){ a.data + 1, a.len - 1 };
	while (b.len > 0 && *b.data == '0')
		b = (struct str){ b.data + 1, b.len - 1 };
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len == 0 ? 0 : memcmp(a.data, b.data, a.len);
}

static int
compare_letters(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.data, b.data, len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
compare_segments(const char *a, const char *b)
{
	int order;

	for (;;) {
		struct str x, y;
		bool digits;

		a += run_of(a, is_separator);
		b += run_of(b, is_separator);
		if (*a == '~' || *b == '~') {
			if (*a != *b)
				return *a == '~' ? -1 : 1;
			a++;
			b++;
			continue;
		}
		if (*a == '\0' || *b == '\0')
			return (*a != '\0') - (*b != '\0');
		digits = isdigit((unsigned char)*a) != 0;
		x = (struct str){ a, run_of(a, digits ? isdigit : isalpha) };
		y = (struct str){ b, run_of(b, digits ? isdigit : isalpha) };
		if (y.len == 0)
			return digits ? 1 : -1;
		order = digits ? compare_digits(x, y) : compare_letters(x, y);
		if (order != 0)
			return order;
		a += x.len;
		b += y.len;
	}
}

/* The part before `separator` goes to *head, the rest is returned. */
static const char *
cut(struct str *head, const char *text, char separator)
{
	size_t len = strcspn(text, (char[]){ separator, '\0' });

	*head = (struct str){ text, len };
	return text[len] == '\0' ? text + len : text + len + 1;
}

static int64_t
epoch_of(const char **version)
{
	const char *colon = strchr(*version, ':');
	int64_t epoch = 0;

	if (colon == NULL)
		return 0;
	(void)str_to_i64(
	    (struct str){ *version, (size_t)(colon - *version) }, 10, &epoch);
	*version = colon + 1;
	return epoch;
}

int
rpm_version_compare(const char *a, const char *b)
{
	int64_t x = epoch_of(&a), y = epoch_of(&b);
	struct str version_a, version_b;
	const char *release_a, *release_b;
	char *left, *right;
	int order;

	if (x != y)
		return x < y ? -1 : 1;
	release_a = cut(&version_a, a, '-');
	release_b = cut(&version_b, b, '-');
	left = xstrndup(version_a.data, version_a.len);
	right = xstrndup(version_b.data, version_b.len);
	order = compare_segments(left, right);
	free(left);
	free(right);
	if (order != 0 || *release_a == '\0' || *release_b == '\0')
		return order;
	return compare_segments(release_a, release_b);
}
