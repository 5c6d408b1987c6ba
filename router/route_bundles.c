/* SPDX-License-Identifier: MIT */
/*
 * Bundles: manifests signed by an operator, one newer than the other. What is
 * served was signed for just this purpose by a key that the trust bundle names
 * for bundles; the agents look at it again.
 */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/log.h"
#include "router/artefacts.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store_jobs.h"
#include "wire/manifest.h"

static void
reply_bundle(struct exchange *x, const struct store_bundle *b)
{
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *envelope = NULL;
	AUTO_STR char *tag = xasprintf("\"%lld\"", (long long)b->serial);
	const char *known = exchange_header(x, "if-none-match");
	exchange_set_header(x, "ETag", tag);
	if (text_eq(known, tag)) {
		exchange_reply_empty(x, 304);
		return;
	}
	if (jsn_parse(str_from(b->envelope), "stored bundle",
		API_BODY_MAX_BYTES, &envelope, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object();
	jsn_set_int(v, "serial", b->serial);
	jsn_set(v, "envelope", TAKE(envelope));
	exchange_reply_json(x, 200, v);
}

void
route_bundle_self(struct exchange *x)
{
	struct store *s = exchange_router(x)->store;
	int thread = exchange_thread(x);
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_instance_status status;
	struct store_bundle b;
	struct err e = { 0 };
	int rc = store_instance_status(
	    s, thread, a, exchange_caller(x)->id, &status, &e);
	if (rc == 0 && status.bundle == NULL)
		rc = err_set(&e, ERR_ABSENT,
		    "this instance has no bundle; an operator gives it one: "
		    "rightlink nodes bundle NODE NAME");
	if (rc == 0)
		rc = store_bundle_find(s, thread, a, status.bundle, &b, &e);
	if (rc < 0)
		exchange_reply_err(x, &e);
	else
		reply_bundle(x, &b);
}

/* The envelope without what else the body may hold, as text. */
static const char *
envelope_text(struct arena *a, const struct jsn *body)
{
	AUTO(jsn_free) struct jsn *v = jsn_new_object();
	AUTO_BUF struct buf text = BUF_INIT(API_BODY_MAX_BYTES * 2);
	jsn_set(v, "payload", jsn_ref(jsn_get(body, "payload")));
	jsn_set(v, "sigs", jsn_ref(jsn_get(body, "sigs")));
	jsn_format(v, JSN_PLAIN, &text);
	return arena_strndup(a, buf_text(&text), text.len);
}

/* Reads the manifest and looks who signed it. */
static int
read_push(struct exchange *x, struct arena *a, struct manifest *m,
    struct trust_verdict *verdict, struct err *e)
{
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	int rc = envelope_parse(exchange_json(x), "body", &v, e);
	if (rc == 0)
		rc = manifest_parse(
		    a, (struct str){ v.payload.data, v.payload.len }, m, e);
	if (rc == 0 && !text_eq(m->name, exchange_var(x, 0)))
		rc = err_set(e, ERR_INVALID,
		    "the manifest is of bundle '%s', the path of '%.100s'",
		    m->name, exchange_var(x, 0));
	if (rc == 0)
		rc = trust_check(router_trust(exchange_router(x))->trust, &v,
		    SIGN_DOMAIN_MANIFEST, "bundle", clock_now_ms(), verdict, e);
	return rc;
}

/* ERR_INVALID: the archive is not here, or of another size. */
static int
check_archive(struct exchange *x, const struct manifest *m, struct err *e)
{
	int64_t bytes = 0;
	int rc = store_artefact_find(exchange_router(x)->store,
	    exchange_thread(x), m->sha256, &bytes, e);
	if (rc == ERR_ABSENT ||
	    (rc == 0 && artefact_size(exchange_router(x), m->sha256) != bytes))
		return err_set(e, ERR_INVALID,
		    "the archive %s is not here: send it first", m->sha256);
	if (rc == 0 && bytes != m->bytes)
		return err_set(e, ERR_INVALID,
		    "the archive has %lld bytes, the manifest says %lld",
		    (long long)bytes, (long long)m->bytes);
	return rc;
}

static void
pushed(struct store_job *job)
{
	struct exchange *x = job->arg;
	const struct store_bundle_put *j = &job->bundle_put;
	if (job->rc < 0) {
		exchange_reply_err(x, &job->err);
	} else {
		for (size_t i = 0; i < j->dropped_len; i++)
			artefact_remove(exchange_router(x), j->dropped[i]);
		struct jsn *v = jsn_new_object();
		jsn_set_int(v, "serial", j->bundle.serial);
		exchange_reply_json(x, 200, v);
	}
	store_job_free(&job);
}

void
route_bundle_push(struct exchange *x)
{
	struct router *r = exchange_router(x);
	struct store_job *job =
	    store_job_new(STORE_bundle_put, exchange_thread(x), pushed, x);
	struct manifest m;
	struct trust_verdict verdict;
	struct err e = { 0 };
	int rc = read_push(x, job->a, &m, &verdict, &e);
	if (rc == ERR_DIGEST) {
		/* The token is good; it is the signature that is not. */
		exchange_reply_error(x, 403, "manifest: %s", e.text);
		store_job_free(&job);
		return;
	}
	if (rc == 0)
		rc = check_archive(x, &m, &e);
	if (rc == 0)
		rc = store_check_space(r->store, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		store_job_free(&job);
		return;
	}
	log_event(LOG_LEVEL_INFO, "bundle_pushed", LOG_STR("name", m.name),
	    LOG_INT("serial", m.serial), LOG_STR("signer", verdict.name));
	job->bundle_put.bundle = (struct store_bundle){ .name = m.name,
		.version = m.version,
		.sha256 = m.sha256,
		.envelope = envelope_text(job->a, exchange_json(x)),
		.serial = m.serial,
		.bytes = m.bytes,
		.pushed_at = clock_now_ms() };
	store_submit(r->store, job);
}

void
route_bundle_list(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_bundle_list l;
	struct err e = { 0 };
	if (store_bundle_list(
		exchange_router(x)->store, exchange_thread(x), a, &l, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object(), *list = jsn_new_array();
	for (size_t i = 0; i < l.len; i++) {
		const struct store_bundle *b = &l.items[i];
		struct jsn *o = jsn_new_object();
		jsn_set_str(o, "name", b->name);
		if (b->version != NULL)
			jsn_set_str(o, "version", b->version);
		jsn_set_int(o, "serial", b->serial);
		jsn_set_str(o, "sha256", b->sha256);
		jsn_set_int(o, "bytes", b->bytes);
		jsn_set_int(o, "pushed_at", b->pushed_at);
		jsn_push(list, o);
	}
	jsn_set(v, "bundles", list);
	exchange_reply_json(x, 200, v);
}
