/* SPDX-License-Identifier: MIT */
/* The fetch process's conversation: requests in, results out. */
#pragma once

#include "common/err.h"

/*
 * Serves the connection: one fetch_request, pack_request or unpack_request, or
 * any number of download_requests until the peer closes. Returns the exit
 * status: 0, or 1 when a fetch failed (the peer was told) or the conversation
 * did (err set).
 */
int serve_run(int fd, struct err *e);
