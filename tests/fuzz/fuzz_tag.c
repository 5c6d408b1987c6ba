/* SPDX-License-Identifier: MIT */
/*
 * Tags and patterns. Properties: a tag is a pattern that matches itself; its
 * parts and separators make up its text; a pattern that is no tag is a
 * wildcard.
 */
#include "common/auto.h"
#include "tests/fuzz/fuzz.h"
#include "wire/tag.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct tag tag, pattern;
	struct err e = { 0 };
	bool is_tag = tag_parse(text, &tag, &e) == 0;
	bool is_pattern = tag_pattern_parse(text, &pattern, &e) == 0;
	if (is_tag && is_pattern)
		ASSERT(tag_matches(&pattern, &tag));
	if (is_tag && !tag.raw)
		ASSERT(tag.name_space.len + tag.predicate.len + tag.value.len +
			   2 ==
		       size);
	/* Values that end in '*' can be carried but not asked for. */
	if (is_pattern && !is_tag)
		ASSERT(pattern.any_value);
	struct tag_query q = { .match = TAG_MATCH_ALL };
	if (tag_query_add(&q, text, &e) == 0 && is_tag)
		ASSERT(tag_query_matches(&q, &tag, 1));
	return 0;
}
