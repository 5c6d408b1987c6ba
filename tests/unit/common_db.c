/* SPDX-License-Identifier: MIT */
/* The database: schema steps, transactions, codes of failures, copies, and a
 * writer that is killed again and again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/db.h"
#include "common/fsat.h"

#define KILLS 25

static const char *const steps[] = {
	"CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);"
	"CREATE INDEX t_name ON t(name);",
	"ALTER TABLE t ADD COLUMN data BLOB;",
};
static const struct db_schema schema_one = { steps, 1 };
static const struct db_schema schema_two = { steps, 2 };

struct scratch {
	char dir[64];
	char *file;
};

static int
set_up(void **state)
{
	struct scratch *s = xcalloc(1, sizeof(*s));
	memcpy(s->dir, "/tmp/rl-db-XXXXXX", 18);
	if (mkdtemp(s->dir) == NULL)
		return -1;
	s->file = path_join(s->dir, "t.db");
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct scratch *s = *state;
	int rc = fsat_remove_tree(AT_FDCWD, s->dir, NULL);
	free(s->file);
	free(s);
	return rc;
}

static struct db *
open_db(const char *path, unsigned flags)
{
	struct db *d = NULL;
	struct err e = { 0 };
	if (db_open(path, flags, &schema_two, &d, &e) < 0)
		fail_msg("%s", e.text);
	return d;
}

static int
put(struct db *d, int64_t id, const char *name, struct err *e)
{
	struct db_stmt *s = NULL;
	int rc = db_prepare(d, "INSERT INTO t(id, name) VALUES(?, ?)", &s, e);
	if (rc < 0)
		return rc;
	db_bind_int(s, 1, id);
	db_bind_text(s, 2, str_from(name));
	return db_run(s, e);
}

static int64_t
ask(struct db *d, const char *sql)
{
	struct db_stmt *s = NULL;
	struct err e = { 0 };
	if (db_prepare(d, sql, &s, &e) < 0 || db_step(s, &e) != 1)
		fail_msg("%s: %s", sql, e.text);
	int64_t n = db_int(s, 0);
	db_reset(s);
	return n;
}

static void
schema_steps_run_once_and_never_back(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	AUTO(db_close) struct db *d = NULL;
	assert_int_equal(db_open(s->file, 0, &schema_one, &d, &e), 0);
	assert_int_equal(put(d, 1, "a", &e), 0);
	db_close(&d);
	assert_int_equal(db_open(s->file, DB_READ_ONLY, &schema_two, &d, &e),
	    ERR_UNSUPPORTED);
	d = open_db(s->file, 0);
	assert_int_equal(ask(d, "SELECT count(data IS NULL) FROM t"), 1);
	db_close(&d);
	d = open_db(s->file, DB_READ_ONLY);
	assert_int_equal(ask(d, "SELECT count(*) FROM t"), 1);
	assert_true(put(d, 2, "b", &e) < 0);
	db_close(&d);
	assert_int_equal(
	    db_open(s->file, 0, &schema_one, &d, &e), ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "schema 2"));
}

static void
a_failed_step_leaves_the_file_as_it_was(void **state)
{
	struct scratch *s = *state;
	static const char *const bad[] = { "CREATE TABLE x(y);",
		"CREATE TABLE z(y); no sql at all;" };
	static const struct db_schema schema = { bad, 2 };
	struct err e = { 0 };
	AUTO(db_close) struct db *d = NULL;
	assert_true(db_open(s->file, 0, &schema, &d, &e) < 0);
	assert_null(d);
	d = open_db(s->file, 0);
	assert_int_equal(ask(d, "SELECT count(*) FROM sqlite_schema "
				"WHERE name IN ('x', 'z')"),
	    0);
}

static void
files_of_others_are_refused_and_ours_are_private(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	AUTO(db_close) struct db *d = NULL;
	assert_int_equal(
	    db_open(s->file, DB_READ_ONLY, &schema_two, &d, &e), ERR_ABSENT);
	assert_true(db_open("/nowhere/at/all", 0, &schema_two, &d, &e) < 0);
	struct str text = STR("this is no database but a text of some length");
	assert_int_equal(fsat_replace(AT_FDCWD, s->file, text, 0600, 0, &e), 0);
	assert_int_equal(db_open(s->file, 0, &schema_two, &d, &e), ERR_SYNTAX);
	assert_non_null(strstr(e.text, s->file));
	assert_int_equal(unlink(s->file), 0);
	d = open_db(s->file, 0);
	assert_int_equal(put(d, 1, "a", &e), 0);
	AUTO_STR char *log = xasprintf("%s-wal", s->file);
	const char *files[] = { s->file, log };
	for (size_t i = 0; i < 2; i++) {
		struct stat st;
		assert_int_equal(stat(files[i], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_int_equal(db_exec(d, "PRAGMA application_id=7", &e), 0);
	db_close(&d);
	assert_int_equal(db_open(s->file, 0, &schema_two, &d, &e), ERR_SYNTAX);
	assert_non_null(strstr(e.text, "another program"));
}

static void
values_come_back_as_they_went(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	AUTO(db_close) struct db *d = open_db(s->file, 0);
	struct db_stmt *in = NULL, *out = NULL;
	assert_int_equal(
	    db_prepare(d, "INSERT INTO t(name, data) VALUES(?, ?)", &in, &e),
	    0);
	static const char zeros[] = "a\0b";
	struct str blob = { zeros, 3 };
	db_bind_text(in, 1, STR("x"));
	db_bind_blob(in, 2, blob);
	assert_int_equal(db_run(in, &e), 0);
	assert_int_equal(db_changes(d), 1);
	assert_int_equal(db_last_rowid(d), 1);
	db_bind_text(in, 1, STR(""));
	assert_int_equal(db_run(in, &e), 0);
	/* Parameters do not stay behind. */
	assert_int_equal(db_run(in, &e), ERR_INVALID);
	assert_int_equal(
	    db_prepare(d, "SELECT name, data, id FROM t ORDER BY id", &out, &e),
	    0);
	assert_int_equal(db_step(out, &e), 1);
	assert_true(str_eq_text(db_text(out, 0), "x"));
	assert_true(str_eq(db_text(out, 1), blob));
	assert_int_equal(db_step(out, &e), 1);
	assert_false(db_is_null(out, 0));
	assert_non_null(db_text(out, 0).data);
	assert_int_equal(db_text(out, 0).len, 0);
	assert_true(db_is_null(out, 1));
	assert_null(db_text(out, 1).data);
	assert_int_equal(db_int(out, 2), 2);
	assert_int_equal(db_step(out, &e), 0);
	/* Done is reset: it begins anew. */
	assert_int_equal(db_step(out, &e), 1);
	db_reset(out);
}

