/* SPDX-License-Identifier: MIT */
/*
 * remote_file: the content is downloaded (RES-remote_file). Sources are tried
 * in order; any failed transfer leads to the next one.
 */
#include <string.h>
#include <strings.h>

#include "providers/cache_control.h"
#include "providers/fetch.h"
#include "providers/file_family.h"
#include "providers/scratch.h"
#include "providers/tbl/files.h"

struct remote_work {
	struct file_work file; /* first: the family's state */
	struct scratch scratch;
	struct cache_control cache;
	bool fetched; /* the cache entry is worth saving */
	bool summed;  /* current_sum is known */
	struct digest_text current_sum;
};

static bool
has_scheme(const char *uri, const char *scheme)
{
	size_t len = strlen(scheme);
	return strncasecmp(uri, scheme, len) == 0 && uri[len] == ':';
}

static void
say(struct provider_run *run, enum service_log_level level, const char *text)
{
	run->services->log(run->services->arg, level,
	    arena_printf(run->arena, "%s %s", run->want->id, text));
}

/* --- checksums ---------------------------------------------------------------
 */

/* Checksum of the file that is there, "" when there is none. */
static int
current_sum(struct provider_run *run, const struct view *view, const char **ret,
    struct err *e)
{
	struct remote_work *w = run->state;
	if (!w->summed && w->file.there && S_ISREG(w->file.st.st_mode)) {
		int rc =
		    view_digest(view, w->file.real_path, &w->current_sum, e);
		if (rc < 0)
			return rc;
	}
	w->summed = true;
	*ret = w->current_sum.hex;
	return 0;
}

/* Does the sum begin with the wanted one, which may be a part of it? */
static bool
sum_fits(const char *sum, const char *wanted)
{
	size_t len = strlen(wanted);
	return len > 0 && strlen(sum) >= len &&
	       strncasecmp(sum, wanted, len) == 0;
}

/* RES-remote_file-3: what was downloaded must be what was asked for. */
static int
check_sum(struct provider_run *run, const struct view *view, const char *path,
    struct err *e)
{
	const char *wanted = resource_text(run->want, "checksum", NULL);
	if (wanted == NULL)
		return 0;
	struct digest_text sum;
	int rc = view_digest(view, path, &sum, e);
	if (rc < 0 || sum_fits(sum.hex, wanted))
		return rc;
	return provider_fail(run, e, "Chef::Exceptions::ChecksumMismatch",
	    "Checksum on resource (%.6s) does not match checksum on content "
	    "(%.6s)",
	    wanted, sum.hex);
}

/* --- one source --------------------------------------------------------------
 */

static int
fetch_file(struct provider_run *run, const struct view *view, const char *uri,
    struct content *ret, struct err *e)
{
	const char *path = strchr(uri, ':') + 1;
	if (strncmp(path, "//", 2) == 0) {
		path = strchr(path + 2, '/');
		if (path == NULL)
			path = "/";
	}
	struct stat st;
	int rc = view_stat(view, path, true, &st, e);
	if (rc < 0) {
		run->exception = rc == ERR_ABSENT ? "Errno::ENOENT" : NULL;
		return rc;
	}
	ret->managed = true;
	ret->path = path;
	return 0;
}

/* Headers that ask for a newer version only; NULL when there is nothing to
 * compare with. */
static int
conditional_headers(struct provider_run *run, const struct view *view,
    const char *uri, const char *const **ret, struct err *e)
{
	struct remote_work *w = run->state;
	cache_control_load(run, uri, &w->cache);
	*ret = NULL;
	const char *sum;
	if (w->cache.checksum == NULL)
		return 0;
	int rc = current_sum(run, view, &sum, e);
	if (rc < 0 || strcmp(sum, w->cache.checksum) != 0)
		return rc;
	const char **lines = arena_array_of(run->arena, const char *, 3);
	size_t len = 0;
	if (w->cache.mtime != NULL &&
	    resource_bool(run->want, "use_last_modified", true))
		lines[len++] = arena_printf(
		    run->arena, "If-Modified-Since: %s", w->cache.mtime);
	if (w->cache.etag != NULL && resource_bool(run->want, "use_etag", true))
		lines[len++] = arena_printf(
		    run->arena, "If-None-Match: %s", w->cache.etag);
	*ret = lines;
	return 0;
}

static int
note_answer(struct provider_run *run, const struct view *view,
    const struct download_answer *answer, struct err *e)
{
	struct remote_work *w = run->state;
	struct digest_text sum;
	int rc = view_digest(view, w->scratch.path, &sum, e);
	if (rc < 0)
		return rc;
	w->cache.etag = fetch_header(run->arena, answer, "etag");
	w->cache.mtime = fetch_header(run->arena, answer, "last-modified");
	if (w->cache.mtime == NULL)
		w->cache.mtime = fetch_header(run->arena, answer, "date");
	w->cache.checksum = arena_strdup(run->arena, sum.hex);
	w->fetched = true;
	return 0;
}

