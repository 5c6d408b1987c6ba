/* SPDX-License-Identifier: MIT */
/* Archives and bundles at the router: what is accepted from whom, what an
 * instance gets, ranges, old pushes. */
#include "tests/unit/router_world.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "router/artefacts.h"
#include "router/tokens.h"
#include "wire/envelope.h"
#include "wire/manifest.h"

#define ARCHIVE "not really an archive, but the router does not look inside"

static const char *
token_of(const struct world *w)
{
	return buf_text(&w->operator_token);
}

/* PUT of an archive; returns the status. */
static int
put_archive(struct world *w, const char *sha256, const char *text)
{
	AUTO_STR char *path = xasprintf("/v1/artefacts/sha256/%s", sha256);
	return call(w, "PUT", path, token_of(w), text);
}

static struct digest_text
digest_text_of(const char *text)
{
	return digest_of(DIGEST_SHA256, str_from(text));
}

static struct sign_key *
operator_key(const struct world *w)
{
	struct err e = { 0 };
	struct sign_key *k = NULL;
	AUTO_STR char *dir = path_dirname(w->made.context_path);
	AUTO_STR char *path = path_join(dir, "key.pem");
	must(sign_key_load(AT_FDCWD, path, &k, &e), &e);
	return k;
}

/* The body of a push: a manifest signed by k. */
static char *
sealed(const struct manifest *m, const struct sign_key *k, const char *domain)
{
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *v = NULL;
	AUTO_BUF struct buf payload = BUF_INIT(65536), text = BUF_INIT(65536);
	manifest_format(m, &payload);
	must(envelope_seal((struct str){ payload.data, payload.len }, domain, k,
		 NULL, &v, &e),
	    &e);
	jsn_format(v, JSN_PLAIN, &text);
	return buf_take(&text);
}

static struct manifest
manifest_of(const struct digest_text *d, int64_t serial)
{
	return (struct manifest){ .name = "shop",
		.version = "1.2",
		.sha256 = d->hex,
		.serial = serial,
		.bytes = sizeof(ARCHIVE) - 1,
		.files = 3,
		.issued_at = 5 };
}

static int
push(struct world *w, const struct manifest *m, const struct sign_key *k)
{
	AUTO_STR char *path = xasprintf("/v1/bundles/%s", m->name);
	AUTO_STR char *body = sealed(m, k, SIGN_DOMAIN_MANIFEST);
	return call(w, "PUT", path, token_of(w), body);
}

/* An instance whose bundle is `bundle`, with an access token. */
static void
join(struct world *w, struct agent *a, const char *bundle)
{
	struct join_token t;
	struct err e = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(1024);
	struct enroll_token_spec spec = { .bundle = bundle };
	struct store_job *job =
	    store_job_new(STORE_enroll_token_make, 0, NULL, NULL);
	must(
	    enroll_token_fill(w->r, &spec, clock_now_ms(), job, &text, &e), &e);
	must(store_do(w->r->store, job), &job->err);
	store_job_free(&job);
	must(join_token_parse(str_from(buf_text(&text)), &t, &e), &e);
	AUTO_STR char *secret = xstrndup(t.secret.data, t.secret.len);
	agent_new(a);
	assert_int_equal(enroll(w, a, secret, ""), 201);
	struct assertion s = { .exp_in_s = 0 };
	assert_int_equal(ask_token(w, a, &s), 200);
}

