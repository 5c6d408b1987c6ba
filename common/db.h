/* SPDX-License-Identifier: MIT */
/*
 * SQLite, as much of it as we use: a connection, prepared statements,
 * transactions, a schema that is brought up to date at open. WAL always; a
 * connection belongs to one thread at a time.
 *
 *	1. db_open (makes the file, mode 0600, and runs missing schema steps)
 *	2. db_prepare once for each statement, kept as long as the connection
 *	3. db_bind_*, db_step until 0, db_int/db_text, db_reset
 *	4. db_begin ... db_commit, or db_rollback
 *
 * Errors: ERR_EXISTS for a unique key, ERR_INVALID for another constraint,
 * ERR_LIMIT for a full disk, ERR_STATE for a busy database (after 5 s),
 * ERR_SYNTAX for a file that is no database of ours or damaged,
 * ERR_UNSUPPORTED for a schema of a newer version, ERR_SYS for the rest; texts
 * name the file. Foreign keys are not enforced unless the user says so.
 */
#pragma once

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

struct db;
struct db_stmt;

enum db_flags {
	DB_READ_ONLY = 1 << 0, /* ERR_ABSENT, ERR_UNSUPPORTED: other schema */
	DB_NOT_EACH_COMMIT = 1 << 1, /* synchronous=NORMAL: whole after a crash
					of the process, a power loss may drop
					the newest commits */
};

struct db_schema {
	const char *const *steps; /* SQL scripts; step i leads to version i+1 */
	size_t len;
};

int db_open(const char *path, unsigned flags, const struct db_schema *schema,
    struct db **ret_db, struct err *e) MUST_CHECK;
void db_close(struct db **d); /* also finalizes its statements */
/* SQL without a result: one or several statements. */
int db_exec(struct db *d, const char *sql, struct err *e) MUST_CHECK;
int db_begin(struct db *d, struct err *e) MUST_CHECK; /* immediate */
int db_commit(struct db *d, struct err *e) MUST_CHECK;
void db_rollback(struct db *d); /* no transaction: nothing */
/* Savepoints inside a transaction, one level: work of one job in a group. */
int db_mark(struct db *d, struct err *e) MUST_CHECK;
void db_unmark(struct db *d, bool keep);
/* Copies the whole database to a new file while it is in use; the file is
 * there whole (and synced) or not at all. ERR_EXISTS. Takes as long as reading
 * it all; writers are not hindered. */
int db_backup(struct db *d, const char *path, struct err *e) MUST_CHECK;
/* Rows changed by the newest statement. */
int64_t db_changes(const struct db *d);
int64_t db_last_rowid(const struct db *d);

/* The statement lives as long as d; sql must outlive it. */
int db_prepare(struct db *d, const char *sql, struct db_stmt **ret_stmt,
    struct err *e) MUST_CHECK;
/* Parameters count from 1. Text and blobs are copied; data NULL binds NULL. */
void db_bind_int(struct db_stmt *s, int n, int64_t value);
void db_bind_text(struct db_stmt *s, int n, struct str text);
void db_bind_blob(struct db_stmt *s, int n, struct str bytes);
void db_bind_null(struct db_stmt *s, int n);
/* 1: a row is there, 0: done (and reset). */
int db_step(struct db_stmt *s, struct err *e) MUST_CHECK;
/* Steps to the end, ignoring rows, and resets. */
int db_run(struct db_stmt *s, struct err *e) MUST_CHECK;
/* Ends the statement's work and clears its parameters. Always before the
 * next use, unless db_step returned 0 or db_run was used. */
void db_reset(struct db_stmt *s);
/* Columns count from 0; valid until the next step or reset. */
int64_t db_int(const struct db_stmt *s, int column);
/* Also blobs; a NUL follows. NULL gives data NULL. */
struct str db_text(const struct db_stmt *s, int column);
bool db_is_null(const struct db_stmt *s, int column);
