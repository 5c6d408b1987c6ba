/* SPDX-License-Identifier: MIT */
/*
 * Accepting commands. The router checks what it can, so that a mistake is told
 * at once; agents check everything again and trust nothing of this.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/digest.h"
#include "router/answers.h"
#include "router/fabric.h"
#include "router/router.h"
#include "router/routes.h"
#include "wire/envelope.h"
#include "wire/trust.h"

#define ANY_WAIT_MS 15000 /* until it is given to another */

struct submit {
	struct exchange *x;
	struct jsn *value; /* the command's, which borrows from it */
	struct command command;
};

static void
submit_free(struct submit **s)
{
	if (*s == NULL)
		return;
	jsn_free(&(*s)->value);
	free(*s);
	*s = NULL;
}

/* --- policy ------------------------------------------------------------- */

/* A command signed by an instance: for recipes and scripts of its own
 * deployment; the receivers' bundles say which. */
static int
check_instance(const struct caller *who, const struct trust_verdict *v,
    const struct command *c, struct err *e)
{
	if (v->signer != TRUST_INSTANCE || !text_eq(v->name, who->id))
		return err_set(e, ERR_DIGEST,
		    "an instance submits only what it has signed itself");
	if (c->kind != COMMAND_RUN_RECIPE && c->kind != COMMAND_RUN_SCRIPT)
		return err_set(e, ERR_DIGEST,
		    "an instance may ask for recipes and scripts, not for "
		    "kind %s",
		    command_kind_name(c->kind));
	if (c->scope != NULL && !text_eq(c->scope, who->deployment))
		return err_set(e, ERR_DIGEST,
		    "an instance may ask its own deployment only");
	return 0;
}

/* ERR_DIGEST: 403. */
static int
check_policy(const struct exchange *x, const struct envelope *env,
    const struct command *c, int64_t now, struct trust_verdict *ret,
    struct err *e)
{
	const struct router_trust *t = router_trust(exchange_router(x));
	const struct caller *who = exchange_caller(x);
	int rc =
	    trust_check(t->trust, env, SIGN_DOMAIN_COMMAND, "run", now, ret, e);
	if (rc < 0)
		return rc;
	if (who->kind == CALLER_INSTANCE)
		return check_instance(who, ret, c, e);
	if (ret->signer != TRUST_OPERATOR)
		return err_set(e, ERR_DIGEST,
		    "an operator submits only what an operator has signed");
	return 0;
}

/* --- the request -------------------------------------------------------- */

/* What is stored and offered: payload and signatures, nothing else. */
static const char *
envelope_text(struct arena *a, const struct jsn *body)
{
	AUTO(jsn_free) struct jsn *v = jsn_new_object();
	AUTO_BUF struct buf text = BUF_INIT(ENVELOPE_MAX_BYTES * 2);
	jsn_set(v, "payload", jsn_ref(jsn_get(body, "payload")));
	jsn_set(v, "sigs", jsn_ref(jsn_get(body, "sigs")));
	jsn_format(v, JSN_PLAIN, &text);
	return arena_strndup(a, buf_text(&text), text.len);
}

static int
fill(struct exchange *x, struct submit *s, struct store_job *job, struct err *e)
{
	AUTO(envelope_release) struct envelope env = { 0 };
	struct trust_verdict verdict;
	const struct caller *who = exchange_caller(x);
	int64_t now = clock_now_ms();
	int rc = envelope_parse(exchange_json(x), "command", &env, e);
	if (rc < 0)
		return rc;
	struct str payload = { env.payload.data, env.payload.len };
	if (payload.len > COMMAND_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "payload: longer than %zu bytes",
		    COMMAND_MAX_BYTES);
	rc = command_parse(job->a, payload, &s->value, &s->command, e);
	if (rc >= 0 && !is_ulid(s->command.cid))
		rc = err_set(e, ERR_INVALID, "cid: must be a ULID");
	if (rc >= 0)
		rc = check_policy(x, &env, &s->command, now, &verdict, e);
	if (rc < 0)
		return rc;
	struct digest_text sha = digest_of(DIGEST_SHA256, payload);
	bool instance = who->kind == CALLER_INSTANCE;
	job->command_accept = (struct store_command_accept){
		.command = &s->command,
		.envelope = envelope_text(job->a, exchange_json(x)),
		.payload_sha256 = arena_strdup(job->a, sha.hex),
		.issuer =
		    arena_strdup(job->a, instance ? who->id : verdict.kid.text),
		.deployment =
		    instance ? arena_strdup(job->a, who->deployment) : NULL,
		.now = now,
	};
	return 0;
}

static void
accepted(struct store_job *job)
{
	AUTO(submit_free) struct submit *s = job->arg;
	const struct store_command_accept *r = &job->command_accept;
	const struct command *c = &s->command;
	if (job->rc < 0) {
		exchange_reply_err(s->x, &job->err);
	} else {
		struct fabric *f = exchange_router(s->x)->fabric;
		struct jsn *v = jsn_new_object();
		jsn_set_str(v, "cid", c->cid);
		jsn_set_int(v, "matched", r->matched);
		jsn_set(v, "ids", answer_names(r->ids, r->ids_len));
		jsn_set_bool(v, "waiting", r->waiting);
		fabric_sweep_at(f, c->not_after);
		if (c->any)
			fabric_sweep_at(f, r->now + ANY_WAIT_MS);
		exchange_reply_json(s->x, r->is_new ? 201 : 200, v);
	}
	store_job_free(&job);
}

void
route_command_submit(struct exchange *x)
{
	struct err e = { 0 };
	struct submit *s = xcalloc(1, sizeof(*s));
	struct store_job *job = store_job_new(
	    STORE_command_accept, exchange_thread(x), accepted, s);
	s->x = x;
	if (fill(x, s, job, &e) >= 0) {
		store_submit(exchange_router(x)->store, job);
		return;
	}
	if (e.code == ERR_DIGEST)
		exchange_reply_error(x, 403, "%s", e.text);
	else
		exchange_reply_err(x, &e);
	submit_free(&s);
	store_job_free(&job);
}
