/* SPDX-License-Identifier: MIT */
/*
 * Frames against wire/tbl/frames.h. A fetch confines itself before it touches
 * anything from outside; downloads write where the asker, who is root, says.
 */
#include "cookbooks-cache/serve.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/fsat.h"
#include "cookbooks-cache/confine.h"
#include "cookbooks-cache/download.h"
#include "cookbooks-cache/safepath.h"
#include "cookbooks-cache/serve_priv.h"
#include "cookbooks-cache/source.h"
#include "cookbooks-cache/view.h"
#include "wire/frames.h"

#define LOCK_WAIT_MS ((int64_t)10 * 60 * 1000)

struct fetch {
	int peer;
	struct source_context context;
	struct store *store;
	struct view *view;
	struct jsn *trees;
	const char *source; /* the one in work, for the failure */
};

static void
fetch_release(struct fetch *f)
{
	view_free(&f->view);
	store_close(&f->store);
	jsn_free(&f->trees);
}

static struct source
read_source(const struct jsn *s)
{
	return (struct source){
		.name = jsn_peek_str(s, "name", ""),
		.kind = jsn_peek_str(s, "kind", ""),
		.url = jsn_peek_str(s, "url", ""),
		.ref = jsn_peek_str(s, "ref", NULL),
		.sha256 = jsn_peek_str(s, "sha256", NULL),
		.path = jsn_peek_str(s, "path", NULL),
		.what = jsn_peek_str(s, "what", "tree"),
	};
}

static int
read_limit(const struct jsn *q, const char *key, int64_t *limit, struct err *e)
{
	int64_t n = jsn_peek_int(q, key, *limit);
	if (n <= 0)
		return err_set(e, ERR_INVALID, "%s must be positive", key);
	*limit = n;
	return 0;
}

static int
begin(struct fetch *f, const struct jsn *q, struct err *e)
{
	f->context.limits = FETCH_LIMITS_USUAL;
	f->context.offline = jsn_peek_bool(q, "offline", false);
	struct fetch_limits *l = &f->context.limits;
	const char *store = jsn_peek_str(q, "store", "");
	const char *view = jsn_peek_str(q, "view", NULL);
	int rc = read_limit(q, "max_entries", &l->entries, e);
	if (rc == 0)
		rc = read_limit(q, "max_tree_bytes", &l->tree_bytes, e);
	if (rc == 0)
		rc = read_limit(q, "max_file_bytes", &l->file_bytes, e);
	if (rc == 0)
		rc = store_open(store, LOCK_WAIT_MS, &f->store, e);
	if (rc == 0 && view != NULL)
		rc = view_begin(view, &f->view, e);
	if (rc < 0)
		return rc;
	f->context.store = f->store;
	AUTO_STR char *parent = view != NULL ? path_dirname(view) : NULL;
	const char *const dirs[] = { store, parent, NULL };
	return confine_writes(dirs, e);
}

/* The directory that the source's path names inside the tree. */
static int
find_inside(const struct fetch *f, const struct source *s, const char *id,
    char **ret_path, struct err *e)
{
	AUTO_STR char *tree = store_tree_path(f->store, id);
	AUTO_STR char *inside = NULL;
	int rc = safepath_entry(s->path != NULL ? s->path : "", &inside, e);
	if (rc < 0)
		return err_wrap(e, "path");
	AUTO_STR char *path = path_join(tree, inside);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, path, NULL);
	if (dir < 0)
		return err_set(e, ERR_ABSENT, "'%s' has no directory '%s'",
		    s->url, inside);
	*ret_path = TAKE(path);
	return 0;
}

/* "git 1f2e3d4c5b6a, 2.1 MB downloaded", "tree 0a1b2c3d4e5f, in the store" */
static char *
make_note(const struct fetched *got)
{
	const char *kind = got->commit[0] != '\0' ? "git" : "tree";
	const char *id = got->commit[0] != '\0' ? got->commit : got->id.hex;
	if (got->is_cached)
		return xasprintf("%s %.12s, in the store", kind, id);
	if (got->bytes == 0)
		return xasprintf("%s %.12s, copied", kind, id);
	if (got->bytes < 100000)
		return xasprintf("%s %.12s, %.1f kB downloaded", kind, id,
		    (double)got->bytes / 1e3);
	return xasprintf(
	    "%s %.12s, %.1f MB downloaded", kind, id, (double)got->bytes / 1e6);
}

/* Tells the agent at once, so that a person sees what takes its time. */
static int
report(const struct fetch *f, const struct source *s, const struct fetched *got,
    struct err *e)
{
	AUTO(jsn_free) struct jsn *event = wire_event_new("source_fetched");
	AUTO_STR char *note = make_note(got);
	jsn_set_str(event, "name", s->name);
	jsn_set_str(event, "note", note);
	jsn_set_str(event, "digest", got->id.hex);
	if (got->commit[0] != '\0')
		jsn_set_str(event, "commit", got->commit);
	jsn_set_bool(event, "cached", got->is_cached);
	jsn_set_int(event, "bytes", got->bytes);
	return frame_write(f->peer, event, e);
}

