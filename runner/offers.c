/* SPDX-License-Identifier: MIT */
/*
 * The checks of an offered command. Each is one function; the table at the end
 * is their order. None of them changes anything.
 */
#include "runner/offers.h"

#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "wire/envelope.h"

struct look {
	struct arena *arena;
	const struct offer_rules *rules;
	const struct jsn *value; /* the offer */
	struct jsn **command_value;
	struct offer *offer;
	struct envelope envelope;
};

static int
check_form(struct look *l, struct err *e)
{
	int rc = envelope_parse(
	    jsn_get(l->value, "envelope"), "envelope", &l->envelope, e);
	if (rc < 0)
		return rc;
	if (l->envelope.payload.len > COMMAND_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "command longer than %zu bytes",
		    COMMAND_MAX_BYTES);
	const struct buf *p = &l->envelope.payload;
	l->offer->payload =
	    (struct str){ arena_strndup(l->arena, p->data, p->len), p->len };
	return 0;
}

static int
check_signature(struct look *l, struct err *e)
{
	const struct identity *i = l->rules->identity;
	struct offer *o = l->offer;
	int rc = trust_check(i->trust, &l->envelope, SIGN_DOMAIN_COMMAND, "run",
	    l->rules->now_ms, &o->verdict, e);
	if (rc == 0 || !l->rules->unsigned_too)
		return rc;
	/* Whoever could bring it here counts as operator. */
	o->verdict = (struct trust_verdict){ .signer = TRUST_OPERATOR };
	memcpy(o->verdict.name, "unsigned", sizeof("unsigned"));
	return 0;
}

static int
check_command(struct look *l, struct err *e)
{
	struct offer *o = l->offer;
	int rc = command_parse(
	    l->arena, o->payload, l->command_value, &o->command, e);
	if (rc < 0)
		return rc;
	/* The journal knows commands by the name that was signed. */
	if (!text_eq(o->command.cid, o->cid))
		return err_set(e, ERR_INVALID,
		    "offered as '%.64s', signed as '%.64s'", o->cid,
		    o->command.cid);
	o->verified = true;
	return 0;
}

static int
check_time(struct look *l, struct err *e)
{
	const struct command *c = &l->offer->command;
	int64_t now = l->rules->now_ms;
	if (c->not_after <= now)
		return err_set(e, ERR_INVALID, "expired %lld s ago",
		    (long long)(now - c->not_after) / 1000);
	if (c->issued_at > now + OFFER_AHEAD_MAX_MS)
		return err_set(e, ERR_INVALID,
		    "issued %lld s ahead of the clock: the submitter's or "
		    "this machine's is wrong",
		    (long long)(c->issued_at - now) / 1000);
	if (c->not_after - c->issued_at > COMMAND_LIFE_MAX_MS)
		return err_set(e, ERR_INVALID, "lives longer than 30 days");
	return 0;
}

static int
check_floor(struct look *l, struct err *e)
{
	const struct command *c = &l->offer->command;
	if (c->issued_at <= journal_floor(l->rules->journal))
		return err_set(e, ERR_INVALID,
		    "issued before what this machine still remembers: it may "
		    "be a replay");
	return 0;
}

static int
check_target(struct look *l, struct err *e)
{
	const struct offer_rules *r = l->rules;
	const struct command *c = &l->offer->command;
	AUTO(jsn_free) struct jsn *texts = NULL;
	int rc = journal_tags(r->journal, &texts, e);
	if (rc < 0)
		return rc;
	size_t len = 0, count = jsn_len(texts);
	struct tag *tags = arena_array_of(l->arena, struct tag, count);
	for (size_t i = 0; i < count; i++) {
		struct err ignored = { 0 };
		if (tag_parse(
			jsn_str(jsn_at(texts, i)), &tags[len], &ignored) == 0)
			len++;
	}
	if (!command_is_for(c, r->identity->id, tags, len))
		return err_set(e, ERR_INVALID, "%s",
		    c->tags != NULL
			? "this instance does not carry the tags now"
			: "this instance is not among the targets");
	if (c->scope != NULL && !text_eq(c->scope, r->identity->deployment))
		return err_set(e, ERR_INVALID,
		    "for deployment '%.64s', this is '%.64s'", c->scope,
		    r->identity->deployment);
	return 0;
}

/* What an instance's key is good for on another instance. */
static int
check_issuer(struct look *l, struct err *e)
{
	const struct offer *o = l->offer;
	if (o->verdict.signer != TRUST_INSTANCE)
		return 0;
	if (!text_eq(o->verdict.deployment, l->rules->identity->deployment))
		return err_set(e, ERR_INVALID,
		    "issued by instance '%.64s' of deployment '%.64s', this "
		    "is '%.64s'",
		    o->verdict.name, o->verdict.deployment,
		    l->rules->identity->deployment);
	if (o->command.kind != COMMAND_RUN_RECIPE &&
	    o->command.kind != COMMAND_RUN_SCRIPT)
		return err_set(e, ERR_INVALID,
		    "an instance may ask for recipes and scripts, not for "
		    "'%s'",
		    command_kind_name(o->command.kind));
	return 0;
}

static int
check_policy(struct look *l, struct err *e)
{
	const struct offer_rules *r = l->rules;
	if (r->policy == NULL)
		return 0;
	return r->policy(&l->offer->command, &l->offer->verdict, r->arg, e);
}

int
offer_check(struct arena *a, const struct offer_rules *rules,
    const struct jsn *value, struct jsn **ret_value, struct offer *ret_offer,
    struct err *e)
{
	static int (*const checks[])(struct look * l, struct err * e) = {
		check_form,
		check_signature,
		check_command,
		check_time,
		check_floor,
		check_target,
		check_issuer,
		check_policy,
	};
	*ret_offer = (struct offer){ .cid = jsn_peek_str(value, "cid", "") };
	struct look l = { .arena = a,
		.rules = rules,
		.value = value,
		.command_value = ret_value,
		.offer = ret_offer };
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(checks); i++)
		rc = checks[i](&l, e);
	envelope_release(&l.envelope);
	return rc;
}
