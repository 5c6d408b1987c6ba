/* SPDX-License-Identifier: MIT */
/*
 * current.json is replaced as a whole: it alone says what counts. A directory
 * gets its name before that and is litter until then.
 */
#include "runner/bundle_shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/bundle.h"
#include "runner/bundle_remote.h"

#define RECORD "current.json"
#define RECORD_MAX_BYTES ((size_t)1 << 20)
#define NAMES_MAX 100 /* whose newest serials are remembered */

void
shelf_release(struct shelf *s)
{
	free(s->path);
	s->path = NULL;
	fd_close(&s->dir);
	jsn_free(&s->record);
}

static const struct jsn *
part_of(const struct shelf *s, const char *key)
{
	const struct jsn *v = jsn_get(s->record, key);
	return jsn_type(v) == JSN_OBJECT ? v : NULL;
}

static struct shelf_bundle
read_bundle(const struct jsn *v)
{
	return (struct shelf_bundle){ .dir = jsn_peek_str(v, "dir", NULL),
		.name = jsn_peek_str(v, "name", NULL),
		.sha256 = jsn_peek_str(v, "sha256", NULL),
		.serial = jsn_peek_int(v, "serial", 0) };
}

struct shelf_bundle
shelf_current(const struct shelf *s)
{
	return read_bundle(part_of(s, "current"));
}

int64_t
shelf_newest(const struct shelf *s, const char *name)
{
	return jsn_peek_int(part_of(s, "newest"), name, 0);
}

const char *
shelf_find(const struct shelf *s, const char *sha256)
{
	static const char *const parts[] = { "current", "previous" };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct shelf_bundle b = read_bundle(part_of(s, parts[i]));
		if (b.dir != NULL && text_eq(b.sha256, sha256))
			return b.dir;
	}
	return NULL;
}

/* ---- litter ------------------------------------------------------------ */

struct sweep {
	struct shelf *shelf;
	const char *part; /* digest of the archive that stays, or NULL */
	bool parts_only;
};

static bool
is_kept(const struct sweep *w, const char *name)
{
	static const char *const parts[] = { "current", "previous" };
	if (text_has_prefix(name, ".") && text_has_suffix(name, ".part")) {
		size_t len = strlen(name) - strlen(".part") - 1;
		return w->part != NULL && strlen(w->part) == len &&
		       memcmp(name + 1, w->part, len) == 0;
	}
	if (w->parts_only || text_eq(name, RECORD))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (text_eq(read_bundle(part_of(w->shelf, parts[i])).dir, name))
			return true;
	}
	return false;
}

static int
sweep_entry(const char *name, void *arg, struct err *e)
{
	const struct sweep *w = arg;
	return is_kept(w, name) ? 0 : fsat_remove_tree(w->shelf->dir, name, e);
}

/* What cannot be removed stays; it does no harm but take room. */
static void
sweep(struct sweep w)
{
	struct err e = { 0 };
	if (fsat_each(w.shelf->dir, sweep_entry, &w, &e) < 0)
		log_event(LOG_LEVEL_WARN, "bundles_not_cleared",
		    LOG_STR("dir", w.shelf->path), LOG_STR("text", e.text));
}

void
shelf_drop_parts(struct shelf *s, const char *sha256)
{
	sweep((struct sweep){ .shelf = s, .part = sha256, .parts_only = true });
}

/* ---- opening ----------------------------------------------------------- */

/* Every archive on its way may go on: which one is wanted is not known yet. */
static int
remove_unnamed(const char *name, void *arg, struct err *e)
{
	struct sweep w = { .shelf = arg };
	if (text_has_prefix(name, ".") && text_has_suffix(name, ".part"))
		return 0;
	return sweep_entry(name, &w, e);
}

