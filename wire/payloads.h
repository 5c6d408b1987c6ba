/* SPDX-License-Identifier: MIT */
/* The shapes of what is signed: wire/tbl/command.h. */
#pragma once

#include "wire/shape.h"

#define SHAPE(name_, prose_, list_)                                            \
	extern const struct wire_shape wire_payload_##name_;
#include "wire/tbl/command.h"
#undef SHAPE
