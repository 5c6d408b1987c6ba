/* SPDX-License-Identifier: MIT */
/*
 * A tree of a git repository. The ref is resolved to a commit first; a commit
 * whose tree the store has costs nothing, one that the cached repository has
 * costs no download. A full commit id is never looked up on the network when
 * it is known. Offline, a ref means what it meant when it was last resolved.
 * A repository of this machine is read where it is; when it is gone, the
 * store's records serve.
 */
#include "cookbooks-cache/source_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <git2.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/http.h"
#include "cookbooks-cache/git_http.h"
#include "cookbooks-cache/git_tree.h"

struct git {
	const struct source_context *context;
	const struct source *source;
	char *shown; /* URL for messages */
	git_repository *repo;
	struct git_http http;
	bool is_http;
	const char *local; /* path of a repository of this machine, or NULL */
};

static void
git_release(struct git *g)
{
	git_repository_free(g->repo);
	git_http_release(&g->http);
	fd_close(&g->http.tmp_dir);
	str_free(&g->shown);
}

/* libgit2's last error under our code, or what our transport kept. */
static int
git_failure(struct git *g, enum err_code code, const char *what, struct err *e)
{
	if (g->http.err.code != 0)
		return err_set(
		    e, (enum err_code)g->http.err.code, "%s", g->http.err.text);
	const git_error *last = git_error_last();
	return err_set(e, code, "%s '%s': %s", what, g->shown,
	    last != NULL && last->message != NULL ? last->message
						  : "unknown failure");
}

static int
start_libgit2(struct err *e)
{
	static bool is_ready;
	if (is_ready)
		return 0;
	if (git_libgit2_init() < 0)
		return err_set(e, ERR_STATE, "libgit2 does not start");
	/* No configuration but the repository's own, and local repositories
	 * of any owner: nothing of them is executed. */
	static const int levels[] = { GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG,
		GIT_CONFIG_LEVEL_PROGRAMDATA };
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	is_ready = true;
	return 0;
}

/* Opens the cached repository of the URL; a broken one is made anew. */
static int
open_repository(struct git *g, struct err *e)
{
	struct store *store = g->context->store;
	struct digest_text key =
	    digest_of(DIGEST_SHA256, str_from(g->source->url));
	AUTO_STR char *name = xasprintf("git/%.40s.git", key.hex);
	AUTO_STR char *path = path_join(store_path(store), name);
	if (git_repository_open_bare(&g->repo, path) == 0)
		return 0;
	int rc = fsat_remove_tree(store_dir(store), name, e);
	AUTO_STR char *stage = NULL;
	AUTO_FD int dir = rc < 0 ? rc : store_stage(store, &stage, e);
	if (dir < 0)
		return dir;
	AUTO_STR char *stage_path = path_join(store_path(store), stage);
	git_repository *made = NULL;
	if (git_repository_init(&made, stage_path, 1) < 0)
		return git_failure(g, ERR_SYS, "make a repository for", e);
	git_repository_free(made);
	if (renameat(store_dir(store), stage, store_dir(store), name) < 0)
		return err_sys(e, "rename '%s'", stage_path);
	if (git_repository_open_bare(&g->repo, path) < 0)
		return git_failure(g, ERR_SYS, "open the repository for", e);
	return 0;
}

static bool
is_hex(const char *text, size_t least)
{
	size_t len = strlen(text);
	return len >= least && len <= GIT_OID_HEXSZ &&
	       strspn(text, "0123456789abcdefABCDEF") == len;
}

static bool
has_commit(struct git *g, const git_oid *id)
{
	git_commit *commit = NULL;
	bool found = git_commit_lookup(&commit, g->repo, id) == 0;
	git_commit_free(commit);
	return found;
}

static int
on_progress(const git_indexer_progress *stats, void *payload)
{
	const struct git *g = payload;
	return (int64_t)stats->received_bytes > g->context->limits.tree_bytes
		   ? -1
		   : 0;
}

static void
set_callbacks(struct git *g, git_remote_callbacks *callbacks)
{
	git_remote_init_callbacks(callbacks, GIT_REMOTE_CALLBACKS_VERSION);
	callbacks->payload = g;
	callbacks->transfer_progress = on_progress;
}

/* git_remote_callbacks.transport has the payload of the callbacks. */
static int
choose_transport(git_transport **out, git_remote *owner, void *payload)
{
	struct git *g = payload;
	return git_http_transport(out, owner, &g->http);
}

static void
remote_free(git_remote **r)
{
	git_remote_free(*r);
}

static bool
names_ref(const git_remote_head *head, const char *prefix, const char *ref,
    const char *suffix)
{
	AUTO_STR char *name = xasprintf("%s%s%s", prefix, ref, suffix);
	return text_eq(head->name, name);
}

