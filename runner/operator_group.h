/* SPDX-License-Identifier: MIT */
/*
 * Output of many nodes with what is the same said once. Texts are compared
 * after what differs without meaning has been taken out: the frame of the
 * audit (its headings, the formatter's first and last lines), lines of the
 * log, durations, moments and ids of runs.
 */
#pragma once

#include "common/buf.h"
#include "common/str.h"

/* The part of an audit that says what was done; for comparing, with "..." for
 * what differs from run to run. */
void output_essence(struct str audit, bool for_comparing, struct buf *out);

#define GROUP_LINES_MAX 60 /* shown of one output; the last ones */

struct output_groups;

struct output_group {
	const char *text; /* of the first node, without the frame; may be "" */
	const char *const *names; /* in the order they were added */
	size_t names_len;
};

struct output_groups *output_groups_new(void);
void output_groups_free(struct output_groups **g);
/* Copies what it keeps. */
void output_groups_add(
    struct output_groups *g, const char *name, struct str audit);
/* After the last add: largest group first, then in the order they came. */
void output_groups_sort(struct output_groups *g);
size_t output_groups_len(const struct output_groups *g);
struct output_group output_groups_at(const struct output_groups *g, size_t i);
/* "37 nodes: web-1, web-2, web-3 and 34 more" */
void output_group_title(const struct output_group *g, struct buf *out);
/* The text, each line with four blanks in front; when it is longer than
 * GROUP_LINES_MAX its last lines, after one that says so. */
void output_group_body(const struct output_group *g, struct buf *out);
