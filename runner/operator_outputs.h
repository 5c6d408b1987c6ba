/* SPDX-License-Identifier: MIT */
/* Output of the runs of a command, identical output once. */
#pragma once

#include "runner/operator.h"

/*
 * Reads the audits of the deliveries' runs and prints them in groups, largest
 * first. only_failed leaves out what ended ok. What cannot be read is told on
 * standard error and left out. An audit that is still being sent is waited for
 * at most 10 s.
 */
int outputs_print(struct operation *op, const struct jsn *const *deliveries,
    size_t len, bool only_failed, struct err *e) MUST_CHECK;
