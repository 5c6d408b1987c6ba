/* SPDX-License-Identifier: MIT */
/*
 * The router's bundle on a machine: the archives and the fetch process are
 * real, the router is played here, so that each of its answers can be wrong in
 * one way.
 */
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
#include "common/fsat.h"
#include "common/log.h"
#include "runner/bundle_archive.h"
#include "runner/bundle_init.h"
#include "runner/bundle_remote.h"

#define ARCHIVE_MAX_BYTES ((size_t)1 << 20)
#define TURN_MS 2000 /* for what must not happen; what happens ends it */

/* How the played router answers. */
struct answers {
	int self_status;     /* 0: 200 */
	int64_t lied_serial; /* beside the envelope; 0: the signed one */
	int archive_status;  /* 0: 200 or 206 */
	int64_t cut;         /* send only so many bytes; 0: all */
	bool ignore_range, longer;
};

struct world {
	char path[64];
	struct places places;
	struct loop *loop;
	struct bundle_remote *remote;
	struct sign_key *key, *stranger;
	struct buf archive; /* what is served */
	struct archive_info info;
	struct manifest m;
	const struct sign_key *signer;
	struct answers answers;
	/* what was asked and what came of it */
	int asked, downloads, taken;
	int64_t range_from, taken_serial;
	char *taken_dir;
	struct later *pending;
};

/* An answer comes from the loop, as of the real router. */
struct later {
	struct world *w;
	struct loop_watch *timer;
	struct port_call call;
};

static void
must(int rc, const struct err *e)
{
	if (rc < 0)
		fail_msg("%s", e->text);
}

static void
answer_self(struct world *w, const struct port_call *c)
{
	struct err e = { 0 };
	struct jsn *envelope = NULL;
	AUTO(jsn_free) struct jsn *reply = jsn_new_object();
	w->asked++;
	if (w->answers.self_status != 0) {
		c->done(0, w->answers.self_status, NULL, NULL, c->arg);
		return;
	}
	must(manifest_seal(&w->m, w->signer, &envelope, &e), &e);
	jsn_set_int(reply, "serial",
	    w->answers.lied_serial ? w->answers.lied_serial : w->m.serial);
	jsn_set(reply, "envelope", envelope);
	c->done(0, 200, reply, NULL, c->arg);
}

static void
answer_archive(struct world *w, const struct port_call *c)
{
	struct answers *a = &w->answers;
	int64_t from = a->ignore_range ? 0 : c->range_from;
	int64_t len = (int64_t)w->archive.len - from;
	w->downloads++;
	w->range_from = c->range_from;
	if (a->archive_status != 0) {
		c->done(0, a->archive_status, NULL, NULL, c->arg);
		return;
	}
	if (a->cut > 0 && a->cut < len)
		len = a->cut;
	for (int64_t i = 0; i < len; i += 100) {
		size_t n = len - i < 100 ? (size_t)(len - i) : 100;
		c->chunk((struct str){ w->archive.data + from + i, n }, c->arg);
	}
	if (a->longer)
		c->chunk(STR("more"), c->arg);
	bool ranged = c->range_from > 0 && !a->ignore_range;
	c->done(0, ranged ? 206 : 200, NULL, NULL, c->arg);
}

static void
on_later(void *arg)
{
	struct later *l = arg;
	struct world *w = l->w;
	w->pending = NULL;
	if (l->call.route == API_bundle_self)
		answer_self(w, &l->call);
	else
		answer_archive(w, &l->call);
	loop_unwatch(&l->timer);
	free(l);
}

static void
on_call(const struct port_call *c, void *arg)
{
	struct world *w = arg;
	struct later *l = xcalloc(1, sizeof(*l));
	assert_null(w->pending);
	l->w = w;
	l->call = *c;
	l->timer = loop_after(w->loop, 0, on_later, l);
	w->pending = l;
}

static int
judge(const struct envelope *v, struct trust_verdict *ret, void *arg,
    struct err *e)
{
	const struct world *w = arg;
	struct sign_public p;
	sign_key_public(w->key, &p);
	*ret = (struct trust_verdict){ .signer = TRUST_OPERATOR };
	return envelope_check(v, SIGN_DOMAIN_MANIFEST, &p, e);
}

