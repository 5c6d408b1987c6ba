/* SPDX-License-Identifier: MIT */
/*
 * Downloads through the fetch process: nothing that comes from the network is
 * parsed in this one. The program is libexec/rightlink/fetch beside us, or in
 * $RIGHTLINK_LIBEXEC. Blocks until the answer is complete.
 */
#pragma once

#include "common/err.h"
#include "providers/services.h"

/* What Chef::Config says about every download (RES-remote_file-11, 12);
 * proxies come from the environment, where the configuration puts them. */
struct download_settings {
	int64_t retries, retry_delay_ms, timeout_ms; /* negative: usual */
	const char *ca_file;                         /* NULL: the system's */
	bool insecure; /* peers are not verified */
};

/* 0 with any HTTP status; the caller releases ret->headers. Errors are those
 * of the fetch process; ERR_ABSENT when it is not installed, ERR_CLOSED when
 * it died. */
int download_run(const struct download *d, const struct download_settings *how,
    struct download_answer *ret, struct err *e) MUST_CHECK;
