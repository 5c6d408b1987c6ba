/* SPDX-License-Identifier: MIT */
/*
 * bundle.yml, or (text that begins with "#!") the metadata header of a
 * RightScript. Property: a bundle that is accepted holds no name that could
 * leave its place, and a refused one has a text.
 */
#include <string.h>

#include "common/auto.h"
#include "runner/bundle_priv.h"
#include "tests/fuzz/fuzz.h"
#include "wire/runspec.h"

static void
check_list(const struct bundle_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct bundle_entry *entry = &list->list[i];
		ASSERT(strchr(entry->name, '/') == NULL);
		ASSERT(entry->kind != EXECUTABLE_RECIPE ||
		       runspec_recipe_is_valid(entry->name));
	}
}

static void
check_bundle(const struct bundle *b)
{
	check_list(&b->boot);
	check_list(&b->operational);
	check_list(&b->decommission);
	for (size_t i = 0; i < b->inputs.len; i++) {
		const struct bundle_input *in = &b->inputs.list[i];
		ASSERT(input_name_is_valid(in->name));
		ASSERT(in->type != INPUT_CREDENTIAL || in->value == NULL);
	}
	for (size_t i = 0; i < b->cookbooks.len; i++)
		ASSERT(b->cookbooks.list[i].url != NULL);
}

static void
fuzz_header(struct str text)
{
	AUTO_BUF struct buf out = BUF_INIT(BUNDLE_FILE_MAX_BYTES);
	struct err e = { 0 };
	if (script_header_cut(text, &out, &e) < 0) {
		ASSERT(e.text[0] != '\0');
		return;
	}
	ASSERT(out.len <= text.len + 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	if (str_has_prefix(text, "#!")) {
		fuzz_header(text);
		return 0;
	}
	AUTO(bundle_free) struct bundle *b = NULL;
	struct err e = { 0 };
	if (bundle_parse(text, "/nowhere/at/all", &b, &e) < 0)
		ASSERT(e.text[0] != '\0');
	else
		check_bundle(b);
	return 0;
}
