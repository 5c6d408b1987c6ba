/* SPDX-License-Identifier: MIT */
/* schedules.json and the crontab made from it. */
#include "runner/schedules.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"
#include "wire/runspec.h"

#define SCHEDULES_MAX_BYTES ((size_t)1 << 20)

bool
schedule_field_is_valid(const char *text)
{
	return text[0] != '\0' &&
	       text[strspn(text, "0123456789*,-/abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

char *
schedule_times(const struct bundle_schedule *s)
{
	return xasprintf(
	    "%s %s %s %s %s", s->minute, s->hour, s->day, s->month, s->weekday);
}

static int
check(const struct bundle_schedule *s, struct err *e)
{
	const char *const fields[] = { s->minute, s->hour, s->day, s->month,
		s->weekday };
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!schedule_field_is_valid(fields[i]))
			return err_set(e, ERR_INVALID,
			    "schedule '%.64s': '%.64s' is no field of a "
			    "crontab",
			    s->name, fields[i]);
	}
	if (!is_plain_name(s->name, " _-.:"))
		return err_set(e, ERR_INVALID,
		    "schedule '%.64s': the name must be of letters, digits, "
		    "blanks and _ - . :",
		    s->name);
	bool valid = s->kind == EXECUTABLE_RECIPE
			 ? runspec_recipe_is_valid(s->executable)
			 : is_plain_name(s->executable, " _-.");
	if (!valid)
		return err_set(e, ERR_INVALID,
		    "schedule '%.64s': '%.64s' is no name of a %s", s->name,
		    s->executable, executable_kind_name(s->kind));
	return 0;
}

/* In single quotes for the shell that cron starts; "%" ends a command there
 * unless escaped. */
static void
add_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\'')
			buf_add_str(out, "'\\''");
		else if (*p == '%')
			buf_add_str(out, "'\\%'");
		else
			buf_add_char(out, *p);
	}
	buf_add_char(out, '\'');
}

struct rendering {
	const struct places *places;
	struct buf *out;
};

static int
add_line(const char *name, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	const struct rendering *r = arg;
	buf_printf(r->out, "# %s\n%s root ", name,
	    jsn_peek_str(value, "times", "0 0 31 2 *"));
	add_quoted(r->out, r->places->program);
	buf_add_str(r->out, " run --wait --quiet --state-dir ");
	add_quoted(r->out, r->places->state);
	buf_add_char(r->out, ' ');
	AUTO_STR char *item =
	    xasprintf("%s[%s]", jsn_peek_str(value, "kind", "recipe"),
		jsn_peek_str(value, "executable", ""));
	add_quoted(r->out, item);
	buf_add_char(r->out, '\n');
	return 0;
}

