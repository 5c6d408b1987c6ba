/* SPDX-License-Identifier: MIT */
/*
 * Archives, as files DIR/artefacts/SHA256. What stands under its name is whole
 * and synced; the row in the store, which makes it known, is written after
 * that. An instance gets the archive of its own bundle alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/log.h"
#include "router/artefacts.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store_jobs.h"

static bool
is_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Opens DIR/artefacts, made at the first call. */
static int
open_directory(const struct router *r, struct err *e)
{
	if (mkdirat(r->data_fd, ROUTER_ARTEFACTS_DIR, 0700) == 0) {
		if (fsync(r->data_fd) < 0)
			return err_sys(e, "sync the data directory");
	} else if (errno != EEXIST) {
		return err_sys(e, "make '%s'", ROUTER_ARTEFACTS_DIR);
	}
	return fsat_open_dir(r->data_fd, ROUTER_ARTEFACTS_DIR, e);
}

/* Gives the unlinked file its name; a damaged one of that name goes. */
static int
put_in_place(const struct router *r, int fd, const char *name, struct err *e)
{
	AUTO_FD int dir = open_directory(r, e);
	if (dir < 0)
		return dir;
	char ulid[ULID_TEXT_BYTES];
	ulid_new(ulid);
	AUTO_STR char *temp = xasprintf(".%s", ulid);
	AUTO_STR char *self = xasprintf("/proc/self/fd/%d", fd);
	if (fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		return err_sys(e, "sync an archive");
	if (linkat(AT_FDCWD, self, dir, temp, AT_SYMLINK_FOLLOW) < 0)
		return err_sys(e, "name an archive");
	if (renameat(dir, temp, dir, name) < 0) {
		err_sys(e, "rename an archive");
		unlinkat(dir, temp, 0);
		return ERR_SYS;
	}
	if (fsync(dir) < 0)
		return err_sys(e, "sync '%s'", ROUTER_ARTEFACTS_DIR);
	return 0;
}

void
artefact_remove(const struct router *r, const char *sha256)
{
	AUTO_STR char *path = xasprintf("%s/%s", ROUTER_ARTEFACTS_DIR, sha256);
	if (is_digest(sha256) && unlinkat(r->data_fd, path, 0) == 0)
		log_event(LOG_LEVEL_INFO, "artefact_removed",
		    LOG_STR("sha256", sha256));
}

int64_t
artefact_size(const struct router *r, const char *sha256)
{
	AUTO_STR char *path = xasprintf("%s/%s", ROUTER_ARTEFACTS_DIR, sha256);
	struct stat st;
	if (!is_digest(sha256) || fstatat(r->data_fd, path, &st, 0) < 0)
		return -1;
	return st.st_size;
}

static void
stored(struct store_job *job)
{
	struct exchange *x = job->arg;
	const struct store_artefact_put *j = &job->artefact_put;
	if (job->rc < 0) {
		exchange_reply_err(x, &job->err);
	} else if (artefact_size(exchange_router(x), j->sha256) != j->bytes) {
		/* A push removed what was left behind under this name. */
		exchange_reply_error(
		    x, 503, "the archive was removed meanwhile; send it again");
	} else {
		struct jsn *v = jsn_new_object();
		jsn_set_int(v, "bytes", job->artefact_put.bytes);
		exchange_reply_json(x, job->artefact_put.is_new ? 201 : 200, v);
	}
	store_job_free(&job);
}

void
route_artefact_put(struct exchange *x)
{
	struct router *r = exchange_router(x);
	const char *name = exchange_var(x, 0);
	const char *have = exchange_body_sha256(x);
	struct err e = { 0 };
	if (!is_digest(name) || !text_eq(name, have)) {
		exchange_reply_error(x, 422,
		    "the body has the SHA-256 %s, not the one of the path",
		    have);
		return;
	}
	int rc = store_check_space(r->store, &e);
	if (rc == 0)
		rc = put_in_place(r, exchange_body_fd(x), name, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct store_job *job =
	    store_job_new(STORE_artefact_put, exchange_thread(x), stored, x);
	job->artefact_put =
	    (struct store_artefact_put){ .sha256 = arena_strdup(job->a, name),
		    .bytes = exchange_body_bytes(x),
		    .now = clock_now_ms() };
	store_submit(r->store, job);
}

/* An instance may have the archive of its bundle. */
static int
check_caller(struct exchange *x, const char *sha256, struct err *e)
{
	const struct caller *who = exchange_caller(x);
	if (who->kind != CALLER_INSTANCE)
		return 0;
	struct router *r = exchange_router(x);
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_instance_status s;
	struct store_bundle b;
	int rc = store_instance_status(
	    r->store, exchange_thread(x), a, who->id, &s, e);
	if (rc == 0 && s.bundle == NULL)
		rc = err_set(e, ERR_ABSENT, "this instance has no bundle");
	if (rc == 0)
		rc = store_bundle_find(
		    r->store, exchange_thread(x), a, s.bundle, &b, e);
	if (rc == 0 && !text_eq(b.sha256, sha256))
		rc = err_set(e, ERR_ABSENT,
		    "this is not the archive of the instance's bundle");
	return rc;
}

/* The file of a known archive, its size checked. */
static int
open_artefact(
    struct exchange *x, const char *name, int64_t *ret_bytes, struct err *e)
{
	struct router *r = exchange_router(x);
	if (!is_digest(name))
		return err_set(e, ERR_ABSENT, "'%.80s' is no SHA-256", name);
	int rc = check_caller(x, name, e);
	if (rc == 0)
		rc = store_artefact_find(
		    r->store, exchange_thread(x), name, ret_bytes, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *path = xasprintf("%s/%s", ROUTER_ARTEFACTS_DIR, name);
	struct stat st;
	AUTO_FD int fd =
	    openat(r->data_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open '%s'", path);
	if (st.st_size != *ret_bytes)
		return err_set(e, ERR_SYS,
		    "'%s' has %lld bytes instead of %lld; push it again", path,
		    (long long)st.st_size, (long long)*ret_bytes);
	return TAKE_FD(fd);
}

/* "bytes=A-B", "bytes=A-", "bytes=-N": 1 and the range, 0: none that we serve
 * (the whole is sent), -1: outside of the file. */
static int
read_range(const char *text, int64_t size, int64_t *first, int64_t *len)
{
	struct str rest = text != NULL ? str_from(text) : STR(""), a;
	if (!str_has_prefix(rest, "bytes="))
		return 0;
	rest = (struct str){ rest.data + 6, rest.len - 6 };
	int64_t from = 0, to = size - 1;
	if (memchr(rest.data, ',', rest.len) != NULL ||
	    !str_split(&rest, '-', &a) || rest.data == NULL)
		return 0;
	if (a.len == 0) {
		if (!str_to_i64(rest, 10, &to) || to < 0)
			return 0;
		from = to < size ? size - to : 0;
		to = size - 1;
	} else if (!str_to_i64(a, 10, &from) || from < 0 ||
		   (rest.len > 0 && !str_to_i64(rest, 10, &to)) ||
		   (rest.len > 0 && to < from)) {
		return 0;
	}
	if (from >= size)
		return -1;
	*first = from;
	*len = (to < size ? to + 1 : size) - from;
	return 1;
}

void
route_artefact_get(struct exchange *x)
{
	const char *name = exchange_var(x, 0);
	int64_t bytes = 0, first = 0;
	struct err e = { 0 };
	AUTO_FD int fd = open_artefact(x, name, &bytes, &e);
	if (fd < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	int64_t len = bytes;
	int got = read_range(exchange_header(x, "range"), bytes, &first, &len);
	AUTO_STR char *tag = xasprintf("\"%s\"", name);
	AUTO_STR char *range =
	    got > 0 ? xasprintf("bytes %lld-%lld/%lld", (long long)first,
			  (long long)(first + len - 1), (long long)bytes)
		    : xasprintf("bytes */%lld", (long long)bytes);
	exchange_set_header(x, "ETag", tag);
	exchange_set_header(x, "Accept-Ranges", "bytes");
	if (got != 0)
		exchange_set_header(x, "Content-Range", range);
	if (got < 0)
		exchange_reply_error(x, 416, "the archive has only %lld bytes",
		    (long long)bytes);
	else
		exchange_reply_file(x, got > 0 ? 206 : 200, "application/zstd",
		    TAKE_FD(fd), first, len);
}

void
route_artefact_head(struct exchange *x)
{
	struct err e = { 0 };
	int64_t bytes = 0;
	AUTO_FD int fd = open_artefact(x, exchange_var(x, 0), &bytes, &e);
	/* One that is damaged is not here: sending it again mends it. */
	if (fd == ERR_SYS) {
		log_event(LOG_LEVEL_ERROR, "artefact_damaged",
		    LOG_STR("text", e.text));
		exchange_reply_error(x, 404, "%s", e.text);
		return;
	}
	fd_close(&fd);
	route_artefact_get(x);
}
