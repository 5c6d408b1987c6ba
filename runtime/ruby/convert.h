/* SPDX-License-Identifier: MIT */
/*
 * Ruby objects and struct value, both ways. Into C: only plain objects (nil,
 * true, false, Integer of 64 bits, Float, String, Symbol, Array, Hash, also
 * their subclasses) are copied; everything else becomes VALUE_OPAQUE whose
 * pointer is the object (keep it referenced). Nesting over 64 levels raises
 * ArgumentError. Out of C: VALUE_OPAQUE gives the object back.
 */
#pragma once

#include "runtime/ruby/mri.h"

#include "resources/value.h"

/* May raise (nesting). */
struct value value_from_ruby(struct arena *a, VALUE v);
VALUE value_to_ruby(const struct value *v);
/* The object of a literal of the type tables (constant text of ours, any Ruby
 * literal or constant name); a new one each time. NULL is nil. May raise. */
VALUE literal_to_ruby(const char *literal);
VALUE str_to_ruby(struct str s); /* UTF-8 */