static void
on_bundle(const char *dir, int64_t serial, void *arg)
{
	struct world *w = arg;
	w->taken++;
	w->taken_serial = serial;
	str_free(&w->taken_dir);
	w->taken_dir = xstrdup(dir);
	loop_stop(w->loop);
}

static void
open_remote(struct world *w, bool unsigned_too)
{
	struct err e = { 0 };
	struct bundle_remote_options o = { .loop = w->loop,
		.places = &w->places,
		.unsigned_too = unsigned_too,
		.arg = w,
		.call = on_call,
		.judge = judge,
		.on_bundle = on_bundle };
	must(bundle_remote_open(&o, &w->remote, &e), &e);
}

static void
close_remote(struct world *w)
{
	bundle_remote_close(&w->remote);
	if (w->pending == NULL)
		return;
	loop_unwatch(&w->pending->timer);
	free(w->pending);
	w->pending = NULL;
}

/* Another content of the bundle, as an archive that will be served. */
static void
make_archive(struct world *w, const char *mark, int64_t serial)
{
	struct err e = { 0 };
	AUTO_STR char *dir = path_join(w->path, "shop");
	AUTO_STR char *file = path_join(w->path, "a.tar.zst");
	AUTO_STR char *note = path_join(dir, "mark");
	if (access(dir, F_OK) < 0)
		must(bundle_init(dir, &e), &e);
	must(fsat_replace(AT_FDCWD, note, str_from(mark), 0644, 0, &e), &e);
	AUTO(build_result_release) struct build_result r = { .file = NULL };
	struct build_spec spec = {
		.places = &w->places, .dir = dir, .file = file
	};
	must(bundle_build(&spec, &r, &e), &e);
	buf_reset(&w->archive);
	must(fsat_read(AT_FDCWD, file, ARCHIVE_MAX_BYTES, &w->archive, &e), &e);
	w->info = r.info;
	w->m = (struct manifest){ .name = "shop",
		.version = "0.1.0",
		.sha256 = w->info.sha256,
		.bytes = w->info.bytes,
		.files = w->info.files,
		.serial = serial,
		.issued_at = 1 };
	w->signer = w->key;
	w->answers = (struct answers){ .self_status = 0 };
}

static void
on_time(void *arg)
{
	struct world *w = arg;
	loop_stop(w->loop);
}

/* Until a bundle is taken, or for this long. */
static void
run(struct world *w, int64_t ms)
{
	struct err e = { 0 };
	struct loop_watch *t = loop_after(w->loop, ms, on_time, w);
	must(loop_run(w->loop, &e), &e);
	loop_unwatch(&t);
}

static void
take(struct world *w)
{
	int before = w->taken;
	bundle_remote_want(w->remote, w->m.serial);
	run(w, 20000);
	assert_int_equal(w->taken, before + 1);
	assert_int_equal(w->taken_serial, w->m.serial);
}

static void
assert_mark(const struct world *w, const char *want)
{
	struct err e = { 0 };
	const char *dir = NULL;
	int64_t serial = 0;
	AUTO_BUF struct buf text = BUF_INIT(1000);
	assert_int_equal(bundle_remote_current(w->remote, &dir, &serial), 1);
	AUTO_STR char *path = path_join(dir, "mark");
	must(fsat_read(AT_FDCWD, path, 1000, &text, &e), &e);
	assert_string_equal(buf_text(&text), want);
}

/* For a while, in which nothing may be taken. */
static void
not_taken(struct world *w)
{
	int before = w->taken;
	bundle_remote_want(w->remote, w->m.serial);
	run(w, TURN_MS / 4);
	assert_int_equal(w->taken, before);
}

