/* SPDX-License-Identifier: MIT */
/*
 * The perform process: one run for the agent, from its order to its end. The
 * bundle's policy is checked here once more, since the bundle may be another
 * one than when the order was accepted.
 */
#pragma once

#include "common/err.h"

/* Reads the order from fd (taken over), does it, tells how it ended. The exit
 * status: 0 when the agent was told, whatever the end of the run. */
int perform_run(int fd, struct err *e) MUST_CHECK;
