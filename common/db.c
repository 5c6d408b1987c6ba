/* SPDX-License-Identifier: MIT */
/*
 * SQLite behind our words. Trickiest invariants: a statement that failed or
 * ended is reset at once, so that no forgotten one keeps a snapshot open (the
 * write-ahead log could not be folded back); a value that could not be bound
 * is told by the next step, not lost.
 */
#include "common/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/auto.h"
#include "common/fsat.h"

#define DB_MAGIC 0x64622e63u
#define STMT_MAGIC 0x73746d74u
#define BUSY_TIMEOUT_MS 5000
#define APPLICATION_ID 0x524c4442 /* "RLDB" */

/* The statements of transactions, prepared at their first use. */
#define WORDS(X)                                                               \
	X(WORD_BEGIN, "BEGIN IMMEDIATE")                                       \
	X(WORD_COMMIT, "COMMIT")                                               \
	X(WORD_ROLLBACK, "ROLLBACK")                                           \
	X(WORD_MARK, "SAVEPOINT job")                                          \
	X(WORD_KEEP, "RELEASE job")                                            \
	X(WORD_REVERT, "ROLLBACK TO job")

enum word {
#define WORD_ENUM(name, sql) name,
	WORDS(WORD_ENUM)
#undef WORD_ENUM
	WORDS_LEN,
};
static const char *const word_sql[WORDS_LEN] = {
#define WORD_SQL(name, sql) sql,
	WORDS(WORD_SQL)
#undef WORD_SQL
};

struct db_stmt {
	unsigned magic;
	struct db *db;
	struct db_stmt *next;
	sqlite3_stmt *raw;
	int bound; /* what went wrong with binding, or SQLITE_OK */
};

struct db {
	unsigned magic;
	char *path;
	sqlite3 *raw;
	struct db_stmt *statements;
	struct db_stmt *words[WORDS_LEN];
};

static enum err_code
classify(sqlite3 *raw, int code)
{
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_EXISTS;
	default:
		break;
	}
	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return ERR_INVALID;
	case SQLITE_FULL:
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_STATE;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return ERR_SYNTAX;
	case SQLITE_IOERR:
		return sqlite3_system_errno(raw) == ENOSPC ? ERR_LIMIT
							   : ERR_SYS;
	default:
		return ERR_SYS;
	}
}

