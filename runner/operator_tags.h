/* SPDX-License-Identifier: MIT */
/* Changing and showing the tags of one node by way of the router. */
#pragma once

#include "runner/operator.h"

/* verb: list, add, set (takes away other values of the same
 * namespace:predicate), remove. Prints the tags that the node has then.
 * ERR_UNSUPPORTED for another verb, ERR_INVALID for a malformed tag. */
int operator_change_tags(struct operation *op, const char *node,
    const char *verb, const char *const *tags, size_t tags_len,
    struct err *e) MUST_CHECK;
/* Lines of tags, or JSON. */
void operator_print_tags(const struct operation *op, const struct jsn *tags);
