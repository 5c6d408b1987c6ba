/* SPDX-License-Identifier: MIT */
/*
 * Times as a crontab gives them: minute 0-59, hour 0-23, day 1-31, month 1-12
 * or jan-dec, weekday 0-7 (0 and 7 are Sunday) or sun-sat; each "*", numbers,
 * ranges "a-b", steps "*\/n" and "a-b/n", lists with ",". When both day and
 * weekday are restricted, one of them is enough. Times are local; a time that
 * a change of the clock skips does not come, one that it repeats comes once.
 */
#pragma once

#include <time.h>

#include "common/base.h"
#include "common/err.h"

struct cron {
	uint64_t minutes;
	uint32_t hours, days;
	uint16_t months;
	uint8_t weekdays;
	bool any_day, any_weekday; /* "*" */
};

/* "MINUTE HOUR DAY MONTH WEEKDAY". ERR_INVALID names the field. */
int cron_parse(
    const char *text, struct cron *ret_cron, struct err *e) MUST_CHECK;
/* The first time after `after` (in seconds); -1: never within 5 years. */
time_t cron_next(const struct cron *c, time_t after);
