/* SPDX-License-Identifier: MIT */
/*
 * The providers of files and of Ruby's own resources, one line each: X(name)
 * stands for the const table provider_<name>. Included by the registry and by
 * the files that define them.
 */
#pragma once

#include "providers/provider.h"

/* clang-format off */
#define FILE_PROVIDERS(X) \
	X(file) \
	X(cookbook_file) \
	X(template) \
	X(remote_file) \
	X(directory) \
	X(remote_directory) \
	X(link) \
	X(log) \
	X(ruby_block) \
	X(whyrun_safe_ruby_block) \
	X(ohai) \
	X(notify_group) \
	X(http_request) \
	X(mount)
/* clang-format on */

#define FILE_PROVIDER_DECLARE(name)                                            \
	extern const struct provider provider_##name;
FILE_PROVIDERS(FILE_PROVIDER_DECLARE)
#undef FILE_PROVIDER_DECLARE