static int
set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	log_set_level(LOG_LEVEL_ERROR);
	memcpy(w->path, "/tmp/rl-remote-XXXXXX", 22);
	if (mkdtemp(w->path) == NULL)
		return -1;
	AUTO_STR char *state_dir = path_join(w->path, "state");
	must(places_find(state_dir, NULL, &w->places, &e), &e);
	must(places_prepare(&w->places, &e), &e);
	must(sign_key_new(&w->key, &e), &e);
	must(sign_key_new(&w->stranger, &e), &e);
	w->loop = loop_new();
	w->archive = BUF_INIT(ARCHIVE_MAX_BYTES);
	open_remote(w, false);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	close_remote(w);
	loop_free(&w->loop);
	sign_key_free(&w->key);
	sign_key_free(&w->stranger);
	buf_release(&w->archive);
	places_release(&w->places);
	str_free(&w->taken_dir);
	must(fsat_remove_tree(AT_FDCWD, w->path, &e), &e);
	free(w);
	return 0;
}

static void
a_signed_bundle_is_taken_and_outlives_the_process(void **state)
{
	struct world *w = *state;
	const char *dir = NULL;
	int64_t serial = 0;
	assert_int_equal(bundle_remote_current(w->remote, &dir, &serial), 0);
	make_archive(w, "one", 5);
	take(w);
	assert_mark(w, "one");
	/* What is here is not asked for. */
	not_taken(w);
	assert_int_equal(w->asked, 1);
	close_remote(w);
	open_remote(w, false);
	assert_int_equal(bundle_remote_current(w->remote, &dir, &serial), 1);
	assert_int_equal(serial, 5);
	assert_string_equal(dir, w->taken_dir);
	assert_mark(w, "one");
}

static void
old_content_needs_no_second_download(void **state)
{
	struct world *w = *state;
	make_archive(w, "one", 5);
	take(w);
	make_archive(w, "two", 6);
	take(w);
	assert_int_equal(w->downloads, 2);
	make_archive(w, "one", 7);
	take(w);
	assert_int_equal(w->downloads, 2);
	assert_mark(w, "one");
}

static void
a_download_goes_on_where_it_was_cut(void **state)
{
	struct world *w = *state;
	make_archive(w, "one", 5);
	w->answers.cut = 300;
	bundle_remote_want(w->remote, 5);
	run(w, TURN_MS / 10);
	assert_int_equal(w->taken, 0);
	assert_int_equal(w->range_from, 0);
	/* The process ends here, and another one goes on. */
	close_remote(w);
	open_remote(w, false);
	w->answers.cut = 0;
	take(w);
	assert_int_equal(w->range_from, 300);
	assert_mark(w, "one");
}

static void
an_archive_that_is_whole_is_not_asked_for(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	make_archive(w, "one", 5);
	AUTO_STR char *part = xasprintf(
	    "%s/%s/.%s.part", w->places.state, BUNDLES_DIR, w->info.sha256);
	struct str text = { w->archive.data, w->archive.len };
	must(fsat_replace(AT_FDCWD, part, text, 0600, 0, &e), &e);
	take(w);
	assert_int_equal(w->downloads, 0);
	assert_int_equal(access(part, F_OK), -1);
}

/* A part of something else: its bytes are found out and given up. */
static void
a_wrong_beginning_is_given_up(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	make_archive(w, "one", 5);
	AUTO_STR char *part = xasprintf(
	    "%s/%s/.%s.part", w->places.state, BUNDLES_DIR, w->info.sha256);
	must(
	    fsat_replace(AT_FDCWD, part, STR("not the beginning"), 0600, 0, &e),
	    &e);
	take(w);
	assert_int_equal(w->downloads, 2);
	assert_int_equal(w->range_from, 0);
	assert_mark(w, "one");
}

/* Its answer is appended to what was there, which is found out. */
static void
a_router_without_ranges_sends_it_all_again(void **state)
{
	struct world *w = *state;
	make_archive(w, "one", 5);
	w->answers.cut = 300;
	bundle_remote_want(w->remote, 5);
	run(w, TURN_MS / 10);
	close_remote(w);
	open_remote(w, false);
	w->answers = (struct answers){ .ignore_range = true };
	take(w);
	assert_int_equal(w->downloads, 3);
	assert_int_equal(w->range_from, 0);
	assert_mark(w, "one");
}

