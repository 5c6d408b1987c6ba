/* SPDX-License-Identifier: MIT */
/* Records read out of events. */
#include "wire/record.h"

#include "common/str.h"

static const struct {
	const char *event;
	enum record_end end;
} ends[] = {
	{ "resource_updated", RECORD_UPDATED },
	{ "resource_unchanged", RECORD_UNCHANGED },
	{ "resource_skipped", RECORD_SKIPPED },
	{ "resource_failed", RECORD_FAILED },
};

bool
record_peek(const struct jsn *event, struct record *ret_record)
{
	const char *name = jsn_peek_str(event, "event", "");
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (!text_eq(ends[i].event, name))
			continue;
		*ret_record = (struct record){
			.end = ends[i].end,
			.ignored = jsn_peek_bool(event, "ignored", false),
			.resource = jsn_peek_str(event, "resource", ""),
			.action = jsn_peek_str(event, "action", ""),
			.text = jsn_peek_str(event, "text", ""),
			.elapsed_ms = jsn_peek_int(event, "elapsed_ms", 0),
		};
		return true;
	}
	return false;
}
