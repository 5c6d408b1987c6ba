/* SPDX-License-Identifier: MIT */
/* All providers, by the name of their Ruby class. */
#include <string.h>

#include "providers/provider.h"
#include "providers/tbl/files.h"
#include "providers/tbl/system.h"

#define ENTRY(name) &provider_##name,

const struct provider *const providers[] = {
	/* clang-format off */
	FILE_PROVIDERS(ENTRY)
	SYSTEM_PROVIDERS(ENTRY)
	/* clang-format on */
	NULL,
};

const struct provider *
provider_find(const char *ruby_class)
{
	for (size_t i = 0; providers[i] != NULL; i++) {
		if (strcmp(providers[i]->ruby_class, ruby_class) == 0)
			return providers[i];
	}
	return NULL;
}
