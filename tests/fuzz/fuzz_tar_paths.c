/* SPDX-License-Identifier: MIT */
/*
 * Entry paths and link targets. Input: the path, NUL, the target. Property:
 * what is accepted, joined and resolved as text, never leaves the tree.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "cookbooks-cache/safepath.h"
#include "tests/fuzz/fuzz.h"

/* Depth after the path; -1 as soon as it is above the start. */
static int
resolve(int depth, const char *path)
{
	struct str rest = str_from(path), part;
	while (depth >= 0 && str_split(&rest, '/', &part)) {
		if (str_eq(part, STR("..")))
			depth--;
		else if (part.len > 0 && !str_eq(part, STR(".")))
			depth++;
	}
	return depth;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STR char *path = xstrndup((const char *)data, size);
	size_t used = strlen(path) + 1;
	AUTO_STR char *target =
	    used < size ? xstrndup((const char *)data + used, size - used)
			: xstrdup("");
	AUTO_STR char *clean = NULL;
	if (safepath_entry(path, &clean, NULL) < 0)
		return 0;
	ASSERT(clean[0] != '/' && !text_has_suffix(clean, "/"));
	ASSERT(strstr(clean, "//") == NULL);
	int depth = resolve(0, clean);
	ASSERT(depth >= 0 && depth <= SAFEPATH_MAX_DEPTH);
	/* Cleaning a clean path changes nothing. */
	AUTO_STR char *again = NULL;
	int rc = safepath_entry(clean, &again, NULL);
	ASSERT(rc == 0);
	ASSERT(text_eq(clean, again));
	if (clean[0] == '\0' || safepath_link(clean, target, NULL) < 0)
		return 0;
	ASSERT(target[0] != '/');
	ASSERT(resolve(depth - 1, target) >= 0);
	return 0;
}
