/* SPDX-License-Identifier: MIT */
/*
 * What a machine should be: one const table per resource type. From these
 * tables come the Ruby classes (Chef::Resource::X), validation with Chef's
 * messages (RES-core-8, CORE-706), the manual and the tests. No type is known
 * anywhere else by name.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"
#include "resources/value.h"

enum property_kinds {
	KIND_STRING = 1 << 0,
	KIND_INTEGER = 1 << 1,
	KIND_TRUE = 1 << 2,
	KIND_FALSE = 1 << 3,
	KIND_ARRAY = 1 << 4,
	KIND_HASH = 1 << 5,
	KIND_SYMBOL = 1 << 6,
	KIND_ANY = 1 << 7, /* no kind check */
	KIND_NIL = 1 << 8,
};
#define KIND_BOOL (KIND_TRUE | KIND_FALSE)

enum property_flags {
	PROP_NAME = 1 << 0,      /* reads as the resource's name when unset */
	PROP_IDENTITY = 1 << 1,  /* identity_attr (CORE-542) */
	PROP_STATE = 1 << 2,     /* state_attrs (CORE-542) */
	PROP_RUBY = 1 << 3,      /* reader/writer is written in runtime/lib;
				    the class generator leaves it out */
	PROP_OPAQUE = 1 << 4,    /* block or object: passed as VALUE_OPAQUE */
	PROP_SENSITIVE = 1 << 5, /* never printed */
	PROP_LATER = 1 << 6,     /* not in Chef 11 (off under strict_chef11) */
	PROP_BASENAME = 1 << 7,  /* starts as the last part of the name */
	PROP_ERB_NAME = 1 << 8,  /* ... and ".erb" */
};

enum property_check {
	CHECK_NONE,
	CHECK_USER,       /* owner regex of RES-core-9 */
	CHECK_GROUP,      /* group regex of RES-core-9 */
	CHECK_MODE,       /* RES-acl-2 */
	CHECK_SHA256,     /* exactly 64 alphanumerics (RES-file) */
	CHECK_FILES_MODE, /* RES-remote_directory-5 */
	CHECK_DIGITS,     /* nothing but decimal digits */
	CHECK_MINUTE, /* cron fields (RES-cron): a number over 59, 23, 31, */
	CHECK_HOUR,   /* 12 or 7 is a RangeError; other text passes */
	CHECK_DAY,
	CHECK_MONTH,
	CHECK_WEEKDAY,
};

/* What the writer stores instead of what it was given. */
enum property_convert {
	CONVERT_NONE,
	CONVERT_TEXT,   /* Integer -> its decimal String */
	CONVERT_LIST,   /* String -> [String] */
	CONVERT_WORDS,  /* String -> its parts between commas and blanks */
	CONVERT_SYMBOL, /* String -> Symbol */
	CONVERT_KEYS,   /* Array of keys -> Hash of key => true */
};

struct property {
	const char *name;
	const char *alias; /* a second method name, or NULL */
	unsigned kinds;    /* enum property_kinds */
	unsigned flags;    /* enum property_flags */
	enum property_check check;
	enum property_convert convert;
	const char *const *equal_to; /* allowed words, NULL-terminated; a word
					starting with ':' is a Symbol */
	const char *fallback;        /* default as Ruby literal: "5", "false",
					":symbolic", "\"x\"", "[]", "{}"; NULL: nil */
	const char *doc;             /* one line for the manual */
};

struct resource_type {
	const char *name;           /* "file": word of the recipe language */
	const char *ruby_class;     /* "File": below Chef::Resource */
	const char *parent;         /* name of the type it extends, or NULL; its
				       properties and actions are inherited */
	const char *const *actions; /* without nothing; NULL-terminated; NULL:
				       the parent's (resource_type_actions) */
	const char *default_action; /* Ruby literal as Chef 11 has it
				       (RES-core-10): "\"create\"", ":install",
				       "[:sync]" */
	const char *provider; /* preset Ruby provider class ("File"), or NULL:
				 chosen by platform (RES-map) */
	const char *usual_provider; /* class when neither a preset nor the
				       platform table decides (default row of
				       RES-map), or NULL: ruby_class */
	const struct property *properties; /* ends with name NULL */
	const char *doc;
	const char *example; /* lines of a recipe for the manual, or NULL */
};

/* All types, NULL-terminated, parents before children. */
extern const struct resource_type *const resource_types[];

const struct resource_type *resource_type_find(const char *name); /* or NULL */
/* The property by name or alias, the parents' too; NULL when unknown. */
const struct property *resource_type_property(
    const struct resource_type *t, const char *name);
/* Calls each for own and inherited properties, parents' first. */
void resource_type_each_property(const struct resource_type *t,
    void (*each)(const struct property *p, void *arg), void *arg);
/* Own or inherited actions, NULL-terminated, without nothing. */
const char *const *resource_type_actions(const struct resource_type *t);
/* The nearest known property (or type) name for a misspelt one, or NULL. */
const char *resource_type_suggest_property(
    const struct resource_type *t, const char *wrong);
const char *resource_type_suggest(const char *wrong);

/* 0, or ERR_INVALID with Chef's message (RES-core-8), e.g.
 * "Option mode must be a kind of [String, Integer]!  You passed nil.".
 * ArgumentError instead of ValidationFailed (RES-acl-2 octal text) is told by
 * *ret_exception = "ArgumentError"; else it is left alone. */
int property_validate(const struct property *p, const struct value *v,
    const char **ret_exception, struct err *e) MUST_CHECK;
