/* SPDX-License-Identifier: MIT */
/*
 * What the tables share: the declarations of all of them and the words that
 * make a table short.
 */
#pragma once

#include "resources/type.h"

/* clang-format off */
#define TYPE(word) extern const struct resource_type resource_type_##word;
#include "resources/tbl/types.h"
#undef TYPE
/* clang-format on */

#define ACTIONS(...)                                                           \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}
#define WORDS(...)                                                             \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}
#define PROPERTIES(...)                                                        \
	(const struct property[])                                              \
	{                                                                      \
		__VA_ARGS__,                                                   \
		{                                                              \
			0                                                      \
		}                                                              \
	}

#define P_NAME (PROP_NAME | PROP_IDENTITY)
#define KIND_TEXT_OR_INT (KIND_STRING | KIND_INTEGER)
#define KIND_TEXT_OR_LIST (KIND_STRING | KIND_ARRAY)
#define KIND_COUNT_OR_FALSE (KIND_INTEGER | KIND_FALSE)

/* { P(name, kinds, flags, doc), further fields } */
#define P(word, kind_set, flag_set, text)                                      \
	.name = (word), .kinds = (kind_set), .flags = (flag_set), .doc = (text)

/* Permissions (RES-acl-1). */
#define P_OWNER                                                                \
	P("owner", KIND_ANY, PROP_STATE,                                       \
	    "name or number of the owner; not managed when unset"),            \
	    .alias = "user", .check = CHECK_USER
#define P_GROUP                                                                \
	P("group", KIND_ANY, PROP_STATE,                                       \
	    "name or number of the group; not managed when unset"),            \
	    .check = CHECK_GROUP
#define P_MODE                                                                 \
	P("mode", KIND_TEXT_OR_INT, PROP_STATE,                                \
	    "permissions, octal text or a number; not managed when unset"),    \
	    .check = CHECK_MODE
