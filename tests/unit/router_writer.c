/* SPDX-License-Identifier: MIT */
/*
 * The writer: many askers share commits, a failed job leaves no trace and
 * spoils none, nothing that was told is lost when the process is killed.
 */
#include "tests/unit/store_world.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "router/store_priv.h"

#define ASKERS 64
#define EACH 20

struct asker {
	struct world *w;
	pthread_t thread;
	int number;
};

static void *
asker_main(void *arg)
{
	struct asker *k = arg;
	for (int i = 0; i < EACH; i++) {
		struct store_job *j = world_job(STORE_operator_put);
		char *name = arena_printf(j->a, "op-%d-%d", k->number, i);
		j->operator_put = (struct store_operator_put){
			.name = name, .sha256 = name, .scopes = "read", .now = 1
		};
		if (store_do(k->w->store, j) < 0)
			abort();
		store_job_free(&j);
	}
	return NULL;
}

static void
sixty_four_askers_share_commits(void **state)
{
	(void)state;
	struct world w;
	struct asker askers[ASKERS];
	struct store_operator_list l;
	struct store_stats stats;
	struct err e = { 0 };
	world_new(&w);
	for (int i = 0; i < ASKERS; i++) {
		askers[i] = (struct asker){ .w = &w, .number = i };
		assert_int_equal(pthread_create(&askers[i].thread, NULL,
				     asker_main, &askers[i]),
		    0);
	}
	for (int i = 0; i < ASKERS; i++)
		pthread_join(askers[i].thread, NULL);
	assert_int_equal(store_operator_list(w.store, 0, w.a, &l, &e), 0);
	assert_int_equal(l.len, ASKERS * EACH);
	assert_int_equal(store_stats(w.store, 0, &stats, &e), 0);
	assert_int_equal(stats.jobs, ASKERS * EACH);
	assert_int_equal(stats.queued, 0);
	assert_in_range(stats.commits, 1, ASKERS * EACH);
	world_free(&w);
}

/* --- jobs that fail ----------------------------------------------------- */

struct tally {
	pthread_mutex_t lock;
	pthread_cond_t more;
	int good, bad, all;
};

static void
tally_done(struct store_job *j)
{
	struct tally *t = j->arg;
	pthread_mutex_lock(&t->lock);
	t->good += j->rc == 0;
	t->bad += j->rc == ERR_EXISTS;
	t->all++;
	pthread_cond_signal(&t->more);
	pthread_mutex_unlock(&t->lock);
	store_job_free(&j);
}

static int64_t
uses_left(struct world *w)
{
	struct store_enroll_token_list l;
	struct err e = { 0 };
	assert_int_equal(
	    store_enroll_token_list(w->store, 0, w->a, w->now, &l, &e), 0);
	assert_int_equal(l.len, 1);
	return l.items[0].uses_left;
}

/* The id is taken: this is found when the token's use is written already. */
static void
a_job_that_fails_after_it_wrote_leaves_no_trace_and_spoils_none(void **state)
{
	(void)state;
	struct world w;
	struct tally t = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.more = PTHREAD_COND_INITIALIZER };
	world_new(&w);
	world_token(&w, "t", 100, 100000);
	for (int i = 0; i < 60; i++) {
		struct store_job *j =
		    store_job_new(STORE_instance_enroll, -1, tally_done, &t);
		bool bad = i % 3 == 2;
		j->instance_enroll =
		    (struct store_instance_enroll){ .token_sha256 = "t",
			    .id = bad ? "id-0" : arena_printf(j->a, "id-%d", i),
			    .public_key = arena_printf(j->a, "key-%d", i),
			    .now = w.now };
		store_submit(w.store, j);
	}
	pthread_mutex_lock(&t.lock);
	while (t.all < 60)
		pthread_cond_wait(&t.more, &t.lock);
	pthread_mutex_unlock(&t.lock);
	assert_int_equal(t.good, 40);
	assert_int_equal(t.bad, 20);
	assert_int_equal(uses_left(&w), 60);
	world_free(&w);
}

static void
lazy_jobs_are_done_in_a_while_and_at_the_end(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	for (int i = 0; i < 2; i++) {
		const char *cid = world_cid(&w);
		world_submit(&w,
		    &(struct ask){ .cid = cid, .ids = &id, .ids_len = 1 }, 0);
		struct store_job *j = world_job(STORE_offered);
		j->offered = (struct store_offered){
			.id = id, .cids = &cid, .cids_len = 1, .now = w.now
		};
		if (i == 0) {
			world_do(&w, j, 0); /* alone: it waits its second */
			store_job_free(&j);
		} else {
			store_submit(w.store, j);
			store_close(&w.store);
			world_open(&w);
		}
		assert_int_equal(world_state(&w, cid, id), DELIVERY_offered);
	}
	world_free(&w);
}

