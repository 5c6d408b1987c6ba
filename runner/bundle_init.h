/* SPDX-License-Identifier: MIT */
/* The first bundle of a person: small, and it boots. */
#pragma once

#include "common/err.h"

/* Makes the directory `path` (its last part is the bundle's name) with a
 * bundle that boots on any machine and is validated here. ERR_EXISTS: there is
 * something; ERR_INVALID: the name. */
int bundle_init(const char *path, struct err *e) MUST_CHECK;
