/* SPDX-License-Identifier: MIT */
/* `rightlink router token`: on the store itself, so a router need not run. */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "router/commands.h"
#include "router/store_jobs.h"
#include "router/tokens.h"

static int
do_job(struct router *r, struct store_job *j, struct err *e)
{
	int rc = store_do(r->store, j);
	if (rc < 0)
		*e = j->err;
	return rc;
}

/* --- create ------------------------------------------------------------ */

static int
create_operator(struct router *r, const struct router_options *o, struct err *e)
{
	AUTO_BUF struct buf token = BUF_INIT(256);
	AUTO(store_job_free)
	struct store_job *j = store_job_new(STORE_operator_put, -1, NULL, NULL);
	int rc = operator_token_fill(o->token_operator,
	    o->scopes != NULL ? o->scopes : "read",
	    o->ttl > 0 ? o->ttl * 1000 : 0, clock_now_ms(), j, &token, e);
	if (rc == 0)
		rc = do_job(r, j, e);
	if (rc < 0)
		return rc;
	if (o->json) {
		struct jsn *v = jsn_new_object();
		jsn_set_str(v, "name", j->operator_put.name);
		jsn_set_str(v, "scopes", j->operator_put.scopes);
		jsn_set_str(v, "token", buf_text(&token));
		jsn_set_int(v, "expires_at", j->operator_put.expires_at);
		say_json(v);
	} else {
		say("%s\n", buf_text(&token));
	}
	explicit_bzero(token.data, token.len);
	return 0;
}

static int
create_enroll(struct router *r, const struct router_options *o, struct err *e)
{
	AUTO_BUF struct buf token = BUF_INIT(512);
	AUTO(store_job_free)
	struct store_job *j =
	    store_job_new(STORE_enroll_token_make, -1, NULL, NULL);
	struct enroll_token_spec spec = {
		.deployment = o->deployment,
		.bundle = o->bundle,
		.uses = o->uses >= 0 ? o->uses : 1,
		.ttl_ms = o->ttl > 0 ? o->ttl * 1000 : 0,
	};
	int rc = enroll_token_fill(r, &spec, clock_now_ms(), j, &token, e);
	if (rc == 0)
		rc = do_job(r, j, e);
	if (rc < 0)
		return rc;
	if (o->json) {
		struct jsn *v = jsn_new_object();
		jsn_set_str(v, "id", j->enroll_token_make.id);
		jsn_set_str(v, "token", buf_text(&token));
		jsn_set_str(v, "router", r->config.url);
		jsn_set_int(v, "expires_at", j->enroll_token_make.expires_at);
		say_json(v);
	} else {
		say("rightlink join %s --token %s\n", r->config.url,
		    buf_text(&token));
	}
	explicit_bzero(token.data, token.len);
	return 0;
}

/* --- list -------------------------------------------------------------- */

static void
say_tokens_json(const struct store_enroll_token_list *machines,
    const struct store_operator_list *operators)
{
	struct jsn *v = jsn_new_object(), *list = jsn_new_array();
	for (size_t i = 0; i < machines->len; i++) {
		const struct store_enroll_token *t = &machines->items[i];
		struct jsn *o = jsn_new_object();
		jsn_set_str(o, "id", t->id);
		jsn_set_str(o, "deployment", t->deployment);
		if (t->bundle != NULL)
			jsn_set_str(o, "bundle", t->bundle);
		jsn_set_int(o, "uses_left", t->uses_left);
		jsn_set_int(o, "expires_at", t->expires_at);
		jsn_push(list, o);
	}
	jsn_set(v, "enroll_tokens", list);
	list = jsn_new_array();
	for (size_t i = 0; i < operators->len; i++) {
		const struct store_operator *t = &operators->items[i];
		struct jsn *o = jsn_new_object();
		jsn_set_str(o, "name", t->name);
		jsn_set_str(o, "scopes", t->scopes);
		jsn_set_int(o, "expires_at", t->expires_at);
		jsn_push(list, o);
	}
	jsn_set(v, "operator_tokens", list);
	say_json(v);
}

