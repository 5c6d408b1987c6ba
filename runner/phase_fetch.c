/* SPDX-License-Identifier: MIT */
/*
 * Cookbooks and scripts from elsewhere: the fetch process brings each source
 * into the store and answers with directories. From them comes the cookbook
 * path: the injected cookbooks first, then the sources from last to first,
 * then the bundle's own, since the later wins and the first source shall.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_sources.h"
#include "runner/performer.h"
#include "wire/frames.h"

struct fetching {
	struct performer *performer;
	struct jsn *trees; /* array of the result; owned */
	struct err failure;
};

static struct jsn *
make_request(const struct performer *p)
{
	AUTO_STR char *store = places_state(&p->places, "store");
	return bundle_fetch_request(p->bundle, store, p->options->offline);
}

static void
note_failure(struct fetching *f, const struct jsn *frame)
{
	const char *source = jsn_peek_str(frame, "source", NULL);
	const char *text = jsn_peek_str(frame, "text", "");
	(void)err_set(&f->failure, ERR_REMOTE, "%s%s%s",
	    source != NULL ? source : "", source != NULL ? ": " : "", text);
	struct jsn *event = wire_event_new("fetch_failed");
	if (source != NULL)
		jsn_set_str(event, "source", source);
	jsn_set_str(event, "code", jsn_peek_str(frame, "code", ""));
	jsn_set_str(event, "text", f->failure.text);
	run_event(f->performer->run, event);
}

static void
on_frame(struct jsn *frame, void *arg)
{
	struct fetching *f = arg;
	const char *type = jsn_peek_str(frame, "type", "");
	struct err e = { 0 };
	if (text_eq(type, "event")) {
		run_event(f->performer->run, jsn_ref(frame));
	} else if (text_eq(type, "fetch_result")) {
		if (wire_frame_check(type, frame, &e) < 0)
			f->failure = e;
		else if (f->trees == NULL)
			f->trees = jsn_ref(jsn_get(frame, "trees"));
	} else if (text_eq(type, "fetch_failed")) {
		if (wire_frame_check(type, frame, &e) < 0)
			f->failure = e;
		else
			note_failure(f, frame);
	}
}

static const struct jsn *
find_tree(const struct fetching *f, const char *name)
{
	for (size_t i = 0; f->trees != NULL && i < jsn_len(f->trees); i++) {
		const struct jsn *tree = jsn_at(f->trees, i);
		if (text_eq(jsn_peek_str(tree, "name", ""), name))
			return tree;
	}
	return NULL;
}

/* A directory that holds the one cookbook under its name. */
static int
make_view(struct performer *p, const struct bundle_source *s, const char *tree,
    const char **ret_dir, struct err *e)
{
	const char *dir =
	    arena_printf(p->arena, "%s/views/%s", run_dir(p->run), s->name);
	int rc = fsat_mkdir_all(AT_FDCWD, dir, 0700, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *link = path_join(dir, s->cookbook);
	if (symlink(tree, link) < 0)
		return err_sys(e, "link '%s'", link);
	*ret_dir = dir;
	return 0;
}

static void
add_path(struct performer *p, const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		p->cookbook_paths[p->cookbook_paths_len++] =
		    arena_strdup(p->arena, path);
}

static int
need_path(const struct fetching *f, const struct bundle_source *s,
    const char **ret_path, struct err *e)
{
	const struct jsn *tree = find_tree(f, s->name);
	if (tree == NULL)
		return err_set(e, ERR_PROTOCOL,
		    "fetch: no answer for source '%s'", s->name);
	*ret_path = jsn_peek_str(tree, "path", "");
	return 0;
}

static int
make_cookbook_paths(struct fetching *f, struct err *e)
{
	struct performer *p = f->performer;
	const struct bundle_sources *sources = &p->bundle->cookbooks;
	p->cookbook_paths =
	    arena_array_of(p->arena, const char *, sources->len + 2);
	AUTO_STR char *injected = path_join(p->places.share, "cookbooks");
	add_path(p, injected);
	for (size_t i = sources->len; i-- > 0;) {
		const struct bundle_source *s = &sources->list[i];
		const char *path = NULL;
		int rc = need_path(f, s, &path, e);
		if (rc == 0 && s->cookbook != NULL)
			rc = make_view(p, s, path, &path, e);
		if (rc < 0)
			return rc;
		add_path(p, path);
	}
	AUTO_STR char *own = path_join(p->bundle->dir, "cookbooks");
	add_path(p, own);
	return 0;
}

static int
add_scripts(struct fetching *f, struct err *e)
{
	struct performer *p = f->performer;
	const struct bundle_sources *sources = &p->bundle->script_sources;
	if (sources->len == 0)
		return 0;
	int rc = 0;
	for (size_t i = 0; i < sources->len && rc == 0; i++) {
		const char *path = NULL;
		rc = need_path(f, &sources->list[i], &path, e);
		if (rc == 0)
			rc = bundle_add_scripts(
			    p->bundle, arena_strdup(p->bundle->arena, path), e);
	}
	if (rc == 0)
		rc = bundle_check_scripts(p->bundle, e);
	return rc;
}

static int
run_fetch(struct fetching *f, struct err *e)
{
	struct performer *p = f->performer;
	size_t count = p->bundle->cookbooks.len + p->bundle->script_sources.len;
	struct jsn *event = wire_event_new("fetch_started");
	jsn_set_int(event, "sources", (int64_t)count);
	run_event(p->run, event);
	AUTO(jsn_free) struct jsn *request = make_request(p);
	AUTO_STR char *program = path_join(p->places.libexec, "fetch");
	AUTO(arena_free) struct arena *arena = arena_new();
	const char *argv[] = { program, NULL };
	struct child_spec spec = { .argv = argv,
		.env = performer_environment(arena, NULL),
		.out_stream = 4,
		.first_frame = request,
		.on_frame = on_frame,
		.arg = f };
	struct child_end end;
	int rc = performer_wait(p, &spec, &end, e);
	if (rc < 0)
		return err_wrap(e, "fetch");
	if (f->failure.code != 0)
		return err_set(e, ERR_REMOTE, "fetch: %s", f->failure.text);
	if (end.frames.code != 0 && f->trees == NULL)
		return err_set(e, ERR_PROTOCOL, "fetch: %s", end.frames.text);
	if (end.status != 0 || f->trees == NULL) {
		AUTO_BUF struct buf text = BUF_INIT(256);
		child_end_text(&end, &text);
		return err_set(e, ERR_EXIT, "fetch ended without an answer: %s",
		    buf_text(&text));
	}
	return 0;
}

int
phase_fetch(struct performer *p, struct err *e)
{
	if (p->fetched)
		return 0;
	struct fetching f = { .performer = p };
	int rc = 0;
	if (p->bundle->cookbooks.len + p->bundle->script_sources.len > 0)
		rc = run_fetch(&f, e);
	if (rc == 0)
		rc = make_cookbook_paths(&f, e);
	if (rc == 0)
		rc = add_scripts(&f, e);
	jsn_free(&f.trees);
	p->fetched = rc == 0;
	return rc;
}