static void
failures_have_codes_and_undo_only_their_own(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	AUTO(db_close) struct db *d = open_db(s->file, 0);
	assert_int_equal(db_begin(d, &e), 0);
	assert_int_equal(db_mark(d, &e), 0);
	assert_int_equal(put(d, 1, "a", &e), 0);
	db_unmark(d, true);
	assert_int_equal(db_mark(d, &e), 0);
	assert_int_equal(put(d, 2, "b", &e), 0);
	assert_int_equal(put(d, 3, "a", &e), ERR_EXISTS);
	db_unmark(d, false);
	assert_int_equal(db_mark(d, &e), 0);
	assert_int_equal(put(d, 4, "d", &e), 0);
	db_unmark(d, true);
	assert_int_equal(db_commit(d, &e), 0);
	assert_int_equal(ask(d, "SELECT sum(id) FROM t"), 5);
	assert_int_equal(put(d, 1, "other", &e), ERR_EXISTS);
	assert_int_equal(db_begin(d, &e), 0);
	assert_int_equal(put(d, 9, "z", &e), 0);
	db_rollback(d);
	db_rollback(d);
	assert_int_equal(ask(d, "SELECT count(*) FROM t WHERE id=9"), 0);
	assert_true(db_commit(d, &e) < 0);
	struct db_stmt *none = NULL;
	assert_true(db_prepare(d, "SELECT nothing FROM t", &none, &e) < 0);
	assert_non_null(strstr(e.text, "nothing"));
}

static void
a_full_disk_is_a_limit_and_keeps_what_was_committed(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	AUTO(db_close) struct db *d = open_db(s->file, 0);
	assert_int_equal(put(d, 1, "kept", &e), 0);
	assert_int_equal(ask(d, "PRAGMA max_page_count=8"), 8);
	assert_int_equal(db_begin(d, &e), 0);
	int rc = db_exec(
	    d, "INSERT INTO t(name, data) VALUES('big', zeroblob(200000))", &e);
	assert_int_equal(rc, ERR_LIMIT);
	/* SQLite may have rolled back by itself; nothing more is promised. */
	db_unmark(d, false);
	db_rollback(d);
	assert_int_equal(ask(d, "SELECT count(*) FROM t"), 1);
	assert_int_equal(put(d, 2, "small", &e), 0);
}

static void
a_locked_database_is_a_state(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	AUTO(db_close) struct db *one = open_db(s->file, 0);
	AUTO(db_close) struct db *two = open_db(s->file, 0);
	assert_int_equal(db_begin(one, &e), 0);
	assert_int_equal(put(one, 1, "a", &e), 0);
	assert_int_equal(ask(two, "SELECT count(*) FROM t"), 0);
	assert_int_equal(db_begin(two, &e), ERR_STATE);
	assert_int_equal(db_commit(one, &e), 0);
	assert_int_equal(db_begin(two, &e), 0);
	assert_int_equal(put(two, 2, "b", &e), 0);
	assert_int_equal(db_commit(two, &e), 0);
	assert_int_equal(ask(one, "SELECT count(*) FROM t"), 2);
}

