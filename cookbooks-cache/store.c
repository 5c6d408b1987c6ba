/* SPDX-License-Identifier: MIT */
/* The store; its promise is in the header. */
#include "cookbooks-cache/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "cookbooks-cache/manifest.h"

#define STORE_MAGIC 0x73746f72u
#define REF_MAX_BYTES ((size_t)64 << 10)

struct store {
	unsigned magic;
	char *path;
	int dir, lock;
};

int
store_dir(const struct store *s)
{
	CHECK_OBJ(s, STORE_MAGIC);
	return s->dir;
}

const char *
store_path(const struct store *s)
{
	CHECK_OBJ(s, STORE_MAGIC);
	return s->path;
}

static void
on_alarm(int number)
{
	(void)number; /* Only to end a blocking flock. */
}

/* flock(2) knows no time limit: a timer interrupts it, again and again so that
 * a first alarm just before the call is not the last. */
static int
wait_for_lock(int fd, int64_t wait_ms)
{
	struct sigaction before, ours = { .sa_handler = on_alarm };
	int64_t ms = wait_ms > 0 ? wait_ms : 1;
	struct itimerval limit = { .it_interval = { .tv_sec = 1 },
		.it_value = { .tv_sec = (time_t)(ms / 1000),
		    .tv_usec = (suseconds_t)(ms % 1000) * 1000 } };
	const struct itimerval off = { 0 };
	int64_t deadline = clock_mono_ms() + wait_ms;
	sigaction(SIGALRM, &ours, &before);
	setitimer(ITIMER_REAL, &limit, NULL);
	int rc;
	do
		rc = flock(fd, LOCK_EX);
	while (rc < 0 && errno == EINTR && clock_mono_ms() < deadline);
	int error = errno;
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	errno = error;
	return rc;
}

static int
take_lock(struct store *s, int64_t wait_ms, struct err *e)
{
	s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return err_sys(e, "store '%s': open 'lock'", s->path);
	int rc = flock(s->lock, LOCK_EX | LOCK_NB);
	if (rc < 0 && errno == EWOULDBLOCK)
		rc = wait_for_lock(s->lock, wait_ms);
	if (rc < 0 && errno == EINTR)
		return err_set(e, ERR_TIMEOUT,
		    "store '%s': another fetch works in it", s->path);
	return rc < 0 ? err_sys(e, "store '%s': lock", s->path) : 0;
}

static int
remove_litter(const char *name, void *arg, struct err *e)
{
	return fsat_remove_tree(*(const int *)arg, name, e);
}

static int
prepare(struct store *s, int64_t wait_ms, struct err *e)
{
	static const char *const parts[] = { "trees", "blobs", "git", "refs",
		"tmp" };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (mkdirat(s->dir, parts[i], 0700) < 0 && errno != EEXIST)
			return err_sys(
			    e, "store '%s': make '%s'", s->path, parts[i]);
	int rc = take_lock(s, wait_ms, e);
	if (rc < 0)
		return rc;
	AUTO_FD int tmp = fsat_open_dir(s->dir, "tmp", e);
	rc = tmp < 0 ? tmp : fsat_each(tmp, remove_litter, &tmp, e);
	return rc < 0 ? err_wrap(e, "store '%s': clean", s->path) : 0;
}

int
store_open(
    const char *path, int64_t wait_ms, struct store **ret_store, struct err *e)
{
	if (path[0] != '/')
		return err_set(
		    e, ERR_INVALID, "store '%s': not an absolute path", path);
	AUTO_STR char *parent = path_dirname(path);
	int rc = fsat_mkdir_all(AT_FDCWD, parent, 0755, e);
	if (rc < 0)
		return err_wrap(e, "store '%s'", path);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "store '%s': make", path);
	AUTO(store_close) struct store *s = xcalloc(1, sizeof(*s));
	s->magic = STORE_MAGIC;
	s->lock = -1;
	s->path = xstrdup(path);
	s->dir = fsat_open_dir(AT_FDCWD, path, e);
	if (s->dir < 0)
		return err_wrap(e, "store");
	rc = prepare(s, wait_ms, e);
	if (rc < 0)
		return rc;
	*ret_store = TAKE(s);
	return 0;
}

void
store_close(struct store **s)
{
	if (s == NULL || *s == NULL)
		return;
	CHECK_OBJ(*s, STORE_MAGIC);
	fd_close(&(*s)->lock);
	fd_close(&(*s)->dir);
	str_free(&(*s)->path);
	(*s)->magic = 0;
	free(*s);
	*s = NULL;
}

