/* SPDX-License-Identifier: MIT */
/*
 * YAML as a located tree: every node knows its line, so that a validation
 * error can name file, line and path. Limits: 64 levels, 100,000 nodes, the
 * given size; anchors, aliases, tags and multiple documents are refused
 * (they are traps in configuration). Nodes live in the arena.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"

enum yml_type {
	YML_NULL,
	YML_BOOL,
	YML_INT,
	YML_STRING,
	YML_LIST,
	YML_MAP,
	YML_DOUBLE,
};

struct yml {
	enum yml_type type;
	int line, column;    /* from 1 */
	const char *path;    /* "$.inputs.port.type" */
	const char *text;    /* scalars: as written, unquoted */
	bool quoted;         /* a quoted scalar is always a string */
	bool boolean;        /* YML_BOOL */
	int64_t integer;     /* YML_INT */
	double number;       /* YML_DOUBLE */
	size_t len;          /* list items or map members */
	const char **keys;   /* maps */
	struct yml **values; /* lists and maps */
};

/* Plain scalars follow YAML 1.2 core: true/false, null/~, integers, floats;
 * everything else is a string. Duplicate keys are an error with both lines.
 * Errors start "<where>:<line>:<column>: ". */
int yml_parse(struct arena *a, struct str text, const char *where,
    size_t max_bytes, struct yml **ret_root, struct err *e) MUST_CHECK;
int yml_load(struct arena *a, int dirfd, const char *path, size_t max_bytes,
    struct yml **ret_root, struct err *e) MUST_CHECK;
struct yml *yml_get(const struct yml *map, const char *key); /* or NULL */
/* The same value as JSON (caller owns). */
struct jsn *yml_to_jsn(const struct yml *node);
/* ERR_INVALID "<where>:<line>:<column>: <path>: <message>". */
int yml_error(const char *where, const struct yml *node, struct err *e,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