static void
a_job_that_comes_too_late_is_told_so(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *id = world_join(&w, "a", "default", NULL);
	store_finish(w.store);
	struct store_job *j = world_job(STORE_tag_change);
	j->tag_change = (struct store_tag_change){ .id = id, .now = w.now };
	world_do(&w, j, ERR_CLOSED);
	store_job_free(&j);
	struct store_instance i;
	struct err e = { 0 };
	assert_int_equal(store_instance_find(w.store, 0, w.a, id, &i, &e), 0);
	world_free(&w);
}

static void
a_backup_made_in_use_is_a_store(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	world_new(&w);
	const char *id = world_join(&w, "a", "default", "a:b=c");
	char *copy = arena_printf(w.a, "%s/copy", w.directory);
	if (store_backup(w.store, copy, &e) < 0)
		fail_msg("%s", e.text);
	world_tag(&w, id, "later:on=1", NULL, 0);
	store_close(&w.store);
	struct store_options o = { .directory = copy, .threads = 1 };
	struct store_tags t;
	assert_int_equal(store_open(&o, &w.store, &e), 0);
	assert_int_equal(store_tags_of(w.store, 0, w.a, id, &t, &e), 0);
	assert_int_equal(t.len, 1);
	world_free(&w);
}

/* --- a crash ------------------------------------------------------------ */

struct teller {
	struct world *w;
	pthread_t thread;
	int fd, number;
};

/* Accepts commands and tells the ids of those that were accepted. */
static void *
teller_main(void *arg)
{
	struct teller *t = arg;
	for (;;) {
		struct store_job *j = world_job(STORE_audit_put);
		char id[ULID_TEXT_BYTES];
		ulid_new(id);
		if (t->number % 2 == 0) {
			j->audit_put.now = 1;
			j->audit_put.audit = (struct store_audit){ .aid = id,
				.id = "I",
				.kind = "boot",
				.summary = "s",
				.status = "running",
				.started_at = 1 };
		} else {
			j->op = STORE_operator_put;
			j->operator_put = (struct store_operator_put){
				.name = id, .sha256 = id, .scopes = "read"
			};
		}
		if (store_do(t->w->store, j) < 0)
			abort();
		store_job_free(&j);
		id[ULID_TEXT_BYTES - 1] = t->number % 2 == 0 ? 'a' : 'o';
		if (write(t->fd, id, sizeof(id)) != sizeof(id))
			abort();
	}
	return NULL;
}

NEVER_RETURNS static void
victim(struct world *w, int fd)
{
	struct teller tellers[8];
	world_open(w);
	for (int i = 0; i < 8; i++) {
		tellers[i] = (struct teller){ .w = w, .fd = fd, .number = i };
		if (pthread_create(&tellers[i].thread, NULL, teller_main,
			&tellers[i]) != 0)
			abort();
	}
	for (;;)
		pause();
}

static void
check_told(struct world *w, char *told)
{
	struct store_audit audit;
	struct store_operator operator;
	struct err e = { 0 };
	bool is_audit = told[ULID_TEXT_BYTES - 1] == 'a';
	told[ULID_TEXT_BYTES - 1] = '\0';
	int rc =
	    is_audit
		? store_audit_find(w->store, 0, w->a, told, &audit, &e)
		: store_operator_find(w->store, 0, w->a, told, &operator, & e);
	if (rc < 0)
		fail_msg("lost: %s", e.text);
}

static void
nothing_that_was_told_is_lost_by_kill_9(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	store_close(&w.store);
	size_t all = 0;
	for (int round = 0; round < 5; round++) {
		int fds[2];
		assert_int_equal(pipe(fds), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(fds[0]);
			victim(&w, fds[1]);
		}
		close(fds[1]);
		/* So many, then in the middle of what comes next. */
		static char told[64 * 1024 * ULID_TEXT_BYTES];
		size_t len = 0;
		ssize_t n = 1;
		while (n > 0 && len < 100 * ULID_TEXT_BYTES) {
			n = read(fds[0], told + len, ULID_TEXT_BYTES * 50);
			len += n > 0 ? (size_t)n : 0;
		}
		kill(pid, SIGKILL);
		while ((n = read(fds[0], told + len, sizeof(told) - len)) > 0)
			len += (size_t)n;
		close(fds[0]);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		world_open(&w);
		for (size_t i = 0; i + ULID_TEXT_BYTES <= len;
		     i += ULID_TEXT_BYTES, all++)
			check_told(&w, told + i);
		store_close(&w.store);
	}
	assert_true(all >= 500);
	world_open(&w);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_four_askers_share_commits),
		cmocka_unit_test(
		    a_job_that_fails_after_it_wrote_leaves_no_trace_and_spoils_none),
		cmocka_unit_test(lazy_jobs_are_done_in_a_while_and_at_the_end),
		cmocka_unit_test(a_job_that_comes_too_late_is_told_so),
		cmocka_unit_test(a_backup_made_in_use_is_a_store),
		cmocka_unit_test(nothing_that_was_told_is_lost_by_kill_9),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