static int
fail(const struct db *d, int code, struct err *e)
{
	int sys = sqlite3_system_errno(d->raw);
	bool is_io =
	    (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
	int rc = err_set(e, classify(d->raw, code), "database '%s': %s%s%s",
	    d->path, sqlite3_errmsg(d->raw), is_io && sys != 0 ? ": " : "",
	    is_io && sys != 0 ? err_sys_text(sys) : "");
	if (e != NULL && is_io)
		e->sys = sys;
	return rc;
}

int
db_exec(struct db *d, const char *sql, struct err *e)
{
	CHECK_OBJ(d, DB_MAGIC);
	int code = sqlite3_exec(d->raw, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : fail(d, code, e);
}

/* The first column of the first row of a pragma or query. */
static int
ask_int(struct db *d, const char *sql, int64_t *ret, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(d->raw, sql, -1, &s, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	bool ok = code == SQLITE_ROW || code == SQLITE_DONE;
	int rc = ok ? 0 : fail(d, code, e);
	sqlite3_finalize(s);
	if (rc == 0)
		*ret = value;
	return rc;
}

static int
run_step(struct db *d, const struct db_schema *schema, size_t i, struct err *e)
{
	AUTO_BUF struct buf version = BUF_INIT(100);
	buf_printf(&version, "PRAGMA user_version=%zu", i + 1);
	int rc = db_exec(d, schema->steps[i], e);
	if (rc == 0)
		rc = db_exec(d, buf_text(&version), e);
	return rc;
}

/* ERR_SYNTAX, ERR_UNSUPPORTED. */
static int
read_version(struct db *d, const struct db_schema *schema, int64_t *ret_version,
    bool *ret_ours, struct err *e)
{
	int64_t version = 0, id = 0, tables = 0;
	int rc = ask_int(d, "PRAGMA user_version", &version, e);
	if (rc == 0)
		rc = ask_int(d, "PRAGMA application_id", &id, e);
	if (rc == 0)
		rc = ask_int(
		    d, "SELECT count(*) FROM sqlite_schema", &tables, e);
	if (rc < 0)
		return rc;
	bool ours = id == APPLICATION_ID;
	if (!ours && (id != 0 || version != 0 || tables > 0))
		return err_set(e, ERR_SYNTAX,
		    "database '%s' is of another program", d->path);
	if (version < 0 || version > (int64_t)schema->len)
		return err_set(e, ERR_UNSUPPORTED,
		    "database '%s' has schema %lld, this version knows %zu; "
		    "install the newer version again",
		    d->path, (long long)version, schema->len);
	*ret_version = version;
	*ret_ours = ours;
	return 0;
}

static int
is_up_to_date(struct db *d, const struct db_schema *schema, struct err *e)
{
	int64_t version = 0;
	bool ours = false;
	int rc = read_version(d, schema, &version, &ours, e);
	return rc < 0 ? rc : ours && version == (int64_t)schema->len;
}

/* One transaction for all steps: another process may be doing the same. */
static int
bring_up_to_date(struct db *d, const struct db_schema *schema, struct err *e)
{
	int64_t version = 0;
	bool ours = false;
	int rc = db_begin(d, e);
	if (rc == 0)
		rc = read_version(d, schema, &version, &ours, e);
	for (size_t i = (size_t)version; rc == 0 && i < schema->len; i++)
		rc = run_step(d, schema, i, e);
	AUTO_BUF struct buf mark = BUF_INIT(100);
	buf_printf(&mark, "PRAGMA application_id=%d", APPLICATION_ID);
	if (rc == 0)
		rc = db_exec(d, buf_text(&mark), e);
	if (rc == 0)
		rc = db_commit(d, e);
	db_rollback(d);
	return rc;
}

static int
set_up(
    struct db *d, unsigned flags, const struct db_schema *schema, struct err *e)
{
	sqlite3_extended_result_codes(d->raw, 1);
	sqlite3_busy_timeout(d->raw, BUSY_TIMEOUT_MS);
	sqlite3_db_config(d->raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (flags & DB_READ_ONLY) {
		int now = is_up_to_date(d, schema, e);
		return now != 0 ? (now < 0 ? now : 0)
				: err_set(e, ERR_UNSUPPORTED,
				      "database '%s' is of an older version",
				      d->path);
	}
	int64_t log = 0;
	int rc = db_exec(d,
	    flags & DB_NOT_EACH_COMMIT ? "PRAGMA synchronous=NORMAL"
				       : "PRAGMA synchronous=FULL",
	    e);
	if (rc == 0)
		rc = ask_int(d, "PRAGMA journal_mode=WAL", &log, e);
	if (rc == 0)
		rc = db_exec(d,
		    "PRAGMA wal_autocheckpoint=1000;"
		    "PRAGMA journal_size_limit=67108864",
		    e);
	if (rc == 0)
		rc = is_up_to_date(d, schema, e);
	if (rc == 0)
		rc = bring_up_to_date(d, schema, e);
	return rc < 0 ? rc : 0;
}

/* SQLite would make the file readable for all; its log takes over the mode. */
static int
make_file(const char *path, struct err *e)
{
	AUTO_FD int fd = open(
	    path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	return fd < 0 ? err_sys(e, "open database '%s'", path) : 0;
}

int
db_open(const char *path, unsigned flags, const struct db_schema *schema,
    struct db **ret_db, struct err *e)
{
	bool reads = (flags & DB_READ_ONLY) != 0;
	if (reads && access(path, F_OK) < 0 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "no database '%s'", path);
	int rc = reads ? 0 : make_file(path, e);
	if (rc < 0)
		return rc;
	AUTO(db_close) struct db *d = xcalloc(1, sizeof(*d));
	d->magic = DB_MAGIC;
	d->path = xstrdup(path);
	int code = sqlite3_open_v2(path, &d->raw,
	    (reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
		SQLITE_OPEN_NOMUTEX,
	    NULL);
	ASSERT(d->raw != NULL);
	if (code != SQLITE_OK)
		return fail(d, code, e);
	rc = set_up(d, flags, schema, e);
	if (rc == 0)
		*ret_db = TAKE(d);
	return rc;
}

void
db_close(struct db **d)
{
	if (d == NULL || *d == NULL)
		return;
	CHECK_OBJ(*d, DB_MAGIC);
	struct db_stmt *s = (*d)->statements;
	while (s != NULL) {
		struct db_stmt *next = s->next;
		sqlite3_finalize(s->raw);
		s->magic = 0;
		free(s);
		s = next;
	}
	int code = sqlite3_close((*d)->raw);
	ASSERT(code == SQLITE_OK);
	free((*d)->path);
	(*d)->magic = 0;
	free(*d);
	*d = NULL;
}

static int
say(struct db *d, enum word w, struct err *e)
{
	CHECK_OBJ(d, DB_MAGIC);
	int rc = 0;
	if (d->words[w] == NULL)
		rc = db_prepare(d, word_sql[w], &d->words[w], e);
	return rc == 0 ? db_run(d->words[w], e) : rc;
}

int
db_begin(struct db *d, struct err *e)
{
	return say(d, WORD_BEGIN, e);
}

int
db_commit(struct db *d, struct err *e)
{
	return say(d, WORD_COMMIT, e);
}

void
db_rollback(struct db *d)
{
	CHECK_OBJ(d, DB_MAGIC);
	/* SQLite may have done it: full disk, I/O error. */
	if (sqlite3_get_autocommit(d->raw) == 0)
		(void)!say(d, WORD_ROLLBACK, NULL);
}

int
db_mark(struct db *d, struct err *e)
{
	return say(d, WORD_MARK, e);
}

void
db_unmark(struct db *d, bool keep)
{
	CHECK_OBJ(d, DB_MAGIC);
	if (sqlite3_get_autocommit(d->raw) != 0)
		return; /* the commit will say so */
	if (!keep)
		(void)!say(d, WORD_REVERT, NULL);
	(void)!say(d, WORD_KEEP, NULL);
}

static int
copy_into(struct db *d, const char *part, struct err *e)
{
	sqlite3 *to = NULL;
	int code = sqlite3_open_v2(
	    part, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK) {
		sqlite3_backup *b =
		    sqlite3_backup_init(to, "main", d->raw, "main");
		/* In one go: a snapshot that hinders no writer. */
		if (b != NULL)
			sqlite3_backup_step(b, -1);
		code =
		    b != NULL ? sqlite3_backup_finish(b) : sqlite3_errcode(to);
	}
	int rc = 0;
	if (code != SQLITE_OK)
		rc = err_set(e, classify(to, code), "copy to '%s': %s", part,
		    sqlite3_errmsg(to));
	sqlite3_close(to);
	return rc;
}

static int
put_in_place(const char *part, const char *path, struct err *e)
{
	AUTO_STR char *parent = path_dirname(path);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, parent, e);
	if (dir < 0)
		return dir;
	if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) < 0) {
		if (errno == EEXIST)
			return err_set(
			    e, ERR_EXISTS, "'%s' exists already", path);
		return err_sys(e, "rename '%s'", part);
	}
	return fsync(dir) < 0 ? err_sys(e, "fsync '%s'", parent) : 0;
}

int
db_backup(struct db *d, const char *path, struct err *e)
{
	CHECK_OBJ(d, DB_MAGIC);
	if (access(path, F_OK) == 0)
		return err_set(e, ERR_EXISTS, "'%s' exists already", path);
	AUTO_STR char *part = xasprintf("%s.part", path);
	if (unlink(part) < 0 && errno != ENOENT)
		return err_sys(e, "remove '%s'", part);
	int rc = make_file(part, e);
	if (rc == 0)
		rc = copy_into(d, part, e);
	if (rc == 0)
		rc = put_in_place(part, path, e);
	if (rc < 0)
		unlink(part);
	return rc < 0 ? err_wrap(e, "back up database '%s'", d->path) : 0;
}

int64_t
db_changes(const struct db *d)
{
	CHECK_OBJ(d, DB_MAGIC);
	return sqlite3_changes64(d->raw);
}

int64_t
db_last_rowid(const struct db *d)
{
	CHECK_OBJ(d, DB_MAGIC);
	return sqlite3_last_insert_rowid(d->raw);
}

int
db_prepare(
    struct db *d, const char *sql, struct db_stmt **ret_stmt, struct err *e)
{
	CHECK_OBJ(d, DB_MAGIC);
	sqlite3_stmt *raw = NULL;
	int code = sqlite3_prepare_v3(
	    d->raw, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, NULL);
	if (code != SQLITE_OK)
		return fail(d, code, e);
	ASSERT(raw != NULL);
	struct db_stmt *s = xcalloc(1, sizeof(*s));
	s->magic = STMT_MAGIC;
	s->db = d;
	s->raw = raw;
	s->next = d->statements;
	d->statements = s;
	*ret_stmt = s;
	return 0;
}

static void
note_bound(struct db_stmt *s, int code)
{
	ASSERT(code != SQLITE_RANGE && code != SQLITE_MISUSE);
	if (s->bound == SQLITE_OK)
		s->bound = code;
}

void
db_bind_int(struct db_stmt *s, int n, int64_t value)
{
	CHECK_OBJ(s, STMT_MAGIC);
	note_bound(s, sqlite3_bind_int64(s->raw, n, value));
}

void
db_bind_text(struct db_stmt *s, int n, struct str text)
{
	CHECK_OBJ(s, STMT_MAGIC);
	note_bound(s, sqlite3_bind_text64(s->raw, n, text.data, text.len,
			  SQLITE_TRANSIENT, SQLITE_UTF8));
}

void
db_bind_blob(struct db_stmt *s, int n, struct str bytes)
{
	CHECK_OBJ(s, STMT_MAGIC);
	note_bound(s, sqlite3_bind_blob64(
			  s->raw, n, bytes.data, bytes.len, SQLITE_TRANSIENT));
}

void
db_bind_null(struct db_stmt *s, int n)
{
	CHECK_OBJ(s, STMT_MAGIC);
	note_bound(s, sqlite3_bind_null(s->raw, n));
}

int
db_step(struct db_stmt *s, struct err *e)
{
	CHECK_OBJ(s, STMT_MAGIC);
	int code = s->bound != SQLITE_OK ? s->bound : sqlite3_step(s->raw);
	if (code == SQLITE_ROW)
		return 1;
	int rc = 0;
	if (s->bound != SQLITE_OK)
		rc = err_set(e, classify(s->db->raw, code),
		    "database '%s': bind: %s", s->db->path,
		    sqlite3_errstr(code));
	else if (code != SQLITE_DONE)
		rc = fail(s->db, code, e);
	db_reset(s);
	return rc;
}

int
db_run(struct db_stmt *s, struct err *e)
{
	int rc;
	do
		rc = db_step(s, e);
	while (rc > 0);
	return rc;
}

void
db_reset(struct db_stmt *s)
{
	CHECK_OBJ(s, STMT_MAGIC);
	sqlite3_reset(s->raw);
	sqlite3_clear_bindings(s->raw);
	s->bound = SQLITE_OK;
}

static sqlite3_stmt *
row_of(const struct db_stmt *s, int column)
{
	CHECK_OBJ(s, STMT_MAGIC);
	ASSERT(column >= 0 && column < sqlite3_data_count(s->raw));
	return s->raw;
}

int64_t
db_int(const struct db_stmt *s, int column)
{
	return sqlite3_column_int64(row_of(s, column), column);
}

struct str
db_text(const struct db_stmt *s, int column)
{
	/* Also puts a NUL behind a blob; the length comes after. */
	const unsigned char *data =
	    sqlite3_column_text(row_of(s, column), column);
	size_t len = (size_t)sqlite3_column_bytes(s->raw, column);
	return (struct str){ (const char *)data, data != NULL ? len : 0 };
}

bool
db_is_null(const struct db_stmt *s, int column)
{
	return sqlite3_column_type(row_of(s, column), column) == SQLITE_NULL;
}
