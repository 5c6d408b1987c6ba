/* SPDX-License-Identifier: MIT */
/* Checking JSON objects against their shapes; the path of the place is kept
 * in one buffer that grows and shrinks with the recursion. */
#include "wire/shape.h"

#include <string.h>

#include "common/buf.h"

#define PATH_MAX_BYTES 4096

struct check {
	const char *where;
	struct buf path;
	struct err *e;
};

static int check_object(
    struct check *c, const struct wire_shape *shape, const struct jsn *object);

const char *
wire_type_name(enum wire_type type)
{
	switch (type) {
	case WIRE_STRING:
		return "a string";
	case WIRE_INT:
		return "an integer";
	case WIRE_NUMBER:
		return "a number";
	case WIRE_BOOL:
		return "true or false";
	case WIRE_OBJECT:
		return "an object";
	case WIRE_ARRAY:
		return "a list";
	case WIRE_STRINGS:
		return "a list of strings";
	case WIRE_OBJECTS:
		return "a list of objects";
	case WIRE_ENUM:
		return "a word";
	case WIRE_ANY:
		return "any value";
	}
	return "";
}

bool
wire_words_have(const char *words, struct str word)
{
	struct str rest = str_from(words), part;
	while (str_split(&rest, '|', &part)) {
		if (str_eq(part, word))
			return true;
	}
	return false;
}

static int
fault(struct check *c, const char *what, const char *detail)
{
	const char *path = c->path.len > 0 ? buf_text(&c->path) : ".";
	return err_set(
	    c->e, ERR_PROTOCOL, "%s: %s: %s%s", c->where, path, what, detail);
}

static int
check_strings(struct check *c, const struct jsn *list)
{
	size_t mark = c->path.len;
	for (size_t i = 0; i < jsn_len(list); i++) {
		if (jsn_type(jsn_at(list, i)) == JSN_STRING)
			continue;
		buf_printf(&c->path, "[%zu]", i);
		int rc = fault(c, "must be a string", "");
		c->path.len = mark;
		return rc;
	}
	return 0;
}

static int
check_objects(
    struct check *c, const struct wire_shape *of, const struct jsn *list)
{
	size_t mark = c->path.len;
	int rc = 0;
	for (size_t i = 0; i < jsn_len(list) && rc == 0; i++) {
		buf_printf(&c->path, "[%zu]", i);
		rc = check_object(c, of, jsn_at(list, i));
		c->path.len = mark;
	}
	return rc;
}

static bool
type_fits(enum wire_type want, enum jsn_type have)
{
	switch (want) {
	case WIRE_STRING:
	case WIRE_ENUM:
		return have == JSN_STRING;
	case WIRE_INT:
		return have == JSN_INT;
	case WIRE_NUMBER:
		return have == JSN_INT || have == JSN_DOUBLE;
	case WIRE_BOOL:
		return have == JSN_BOOL;
	case WIRE_OBJECT:
		return have == JSN_OBJECT;
	case WIRE_ARRAY:
	case WIRE_STRINGS:
	case WIRE_OBJECTS:
		return have == JSN_ARRAY;
	case WIRE_ANY:
		return true;
	}
	return false;
}

static int
check_value(
    struct check *c, const struct wire_field *f, const struct jsn *value)
{
	if (!type_fits(f->type, jsn_type(value)))
		return fault(c, "must be ", wire_type_name(f->type));
	if (f->type == WIRE_ENUM && !wire_words_have(f->words, jsn_str(value)))
		return fault(c, "must be one of ", f->words);
	if (f->type == WIRE_STRINGS)
		return check_strings(c, value);
	if (f->type == WIRE_OBJECTS)
		return check_objects(c, f->of, value);
	return 0;
}

static int
check_object(
    struct check *c, const struct wire_shape *shape, const struct jsn *object)
{
	if (jsn_type(object) != JSN_OBJECT)
		return fault(c, "must be an object", "");
	size_t mark = c->path.len;
	for (const struct wire_field *f = shape->fields; f->name; f++) {
		const struct jsn *value = jsn_get(object, f->name);
		if (value == NULL && f->need == WIRE_MAY)
			continue;
		buf_printf(&c->path, ".%s", f->name);
		int rc = value == NULL && f->type != WIRE_ANY
			     ? fault(c, "is missing", "")
			     : check_value(c, f, value);
		c->path.len = mark;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
wire_shape_check(const struct wire_shape *shape, const struct jsn *object,
    const char *where, struct err *e)
{
	struct check c = {
		.where = where, .path = BUF_INIT(PATH_MAX_BYTES), .e = e
	};
	int rc = check_object(&c, shape, object);
	buf_release(&c.path);
	return rc;
}