static int
save(const struct places *p, const char *path, const struct jsn *root,
    struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(SCHEDULES_MAX_BYTES);
	jsn_format(root, JSN_PRETTY, &text);
	int rc = fsat_replace(
	    AT_FDCWD, path, (struct str){ text.data, text.len }, 0600, 0, e);
	if (rc < 0 || p->cron == NULL)
		return rc;
	buf_reset(&text);
	buf_add_str(&text,
	    "# Made by rightlink from its schedules; changes are lost.\n"
	    "SHELL=/bin/sh\n"
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin\n");
	struct rendering r = { p, &text };
	rc = jsn_each(root, add_line, &r, e);
	if (rc == 0)
		rc = fsat_mkdir_all(AT_FDCWD, p->cron, 0755, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *crontab = path_join(p->cron, "rightlink");
	return fsat_replace(
	    AT_FDCWD, crontab, (struct str){ text.data, text.len }, 0644, 0, e);
}

static int
load(const char *path, struct jsn **ret_root, struct err *e)
{
	int rc = jsn_load(AT_FDCWD, path, SCHEDULES_MAX_BYTES, ret_root, e);
	if (rc == ERR_ABSENT) {
		*ret_root = jsn_new_object();
		return 0;
	}
	if (rc == 0 && jsn_type(*ret_root) != JSN_OBJECT) {
		jsn_free(ret_root);
		return err_set(e, ERR_INVALID, "%s: must hold an object", path);
	}
	return rc;
}

/* Puts the row into root. True when it was absent or different. */
static bool
put_row(struct jsn *root, const struct bundle_schedule *s, bool of_bundle)
{
	AUTO_STR char *times = schedule_times(s);
	const struct jsn *have = jsn_get(root, s->name);
	if (text_eq(jsn_peek_str(have, "times", NULL), times) &&
	    text_eq(jsn_peek_str(have, "executable", NULL), s->executable) &&
	    text_eq(jsn_peek_str(have, "kind", NULL),
		executable_kind_name(s->kind)))
		return false;
	struct jsn *row = jsn_new_object();
	jsn_set_str(row, "kind", executable_kind_name(s->kind));
	jsn_set_str(row, "executable", s->executable);
	jsn_set_str(row, "times", times);
	jsn_set_bool(row, "of_bundle", of_bundle);
	jsn_set(root, s->name, row);
	return true;
}

int
schedule_put(const struct places *p, const struct bundle_schedule *s,
    bool *ret_changed, struct err *e)
{
	int rc = check(s, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *path = places_state(p, "schedules.json");
	AUTO(jsn_free) struct jsn *root = NULL;
	rc = load(path, &root, e);
	if (rc < 0)
		return rc;
	*ret_changed = put_row(root, s, false);
	return *ret_changed ? save(p, path, root, e) : 0;
}

struct staying {
	const struct bundle *bundle;
	struct jsn *kept;
	bool dropped;
};

static int
keep_unless_stale(const char *name, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	struct staying *s = arg;
	bool stays = !jsn_peek_bool(value, "of_bundle", false);
	for (size_t i = 0; i < s->bundle->schedules_len && !stays; i++)
		stays = text_eq(s->bundle->schedules[i].name, name);
	if (stays)
		jsn_set(s->kept, name, jsn_ref(value));
	else
		s->dropped = true;
	return 0;
}

int
schedules_use_bundle(
    const struct places *p, const struct bundle *b, struct err *e)
{
	AUTO_STR char *path = places_state(p, "schedules.json");
	AUTO(jsn_free) struct jsn *root = NULL;
	int rc = load(path, &root, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *kept = jsn_new_object();
	struct staying s = { .bundle = b, .kept = kept };
	rc = jsn_each(root, keep_unless_stale, &s, e);
	bool changed = s.dropped;
	for (size_t i = 0; i < b->schedules_len && rc == 0; i++) {
		rc = check(&b->schedules[i], e);
		if (rc == 0 && put_row(kept, &b->schedules[i], true))
			changed = true;
	}
	return rc == 0 && changed ? save(p, path, kept, e) : rc;
}

struct removal {
	const char *name;
	struct jsn *kept;
	bool found;
};

static int
keep_others(const char *name, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	struct removal *r = arg;
	if (text_eq(name, r->name))
		r->found = true;
	else
		jsn_set(r->kept, name, jsn_ref(value));
	return 0;
}

int
schedule_delete(
    const struct places *p, const char *name, bool *ret_changed, struct err *e)
{
	AUTO_STR char *path = places_state(p, "schedules.json");
	AUTO(jsn_free) struct jsn *root = NULL;
	int rc = load(path, &root, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *kept = jsn_new_object();
	struct removal r = { .name = name, .kept = kept };
	rc = jsn_each(root, keep_others, &r, e);
	if (rc < 0)
		return rc;
	*ret_changed = r.found;
	return r.found ? save(p, path, kept, e) : 0;
}

int
schedules_load(
    const struct places *p, struct jsn **ret_schedules, struct err *e)
{
	AUTO_STR char *path = places_state(p, "schedules.json");
	return load(path, ret_schedules, e);
}

void
schedules_drop_crontab(const struct places *p)
{
	AUTO_STR char *crontab = path_join(p->cron, "rightlink");
	AUTO_BUF struct buf text = BUF_INIT(SCHEDULES_MAX_BYTES);
	AUTO_BUF struct buf mine = BUF_INIT(65536);
	struct err ignored = { 0 };
	buf_add_str(&mine, " --state-dir ");
	add_quoted(&mine, p->state);
	if (fsat_read(
		AT_FDCWD, crontab, SCHEDULES_MAX_BYTES, &text, &ignored) == 0 &&
	    strstr(buf_text(&text), buf_text(&mine)) != NULL &&
	    unlink(crontab) < 0)
		return; /* cron and the agent wait for the run lock alike */
}
