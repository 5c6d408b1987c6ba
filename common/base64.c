/* SPDX-License-Identifier: MIT */
/* Base64 in both alphabets. Parsing is strict: each value has exactly one
 * text, so a text may serve as a key and a signed text cannot be altered
 * without altering the bytes. */
#include "common/base64.h"

#include <string.h>

static const char letters_of_standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char letters_of_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
format(struct str bytes, const char *letters, bool padded, struct buf *out)
{
	const unsigned char *in = (const unsigned char *)bytes.data;
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		unsigned group = (unsigned)in[i] << 16;
		if (left > 1)
			group |= (unsigned)in[i + 1] << 8;
		if (left > 2)
			group |= in[i + 2];
		char four[4] = { letters[group >> 18],
			letters[group >> 12 & 63],
			left > 1 ? letters[group >> 6 & 63] : '=',
			left > 2 ? letters[group & 63] : '=' };
		buf_add(out, four, padded || left > 2 ? 4 : left + 1);
	}
}

void
base64_format(struct str bytes, struct buf *out)
{
	format(bytes, letters_of_standard, true, out);
}

void
base64url_format(struct str bytes, struct buf *out)
{
	format(bytes, letters_of_url, false, out);
}

/* 0 to 63, or -1; `plus` and `slash` are the letters 62 and 63. */
static int
value_of(char c, char plus, char slash)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == plus)
		return 62;
	return c == slash ? 63 : -1;
}

/* The text without padding. */
static int
parse(struct str text, const char *letters, char *to, struct err *e)
{
	unsigned held = 0, bits = 0;
	for (size_t i = 0; i < text.len; i++) {
		int v = value_of(text.data[i], letters[62], letters[63]);
		if (v < 0)
			return err_set(e, ERR_SYNTAX,
			    "base64: byte 0x%02x at %zu is no letter of it",
			    (unsigned)(unsigned char)text.data[i], i);
		held = (held << 6 | (unsigned)v) & 0xfff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (char)(held >> bits & 0xff);
		}
	}
	if (bits == 6)
		return err_set(e, ERR_SYNTAX, "base64: ends inside a byte");
	if ((held & ((1u << bits) - 1)) != 0)
		return err_set(
		    e, ERR_SYNTAX, "base64: bits are left over at the end");
	return 0;
}

static int
parse_into(struct str text, const char *letters, struct buf *out, struct err *e)
{
	size_t len = text.len / 4 * 3 + text.len % 4 * 3 / 4;
	if (len == 0)
		return parse(text, letters, NULL, e);
	char *to = buf_reserve(out, len);
	if (to == NULL)
		return err_set(e, ERR_LIMIT, "base64: longer than %zu bytes",
		    out->max_bytes);
	int rc = parse(text, letters, to, e);
	if (rc == 0)
		buf_commit(out, len);
	return rc;
}

int
base64_parse(struct str text, struct buf *out, struct err *e)
{
	if (text.len % 4 != 0)
		return err_set(e, ERR_SYNTAX,
		    "base64: length %zu is no multiple of four", text.len);
	if (str_has_suffix(text, "=="))
		text.len -= 2;
	else if (str_has_suffix(text, "="))
		text.len -= 1;
	return parse_into(text, letters_of_standard, out, e);
}

int
base64url_parse(struct str text, struct buf *out, struct err *e)
{
	return parse_into(text, letters_of_url, out, e);
}
