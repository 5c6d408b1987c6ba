/* SPDX-License-Identifier: MIT */
/*
 * Validation of one value with Chef's messages (RES-core-8), in the order
 * kind, allowed words, form (CORE-706). nil passes everything.
 */
#include <ctype.h>
#include <string.h>

#include "common/arena.h"
#include "common/auto.h"
#include "common/buf.h"
#include "common/str.h"
#include "resources/type.h"

static const struct {
	unsigned kind;
	const char *ruby_class;
} kind_names[] = {
	{ KIND_STRING, "String" },
	{ KIND_SYMBOL, "Symbol" },
	{ KIND_INTEGER, "Integer" },
	{ KIND_TRUE, "TrueClass" },
	{ KIND_FALSE, "FalseClass" },
	{ KIND_ARRAY, "Array" },
	{ KIND_HASH, "Hash" },
	{ KIND_NIL, "NilClass" },
};

static unsigned
kind_of(const struct value *v)
{
	switch (v->type) {
	case VALUE_NIL:
		return KIND_NIL;
	case VALUE_BOOL:
		return v->boolean ? KIND_TRUE : KIND_FALSE;
	case VALUE_INT:
		return KIND_INTEGER;
	case VALUE_STRING:
		return KIND_STRING;
	case VALUE_SYMBOL:
		return KIND_SYMBOL;
	case VALUE_LIST:
		return KIND_ARRAY;
	case VALUE_MAP:
		return KIND_HASH;
	case VALUE_FLOAT:
	case VALUE_OPAQUE:
		return 0;
	}
	return 0;
}

static int
kind_error(struct arena *a, const struct property *p, const struct value *v,
    struct err *e)
{
	struct buf list = BUF_INIT(256);
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
		if ((p->kinds & kind_names[i].kind) == 0)
			continue;
		if (count++ > 0)
			buf_add_str(&list, ", ");
		buf_add_str(&list, kind_names[i].ruby_class);
	}
	int rc = err_set(e, ERR_INVALID,
	    count == 1 ? "Option %s must be a kind of %s!  You passed %s."
		       : "Option %s must be a kind of [%s]!  You passed %s.",
	    p->name, buf_text(&list), value_inspect(a, v));
	buf_release(&list);
	return rc;
}

/* Chef asks any value for its keys, so what has none lacks a method. */
static int
keys_error(struct arena *a, const struct value *v, const char **ret_exception,
    struct err *e)
{
	const char *ruby_class = "Object";
	for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
		if (kind_names[i].kind == kind_of(v))
			ruby_class = kind_names[i].ruby_class;
	}
	*ret_exception = "NoMethodError";
	return err_set(e, ERR_INVALID, "undefined method `any?' for %s:%s",
	    value_inspect(a, v), ruby_class);
}

static bool
is_allowed_word(const struct property *p, const struct value *v)
{
	for (size_t i = 0; p->equal_to[i] != NULL; i++) {
		const char *word = p->equal_to[i];
		if (word[0] == ':'
			? v->type == VALUE_SYMBOL &&
			      str_eq_text(v->text, word + 1)
			: v->type == VALUE_STRING && str_eq_text(v->text, word))
			return true;
	}
	return false;
}

static int
word_error(struct arena *a, const struct property *p, const struct value *v,
    struct err *e)
{
	struct buf list = BUF_INIT(1024);
	for (size_t i = 0; p->equal_to[i] != NULL; i++) {
		const char *word = p->equal_to[i];
		if (i > 0)
			buf_add_str(&list, ", ");
		buf_add_str(&list, word[0] == ':' ? word + 1 : word);
	}
	int rc = err_set(e, ERR_INVALID,
	    "Option %s must be equal to one of: %s!  You passed %s.", p->name,
	    buf_text(&list), value_inspect(a, v));
	buf_release(&list);
	return rc;
}

/* --- forms -------------------------------------------------------------- */

#define NAME_REGEX "/^[^-+~:,\\t\\r\\n\\f\\0]+[^:,\\t\\r\\n\\f\\0]*$/"

static bool
is_account_name(struct str s)
{
	if (s.len == 0 || memchr("-+~", s.data[0], 3) != NULL)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (memchr(":,\t\r\n\f\0", s.data[i], 7) != NULL)
			return false;
	}
	return true;
}

static bool
is_digits(struct str s, size_t least, size_t most)
{
	if (s.len < least || s.len > most)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!isdigit((unsigned char)s.data[i]))
			return false;
	}
	return true;
}

static bool
is_sha256(struct str s)
{
	if (s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum((unsigned char)s.data[i]))
			return false;
	}
	return true;
}

static int
regex_error(struct arena *a, const struct property *p, const struct value *v,
    const char *regex, struct err *e)
{
	return err_set(e, ERR_INVALID,
	    "Option %s's value %s does not match regular expression %s",
	    p->name, value_to_s(a, v), regex);
}

