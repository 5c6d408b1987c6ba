/* SPDX-License-Identifier: MIT */
/*
 * `rightlink boot` and `rightlink run` on a machine whose agent is running:
 * the request is handed to it, its audit is shown as it grows, and the command
 * ends as the run does. SIGINT and SIGTERM stop the run, as they do without an
 * agent.
 */
#pragma once

#include "runner/options.h"
#include "runner/term.h"

/* False: no agent is running on this state directory. True: *ret_status is
 * the exit status, everything is told. names empty: the boot list. */
bool handover_run(const struct options *o, struct term *t,
    const struct option_list *names, int *ret_status);
