/* SPDX-License-Identifier: MIT */
/* The interned names. IDs made from C literals are never collected. */
#include "runtime/ruby/ids.h"

#include <string.h>

struct host_ids ids;

/* "listens_p" is the method "listens?". */
static ID
method_id(const char *name)
{
	size_t len = strlen(name);
	char text[64];

	ASSERT(len < sizeof(text));
	memcpy(text, name, len + 1);
	if (len > 2 && strcmp(text + len - 2, "_p") == 0) {
		text[len - 2] = '?';
		len--;
	}
	return rb_intern2(text, (long)len);
}

void
ids_init(void)
{
	ids.at = rb_intern("[]");
#define ID_INTERN(name) ids.name = method_id(#name);
	HOST_METHODS(ID_INTERN)
#undef ID_INTERN
#define ID_INTERN(name) ids.iv_##name = rb_intern_const("@" #name);
	HOST_IVARS(ID_INTERN)
#undef ID_INTERN
}
