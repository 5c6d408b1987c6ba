/* SPDX-License-Identifier: MIT */
/* Clocks, their text, and time-sorted identifiers. */
#include "common/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static int64_t
read_ms(clockid_t id)
{
	struct timespec t = { 0 };
	ASSERT(clock_gettime(id, &t) == 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_now_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t
clock_cpu_ms(void)
{
	return read_ms(CLOCK_PROCESS_CPUTIME_ID);
}

void
clock_format(int64_t ms, char out[CLOCK_TEXT_BYTES])
{
	int64_t seconds = ms / 1000, rest = ms % 1000;
	if (rest < 0) {
		rest += 1000;
		seconds--;
	}
	time_t t = (time_t)seconds;
	struct tm tm;
	char head[CLOCK_TEXT_BYTES] = "";
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(head, sizeof(head), "%Y-%m-%dT%H:%M:%S", &tm) == 0 ||
	    strlen(head) > CLOCK_TEXT_BYTES - 6) {
		memcpy(out, "-", 2);
		return;
	}
	size_t len = strlen(head);
	memcpy(out, head, len);
	out[len++] = '.';
	out[len++] = (char)('0' + rest / 100);
	out[len++] = (char)('0' + rest / 10 % 10);
	out[len++] = (char)('0' + rest % 10);
	out[len++] = 'Z';
	out[len] = '\0';
}

void
ulid_new(char out[ULID_TEXT_BYTES])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t ms = (uint64_t)clock_now_ms();
	unsigned char tail[16];
	ssize_t got = getrandom(tail, sizeof(tail), 0);
	ASSERT(got == (ssize_t)sizeof(tail));
	for (int i = 9; i >= 0; i--) {
		out[i] = digits[ms & 31];
		ms >>= 5;
	}
	for (size_t i = 0; i < sizeof(tail); i++)
		out[10 + i] = digits[tail[i] & 31];
	out[26] = '\0';
}
