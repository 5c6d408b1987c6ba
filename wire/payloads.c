/* SPDX-License-Identifier: MIT */
/* wire/tbl/command.h made into shapes. */
#include "wire/payloads.h"

#include "wire/fields.h"

#define shape_trust_operator wire_payload_trust_operator
#define SHAPE(name_, prose_, list_)                                            \
	FIELDS(fields_of_##name_, list_)                                       \
	const struct wire_shape wire_payload_##name_ = {                       \
		.name = #name_,                                                \
		.prose = prose_,                                               \
		.fields = fields_of_##name_,                                   \
	};
#include "wire/tbl/command.h"
#undef SHAPE
