/* SPDX-License-Identifier: MIT */
/* The agent's journal in a process that is killed: after every commit, inside
 * of every batch, and at any time. */
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/journal_world.h"

/* One commit each; a step that the process did not survive leaves the step
 * before. */
static int
do_step(struct journal *j, int step, struct err *e)
{
	struct journal_new n = command("c1");
	struct journal_result r = { .state = "ok" };
	n.attempts_max = 2;
	switch (step) {
	case 0:
		return journal_receive(j, &n, e);
	case 1:
		return journal_grant(j, "c1", e);
	case 2:
		return journal_start(j, "c1", "r1", e);
	case 3:
		return journal_retry(j, "c1", e);
	case 4:
		return journal_start(j, "c1", "r2", e);
	case 5:
		return journal_suspend(j, "c1", "boot", e);
	case 6:
		return journal_start(j, "c1", "r2", e);
	case 7:
		return journal_finish(j, "c1", &r, NOW, e);
	default:
		return journal_ack(j, "c1", e);
	}
}

static void
run_and_be_killed(const char *file, int steps, bool inside)
{
	struct err e = { 0 };
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct journal *j = NULL;
		int rc = journal_open(file, &j, &e);
		for (int i = 0; rc >= 0 && i < steps; i++)
			rc = do_step(j, i, &e);
		if (rc >= 0 && inside)
			rc = journal_begin(j, &e);
		if (rc >= 0 && inside)
			rc = do_step(j, steps, &e);
		raise(rc < 0 ? SIGABRT : SIGKILL);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
fabric_6_7_a_kill_at_every_commit_loses_no_commit(void **at)
{
	struct world *w = *at;
	static const enum journal_state states[] = { JOURNAL_RECEIVED,
		JOURNAL_GRANTED, JOURNAL_RUNNING, JOURNAL_GRANTED,
		JOURNAL_RUNNING, JOURNAL_GRANTED, JOURNAL_RUNNING, JOURNAL_DONE,
		JOURNAL_ACKED };
	int count = (int)ARRAY_LEN(states);
	for (int steps = 1; steps <= count; steps++) {
		for (int inside = 0; inside < 2 && steps + inside <= count;
		     inside++) {
			AUTO_STR char *file =
			    xasprintf("%s/k%d-%d.db", w->dir, steps, inside);
			run_and_be_killed(file, steps, inside != 0);
			struct err e = { 0 };
			AUTO(journal_close) struct journal *j = NULL;
			struct journal_entry entry = { .cid = NULL };
			assert_int_equal(journal_open(file, &j, &e), 0);
			assert_int_equal(
			    journal_find(w->a, j, "c1", &entry, &e), 1);
			assert_int_equal(entry.state, states[steps - 1]);
		}
	}
}

/* Receives, grants and starts without end; each started cid is told through
 * the pipe after its commit. */
static void
start_without_end(const char *file, int out, int round)
{
	struct err e = { 0 };
	struct journal *j = NULL;
	int rc = journal_open(file, &j, &e);
	for (int i = 0; rc >= 0; i++) {
		char cid[40];
		snprintf(cid, sizeof(cid), "k-%d-%06d", round, i);
		struct journal_new n = command(cid);
		rc = journal_receive(j, &n, &e);
		if (rc >= 0)
			rc = journal_begin(j, &e);
		if (rc >= 0)
			rc = journal_grant(j, cid, &e);
		if (rc >= 0)
			rc = journal_start(j, cid, "r", &e);
		if (rc >= 0)
			rc = journal_commit(j, &e);
		if (rc >= 0 && write(out, cid, sizeof(cid)) < 0)
			rc = -1;
	}
	raise(SIGABRT);
}

static void
fabric_6_7_a_kill_at_any_time_loses_no_start(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	journal_close(&w->j);
	for (int round = 0; round < 8; round++) {
		int ends[2];
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		pid_t pid = fork();
		if (pid == 0)
			start_without_end(w->file, ends[1], round);
		close(ends[1]);
		char cid[40] = "";
		assert_int_equal(read(ends[0], cid, sizeof(cid)), sizeof(cid));
		usleep((useconds_t)round * 3000);
		kill(pid, SIGKILL);
		int status = 0;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WTERMSIG(status), SIGKILL);
		AUTO(journal_close) struct journal *j = NULL;
		assert_int_equal(journal_open(w->file, &j, &e), 0);
		do {
			struct journal_entry entry = { .cid = NULL };
			assert_int_equal(
			    journal_find(w->a, j, cid, &entry, &e), 1);
			assert_int_equal(entry.state, JOURNAL_RUNNING);
		} while (read(ends[0], cid, sizeof(cid)) == sizeof(cid));
		/* No half batch: granted and not running is never seen. */
		assert_int_equal(journal_count(j, JOURNAL_GRANTED), 0);
		close(ends[0]);
	}
	assert_int_equal(journal_open(w->file, &w->j, &e), 0);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(fabric_6_7_a_kill_at_every_commit_loses_no_commit),
		CASE(fabric_6_7_a_kill_at_any_time_loses_no_start),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
