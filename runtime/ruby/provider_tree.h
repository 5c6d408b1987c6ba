/* SPDX-License-Identifier: MIT */
/* The tree of provider classes that cookbooks know (RES-ruby-1). */
#pragma once

#include "runtime/ruby/mri.h"

/* The class of a path below Chef::Provider ("Service::Init"), made with its
 * outer and super classes when it is not there. base is Chef::Provider. */
VALUE provider_class_at(VALUE base, const char *path);
