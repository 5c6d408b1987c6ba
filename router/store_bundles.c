/* SPDX-License-Identifier: MIT */
/* Rows of bundles and artefacts; the archives are files. */
#include "router/store_priv.h"

#define ARTEFACT_WAITS_MS ((int64_t)24 * 3600 * 1000)

static void
bundle_row(const struct db_stmt *q, struct arena *a, struct store_bundle *ret)
{
	*ret = (struct store_bundle){ .name = sql_text(q, 0, a),
		.version = sql_text(q, 1, a),
		.sha256 = sql_text(q, 2, a),
		.envelope = sql_text(q, 3, a),
		.serial = db_int(q, 4),
		.bytes = db_int(q, 5),
		.pushed_at = db_int(q, 6) };
}

static int
bundle_load(struct conn *c, struct arena *a, const char *name,
    struct store_bundle *ret, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(c, SQL_bundle_get, &q, e, "t", name);
	if (rc >= 0)
		rc = db_step(q, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "no bundle '%s'", name);
	bundle_row(q, a, ret);
	db_reset(q);
	return 0;
}

int
store_bundle_find(struct store *s, int thread, struct arena *a,
    const char *name, struct store_bundle *ret, struct err *e)
{
	return bundle_load(store_reader(s, thread), a, name, ret, e);
}

int
store_bundle_serial(struct store *s, int thread, const char *name,
    int64_t *ret_serial, struct err *e)
{
	return sql_one(store_reader(s, thread), SQL_bundle_serial, 0,
	    ret_serial, e, "t", name);
}

int
store_bundle_list(struct store *s, int thread, struct arena *a,
    struct store_bundle_list *ret, struct err *e)
{
	struct db_stmt *q;
	struct store_bundle_list l = { 0 };
	size_t room = 0;
	int rc = sql_ask(store_reader(s, thread), SQL_bundle_list, &q, e, "");
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		l.items = list_room(a, l.items, l.len, &room, sizeof(*l.items));
		bundle_row(q, a, &l.items[l.len++]);
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

int
store_artefact_find(struct store *s, int thread, const char *sha256,
    int64_t *ret_bytes, struct err *e)
{
	int rc = sql_one(store_reader(s, thread), SQL_artefact_get, -1,
	    ret_bytes, e, "t", sha256);
	if (rc >= 0 && *ret_bytes < 0)
		return err_set(e, ERR_ABSENT, "no artefact '%s'", sha256);
	return rc;
}

/* Every instance of the bundle has news. */
static int
bundle_tell(struct writer *w, const char *name, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(&w->conn, SQL_instance_of_bundle, &q, e, "t", name);
	while (rc >= 0 && (rc = db_step(q, e)) == 1)
		names_copy(&w->effects.ids, w->effects_arena, db_text(q, 0));
	return rc;
}

/* Forgets old pushes, and archives that nobody needs; one that is younger than
 * a day may wait for its manifest. */
static int
bundle_trim(struct writer *w, struct store_job *job, struct err *e)
{
	struct store_bundle_put *j = &job->bundle_put;
	const struct store_bundle *b = &j->bundle;
	struct db_stmt *q = NULL;
	struct names loose = { 0 };
	int rc = sql_do(&w->conn, SQL_bundle_trim, e, "ti", b->name,
	    (int64_t)STORE_BUNDLES_KEPT);
	if (rc >= 0)
		rc = sql_ask(&w->conn, SQL_artefact_loose, &q, e, "i",
		    b->pushed_at - ARTEFACT_WAITS_MS);
	while (rc >= 0 && (rc = db_step(q, e)) == 1)
		names_copy(&loose, job->a, db_text(q, 0));
	for (size_t i = 0; rc >= 0 && i < loose.len; i++)
		rc =
		    sql_do(&w->conn, SQL_artefact_drop, e, "t", loose.items[i]);
	j->dropped = loose.items;
	j->dropped_len = loose.len;
	return rc < 0 ? rc : 0;
}

int
job_bundle_put(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	const struct store_bundle *b = &job->bundle_put.bundle;
	struct store_bundle old;
	int64_t bytes;
	int rc = bundle_load(&w->conn, job->a, b->name, &old, e);
	if (rc < 0 && rc != ERR_ABSENT)
		return rc;
	if (rc >= 0 && old.serial == b->serial &&
	    text_eq(old.envelope, b->envelope))
		return 0;
	if (rc >= 0 && old.serial >= b->serial)
		return err_set(e, ERR_STATE,
		    "bundle '%s': serial %lld does not rise over %lld", b->name,
		    (long long)b->serial, (long long)old.serial);
	rc = sql_one(&w->conn, SQL_artefact_get, -1, &bytes, e, "t", b->sha256);
	if (rc >= 0 && bytes < 0)
		return err_set(e, ERR_ABSENT,
		    "the archive '%s' is not here: send it first", b->sha256);
	if (rc >= 0)
		rc = sql_do(&w->conn, SQL_bundle_add, e, "ttttiii", b->name,
		    b->version, b->sha256, b->envelope, b->serial, b->bytes,
		    b->pushed_at);
	if (rc >= 0)
		rc = bundle_trim(w, job, e);
	if (rc >= 0)
		rc = event_record(
		    s, w, b->pushed_at, "bundle", b->name, "pushed", e);
	if (rc >= 0)
		rc = bundle_tell(w, b->name, e);
	return rc;
}

int
job_artefact_put(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_artefact_put *j = &job->artefact_put;
	int64_t bytes;
	(void)s;
	int rc =
	    sql_one(&w->conn, SQL_artefact_get, -1, &bytes, e, "t", j->sha256);
	j->is_new = rc >= 0 && bytes < 0;
	if (rc < 0)
		return rc;
	/* Its time to wait for a manifest begins anew. */
	if (!j->is_new)
		return sql_do(
		    &w->conn, SQL_artefact_touch, e, "ti", j->sha256, j->now);
	return sql_do(
	    &w->conn, SQL_artefact_add, e, "tii", j->sha256, j->bytes, j->now);
}
