/* SPDX-License-Identifier: MIT */
/* Telling a person why nothing happens: nodes that do not take a command
 * because they are not online. */
#pragma once

#include "runner/operator.h"

struct absent;

struct absent *absent_new(struct operation *op);
void absent_free(struct absent **a);
/* Asks about the nodes of these deliveries that wait, a few of them, and says
 * on standard error which are not online. Each node is asked about once. */
void absent_look(
    struct absent *a, const struct jsn *const *deliveries, size_t len);
