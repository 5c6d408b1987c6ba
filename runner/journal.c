/* SPDX-License-Identifier: MIT */
/*
 * The journal's connection, its batches, the moves of a command. Trickiest
 * invariant: once a write of a batch failed, no later one of the same batch
 * may be done, since SQLite may have ended the transaction by itself (full
 * disk) and each of them would become a commit of its own.
 */
#include "runner/journal_priv.h"

#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/str.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define KEPT_MS (30 * DAY_MS)
#define KEPT_PAST_LIFE_MS (7 * DAY_MS)
#define KEPT_LOCAL_MS (7 * DAY_MS)

static const char *const statement_sql[J_STATEMENTS] = {
#define JOURNAL_STATEMENT(name, sql) sql,
	JOURNAL_STATEMENTS(JOURNAL_STATEMENT)
#undef JOURNAL_STATEMENT
};

const char *
journal_state_name(enum journal_state s)
{
	static const char *const names[] = {
		[JOURNAL_RECEIVED] = "received",
		[JOURNAL_GRANTED] = "granted",
		[JOURNAL_RUNNING] = "running",
		[JOURNAL_DONE] = "done",
		[JOURNAL_ACKED] = "acked",
		[JOURNAL_DROPPED] = "dropped",
	};
	return names[s];
}

int
journal_open(const char *path, struct journal **ret_journal, struct err *e)
{
	AUTO(journal_close) struct journal *j = xcalloc(1, sizeof(*j));
	j->magic = JOURNAL_MAGIC;
	int rc = db_open(path, 0, &journal_schema, &j->db, e);
	for (size_t i = 0; rc == 0 && i < J_STATEMENTS; i++)
		rc = db_prepare(j->db, statement_sql[i], &j->statements[i], e);
	if (rc < 0)
		return err_wrap(e, "journal");
	j->floor = journal_get_int(j, "floor", 0);
	j->tags_version = journal_get_int(j, "tags_version", -1);
	*ret_journal = TAKE(j);
	return 0;
}

void
journal_close(struct journal **j)
{
	if (j == NULL || *j == NULL)
		return;
	CHECK_OBJ(*j, JOURNAL_MAGIC);
	db_close(&(*j)->db);
	(*j)->magic = 0;
	free(*j);
	*j = NULL;
}

struct db *
journal_db(struct journal *j)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	return j->db;
}

/* ---- batches ---- */

int
journal_begin(struct journal *j, struct err *e)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	int rc = j->depth == 0 ? db_begin(j->db, e) : 0;
	if (rc == 0)
		j->depth++;
	return rc;
}

int
journal_commit(struct journal *j, struct err *e)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	ASSERT(j->depth > 0);
	j->depth--;
	if (j->undone) {
		j->undone = j->depth > 0;
		return err_set(e, ERR_STATE, "journal: the batch was undone");
	}
	if (j->depth > 0)
		return 0;
	int rc = db_commit(j->db, e);
	if (rc < 0)
		db_rollback(j->db);
	return rc;
}

void
journal_rollback(struct journal *j)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	ASSERT(j->depth > 0);
	j->depth--;
	db_rollback(j->db);
	j->undone = j->depth > 0;
}

int
journal_end(struct journal *j, int rc, struct err *e)
{
	if (rc < 0) {
		journal_rollback(j);
		return rc;
	}
	int committed = journal_commit(j, e);
	return committed < 0 ? committed : rc;
}

int
journal_write(
    struct journal *j, struct db_stmt *s, int64_t *ret_changes, struct err *e)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	if (j->undone) {
		db_reset(s);
		return err_set(e, ERR_STATE, "journal: the batch was undone");
	}
	int rc = db_run(s, e);
	if (rc < 0 && j->depth > 0) {
		db_rollback(j->db);
		j->undone = true;
	}
	if (rc == 0 && ret_changes != NULL)
		*ret_changes = db_changes(j->db);
	return rc;
}

/* ---- small things by name ---- */

const char *
journal_get(struct arena *a, struct journal *j, const char *key)
{
	struct db_stmt *s = journal_stmt(j, J_GET);
	db_bind_text(s, 1, str_from(key));
	struct err ignored = { 0 };
	if (db_step(s, &ignored) <= 0)
		return NULL;
	struct str value = db_text(s, 0);
	const char *text = arena_strndup(a, value.data, value.len);
	db_reset(s);
	return text;
}

int
journal_put(
    struct journal *j, const char *key, const char *value, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, value != NULL ? J_PUT : J_FORGET);
	db_bind_text(s, 1, str_from(key));
	if (value != NULL)
		db_bind_text(s, 2, str_from(value));
	return journal_write(j, s, NULL, e);
}

