/* SPDX-License-Identifier: MIT */
/*
 * One property value on its way in and out: validation with Chef's messages,
 * the conversions of the table, lazy values (RES-core-7, CORE-511, 512).
 */
#pragma once

#include "runtime/ruby/classes.h"

/* What is to be stored for v (not nil): converted, or a DelayedEvaluator as
 * it is. Raises ValidationFailed or ArgumentError. */
VALUE property_checked(const struct class_property *p, VALUE v);
/* What a reader answers for the stored value: a lazy one is called and
 * validated now, at each read. */
VALUE property_read(const struct class_property *p, VALUE stored);
bool property_is_lazy(VALUE v);
