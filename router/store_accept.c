/* SPDX-License-Identifier: MIT */
/*
 * Accepting a command: targets are resolved and deliveries made in one
 * transaction, once for each cid.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "router/store_priv.h"

#define TARGETS_MAX 100000 /* deliveries of one command */
#define NAMED_MAX 1000     /* ids in an answer */
#define SAMPLE 32          /* candidates whose queues are compared */

int
command_targets(const struct command *c, const char *reach,
    struct tag_query *tags, struct target_query *ret, struct err *e)
{
	*tags = (struct tag_query){ .match = c->match };
	for (size_t i = 0; i < jsn_len(c->tags); i++) {
		int rc = tag_query_add(tags, jsn_str(jsn_at(c->tags, i)), e);
		if (rc < 0)
			return rc;
	}
	*ret = (struct target_query){ .tags = c->tags != NULL ? tags : NULL,
		.ids = c->ids,
		.ids_len = c->ids_len,
		.deployment = reach != NULL ? reach : c->scope,
		.online_only = c->online_only };
	return 0;
}

/* --- any: the best candidate -------------------------------------------- */

struct choice {
	struct store *store;
	struct writer *w;
	struct arena *a;
	const char *cid;
	bool only_online;
	size_t online_seen, others_seen;
	const char *online[SAMPLE], *other;
};

static size_t
random_below(size_t n)
{
	uint64_t r;
	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return 0; /* any of them will do */
	return (size_t)(r % n);
}

/* Reservoir sampling: each candidate is kept with the same chance. */
static int
choice_each(const char *id, struct str name, void *arg, struct err *e)
{
	struct choice *k = arg;
	int64_t had;
	(void)name;
	int rc = sql_one(
	    &k->w->conn, SQL_delivery_has, 0, &had, e, "tt", k->cid, id);
	if (rc < 0 || had != 0)
		return rc;
	if (store_is_online(k->store, id)) {
		size_t at = k->online_seen < SAMPLE
				? k->online_seen
				: random_below(k->online_seen + 1);
		k->online_seen++;
		if (at < SAMPLE)
			k->online[at] = arena_strdup(k->a, id);
	} else if (!k->only_online && random_below(++k->others_seen) == 0) {
		k->other = arena_strdup(k->a, id);
	}
	return 0;
}

/* Of the sample, one with the fewest open deliveries. */
static int
choose(struct choice *k, const char **ret_id, struct err *e)
{
	size_t len = k->online_seen < SAMPLE ? k->online_seen : SAMPLE;
	size_t start = len > 0 ? random_below(len) : 0;
	int64_t least = INT64_MAX;
	*ret_id = k->other;
	for (size_t i = 0; i < len; i++) {
		const char *id = k->online[(start + i) % len];
		int64_t pending;
		int rc = sql_one(
		    &k->w->conn, SQL_delivery_pending, 0, &pending, e, "t", id);
		if (rc < 0)
			return rc;
		if (pending < least) {
			least = pending;
			*ret_id = id;
		}
	}
	return 0;
}

int
command_choose(struct store *s, struct writer *w, struct arena *a,
    const char *cid, const struct target_query *q, bool only_online,
    const char **ret_id, struct err *e)
{
	struct choice k = { .store = s,
		.w = w,
		.a = a,
		.cid = cid,
		.only_online = only_online || q->online_only };
	int rc = target_each(s, &w->conn, q, choice_each, &k, e);
	return rc < 0 ? rc : choose(&k, ret_id, e);
}

/* --- accepting ---------------------------------------------------------- */

struct targets {
	struct arena *a;
	struct names ids;
};

static int
targets_each(const char *id, struct str name, void *arg, struct err *e)
{
	struct targets *t = arg;
	(void)name;
	if (t->ids.len == TARGETS_MAX)
		return err_set(e, ERR_INVALID, "more than %d instances match",
		    TARGETS_MAX);
	names_copy(&t->ids, t->a, str_from(id));
	return 0;
}

