/* SPDX-License-Identifier: MIT */
/* Random pauses that grow. */
#include "common/backoff.h"

#include <sys/random.h>

int64_t
backoff_random(int64_t max)
{
	uint64_t r = 0;
	ssize_t n = getrandom(&r, sizeof(r), 0);
	ASSERT(n == (ssize_t)sizeof(r));
	return max > 0 ? (int64_t)(r % ((uint64_t)max + 1)) : 0;
}

int64_t
backoff_next(struct backoff *b, int64_t at_least_ms)
{
	int64_t first = b->first_ms > 0 ? b->first_ms : BACKOFF_FIRST_MS;
	int64_t max = b->max_ms > 0 ? b->max_ms : BACKOFF_MAX_MS;
	int64_t ceiling = first;
	for (int i = 0; i <= b->tries && ceiling < max; i++)
		ceiling *= 2;
	if (ceiling > max)
		ceiling = max;
	if (ceiling < max)
		b->tries++;
	if (at_least_ms > 0) {
		/* Others were told the same time. */
		int64_t spread =
		    at_least_ms / 4 > first ? at_least_ms / 4 : first;
		return at_least_ms + backoff_random(spread);
	}
	return first + backoff_random(ceiling - first);
}

void
backoff_reset(struct backoff *b)
{
	b->tries = 0;
}
