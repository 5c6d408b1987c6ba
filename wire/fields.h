/* SPDX-License-Identifier: MIT */
/*
 * The words that rows of wire/tbl/ write member lists with, as initializers of
 * struct wire_field:
 *
 *	F(name, TYPE, NEED|MAY, prose)		one member
 *	E(name, "a|b|c", NEED|MAY, prose)	one of these words
 *	L(name, shape, NEED|MAY, prose)		list of objects of a SHAPE
 *	SHAPE(name, prose, fields)		makes shape_<name>
 *
 * For files that expand a table (frames.c, api.c, payloads.c).
 */
#pragma once

#include "wire/shape.h"

#define F(name_, type_, need_, prose_)                                         \
	{ .name = #name_,                                                      \
		.type = WIRE_##type_,                                          \
		.need = WIRE_##need_,                                          \
		.prose = prose_ },
#define E(name_, words_, need_, prose_)                                        \
	{ .name = #name_,                                                      \
		.type = WIRE_ENUM,                                             \
		.need = WIRE_##need_,                                          \
		.prose = prose_,                                               \
		.words = words_ },
#define L(name_, of_, need_, prose_)                                           \
	{ .name = #name_,                                                      \
		.type = WIRE_OBJECTS,                                          \
		.need = WIRE_##need_,                                          \
		.prose = prose_,                                               \
		.of = &shape_##of_ },
/* An array of fields, ended by a NULL name. (Variable, because the list's own
 * macros are expanded before it gets here.) */
#define FIELDS(array_, ...)                                                    \
	static const struct wire_field array_[] = { __VA_ARGS__{               \
	    .name = NULL } };
#define SHAPE_OF_FIELDS(name_, prose_, ...)                                    \
	FIELDS(fields_of_##name_, __VA_ARGS__)                                 \
	static const struct wire_shape shape_##name_ = {                       \
		.name = #name_,                                                \
		.prose = prose_,                                               \
		.fields = fields_of_##name_,                                   \
	};
