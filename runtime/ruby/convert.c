/* SPDX-License-Identifier: MIT */
/* Plain data between Ruby and C. */
#include "runtime/ruby/convert.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"

#define NESTING_MAX 64

static struct value from_ruby(struct arena *a, VALUE v, int depth);

static struct value
text_value(struct arena *a, enum value_type type, VALUE string)
{
	struct value out = { .type = type };
	size_t len = (size_t)RSTRING_LEN(string);

	out.text.data = arena_strndup(a, RSTRING_PTR(string), len);
	out.text.len = len;
	return out;
}

struct pair_cursor {
	struct arena *arena;
	struct value_map *map;
	int depth;
};

static int
add_pair(VALUE key, VALUE item, VALUE arg)
{
	struct pair_cursor *c = (struct pair_cursor *)arg;
	struct value_pair *p = &c->map->pairs[c->map->len++];

	p->key = from_ruby(c->arena, key, c->depth);
	p->value = from_ruby(c->arena, item, c->depth);
	return ST_CONTINUE;
}

static struct value
map_value(struct arena *a, VALUE hash, int depth)
{
	struct value out = { .type = VALUE_MAP };
	struct pair_cursor c = { a, &out.map, depth };

	out.map.pairs = arena_array_of(a, struct value_pair, RHASH_SIZE(hash));
	rb_hash_foreach(hash, add_pair, (VALUE)&c);
	return out;
}

static struct value
list_value(struct arena *a, VALUE array, int depth)
{
	struct value out = { .type = VALUE_LIST };
	long i, len = RARRAY_LEN(array);

	out.list.items = arena_array_of(a, struct value, (size_t)len);
	out.list.len = (size_t)len;
	for (i = 0; i < len; i++)
		out.list.items[i] = from_ruby(a, rb_ary_entry(array, i), depth);
	return out;
}

static struct value
opaque_value(VALUE v)
{
	return (struct value){ .type = VALUE_OPAQUE, .opaque = (void *)v };
}

static struct value
from_ruby(struct arena *a, VALUE v, int depth)
{
	if (NIL_P(v))
		return value_nil;
	if (v == Qtrue || v == Qfalse)
		return value_of_bool(v == Qtrue);
	if (FIXNUM_P(v))
		return value_of_int(FIX2LONG(v));
	if (depth > NESTING_MAX)
		rb_raise(rb_eArgError, "value is nested over %d levels",
		    NESTING_MAX);
	switch (rb_type(v)) {
	case T_SYMBOL:
		return text_value(a, VALUE_SYMBOL, rb_sym2str(v));
	case T_STRING:
		return text_value(a, VALUE_STRING, v);
	case T_FLOAT:
		return (struct value){ .type = VALUE_FLOAT,
			.number = RFLOAT_VALUE(v) };
	case T_ARRAY:
		return list_value(a, v, depth + 1);
	case T_HASH:
		return map_value(a, v, depth + 1);
	default:
		return opaque_value(v);
	}
}

struct value
value_from_ruby(struct arena *a, VALUE v)
{
	return from_ruby(a, v, 0);
}

VALUE
str_to_ruby(struct str s)
{
	return rb_utf8_str_new(s.data != NULL ? s.data : "", (long)s.len);
}

static VALUE
symbol_to_ruby(struct str s)
{
	return rb_str_intern(str_to_ruby(s));
}

static VALUE
list_to_ruby(const struct value_list *list)
{
	VALUE out = rb_ary_new_capa((long)list->len);
	size_t i;

	for (i = 0; i < list->len; i++)
		rb_ary_push(out, value_to_ruby(&list->items[i]));
	return out;
}

static VALUE
map_to_ruby(const struct value_map *map)
{
	VALUE out = rb_hash_new();
	size_t i;

	for (i = 0; i < map->len; i++)
		rb_hash_aset(out, value_to_ruby(&map->pairs[i].key),
		    value_to_ruby(&map->pairs[i].value));
	return out;
}

VALUE
value_to_ruby(const struct value *v)
{
	if (v == NULL)
		return Qnil;
	switch (v->type) {
	case VALUE_NIL:
		return Qnil;
	case VALUE_BOOL:
		return v->boolean ? Qtrue : Qfalse;
	case VALUE_INT:
		return LL2NUM(v->integer);
	case VALUE_FLOAT:
		return rb_float_new(v->number);
	case VALUE_STRING:
		return str_to_ruby(v->text);
	case VALUE_SYMBOL:
		return symbol_to_ruby(v->text);
	case VALUE_LIST:
		return list_to_ruby(&v->list);
	case VALUE_MAP:
		return map_to_ruby(&v->map);
	case VALUE_OPAQUE:
		return (VALUE)v->opaque;
	}
	return Qnil;
}

VALUE
literal_to_ruby(const char *literal)
{
	struct str s = str_from(literal != NULL ? literal : "nil");
	int64_t n;

	if (str_eq_text(s, "nil"))
		return Qnil;
	if (str_eq_text(s, "true"))
		return Qtrue;
	if (str_eq_text(s, "false"))
		return Qfalse;
	if (str_eq_text(s, "{}"))
		return rb_hash_new();
	if (str_eq_text(s, "[]"))
		return rb_ary_new();
	if (str_to_i64(s, s.len > 1 && s.data[0] == '0' ? 8 : 10, &n))
		return LL2NUM(n);
	if (s.len > 1 && s.data[0] == ':')
		return symbol_to_ruby((struct str){ s.data + 1, s.len - 1 });
	return rb_eval_string(literal);
}