static int
digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isalpha((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return -1;
}

/* Ruby's Integer(): base prefix, single underscores between digits, blanks
 * around. */
static bool
ruby_integer(struct str s, int64_t *ret)
{
	s = str_trim(s);
	bool minus = s.len > 0 && s.data[0] == '-';
	if (s.len > 0 && (s.data[0] == '-' || s.data[0] == '+'))
		s = (struct str){ s.data + 1, s.len - 1 };
	int base = 10;
	if (s.len > 1 && s.data[0] == '0') {
		char mark = (char)tolower((unsigned char)s.data[1]);
		bool marked = strchr("xbod", mark) != NULL;
		base = mark == 'x'   ? 16
		       : mark == 'b' ? 2
		       : mark == 'd' ? 10
				     : 8;
		size_t skip = marked ? 2 : s.data[1] == '_' ? 2 : 1;
		s = (struct str){ s.data + skip, s.len - skip };
	}
	int64_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		bool inner = i > 0 && i + 1 < s.len && s.data[i - 1] != '_';
		if (s.data[i] == '_' && inner)
			continue;
		int digit = digit_value(s.data[i]);
		if (digit < 0 || digit >= base || n > INT64_MAX / 16 - 1)
			return false;
		n = n * base + digit;
	}
	if (s.len == 0)
		return false;
	*ret = minus ? -n : n;
	return true;
}

static int
check_mode(struct arena *a, const struct property *p, const struct value *v,
    const char **ret_exception, struct err *e)
{
	int64_t mode = v->integer;
	if (v->type == VALUE_STRING) {
		const char *text = v->text.data;
		if (text[0] != '0')
			text = arena_printf(a, "0%s", text);
		if (!ruby_integer(str_from(text), &mode)) {
			*ret_exception = "ArgumentError";
			struct value shown = value_of_text(a, text);
			return err_set(e, ERR_INVALID,
			    "invalid value for Integer(): %s",
			    value_inspect(a, &shown));
		}
	}
	if (mode < 0 || mode > 07777)
		return err_set(e, ERR_INVALID,
		    "Option %s's value %s not in valid numeric range!", p->name,
		    value_to_s(a, v));
	return 0;
}

static int
check_cron(struct arena *a, const struct property *p, const struct value *v,
    const char **ret_exception, int64_t most, struct err *e)
{
	int64_t n;
	if (!ruby_integer(str_from(value_to_s(a, v)), &n) ||
	    (n <= most && (n >= 0 || p->check != CHECK_WEEKDAY)))
		return 0;
	*ret_exception = "RangeError";
	return err_set(e, ERR_INVALID, "%s must be at most %lld, not %lld",
	    p->name, (long long)most, (long long)n);
}

static int
check_form(struct arena *a, const struct property *p, const struct value *v,
    const char **ret_exception, struct err *e)
{
	struct str text = str_from(value_to_s(a, v));
	switch (p->check) {
	case CHECK_NONE:
		return 0;
	case CHECK_USER:
	case CHECK_GROUP:
		return is_account_name(text)
			   ? 0
			   : regex_error(a, p, v, NAME_REGEX, e);
	case CHECK_MODE:
		return check_mode(a, p, v, ret_exception, e);
	case CHECK_SHA256:
		return is_sha256(text)
			   ? 0
			   : regex_error(a, p, v, "/^[a-zA-Z0-9]{64}$/", e);
	case CHECK_FILES_MODE:
		return is_digits(text, 3, 4)
			   ? 0
			   : regex_error(a, p, v, "/^\\d{3,4}$/", e);
	case CHECK_DIGITS:
		return is_digits(text, 1, 18)
			   ? 0
			   : regex_error(a, p, v, "/^\\d+$/", e);
	case CHECK_MINUTE:
		return check_cron(a, p, v, ret_exception, 59, e);
	case CHECK_HOUR:
		return check_cron(a, p, v, ret_exception, 23, e);
	case CHECK_DAY:
		return check_cron(a, p, v, ret_exception, 31, e);
	case CHECK_MONTH:
		return check_cron(a, p, v, ret_exception, 12, e);
	case CHECK_WEEKDAY:
		return check_cron(a, p, v, ret_exception, 7, e);
	}
	return 0;
}

int
property_validate(const struct property *p, const struct value *v,
    const char **ret_exception, struct err *e)
{
	if (v->type == VALUE_NIL)
		return 0;
	bool any_kind = p->kinds == 0 || (p->kinds & KIND_ANY) != 0;
	bool kind_fits = any_kind || (p->kinds & kind_of(v)) != 0;
	bool word_fits = p->equal_to == NULL || is_allowed_word(p, v);
	if (kind_fits && word_fits && p->check == CHECK_NONE)
		return 0;
	AUTO(arena_free) struct arena *a = arena_new();
	if (!kind_fits && p->convert == CONVERT_KEYS)
		return keys_error(a, v, ret_exception, e);
	if (!kind_fits)
		return kind_error(a, p, v, e);
	if (!word_fits)
		return word_error(a, p, v, e);
	return check_form(a, p, v, ret_exception, e);
}
