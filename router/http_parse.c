/* SPDX-License-Identifier: MIT */
/* The request line and its fields. Chunks: http_chunks.c. */
#include "router/http_parse.h"

#include <string.h>
#include <strings.h>

size_t
http_head_end(struct str text, size_t *seen, size_t *ret_skip)
{
	size_t skip = 0;
	/* RFC 9112 2.2: an empty line before a request is to be ignored. */
	while (skip + 1 < text.len && text.data[skip] == '\r' &&
	       text.data[skip + 1] == '\n')
		skip += 2;
	*ret_skip = skip;
	size_t from = *seen > skip + 3 ? *seen - 3 : skip;
	*seen = text.len;
	if (text.len <= from)
		return 0;
	const char *end =
	    memmem(text.data + from, text.len - from, "\r\n\r\n", 4);
	return end == NULL ? 0 : (size_t)(end + 4 - text.data) - skip;
}

static int
bad(int *ret_status, int status, struct err *e, const char *text)
{
	*ret_status = status;
	return err_set(e, ERR_SYNTAX, "request: %s", text);
}

static bool
is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_char((unsigned char)s.data[i]))
			return false;
	}
	return s.len > 0;
}

/* The line up to CRLF; false when a CR or LF stands alone or there is none. */
static bool
take_line(struct str *rest, struct str *ret_line)
{
	const char *end = memchr(rest->data, '\n', rest->len);
	if (end == NULL || end == rest->data || end[-1] != '\r')
		return false;
	*ret_line = (struct str){ rest->data, (size_t)(end - rest->data) - 1 };
	size_t used = ret_line->len + 2;
	*rest = (struct str){ rest->data + used, rest->len - used };
	return memchr(ret_line->data, '\r', ret_line->len) == NULL;
}

/* scheme://authority in front of the path, as proxies write it. */
static void
cut_authority(struct str *target)
{
	static const char *const schemes[] = { "http://", "https://" };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t len = strlen(schemes[i]);
		if (target->len < len ||
		    strncasecmp(target->data, schemes[i], len) != 0)
			continue;
		while (len < target->len && target->data[len] != '/' &&
		       target->data[len] != '?')
			len++;
		*target = (struct str){ target->data + len, target->len - len };
		return;
	}
}

static int
parse_target(
    struct str target, struct http_head *h, int *ret_status, struct err *e)
{
	if (target.len > HTTP_TARGET_MAX_BYTES)
		return bad(ret_status, 414, e, "the target is too long");
	for (size_t i = 0; i < target.len; i++) {
		unsigned char c = (unsigned char)target.data[i];
		if (c <= ' ' || c >= 127 || c == '#')
			return bad(ret_status, 400, e,
			    "the target has a byte that must be escaped");
	}
	cut_authority(&target);
	if (target.len == 0 || target.data[0] != '/')
		return bad(
		    ret_status, 400, e, "the target must begin with '/'");
	const char *mark = memchr(target.data, '?', target.len);
	h->path = target;
	h->query = (struct str){ target.data + target.len, 0 };
	if (mark != NULL) {
		h->path.len = (size_t)(mark - target.data);
		h->query =
		    (struct str){ mark + 1, target.len - h->path.len - 1 };
	}
	return 0;
}

static int
parse_request_line(
    struct str line, struct http_head *h, int *ret_status, struct err *e)
{
	struct str rest = line, target = { 0 }, version = { 0 };
	if (!str_split(&rest, ' ', &h->method) || !is_token(h->method) ||
	    !str_split(&rest, ' ', &target) ||
	    !str_split(&rest, ' ', &version) || rest.data != NULL)
		return bad(ret_status, 400, e,
		    "the first line must read METHOD TARGET HTTP/1.1");
	if (version.len != 8 || memcmp(version.data, "HTTP/", 5) != 0)
		return bad(ret_status, 400, e,
		    "the first line must read METHOD TARGET HTTP/1.1");
	if (memcmp(version.data, "HTTP/1.", 7) != 0 ||
	    (version.data[7] != '0' && version.data[7] != '1'))
		return bad(
		    ret_status, 505, e, "only HTTP/1.1 and 1.0 are spoken");
	h->minor = version.data[7] - '0';
	return parse_target(target, h, ret_status, e);
}

static bool
field_is(struct str name, const char *want)
{
	return name.len == strlen(want) &&
	       strncasecmp(name.data, want, name.len) == 0;
}

static bool
value_is(struct str value, const char *want)
{
	return field_is(value, want);
}

/* Is a word in a comma-separated list, whatever its case? */
static bool
list_has(struct str list, const char *want)
{
	struct str word;
	while (str_split(&list, ',', &word)) {
		if (value_is(str_trim(word), want))
			return true;
	}
	return false;
}

/* What one head said, to see what it said twice. */
struct counts {
	int hosts, lengths, encodings, fields;
};

