/* SPDX-License-Identifier: MIT */
/* The command line table as a Ruby constant. */
#include "runtime/ruby/native.h"

#include "common/str.h"
#include "runtime/ruby/convert.h"

#define NEGATIVE "[no-]"

static const struct {
	const char *short_word, *long_word, *argument, *key, *fallback, *help;
} options[] = {
#define OPTION(s, l, a, k, d, h) { s, l, a, k, d, h },
#include "runtime/tbl/solo_options.h"
#undef OPTION
};

static VALUE
text(const char *t)
{
	return t == NULL ? Qnil : rb_obj_freeze(rb_utf8_str_new_cstr(t));
}

static VALUE
symbol(const char *name)
{
	return ID2SYM(rb_intern(name));
}

static VALUE
row(size_t i)
{
	const char *word = options[i].long_word;
	bool negatable = text_has_prefix(word, NEGATIVE);
	VALUE h = rb_hash_new();

	if (negatable)
		word += sizeof(NEGATIVE) - 1;
	rb_hash_aset(h, symbol("short"), text(options[i].short_word));
	rb_hash_aset(h, symbol("long"), text(word));
	rb_hash_aset(h, symbol("negatable"), negatable ? Qtrue : Qfalse);
	rb_hash_aset(h, symbol("arg"), text(options[i].argument));
	rb_hash_aset(h, symbol("key"), symbol(options[i].key));
	rb_hash_aset(
	    h, symbol("default"), literal_to_ruby(options[i].fallback));
	rb_hash_aset(h, symbol("help"), text(options[i].help));
	return rb_obj_freeze(h);
}

void
options_define(VALUE native)
{
	VALUE list = rb_ary_new();
	size_t i;

	for (i = 0; i < ARRAY_LEN(options); i++)
		rb_ary_push(list, row(i));
	rb_define_const(native, "SOLO_OPTIONS", rb_obj_freeze(list));
}
