/* SPDX-License-Identifier: MIT */
/*
 * What a signature covers: commands and manifests, and the join token that
 * trust begins with. What is accepted is the same after a way through its
 * struct.
 */
#include <string.h>

#include "common/auto.h"
#include "tests/fuzz/fuzz.h"
#include "wire/command.h"
#include "wire/manifest.h"
#include "wire/trust.h"

static void
try_command(struct arena *a, struct str text)
{
	AUTO(jsn_free) struct jsn *v = NULL, *w = NULL;
	AUTO_BUF struct buf first = BUF_INIT(COMMAND_MAX_BYTES * 6);
	AUTO_BUF struct buf second = BUF_INIT(COMMAND_MAX_BYTES * 6);
	struct command c, d;
	if (command_parse(a, text, &v, &c, NULL) < 0)
		return;
	command_format(&c, &first);
	/* Escapes may make it longer than the limit. */
	if (first.len > COMMAND_MAX_BYTES)
		return;
	int rc = command_parse(
	    a, (struct str){ first.data, first.len }, &w, &d, NULL);
	ASSERT(rc == 0);
	command_format(&d, &second);
	ASSERT(text_eq(buf_text(&first), buf_text(&second)));
}

static void
try_manifest(struct arena *a, struct str text)
{
	struct manifest m, n;
	AUTO_BUF struct buf out = BUF_INIT(MANIFEST_TEXT_MAX_BYTES * 6);
	if (manifest_parse(a, text, &m, NULL) < 0)
		return;
	ASSERT(strchr(m.name, '/') == NULL && m.name[0] != '.');
	manifest_format(&m, &out);
	if (out.len > MANIFEST_TEXT_MAX_BYTES)
		return;
	int rc = manifest_parse(a, (struct str){ out.data, out.len }, &n, NULL);
	ASSERT(rc == 0 && n.serial == m.serial && n.bytes == m.bytes);
}

static void
try_token(struct str text)
{
	struct join_token t;
	AUTO_BUF struct buf out = BUF_INIT(1000);
	if (join_token_parse(text, &t, NULL) < 0)
		return;
	join_token_format(&t, &out);
	ASSERT(str_eq((struct str){ out.data, out.len }, text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	AUTO(arena_free) struct arena *a = arena_new();
	try_command(a, text);
	try_manifest(a, text);
	try_token(text);
	return 0;
}
