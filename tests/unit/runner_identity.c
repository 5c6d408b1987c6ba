/* SPDX-License-Identifier: MIT */
/* STATE/agent, the address of a router, trust bundles that only get newer, and
 * what joining refuses before it asks anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/backoff.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/identity.h"
#include "runner/join.h"
#include "wire/jws.h"

struct world {
	char dir[64];
	struct places places;
	struct sign_key *root, *authority;
	struct sign_kid root_kid;
};

static int
set_up(void **at)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	memcpy(w->dir, "/tmp/rl-id-XXXXXX", 18);
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(places_find(w->dir, NULL, &w->places, &e), 0);
	assert_int_equal(sign_key_new(&w->root, &e), 0);
	assert_int_equal(sign_key_new(&w->authority, &e), 0);
	struct sign_public public;
	sign_key_public(w->root, &public);
	w->root_kid = sign_kid_of(&public);
	*at = w;
	return 0;
}

static int
tear_down(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->dir, &e), 0);
	places_release(&w->places);
	sign_key_free(&w->root);
	sign_key_free(&w->authority);
	free(w);
	return 0;
}

static struct jsn *
make_trust(const struct world *w, int64_t version, const struct sign_key *root)
{
	struct err e = { 0 };
	struct trust_spec spec = { .version = version };
	struct jsn *envelope = NULL;
	sign_key_public(w->authority, &spec.authority);
	if (trust_seal(&spec, root, &envelope, &e) < 0)
		fail_msg("%s", e.text);
	return envelope;
}

static void
save(const struct world *w, bool new_key)
{
	struct err e = { 0 };
	AUTO(sign_key_free) struct sign_key *key = NULL;
	AUTO(jsn_free) struct jsn *trust = make_trust(w, 2, w->root);
	struct identity_spec spec = { .router = "https://router.example:8443",
		.root_kid = w->root_kid,
		.id = "i-1",
		.account = "main",
		.deployment = "default",
		.name = "web-1",
		.certificate = "a.b.c",
		.ca_pem = "PEM",
		.trust = trust,
		.new_key = new_key };
	assert_int_equal(identity_need_key(&w->places, new_key, &key, &e), 0);
	if (identity_save(&w->places, &spec, &e) < 0)
		fail_msg("%s", e.text);
}

static void
what_was_joined_is_found_again(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	AUTO(identity_free) struct identity *i = NULL;
	assert_int_equal(identity_load(&w->places, &i, &e), ERR_ABSENT);
	assert_non_null(strstr(e.text, "rightlink join"));
	save(w, false);
	if (identity_load(&w->places, &i, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(i->id, "i-1");
	assert_string_equal(i->router, "https://router.example:8443");
	assert_string_equal(i->authority, "router.example:8443");
	assert_null(i->bundle);
	assert_int_equal(trust_version(i->trust), 2);
	struct stat st;
	AUTO_STR char *key = path_join(i->dir, IDENTITY_KEY_FILE);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(i->dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static struct sign_kid
kid_of(const struct world *w)
{
	struct err e = { 0 };
	AUTO(identity_free) struct identity *i = NULL;
	struct sign_public public;
	if (identity_load(&w->places, &i, &e) < 0)
		fail_msg("%s", e.text);
	sign_key_public(i->key, &public);
	return sign_kid_of(&public);
}

static void
a_machine_that_moves_takes_a_new_key(void **at)
{
	struct world *w = *at;
	save(w, false);
	struct sign_kid first = kid_of(w);
	save(w, false);
	struct sign_kid same = kid_of(w);
	assert_true(sign_kid_eq(&first, &same));
	save(w, true);
	struct sign_kid other = kid_of(w);
	assert_false(sign_kid_eq(&first, &other));
}

static void
a_damaged_identity_says_so(void **at)
{
	struct world *w = *at;
	static const char *const names[] = { IDENTITY_KEY_FILE,
		IDENTITY_TRUST_FILE, IDENTITY_FILE };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err e = { 0 };
		AUTO(identity_free) struct identity *id = NULL;
		save(w, false);
		AUTO_STR char *dir = identity_dir(&w->places);
		AUTO_STR char *path = path_join(dir, names[i]);
		assert_int_equal(
		    fsat_replace(AT_FDCWD, path, STR("{\"a\":1"), 0600, 0, &e),
		    0);
		assert_true(identity_load(&w->places, &id, &e) < 0);
		assert_int_not_equal(e.code, ERR_ABSENT);
		assert_non_null(strstr(e.text, "is damaged"));
		assert_int_equal(unlink(path), 0);
		if (i < 2)
			assert_int_equal(
			    identity_load(&w->places, &id, &e), ERR_INVALID);
	}
}

static void
fabric_5_1_t5_trust_never_goes_back(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	save(w, false);
	AUTO(identity_free) struct identity *i = NULL;
	assert_int_equal(identity_load(&w->places, &i, &e), 0);
	AUTO(jsn_free) struct jsn *newer = make_trust(w, 3, w->root);
	AUTO(jsn_free) struct jsn *older = make_trust(w, 1, w->root);
	AUTO(jsn_free) struct jsn *foreign = make_trust(w, 9, w->authority);
	assert_int_equal(identity_use_trust(i, newer, &e), 1);
	assert_int_equal(identity_use_trust(i, newer, &e), 0);
	assert_int_equal(identity_use_trust(i, older, &e), 0);
	assert_int_equal(identity_use_trust(i, foreign, &e), ERR_DIGEST);
	assert_int_equal(trust_version(i->trust), 3);
	identity_free(&i);
	assert_int_equal(identity_load(&w->places, &i, &e), 0);
	assert_int_equal(trust_version(i->trust), 3);
}

static void
an_assertion_is_for_this_router_and_short(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	save(w, false);
	AUTO(identity_free) struct identity *i = NULL;
	assert_int_equal(identity_load(&w->places, &i, &e), 0);
	AUTO_BUF struct buf text = BUF_INIT(JWS_MAX_BYTES);
	int64_t now = 1750000000000;
	assert_int_equal(identity_assertion(i, now, &text, &e), 0);
	struct sign_public public;
	sign_key_public(i->key, &public);
	AUTO(jsn_free) struct jsn *claims = NULL;
	assert_int_equal(jws_open((struct str){ text.data, text.len },
			     JWS_TYP_ASSERTION, &public, &claims, &e),
	    0);
	assert_string_equal(jsn_peek_str(claims, "iss", ""), "i-1");
	assert_string_equal(
	    jsn_peek_str(claims, "aud", ""), "router.example:8443");
	int64_t exp = jsn_peek_int(claims, "exp", 0);
	assert_true(exp > now / 1000 && exp <= now / 1000 + 60);
	assert_int_equal(jws_is_now(claims, now, 0, &e), 0);
}

static void
routers_are_addressed_by_https(void **at)
{
	(void)at;
	static const struct {
		const char *text, *url, *authority;
	} cases[] = {
		{ "router", "https://router", "router:443" },
		{ "Router.Example:8443", "https://router.example:8443",
		    "router.example:8443" },
		{ "https://r:443/", "https://r", "r:443" },
		{ "https://10.0.0.1:9/", "https://10.0.0.1:9", "10.0.0.1:9" },
		{ "[::1]:7", "https://[::1]:7", "[::1]:7" },
		{ "[::1]", "https://[::1]", "[::1]:443" },
		{ "http://router", NULL, NULL },
		{ "https://router/path", NULL, NULL },
		{ "router:0", NULL, NULL },
		{ "router:99999", NULL, NULL },
		{ "user:secret@router", NULL, NULL },
		{ "https://", NULL, NULL },
		{ "", NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		AUTO_STR char *url = NULL, *authority = NULL;
		int rc = router_url_parse(cases[i].text, &url, &authority, &e);
		if (cases[i].url == NULL) {
			assert_int_equal(rc, ERR_INVALID);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(url, cases[i].url);
		assert_string_equal(authority, cases[i].authority);
	}
}

/* ---- joining ---- */