static void
answers_that_are_wrong_change_nothing(void **state)
{
	struct world *w = *state;
	make_archive(w, "good", 5);
	take(w);
	static const struct answers wrong[] = {
		{ .self_status = 503 },
		{ .self_status = 404 },
		{ .lied_serial = 99 },
		{ .archive_status = 404 },
		{ .archive_status = 500 },
		{ .longer = true },
		{ .cut = 10 },
	};
	int64_t serial = 10;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		make_archive(w, "other", serial++);
		w->answers = wrong[i];
		not_taken(w);
		assert_mark(w, "good");
		/* From anew, so that no pause is waited for. */
		close_remote(w);
		open_remote(w, false);
	}
	make_archive(w, "other", serial);
	take(w);
	assert_mark(w, "other");
}

static void
manifests_that_are_wrong_change_nothing(void **state)
{
	struct world *w = *state;
	make_archive(w, "good", 50);
	take(w);
	for (int i = 0; i < 6; i++) {
		make_archive(w, "other", 60 + i);
		char other[65];
		memset(other, 'a', 64);
		other[64] = '\0';
		if (i == 0)
			w->signer = w->stranger;
		else if (i == 1)
			w->m.serial = 49; /* back */
		else if (i == 2)
			w->m.files++;
		else if (i == 3)
			w->m.name = "another"; /* than is in the archive */
		else if (i == 4)
			w->m.sha256 = other;
		else
			w->m.bytes--;
		not_taken(w);
		assert_mark(w, "good");
		close_remote(w);
		open_remote(w, false);
	}
}

static void
a_newer_trust_bundle_is_asked_at_once(void **state)
{
	struct world *w = *state;
	make_archive(w, "one", 5);
	w->signer = w->stranger;
	not_taken(w);
	/* Now it is the stranger who may sign. */
	struct sign_key *key = w->key;
	w->key = w->stranger;
	w->stranger = key;
	bundle_remote_trust_changed(w->remote);
	run(w, 20000);
	assert_int_equal(w->taken, 1);
}

static void
without_a_demand_any_signature_will_do(void **state)
{
	struct world *w = *state;
	close_remote(w);
	open_remote(w, true);
	make_archive(w, "one", 5);
	w->signer = w->stranger;
	take(w);
	assert_mark(w, "one");
	/* The serial counts all the same. */
	make_archive(w, "two", 4);
	not_taken(w);
}

static void
litter_of_a_crash_is_cleared_and_a_lost_bundle_is_fetched(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	make_archive(w, "one", 5);
	take(w);
	AUTO_STR char *top = path_join(w->places.state, BUNDLES_DIR);
	AUTO_STR char *litter = path_join(top, ".unpack-x/y");
	AUTO_STR char *unnamed = path_join(top, "shop-99");
	must(fsat_mkdir_all(AT_FDCWD, litter, 0755, &e), &e);
	must(fsat_mkdir_all(AT_FDCWD, unnamed, 0755, &e), &e);
	close_remote(w);
	must(fsat_remove_tree(AT_FDCWD, w->taken_dir, &e), &e);
	open_remote(w, false);
	assert_int_equal(access(litter, F_OK), -1);
	assert_int_equal(access(unnamed, F_OK), -1);
	const char *dir = NULL;
	int64_t serial = 0;
	assert_int_equal(bundle_remote_current(w->remote, &dir, &serial), 0);
	take(w);
	assert_mark(w, "one");
	/* A record that cannot be read counts as none. */
	AUTO_STR char *record = path_join(top, "current.json");
	close_remote(w);
	must(fsat_replace(AT_FDCWD, record, STR("{"), 0600, 0, &e), &e);
	open_remote(w, false);
	take(w);
	assert_mark(w, "one");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_signed_bundle_is_taken_and_outlives_the_process),
		TEST(old_content_needs_no_second_download),
		TEST(a_download_goes_on_where_it_was_cut),
		TEST(an_archive_that_is_whole_is_not_asked_for),
		TEST(a_wrong_beginning_is_given_up),
		TEST(a_router_without_ranges_sends_it_all_again),
		TEST(answers_that_are_wrong_change_nothing),
		TEST(manifests_that_are_wrong_change_nothing),
		TEST(a_newer_trust_bundle_is_asked_at_once),
		TEST(without_a_demand_any_signature_will_do),
		TEST(litter_of_a_crash_is_cleared_and_a_lost_bundle_is_fetched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
