/* SPDX-License-Identifier: MIT */
/* Walking a git tree; depth is bounded by the path check of the stage. */
#include "cookbooks-cache/git_tree.h"

#include <strings.h>

#include "common/auto.h"

struct export
{
	git_repository *repo;
	struct stage *stage;
};

static int
object_failure(const char *path, int code, struct err *e)
{
	const git_error *last = git_error_last();
	return err_set(e, code == GIT_ENOTFOUND ? ERR_ABSENT : ERR_DIGEST,
	    "git object of '%s': %s", path,
	    last != NULL && last->message != NULL ? last->message
						  : "not readable");
}

static void
blob_free(git_blob **b)
{
	git_blob_free(*b);
}

static void
tree_free(git_tree **t)
{
	git_tree_free(*t);
}

static void
commit_free(git_commit **c)
{
	git_commit_free(*c);
}

static int
export_blob(const struct export *x, const git_tree_entry *entry,
    const char *path, struct err *e)
{
	AUTO(blob_free) git_blob *blob = NULL;
	int rc = git_blob_lookup(&blob, x->repo, git_tree_entry_id(entry));
	if (rc < 0)
		return object_failure(path, rc, e);
	struct str data = { git_blob_rawcontent(blob),
		(size_t)git_blob_rawsize(blob) };
	git_filemode_t mode = git_tree_entry_filemode(entry);
	if (mode == GIT_FILEMODE_LINK) {
		AUTO_STR char *target = xstrndup(data.data, data.len);
		return stage_link(x->stage, path, target, e);
	}
	__attribute__((
	    cleanup(stage_file_close))) struct stage_file f = { .fd = -1 };
	rc = stage_file_open(
	    x->stage, path, mode == GIT_FILEMODE_BLOB_EXECUTABLE, &f, e);
	if (rc == 0 && data.len > 0)
		rc = stage_file_write(x->stage, &f, data, e);
	return rc;
}

/* A name that no checkout may have. */
static bool
is_bad_name(const char *name)
{
	return name[0] == '\0' || text_eq(name, ".") || text_eq(name, "..") ||
	       strcasecmp(name, ".git") == 0 || strchr(name, '/') != NULL;
}

static int
export_tree(const struct export *x, const git_oid *id, const char *prefix,
    struct err *e)
{
	AUTO(tree_free) git_tree *tree = NULL;
	int rc = git_tree_lookup(&tree, x->repo, id);
	if (rc < 0)
		return object_failure(prefix, rc, e);
	size_t count = git_tree_entrycount(tree);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
		const char *name = git_tree_entry_name(entry);
		if (is_bad_name(name))
			return err_set(e, ERR_INVALID,
			    "a name that is not allowed in '%s'", prefix);
		AUTO_STR char *path = xasprintf("%s%s", prefix, name);
		git_object_t type = git_tree_entry_type(entry);
		if (type == GIT_OBJECT_BLOB) {
			rc = export_blob(x, entry, path, e);
			continue;
		}
		rc = stage_dir(x->stage, path, e);
		if (rc < 0 || type != GIT_OBJECT_TREE)
			continue;
		AUTO_STR char *inner = xasprintf("%s/", path);
		rc = export_tree(x, git_tree_entry_id(entry), inner, e);
	}
	return rc;
}

int
git_tree_export(
    git_repository *repo, const git_oid *commit, struct stage *s, struct err *e)
{
	AUTO(commit_free) git_commit *found = NULL;
	int rc = git_commit_lookup(&found, repo, commit);
	if (rc < 0)
		return object_failure("the commit", rc, e);
	struct export x = { repo, s };
	return export_tree(&x, git_commit_tree_id(found), "", e);
}