int64_t
journal_get_int(struct journal *j, const char *key, int64_t fallback)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *text = journal_get(a, j, key);
	int64_t value = 0;
	return text != NULL && str_to_i64(str_from(text), 10, &value)
		   ? value
		   : fallback;
}

int
journal_put_int(
    struct journal *j, const char *key, int64_t value, struct err *e)
{
	AUTO_STR char *text = xasprintf("%lld", (long long)value);
	return journal_put(j, key, text, e);
}

/* ---- commands come in ---- */

static int
check_room(struct journal *j, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_WAITING);
	db_bind_int(s, 1, JOURNAL_OPEN_MAX);
	int rc = db_step(s, e);
	if (rc < 0)
		return rc;
	int64_t waiting = db_int(s, 0);
	db_reset(s);
	return waiting < JOURNAL_OPEN_MAX
		   ? 0
		   : err_set(e, ERR_LIMIT, "%d commands wait already",
			 JOURNAL_OPEN_MAX);
}

/* 1 inserted, 0 was there. */
static int
insert(struct journal *j, const struct journal_new *n, enum journal_state state,
    bool local, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_INSERT);
	db_bind_text(s, 1, str_from(n->cid));
	db_bind_int(s, 2, state);
	db_bind_int(s, 3, local);
	db_bind_text(s, 4, str_from(n->thread != NULL ? n->thread : "default"));
	db_bind_blob(s, 5, n->payload);
	db_bind_text(s, 6, str_from(n->issuer));
	db_bind_int(s, 7, n->from_instance);
	db_bind_int(s, 8, n->attempts_max > 0 ? n->attempts_max : 1);
	db_bind_int(s, 9, n->issued_at);
	db_bind_int(s, 10, n->not_after);
	db_bind_int(s, 11, n->now_ms);
	int64_t changes = 0;
	int rc = journal_write(j, s, &changes, e);
	return rc < 0 ? rc : changes > 0;
}

/* 1 and the state, 0: unknown. */
static int
look(struct journal *j, const char *cid, enum journal_state *ret_state,
    struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_STATE);
	db_bind_text(s, 1, str_from(cid));
	int rc = db_step(s, e);
	if (rc > 0) {
		*ret_state = (enum journal_state)db_int(s, 0);
		db_reset(s);
	}
	return rc;
}

int
journal_receive(struct journal *j, const struct journal_new *n, struct err *e)
{
	enum journal_state state;
	int rc = look(j, n->cid, &state, e);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = check_room(j, e);
	return rc < 0 ? rc : insert(j, n, JOURNAL_RECEIVED, false, e);
}

int
journal_add_local(struct journal *j, const struct journal_new *n, struct err *e)
{
	int rc = check_room(j, e);
	if (rc == 0)
		rc = insert(j, n, JOURNAL_GRANTED, true, e);
	if (rc == 0)
		return err_set(e, ERR_EXISTS,
		    "request '%s' is in the journal already", n->cid);
	return rc < 0 ? rc : 0;
}

/* ---- moves ---- */

/* Why a move did not happen: unknown, or in another state. */
static int
refuse(struct journal *j, const char *cid, const char *verb, struct err *e)
{
	enum journal_state state;
	int rc = look(j, cid, &state, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_ABSENT, "journal: no command '%s'", cid);
	return err_set(e, ERR_STATE, "journal: command '%s' is %s: cannot %s",
	    cid, journal_state_name(state), verb);
}

static int
move(struct journal *j, struct db_stmt *s, const char *cid, const char *verb,
    struct err *e)
{
	int64_t changes = 0;
	int rc = journal_write(j, s, &changes, e);
	if (rc < 0)
		return rc;
	return changes > 0 ? 0 : refuse(j, cid, verb, e);
}

int
journal_grant(struct journal *j, const char *cid, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_MOVE);
	db_bind_text(s, 1, str_from(cid));
	db_bind_int(s, 2, JOURNAL_GRANTED);
	db_bind_int(s, 3, JOURNAL_RECEIVED);
	db_bind_int(s, 4, JOURNAL_RECEIVED);
	int64_t changes = 0;
	int rc = journal_write(j, s, &changes, e);
	if (rc < 0 || changes > 0)
		return rc < 0 ? rc : 1;
	enum journal_state state = JOURNAL_DROPPED;
	rc = look(j, cid, &state, e);
	if (rc > 0 && state != JOURNAL_DROPPED)
		return 0;
	return rc < 0 ? rc : refuse(j, cid, "be granted", e);
}

int
journal_start(
    struct journal *j, const char *cid, const char *run_id, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_START);
	db_bind_text(s, 1, str_from(cid));
	db_bind_text(s, 2, str_from(run_id));
	return move(j, s, cid, "start", e);
}

