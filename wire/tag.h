/* SPDX-License-Identifier: MIT */
/*
 * Tags and queries by tag (RightLink 6, section 6.5).
 *
 *	machine tag	namespace:predicate=value
 *			namespace [a-z][a-z0-9_]*
 *			predicate [A-Za-z][A-Za-z0-9_.%+-]*, inner blanks too
 *			value     any text but "*", at least one byte
 *	raw tag		any text without ':' and '='
 *	pattern		a tag, or namespace:predicate=* for any value
 *
 * Every part is compared byte by byte. Tags hold no control characters and
 * are valid UTF-8 of at most TAG_MAX_BYTES. Same namespace:predicate with
 * several values is allowed; "set" is an operation of the store.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"
#include "common/str.h"

#define TAG_MAX_BYTES 1024
#define TAG_QUERY_MAX 64 /* patterns in one query */

struct tag {
	bool raw;              /* only `text` is set */
	bool any_value;        /* a pattern: value is "*" */
	struct str text;       /* the whole tag; the parts are views of it */
	struct str name_space; /* "ns" of ns:predicate=value */
	struct str predicate;
	struct str value;
};

/* A tag that may be put on an instance. ERR_INVALID says what is wrong with
 * which part. The result views `text`. */
int tag_parse(struct str text, struct tag *ret_tag, struct err *e) MUST_CHECK;
/* A tag or a pattern. ERR_INVALID "invalid wildcard" for "ns:*", "ns:p*". */
int tag_pattern_parse(
    struct str text, struct tag *ret_pattern, struct err *e) MUST_CHECK;
bool tag_matches(const struct tag *pattern, const struct tag *tag);
/* Same namespace and predicate? False when one is raw. */
bool tag_same_key(const struct tag *a, const struct tag *b);

enum tag_match {
	TAG_MATCH_ANY, /* one pattern is enough */
	TAG_MATCH_ALL, /* each pattern must be met */
};

struct tag_query {
	enum tag_match match;
	size_t len;
	struct tag patterns[TAG_QUERY_MAX];
};

/* Adds one pattern (its text must outlive q). ERR_INVALID, ERR_LIMIT. */
int tag_query_add(
    struct tag_query *q, struct str text, struct err *e) MUST_CHECK;
/* Does an instance with these tags answer the query? An empty query matches
 * nothing. */
bool tag_query_matches(
    const struct tag_query *q, const struct tag *tags, size_t tags_len);
