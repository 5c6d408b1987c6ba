/* SPDX-License-Identifier: MIT */
/*
 * JSON with limits and with errors that name the place. The value type is
 * opaque (json-c below); a struct jsn * is reference counted. Parsing refuses
 * depth over 64, input over the given size, trailing garbage, NaN, and
 * duplicate keys keep the last. Accessor errors read
 * "<where>: .inputs[2].type: must be a string".
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

struct jsn; /* an alias of json-c's object; never dereferenced */

enum jsn_type {
	JSN_NULL,
	JSN_BOOL,
	JSN_INT,
	JSN_DOUBLE,
	JSN_STRING,
	JSN_ARRAY,
	JSN_OBJECT,
};

/* ERR_SYNTAX with "line N column M", ERR_LIMIT. `where` names the source. */
int jsn_parse(struct str text, const char *where, size_t max_bytes,
    struct jsn **ret_value, struct err *e) MUST_CHECK;
/* Reads and parses a file; ERR_ABSENT, ERR_LIMIT, ERR_SYNTAX. */
int jsn_load(int dirfd, const char *path, size_t max_bytes,
    struct jsn **ret_value, struct err *e) MUST_CHECK;
struct jsn *jsn_ref(struct jsn *v);
/* A value of its own, whole; caller frees. */
struct jsn *jsn_copy(const struct jsn *v);
void jsn_free(struct jsn **v); /* drops one reference */

/* New values; the caller owns them. Setters below take ownership. */
struct jsn *jsn_new_object(void);
struct jsn *jsn_new_array(void);
struct jsn *jsn_new_string(struct str s); /* invalid UTF-8 becomes U+FFFD */
struct jsn *jsn_new_int(int64_t n);
struct jsn *jsn_new_double(double d);
struct jsn *jsn_new_bool(bool b);
void jsn_set(struct jsn *object, const char *key, struct jsn *value);
void jsn_set_str(struct jsn *object, const char *key, const char *text);
void jsn_set_int(struct jsn *object, const char *key, int64_t n);
void jsn_set_bool(struct jsn *object, const char *key, bool b);
void jsn_push(struct jsn *array, struct jsn *value);
void jsn_push_str(struct jsn *array, const char *text);

enum jsn_type jsn_type(const struct jsn *v); /* NULL pointer is JSN_NULL */
size_t jsn_len(const struct jsn *array_or_object);
struct jsn *jsn_at(const struct jsn *array, size_t i);          /* borrowed */
struct jsn *jsn_get(const struct jsn *object, const char *key); /* or NULL */
/* peek: fallback when absent or of another type. Borrowed. */
const char *jsn_peek_str(
    const struct jsn *o, const char *key, const char *fallback);
int64_t jsn_peek_int(const struct jsn *o, const char *key, int64_t fallback);
bool jsn_peek_bool(const struct jsn *o, const char *key, bool fallback);
struct str jsn_str(const struct jsn *v); /* of a JSN_STRING, else empty */
int64_t jsn_int(const struct jsn *v);
double jsn_double(const struct jsn *v);
bool jsn_bool(const struct jsn *v);
/* need: ERR_INVALID naming `where` and the key when absent or another type. */
int jsn_need_str(const struct jsn *o, const char *where, const char *key,
    const char **ret_text, struct err *e) MUST_CHECK;
int jsn_need_int(const struct jsn *o, const char *where, const char *key,
    int64_t *ret_n, struct err *e) MUST_CHECK;
int jsn_need(const struct jsn *o, const char *where, const char *key,
    enum jsn_type type, struct jsn **ret_value, struct err *e) MUST_CHECK;
/* Each member in insertion order; a negative result stops. */
typedef int (*jsn_member_fn)(
    const char *key, struct jsn *value, void *arg, struct err *e);
int jsn_each(const struct jsn *object, jsn_member_fn each, void *arg,
    struct err *e) MUST_CHECK;

enum jsn_format {
	JSN_PLAIN,  /* one line */
	JSN_PRETTY, /* 2 blanks, newline at the end */
};
void jsn_format(const struct jsn *v, enum jsn_format f, struct buf *out);
