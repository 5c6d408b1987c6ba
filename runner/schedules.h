/* SPDX-License-Identifier: MIT */
/*
 * Schedules: recipes and scripts of the bundle that run at times. They are
 * kept in STATE/schedules.json. Without an agent cron does the waiting, from
 * one generated file CRON_DIR/rightlink whose lines call `rightlink run`; every
 * word of a line is checked or quoted. An agent waits itself (timetable.c): its
 * places have no cron directory (NULL), and no file is made.
 */
#pragma once

#include "common/err.h"
#include "runner/bundle.h"
#include "runner/places.h"

/* Makes the bundle's own schedules those given: adds, changes, and deletes
 * what an earlier bundle had. Schedules made by recipes stay. */
int schedules_use_bundle(
    const struct places *p, const struct bundle *b, struct err *e) MUST_CHECK;
/* Adds or changes one. *ret_changed: it was absent or different. */
int schedule_put(const struct places *p, const struct bundle_schedule *s,
    bool *ret_changed, struct err *e) MUST_CHECK;
int schedule_delete(const struct places *p, const char *name, bool *ret_changed,
    struct err *e) MUST_CHECK;
/* {NAME: {"kind", "executable", "times"}}; caller frees. */
int schedules_load(const struct places *p, struct jsn **ret_schedules,
    struct err *e) MUST_CHECK;
/* Removes the crontab that was made for this state directory, if there is
 * one: an agent takes over. */
void schedules_drop_crontab(const struct places *p);
/* "MINUTE HOUR DAY MONTH WEEKDAY"; caller frees. */
char *schedule_times(const struct bundle_schedule *s);
/* Is text a field of a crontab? (no blanks, quotes, '%' or line ends) */
bool schedule_field_is_valid(const char *text);
