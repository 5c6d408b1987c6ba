/* SPDX-License-Identifier: MIT */
/*
 * From rows of the store to JSON of wire/tbl/api.h, and what several handlers
 * check alike.
 */
#pragma once

#include "router/httpd.h"
#include "router/store.h"

struct jsn *answer_command(const struct store_command *c);
struct jsn *answer_delivery(const struct store_delivery *d);
/* name: of the instance, now. */
struct jsn *answer_audit(const struct store_audit *t, const char *name);
struct jsn *answer_names(const char *const *names, size_t len);

/* The query fields limit and cursor. False: it is answered with 422. */
bool ask_page(struct exchange *x, int64_t max, int64_t fallback,
    struct store_page *ret_page);
/* A query field between 0 and max; absent: fallback. False: answered. */
bool ask_int(struct exchange *x, const char *name, int64_t max,
    int64_t fallback, int64_t *ret);
/* Is this text the form of a ULID? */
bool is_ulid(const char *text);
