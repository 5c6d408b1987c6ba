/* SPDX-License-Identifier: MIT */
/*
 * Pauses between attempts, with full jitter: each is drawn from the whole
 * range up to a ceiling that doubles, so that many clients of a server that
 * comes back do not come back together.
 */
#pragma once

#include "common/base.h"

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MAX_MS 60000

struct backoff {
	int64_t first_ms, max_ms; /* 0: BACKOFF_FIRST_MS, BACKOFF_MAX_MS */
	int tries;                /* failures in a row */
};

/* The next pause: between first_ms and the ceiling; at_least_ms (what the
 * server asked for) is added to a part of it. */
int64_t backoff_next(struct backoff *b, int64_t at_least_ms);
/* After a success. */
void backoff_reset(struct backoff *b);
/* A random number from 0 up to max. */
int64_t backoff_random(int64_t max);