static int
fetch_one(struct fetch *f, const struct jsn *source, struct err *e)
{
	struct source s = read_source(source);
	struct fetched got = { 0 };
	AUTO_STR char *path = NULL;
	f->source = s.name;
	int rc = source_fetch(&f->context, &s, &got, e);
	if (rc == 0)
		rc = find_inside(f, &s, got.id.hex, &path, e);
	if (rc == 0 && f->view != NULL)
		rc = view_add(f->view, path, s.name, s.what, e);
	if (rc == 0)
		rc = report(f, &s, &got, e);
	if (rc < 0)
		return rc;
	struct jsn *tree = jsn_new_object();
	jsn_set_str(tree, "name", s.name);
	jsn_set_str(tree, "path", path);
	jsn_set_str(tree, "digest", got.id.hex);
	if (got.commit[0] != '\0')
		jsn_set_str(tree, "commit", got.commit);
	jsn_set_bool(tree, "cached", got.is_cached);
	jsn_set_int(tree, "bytes", got.bytes);
	jsn_push(f->trees, tree);
	return 0;
}

static int
fetch_all(struct fetch *f, const struct jsn *q, struct err *e)
{
	int rc = begin(f, q, e);
	const struct jsn *sources = jsn_get(q, "sources");
	for (size_t i = 0; rc == 0 && i < jsn_len(sources); i++)
		rc = fetch_one(f, jsn_at(sources, i), e);
	if (rc == 0 && f->view != NULL) {
		f->source = NULL;
		rc = view_commit(f->view, e);
	}
	return rc;
}

static struct jsn *
failure_frame(const char *type, const struct err *why)
{
	struct jsn *frame = wire_frame_new(type);
	jsn_set_str(frame, "code", err_code_name(why->code));
	jsn_set_str(frame, "text", why->text);
	return frame;
}

static int
serve_fetch(int fd, const struct jsn *q, struct err *e)
{
	AUTO(fetch_release)
	struct fetch f = { .peer = fd, .trees = jsn_new_array() };
	struct err why = { 0 };
	int rc = fetch_all(&f, q, &why);
	AUTO(jsn_free) struct jsn *frame = NULL;
	if (rc == 0) {
		frame = wire_frame_new("fetch_result");
		jsn_set(frame, "trees", TAKE(f.trees));
	} else {
		frame = failure_frame("fetch_failed", &why);
		if (f.source != NULL)
			jsn_set_str(frame, "source", f.source);
	}
	return frame_write(fd, frame, e) < 0 || rc < 0 ? 1 : 0;
}

static int
serve_download(int fd, const struct jsn *q, struct err *e)
{
	AUTO(jsn_free) struct jsn *frame = NULL;
	struct err why = { 0 };
	if (download_run(q, &frame, &why) < 0)
		frame = failure_frame("download_failed", &why);
	return frame_write(fd, frame, e);
}

static int
refuse(int fd, struct err *e)
{
	AUTO(jsn_free) struct jsn *frame = failure_frame("fetch_failed", e);
	(void)!frame_write(fd, frame, NULL);
	return 1;
}

/* Work on one archive, then the end. */
static int
serve_archive(int fd,
    int (*work)(const struct jsn *q, struct jsn **ret_reply, struct err *e),
    const struct jsn *q, struct err *e)
{
	AUTO(jsn_free) struct jsn *frame = NULL;
	struct err why = { 0 };
	int rc = work(q, &frame, &why);
	if (rc < 0)
		frame = failure_frame("fetch_failed", &why);
	return frame_write(fd, frame, e) < 0 || rc < 0 ? 1 : 0;
}

/* The request that a process is made for, or NULL: a download. */
static const char *
first_type(const struct jsn *q)
{
	static const char *const types[] = { "fetch_request", "pack_request",
		"unpack_request" };
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (text_eq(jsn_peek_str(q, "type", ""), types[i]))
			return types[i];
	}
	return NULL;
}

static int
serve_first(int fd, const char *type, const struct jsn *q, struct err *e)
{
	if (text_eq(type, "pack_request"))
		return serve_archive(fd, serve_pack, q, e);
	if (text_eq(type, "unpack_request"))
		return serve_archive(fd, serve_unpack, q, e);
	return serve_fetch(fd, q, e);
}

int
serve_run(int fd, struct err *e)
{
	int confined = confine_privileges(e);
	if (confined < 0)
		return refuse(fd, e);
	for (bool is_first = true;; is_first = false) {
		AUTO(jsn_free) struct jsn *q = NULL;
		int rc = frame_read(fd, -1, &q, e);
		if (rc == 0)
			return 0;
		if (rc < 0)
			return refuse(fd, e);
		const char *type = is_first ? first_type(q) : NULL;
		rc = wire_frame_check(
		    type != NULL ? type : "download_request", q, e);
		if (rc < 0)
			return refuse(fd, e);
		if (type != NULL)
			return serve_first(fd, type, q, e);
		if (serve_download(fd, q, e) < 0)
			return 1;
	}
}