char *
store_tree_path(const struct store *s, const char *id)
{
	CHECK_OBJ(s, STORE_MAGIC);
	return xasprintf("%s/trees/%s", s->path, id);
}

/* Ids and digests that come from a request or a record become names. */
static bool
is_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static int
report_change(
    struct store *s, const char *id, const struct buf *have, struct err *e)
{
	AUTO_BUF struct buf want = BUF_INIT(MANIFEST_MAX_BYTES);
	AUTO_STR char *name = xasprintf("trees/%s.manifest", id);
	AUTO_STR char *entry = NULL;
	if (fsat_read(s->dir, name, MANIFEST_MAX_BYTES, &want, NULL) == 0)
		entry =
		    manifest_first_difference(buf_text(&want), buf_text(have));
	return err_set(e, ERR_DIGEST, "store: tree %.12s was changed%s%s%s", id,
	    entry != NULL ? " at '" : "", entry != NULL ? entry : "",
	    entry != NULL ? "'" : "");
}

int
store_tree_check(struct store *s, const char *id,
    const struct fetch_limits *limits, struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	if (!is_digest(id))
		return err_set(e, ERR_ABSENT, "no tree '%s'", id);
	AUTO_STR char *name = xasprintf("trees/%s", id);
	AUTO_FD int dir = fsat_open_dir(s->dir, name, e);
	if (dir < 0)
		return dir;
	AUTO_BUF struct buf manifest = BUF_INIT(MANIFEST_MAX_BYTES);
	struct err inner = { 0 };
	int rc = manifest_make(dir, limits, 0, &manifest, &inner);
	if (rc == ERR_SYS) {
		if (e != NULL)
			*e = inner;
		return rc;
	}
	if (rc == 0 && text_eq(manifest_id(&manifest).hex, id))
		return 0;
	return report_change(s, id, &manifest, e);
}

int
store_stage(struct store *s, char **ret_name, struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	char ulid[ULID_TEXT_BYTES];
	ulid_new(ulid);
	AUTO_STR char *name = xasprintf("tmp/%s", ulid);
	if (mkdirat(s->dir, name, 0755) < 0)
		return err_sys(e, "store '%s': make '%s'", s->path, name);
	AUTO_FD int dir = fsat_open_dir(s->dir, name, e);
	if (dir < 0)
		return dir;
	if (fchmod(dir, 0755) < 0)
		return err_sys(e, "store '%s': chmod '%s'", s->path, name);
	*ret_name = TAKE(name);
	return TAKE_FD(dir);
}

static int
sync_dir(struct store *s, const char *name, struct err *e)
{
	AUTO_FD int dir = fsat_open_dir(s->dir, name, e);
	if (dir < 0)
		return dir;
	if (fsync(dir) < 0)
		return err_sys(e, "store '%s': fsync '%s'", s->path, name);
	return 0;
}

/* A whole file under a name in `dir`, made in tmp/ like all else: after a crash
 * nothing lies where finished work is. */
static int
put_file(struct store *s, const char *dir, const char *name, struct str text,
    mode_t mode, struct err *e)
{
	AUTO_STR char *temp = NULL;
	AUTO_FD int fd = store_blob_begin(s, &temp, e);
	if (fd < 0)
		return fd;
	int rc = fd_write_all(fd, text.data, text.len, e);
	if (rc < 0)
		return err_wrap(e, "store '%s': '%s'", s->path, name);
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return err_sys(e, "store '%s': '%s'", s->path, name);
	if (renameat(s->dir, temp, s->dir, name) < 0)
		return err_sys(e, "store '%s': rename to '%s'", s->path, name);
	return sync_dir(s, dir, e);
}

/* Takes what is in the way aside, in one step. */
static int
clear_away(struct store *s, const char *name, struct err *e)
{
	char ulid[ULID_TEXT_BYTES];
	ulid_new(ulid);
	AUTO_STR char *aside = xasprintf("tmp/%s", ulid);
	if (renameat(s->dir, name, s->dir, aside) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_sys(e, "store '%s': move '%s' away", s->path, name);
	}
	return fsat_remove_tree(s->dir, aside, e);
}