static void
an_archive_is_kept_under_its_digest(void **state)
{
	struct world *w = *state;
	struct digest_text d = digest_text_of(ARCHIVE);
	AUTO_STR char *path = xasprintf("/v1/artefacts/sha256/%s", d.hex);
	assert_int_equal(call(w, "HEAD", path, token_of(w), NULL), 404);
	assert_int_equal(put_archive(w, d.hex, ARCHIVE), 201);
	assert_int_equal(
	    jsn_peek_int(w->json, "bytes", 0), sizeof(ARCHIVE) - 1);
	assert_int_equal(put_archive(w, d.hex, ARCHIVE), 200);
	assert_int_equal(call(w, "HEAD", path, token_of(w), NULL), 200);
	AUTO_STR char *length = http_header(&w->head, "content-length");
	assert_int_equal(strtol(length, NULL, 10), sizeof(ARCHIVE) - 1);
	assert_int_equal(call(w, "GET", path, token_of(w), NULL), 200);
	assert_string_equal(buf_text(&w->body), ARCHIVE);
	AUTO_STR char *file =
	    xasprintf("%s/%s/%s", w->data, ROUTER_ARTEFACTS_DIR, d.hex);
	struct stat st;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Wrong digest, no digest, not here, nobody. */
	struct digest_text other = digest_text_of("other");
	assert_int_equal(put_archive(w, other.hex, ARCHIVE), 422);
	assert_non_null(strstr(error_text(w), d.hex));
	assert_int_equal(put_archive(w, "..%2F..%2Fcore.db", ARCHIVE), 422);
	AUTO_STR char *absent = xasprintf("/v1/artefacts/sha256/%s", other.hex);
	assert_int_equal(call(w, "GET", absent, token_of(w), NULL), 404);
	assert_int_equal(
	    call(w, "GET", "/v1/artefacts/sha256/..%2Fx", token_of(w), NULL),
	    404);
	assert_int_equal(call(w, "GET", path, NULL, NULL), 401);
}

static void
a_damaged_file_is_told_and_mended_by_another_put(void **state)
{
	struct world *w = *state;
	struct digest_text d = digest_text_of(ARCHIVE);
	AUTO(sign_key_free) struct sign_key *k = operator_key(w);
	struct manifest m = manifest_of(&d, 1);
	AUTO_STR char *path = xasprintf("/v1/artefacts/sha256/%s", d.hex);
	AUTO_STR char *file =
	    xasprintf("%s/%s/%s", w->data, ROUTER_ARTEFACTS_DIR, d.hex);
	assert_int_equal(put_archive(w, d.hex, ARCHIVE), 201);
	assert_int_equal(truncate(file, 3), 0);
	assert_int_equal(call(w, "HEAD", path, token_of(w), NULL), 404);
	assert_int_equal(call(w, "GET", path, token_of(w), NULL), 500);
	assert_int_equal(push(w, &m, k), 422);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(call(w, "GET", path, token_of(w), NULL), 500);
	assert_int_equal(put_archive(w, d.hex, ARCHIVE), 200);
	assert_int_equal(call(w, "GET", path, token_of(w), NULL), 200);
	assert_string_equal(buf_text(&w->body), ARCHIVE);
	assert_int_equal(push(w, &m, k), 200);
}

static int
get_range(struct world *w, const char *path, const char *range)
{
	struct err e = { 0 };
	AUTO_STR char *url =
	    xasprintf("https://localhost:%d%s", httpd_port(w->r->httpd), path);
	AUTO_STR char *bearer =
	    xasprintf("Authorization: Bearer %s", token_of(w));
	AUTO_STR char *header = xasprintf("Range: %s", range);
	const char *headers[] = { bearer, header, NULL };
	struct http_request q = { .url = url,
		.headers = headers,
		.body_buf = &w->body,
		.ca_file = w->ca,
		.proxy = "" };
	buf_reset(&w->body);
	http_response_release(&w->head);
	must(http_perform(&q, &w->head, &e), &e);
	return w->head.status;
}

