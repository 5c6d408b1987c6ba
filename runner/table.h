/* SPDX-License-Identifier: MIT */
/*
 * Aligned columns on standard output for people. No escapes where no colours
 * are wanted, no blanks at the ends of lines; the last column is as long as it
 * likes. Control characters of cells are shown as '?'.
 */
#pragma once

#include "common/buf.h"
#include "runner/term.h"

#define TABLE_COLUMNS_MAX 12

struct table;

/* Heads "NAME|STATE|>TIME"; a column that begins with '>' is right-aligned.
 * heads must outlive the table. */
struct table *table_new(const char *heads);
void table_free(struct table **t);
/* Begins a row; cells follow in order, missing ones are empty. */
void table_row(struct table *t);
void table_cell(struct table *t, enum term_style style, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
size_t table_rows(const struct table *t);
/* Heads and rows; nothing when there are no rows. */
void table_print(const struct table *t, const struct term *term);
/* Columns that a text takes: code points that are not marks. */
size_t text_columns(struct str text);
