/* SPDX-License-Identifier: MIT */
/*
 * Compiled Ruby files of the runtime directory, so that a start does not
 * parse them. A cache file counts only when its source's time and size, the
 * Ruby version and a checksum agree, and when it and its directory belong to
 * us or to root and nobody else may write them. Any trouble with the cache
 * just means compiling again.
 */
#pragma once

#include "runtime/ruby/mri.h"

/* Hooks into require and load for files below runtime_dir. */
void iseq_cache_install(const char *runtime_dir);
