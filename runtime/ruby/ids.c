/* SPDX-License-Identifier: MIT */
/* The interned names. IDs made from C literals are never collected. */
#include "runtime/ruby/ids.h"

struct host_ids ids;

void
ids_init(void)
{
#define ID_INTERN(name) ids.name = rb_intern_const(#name);
	HOST_METHODS(ID_INTERN)
#undef ID_INTERN
#define ID_INTERN(name) ids.iv_##name = rb_intern_const("@" #name);
	HOST_IVARS(ID_INTERN)
#undef ID_INTERN
}
