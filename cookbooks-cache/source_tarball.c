/* SPDX-License-Identifier: MIT */
/*
 * An archive by URL or path. Its SHA-256 is its name in the store: an archive
 * that is there is not downloaded again, one from the network is accepted
 * under no other digest than the one announced.
 */
#include "cookbooks-cache/source_priv.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/http.h"
#include "cookbooks-cache/extract.h"

#define TRIES 3
#define RETRY_PAUSE_MS 1000

static bool
is_remote(const char *url)
{
	return text_has_prefix(url, "http://") ||
	       text_has_prefix(url, "https://");
}

/* Lower case, checked. */
static int
read_sha256(const struct source *s, char **ret_hex, struct err *e)
{
	if (s->sha256 == NULL && is_remote(s->url))
		return err_set(e, ERR_INVALID,
		    "a tarball from the network needs its sha256");
	if (s->sha256 == NULL)
		return 0;
	AUTO_STR char *hex = xstrdup(s->sha256);
	for (char *p = hex; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
		return err_set(e, ERR_INVALID,
		    "sha256 '%s': not 64 hexadecimal digits", s->sha256);
	*ret_hex = TAKE(hex);
	return 0;
}

static int
download_once(const struct source *s, int fd, int64_t max_bytes,
    struct fetched *f, struct err *e)
{
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "truncate");
	AUTO(http_response_release) struct http_response r = { 0 };
	/* The archive as it is, whatever its Content-Encoding is called. */
	static const char *const headers[] = { "Accept-Encoding: identity",
		NULL };
	AUTO_STR char *url =
	    s->url[0] == '/' ? xasprintf("file://%s", s->url) : xstrdup(s->url);
	struct http_request q = { .url = url,
		.headers = headers,
		.body_fd = fd,
		.max_body_bytes = (size_t)max_bytes,
		.no_decode = true };
	int rc = http_perform(&q, &r, e);
	if (rc < 0)
		return rc;
	f->bytes += r.body_bytes;
	if (r.status == 200)
		return 0;
	AUTO_STR char *shown = http_url_shown(s->url);
	return err_set(e, r.status >= 500 ? ERR_REMOTE : ERR_ABSENT,
	    "%s: the server answered with status %d", shown, r.status);
}

static int
download(const struct source *s, int fd, int64_t max_bytes, struct fetched *f,
    struct err *e)
{
	for (int try = 1;; try++) {
		int rc = download_once(s, fd, max_bytes, f, e);
		bool is_passing = rc == ERR_NETWORK || rc == ERR_TIMEOUT ||
				  rc == ERR_REMOTE || rc == ERR_PROTOCOL;
		if (!is_passing || try == TRIES)
			return rc;
		int64_t ms = (int64_t)RETRY_PAUSE_MS * try;
		struct timespec pause = { .tv_sec = (time_t)(ms / 1000),
			.tv_nsec = (long)(ms % 1000) * 1000000 };
		nanosleep(&pause, NULL);
	}
}

/* Brings the archive into the store; *hex is set when it was not given. */
static int
get_blob(const struct source_context *c, const struct source *s, char **hex,
    struct fetched *f, struct err *e)
{
	if (*hex != NULL) {
		int rc = store_blob_check(c->store, *hex, e);
		if (rc != ERR_ABSENT)
			return rc;
	}
	if (c->offline && is_remote(s->url)) {
		AUTO_STR char *shown = http_url_shown(s->url);
		return err_set(e, ERR_ABSENT,
		    "%s: not in the store, and downloads are off (offline)",
		    shown);
	}
	AUTO_STR char *name = NULL;
	AUTO_FD int fd = store_blob_begin(c->store, &name, e);
	if (fd < 0)
		return fd;
	int rc = download(s, fd, c->limits.tree_bytes, f, e);
	if (rc == ERR_SYS)
		return err_wrap(e, "store '%s'", store_path(c->store));
	if (rc < 0)
		return rc;
	struct digest_text have;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "seek");
	rc = digest_of_fd(DIGEST_SHA256, fd, &have, e);
	if (rc < 0)
		return rc;
	if (*hex != NULL && !text_eq(*hex, have.hex)) {
		AUTO_STR char *shown = http_url_shown(s->url);
		return err_set(e, ERR_DIGEST,
		    "%s: sha256 is %s, not %s as announced", shown, have.hex,
		    *hex);
	}
	rc = store_blob_commit(c->store, name, fd, have.hex, e);
	if (rc == 0 && *hex == NULL)
		*hex = xstrdup(have.hex);
	return rc;
}

static int
fill_stage(struct stage *stage, void *arg, struct err *e)
{
	return extract_tar(*(const int *)arg, stage, e);
}

/* A local archive is read only for its digest. */
static int
digest_local(const struct source *s, char **hex, struct err *e)
{
	const char *path =
	    text_has_prefix(s->url, "file://") ? s->url + 7 : s->url;
	if (path[0] != '/')
		return err_set(e, ERR_INVALID,
		    "tarball '%s': neither http, https, file nor an absolute "
		    "path",
		    s->url);
	struct digest_text have;
	int rc = digest_of_file(DIGEST_SHA256, AT_FDCWD, path, &have, e);
	if (rc < 0)
		return rc;
	if (*hex != NULL && !text_eq(*hex, have.hex))
		return err_set(e, ERR_DIGEST,
		    "file '%s': sha256 is %s, not %s as announced", path,
		    have.hex, *hex);
	if (*hex == NULL)
		*hex = xstrdup(have.hex);
	return 0;
}

int
source_fetch_tarball(const struct source_context *c, const struct source *s,
    struct fetched *ret, struct err *e)
{
	AUTO_STR char *hex = NULL;
	int rc = read_sha256(s, &hex, e);
	if (rc == 0 && !is_remote(s->url)) {
		rc = digest_local(s, &hex, e);
		/* A local archive may be gone; the store may have it. */
		if (rc == ERR_ABSENT && hex != NULL)
			rc = 0;
	}
	if (rc < 0)
		return rc;
	if (hex != NULL) {
		AUTO_STR char *known = xasprintf("tarball %s", hex);
		rc = source_find(c, known, ret, e);
		if (rc != ERR_ABSENT)
			return rc;
	}
	rc = get_blob(c, s, &hex, ret, e);
	if (rc < 0)
		return rc;
	AUTO_FD int fd = store_blob_open(c->store, hex, e);
	if (fd < 0)
		return fd;
	rc = source_make_tree(c, fill_stage, &fd, ret, e);
	if (rc < 0) {
		AUTO_STR char *shown = http_url_shown(s->url);
		return err_wrap(
		    e, "tarball '%s'", s->url[0] == '/' ? s->url : shown);
	}
	ret->is_cached = ret->bytes == 0;
	AUTO_STR char *key = xasprintf("tarball %s", hex);
	return source_record(c, key, ret, e);
}
