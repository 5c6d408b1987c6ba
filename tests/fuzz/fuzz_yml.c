/* SPDX-License-Identifier: MIT */
/* The YAML reader: no crash, every node has its place, and what was read can
 * be written as JSON. */
#include "common/auto.h"
#include "common/yml.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct str text = { (const char *)data, size };
	struct yml *root = NULL;
	struct err e = { 0 };
	if (yml_parse(a, text, "input", 1 << 20, &root, &e) < 0) {
		ASSERT(e.code < 0 && text_has_prefix(e.text, "input:"));
		return 0;
	}
	ASSERT(root->line >= 1 && root->column >= 1);
	AUTO(jsn_free) struct jsn *v = yml_to_jsn(root);
	AUTO_BUF struct buf out = BUF_INIT((size_t)64 << 20);
	jsn_format(v, JSN_PLAIN, &out);
	AUTO(jsn_free) struct jsn *again = NULL;
	struct str json = { out.data, out.len };
	int rc = jsn_parse(json, "json", json.len, &again, &e);
	/* A level of YAML is a level of JSON: 64 each. */
	ASSERT(rc == 0);
	return 0;
}
