/* SPDX-License-Identifier: MIT */
/* JSON trees of C as plain Ruby objects, and back. */
#pragma once

#include "runtime/ruby/mri.h"

#include "common/jsn.h"

VALUE jsn_to_ruby(const struct jsn *v);
/* nil, booleans, numbers, strings, symbols, arrays, hashes; other objects by
 * their to_s. May raise (to_s, nesting over 64 levels); what was built so far
 * is then lost, so only for small values. */
struct jsn *jsn_from_ruby(VALUE v);
