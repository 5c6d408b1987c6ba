/* SPDX-License-Identifier: MIT */
/* RubyGems' order of versions and its requirements ("~> 1.2, != 1.2.5"). */
#pragma once

#include "common/base.h"

/* Negative, 0, positive. Parts with letters are older than numbers and than
 * nothing: 1.0.rc1 < 1.0. */
int gem_version_compare(const char *a, const char *b);
/* Does the version meet every comma-separated part of the requirement? A
 * part without an operator means "=". */
bool gem_version_meets(const char *version, const char *requirement);
