/* SPDX-License-Identifier: MIT */
/*
 * The text of a crontab and the entries in it that carry our comment
 * (RES-cron). Pure functions of text.
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"

#define CRONTAB_MAX_BYTES (1u << 20)

struct cron_variable {
	const char *name, *value;
};

/* An entry as it is written; NULL stands for an absent variable. */
struct cron_entry {
	const char *minute, *hour, *day, *month, *weekday;
	const char *time; /* "daily": @daily instead of the five fields */
	const char *mailto, *path, *shell, *home;
	struct cron_variable *variables;
	size_t variable_count;
	const char *command;
};

/*
 * Looks for "# Chef Name: <name>". The entry is that line, the variable lines
 * behind it and the next line if it is a schedule (RES-cron-6); else
 * *ret_complete is false.
 */
bool crontab_find(struct arena *a, struct str text, const char *name,
    struct cron_entry *ret_entry, bool *ret_complete);
/* The whole text with the entry of that name replaced, or appended; entry
 * NULL takes it out. */
void crontab_rewrite(struct str text, const char *name,
    const struct cron_entry *entry, struct buf *out);
bool cron_entry_eq(const struct cron_entry *a, const struct cron_entry *b);
/* A full name of a day as its number: cron itself knows only three letters. */
const char *cron_weekday(const char *text);
