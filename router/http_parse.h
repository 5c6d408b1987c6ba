/* SPDX-License-Identifier: MIT */
/*
 * Requests of HTTP/1.1 (RFC 9112), read strictly: what two readers could
 * understand differently is refused. No bare LF, no folded fields, no blank
 * before a colon, one Host, one length, never a length beside chunks, no
 * trailers. Nothing here reads, allocates or answers.
 *
 *	1. http_head_end on what has come, until it is there
 *	2. http_head_parse on the head's own copy: results are views of it
 *	3. the body by its length, or through http_chunks_feed
 */
#pragma once

#include "common/err.h"
#include "common/str.h"

#define HTTP_HEAD_MAX_BYTES ((size_t)16 << 10)
#define HTTP_TARGET_MAX_BYTES ((size_t)8 << 10)
#define HTTP_FIELDS_MAX 64

struct http_head {
	struct str method;
	struct str path;   /* begins with '/', still percent-encoded */
	struct str query;  /* after '?', may be empty */
	struct str fields; /* the lines after the first */
	int minor;         /* HTTP/1.minor */
	bool keep_alive, chunked, expect_continue;
	int64_t length; /* Content-Length, -1: none given */
};

/* Length of the head with its empty line, 0 while that has not come; looks
 * at text from *seen on and moves *seen. Empty lines in front are skipped:
 * *ret_skip. */
size_t http_head_end(struct str text, size_t *seen, size_t *ret_skip);
/* text: all of the head. On failure *ret_status is 400, 413, 414, 417, 431,
 * 501 or 505, and the connection is not to be used any more. */
int http_head_parse(struct str text, struct http_head *ret_head,
    int *ret_status, struct err *e) MUST_CHECK;
/* Value of a field, trimmed; the first of its name (any case). */
bool http_head_field(
    const struct http_head *h, const char *name, struct str *ret_value);

/* "%41+b" -> "A+b" (as_form: '+' is a blank) into out, which has room for
 * text.len + 1 bytes. ERR_SYNTAX: bad escape, NUL or control character. */
int http_unescape(struct str text, bool as_form, char *out, size_t *ret_len,
    struct err *e) MUST_CHECK;

enum http_chunk {
	HTTP_CHUNK_MORE, /* everything was used, more must come */
	HTTP_CHUNK_DATA, /* *ret_data is a piece of the body */
	HTTP_CHUNK_END,  /* the body is complete */
};
struct http_chunks {
	int state;
	uint64_t left; /* of the chunk under way */
	int digits, line;
};
/* A fresh decoder is all zero. Consumes *ret_used bytes of text. ERR_SYNTAX
 * when negative. */
int http_chunks_feed(struct http_chunks *c, struct str text, size_t *ret_used,
    struct str *ret_data, struct err *e) MUST_CHECK;
