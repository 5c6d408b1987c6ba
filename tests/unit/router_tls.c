/* SPDX-License-Identifier: MIT */
/* The router's certificates: made, looked at, refused when they are wrong. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "router/tls.h"
#include "router/tls_files.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

struct world {
	char path[64];
	int dir;
};

static int
world_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	snprintf(w->path, sizeof(w->path), "/tmp/rl-tls-XXXXXX");
	assert_non_null(mkdtemp(w->path));
	struct err e = { 0 };
	w->dir = fsat_open_dir(AT_FDCWD, w->path, &e);
	assert_true(w->dir >= 0);
	assert_int_equal(tls_make_ca(w->dir, "RightLink router", &e), 0);
	*state = w;
	return 0;
}

static int
world_down(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	fd_close(&w->dir);
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->path, &e), 0);
	free(w);
	return 0;
}

static const struct tls_names names = {
	.items = { "router.example", "localhost", "127.0.0.1", "::1" },
	.len = 4,
};

/* 0, or the code with which the server refuses its files. */
static int
load(const struct world *w)
{
	char *certificate = path_join(w->path, TLS_SERVER_FILE);
	char *key = path_join(w->path, TLS_SERVER_KEY_FILE);
	AUTO(tls_server_free) struct tls_server *t = NULL;
	struct err e = { 0 };
	int rc = tls_server_new(certificate, key, &t, &e);
	free(certificate);
	free(key);
	return rc;
}

static void
a_server_certificate_has_its_names_and_its_time(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct tls_look l;
	assert_int_equal(tls_make_server(w->dir, &names, 10, &e), 0);
	assert_int_equal(tls_look(w->dir, TLS_SERVER_FILE, &l, &e), 0);
	assert_int_equal(l.names_len, names.len);
	for (size_t i = 0; i < names.len; i++)
		assert_string_equal(l.names[i], names.items[i]);
	int64_t now = clock_now_ms();
	assert_int_equal(tls_check_time(&l, "x", now, &e), 0);
	assert_int_equal(
	    tls_check_time(&l, "x", now + 11 * DAY_MS, &e), ERR_TIMEOUT);
	assert_non_null(strstr(e.text, "router renew"));
	assert_int_equal(
	    tls_check_time(&l, "x", now - 3 * DAY_MS, &e), ERR_TIMEOUT);
	assert_int_equal(load(w), 0);
}

static void
keys_are_for_their_owner_alone(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct stat st;
	assert_int_equal(tls_make_server(w->dir, &names, 10, &e), 0);
	static const char *const keys[] = { TLS_CA_KEY_FILE,
		TLS_SERVER_KEY_FILE };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		assert_int_equal(fstatat(w->dir, keys[i], &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
}

static void
a_ca_is_made_once_and_renewal_keeps_it(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	AUTO_BUF struct buf before = BUF_INIT(65536), after = BUF_INIT(65536);
	assert_int_equal(fsat_read(w->dir, TLS_CA_FILE, 65536, &before, &e), 0);
	assert_int_equal(tls_make_ca(w->dir, "other", &e), ERR_EXISTS);
	assert_int_equal(tls_make_server(w->dir, &names, 10, &e), 0);
	assert_int_equal(tls_make_server(w->dir, &names, 20, &e), 0);
	assert_int_equal(fsat_read(w->dir, TLS_CA_FILE, 65536, &after, &e), 0);
	assert_string_equal(buf_text(&before), buf_text(&after));
	buf_release(&before);
	buf_release(&after);
	assert_int_equal(load(w), 0);
}

static void
wrong_files_are_refused_by_name(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct tls_look l;
	assert_int_equal(load(w), ERR_ABSENT);
	assert_int_equal(tls_look(w->dir, TLS_SERVER_FILE, &l, &e), ERR_ABSENT);
	assert_int_equal(tls_make_server(w->dir, &names, 10, &e), 0);
	/* a key of somebody else */
	AUTO_BUF struct buf key = BUF_INIT(65536);
	assert_int_equal(
	    fsat_read(w->dir, TLS_CA_KEY_FILE, 65536, &key, &e), 0);
	assert_int_equal(fsat_replace(w->dir, TLS_SERVER_KEY_FILE,
			     (struct str){ key.data, key.len }, 0600, 0, &e),
	    0);
	assert_int_equal(load(w), ERR_INVALID);
	assert_int_equal(
	    fsat_replace(w->dir, TLS_SERVER_FILE, STR("no PEM"), 0644, 0, &e),
	    0);
	assert_int_equal(load(w), ERR_SYNTAX);
	assert_int_equal(tls_look(w->dir, TLS_SERVER_FILE, &l, &e), ERR_SYNTAX);
	assert_non_null(strstr(e.text, TLS_SERVER_FILE));
}

static void
names_are_checked(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	static const char *const good[] = { "a", "a-b.example", "10.0.0.1",
		"fe80::1" };
	static const char *const bad[] = { "", ".a", "a..b", "a b", "-a",
		"a,DNS:b", "\xc3\xa4" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(tls_name_check(good[i], &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct tls_names one = { .items = { bad[i] }, .len = 1 };
		assert_int_equal(
		    tls_make_server(w->dir, &one, 1, &e), ERR_INVALID);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
	const struct CMUnitTest tests[] = {
		TEST(a_server_certificate_has_its_names_and_its_time),
		TEST(keys_are_for_their_owner_alone),
		TEST(a_ca_is_made_once_and_renewal_keeps_it),
		TEST(wrong_files_are_refused_by_name),
		TEST(names_are_checked),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
