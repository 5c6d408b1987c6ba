/* SPDX-License-Identifier: MIT */
/* The run spec frame. Property: what parses goes to a frame and back again. */
#include "common/auto.h"
#include "tests/fuzz/fuzz.h"
#include "wire/runspec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	AUTO(jsn_free) struct jsn *frame = NULL;
	AUTO(arena_free) struct arena *a = arena_new();
	struct err e = { 0 };
	struct runspec first, second;
	if (jsn_parse(text, "fuzz", (size_t)1 << 20, &frame, &e) < 0)
		return 0;
	if (runspec_parse(a, frame, &first, &e) < 0) {
		ASSERT(e.text[0] != '\0');
		return 0;
	}
	AUTO(jsn_free) struct jsn *again = runspec_format(&first);
	int rc = runspec_parse(a, again, &second, &e);
	ASSERT(rc == 0);
	ASSERT(second.items_len == first.items_len);
	ASSERT(second.secrets_len == first.secrets_len);
	ASSERT(text_eq(second.run_id, first.run_id));
	for (size_t i = 0; i < first.items_len; i++)
		ASSERT(text_eq(second.items[i].name, first.items[i].name));
	return 0;
}
