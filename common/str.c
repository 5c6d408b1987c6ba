/* SPDX-License-Identifier: MIT */
/* Text views and comparisons. */
#include "common/str.h"

#include <string.h>

struct str
str_from(const char *text)
{
	if (text == NULL)
		return (struct str){ NULL, 0 };
	return (struct str){ text, strlen(text) };
}

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
str_eq_text(struct str a, const char *text)
{
	return str_eq(a, str_from(text));
}

bool
str_has_prefix(struct str s, const char *prefix)
{
	size_t len = strlen(prefix);
	return s.len >= len && (len == 0 || memcmp(s.data, prefix, len) == 0);
}

bool
str_has_suffix(struct str s, const char *suffix)
{
	size_t len = strlen(suffix);
	return s.len >= len &&
	       (len == 0 || memcmp(s.data + s.len - len, suffix, len) == 0);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && is_blank(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool
str_split(struct str *rest, char sep, struct str *ret_part)
{
	if (rest->data == NULL)
		return false;
	const char *end =
	    rest->len > 0 ? memchr(rest->data, sep, rest->len) : NULL;
	if (end == NULL) {
		*ret_part = *rest;
		*rest = (struct str){ NULL, 0 };
		return true;
	}
	size_t len = (size_t)(end - rest->data);
	*ret_part = (struct str){ rest->data, len };
	*rest = (struct str){ end + 1, rest->len - len - 1 };
	return true;
}

bool
str_to_i64(struct str s, int base, int64_t *ret_value)
{
	bool minus = s.len > 0 && s.data[0] == '-';
	if (s.len > 0 && (minus || s.data[0] == '+')) {
		s.data++;
		s.len--;
	}
	if (s.len == 0)
		return false;
	int64_t value = 0;
	for (size_t i = 0; i < s.len; i++) {
		int digit = s.data[i] - '0';
		if (digit < 0 || digit >= base)
			return false;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_sub_overflow(value, digit, &value))
			return false;
	}
	/* Summed below zero, so that INT64_MIN parses too. */
	if (!minus && __builtin_sub_overflow(0, value, &value))
		return false;
	*ret_value = value;
	return true;
}

bool
text_eq(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
text_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
text_has_suffix(const char *text, const char *suffix)
{
	return str_has_suffix(str_from(text), suffix);
}

#define DISTANCE_MAX_BYTES 64

size_t
text_distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	if (a_len > DISTANCE_MAX_BYTES || b_len > DISTANCE_MAX_BYTES)
		return SIZE_MAX;
	size_t row[DISTANCE_MAX_BYTES + 1];
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[b_len];
}
