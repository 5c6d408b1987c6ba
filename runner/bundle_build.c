/* SPDX-License-Identifier: MIT */
/* From a directory to an archive that needs nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/bundle_archive.h"
#include "runner/bundle_sources.h"
#include "runner/fetch_process.h"
#include "wire/api.h"
#include "wire/frames.h"

struct build {
	const struct build_spec *spec;
	struct bundle *bundle;
	struct jsn *trees; /* of the fetch; NULL: no sources from elsewhere */
	char *file, *part; /* the archive and its temporary name */
	struct archive_info info;
};

static void
build_release(struct build *b)
{
	if (b->part != NULL)
		unlink(b->part);
	bundle_free(&b->bundle);
	jsn_free(&b->trees);
	str_free(&b->file);
	str_free(&b->part);
}

void
build_result_release(struct build_result *r)
{
	bundle_free(&r->bundle);
	str_free(&r->file);
}

static bool
lies_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);
	return strncmp(path, dir, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

/* A secret in the bundle would lie readable at the router and on each node. */
static int
check_credentials(const struct build *b, struct err *e)
{
	const struct bundle_inputs *inputs = &b->bundle->inputs;
	for (size_t i = 0; i < inputs->len; i++) {
		const struct bundle_input *in = &inputs->list[i];
		if (in->file == NULL || !lies_in(in->file, b->bundle->dir))
			continue;
		return err_set(e, ERR_INVALID,
		    "credential %s: its default, the file '%s', would become "
		    "part of the archive; keep it outside of the bundle, or "
		    "build with --with-credentials",
		    in->name, in->file);
	}
	return 0;
}

static int
load(struct build *b, struct err *e)
{
	int rc = bundle_load(b->spec->dir, &b->bundle, e);
	if (rc < 0)
		return rc;
	if (!manifest_name_is_valid(b->bundle->name))
		return err_set(e, ERR_INVALID,
		    "%s: $.name: '%s' cannot be pushed: at most %d bytes, and "
		    "not 'self'",
		    b->bundle->file, b->bundle->name, MANIFEST_NAME_MAX_BYTES);
	if (b->bundle->version != NULL &&
	    strlen(b->bundle->version) > MANIFEST_VERSION_MAX_BYTES)
		return err_set(e, ERR_INVALID,
		    "%s: $.version: longer than %d bytes", b->bundle->file,
		    MANIFEST_VERSION_MAX_BYTES);
	return b->spec->with_credentials ? 0 : check_credentials(b, e);
}

/* ---- sources ----------------------------------------------------------- */

/* Where a person's fetched trees are kept: $XDG_CACHE_HOME/rightlink/store. */
static int
find_store(char **ret_store, struct err *e)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	AUTO_STR char *base = NULL;
	if (cache != NULL && cache[0] == '/')
		base = path_join(cache, "rightlink");
	else if (home != NULL && home[0] == '/')
		base = path_join(home, ".cache/rightlink");
	else
		return err_set(e, ERR_STATE,
		    "no place for fetched sources: neither XDG_CACHE_HOME nor "
		    "HOME is an absolute path");
	AUTO_STR char *store = path_join(base, "store");
	int rc = fsat_mkdir_all(AT_FDCWD, store, 0700, e);
	if (rc == 0)
		*ret_store = TAKE(store);
	return rc;
}

static void
on_event(const struct jsn *event, void *arg)
{
	const struct build *b = arg;
	if (b->spec->note == NULL)
		return;
	AUTO_STR char *text =
	    xasprintf("%s: %s", jsn_peek_str(event, "name", "source"),
		jsn_peek_str(event, "note", ""));
	b->spec->note(text, b->spec->arg);
}

static const struct jsn *
find_tree(const struct build *b, const char *name)
{
	for (size_t i = 0; i < jsn_len(b->trees); i++) {
		const struct jsn *tree = jsn_at(b->trees, i);
		if (text_eq(jsn_peek_str(tree, "name", ""), name))
			return tree;
	}
	return NULL;
}

/* Where the source's tree is now, or NULL. */
static const char *
tree_of(const struct build *b, const struct bundle_source *s)
{
	return s->vendored ? s->url
			   : jsn_peek_str(find_tree(b, s->name), "path", NULL);
}

/* Scripts of sources are validated as those of the bundle. */
static int
add_scripts(struct build *b, struct err *e)
{
	const struct bundle_sources *sources = &b->bundle->script_sources;
	for (size_t i = 0; i < sources->len; i++) {
		const struct bundle_source *s = &sources->list[i];
		const char *path = tree_of(b, s);
		if (path == NULL)
			return err_set(e, ERR_PROTOCOL,
			    "fetch: no answer for source '%s'", s->name);
		int rc = bundle_add_scripts(
		    b->bundle, arena_strdup(b->bundle->arena, path), e);
		if (rc < 0)
			return rc;
	}
	return bundle_check_scripts(b->bundle, e);
}

static int
fetch_sources(struct build *b, struct err *e)
{
	if (bundle_sources_outside(b->bundle) == 0)
		return add_scripts(b, e);
	AUTO_STR char *store = NULL;
	int rc = find_store(&store, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free)
	struct jsn *request =
	    bundle_fetch_request(b->bundle, store, b->spec->offline);
	AUTO(jsn_free) struct jsn *result = NULL;
	struct fetch_process_spec spec = { .places = b->spec->places,
		.request = request,
		.on_event = on_event,
		.arg = b };
	rc = fetch_process_run(&spec, &result, e);
	if (rc < 0)
		return rc;
	b->trees = jsn_ref(jsn_get(result, "trees"));
	return add_scripts(b, e);
}