static void
say_tokens(const struct store_enroll_token_list *machines,
    const struct store_operator_list *operators)
{
	say("Tokens of machines:\n");
	for (size_t i = 0; i < machines->len; i++) {
		const struct store_enroll_token *t = &machines->items[i];
		say("  %s  deployment %s, %lld left, until %s UTC%s%s\n", t->id,
		    t->deployment, (long long)t->uses_left,
		    say_time(t->expires_at).text,
		    t->bundle != NULL ? ", bundle " : "",
		    t->bundle != NULL ? t->bundle : "");
	}
	say("Tokens of operators:\n");
	for (size_t i = 0; i < operators->len; i++) {
		const struct store_operator *t = &operators->items[i];
		say("  %-26s  %s%s%s\n", t->name, t->scopes,
		    t->expires_at > 0 ? ", until " : "",
		    t->expires_at > 0 ? say_time(t->expires_at).text : "");
	}
}

static int
list(struct router *r, const struct router_options *o, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_enroll_token_list machines = { 0 };
	struct store_operator_list operators = { 0 };
	int thread = store_spare_thread(r->store);
	int rc = store_enroll_token_list(
	    r->store, thread, a, clock_now_ms(), &machines, e);
	if (rc == 0)
		rc = store_operator_list(r->store, thread, a, &operators, e);
	if (rc < 0)
		return rc;
	if (o->json)
		say_tokens_json(&machines, &operators);
	else
		say_tokens(&machines, &operators);
	return 0;
}

/* --- drop -------------------------------------------------------------- */

static int
drop(struct router *r, const struct router_options *o, struct err *e)
{
	const char *name = o->args.list[1];
	AUTO(store_job_free)
	struct store_job *machine =
	    store_job_new(STORE_enroll_token_drop, -1, NULL, NULL);
	AUTO(store_job_free)
	struct store_job *operator=
	    store_job_new(STORE_operator_drop, -1, NULL, NULL);
	machine->enroll_token_drop.id = name;
	operator->operator_drop.name = name;
	int rc = do_job(r, machine, e);
	if (rc == 0)
		rc = do_job(r, operator, e);
	if (rc < 0)
		return rc;
	if (!machine->enroll_token_drop.dropped &&
	    !operator->operator_drop.dropped)
		return err_set(
		    e, ERR_ABSENT, "there is no token '%.128s'", name);
	if (o->json) {
		struct jsn *v = jsn_new_object();
		jsn_set_bool(v, "dropped", true);
		say_json(v);
	} else {
		say("The token '%s' has ended.\n", name);
	}
	return 0;
}

static const struct {
	const char *name;
	size_t args;
	int (*fn)(struct router *, const struct router_options *, struct err *);
} actions[] = {
	{ "create", 1, create_enroll },
	{ "list", 1, list },
	{ "drop", 2, drop },
};

int
router_command_token(const struct router_options *o)
{
	struct err e = { 0 };
	AUTO(router_close) struct router *r = NULL;
	const char *name = o->args.len > 0 ? o->args.list[0] : "";
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!text_eq(actions[i].name, name) ||
		    o->args.len != actions[i].args)
			continue;
		int rc = router_open(o->data, 1, &r, &e);
		if (rc == 0 && i == 0 && o->token_operator != NULL)
			rc = create_operator(r, o, &e);
		else if (rc == 0)
			rc = actions[i].fn(r, o, &e);
		return rc == 0 ? ROUTER_EXIT_OK
			       : say_error(o, &e, ROUTER_EXIT_FAILED);
	}
	(void)err_set(&e, ERR_INVALID,
	    "router token: must be create, list, or drop NAME");
	return say_error(o, &e, ROUTER_EXIT_USAGE);
}
