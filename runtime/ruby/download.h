/* SPDX-License-Identifier: MIT */
/*
 * Downloads through the fetch process: nothing that comes from the network is
 * parsed in this one. The program is libexec/rightlink/fetch beside us, or in
 * $RIGHTLINK_LIBEXEC. Blocks until the answer is complete.
 */
#pragma once

#include "common/err.h"
#include "providers/services.h"

/* 0 with any HTTP status; the caller releases ret->headers. Errors are those
 * of the fetch process; ERR_ABSENT when it is not installed, ERR_CLOSED when
 * it died. */
int download_run(const struct download *d, struct download_answer *ret,
    struct err *e) MUST_CHECK;
