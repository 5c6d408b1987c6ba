/* SPDX-License-Identifier: MIT */
/* The body that comes in chunks: SIZE[;extension] CRLF DATA CRLF ... 0 CRLF
 * CRLF. Extensions are skipped, trailers refused. */
#include "router/http_parse.h"

#define LINE_MAX_BYTES 256
#define DIGITS_MAX 15 /* 60 bits of size */

enum {
	AT_SIZE,
	AT_EXTENSION,
	AT_SIZE_LF,
	AT_DATA,
	AT_DATA_CR,
	AT_DATA_LF,
	AT_LAST_CR,
	AT_LAST_LF,
	AT_END,
};

static int
bad(struct err *e, const char *text)
{
	return err_set(e, ERR_SYNTAX, "chunked body: %s", text);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
take_size(struct http_chunks *c, char byte, struct err *e)
{
	int digit = hex_digit(byte);
	if (digit >= 0) {
		if (++c->digits > DIGITS_MAX)
			return bad(e, "a size is too large");
		c->left = c->left * 16 + (uint64_t)digit;
		return 0;
	}
	if (c->digits == 0)
		return bad(e, "a size in hex digits must stand here");
	if (byte != '\r' && byte != ';' && byte != ' ' && byte != '\t')
		return bad(e, "a size must end with CR LF");
	c->state = byte == '\r' ? AT_SIZE_LF : AT_EXTENSION;
	return 0;
}

static int
take_extension(struct http_chunks *c, char byte, struct err *e)
{
	if (byte == '\r') {
		c->state = AT_SIZE_LF;
		return 0;
	}
	if (byte == '\n' || ++c->line > LINE_MAX_BYTES)
		return bad(e, "a line with a size is malformed");
	return 0;
}

static int
expect(struct http_chunks *c, char byte, char want, int next, struct err *e)
{
	if (byte != want)
		return c->state >= AT_LAST_CR
			   ? bad(e, "trailer fields are not taken")
			   : bad(e, "CR LF must stand here");
	c->state = next;
	if (next == AT_SIZE)
		*c = (struct http_chunks){ .state = AT_SIZE };
	return 0;
}

static int
take_byte(struct http_chunks *c, char byte, struct err *e)
{
	switch (c->state) {
	case AT_SIZE:
		return take_size(c, byte, e);
	case AT_EXTENSION:
		return take_extension(c, byte, e);
	case AT_SIZE_LF:
		return expect(
		    c, byte, '\n', c->left == 0 ? AT_LAST_CR : AT_DATA, e);
	case AT_DATA_CR:
		return expect(c, byte, '\r', AT_DATA_LF, e);
	case AT_DATA_LF:
		return expect(c, byte, '\n', AT_SIZE, e);
	case AT_LAST_CR:
		return expect(c, byte, '\r', AT_LAST_LF, e);
	default:
		return expect(c, byte, '\n', AT_END, e);
	}
}

int
http_chunks_feed(struct http_chunks *c, struct str text, size_t *ret_used,
    struct str *ret_data, struct err *e)
{
	size_t i = 0;
	while (i < text.len && c->state != AT_END) {
		if (c->state == AT_DATA) {
			size_t len = text.len - i;
			if (len > c->left)
				len = (size_t)c->left;
			c->left -= len;
			if (c->left == 0)
				c->state = AT_DATA_CR;
			*ret_data = (struct str){ text.data + i, len };
			*ret_used = i + len;
			return HTTP_CHUNK_DATA;
		}
		int rc = take_byte(c, text.data[i++], e);
		if (rc < 0)
			return rc;
	}
	*ret_used = i;
	return c->state == AT_END ? HTTP_CHUNK_END : HTTP_CHUNK_MORE;
}
