/* SPDX-License-Identifier: MIT */
/* Growing byte buffer; invariant: data == NULL or data[len] == '\0'. */
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t max_bytes)
{
	*b = BUF_INIT(max_bytes);
}

void
buf_release(struct buf *b)
{
	free(b->data);
	*b = BUF_INIT(b->max_bytes);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* Room for more bytes and the NUL; false (sticky) past the ceiling. */
static bool
grow(struct buf *b, size_t more)
{
	if (b->failed || more > b->max_bytes || b->len > b->max_bytes - more) {
		b->failed = true;
		return false;
	}
	size_t need = b->len + more + 1;
	if (b->data != NULL && need <= b->room)
		return true;
	size_t room = b->room < 64 ? 64 : b->room;
	while (room < need)
		room = room > SIZE_MAX / 2 ? need : room * 2;
	b->data = xreallocarray(b->data, room, 1);
	b->room = room;
	b->data[b->len] = '\0';
	return true;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (!grow(b, len) || len == 0)
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_add_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	ASSERT(n >= 0);
	if (grow(b, (size_t)n)) {
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void
buf_consume(struct buf *b, size_t len)
{
	ASSERT(len <= b->len);
	if (len == 0)
		return;
	memmove(b->data, b->data + len, b->len - len);
	b->len -= len;
	b->data[b->len] = '\0';
}

char *
buf_reserve(struct buf *b, size_t len)
{
	return grow(b, len) ? b->data + b->len : NULL;
}

void
buf_commit(struct buf *b, size_t len)
{
	ASSERT(b->data != NULL && len < b->room - b->len);
	b->len += len;
	b->data[b->len] = '\0';
}

bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

const char *
buf_text(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

char *
buf_take(struct buf *b)
{
	char *data = b->data != NULL ? b->data : xstrdup("");
	*b = BUF_INIT(b->max_bytes);
	return data;
}