static void
read_record(struct shelf *s)
{
	struct err e = { 0 };
	struct stat st;
	int rc = jsn_load(s->dir, RECORD, RECORD_MAX_BYTES, &s->record, &e);
	if (rc < 0 && rc != ERR_ABSENT)
		log_event(LOG_LEVEL_ERROR, "bundle_record_unreadable",
		    LOG_STR("dir", s->path), LOG_STR("text", e.text));
	const char *dir = shelf_current(s).dir;
	if (dir == NULL || fstatat(s->dir, dir, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	/* The serials stay: what was refused stays refused. */
	log_event(LOG_LEVEL_ERROR, "bundle_gone", LOG_STR("dir", dir));
	jsn_set(s->record, "current", NULL);
}

int
shelf_open(const struct places *p, struct shelf *ret_shelf, struct err *e)
{
	AUTO(shelf_release) struct shelf s = { .dir = -1 };
	s.path = places_state(p, BUNDLES_DIR);
	int rc = fsat_mkdir_all(AT_FDCWD, s.path, 0700, e);
	if (rc == 0)
		rc = s.dir = fsat_open_dir(AT_FDCWD, s.path, e);
	if (rc < 0)
		return rc;
	read_record(&s);
	struct err ignored = { 0 };
	if (fsat_each(s.dir, remove_unnamed, &s, &ignored) < 0)
		log_event(LOG_LEVEL_WARN, "bundles_not_cleared",
		    LOG_STR("dir", s.path), LOG_STR("text", ignored.text));
	*ret_shelf = s;
	s = (struct shelf){ .dir = -1 };
	return 0;
}

/* ---- a new one --------------------------------------------------------- */

int
shelf_begin(struct shelf *s, char **ret_name, struct err *e)
{
	char ulid[ULID_TEXT_BYTES];
	ulid_new(ulid);
	AUTO_STR char *name = xasprintf(".unpack-%s", ulid);
	if (mkdirat(s->dir, name, 0700) < 0)
		return err_sys(e, "make '%s/%s'", s->path, name);
	*ret_name = TAKE(name);
	return 0;
}

int
shelf_keep(struct shelf *s, const char *unpacked, const struct manifest *m,
    char **ret_dir, struct err *e)
{
	AUTO_STR char *dir =
	    xasprintf("%s-%lld", m->name, (long long)m->serial);
	/* Only what was left behind can have this name. */
	int rc = fsat_remove_tree(s->dir, dir, e);
	if (rc < 0)
		return rc;
	if (renameat(s->dir, unpacked, s->dir, dir) < 0 || fsync(s->dir) < 0)
		return err_sys(e, "rename to '%s/%s'", s->path, dir);
	*ret_dir = TAKE(dir);
	return 0;
}

/* The newest serials with this one; of very many names, the oldest go. */
static struct jsn *
newest_with(const struct shelf *s, const struct manifest *m)
{
	struct jsn *newest = jsn_new_object();
	const struct jsn *old = part_of(s, "newest");
	if (old != NULL && jsn_len(old) < NAMES_MAX)
		jsn_merge(newest, old);
	jsn_set_int(newest, m->name, m->serial);
	return newest;
}

int
shelf_switch(
    struct shelf *s, const char *dir, const struct manifest *m, struct err *e)
{
	AUTO(jsn_free) struct jsn *record = jsn_new_object();
	struct jsn *current = jsn_new_object();
	struct jsn *before = jsn_get(s->record, "current");
	if (before != NULL && text_eq(read_bundle(before).dir, dir))
		before = jsn_get(s->record, "previous");
	jsn_set_str(current, "name", m->name);
	if (m->version != NULL)
		jsn_set_str(current, "version", m->version);
	jsn_set_int(current, "serial", m->serial);
	jsn_set_str(current, "sha256", m->sha256);
	jsn_set_str(current, "dir", dir);
	jsn_set(record, "current", current);
	jsn_set(record, "previous", before != NULL ? jsn_ref(before) : NULL);
	jsn_set(record, "newest", newest_with(s, m));
	AUTO_BUF struct buf text = BUF_INIT(RECORD_MAX_BYTES);
	jsn_format(record, JSN_PRETTY, &text);
	int rc = fsat_replace(
	    s->dir, RECORD, (struct str){ text.data, text.len }, 0600, 0, e);
	if (rc < 0)
		return err_wrap(e, "'%s'", s->path);
	jsn_free(&s->record);
	s->record = TAKE(record);
	sweep((struct sweep){ .shelf = s });
	return 0;
}
