/* SPDX-License-Identifier: MIT */
/* Inside the journal: the connection, its statements, the frame of a write. */
#pragma once

#include "runner/journal.h"

extern const struct db_schema journal_schema;

/* Every statement of the journal, prepared when it is opened. */
#define JOURNAL_STATEMENTS(X)                                                  \
	X(INSERT,                                                              \
	    "INSERT INTO command(cid, state, local, thread, payload, issuer, " \
	    "from_instance, attempts_max, issued_at, not_after, created_at) "  \
	    "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) "                      \
	    "ON CONFLICT(cid) DO NOTHING")                                     \
	X(MOVE,                                                                \
	    "UPDATE command SET state=?2 WHERE cid=?1 AND state BETWEEN ?3 "   \
	    "AND ?4")                                                          \
	X(START,                                                               \
	    "UPDATE command SET state=2, run_id=?2, attempts=attempts+1, "     \
	    "suspended_boot=NULL WHERE cid=?1 AND state IN (0,1)")             \
	X(RETRY, "UPDATE command SET state=1 WHERE cid=?1 AND state=2 AND "    \
		 "attempts<attempts_max")                                      \
	X(SUSPEND, "UPDATE command SET state=1, suspended_boot=?2, "           \
		   "suspends=suspends+1, attempts=attempts-1 "                 \
		   "WHERE cid=?1 AND state=2")                                 \
	X(FINISH, "UPDATE command SET state=iif(local,4,3), result=?2, "       \
		  "run_id=coalesce(?3,run_id), reason=?4, updated=?5, "        \
		  "elapsed_ms=?6, exit_status=?7, ended_at=?8, payload=NULL "  \
		  "WHERE cid=?1 AND state BETWEEN ?9 AND ?10")                 \
	X(DROP, "UPDATE command SET state=5, payload=NULL, ended_at=?2 "       \
		"WHERE cid=?1 AND state IN (0,1)")                             \
	X(RECALL,                                                              \
	    "UPDATE command SET reason=iif(state=5,'was dropped here before'," \
	    "reason), result=iif(state=5,'rejected',result), state=3 "         \
	    "WHERE cid=?1 AND state IN (4,5) AND local=0")                     \
	X(STATE, "SELECT state, local FROM command WHERE cid=?1")              \
	X(FIND, "SELECT " JOURNAL_COLUMNS " FROM command WHERE cid=?1")        \
	X(LIST, "SELECT " JOURNAL_COLUMNS " FROM command WHERE state=?1 AND "  \
		"place>?2 ORDER BY place LIMIT ?3")                            \
	X(COUNT, "SELECT count(*) FROM command WHERE state=?1")                \
	X(WAITING,                                                             \
	    "SELECT count(*) FROM (SELECT 1 FROM command WHERE state IN "      \
	    "(0,1) LIMIT ?1)")                                                 \
	X(OLD_FLOOR,                                                           \
	    "SELECT max(issued_at) FROM command WHERE state IN (4,5) AND "     \
	    "local=0 AND created_at<?1 AND not_after<?2")                      \
	X(OLD_DELETE,                                                          \
	    "DELETE FROM command WHERE state IN (4,5) AND ((local=0 AND "      \
	    "(issued_at=0 OR (created_at<?1 AND not_after<?2))) OR (local=1 "  \
	    "AND coalesce(ended_at,created_at)<?3))")                          \
	X(STRANGE,                                                             \
	    "UPDATE command SET local=1, state=CASE WHEN state IN (0,1) THEN " \
	    "5 WHEN state=3 THEN 4 ELSE state END WHERE local=0 AND state<4")  \
	X(GET, "SELECT value FROM meta WHERE key=?1")                          \
	X(PUT,                                                                 \
	    "INSERT INTO meta(key,value) VALUES(?1,?2) ON CONFLICT(key) DO "   \
	    "UPDATE SET value=excluded.value")                                 \
	X(FORGET, "DELETE FROM meta WHERE key=?1")                             \
	X(TAGS, "SELECT tag FROM tag ORDER BY tag")                            \
	X(TAG_PUT, "INSERT INTO tag(tag) VALUES(?1) ON CONFLICT DO NOTHING")   \
	X(TAG_CLEAR, "DELETE FROM tag")                                        \
	X(CHANGES,                                                             \
	    "SELECT place, op, tag, ttl_ms FROM tag_change ORDER BY place "    \
	    "LIMIT ?1")                                                        \
	X(CHANGE_PUT,                                                          \
	    "INSERT INTO tag_change(op,tag,ttl_ms) VALUES(?1,?2,?3)")          \
	X(CHANGE_DONE, "DELETE FROM tag_change WHERE place<=?1")

#define JOURNAL_COLUMNS                                                        \
	"place, cid, state, local, thread, payload, issuer, from_instance, "   \
	"attempts, attempts_max, suspends, suspended_boot, issued_at, "        \
	"not_after, run_id, result, reason, updated, elapsed_ms, exit_status"

enum journal_statement {
#define JOURNAL_STATEMENT(name, sql) J_##name,
	JOURNAL_STATEMENTS(JOURNAL_STATEMENT)
#undef JOURNAL_STATEMENT
	J_STATEMENTS,
};

#define JOURNAL_MAGIC 0x6a726e6cu

struct journal {
	unsigned magic;
	struct db *db;
	struct db_stmt *statements[J_STATEMENTS];
	int depth;   /* of batches */
	bool undone; /* something in the batch failed: nothing of it happens */
	int64_t floor, tags_version;
};

static inline struct db_stmt *
journal_stmt(struct journal *j, enum journal_statement s)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	return j->statements[s];
}

/* Runs a statement that writes; a failure undoes the batch it belongs to. */
int journal_write(struct journal *j, struct db_stmt *s, int64_t *ret_changes,
    struct err *e) MUST_CHECK;
/* Ends the batch that the caller began: commit for rc 0 or more, else
 * rollback. Returns rc, or the commit's failure. */
int journal_end(struct journal *j, int rc, struct err *e) MUST_CHECK;
int64_t journal_get_int(struct journal *j, const char *key, int64_t fallback);
int journal_put_int(struct journal *j, const char *key, int64_t value,
    struct err *e) MUST_CHECK;
/* Inside a batch: tags become changes of a router to come. */
int journal_tags_disown(struct journal *j, struct err *e) MUST_CHECK;
