/* SPDX-License-Identifier: MIT */
/* The jobs that a poll gives to the store (for router/route_poll.c). */
#pragma once

#include "router/fabric_priv.h"

/* What the body of a poll reports, as a job; NULL when it reports nothing.
 * The job keeps nothing of the body. ERR_INVALID, ERR_LIMIT. */
int poll_job_new(const struct poll *p, const struct jsn *body,
    struct store_job **ret_job, struct err *e) MUST_CHECK;
/* These commands were offered; nobody waits for it. */
void poll_job_offered(
    const struct poll *p, const char *const *cids, size_t len);
/* Two machines use the key. */
void poll_job_cloned(const struct poll *p);
