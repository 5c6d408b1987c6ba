/* SPDX-License-Identifier: MIT */
/* Tokens with which machines join: made, listed, ended by an operator. */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/log.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store_jobs.h"
#include "router/tokens.h"

/* What on_made needs beside the job: the token is shown once. */
struct making {
	struct exchange *x;
	struct buf token;
};

static void
making_free(struct making **m)
{
	if (*m == NULL)
		return;
	if ((*m)->token.data != NULL)
		explicit_bzero((*m)->token.data, (*m)->token.room);
	buf_release(&(*m)->token);
	free(*m);
	*m = NULL;
}

static void
on_made(struct store_job *job)
{
	AUTO(store_job_free) struct store_job *j = job;
	AUTO(making_free) struct making *m = j->arg;
	const struct store_enroll_token_make *t = &j->enroll_token_make;
	if (j->rc < 0) {
		exchange_reply_err(m->x, &j->err);
		return;
	}
	log_event(LOG_LEVEL_INFO, "enroll_token_made", LOG_STR("id", t->id),
	    LOG_STR("by", exchange_caller(m->x)->id),
	    LOG_STR("deployment", t->deployment), LOG_INT("uses", t->uses));
	struct jsn *o = jsn_new_object();
	jsn_set_str(o, "token", buf_text(&m->token));
	jsn_set_str(o, "id", t->id);
	jsn_set_int(o, "expires_at", t->expires_at);
	exchange_reply_json(m->x, 201, o);
}

/* Zero means the default to the filler, and nothing to whom asks for it. */
static int
take_number(const struct jsn *q, const char *key, int64_t *ret, struct err *e)
{
	*ret = 0;
	if (jsn_type(jsn_get(q, key)) == JSN_NULL)
		return 0;
	*ret = jsn_peek_int(q, key, 0);
	if (*ret <= 0)
		return err_set(
		    e, ERR_INVALID, "body: .%s: must be over zero", key);
	return 0;
}

void
route_enroll_token_make(struct exchange *x)
{
	struct router *r = exchange_router(x);
	const struct jsn *q = exchange_json(x);
	struct err e = { 0 };
	struct enroll_token_spec spec = {
		.deployment = jsn_peek_str(q, "deployment", NULL),
		.bundle = jsn_peek_str(q, "bundle", NULL),
	};
	AUTO(making_free) struct making *m = xcalloc(1, sizeof(*m));
	m->x = x;
	buf_init(&m->token, 512);
	AUTO(store_job_free)
	struct store_job *j = store_job_new(
	    STORE_enroll_token_make, exchange_thread(x), on_made, m);
	int rc = take_number(q, "uses", &spec.uses, &e);
	if (rc == 0)
		rc = take_number(q, "ttl_ms", &spec.ttl_ms, &e);
	if (rc == 0)
		rc = enroll_token_fill(
		    r, &spec, clock_now_ms(), j, &m->token, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	(void)TAKE(m);
	store_submit(r->store, TAKE(j));
}

void
route_enroll_token_list(struct exchange *x)
{
	struct store_enroll_token_list list = { 0 };
	struct err e = { 0 };
	if (store_enroll_token_list(exchange_router(x)->store,
		exchange_thread(x), exchange_arena(x), clock_now_ms(), &list,
		&e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *o = jsn_new_object(), *tokens = jsn_new_array();
	for (size_t i = 0; i < list.len; i++) {
		const struct store_enroll_token *t = &list.items[i];
		struct jsn *v = jsn_new_object();
		jsn_set_str(v, "id", t->id);
		jsn_set_str(v, "deployment", t->deployment);
		if (t->bundle != NULL)
			jsn_set_str(v, "bundle", t->bundle);
		jsn_set_int(v, "uses_left", t->uses_left);
		jsn_set_int(v, "expires_at", t->expires_at);
		jsn_push(tokens, v);
	}
	jsn_set(o, "tokens", tokens);
	exchange_reply_json(x, 200, o);
}

static void
on_dropped(struct store_job *j)
{
	struct exchange *x = j->arg;
	if (j->rc < 0) {
		exchange_reply_err(x, &j->err);
	} else {
		struct jsn *o = jsn_new_object();
		jsn_set_bool(o, "dropped", j->enroll_token_drop.dropped);
		exchange_reply_json(x, 200, o);
	}
	store_job_free(&j);
}

void
route_enroll_token_drop(struct exchange *x)
{
	struct store_job *j = store_job_new(
	    STORE_enroll_token_drop, exchange_thread(x), on_dropped, x);
	j->enroll_token_drop.id = arena_strdup(j->a, exchange_var(x, 0));
	store_submit(exchange_router(x)->store, j);
}