/* Branches before tags, a tag's commit before the tag itself. */
static const git_remote_head *
find_head(const git_remote_head **heads, size_t count, const char *ref)
{
	static const char *const forms[][2] = { { "", "" },
		{ "refs/heads/", "" }, { "refs/tags/", "^{}" },
		{ "refs/tags/", "" } };
	for (size_t f = 0; f < ARRAY_LEN(forms); f++)
		for (size_t i = 0; i < count; i++)
			if (names_ref(heads[i], forms[f][0], ref, forms[f][1]))
				return heads[i];
	return NULL;
}

static int
download(struct git *g, git_remote *remote, const char *refspec,
    git_fetch_options *options, struct err *e)
{
	char *specs[] = { (char *)(uintptr_t)refspec };
	git_strarray list = { .strings = specs, .count = 1 };
	if (git_remote_fetch(remote, &list, options, NULL) < 0)
		return git_failure(g, ERR_NETWORK, "fetch from", e);
	return 0;
}

/* Asks the remote what ref is, downloads its commit if it is new. */
static int
resolve_online(struct git *g, const char *ref, git_oid *ret_id,
    struct fetched *f, struct err *e)
{
	AUTO(remote_free) git_remote *remote = NULL;
	git_remote_create_options how;
	git_remote_create_options_init(&how, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	how.repository = g->repo;
	how.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
	if (git_remote_create_with_opts(&remote, g->source->url, &how) < 0)
		return git_failure(g, ERR_INVALID, "use", e);
	git_fetch_options options;
	git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	options.update_fetchhead = 0;
	set_callbacks(g, &options.callbacks);
	if (g->is_http)
		options.callbacks.transport = choose_transport;
	git_remote_callbacks *callbacks = &options.callbacks;
	if (git_remote_connect(
		remote, GIT_DIRECTION_FETCH, callbacks, NULL, NULL) < 0)
		return git_failure(g, ERR_NETWORK, "reach", e);
	const git_remote_head **heads = NULL;
	size_t count = 0;
	if (git_remote_ls(&heads, &count, remote) < 0)
		return git_failure(g, ERR_NETWORK, "list the refs of", e);
	const git_remote_head *head = find_head(heads, count, ref);
	if (head == NULL && !is_hex(ref, 7))
		return err_set(e, ERR_ABSENT,
		    "'%s' has no branch, tag or commit '%s'", g->shown, ref);
	AUTO_STR char *refspec = NULL;
	git_oid id = { 0 };
	if (head != NULL) {
		id = head->oid;
		const char *name = head->name;
		size_t len = strlen(name);
		if (text_has_suffix(name, "^{}"))
			len -= 3;
		refspec = xasprintf(
		    "+%.*s:refs/kept/%s", (int)len, name, git_oid_tostr_s(&id));
	} else {
		refspec = xstrdup("+refs/heads/*:refs/kept/heads/*");
	}
	int rc = 0;
	if (head == NULL || !has_commit(g, &id)) {
		rc = download(g, remote, refspec, &options, e);
		f->bytes += (int64_t)git_remote_stats(remote)->received_bytes;
	}
	git_remote_disconnect(remote);
	if (rc == 0 && head != NULL)
		*ret_id = id;
	return rc;
}

static void
object_free(git_object **o)
{
	git_object_free(*o);
}

/* The commit that a name means in the repository; ERR_ABSENT. */
static int
find_commit(git_repository *repo, const char *name, git_oid *ret_id)
{
	AUTO(object_free) git_object *object = NULL;
	AUTO(object_free) git_object *commit = NULL;
	if (git_revparse_single(&object, repo, name) < 0 ||
	    git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0)
		return ERR_ABSENT;
	*ret_id = *git_object_id(commit);
	return 0;
}

/* A full or short commit id that the cached repository has. */
static int
resolve_known(struct git *g, const char *ref, git_oid *ret_id)
{
	return is_hex(ref, 7) ? find_commit(g->repo, ref, ret_id) : ERR_ABSENT;
}

static int
resolve_offline(struct git *g, const char *ref, git_oid *ret_id, struct err *e)
{
	AUTO(jsn_free) struct jsn *record = NULL;
	AUTO_STR char *key = xasprintf("git %s %s", g->source->url, ref);
	if (store_ref_load(g->context->store, key, &record, NULL) == 0 &&
	    git_oid_fromstr(ret_id, jsn_peek_str(record, "commit", "")) == 0)
		return 0;
	return err_set(e, ERR_ABSENT,
	    "'%s' at '%s': not in the store, and downloads are off (offline)",
	    g->shown, ref);
}

/* Branches before tags, as on the network. */
static int
resolve_local(struct git *g, const char *ref, git_oid *ret_id, struct err *e)
{
	static const char *const prefixes[] = { "refs/heads/", "refs/tags/",
		"" };
	if (g->repo == NULL && resolve_offline(g, ref, ret_id, NULL) == 0)
		return 0;
	if (g->repo == NULL)
		return err_set(e, ERR_ABSENT, "no repository '%s'", g->shown);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		AUTO_STR char *name = xasprintf("%s%s", prefixes[i], ref);
		if (find_commit(g->repo, name, ret_id) == 0)
			return 0;
	}
	return err_set(e, ERR_ABSENT, "'%s' has no branch, tag or commit '%s'",
	    g->shown, ref);
}

