/* SPDX-License-Identifier: MIT */
/* Hand-written parser of the tag grammar; views only, no allocation. */
#include "wire/tag.h"

#include <string.h>

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_letter(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_predicate_char(char c)
{
	return is_letter(c) || is_digit(c) ||
	       (c != '\0' && strchr("_.%+- ", c) != NULL);
}

/* Length of the UTF-8 sequence at s, 0 when there is none that is valid. */
static size_t
utf8_len(const unsigned char *s, size_t left)
{
	size_t len = s[0] < 0x80                    ? 1
		     : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
		     : (s[0] & 0xf0) == 0xe0        ? 3
		     : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						    : 0;
	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	bool overlong = (s[0] == 0xe0 && len == 3 && s[1] < 0xa0) ||
			(s[0] == 0xf0 && len == 4 && s[1] < 0x90);
	bool beyond = (s[0] == 0xed && len == 3 && s[1] > 0x9f) ||
		      (s[0] == 0xf4 && len == 4 && s[1] > 0x8f);
	return overlong || beyond ? 0 : len;
}

static int
check_bytes(struct str text, struct err *e)
{
	if (text.len == 0)
		return err_set(e, ERR_INVALID, "tag is empty");
	if (text.len > TAG_MAX_BYTES)
		return err_set(e, ERR_INVALID, "tag is longer than %d bytes",
		    TAG_MAX_BYTES);
	for (size_t i = 0; i < text.len;) {
		const unsigned char *s = (const unsigned char *)text.data + i;
		size_t len = utf8_len(s, text.len - i);
		if (len == 0)
			return err_set(
			    e, ERR_INVALID, "tag is not valid UTF-8");
		if (*s < 0x20 || *s == 0x7f)
			return err_set(
			    e, ERR_INVALID, "tag holds a control character");
		i += len;
	}
	return 0;
}

static bool
namespace_is_valid(struct str s)
{
	if (s.len == 0 || !is_lower(s.data[0]))
		return false;
	for (size_t i = 1; i < s.len; i++) {
		if (!is_lower(s.data[i]) && !is_digit(s.data[i]) &&
		    s.data[i] != '_')
			return false;
	}
	return true;
}

static bool
predicate_is_valid(struct str s)
{
	if (s.len == 0 || !is_letter(s.data[0]) || s.data[s.len - 1] == ' ')
		return false;
	for (size_t i = 1; i < s.len; i++) {
		if (!is_predicate_char(s.data[i]))
			return false;
	}
	return true;
}

/* Cuts text into its parts; the value is "*" only in patterns. */
static int
parse(struct str text, struct tag *tag, struct err *e)
{
	int rc = check_bytes(text, e);
	if (rc < 0)
		return rc;
	const char *end = text.data + text.len;
	const char *colon = memchr(text.data, ':', text.len);
	const char *equals = memchr(text.data, '=', text.len);
	if (colon == NULL && equals == NULL) {
		*tag = (struct tag){ .raw = true, .text = text };
		return 0;
	}
	if (colon == NULL || (equals != NULL && equals < colon))
		return err_set(e, ERR_INVALID,
		    "tag '%.*s': a tag with '=' needs a namespace and ':'",
		    STR_ARG(text));
	bool wild = equals == NULL && end[-1] == '*';
	if (equals == NULL)
		return err_set(e, ERR_INVALID,
		    wild ? "tag '%.*s': invalid wildcard, only "
			   "namespace:predicate=* is one"
			 : "tag '%.*s': '=' and a value are missing",
		    STR_ARG(text));
	struct tag t = { .text = text,
		.name_space = { text.data, (size_t)(colon - text.data) },
		.predicate = { colon + 1, (size_t)(equals - colon - 1) },
		.value = { equals + 1, (size_t)(end - equals - 1) } };
	if (!namespace_is_valid(t.name_space))
		return err_set(e, ERR_INVALID,
		    "tag '%.*s': namespace '%.*s' is not of the form "
		    "[a-z][a-z0-9_]*",
		    STR_ARG(text), STR_ARG(t.name_space));
	if (!predicate_is_valid(t.predicate))
		return err_set(e, ERR_INVALID,
		    "tag '%.*s': predicate '%.*s' is not of the form "
		    "[A-Za-z][A-Za-z0-9_.%%+-]*",
		    STR_ARG(text), STR_ARG(t.predicate));
	if (t.value.len == 0)
		return err_set(e, ERR_INVALID, "tag '%.*s': value is empty",
		    STR_ARG(text));
	t.any_value = str_eq_text(t.value, "*");
	*tag = t;
	return 0;
}

int
tag_parse(struct str text, struct tag *ret_tag, struct err *e)
{
	struct tag t;
	int rc = parse(text, &t, e);
	if (rc < 0)
		return rc;
	if (t.any_value || (t.raw && memchr(text.data, '*', text.len) != NULL))
		return err_set(e, ERR_INVALID,
		    "tag '%.*s': a wildcard is for queries only",
		    STR_ARG(text));
	*ret_tag = t;
	return 0;
}

int
tag_pattern_parse(struct str text, struct tag *ret_pattern, struct err *e)
{
	struct tag t;
	int rc = parse(text, &t, e);
	if (rc < 0)
		return rc;
	bool part =
	    !t.any_value && !t.raw && t.value.data[t.value.len - 1] == '*';
	bool raw = t.raw && memchr(text.data, '*', text.len) != NULL;
	if (part || raw)
		return err_set(e, ERR_INVALID,
		    "tag '%.*s': invalid wildcard, only "
		    "namespace:predicate=* is one",
		    STR_ARG(text));
	*ret_pattern = t;
	return 0;
}

bool
tag_same_key(const struct tag *a, const struct tag *b)
{
	return !a->raw && !b->raw && str_eq(a->name_space, b->name_space) &&
	       str_eq(a->predicate, b->predicate);
}

bool
tag_matches(const struct tag *pattern, const struct tag *tag)
{
	if (pattern->any_value)
		return tag_same_key(pattern, tag);
	return str_eq(pattern->text, tag->text);
}

int
tag_query_add(struct tag_query *q, struct str text, struct err *e)
{
	if (q->len == TAG_QUERY_MAX)
		return err_set(e, ERR_LIMIT, "more than %d tags in a query",
		    TAG_QUERY_MAX);
	int rc = tag_pattern_parse(text, &q->patterns[q->len], e);
	if (rc == 0)
		q->len++;
	return rc;
}

static bool
one_matches(const struct tag *pattern, const struct tag *tags, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (tag_matches(pattern, &tags[i]))
			return true;
	}
	return false;
}

bool
tag_query_matches(
    const struct tag_query *q, const struct tag *tags, size_t tags_len)
{
	bool all = q->match == TAG_MATCH_ALL;
	for (size_t i = 0; i < q->len; i++) {
		if (one_matches(&q->patterns[i], tags, tags_len) != all)
			return !all;
	}
	return all && q->len > 0;
}
