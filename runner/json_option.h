/* SPDX-License-Identifier: MIT */
/* The value of --json: attributes as a JSON object. */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "runner/options.h"

#define JSON_OPTION_MAX_BYTES ((size_t)16 << 20)

/* text: a file's name, "-" (standard input) or the object itself, "{...}".
 * NULL leaves *ret_value alone. ERR_INVALID when it is no object, ERR_SYNTAX,
 * ERR_ABSENT. */
int json_option_load(
    const char *text, struct jsn **ret_value, struct err *e) MUST_CHECK;
/* NAME=VALUE words as an object of strings; NULL when there are none.
 * ERR_INVALID. */
int parameters_parse(const struct option_list *words, struct jsn **ret_value,
    struct err *e) MUST_CHECK;