/* ---- the archive ------------------------------------------------------- */

static int
open_part(struct build *b, struct err *e)
{
	const struct bundle *bundle = b->bundle;
	char real[PATH_MAX];
	if (b->spec->file != NULL)
		b->file = xstrdup(b->spec->file);
	else if (bundle->version != NULL &&
		 strpbrk(bundle->version, "/ \t\n") == NULL)
		b->file =
		    xasprintf("%s-%s.tar.zst", bundle->name, bundle->version);
	else
		b->file = xasprintf("%s.tar.zst", bundle->name);
	AUTO_STR char *parent = path_dirname(b->file);
	if (realpath(parent, real) == NULL)
		return err_sys(e, "directory '%s'", parent);
	if (lies_in(real, bundle->dir))
		return err_set(e, ERR_INVALID,
		    "the archive '%s' would lie in the bundle itself; name "
		    "another place with --file",
		    b->file);
	char ulid[ULID_TEXT_BYTES];
	ulid_new(ulid);
	b->part = xasprintf("%s/.%s.part", real, ulid);
	AUTO_FD int fd =
	    open(b->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? err_sys(e, "make '%s'", b->part) : 0;
}

static struct jsn *
add_root(struct jsn *roots, const char *dir, const char *prefix)
{
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "dir", dir);
	jsn_set_str(o, "prefix", prefix);
	jsn_push(roots, o);
	return o;
}

static void
add_source_roots(const struct build *b, const struct bundle_sources *sources,
    struct jsn *roots)
{
	for (size_t i = 0; i < sources->len; i++) {
		const struct bundle_source *s = &sources->list[i];
		AUTO_STR char *place = bundle_source_place(s);
		(void)add_root(roots, tree_of(b, s), place);
	}
}

/* The record of the sources: that of the fetch, or the one that is there. */
static int
record_sources(const struct build *b, struct buf *out, struct err *e)
{
	if (b->trees != NULL) {
		bundle_sources_format(b->bundle, b->trees, out);
		return 0;
	}
	AUTO_STR char *path = path_join(b->bundle->dir, BUNDLE_SOURCES_FILE);
	return fsat_read(AT_FDCWD, path, out->max_bytes, out, e);
}

/* What is vendored comes last, so that a bundle that was built and unpacked
 * makes the same archive again. */
static int
make_request(const struct build *b, struct jsn **ret_request, struct err *e)
{
	const struct bundle *bundle = b->bundle;
	AUTO(jsn_free) struct jsn *request = wire_frame_new("pack_request");
	struct jsn *roots = jsn_new_array(), *files = jsn_new_array();
	jsn_set_int(request, "version", 1);
	jsn_set_str(request, "output", b->part);
	jsn_set(request, "roots", roots);
	jsn_set(request, "files", files);
	jsn_set_int(request, "max_bytes", (int64_t)API_ARTEFACT_MAX_BYTES);
	struct jsn *top = add_root(roots, bundle->dir, "");
	jsn_set_str(top, "skip", BUNDLE_SOURCES_DIR);
	if (bundle->cookbooks.len + bundle->script_sources.len > 0) {
		AUTO_BUF struct buf text = BUF_INIT(BUNDLE_FILE_MAX_BYTES);
		int rc = record_sources(b, &text, e);
		if (rc < 0)
			return rc;
		add_source_roots(b, &bundle->cookbooks, roots);
		add_source_roots(b, &bundle->script_sources, roots);
		struct jsn *file = jsn_new_object();
		jsn_set_str(file, "path", BUNDLE_SOURCES_FILE);
		jsn_set_str(file, "text", buf_text(&text));
		jsn_push(files, file);
	}
	*ret_request = TAKE(request);
	return 0;
}

/* Durable under its name, or not there. */
static int
commit(struct build *b, struct err *e)
{
	AUTO_STR char *parent = path_dirname(b->file);
	AUTO_FD int fd = open(b->part, O_RDONLY | O_CLOEXEC);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, parent, e);
	if (dir < 0)
		return dir;
	if (fd < 0 || fsync(fd) < 0 || rename(b->part, b->file) < 0 ||
	    fsync(dir) < 0)
		return err_sys(e, "write '%s'", b->file);
	str_free(&b->part);
	return 0;
}

static int
pack(struct build *b, struct err *e)
{
	int rc = open_part(b, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *request = NULL;
	AUTO(jsn_free) struct jsn *result = NULL;
	rc = make_request(b, &request, e);
	struct fetch_process_spec spec = { .places = b->spec->places,
		.request = request };
	if (rc == 0)
		rc = fetch_process_run(&spec, &result, e);
	if (rc < 0)
		return rc;
	b->info.bytes = jsn_peek_int(result, "bytes", 0);
	b->info.files = jsn_peek_int(result, "files", 0);
	const char *hex = jsn_peek_str(result, "sha256", "");
	memcpy(
	    b->info.sha256, hex, strnlen(hex, sizeof(b->info.sha256) - 1) + 1);
	b->info.sha256[sizeof(b->info.sha256) - 1] = '\0';
	return commit(b, e);
}

int
bundle_build(const struct build_spec *spec, struct build_result *ret_result,
    struct err *e)
{
	AUTO(build_release) struct build b = { .spec = spec };
	int rc = load(&b, e);
	if (rc == 0)
		rc = fetch_sources(&b, e);
	if (rc == 0)
		rc = pack(&b, e);
	if (rc == 0)
		*ret_result = (struct build_result){ .bundle = TAKE(b.bundle),
			.file = TAKE(b.file),
			.info = b.info };
	return rc;
}