static int
resolve(struct git *g, const char *ref, git_oid *ret_id, struct fetched *f,
    struct err *e)
{
	if (g->local != NULL)
		return resolve_local(g, ref, ret_id, e);
	if (strlen(ref) == GIT_OID_HEXSZ && resolve_known(g, ref, ret_id) == 0)
		return 0;
	if (g->context->offline) {
		if (resolve_known(g, ref, ret_id) == 0)
			return 0;
		return resolve_offline(g, ref, ret_id, e);
	}
	git_oid id = { 0 };
	int rc = resolve_online(g, ref, &id, f, e);
	if (rc < 0)
		return rc;
	if (git_oid_is_zero(&id) && resolve_known(g, ref, &id) < 0)
		return err_set(
		    e, ERR_ABSENT, "'%s' has no commit '%s'", g->shown, ref);
	*ret_id = id;
	return 0;
}

struct export
{
	struct git *git;
	git_oid commit;
};

static int
fill_stage(struct stage *s, void *arg, struct err *e)
{
	const struct export *x = arg;
	return git_tree_export(x->git->repo, &x->commit, s, e);
}

/* The repository of this machine; that it is gone shows later. */
static int
open_local(struct git *g, struct err *e)
{
	if (git_repository_open(&g->repo, g->local) == 0 ||
	    access(g->local, F_OK) < 0)
		return 0;
	return git_failure(g, ERR_INVALID, "open the repository", e);
}

/* The commit's tree: from the store, else out of the repository. */
static int
take_tree(struct git *g, const git_oid *id, struct fetched *f, struct err *e)
{
	git_oid_tostr(f->commit, sizeof(f->commit), id);
	AUTO_STR char *key = xasprintf("git %s", f->commit);
	int rc = source_find(g->context, key, f, e);
	if (rc != ERR_ABSENT)
		return rc;
	if (g->repo == NULL)
		return err_set(e, ERR_ABSENT, "no repository '%s'", g->shown);
	struct export x = { g, *id };
	rc = source_make_tree(g->context, fill_stage, &x, f, e);
	if (rc < 0)
		return err_wrap(e, "'%s' at %.12s", g->shown, f->commit);
	return source_record(g->context, key, f, e);
}

static int
check_url(const struct source *s, struct git *g, struct err *e)
{
	if (s->url[0] == '/')
		g->local = s->url;
	else if (text_has_prefix(s->url, "file:///"))
		g->local = s->url + 7;
	g->is_http = text_has_prefix(s->url, "http://") ||
		     text_has_prefix(s->url, "https://");
	g->shown = g->local != NULL ? xstrdup(s->url) : http_url_shown(s->url);
	if (g->local != NULL || g->is_http || text_has_prefix(s->url, "git://"))
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
	    "git '%s': use an https, http, git or file URL, or an absolute "
	    "path",
	    g->shown);
}

int
source_fetch_git(const struct source_context *c, const struct source *s,
    struct fetched *ret, struct err *e)
{
	AUTO(git_release)
	struct git g = { .context = c,
		.source = s,
		.http = { .tmp_dir = -1,
		    .max_bytes = (size_t)c->limits.tree_bytes } };
	int rc = check_url(s, &g, e);
	if (rc == 0)
		rc = start_libgit2(e);
	if (rc == 0)
		rc = g.local != NULL ? open_local(&g, e)
				     : open_repository(&g, e);
	if (rc < 0)
		return rc;
	g.http.tmp_dir = fsat_open_dir(store_dir(c->store), "tmp", e);
	if (g.http.tmp_dir < 0)
		return g.http.tmp_dir;
	const char *ref = s->ref != NULL ? s->ref : "HEAD";
	git_oid id = { 0 };
	rc = resolve(&g, ref, &id, ret, e);
	if (rc == 0)
		rc = take_tree(&g, &id, ret, e);
	if (rc < 0)
		return rc;
	ret->is_cached = ret->is_cached || (g.local == NULL && ret->bytes == 0);
	AUTO_STR char *key = xasprintf("git %s %s", s->url, ref);
	return source_record(c, key, ret, e);
}