int
journal_retry(struct journal *j, const char *cid, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_RETRY);
	db_bind_text(s, 1, str_from(cid));
	return move(j, s, cid, "be run again", e);
}

int
journal_suspend(
    struct journal *j, const char *cid, const char *boot_id, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_SUSPEND);
	db_bind_text(s, 1, str_from(cid));
	db_bind_text(s, 2, str_from(boot_id));
	return move(j, s, cid, "wait for a reboot", e);
}

static void
bind_text_or_null(struct db_stmt *s, int n, const char *text, size_t max)
{
	if (text == NULL)
		db_bind_null(s, n);
	else
		db_bind_text(s, n, (struct str){ text, strnlen(text, max) });
}

/* Ends what is in one of the states from..to. */
static struct db_stmt *
bind_finish(struct journal *j, const char *cid, const struct journal_result *r,
    int64_t now_ms, enum journal_state from, enum journal_state to)
{
	struct db_stmt *s = journal_stmt(j, J_FINISH);
	db_bind_text(s, 1, str_from(cid));
	db_bind_text(s, 2, str_from(r->state));
	bind_text_or_null(s, 3, r->run_id, 64);
	bind_text_or_null(s, 4, r->reason, JOURNAL_REASON_MAX_BYTES);
	db_bind_int(s, 5, r->updated);
	db_bind_int(s, 6, r->elapsed_ms);
	db_bind_int(s, 7, r->exit_status);
	db_bind_int(s, 8, now_ms);
	db_bind_int(s, 9, from);
	db_bind_int(s, 10, to);
	return s;
}

int
journal_finish(struct journal *j, const char *cid,
    const struct journal_result *r, int64_t now_ms, struct err *e)
{
	struct db_stmt *s =
	    bind_finish(j, cid, r, now_ms, JOURNAL_RECEIVED, JOURNAL_RUNNING);
	return move(j, s, cid, "end", e);
}

int
journal_reject(struct journal *j, const struct journal_new *n,
    const char *reason, struct err *e)
{
	struct journal_result r = { .state = "rejected", .reason = reason };
	int rc = journal_begin(j, e);
	if (rc < 0)
		return rc;
	rc = insert(j, n, JOURNAL_RECEIVED, false, e);
	if (rc >= 0)
		rc = journal_write(j,
		    bind_finish(j, n->cid, &r, n->now_ms, JOURNAL_RECEIVED,
			JOURNAL_RECEIVED),
		    NULL, e);
	return journal_end(j, rc, e);
}

int
journal_ack(struct journal *j, const char *cid, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_MOVE);
	db_bind_text(s, 1, str_from(cid));
	db_bind_int(s, 2, JOURNAL_ACKED);
	db_bind_int(s, 3, JOURNAL_DONE);
	db_bind_int(s, 4, JOURNAL_DONE);
	return journal_write(j, s, NULL, e);
}

int
journal_drop(struct journal *j, const char *cid, int64_t now_ms, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_DROP);
	db_bind_text(s, 1, str_from(cid));
	db_bind_int(s, 2, now_ms);
	int64_t changes = 0;
	int rc = journal_write(j, s, &changes, e);
	return rc < 0 ? rc : changes > 0;
}

int
journal_recall(struct journal *j, const char *cid, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_RECALL);
	db_bind_text(s, 1, str_from(cid));
	int64_t changes = 0;
	int rc = journal_write(j, s, &changes, e);
	return rc < 0 ? rc : changes > 0;
}

/* ---- forgetting ---- */

int
journal_prune(struct journal *j, int64_t now_ms, struct err *e)
{
	int64_t created = now_ms - KEPT_MS, ended = now_ms - KEPT_PAST_LIFE_MS;
	int rc = journal_begin(j, e);
	if (rc < 0)
		return rc;
	struct db_stmt *s = journal_stmt(j, J_OLD_FLOOR);
	db_bind_int(s, 1, created);
	db_bind_int(s, 2, ended);
	int64_t floor = j->floor;
	rc = db_step(s, e);
	if (rc > 0) {
		floor = db_int(s, 0) > floor ? db_int(s, 0) : floor;
		db_reset(s);
	}
	if (rc >= 0 && floor > j->floor)
		rc = journal_put_int(j, "floor", floor, e);
	if (rc >= 0) {
		s = journal_stmt(j, J_OLD_DELETE);
		db_bind_int(s, 1, created);
		db_bind_int(s, 2, ended);
		db_bind_int(s, 3, now_ms - KEPT_LOCAL_MS);
		rc = journal_write(j, s, NULL, e);
	}
	rc = journal_end(j, rc, e);
	if (rc >= 0)
		j->floor = floor;
	return rc < 0 ? rc : 0;
}

int64_t
journal_floor(const struct journal *j)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	return j->floor;
}