static void
ranges_are_honoured(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *range;
		int status;
		const char *body, *content_range;
	} rows[] = {
		{ "bytes=0-2", 206, "012", "bytes 0-2/10" },
		{ "bytes=7-", 206, "789", "bytes 7-9/10" },
		{ "bytes=-4", 206, "6789", "bytes 6-9/10" },
		{ "bytes=-99", 206, "0123456789", "bytes 0-9/10" },
		{ "bytes=9-99", 206, "9", "bytes 9-9/10" },
		{ "bytes=10-", 416, NULL, "bytes */10" },
		{ "bytes=99-100", 416, NULL, "bytes */10" },
		{ "bytes=-0", 416, NULL, "bytes */10" },
		{ "bytes=0-1,3-4", 200, "0123456789", NULL },
		{ "bytes=5-2", 200, "0123456789", NULL },
		{ "bytes=x-y", 200, "0123456789", NULL },
		{ "bytes=", 200, "0123456789", NULL },
		{ "lines=0-1", 200, "0123456789", NULL },
	};
	struct digest_text d = digest_text_of("0123456789");
	AUTO_STR char *path = xasprintf("/v1/artefacts/sha256/%s", d.hex);
	assert_int_equal(put_archive(w, d.hex, "0123456789"), 201);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(
		    get_range(w, path, rows[i].range), rows[i].status);
		if (rows[i].body != NULL)
			assert_string_equal(buf_text(&w->body), rows[i].body);
		AUTO_STR char *said = http_header(&w->head, "content-range");
		if (rows[i].content_range == NULL)
			assert_null(said);
		else
			assert_string_equal(said, rows[i].content_range);
	}
}

static void
a_push_needs_archive_signature_name_and_a_rising_serial(void **state)
{
	struct world *w = *state;
	struct digest_text d = digest_text_of(ARCHIVE);
	struct manifest m = manifest_of(&d, 5);
	AUTO(sign_key_free) struct sign_key *k = operator_key(w);
	AUTO(sign_key_free) struct sign_key *stranger = NULL;
	struct err e = { 0 };
	must(sign_key_new(&stranger, &e), &e);
	assert_int_equal(push(w, &m, k), 422);
	assert_non_null(strstr(error_text(w), "send it first"));
	assert_int_equal(put_archive(w, d.hex, ARCHIVE), 201);
	assert_int_equal(push(w, &m, stranger), 403);
	assert_int_equal(push(w, &m, w->r->authority_key), 403);
	AUTO_STR char *command = sealed(&m, k, SIGN_DOMAIN_COMMAND);
	assert_int_equal(
	    call(w, "PUT", "/v1/bundles/shop", token_of(w), command), 403);
	AUTO_STR char *good = sealed(&m, k, SIGN_DOMAIN_MANIFEST);
	assert_int_equal(
	    call(w, "PUT", "/v1/bundles/other", token_of(w), good), 422);
	struct manifest wrong = m;
	wrong.bytes++;
	assert_int_equal(push(w, &wrong, k), 422);
	assert_int_equal(push(w, &m, k), 200);
	assert_int_equal(jsn_peek_int(w->json, "serial", 0), 5);
	/* The same once more, another of this serial, an older one. */
	assert_int_equal(push(w, &m, k), 200);
	m.version = "1.3";
	assert_int_equal(push(w, &m, k), 409);
	m.serial = 4;
	assert_int_equal(push(w, &m, k), 409);
	m.serial = 6;
	assert_int_equal(push(w, &m, k), 200);
	assert_int_equal(call(w, "GET", "/v1/bundles", token_of(w), NULL), 200);
	const struct jsn *list = jsn_get(w->json, "bundles");
	assert_int_equal(jsn_len(list), 1);
	assert_int_equal(jsn_peek_int(jsn_at(list, 0), "serial", 0), 6);
	assert_string_equal(
	    jsn_peek_str(jsn_at(list, 0), "version", ""), "1.3");
}

