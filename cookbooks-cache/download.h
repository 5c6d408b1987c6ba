/* SPDX-License-Identifier: MIT */
/*
 * Single downloads for a cook (frame download_request): the transport rules
 * of RES-remote_file-8 to 12. What is done with the answer is the asker's.
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"

/* request: a checked download_request. *ret_result: a download_result frame
 * (caller frees). A complete answer of any status is a success. */
int download_run(const struct jsn *request, struct jsn **ret_result,
    struct err *e) MUST_CHECK;
/* Does this URL text mean "as it is, do not decode" (RES-remote_file-8)? */
bool download_is_raw(const char *url);
/* Pause before try number n + 1 after a 5xx, in units of unit_ms, by
 * RES-remote_file-11: 1 + 2^n + random(2^n). */
int64_t download_pause_ms(int n, int64_t unit_ms);