static int
parse_length(
    struct str value, struct http_head *h, int *ret_status, struct err *e)
{
	if (value.len == 0 || value.data[0] == '-' || value.data[0] == '+' ||
	    !str_to_i64(value, 10, &h->length))
		return bad(ret_status, value.len > 18 ? 413 : 400, e,
		    "Content-Length must be a number");
	return 0;
}

static int
look_at_field(struct str name, struct str value, struct http_head *h,
    struct counts *n, int *ret_status, struct err *e)
{
	if (field_is(name, "host")) {
		n->hosts++;
	} else if (field_is(name, "content-length")) {
		n->lengths++;
		return parse_length(value, h, ret_status, e);
	} else if (field_is(name, "transfer-encoding")) {
		n->encodings++;
		h->chunked = true;
		if (!value_is(value, "chunked"))
			return bad(ret_status, 501, e,
			    "the only Transfer-Encoding is chunked");
	} else if (field_is(name, "connection")) {
		if (list_has(value, "close"))
			h->keep_alive = false;
		else if (h->minor == 0 && list_has(value, "keep-alive"))
			h->keep_alive = true;
	} else if (field_is(name, "expect")) {
		h->expect_continue = value_is(value, "100-continue");
		if (!h->expect_continue)
			return bad(ret_status, 417, e,
			    "the only Expect is 100-continue");
	}
	return 0;
}

static int
parse_field(struct str line, struct http_head *h, struct counts *n,
    int *ret_status, struct err *e)
{
	struct str value = line, name = { 0 };
	if (memchr(line.data, ':', line.len) == NULL ||
	    !str_split(&value, ':', &name) || !is_token(name))
		return bad(
		    ret_status, 400, e, "a header field must read NAME: VALUE");
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];
		if ((c < ' ' && c != '\t') || c == 127)
			return bad(ret_status, 400, e,
			    "a header field has a control character");
	}
	if (++n->fields > HTTP_FIELDS_MAX)
		return bad(ret_status, 431, e, "more than 64 header fields");
	return look_at_field(name, str_trim(value), h, n, ret_status, e);
}

static int
check_counts(const struct http_head *h, const struct counts *n, int *ret_status,
    struct err *e)
{
	if (n->hosts > 1 || (n->hosts == 0 && h->minor == 1))
		return bad(ret_status, 400, e, "there must be one Host field");
	if (n->lengths > 1)
		return bad(ret_status, 400, e, "Content-Length is there twice");
	if (n->encodings > 1)
		return bad(
		    ret_status, 400, e, "Transfer-Encoding is there twice");
	if (n->encodings > 0 && (n->lengths > 0 || h->minor == 0))
		return bad(ret_status, 400, e,
		    "Transfer-Encoding cannot stand beside Content-Length or "
		    "in HTTP/1.0");
	return 0;
}

int
http_head_parse(
    struct str text, struct http_head *ret_head, int *ret_status, struct err *e)
{
	struct http_head h = { .length = -1 };
	struct counts n = { 0 };
	struct str rest = text, line = { 0 };
	if (memchr(text.data, '\0', text.len) != NULL ||
	    !take_line(&rest, &line))
		return bad(ret_status, 400, e, "lines must end with CR LF");
	int rc = parse_request_line(line, &h, ret_status, e);
	if (rc < 0)
		return rc;
	h.keep_alive = h.minor == 1;
	h.fields = rest;
	while (take_line(&rest, &line)) {
		if (line.len == 0) {
			h.fields.len -= rest.len + 2;
			rc = check_counts(&h, &n, ret_status, e);
			if (rc == 0)
				*ret_head = h;
			return rc;
		}
		rc = parse_field(line, &h, &n, ret_status, e);
		if (rc < 0)
			return rc;
	}
	return bad(ret_status, 400, e, "lines must end with CR LF");
}

bool
http_head_field(
    const struct http_head *h, const char *name, struct str *ret_value)
{
	struct str rest = h->fields, line, found;
	while (rest.len > 0 && take_line(&rest, &line)) {
		if (!str_split(&line, ':', &found) || !field_is(found, name))
			continue;
		*ret_value = str_trim(line);
		return true;
	}
	return false;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
http_unescape(
    struct str text, bool as_form, char *out, size_t *ret_len, struct err *e)
{
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		int c = (unsigned char)text.data[i];
		if (c == '%') {
			int high = -1, low = -1;
			if (i + 2 < text.len) {
				high = hex_digit(text.data[i + 1]);
				low = hex_digit(text.data[i + 2]);
			}
			if (high < 0 || low < 0)
				return err_set(e, ERR_SYNTAX,
				    "a '%%' must be followed by two hex digits");
			c = high * 16 + low;
			i += 2;
		} else if (c == '+' && as_form) {
			c = ' ';
		}
		if (c < ' ' || c == 127)
			return err_set(e, ERR_SYNTAX,
			    "a control character is not allowed here");
		out[len++] = (char)c;
	}
	out[len] = '\0';
	*ret_len = len;
	return 0;
}
