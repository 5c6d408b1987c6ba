/* SPDX-License-Identifier: MIT */
/* Small parts of the router: its settings, its archive, its count of failures,
 * its tokens. */
#include "tests/unit/router_world.h"

#include "router/auth.h"
#include "router/tar.h"
#include "router/tokens.h"

struct scratch {
	char path[64];
	int dir;
	struct arena *a;
};

static int
scratch_up(void **state)
{
	struct scratch *s = xcalloc(1, sizeof(*s));
	struct err e = { 0 };
	snprintf(s->path, sizeof(s->path), "/tmp/rl-parts-XXXXXX");
	assert_non_null(mkdtemp(s->path));
	s->dir = fsat_open_dir(AT_FDCWD, s->path, &e);
	s->a = arena_new();
	*state = s;
	return 0;
}

static int
scratch_down(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	fd_close(&s->dir);
	arena_free(&s->a);
	must(fsat_remove_tree(AT_FDCWD, s->path, &e), &e);
	free(s);
	return 0;
}

static void
addresses_to_listen_on(void **state)
{
	struct scratch *s = *state;
	static const struct {
		const char *text, *address;
		int port;
	} good[] = {
		{ "127.0.0.1:8443", "127.0.0.1", 8443 },
		{ "[::1]:1", "::1", 1 },
		{ ":0", "0.0.0.0", 0 },
	};
	static const char *const bad[] = { "", "8443", "::1:8443", "a:b",
		"a:65536", "a:-1", "[::1]" };
	const char *address;
	int port;
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		must(config_parse_listen(
			 good[i].text, s->a, &address, &port, &e),
		    &e);
		assert_string_equal(address, good[i].address);
		assert_int_equal(port, good[i].port);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    config_parse_listen(bad[i], s->a, &address, &port, &e),
		    ERR_INVALID);
}

static struct router_config
some_config(void)
{
	return (struct router_config){
		.url = "https://router.example:8443",
		.listen = "0.0.0.0:8443",
		.account = "default",
		.names = { .items = { "router.example", "::1" }, .len = 2 },
		.root_kid = { "0123456789abcdef0123456789abcdef" },
		.log_level = "warn",
		.log_format = "json",
		.threads = 3,
		.max_connections = 500,
		.header_timeout_ms = 900,
	};
}

static void
settings_survive_the_file(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	struct router_config c = some_config(), back;
	must(config_save(s->dir, &c, &e), &e);
	must(config_load(s->dir, s->a, &back, &e), &e);
	assert_string_equal(back.url, c.url);
	assert_string_equal(back.names.items[1], "::1");
	assert_string_equal(back.root_kid.text, c.root_kid.text);
	assert_string_equal(back.log_format, "json");
	assert_int_equal(back.threads, 3);
	assert_int_equal(back.max_connections, 500);
	assert_int_equal(back.header_timeout_ms, 900);
}

static void
wrong_settings_are_named(void **state)
{
	struct scratch *s = *state;
	static const struct {
		const char *text, *place;
	} bad[] = {
		{ "{}", "url" },
		{ "{\"url\":\"https://a\",\"listen\":\"x\"}", "names" },
		{ "{\"url\":\"https://a\",\"listen\":\":1\",\"names\":[],"
		  "\"root_kid\":\"0123456789abcdef0123456789abcdef\"}",
		    ".names" },
		{ "{\"url\":\"http://a\",\"listen\":\":1\",\"names\":[\"a\"],"
		  "\"root_kid\":\"0123456789abcdef0123456789abcdef\"}",
		    ".url" },
		{ "{\"url\":\"https://a\",\"listen\":\"1\",\"names\":[\"a\"],"
		  "\"root_kid\":\"0123456789abcdef0123456789abcdef\"}",
		    "listen '1'" },
		{ "{\"url\":\"https://a\",\"listen\":\":1\",\"names\":[\"a\"],"
		  "\"root_kid\":\"01\"}",
		    ".root_kid" },
		{ "{\"url\":\"https://a\",\"listen\":\":1\",\"names\":[\"a\"],"
		  "\"root_kid\":\"0123456789abcdef0123456789abcdef\","
		  "\"log_level\":\"loud\"}",
		    ".log_level" },
		{ "{\"url\":\"https://a\",\"listen\":\":1\",\"names\":[\"a\"],"
		  "\"root_kid\":\"0123456789abcdef0123456789abcdef\","
		  "\"threads\":-1}",
		    ".threads" },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct router_config c;
		struct err e = { 0 };
		must(fsat_replace(s->dir, CONFIG_FILE, str_from(bad[i].text),
			 0644, 0, &e),
		    &e);
		assert_true(config_load(s->dir, s->a, &c, &e) < 0);
		if (strstr(e.text, bad[i].place) == NULL)
			fail_msg("case %zu: %s", i, e.text);
	}
}