int
store_tree_add(struct store *s, const char *stage_name,
    const struct fetch_limits *limits, struct digest_text *ret_id,
    struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	AUTO_FD int dir = fsat_open_dir(s->dir, stage_name, e);
	if (dir < 0)
		return dir;
	AUTO_BUF struct buf manifest = BUF_INIT(MANIFEST_MAX_BYTES);
	int rc = manifest_make(dir, limits, 0, &manifest, e);
	if (rc < 0)
		return rc;
	struct digest_text id = manifest_id(&manifest);
	if (store_tree_check(s, id.hex, limits, NULL) == 0) {
		*ret_id = id;
		return fsat_remove_tree(s->dir, stage_name, e);
	}
	/* One sync for thousands of files. */
	if (syncfs(dir) < 0)
		return err_sys(e, "store '%s': sync", s->path);
	AUTO_STR char *tree = xasprintf("trees/%s", id.hex);
	AUTO_STR char *name = xasprintf("%s.manifest", tree);
	rc = put_file(s, "trees", name,
	    (struct str){ manifest.data, manifest.len }, 0644, e);
	if (rc == 0)
		rc = clear_away(s, tree, e);
	if (rc < 0)
		return rc;
	if (renameat(s->dir, stage_name, s->dir, tree) < 0)
		return err_sys(e, "store '%s': rename to '%s'", s->path, tree);
	rc = sync_dir(s, "trees", e);
	if (rc == 0)
		*ret_id = id;
	return rc;
}

int
store_blob_check(struct store *s, const char *sha256, struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	if (!is_digest(sha256))
		return err_set(e, ERR_ABSENT, "no archive '%s'", sha256);
	AUTO_STR char *name = xasprintf("blobs/%s", sha256);
	struct digest_text have;
	int rc = digest_of_file(DIGEST_SHA256, s->dir, name, &have, e);
	if (rc < 0)
		return rc;
	if (text_eq(have.hex, sha256))
		return 0;
	rc = clear_away(s, name, e);
	if (rc < 0)
		return rc;
	return err_set(e, ERR_ABSENT, "archive %.12s was damaged", sha256);
}

int
store_blob_begin(struct store *s, char **ret_name, struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	char ulid[ULID_TEXT_BYTES];
	ulid_new(ulid);
	AUTO_STR char *name = xasprintf("tmp/%s", ulid);
	int fd =
	    openat(s->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "store '%s': make '%s'", s->path, name);
	*ret_name = TAKE(name);
	return fd;
}

int
store_blob_commit(struct store *s, const char *name, int fd, const char *sha256,
    struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	ASSERT(is_digest(sha256));
	AUTO_STR char *blob = xasprintf("blobs/%s", sha256);
	if (fsync(fd) < 0)
		return err_sys(e, "store '%s': fsync", s->path);
	if (renameat(s->dir, name, s->dir, blob) < 0)
		return err_sys(e, "store '%s': rename to '%s'", s->path, blob);
	return sync_dir(s, "blobs", e);
}

int
store_blob_open(struct store *s, const char *sha256, struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	AUTO_STR char *blob = xasprintf("blobs/%s", sha256);
	int fd = openat(s->dir, blob, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "store '%s': open '%s'", s->path, blob) : fd;
}

static char *
ref_name(const char *key)
{
	return xasprintf(
	    "refs/%s.json", digest_of(DIGEST_SHA256, str_from(key)).hex);
}

int
store_ref_load(
    struct store *s, const char *key, struct jsn **ret_record, struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	AUTO_STR char *name = ref_name(key);
	AUTO(jsn_free) struct jsn *record = NULL;
	struct err inner = { 0 };
	int rc = jsn_load(s->dir, name, REF_MAX_BYTES, &record, &inner);
	if (rc == ERR_SYS) {
		if (e != NULL)
			*e = inner;
		return rc;
	}
	if (rc < 0 || !text_eq(jsn_peek_str(record, "key", ""), key))
		return err_set(e, ERR_ABSENT, "nothing recorded for '%s'", key);
	*ret_record = TAKE(record);
	return 0;
}

int
store_ref_save(
    struct store *s, const char *key, struct jsn *record, struct err *e)
{
	CHECK_OBJ(s, STORE_MAGIC);
	AUTO_STR char *name = ref_name(key);
	AUTO_BUF struct buf text = BUF_INIT(REF_MAX_BYTES);
	jsn_set_str(record, "key", key);
	jsn_format(record, JSN_PRETTY, &text);
	if (buf_failed(&text))
		return err_set(e, ERR_LIMIT, "record of '%s' too long", key);
	return put_file(
	    s, "refs", name, (struct str){ text.data, text.len }, 0600, e);
}
