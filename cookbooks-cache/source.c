/* SPDX-License-Identifier: MIT */
/* What the kinds of source share: records, stages, the choice of the kind. */
#include "cookbooks-cache/source.h"

#include <string.h>

#include "common/auto.h"
#include "cookbooks-cache/source_priv.h"

int
source_find(const struct source_context *c, const char *key,
    struct fetched *ret, struct err *e)
{
	AUTO(jsn_free) struct jsn *record = NULL;
	int rc = store_ref_load(c->store, key, &record, e);
	if (rc < 0)
		return rc;
	const char *id = jsn_peek_str(record, "tree", "");
	rc = store_tree_check(c->store, id, &c->limits, e);
	if (rc == ERR_DIGEST)
		return err_set(
		    e, ERR_ABSENT, "%s", e != NULL ? e->text : "changed");
	if (rc < 0)
		return rc;
	memcpy(ret->id.hex, id, strlen(id) + 1);
	ret->is_cached = true;
	return 0;
}

int
source_record(const struct source_context *c, const char *key,
    const struct fetched *f, struct err *e)
{
	AUTO(jsn_free) struct jsn *record = jsn_new_object();
	jsn_set_str(record, "tree", f->id.hex);
	jsn_set_str(record, "commit", f->commit);
	return store_ref_save(c->store, key, record, e);
}

int
source_make_tree(const struct source_context *c, source_fill_fn fill, void *arg,
    struct fetched *ret, struct err *e)
{
	AUTO_STR char *name = NULL;
	AUTO_FD int dir = store_stage(c->store, &name, e);
	if (dir < 0)
		return dir;
	struct stage stage = { .root = dir, .limits = c->limits };
	int rc = fill(&stage, arg, e);
	if (rc == ERR_SYS)
		return err_wrap(e, "store '%s'", store_path(c->store));
	if (rc < 0)
		return rc;
	return store_tree_add(c->store, name, &c->limits, &ret->id, e);
}

int
source_fetch(const struct source_context *c, const struct source *s,
    struct fetched *ret, struct err *e)
{
	struct fetched f = { 0 };
	int rc;
	if (text_eq(s->kind, "directory"))
		rc = source_fetch_directory(c, s, &f, e);
	else if (text_eq(s->kind, "tarball"))
		rc = source_fetch_tarball(c, s, &f, e);
	else if (text_eq(s->kind, "git"))
		rc = source_fetch_git(c, s, &f, e);
	else
		rc = err_set(e, ERR_INVALID, "kind '%s' is not known", s->kind);
	if (rc < 0)
		return rc;
	*ret = f;
	return 0;
}