static char *
make_token(const struct sign_kid *root)
{
	struct join_token t = { .secret = STR("0123456789abcdef0123"),
		.root_kid = *root };
	memset(t.ca_sha256, 'a', 64);
	AUTO_BUF struct buf text = BUF_INIT(1000);
	join_token_format(&t, &text);
	return buf_take(&text);
}

static int
join(const struct world *w, struct join_spec spec, struct err *e)
{
	AUTO(join_report_release) struct join_report r = { .id = NULL };
	spec.places = &w->places;
	return join_router(&spec, &r, e);
}

static void
joining_refuses_what_is_wrong_before_it_asks(void **at)
{
	struct world *w = *at;
	AUTO_STR char *token = make_token(&w->root_kid);
	const char *const bad_tags[] = { "A:b=c" };
	const char *const tags[] = { "app:role=web" };
	struct err e = { 0 };
	assert_int_equal(
	    join(w, (struct join_spec){ .router = "http://r", .token = token },
		&e),
	    ERR_INVALID);
	assert_int_equal(
	    join(w,
		(struct join_spec){ .router = "r", .token = "rl1.not-a-token" },
		&e),
	    ERR_SYNTAX);
	assert_null(strstr(e.text, "not-a-token"));
	assert_int_equal(join(w,
			     (struct join_spec){ .router = "r",
				 .token = token,
				 .tags = bad_tags,
				 .tags_len = 1 },
			     &e),
	    ERR_INVALID);
	assert_int_equal(
	    join(w,
		(struct join_spec){ .router = "r", .token = token, .name = "" },
		&e),
	    ERR_INVALID);
	/* Nobody listens on port 1; the key is made and kept. */
	assert_int_equal(join(w,
			     (struct join_spec){ .router = "127.0.0.1:1",
				 .token = token,
				 .proxy = "",
				 .tags = tags,
				 .tags_len = 1 },
			     &e),
	    ERR_NETWORK);
	assert_non_null(strstr(e.text, "router https://127.0.0.1:1"));
	AUTO_STR char *dir = identity_dir(&w->places);
	AUTO_STR char *key = path_join(dir, IDENTITY_KEY_FILE);
	assert_int_equal(access(key, F_OK), 0);
}

