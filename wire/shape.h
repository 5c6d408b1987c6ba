/* SPDX-License-Identifier: MIT */
/*
 * The form of a JSON object that crosses a process border: its members, their
 * types, which are required. Shapes are written once, in wire/tbl/, as
 * X-macros; checks, manual text and tests come from there.
 *
 * A check is strict about what it knows and lenient about what it does not:
 * members without a row are let through, so that an older peer can talk to a
 * newer one.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"
#include "common/jsn.h"

enum wire_type {
	WIRE_STRING,
	WIRE_INT,
	WIRE_NUMBER, /* integer or not */
	WIRE_BOOL,
	WIRE_OBJECT,
	WIRE_ARRAY,
	WIRE_STRINGS, /* array of strings */
	WIRE_OBJECTS, /* array of objects of the shape `of` */
	WIRE_ENUM,    /* string, one of `words` ("a|b|c") */
	WIRE_ANY,
};

enum wire_need {
	WIRE_MAY,
	WIRE_NEED,
};

struct wire_shape;

struct wire_field {
	const char *name; /* NULL ends the list */
	enum wire_type type;
	enum wire_need need;
	const char *prose;
	const struct wire_shape *of; /* WIRE_OBJECTS */
	const char *words;           /* WIRE_ENUM */
};

struct wire_shape {
	const char *name;
	const char *prose;
	const struct wire_field *fields; /* ended by a NULL name */
};

/* Checks `object` (which may be NULL: "must be an object"). Errors are
 * ERR_PROTOCOL and read "<where>: .sources[1].kind: must be one of a, b".
 * A required member that is JSON null counts as absent, an optional one too. */
int wire_shape_check(const struct wire_shape *shape, const struct jsn *object,
    const char *where, struct err *e) MUST_CHECK;
/* "a string", "a list of strings", ... for manuals and messages. */
const char *wire_type_name(enum wire_type type);
/* Is `word` one of the words of "a|b|c"? */
bool wire_words_have(const char *words, struct str word);
