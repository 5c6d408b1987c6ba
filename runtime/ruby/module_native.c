/* SPDX-License-Identifier: MIT */
/* The extension for a stock ruby: require "rightlink_native". */
#include "runtime/ruby/native.h"

void Init_rightlink_native(void);

void
Init_rightlink_native(void)
{
	native_init();
}
