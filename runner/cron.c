/* SPDX-License-Identifier: MIT */
/* Crontab fields as sets of numbers, and the next time that is in them. */
#include "runner/cron.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/str.h"

#define YEARS_MAX 5
#define FIELD_MAX_BYTES 256

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun",
	"jul", "aug", "sep", "oct", "nov", "dec" };
static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu",
	"fri", "sat" };

static const struct field {
	const char *name;
	int low, high;
	const char *const *names;
	size_t names_len;
	int names_from;
} fields[] = {
	{ "minute", 0, 59, NULL, 0, 0 },
	{ "hour", 0, 23, NULL, 0, 0 },
	{ "day", 1, 31, NULL, 0, 0 },
	{ "month", 1, 12, months, ARRAY_LEN(months), 1 },
	{ "weekday", 0, 7, weekdays, ARRAY_LEN(weekdays), 0 },
};

static int
read_number(const struct field *f, struct str text, int *ret, struct err *e)
{
	for (size_t i = 0; i < f->names_len; i++) {
		if (text.len == 3 &&
		    strncasecmp(text.data, f->names[i], 3) == 0) {
			*ret = f->names_from + (int)i;
			return 0;
		}
	}
	int64_t n;
	if (!str_to_i64(text, 10, &n) || n < f->low || n > f->high)
		return err_set(e, ERR_INVALID, "%s '%.*s': must be %d to %d",
		    f->name, (int)(text.len < 32 ? text.len : 32),
		    text.data != NULL ? text.data : "", f->low, f->high);
	*ret = (int)n;
	return 0;
}

/* "*", "a", "a-b", each with "/n". */
static int
read_range(const struct field *f, struct str text, uint64_t *set, struct err *e)
{
	struct str rest = text, range, from, to;
	if (!str_split(&rest, '/', &range))
		range = text;
	int64_t step = 1;
	bool has_step = rest.data != NULL;
	if (has_step &&
	    (!str_to_i64(rest, 10, &step) || step < 1 || step > f->high))
		return err_set(e, ERR_INVALID, "%s: '%.*s' is no step", f->name,
		    STR_ARG(text));
	int low = f->low, high = f->high, rc = 0;
	if (!str_eq_text(range, "*")) {
		struct str ends = range;
		if (!str_split(&ends, '-', &from))
			from = range;
		to = ends.data != NULL ? ends : from;
		rc = read_number(f, from, &low, e);
		if (rc == 0)
			rc = read_number(f, to, &high, e);
		if (rc == 0 && has_step && ends.data == NULL)
			high = f->high;
		if (rc == 0 && low > high)
			rc = err_set(e, ERR_INVALID,
			    "%s '%.*s': ends before it begins", f->name,
			    STR_ARG(range));
	}
	for (int n = low; rc == 0 && n <= high; n += (int)step)
		*set |= UINT64_C(1) << n;
	return rc;
}

static int
read_field(
    const struct field *f, struct str text, uint64_t *ret_set, struct err *e)
{
	if (text.len == 0 || text.len > FIELD_MAX_BYTES)
		return err_set(
		    e, ERR_INVALID, "%s: missing or too long", f->name);
	uint64_t set = 0;
	struct str rest = text, part;
	while (str_split(&rest, ',', &part)) {
		int rc = read_range(f, part, &set, e);
		if (rc < 0)
			return rc;
	}
	*ret_set = set;
	return 0;
}

int
cron_parse(const char *text, struct cron *ret_cron, struct err *e)
{
	uint64_t sets[ARRAY_LEN(fields)] = { 0 };
	bool any[ARRAY_LEN(fields)] = { false };
	struct str rest = str_from(text), part;
	size_t count = 0;
	while (str_split(&rest, ' ', &part)) {
		if (part.len == 0)
			continue;
		if (count == ARRAY_LEN(fields))
			return err_set(e, ERR_INVALID,
			    "times '%.64s': more than five fields", text);
		int rc = read_field(&fields[count], part, &sets[count], e);
		if (rc < 0)
			return err_wrap(e, "times '%.64s'", text);
		any[count++] = part.data[0] == '*';
	}
	if (count < ARRAY_LEN(fields))
		return err_set(e, ERR_INVALID,
		    "times '%.64s': must have five fields", text);
	if (sets[4] & (1 << 7))
		sets[4] |= 1;
	*ret_cron = (struct cron){ .minutes = sets[0],
		.hours = (uint32_t)sets[1],
		.days = (uint32_t)sets[2],
		.months = (uint16_t)sets[3],
		.weekdays = (uint8_t)(sets[4] & 0x7f),
		.any_day = any[2],
		.any_weekday = any[4] };
	return 0;
}

static bool
day_is_in(const struct cron *c, const struct tm *t)
{
	bool day = c->days & (UINT32_C(1) << t->tm_mday);
	bool weekday = c->weekdays & (1 << t->tm_wday);
	return c->any_day || c->any_weekday ? day && weekday : day || weekday;
}

/* Normalizes t and gives its time. */
static time_t
settle(struct tm *t)
{
	t->tm_isdst = -1;
	return mktime(t);
}

/* Moves t on to the next time worth a look; false when it is in the sets. */
static bool
skip(const struct cron *c, struct tm *t)
{
	if (!(c->months & (1 << (t->tm_mon + 1)))) {
		t->tm_mon++;
		t->tm_mday = 1;
		t->tm_hour = t->tm_min = 0;
	} else if (!day_is_in(c, t)) {
		t->tm_mday++;
		t->tm_hour = t->tm_min = 0;
	} else if (!(c->hours & (UINT32_C(1) << t->tm_hour))) {
		t->tm_hour++;
		t->tm_min = 0;
	} else if (!(c->minutes & (UINT64_C(1) << t->tm_min))) {
		t->tm_min++;
	} else {
		return false;
	}
	return true;
}

time_t
cron_next(const struct cron *c, time_t after)
{
	struct tm t;
	time_t at = after - after % 60 + 60;
	if (localtime_r(&at, &t) == NULL)
		return -1;
	int last_year = t.tm_year + YEARS_MAX;
	while (t.tm_year <= last_year) {
		if (!skip(c, &t))
			return at > after ? at : -1;
		time_t next = settle(&t);
		/* A clock set back in between repeats an hour: go on. */
		at = next > at ? next : at + 60;
		if (localtime_r(&at, &t) == NULL)
			return -1;
	}
	return -1;
}
