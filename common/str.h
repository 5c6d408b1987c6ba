/* SPDX-License-Identifier: MIT */
/*
 * Views of text that somebody else owns: pointer and length, no NUL needed.
 * Nothing here allocates.
 */
#pragma once

#include "common/base.h"

struct str {
	const char *data; /* may be NULL when len is 0 */
	size_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
/* For printf("%.*s"). */
#define STR_ARG(s) (int)(s).len, (s).data

struct str str_from(const char *text);
bool str_eq(struct str a, struct str b);
bool str_eq_text(struct str a, const char *text);
bool str_has_prefix(struct str s, const char *prefix);
bool str_has_suffix(struct str s, const char *suffix);
/* Cuts blanks, tabs, CR and LF from both ends. */
struct str str_trim(struct str s);
/* Takes the text up to the next `sep` from *rest into *ret_part and moves
 * *rest behind it. False when *rest is used up (data NULL). */
bool str_split(struct str *rest, char sep, struct str *ret_part);
/* Decimal or (base 8) number of the whole view. False when anything else
 * stands there or the range is exceeded. */
bool str_to_i64(struct str s, int base, int64_t *ret_value);
/* Same text? NULL equals only NULL. */
bool text_eq(const char *a, const char *b);
bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);
/* Edits (insert, delete, replace) between two words, for did-you-mean;
 * limited to words of 64 bytes, longer ones give SIZE_MAX. */
size_t text_distance(const char *a, const char *b);
