/* SPDX-License-Identifier: MIT */
/*
 * The only file that knows json-c. A struct jsn is a struct json_object under
 * another name; JSON null is the NULL pointer, as json-c has it.
 */
#include "common/jsn.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "common/auto.h"
#include "common/fsat.h"

#define JSN_MAX_DEPTH 64

static struct json_object *
raw(const struct jsn *v)
{
	return (struct json_object *)(uintptr_t)v;
}

static struct jsn *
cooked(struct json_object *v)
{
	return (struct jsn *)v;
}

static int
check_numbers(struct json_object *v, const char *where, struct err *e)
{
	if (json_object_is_type(v, json_type_double)) {
		if (!isfinite(json_object_get_double(v)))
			return err_set(e, ERR_SYNTAX,
			    "%s: a number that is not finite", where);
	} else if (json_object_is_type(v, json_type_array)) {
		size_t n = json_object_array_length(v);
		for (size_t i = 0; i < n; i++) {
			int rc = check_numbers(
			    json_object_array_get_idx(v, i), where, e);
			if (rc < 0)
				return rc;
		}
	} else if (json_object_is_type(v, json_type_object)) {
		struct json_object_iterator at = json_object_iter_begin(v);
		struct json_object_iterator end = json_object_iter_end(v);
		for (; !json_object_iter_equal(&at, &end);
		     json_object_iter_next(&at)) {
			int rc = check_numbers(
			    json_object_iter_peek_value(&at), where, e);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* Bytes of the valid UTF-8 sequence at s, or 0. */
static size_t
utf8_len(const unsigned char *s, size_t len)
{
	if (s[0] < 0x80)
		return 1;
	size_t need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || need > len)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	bool overlong =
	    (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	bool surrogate = s[0] == 0xed && s[1] > 0x9f;
	bool beyond = s[0] == 0xf4 && s[1] > 0x8f;
	return overlong || surrogate || beyond ? 0 : need;
}

/* Bytes of s that are valid UTF-8, up to the first that is not. */
static size_t
utf8_valid_len(struct str s)
{
	const unsigned char *bytes = (const unsigned char *)s.data;
	size_t good = 0;
	while (good < s.len) {
		size_t n = utf8_len(bytes + good, s.len - good);
		if (n == 0)
			break;
		good += n;
	}
	return good;
}

static int
syntax_error_at(struct str text, size_t offset, const char *where,
    const char *why, struct err *e)
{
	int line = 1, column = 1;
	for (size_t i = 0; i < offset && i < text.len; i++) {
		column = text.data[i] == '\n' ? 1 : column + 1;
		line += text.data[i] == '\n';
	}
	return err_set(e, ERR_SYNTAX, "%s: line %d column %d: %s", where, line,
	    column, why);
}

static int
syntax_error(struct str text, size_t offset, const char *where,
    enum json_tokener_error error, struct err *e)
{
	if (error == json_tokener_error_depth)
		return err_set(e, ERR_LIMIT, "%s: nested deeper than %d", where,
		    JSN_MAX_DEPTH);
	const char *why = error == json_tokener_continue
			      ? "unexpected end of text"
			      : json_tokener_error_desc(error);
	return syntax_error_at(text, offset, where, why, e);
}

static void
tokener_free(struct json_tokener **t)
{
	json_tokener_free(*t);
}

int
jsn_parse(struct str text, const char *where, size_t max_bytes,
    struct jsn **ret_value, struct err *e)
{
	if (text.len > max_bytes || text.len >= INT_MAX)
		return err_set(e, ERR_LIMIT, "%s: JSON longer than %zu bytes",
		    where, max_bytes);
	/* json-c lets overlong sequences and surrogates pass. */
	size_t valid = utf8_valid_len(text);
	if (valid < text.len)
		return syntax_error_at(text, valid, where, "invalid UTF-8", e);
	AUTO(tokener_free)
	struct json_tokener *t = json_tokener_new_ex(JSN_MAX_DEPTH);
	ASSERT(t != NULL);
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	struct json_object *v = NULL;
	if (text.len > 0)
		v = json_tokener_parse_ex(t, text.data, (int)text.len);
	enum json_tokener_error error = json_tokener_get_error(t);
	size_t offset = json_tokener_get_parse_end(t);
	if (text.len == 0 || error == json_tokener_continue) {
		/* A number at the end is complete only with the NUL. */
		v = json_tokener_parse_ex(t, "", 1);
		error = json_tokener_get_error(t);
		offset = text.len;
	}
	if (error != json_tokener_success)
		return syntax_error(text, offset, where, error, e);
	struct str rest = { text.data + offset, text.len - offset };
	int rc = text.len > 0 && str_trim(rest).len > 0
		     ? syntax_error(text, offset, where,
			   json_tokener_error_parse_unexpected, e)
		     : check_numbers(v, where, e);
	if (rc < 0) {
		json_object_put(v);
		return rc;
	}
	*ret_value = cooked(v);
	return 0;
}

int
jsn_load(int dirfd, const char *path, size_t max_bytes, struct jsn **ret_value,
    struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(max_bytes);
	int rc = fsat_read(dirfd, path, max_bytes, &text, e);
	if (rc < 0)
		return rc;
	return jsn_parse(
	    (struct str){ text.data, text.len }, path, max_bytes, ret_value, e);
}

struct jsn *
jsn_ref(struct jsn *v)
{
	return cooked(json_object_get(raw(v)));
}

struct jsn *
jsn_copy(const struct jsn *v)
{
	struct json_object *copy = NULL;
	if (v == NULL)
		return NULL;
	int rc = json_object_deep_copy(raw(v), &copy, NULL);
	ASSERT(rc == 0);
	return cooked(copy);
}

void
jsn_free(struct jsn **v)
{
	if (v == NULL || *v == NULL)
		return;
	json_object_put(raw(*v));
	*v = NULL;
}

struct jsn *
jsn_new_object(void)
{
	return cooked(json_object_new_object());
}

struct jsn *
jsn_new_array(void)
{
	return cooked(json_object_new_array());
}

struct jsn *
jsn_new_string(struct str s)
{
	const unsigned char *bytes = (const unsigned char *)s.data;
	ASSERT(s.len < INT_MAX / 3);
	if (utf8_valid_len(s) == s.len)
		return cooked(json_object_new_string_len(
		    s.data != NULL ? s.data : "", (int)s.len));
	AUTO_BUF struct buf fixed = BUF_INIT(s.len * 3 + 1);
	for (size_t i = 0; i < s.len;) {
		size_t n = utf8_len(bytes + i, s.len - i);
		if (n == 0)
			buf_add_str(&fixed, "\xef\xbf\xbd");
		else
			buf_add(&fixed, s.data + i, n);
		i += n > 0 ? n : 1;
	}
	return cooked(
	    json_object_new_string_len(buf_text(&fixed), (int)fixed.len));
}

struct jsn *
jsn_new_int(int64_t n)
{
	return cooked(json_object_new_int64(n));
}

struct jsn *
jsn_new_double(double d)
{
	if (!isfinite(d))
		return NULL;
	/* The shortest text that reads back as the same number. */
	char text[40];
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, d);
		double back = strtod(text, NULL);
		if (!(back < d) && !(back > d))
			break;
	}
	size_t len = strlen(text);
	if (strpbrk(text, ".e") == NULL)
		memcpy(text + len, ".0", 3);
	return cooked(json_object_new_double_s(d, text));
}

struct jsn *
jsn_new_bool(bool b)
{
	return cooked(json_object_new_boolean(b));
}

void
jsn_set(struct jsn *object, const char *key, struct jsn *value)
{
	ASSERT(jsn_type(object) == JSN_OBJECT);
	int rc = json_object_object_add(raw(object), key, raw(value));
	ASSERT(rc == 0);
}

void
jsn_set_str(struct jsn *object, const char *key, const char *text)
{
	jsn_set(
	    object, key, text != NULL ? jsn_new_string(str_from(text)) : NULL);
}

void
jsn_set_int(struct jsn *object, const char *key, int64_t n)
{
	jsn_set(object, key, jsn_new_int(n));
}

void
jsn_set_bool(struct jsn *object, const char *key, bool b)
{
	jsn_set(object, key, jsn_new_bool(b));
}

void
jsn_push(struct jsn *array, struct jsn *value)
{
	ASSERT(jsn_type(array) == JSN_ARRAY);
	int rc = json_object_array_add(raw(array), raw(value));
	ASSERT(rc == 0);
}

void
jsn_push_str(struct jsn *array, const char *text)
{
	jsn_push(array, text != NULL ? jsn_new_string(str_from(text)) : NULL);
}

enum jsn_type
jsn_type(const struct jsn *v)
{
	switch (json_object_get_type(raw(v))) {
	case json_type_null:
		return JSN_NULL;
	case json_type_boolean:
		return JSN_BOOL;
	case json_type_int:
		return JSN_INT;
	case json_type_double:
		return JSN_DOUBLE;
	case json_type_string:
		return JSN_STRING;
	case json_type_array:
		return JSN_ARRAY;
	case json_type_object:
		return JSN_OBJECT;
	}
	return JSN_NULL;
}

size_t
jsn_len(const struct jsn *v)
{
	switch (jsn_type(v)) {
	case JSN_ARRAY:
		return json_object_array_length(raw(v));
	case JSN_OBJECT:
		return (size_t)json_object_object_length(raw(v));
	case JSN_NULL:
	case JSN_BOOL:
	case JSN_INT:
	case JSN_DOUBLE:
	case JSN_STRING:
		break;
	}
	return 0;
}

struct jsn *
jsn_at(const struct jsn *array, size_t i)
{
	if (jsn_type(array) != JSN_ARRAY)
		return NULL;
	return cooked(json_object_array_get_idx(raw(array), i));
}

struct jsn *
jsn_get(const struct jsn *object, const char *key)
{
	struct json_object *v = NULL;
	if (jsn_type(object) == JSN_OBJECT)
		json_object_object_get_ex(raw(object), key, &v);
	return cooked(v);
}

const char *
jsn_peek_str(const struct jsn *o, const char *key, const char *fallback)
{
	struct jsn *v = jsn_get(o, key);
	return jsn_type(v) == JSN_STRING ? json_object_get_string(raw(v))
					 : fallback;
}

int64_t
jsn_peek_int(const struct jsn *o, const char *key, int64_t fallback)
{
	struct jsn *v = jsn_get(o, key);
	return jsn_type(v) == JSN_INT ? jsn_int(v) : fallback;
}

bool
jsn_peek_bool(const struct jsn *o, const char *key, bool fallback)
{
	struct jsn *v = jsn_get(o, key);
	return jsn_type(v) == JSN_BOOL ? jsn_bool(v) : fallback;
}

struct str
jsn_str(const struct jsn *v)
{
	if (jsn_type(v) != JSN_STRING)
		return STR("");
	return (struct str){ json_object_get_string(raw(v)),
		(size_t)json_object_get_string_len(raw(v)) };
}

int64_t
jsn_int(const struct jsn *v)
{
	return json_object_get_int64(raw(v));
}

double
jsn_double(const struct jsn *v)
{
	return json_object_get_double(raw(v));
}

bool
jsn_bool(const struct jsn *v)
{
	return json_object_get_boolean(raw(v));
}

static const char *
type_phrase(enum jsn_type type)
{
	switch (type) {
	case JSN_NULL:
		return "null";
	case JSN_BOOL:
		return "true or false";
	case JSN_INT:
		return "an integer";
	case JSN_DOUBLE:
		return "a number";
	case JSN_STRING:
		return "a string";
	case JSN_ARRAY:
		return "a list";
	case JSN_OBJECT:
		return "an object";
	}
	return "?";
}

int
jsn_need(const struct jsn *o, const char *where, const char *key,
    enum jsn_type type, struct jsn **ret_value, struct err *e)
{
	struct jsn *v = jsn_get(o, key);
	if (v == NULL)
		return err_set(
		    e, ERR_INVALID, "%s: .%s: is missing", where, key);
	if (jsn_type(v) != type)
		return err_set(e, ERR_INVALID, "%s: .%s: must be %s", where,
		    key, type_phrase(type));
	*ret_value = v;
	return 0;
}

int
jsn_need_str(const struct jsn *o, const char *where, const char *key,
    const char **ret_text, struct err *e)
{
	struct jsn *v = NULL;
	int rc = jsn_need(o, where, key, JSN_STRING, &v, e);
	if (rc < 0)
		return rc;
	*ret_text = json_object_get_string(raw(v));
	return 0;
}

int
jsn_need_int(const struct jsn *o, const char *where, const char *key,
    int64_t *ret_n, struct err *e)
{
	struct jsn *v = NULL;
	int rc = jsn_need(o, where, key, JSN_INT, &v, e);
	if (rc < 0)
		return rc;
	*ret_n = jsn_int(v);
	return 0;
}

int
jsn_each(const struct jsn *object, jsn_member_fn each, void *arg, struct err *e)
{
	if (jsn_type(object) != JSN_OBJECT)
		return 0;
	struct json_object_iterator at = json_object_iter_begin(raw(object));
	struct json_object_iterator end = json_object_iter_end(raw(object));
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		int rc = each(json_object_iter_peek_name(&at),
		    cooked(json_object_iter_peek_value(&at)), arg, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void
jsn_format(const struct jsn *v, enum jsn_format f, struct buf *out)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	if (f == JSN_PRETTY)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	size_t len = 0;
	const char *text =
	    v == NULL ? "null"
		      : json_object_to_json_string_length(raw(v), flags, &len);
	buf_add(out, text, v == NULL ? 4 : len);
	if (f == JSN_PRETTY)
		buf_add_char(out, '\n');
}
