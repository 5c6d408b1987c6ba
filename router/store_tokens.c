/* SPDX-License-Identifier: MIT */
/* Tokens that let machines join, and operators' tokens. */
#include <string.h>

#include "router/store_priv.h"

int
store_enroll_token_list(struct store *s, int thread, struct arena *a,
    int64_t now, struct store_enroll_token_list *ret, struct err *e)
{
	struct db_stmt *q;
	struct store_enroll_token_list l = { 0 };
	size_t room = 0;
	int rc =
	    sql_ask(store_reader(s, thread), SQL_token_list, &q, e, "i", now);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		l.items = list_room(a, l.items, l.len, &room, sizeof(*l.items));
		l.items[l.len++] = (struct store_enroll_token){
			.id = sql_text(q, 0, a),
			.deployment = sql_text(q, 1, a),
			.bundle = sql_text(q, 2, a),
			.uses_left = db_int(q, 3),
			.expires_at = db_int(q, 4),
			.created = db_int(q, 5),
		};
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

int
job_enroll_token_make(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	const struct store_enroll_token_make *j = &job->enroll_token_make;
	(void)s;
	return sql_do(&w->conn, SQL_token_add, e, "ttttiii", j->id, j->sha256,
	    j->deployment, j->bundle, j->uses, j->expires_at, j->now);
}

int
job_enroll_token_drop(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_enroll_token_drop *j = &job->enroll_token_drop;
	(void)s;
	int rc = sql_do(&w->conn, SQL_token_drop, e, "t", j->id);
	j->dropped = rc >= 0 && db_changes(w->conn.db) > 0;
	return rc;
}

static void
operator_row(
    const struct db_stmt *q, struct arena *a, struct store_operator *ret)
{
	*ret = (struct store_operator){ .name = sql_text(q, 0, a),
		.scopes = sql_text(q, 1, a),
		.created = db_int(q, 2),
		.expires_at = db_int(q, 3) };
}

int
store_operator_find(struct store *s, int thread, struct arena *a,
    const char *sha256, struct store_operator *ret, struct err *e)
{
	struct db_stmt *q;
	int rc = sql_ask(
	    store_reader(s, thread), SQL_operator_get, &q, e, "t", sha256);
	if (rc >= 0)
		rc = db_step(q, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "unknown token");
	operator_row(q, a, ret);
	db_reset(q);
	return 0;
}

int
store_operator_list(struct store *s, int thread, struct arena *a,
    struct store_operator_list *ret, struct err *e)
{
	struct db_stmt *q;
	struct store_operator_list l = { 0 };
	size_t room = 0;
	int rc = sql_ask(store_reader(s, thread), SQL_operator_list, &q, e, "");
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		l.items = list_room(a, l.items, l.len, &room, sizeof(*l.items));
		operator_row(q, a, &l.items[l.len++]);
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

int
job_operator_put(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	const struct store_operator_put *j = &job->operator_put;
	(void)s;
	return sql_do(&w->conn, SQL_operator_put, e, "tttii", j->name,
	    j->sha256, j->scopes, j->now, j->expires_at);
}

int
job_operator_drop(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_operator_drop *j = &job->operator_drop;
	(void)s;
	int rc = sql_do(&w->conn, SQL_operator_drop, e, "t", j->name);
	j->dropped = rc >= 0 && db_changes(w->conn.db) > 0;
	return rc;
}
