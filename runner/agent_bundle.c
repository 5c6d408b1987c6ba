/* SPDX-License-Identifier: MIT */
/* The router's bundle in the agent: what is here, what comes. */
#include "common/log.h"
#include "runner/agent_priv.h"
#include "runner/settings.h"

static void
call(const struct port_call *c, void *arg)
{
	struct agent *a = arg;
	session_call(a->session, c);
}

static int
judge(const struct envelope *v, struct trust_verdict *ret, void *arg,
    struct err *e)
{
	const struct agent *a = arg;
	return trust_check(a->identity->trust, v, SIGN_DOMAIN_MANIFEST,
	    "bundle", session_now_ms(a->session), ret, e);
}

static void
on_bundle(const char *dir, int64_t serial, void *arg)
{
	struct agent *a = arg;
	struct err e = { 0 };
	session_use_bundle(a->session, serial);
	if (supervisor_use_bundle(a->supervisor, dir, serial, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "bundle_not_used",
		    LOG_STR("dir", dir), LOG_STR("text", e.text));
}

int
agent_open_bundles(struct agent *a, struct err *e)
{
	/* Its own bundle is all that such an agent wants. */
	if (a->identity == NULL || a->settings->bundle != NULL)
		return 0;
	struct bundle_remote_options o = {
		.loop = a->loop,
		.places = a->places,
		.unsigned_too = text_eq(a->settings->require_signature, "off"),
		.arg = a,
		.call = call,
		.judge = judge,
		.on_bundle = on_bundle,
	};
	return bundle_remote_open(&o, &a->bundles, e);
}

int64_t
agent_bundle_serial(const struct agent *a)
{
	const char *dir;
	int64_t serial = 0;
	return a->bundles != NULL &&
		       bundle_remote_current(a->bundles, &dir, &serial) > 0
		   ? serial
		   : 0;
}

void
agent_use_bundle(struct agent *a)
{
	const char *dir;
	int64_t serial;
	if (a->bundles != NULL &&
	    bundle_remote_current(a->bundles, &dir, &serial) > 0)
		on_bundle(dir, serial, a);
}

void
agent_want_bundle(int64_t serial, void *arg)
{
	struct agent *a = arg;
	bundle_remote_want(a->bundles, serial);
}

void
agent_trust_changed(void *arg)
{
	struct agent *a = arg;
	if (a->bundles != NULL)
		bundle_remote_trust_changed(a->bundles);
}
