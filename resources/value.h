/* SPDX-License-Identifier: MIT */
/*
 * Values of properties as plain C data, in an arena. What has no plain form
 * (a block, a Ruby object) is VALUE_OPAQUE: only the runtime that made it can
 * use it.
 */
#pragma once

#include "common/arena.h"
#include "common/base.h"
#include "common/str.h"

enum value_type {
	VALUE_NIL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_SYMBOL,
	VALUE_LIST,
	VALUE_MAP,
	VALUE_OPAQUE,
};

struct value;
struct value_pair;

struct value_list {
	struct value *items;
	size_t len;
};

struct value_map {
	struct value_pair *pairs;
	size_t len;
};

struct value {
	enum value_type type;
	union {
		bool boolean;
		int64_t integer;
		double number;
		struct str text; /* STRING, SYMBOL; also NUL-terminated */
		struct value_list list;
		struct value_map map;
		void *opaque;
	};
};

struct value_pair {
	struct value key, value;
};

extern const struct value value_nil;

struct value value_of_bool(bool b);
struct value value_of_int(int64_t n);
/* The text is copied into the arena. */
struct value value_of_text(struct arena *a, const char *text);
struct value value_of_str(struct arena *a, struct str text);
struct value value_of_symbol(struct arena *a, const char *text);
bool value_is_set(const struct value *v); /* not NULL and not VALUE_NIL */
bool value_eq(const struct value *a, const struct value *b);
/* STRING or SYMBOL as C string, else fallback. */
const char *value_text(const struct value *v, const char *fallback);
/* As Ruby's inspect prints it (for Chef's messages): nil, "x", :y, [1, 2],
 * {"a"=>1}. In the arena. */
const char *value_inspect(struct arena *a, const struct value *v);
/* As Ruby's to_s prints it. */
const char *value_to_s(struct arena *a, const struct value *v);
