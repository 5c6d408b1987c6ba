/* SPDX-License-Identifier: MIT */
/* Aligned columns. */
#include "runner/table.h"

#include <stdlib.h>

#include "common/arena.h"
#include "common/auto.h"

#define TABLE_MAX_BYTES ((size_t)64 << 20)

struct cell {
	const char *text;
	enum term_style style;
};

struct row {
	size_t len;
	struct cell cells[TABLE_COLUMNS_MAX];
};

struct table {
	struct arena *arena;
	size_t columns, rows_len, rows_room;
	bool is_right[TABLE_COLUMNS_MAX];
	struct row head;
	struct row *rows;
};

struct table *
table_new(const char *heads)
{
	struct table *t = xcalloc(1, sizeof(*t));
	t->arena = arena_new();
	struct str rest = str_from(heads), head;
	while (str_split(&rest, '|', &head)) {
		ASSERT(t->columns < TABLE_COLUMNS_MAX);
		bool right = str_has_prefix(head, ">");
		t->is_right[t->columns] = right;
		t->head.cells[t->columns++] = (struct cell){
			.text = arena_strndup(
			    t->arena, head.data + right, head.len - right),
			.style = TERM_TITLE,
		};
	}
	t->head.len = t->columns;
	return t;
}

void
table_free(struct table **at)
{
	if (at == NULL || *at == NULL)
		return;
	arena_free(&(*at)->arena);
	free((*at)->rows);
	free(*at);
	*at = NULL;
}

void
table_row(struct table *t)
{
	if (t->rows_len == t->rows_room) {
		t->rows_room = t->rows_room > 0 ? t->rows_room * 2 : 64;
		t->rows =
		    xreallocarray(t->rows, t->rows_room, sizeof(*t->rows));
	}
	t->rows[t->rows_len++] = (struct row){ .len = 0 };
}

void
table_cell(struct table *t, enum term_style style, const char *fmt, ...)
{
	ASSERT(t->rows_len > 0);
	struct row *row = &t->rows[t->rows_len - 1];
	ASSERT(row->len < t->columns);
	va_list ap;
	va_start(ap, fmt);
	char *text = arena_vprintf(t->arena, fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '?';
	}
	row->cells[row->len++] = (struct cell){ text, style };
}

size_t
table_rows(const struct table *t)
{
	return t->rows_len;
}

size_t
text_columns(struct str text)
{
	size_t columns = 0;
	for (size_t i = 0; i < text.len; i++)
		columns += ((unsigned char)text.data[i] & 0xC0) != 0x80;
	return columns;
}

static const char *
cell_text(const struct row *row, size_t column)
{
	return column < row->len ? row->cells[column].text : "";
}

static void
add_row(const struct table *t, const struct row *row, const size_t *widths,
    const struct term *term, struct buf *out)
{
	size_t last = row->len;
	while (last > 0 && row->cells[last - 1].text[0] == '\0')
		last--;
	for (size_t i = 0; i < last; i++) {
		const struct cell *cell = &row->cells[i];
		size_t pad = widths[i] - text_columns(str_from(cell->text));
		if (t->is_right[i])
			buf_printf(out, "%*s", (int)pad, "");
		bool styled = cell->style != TERM_PLAIN;
		buf_printf(out, "%s%s%s",
		    styled ? term_escape(term, cell->style) : "", cell->text,
		    styled ? term_escape(term, TERM_PLAIN) : "");
		if (i + 1 == last)
			break;
		if (!t->is_right[i])
			buf_printf(out, "%*s", (int)pad, "");
		buf_add_str(out, "  ");
	}
	buf_add_char(out, '\n');
}

void
table_print(const struct table *t, const struct term *term)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };
	if (t->rows_len == 0)
		return;
	for (size_t i = 0; i <= t->rows_len; i++) {
		const struct row *row = i == 0 ? &t->head : &t->rows[i - 1];
		for (size_t k = 0; k < t->columns; k++) {
			size_t columns =
			    text_columns(str_from(cell_text(row, k)));
			if (columns > widths[k])
				widths[k] = columns;
		}
	}
	AUTO_BUF struct buf out = BUF_INIT(TABLE_MAX_BYTES);
	add_row(t, &t->head, widths, term, &out);
	for (size_t i = 0; i < t->rows_len; i++)
		add_row(t, &t->rows[i], widths, term, &out);
	term_data(term, (struct str){ out.data, out.len });
}