static void
joining_leaves_no_router_unasked(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	struct sign_public public;
	save(w, false);
	struct sign_kid before = kid_of(w);
	sign_key_public(w->authority, &public);
	struct sign_kid other = sign_kid_of(&public);
	AUTO_STR char *token = make_token(&other);
	struct join_spec spec = {
		.router = "127.0.0.1:1", .token = token, .proxy = ""
	};
	assert_int_equal(join(w, spec, &e), ERR_STATE);
	assert_non_null(strstr(e.text, "--leave"));
	/* The new router does not answer: the old identity stays whole. */
	spec.leave = true;
	assert_int_equal(join(w, spec, &e), ERR_NETWORK);
	struct sign_kid after = kid_of(w);
	assert_true(sign_kid_eq(&before, &after));
}

static void
pauses_grow_and_are_random(void **at)
{
	(void)at;
	struct backoff b = { .tries = 0 };
	int64_t most = 0;
	for (int i = 0; i < 200; i++) {
		int64_t pause = backoff_next(&b, 0);
		assert_true(pause >= BACKOFF_FIRST_MS);
		assert_true(pause <= BACKOFF_MAX_MS);
		if (i == 0)
			assert_true(pause <= 2 * BACKOFF_FIRST_MS);
		most = pause > most ? pause : most;
	}
	assert_true(most > 10000);
	int64_t asked = backoff_next(&b, 30000);
	assert_true(asked >= 30000 && asked <= 37500);
	backoff_reset(&b);
	assert_true(backoff_next(&b, 0) <= 2 * BACKOFF_FIRST_MS);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(what_was_joined_is_found_again),
		CASE(a_machine_that_moves_takes_a_new_key),
		CASE(a_damaged_identity_says_so),
		CASE(fabric_5_1_t5_trust_never_goes_back),
		CASE(an_assertion_is_for_this_router_and_short),
		CASE(routers_are_addressed_by_https),
		CASE(joining_refuses_what_is_wrong_before_it_asks),
		CASE(joining_leaves_no_router_unasked),
		CASE(pauses_grow_and_are_random),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
