/* SPDX-License-Identifier: MIT */
/*
 * How a command ended on nodes: exit statuses (runner/tbl/results.h), lines,
 * counts. A result is a delivery as the router tells it (shape api_delivery).
 */
#pragma once

#include "runner/exits.h"
#include "runner/table.h"
#include "wire/api.h"

/* What a program ends with for this delivery alone. */
enum exit_status result_exit(const struct jsn *delivery);
/* Of all; when we_cancelled, what our cancelling cut short counts as
 * cancelled, and that beats all. */
enum exit_status results_exit(
    const struct jsn *const *deliveries, size_t len, bool we_cancelled);
bool result_is_open(const struct jsn *delivery);
/* "web-1  ok  1.2 s  3 changed"; names are padded to name_width columns. */
void result_line(const struct term *t, const struct jsn *delivery,
    size_t name_width, struct buf *out);
/* A row of NODE|STATE|TOOK|CHANGED|RUN|REASON. */
void results_table_row(struct table *t, const struct jsn *delivery);

/* How many deliveries are in which state. */
struct result_counts {
	size_t total, of[DELIVERY_lost + 1];
};
void results_count(const struct jsn *const *deliveries, size_t len,
    struct result_counts *ret_counts);
/* "37 nodes: 35 ok, 1 failed, 1 expired" */
void result_counts_format(const struct result_counts *c, struct buf *out);