static void
bodies_of_another_form_are_refused(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{}", 422 },
		{ "{\"payload\":\"e30=\",\"sigs\":[]}", 422 },
		{ "{\"payload\":\"!\",\"sigs\":[{\"kid\":"
		  "\"21fe31dfa154a261626bf854046fd227\",\"alg\":\"ed25519\","
		  "\"sig\":\"\"}]}",
		    422 },
		{ "not json", 400 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(call(w, "PUT", "/v1/bundles/shop", token_of(w),
				     rows[i].body),
		    rows[i].status);
}

static void
an_instance_gets_its_bundle_and_nobody_elses(void **state)
{
	struct world *w = *state;
	struct digest_text d = digest_text_of(ARCHIVE);
	struct digest_text secret = digest_text_of("another's archive");
	AUTO_STR char *path = xasprintf("/v1/artefacts/sha256/%s", d.hex);
	AUTO_STR char *foreign =
	    xasprintf("/v1/artefacts/sha256/%s", secret.hex);
	struct manifest m = manifest_of(&d, 5);
	AUTO(sign_key_free) struct sign_key *k = operator_key(w);
	struct agent shop, none;
	join(w, &shop, "shop");
	join(w, &none, NULL);
	const char *own = buf_text(&shop.access);
	assert_int_equal(call(w, "GET", "/v1/bundles/self", own, NULL), 404);
	assert_int_equal(put_archive(w, d.hex, ARCHIVE), 201);
	assert_int_equal(put_archive(w, secret.hex, "another's archive"), 201);
	assert_int_equal(push(w, &m, k), 200);
	assert_int_equal(call(w, "GET", "/v1/bundles/self", own, NULL), 200);
	assert_int_equal(jsn_peek_int(w->json, "serial", 0), 5);
	struct err e = { 0 };
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	must(envelope_parse(jsn_get(w->json, "envelope"), "t", &v, &e), &e);
	struct trust_verdict verdict;
	must(trust_check(router_trust(w->r)->trust, &v, SIGN_DOMAIN_MANIFEST,
		 "bundle", clock_now_ms(), &verdict, &e),
	    &e);
	assert_string_equal(verdict.name, "admin");
	assert_int_equal(call(w, "GET", path, own, NULL), 200);
	assert_string_equal(buf_text(&w->body), ARCHIVE);
	assert_int_equal(call(w, "GET", foreign, own, NULL), 404);
	const char *other = buf_text(&none.access);
	assert_int_equal(call(w, "GET", path, other, NULL), 404);
	assert_int_equal(call(w, "GET", "/v1/bundles/self", other, NULL), 404);
	assert_non_null(strstr(error_text(w), "has no bundle"));
	/* What is an operator's is no instance's. */
	assert_int_equal(call(w, "PUT", path, own, ARCHIVE), 403);
	assert_int_equal(call(w, "GET", "/v1/bundles", own, NULL), 403);
	agent_free(&shop);
	agent_free(&none);
}

/* Archives of old pushes go, after the day that a fresh one may wait. */
static void
old_pushes_and_their_archives_are_dropped(void **state)
{
	struct world *w = *state;
	AUTO(sign_key_free) struct sign_key *k = operator_key(w);
	struct err e = { 0 };
	for (int i = 1; i <= STORE_BUNDLES_KEPT + 3; i++) {
		AUTO_STR char *text = xasprintf("archive %02d", i);
		struct digest_text d = digest_text_of(text);
		struct manifest m = manifest_of(&d, i);
		m.bytes = (int64_t)strlen(text);
		assert_int_equal(put_archive(w, d.hex, text), 201);
		/* It was sent two days ago. */
		struct store_job *job =
		    store_job_new(STORE_artefact_put, 0, NULL, NULL);
		job->artefact_put = (struct store_artefact_put){
			.sha256 = arena_strdup(job->a, d.hex),
			.bytes = m.bytes,
			.now = clock_now_ms() - (int64_t)48 * 3600 * 1000
		};
		must(store_do(w->r->store, job), &job->err);
		store_job_free(&job);
		assert_int_equal(push(w, &m, k), 200);
	}
	for (int i = 1; i <= STORE_BUNDLES_KEPT + 3; i++) {
		AUTO_STR char *text = xasprintf("archive %02d", i);
		struct digest_text d = digest_text_of(text);
		int64_t bytes = 0;
		int rc = store_artefact_find(w->r->store, 0, d.hex, &bytes, &e);
		assert_int_equal(rc, i <= 3 ? ERR_ABSENT : 0);
		assert_int_equal(artefact_size(w->r, d.hex) < 0, i <= 3);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_archive_is_kept_under_its_digest),
		TEST(a_damaged_file_is_told_and_mended_by_another_put),
		TEST(ranges_are_honoured),
		TEST(a_push_needs_archive_signature_name_and_a_rising_serial),
		TEST(bodies_of_another_form_are_refused),
		TEST(an_instance_gets_its_bundle_and_nobody_elses),
		TEST(old_pushes_and_their_archives_are_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
