/* SPDX-License-Identifier: MIT */
/* Finding the runs that a person means. */
#pragma once

#include "runner/operator.h"

/*
 * The audits (shape api_audit) that `word` names: a run's id or the beginning
 * of one, or a command's id (all of its runs); NULL: the newest, of `node` when
 * that is given (an instance's id, or NULL). ERR_ABSENT, ERR_INVALID (several
 * runs begin so). Caller frees the array.
 */
int operator_find_audits(struct operation *op, const char *word,
    const char *node, struct jsn **ret_audits, struct err *e) MUST_CHECK;
/* The id of --node, or NULL; in op's arena. */
int operator_node_option(
    struct operation *op, const char **ret_id, struct err *e) MUST_CHECK;
enum term_style run_status_style(const char *status);