static void
assertions_name_this_router(void **state)
{
	(void)state;
	struct router_config c = some_config();
	assert_true(config_is_audience(&c, "router.example:8443"));
	assert_true(config_is_audience(&c, "ROUTER.example"));
	assert_true(config_is_audience(&c, "[::1]:9"));
	assert_false(config_is_audience(&c, "other.example:8443"));
	assert_false(config_is_audience(&c, ""));
	assert_false(config_is_audience(&c, "router.example.evil:8443"));
}

static void
failures_are_forgiven_with_time(void **state)
{
	(void)state;
	AUTO(auth_limits_free) struct auth_limits *l = auth_limits_new();
	struct err e = { 0 };
	int64_t now = 1000000;
	for (int i = 0; i < 30; i++) {
		assert_int_equal(auth_may_try(l, "10.0.0.1", now, &e), 0);
		auth_failed(l, "10.0.0.1", now);
	}
	assert_int_equal(auth_may_try(l, "10.0.0.1", now, &e), ERR_LIMIT);
	assert_int_equal(auth_may_try(l, "10.0.0.2", now, &e), 0);
	assert_int_equal(auth_may_try(l, "10.0.0.1", now + 2000, &e), 0);
	auth_failed(l, "10.0.0.1", now + 2000);
	assert_int_equal(
	    auth_may_try(l, "10.0.0.1", now + 2000, &e), ERR_LIMIT);
	assert_int_equal(auth_may_try(l, "10.0.0.1", now + 63000, &e), 0);
	/* many addresses cannot grow it, and do not free the newest */
	for (int i = 0; i < 30; i++)
		auth_failed(l, "fe80::1", now + 63000);
	for (int i = 0; i < 20000; i++) {
		char peer[32];
		snprintf(peer, sizeof(peer), "10.1.%d.%d", i / 256, i % 256);
		auth_failed(l, peer, now);
	}
	assert_int_equal(
	    auth_may_try(l, "fe80::1", now + 63000, &e), ERR_LIMIT);
}

static void
scopes_are_known_words(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO_BUF struct buf out = BUF_INIT(64);
	must(token_check_scopes("read,run", API_SCOPES, &out, &e), &e);
	assert_string_equal(buf_text(&out), "read|run");
	static const char *const bad[] = { "", "root", "read,", "read,,run",
		"read run" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    token_check_scopes(bad[i], API_SCOPES, &out, &e),
		    ERR_INVALID);
}

static void
an_archive_has_blocks_and_checksums(void **state)
{
	struct scratch *s = *state;
	struct err e = { 0 };
	struct tar t;
	must(fsat_mkdir_all(s->dir, "d", 0700, &e), &e);
	must(fsat_replace(s->dir, "d/f", STR("hello"), 0640, 0, &e), &e);
	AUTO_FD int fd = openat(s->dir, "t.tar", O_RDWR | O_CREAT, 0600);
	tar_begin(&t, fd);
	must(tar_add_tree(&t, s->dir, "d", &e), &e);
	must(tar_add_tree(&t, s->dir, "absent", &e), &e);
	assert_int_equal(
	    tar_add_file(&t, "x", s->dir, "absent", &e), ERR_ABSENT);
	must(tar_end(&t, &e), &e);
	assert_int_equal(t.files, 2);
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);
	must(fsat_read(s->dir, "t.tar", 1 << 20, &text, &e), &e);
	/* directory, file, its data, the end */
	assert_int_equal(text.len, 512 * (1 + 1 + 1 + 2));
	const unsigned char *h = (const unsigned char *)text.data + 512;
	assert_string_equal((const char *)h, "d/f");
	assert_memory_equal(h + 257, "ustar", 6);
	assert_string_equal((const char *)h + 100, "0000640");
	assert_memory_equal(h + 512, "hello\0\0\0", 8);
	unsigned sum = 0;
	for (int i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	int64_t told = 0;
	assert_true(
	    str_to_i64((struct str){ (const char *)h + 148, 6 }, 8, &told));
	assert_int_equal(told, sum);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_up, scratch_down)
	const struct CMUnitTest tests[] = {
		TEST(addresses_to_listen_on),
		TEST(settings_survive_the_file),
		TEST(wrong_settings_are_named),
		TEST(assertions_name_this_router),
		TEST(failures_are_forgiven_with_time),
		TEST(scopes_are_known_words),
		TEST(an_archive_has_blocks_and_checksums),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
