/* SPDX-License-Identifier: MIT */
/*
 * Ruby's headers, and after them the house's words: ruby.h claims a few names
 * (NORETURN, xmalloc ...) that are ours in this project. Comes before every
 * other header of ours.
 */
#pragma once

#include <ruby.h>
#include <ruby/encoding.h>
#include <ruby/thread.h>

#undef NORETURN
#undef UNUSED
#undef xmalloc
#undef xcalloc
#undef xrealloc
#undef xfree

#include "common/base.h"
