/* SPDX-License-Identifier: MIT */
/*
 * Values that must not be printed, and the masks that keep them out of
 * streamed output. Invariant of a mask: its entries are sorted by length,
 * longest first, so that the longest match wins.
 */
#include "common/secret.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_MAGIC 0x73656372u
#define MASK_MAGIC 0x6d61736bu
#define MASK_MIN_BYTES 3

struct secret {
	unsigned magic;
	size_t len;
	char *data;
};

struct secret *
secret_new(struct str value)
{
	struct secret *s = xcalloc(1, sizeof(*s));
	s->magic = SECRET_MAGIC;
	s->len = value.len;
	s->data = xmalloc(value.len + 1);
	if (value.len > 0)
		memcpy(s->data, value.data, value.len);
	s->data[value.len] = '\0';
	return s;
}

void
secret_free(struct secret **s)
{
	if (s == NULL || *s == NULL)
		return;
	CHECK_OBJ(*s, SECRET_MAGIC);
	explicit_bzero((*s)->data, (*s)->len);
	free((*s)->data);
	(*s)->magic = 0;
	free(*s);
	*s = NULL;
}

struct str
secret_reveal(const struct secret *s)
{
	CHECK_OBJ(s, SECRET_MAGIC);
	return (struct str){ s->data, s->len };
}

struct mask_entry {
	struct secret *value;
	char *shown;
};

struct mask {
	unsigned magic;
	size_t len;
	struct mask_entry *entries;
	bool starts[256]; /* first bytes of the values */
};

struct mask *
mask_new(void)
{
	struct mask *m = xcalloc(1, sizeof(*m));
	m->magic = MASK_MAGIC;
	return m;
}

void
mask_free(struct mask **m)
{
	if (m == NULL || *m == NULL)
		return;
	CHECK_OBJ(*m, MASK_MAGIC);
	for (size_t i = 0; i < (*m)->len; i++) {
		secret_free(&(*m)->entries[i].value);
		free((*m)->entries[i].shown);
	}
	free((*m)->entries);
	(*m)->magic = 0;
	free(*m);
	*m = NULL;
}

void
mask_add(struct mask *m, const char *name, const struct secret *s)
{
	CHECK_OBJ(m, MASK_MAGIC);
	struct str value = secret_reveal(s);
	if (value.len < MASK_MIN_BYTES)
		return;
	m->entries = xreallocarray(m->entries, m->len + 1, sizeof(*m->entries));
	size_t at = m->len++;
	while (at > 0 && m->entries[at - 1].value->len < value.len) {
		m->entries[at] = m->entries[at - 1];
		at--;
	}
	m->entries[at] = (struct mask_entry){
		.value = secret_new(value),
		.shown = xasprintf("<hidden input %s>", name),
	};
	m->starts[(unsigned char)value.data[0]] = true;
}

bool
mask_is_empty(const struct mask *m)
{
	return m == NULL || m->len == 0;
}

void
mask_stream_init(struct mask_stream *ms, const struct mask *m)
{
	ms->mask = m;
	buf_init(&ms->held, SIZE_MAX / 2);
}

void
mask_stream_release(struct mask_stream *ms)
{
	if (ms->held.data != NULL)
		explicit_bzero(ms->held.data, ms->held.room);
	buf_release(&ms->held);
}

enum match {
	MATCH_NONE,
	MATCH_WHOLE,
	MATCH_CUT, /* the text ends inside a value */
};

static enum match
match_at(const struct mask *m, struct str text, const struct mask_entry **ret)
{
	if (!m->starts[(unsigned char)text.data[0]])
		return MATCH_NONE;
	for (size_t i = 0; i < m->len; i++) {
		const struct secret *v = m->entries[i].value;
		size_t len = v->len < text.len ? v->len : text.len;
		if (memcmp(v->data, text.data, len) != 0)
			continue;
		*ret = &m->entries[i];
		return len == v->len ? MATCH_WHOLE : MATCH_CUT;
	}
	return MATCH_NONE;
}

/* Shows what is decided; returns how many bytes of text that were. */
static size_t
show(const struct mask *m, struct str text, bool is_end, struct buf *out)
{
	size_t plain = 0, i = 0;
	while (i < text.len) {
		const struct mask_entry *entry = NULL;
		struct str rest = { text.data + i, text.len - i };
		enum match match = match_at(m, rest, &entry);
		if (match == MATCH_CUT && !is_end)
			break;
		if (match == MATCH_CUT) {
			/* A shorter value may still be whole in the rest. */
			while (++entry < m->entries + m->len) {
				struct str value = secret_reveal(entry->value);
				if (value.len <= rest.len &&
				    memcmp(value.data, rest.data, value.len) ==
					0) {
					match = MATCH_WHOLE;
					break;
				}
			}
		}
		if (match != MATCH_WHOLE) {
			i++;
			continue;
		}
		buf_add(out, text.data + plain, i - plain);
		buf_add_str(out, entry->shown);
		i += entry->value->len;
		plain = i;
	}
	buf_add(out, text.data + plain, i - plain);
	return i;
}

void
mask_stream_feed(struct mask_stream *ms, struct str in, struct buf *out)
{
	if (in.len == 0)
		return;
	if (mask_is_empty(ms->mask)) {
		buf_add(out, in.data, in.len);
		return;
	}
	CHECK_OBJ(ms->mask, MASK_MAGIC);
	buf_add(&ms->held, in.data, in.len);
	struct str held = { ms->held.data, ms->held.len };
	buf_consume(&ms->held, show(ms->mask, held, false, out));
}

void
mask_stream_flush(struct mask_stream *ms, struct buf *out)
{
	if (ms->held.len == 0)
		return;
	struct str held = { ms->held.data, ms->held.len };
	show(ms->mask, held, true, out);
	buf_reset(&ms->held);
}

void
mask_text(const struct mask *m, struct str in, struct buf *out)
{
	if (in.len == 0)
		return;
	if (mask_is_empty(m))
		buf_add(out, in.data, in.len);
	else
		show(m, in, true, out);
}
