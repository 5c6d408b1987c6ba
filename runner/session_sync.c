/* SPDX-License-Identifier: MIT */
/*
 * What the router has and this machine has not yet: a newer trust bundle,
 * another bundle, other tags. The answers to polls name the versions; each is
 * fetched by a call of its own, again after a pause when that fails.
 */
#include "common/auto.h"
#include "common/log.h"
#include "runner/session_priv.h"

#define SYNC_TIMEOUT_MS 60000

void
session_sync_failed(struct session *s, const char *what, int status,
    const struct jsn *reply, const struct err *e)
{
	int64_t pause = backoff_next(&s->sync_backoff, 0);
	log_event(LOG_LEVEL_WARN, "not_in_step", LOG_STR("what", what),
	    LOG_INT("status", status),
	    LOG_STR("text", e != NULL ? e->text : session_complaint(reply)),
	    LOG_INT("again_ms", pause));
	loop_set(s->sync, pause);
}

static bool
wants_trust(const struct session *s)
{
	return s->trust_named > trust_version(s->o.identity->trust) &&
	       s->trust_named != s->trust_refused;
}

void
session_sync_check(struct session *s)
{
	if (s->synced || !s->greeted || s->tags_busy || wants_trust(s) ||
	    journal_tags_version(s->o.journal) < 0)
		return;
	s->synced = true;
	s->o.on_synced(s->o.arg);
}

static void
on_trust(
    int rc, int status, const struct jsn *reply, const struct err *e, void *arg)
{
	struct session *s = arg;
	struct err bad = { 0 };
	s->trust_busy = false;
	if (rc == 0 && status == 200)
		rc = wire_shape_check(
		    &wire_routes[API_trust].reply, reply, "trust", &bad);
	if (rc < 0 || status != 200) {
		session_sync_failed(s, "trust", status, reply,
		    rc < 0 ? (e != NULL ? e : &bad) : NULL);
		return;
	}
	rc = identity_use_trust(s->o.identity, jsn_get(reply, "trust"), &bad);
	if (rc > 0)
		log_event(LOG_LEVEL_INFO, "trust_taken",
		    LOG_INT("version", trust_version(s->o.identity->trust)));
	if (rc > 0 && s->o.on_trust != NULL)
		s->o.on_trust(s->o.arg);
	if (rc == 0 && wants_trust(s))
		rc = err_set(&bad, ERR_PROTOCOL,
		    "the router names version %lld and gives %lld",
		    (long long)s->trust_named,
		    (long long)jsn_peek_int(reply, "version", 0));
	if (rc < 0) {
		/* Not ours to believe; only the next version is asked for. */
		s->trust_refused = s->trust_named;
		log_event(LOG_LEVEL_ERROR, "trust_refused",
		    LOG_INT("version", s->trust_named),
		    LOG_STR("text", bad.text));
	}
	backoff_reset(&s->sync_backoff);
	session_sync_check(s);
}

static void
sync_trust(struct session *s)
{
	if (s->trust_busy || !wants_trust(s))
		return;
	s->trust_busy = true;
	struct port_call q = { .route = API_trust,
		.timeout_ms = SYNC_TIMEOUT_MS,
		.done = on_trust,
		.arg = s };
	session_call(s, &q);
}

void
session_sync(struct session *s)
{
	if (!s->greeted || s->stopped)
		return;
	sync_trust(s);
	session_tags_sync(s);
	if (s->bundle_named != 0 && s->bundle_named != s->bundle_serial &&
	    s->o.on_bundle != NULL)
		s->o.on_bundle(s->bundle_named, s->o.arg);
	session_sync_check(s);
}
