/* SPDX-License-Identifier: MIT */
/*
 * Counters of the router, kept for each I/O thread and added up when they are
 * read. What the store and the server count themselves is asked of them.
 */
#pragma once

#include "common/buf.h"
#include "wire/api.h"

struct router;
struct metrics;

struct metrics *metrics_new(int threads);
void metrics_free(struct metrics **m);
/* An answer; route API_ROUTES: a request that reached none. */
void metrics_request(
    struct metrics *m, int thread, enum api_route route, int status);
int64_t metrics_requests(
    const struct metrics *m, enum api_route route, int status);
/* All of it in Prometheus' text format. */
void metrics_format(struct router *r, int thread, struct buf *out);
