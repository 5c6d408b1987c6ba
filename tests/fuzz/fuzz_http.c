/* SPDX-License-Identifier: MIT */
/*
 * Requests as bytes. Properties: a head that is accepted is what its parts
 * make up; a body in chunks is the same however it is cut; whatever is left
 * alone was not asked for.
 */
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "router/http_parse.h"
#include "tests/fuzz/fuzz.h"

#define BODY_MAX_BYTES ((size_t)1 << 20)

static bool
within(struct str part, struct str whole)
{
	return part.data >= whole.data &&
	       part.data + part.len <= whole.data + whole.len;
}

static void
read_head(struct str text)
{
	struct http_head h;
	struct err e = { 0 };
	int status = 0;
	if (http_head_parse(text, &h, &status, &e) < 0) {
		ASSERT(status >= 400 && status <= 505);
		return;
	}
	ASSERT(within(h.method, text) && within(h.path, text));
	ASSERT(within(h.query, text) && within(h.fields, text));
	ASSERT(h.path.len > 0 && h.path.data[0] == '/');
	ASSERT(!h.chunked || h.length < 0);
	struct str value;
	ASSERT(h.minor == 0 || http_head_field(&h, "host", &value));
	char *out = xmalloc(h.query.len + 1);
	size_t len = 0;
	if (http_unescape(h.query, true, out, &len, &e) == 0)
		ASSERT(len <= h.query.len && strlen(out) == len);
	free(out);
}

static int
read_body(struct str text, size_t step, struct buf *out)
{
	struct http_chunks c = { 0 };
	struct err e = { 0 };
	int rc = HTTP_CHUNK_MORE;
	while (rc >= 0 && rc != HTTP_CHUNK_END && text.len > 0) {
		struct str in = text, data;
		if (in.len > step)
			in.len = step;
		size_t used = 0;
		rc = http_chunks_feed(&c, in, &used, &data, &e);
		ASSERT(rc < 0 || used > 0);
		if (rc == HTTP_CHUNK_DATA)
			buf_add(out, data.data, data.len);
		text = (struct str){ text.data + used, text.len - used };
	}
	return rc < 0 ? rc : rc == HTTP_CHUNK_END;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	size_t seen = 0, skip = 0;
	if (size == 0 || size > BODY_MAX_BYTES)
		return 0;
	size_t len = http_head_end(text, &seen, &skip);
	ASSERT(skip + len <= size);
	if (len > 0)
		read_head((struct str){ text.data + skip, len });
	AUTO_BUF struct buf whole = BUF_INIT(BODY_MAX_BYTES);
	AUTO_BUF struct buf pieces = BUF_INIT(BODY_MAX_BYTES);
	struct str body = { text.data + skip + len, size - skip - len };
	ASSERT(read_body(body, size, &whole) == read_body(body, 3, &pieces));
	ASSERT(whole.len == pieces.len);
	ASSERT(
	    whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
	return 0;
}