static int
request(struct provider_run *run, const struct view *view, const char *uri,
    const char *const *headers, struct content *ret, struct err *e)
{
	struct remote_work *w = run->state;
	const struct services *s = run->services;
	scratch_remove(&w->scratch);
	int rc = scratch_make(run->arena, &w->scratch, e);
	if (rc < 0)
		return rc;
	const struct download d = {
		.url = uri,
		.headers = headers,
		.output_path = w->scratch.path,
		.ftp_active =
		    resource_bool(run->want, "ftp_active_mode", false),
	};
	struct download_answer answer = { 0 };
	rc = s->download(s->arg, &d, &answer, e);
	if (rc < 0)
		return fetch_blame(run, rc);
	rc = fetch_check_status(run, answer.status, e);
	if (rc == 0 && answer.status != 304) {
		ret->managed = true;
		ret->path = w->scratch.path;
		rc = note_answer(run, view, &answer, e);
	}
	buf_release(&answer.headers);
	return rc;
}

static int
fetch_url(struct provider_run *run, const struct view *view, const char *uri,
    struct content *ret, struct err *e)
{
	const char *const *conditional = NULL;
	if (!has_scheme(uri, "ftp")) {
		int rc = conditional_headers(run, view, uri, &conditional, e);
		if (rc < 0)
			return rc;
	}
	const char *const *headers = fetch_headers(
	    run->arena, resource_get(run->want, "headers"), conditional);
	return request(run, view, uri, headers, ret, e);
}

static int
fetch_source(struct provider_run *run, const struct view *view, const char *uri,
    struct content *ret, struct err *e)
{
	run->exception = NULL;
	if (has_scheme(uri, "file"))
		return fetch_file(run, view, uri, ret, e);
	return fetch_url(run, view, uri, ret, e);
}

/* --- all sources -------------------------------------------------------------
 */

struct sources {
	const char **uris;
	size_t count;
};

static int
list_sources(struct provider_run *run, struct sources *ret, struct err *e)
{
	const struct value *v = resource_get(run->want, "source");
	size_t count = v->type == VALUE_LIST     ? v->list.len
		       : v->type == VALUE_STRING ? 1
						 : 0;
	if (count == 0)
		return provider_fail(
		    run, e, "ArgumentError", "%s has no source", run->want->id);
	ret->count = count;
	ret->uris = arena_array_of(run->arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		const struct value *one =
		    v->type == VALUE_LIST ? &v->list.items[i] : v;
		const char *uri = value_to_s(run->arena, one);
		if (!has_scheme(uri, "http") && !has_scheme(uri, "https") &&
		    !has_scheme(uri, "ftp") && !has_scheme(uri, "file"))
			return provider_fail(run, e, "ArgumentError",
			    "Invalid uri, Only http(s), ftp, and file are "
			    "currently supported: %s",
			    fetch_shown(run->arena, uri));
		ret->uris[i] = uri;
	}
	return 0;
}

static int
fetch_any(struct provider_run *run, const struct view *view,
    const struct sources *all, struct content *ret, struct err *e)
{
	int rc = ERR_ABSENT;
	for (size_t i = 0; i < all->count; i++) {
		rc = fetch_source(run, view, all->uris[i], ret, e);
		if (rc >= 0 || rc == ERR_RUBY)
			return rc;
		say(run, SERVICE_WARN,
		    arena_printf(run->arena, "cannot be downloaded from %s: %s",
			fetch_shown(run->arena, all->uris[i]), e->text));
		if (i + 1 < all->count)
			say(run, SERVICE_INFO,
			    arena_printf(run->arena,
				"trying to download from another mirror: %s",
				fetch_shown(run->arena, all->uris[i + 1])));
	}
	return rc;
}

static int
downloaded_content(struct provider_run *run, const struct view *view,
    struct plan *plan, struct content *ret, struct err *e)
{
	(void)plan;
	struct sources all = { 0 };
	const char *wanted = resource_text(run->want, "checksum", NULL);
	const char *sum = "";
	int rc = list_sources(run, &all, e);
	if (rc == 0 && wanted != NULL)
		rc = current_sum(run, view, &sum, e);
	if (rc < 0)
		return rc;
	if (wanted != NULL && sum_fits(sum, wanted))
		return 0; /* RES-remote_file-1: no network at all */
	struct content c = { 0 };
	rc = fetch_any(run, view, &all, &c, e);
	if (rc == 0 && c.managed)
		rc = check_sum(run, view, c.path, e);
	if (rc == 0)
		*ret = c;
	return rc;
}

/* --- phases ------------------------------------------------------------------
 */

static int
remote_file_load(
    struct provider_run *run, const struct view *view, struct err *e)
{
	struct remote_work *w = arena_new_of(run->arena, struct remote_work);
	run->state = &w->file;
	return file_family_load(run, view, e);
}

static int
remote_file_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	return file_family_plan(run, view, plan, downloaded_content, e);
}

static int
remote_file_finish(
    struct provider_run *run, const struct view *view, struct err *e)
{
	struct remote_work *w = run->state;
	int rc = file_family_finish(run, view, e);
	if (rc < 0 || !w->fetched)
		return rc;
	struct err lost = { 0 };
	if (cache_control_save(&w->cache, &lost) < 0)
		say(run, SERVICE_WARN,
		    arena_printf(run->arena,
			"the next run downloads it again: %s", lost.text));
	return 0;
}

static void
remote_file_release(struct provider_run *run)
{
	struct remote_work *w = run->state;
	if (w != NULL)
		scratch_remove(&w->scratch);
}

const struct provider provider_remote_file = {
	.ruby_class = "RemoteFile",
	.type = "remote_file",
	.load = remote_file_load,
	.plan = remote_file_plan,
	.apply = file_family_apply,
	.finish = remote_file_finish,
	.release = remote_file_release,
};
