/* SPDX-License-Identifier: MIT */
/* Sending a command to the nodes that the command line names. */
#pragma once

#include "runner/operator.h"
#include "wire/command.h"

/*
 * Resolves, shows, asks, signs, submits and watches `command` (without targets
 * and times) as `rightlink run` does; `what` names it for people. Returns the
 * exit status, or negative.
 */
int operator_send(struct operation *op, const struct command *command,
    const char *what, struct err *e) MUST_CHECK;