static void
a_copy_is_whole_and_never_overwrites(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	AUTO(db_close) struct db *d = open_db(s->file, 0);
	AUTO(db_close) struct db *writer = open_db(s->file, 0);
	assert_int_equal(put(d, 1, "a", &e), 0);
	/* Another connection is in the middle of something. */
	assert_int_equal(db_begin(writer, &e), 0);
	assert_int_equal(put(writer, 2, "b", &e), 0);
	AUTO_STR char *copy = path_join(s->dir, "copy.db");
	AUTO_STR char *part = path_join(s->dir, "copy.db.part");
	assert_int_equal(
	    fsat_replace(AT_FDCWD, part, STR("left behind"), 0600, 0, &e), 0);
	if (db_backup(d, copy, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(db_commit(writer, &e), 0);
	assert_int_equal(access(part, F_OK), -1);
	struct stat st;
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(db_backup(d, copy, &e), ERR_EXISTS);
	AUTO(db_close) struct db *back = open_db(copy, 0);
	assert_int_equal(ask(back, "SELECT sum(id) FROM t"), 1);
	assert_int_equal(ask(back, "PRAGMA user_version"), 2);
	AUTO_STR char *nowhere = path_join(s->dir, "no/copy.db");
	assert_true(db_backup(d, nowhere, &e) < 0);
}

/* Writes rows from `first` on, two a transaction, and tells each commit. */
NEVER_RETURNS static void
write_until_killed(const char *path, int64_t first, int tell)
{
	struct db *d = NULL;
	struct err e = { 0 };
	if (db_open(path, 0, &schema_two, &d, &e) < 0)
		_exit(1);
	struct db_stmt *s = NULL;
	if (db_prepare(d,
		"INSERT INTO t(id, name, data) VALUES(?1, 'n' || ?1, "
		"randomblob(300))",
		&s, &e) < 0)
		_exit(1);
	for (int64_t n = first;; n += 2) {
		int rc = db_begin(d, &e);
		for (int64_t i = n; rc == 0 && i < n + 2; i++) {
			db_bind_int(s, 1, i);
			rc = db_run(s, &e);
		}
		if (rc == 0)
			rc = db_commit(d, &e);
		int64_t newest = n + 1;
		if (rc < 0 || write(tell, &newest, sizeof(newest)) !=
				  (ssize_t)sizeof(newest))
			_exit(1);
	}
}

/* Runs a writer for some commits, kills it, returns the last it told of. */
static int64_t
run_and_kill(const char *path, int64_t first, unsigned commits)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		write_until_killed(path, first, ends[1]);
	close(ends[1]);
	int64_t told = first - 1, newest;
	for (unsigned i = 0; i < commits; i++) {
		if (read(ends[0], &newest, sizeof(newest)) !=
		    (ssize_t)sizeof(newest))
			break;
		told = newest;
	}
	usleep((useconds_t)(rand() % 3000));
	kill(pid, SIGKILL);
	while (
	    read(ends[0], &newest, sizeof(newest)) == (ssize_t)sizeof(newest))
		told = newest;
	close(ends[0]);
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return told;
}

static void
every_acknowledged_row_outlives_kill_9(void **state)
{
	struct scratch *s = *state;
	int64_t rows = 0, told_all = 0;
	srand(7);
	for (int i = 0; i < KILLS; i++) {
		int64_t told =
		    run_and_kill(s->file, rows + 1, (unsigned)rand() % 40);
		AUTO(db_close) struct db *d = open_db(s->file, 0);
		rows = ask(d, "SELECT count(*) FROM t");
		/* All that was told, no half transaction, no gap. */
		assert_true(rows >= told);
		assert_int_equal(rows % 2, 0);
		assert_int_equal(
		    ask(d, "SELECT coalesce(max(id), 0) FROM t"), rows);
		assert_int_equal(ask(d, "SELECT count(*) FROM "
					"pragma_integrity_check WHERE "
					"integrity_check <> 'ok'"),
		    0);
		told_all = told > told_all ? told : told_all;
	}
	assert_true(told_all > KILLS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(schema_steps_run_once_and_never_back),
		TEST(a_failed_step_leaves_the_file_as_it_was),
		TEST(files_of_others_are_refused_and_ours_are_private),
		TEST(values_come_back_as_they_went),
		TEST(failures_have_codes_and_undo_only_their_own),
		TEST(a_full_disk_is_a_limit_and_keeps_what_was_committed),
		TEST(a_locked_database_is_a_state),
		TEST(a_copy_is_whole_and_never_overwrites),
		TEST(every_acknowledged_row_outlives_kill_9),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