static int
resolve(struct store *s, struct writer *w, struct store_job *job,
    struct names *ret, struct err *e)
{
	const struct store_command_accept *j = &job->command_accept;
	struct targets t = { .a = job->a };
	struct tag_query tags;
	struct target_query q;
	int rc = command_targets(j->command, j->deployment, &tags, &q, e);
	if (rc >= 0 && j->command->any) {
		const char *id;
		rc = command_choose(
		    s, w, job->a, j->command->cid, &q, false, &id, e);
		if (rc >= 0 && id != NULL)
			names_add(&t.ids, job->a, id);
	} else if (rc >= 0) {
		rc = target_each(s, &w->conn, &q, targets_each, &t, e);
	}
	*ret = t.ids;
	return rc;
}

static int
add_command(struct store *s, struct writer *w, const struct store_job *job,
    int64_t open, struct err *e)
{
	const struct store_command_accept *j = &job->command_accept;
	const struct command *c = j->command;
	int64_t seq = store_tick(s);
	int rc = sql_do(&w->conn, SQL_command_add, e, "titttttiimii", c->cid,
	    seq, command_kind_name(c->kind), c->name, j->issuer, j->deployment,
	    j->payload_sha256, j->now, c->not_after,
	    open > 0 ? c->not_after : (int64_t)-1, open,
	    open > 0 ? (int64_t)0 : j->now);
	if (rc >= 0)
		rc = sql_do(
		    &w->conn, SQL_envelope_add, e, "it", seq, j->envelope);
	return rc;
}

static int
accept_new(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_command_accept *j = &job->command_accept;
	const struct command *c = j->command;
	struct names ids;
	int rc = resolve(s, w, job, &ids, e);
	if (rc < 0)
		return rc;
	if (ids.len == 0 && c->require_match)
		return err_set(e, ERR_ABSENT, "no instance matches");
	j->is_new = true;
	j->matched = (int64_t)ids.len;
	j->waiting = c->any && ids.len == 0;
	j->ids = ids.items;
	j->ids_len = ids.len < NAMED_MAX ? ids.len : NAMED_MAX;
	rc = add_command(s, w, job, j->matched + j->waiting, e);
	for (size_t i = 0; rc >= 0 && i < ids.len; i++)
		rc = delivery_make(s, w, c->cid, ids.items[i], e);
	if (rc >= 0 && c->any)
		rc = sql_do(&w->conn, SQL_binding_put, e, "tti", c->cid,
		    ids.len > 0 ? ids.items[0] : NULL, j->now);
	w->effects.unbound += j->waiting;
	if (rc >= 0)
		rc = event_record(
		    s, w, j->now, "command", c->cid, "accepted", e);
	change_cid(w, c->cid);
	return rc;
}

/* The answer of the first time, as far as it is still true. */
static int
accept_again(struct writer *w, struct store_job *job, struct err *e)
{
	struct store_command_accept *j = &job->command_accept;
	struct db_stmt *q;
	struct names ids = { 0 };
	int64_t waits = 0;
	j->is_new = false;
	int rc =
	    sql_ask(&w->conn, SQL_delivery_ids, &q, e, "t", j->command->cid);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		if (db_int(q, 1) == DELIVERY_revoked)
			continue;
		j->matched++;
		if (ids.len < NAMED_MAX)
			names_copy(&ids, job->a, db_text(q, 0));
	}
	j->ids = ids.items;
	j->ids_len = ids.len;
	if (rc >= 0)
		rc = sql_one(&w->conn, SQL_binding_has, 0, &waits, e, "t",
		    j->command->cid);
	j->waiting = rc >= 0 && waits == 1;
	return rc;
}

int
job_command_accept(
    struct store *s, struct writer *w, struct store_job *job, struct err *e)
{
	struct store_command_accept *j = &job->command_accept;
	struct db_stmt *q;
	j->matched = 0;
	int rc =
	    sql_ask(&w->conn, SQL_command_digest, &q, e, "t", j->command->cid);
	if (rc < 0 || (rc = db_step(q, e)) < 0)
		return rc;
	if (rc == 1) {
		bool same = str_eq_text(db_text(q, 0), j->payload_sha256);
		db_reset(q);
		if (!same)
			return err_set(e, ERR_EXISTS,
			    "command '%s' is there with another content",
			    j->command->cid);
		return accept_again(w, job, e);
	}
	if (j->command->not_after <= j->now)
		return err_set(e, ERR_INVALID,
		    "not_after: the command has expired (or the clocks "
		    "differ)");
	rc = store_check_space(s, e);
	return rc < 0 ? rc : accept_new(s, w, job, e);
}
