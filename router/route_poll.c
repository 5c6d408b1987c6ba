/* SPDX-License-Identifier: MIT */
/*
 * The one channel of an agent (fabric 6.2, 6.5). A poll is
 *
 *	entered   its session is the right one; an older poll is superseded
 *	reported  what it brings is one job of the store
 *	looked at: is there something to say? offers, cancels, questions, newer
 *	          tags, trust or bundle
 *	parked    until a commit wakes it, the hold ends, or the router drains
 *
 * It is registered before it looks, so that nothing is missed in between. What
 * a session was told it is told again only after RETELL_MS: an answer may be
 * lost, but an agent needs time to act.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "router/fabric_priv.h"
#include "router/poll_job.h"
#include "router/routes.h"

#define HOLD_MIN_MS 40000
#define HOLD_JITTER_MS 15000
#define DRAIN_MIN_MS 500
#define DRAIN_MAX_MS 30000
#define DRAIN_EACH_MS 3 /* for each instance that we know */

struct poll *
poll_ref(struct poll *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void
poll_unref(struct poll **p)
{
	if (*p != NULL && atomic_fetch_sub(&(*p)->refs, 1) == 1)
		free(*p);
	*p = NULL;
}

static int64_t
random_below(int64_t n)
{
	uint32_t r = 0;
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) < 0 || n <= 0)
		return 0;
	return (int64_t)(r % (uint64_t)n);
}

static struct poll *
poll_new(struct exchange *x)
{
	const struct jsn *body = exchange_json(x);
	const char *id = exchange_caller(x)->id;
	struct poll *p = xcalloc(1, sizeof(*p));
	p->refs = 1;
	p->x = x;
	p->thread = exchange_thread(x);
	p->fabric = exchange_router(x)->fabric;
	memcpy(p->id, id, strlen(id) + 1);
	p->tag_version = jsn_peek_int(body, "tag_version", -1);
	p->trust_version = jsn_peek_int(body, "trust_version", -1);
	p->bundle_serial = jsn_peek_int(body, "bundle_serial", -1);
	int64_t hold = jsn_peek_int(
	    body, "hold_ms", HOLD_MIN_MS + random_below(HOLD_JITTER_MS));
	hold = hold < 0 ? 0 : hold > API_HOLD_MAX_MS ? API_HOLD_MAX_MS : hold;
	p->hold_until = clock_mono_ms() + hold;
	return p;
}

/* --- ends --------------------------------------------------------------- */

static struct exchange *
poll_end(struct poll *p)
{
	struct exchange *x = p->x;
	p->x = NULL;
	p->waits = false;
	presence_leave(p->fabric, p);
	poll_unref(&p);
	return x;
}

static void
poll_answer(struct poll *p, struct jsn *answer)
{
	jsn_set_int(
	    answer, "hold_ms", HOLD_MIN_MS + random_below(HOLD_JITTER_MS));
	jsn_set_int(answer, "time_ms", clock_now_ms());
	exchange_reply_json(poll_end(p), 200, answer);
}

static void
poll_fail(struct poll *p, const struct err *e)
{
	struct exchange *x = poll_end(p);
	if (e->code == ERR_ABSENT)
		exchange_reply_error(
		    x, 401, "this instance is not known any more");
	else
		exchange_reply_err(x, e);
}

static void
refuse_session(struct poll *p)
{
	exchange_reply_error(poll_end(p), 409,
	    "another session of this instance's key has taken over");
}

static void
refuse_clone(struct poll *p)
{
	exchange_reply_error(poll_end(p), 409,
	    "two machines use this instance's key: nothing is delivered until "
	    "an operator removes the identity of one and restores the "
	    "instance");
}

/* --- is there something to say? ----------------------------------------- */

struct look {
	struct poll *p;
	struct arena *a;
	struct jsn *answer;
	struct told told; /* as it will be */
	bool say;         /* answer now */
	bool repeat;      /* something is to be told again later */
};

static uint64_t
digest_of_names(const char *const *names, size_t len)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < len; i++) {
		uint64_t h = 14695981039346656037u;
		for (const char *p = names[i]; *p != '\0'; p++)
			h = (h ^ (unsigned char)*p) * 1099511628211u;
		sum += h;
	}
	return sum;
}

static struct jsn *
array_of(const char *const *names, size_t len)
{
	struct jsn *v = jsn_new_array();
	for (size_t i = 0; i < len; i++)
		jsn_push_str(v, names[i]);
	return v;
}

static int
say_offers(struct look *k, const struct store_pending *pending, struct err *e)
{
	if (pending->offers_len == 0)
		return 0;
	AUTO(jsn_free) struct jsn *offers = jsn_new_array();
	const char **cids =
	    arena_array_of(k->a, const char *, pending->offers_len);
	for (size_t i = 0; i < pending->offers_len; i++) {
		const struct store_offer *o = &pending->offers[i];
		struct jsn *envelope = NULL, *v = jsn_new_object();
		int rc = jsn_parse(str_from(o->envelope), o->cid,
		    ENVELOPE_MAX_BYTES * 2, &envelope, e);
		jsn_set_str(v, "cid", o->cid);
		jsn_set_int(v, "seq", o->seq);
		jsn_set(v, "envelope", envelope);
		jsn_push(offers, v);
		if (rc < 0)
			return rc;
		cids[i] = o->cid;
	}
	jsn_set(k->answer, "offers", TAKE(offers));
	k->told.offered_seq = pending->offers[pending->offers_len - 1].seq;
	k->say = true;
	poll_job_offered(k->p, cids, pending->offers_len);
	return 0;
}

static int
look_deliveries(struct look *k, struct err *e)
{
	struct store_pending pending;
	int rc = store_pending(k->p->fabric->router->store, k->p->thread, k->a,
	    k->p->id, k->told.offered_seq, API_OFFERS_MAX, &pending, e);
	if (rc < 0)
		return rc;
	k->repeat |= pending.unconfirmed || pending.cancels_len > 0;
	uint64_t cancels =
	    digest_of_names(pending.cancels, pending.cancels_len);
	if (pending.cancels_len > 0 && cancels != k->told.cancels) {
		jsn_set(k->answer, "cancels",
		    array_of(pending.cancels, pending.cancels_len));
		k->say = true;
	}
	k->told.cancels = cancels;
	return say_offers(k, &pending, e);
}

static void
look_version(
    struct look *k, const char *name, int64_t ours, bool differs, int64_t *told)
{
	if (!differs)
		return;
	k->repeat = true;
	jsn_set_int(k->answer, name, ours);
	if (*told != ours)
		k->say = true;
	*told = ours;
}

static int
look_versions(
    struct look *k, const struct store_instance_status *status, struct err *e)
{
	const struct poll *p = k->p;
	const struct router *r = p->fabric->router;
	int64_t serial = 0, trust = router_trust(r)->version;
	int rc = status->bundle == NULL || p->bundle_serial < 0
		     ? 0
		     : store_bundle_serial(
			   r->store, p->thread, status->bundle, &serial, e);
	if (rc < 0)
		return rc;
	look_version(k, "tag_version", status->tag_version,
	    p->tag_version >= 0 && p->tag_version != status->tag_version,
	    &k->told.tag);
	look_version(k, "trust_version", trust,
	    p->trust_version >= 0 && p->trust_version < trust, &k->told.trust);
	look_version(k, "bundle_serial", serial,
	    serial > 0 && p->bundle_serial != serial, &k->told.bundle);
	return 0;
}

static int
look_all(struct look *k, struct store_instance_status *status, struct err *e)
{
	struct poll *p = k->p;
	int rc = store_instance_status(
	    p->fabric->router->store, p->thread, k->a, p->id, status, e);
	if (rc < 0 || p->superseded || status->revoked || status->cloned)
		return rc;
	rc = look_deliveries(k, e);
	if (rc >= 0)
		rc = look_versions(k, status, e);
	struct jsn *questions = rc >= 0 ? live_take(p->fabric, p->id) : NULL;
	if (questions != NULL) {
		jsn_set(k->answer, "requests", questions);
		k->say = true;
	}
	return rc;
}

/* What the job of this poll brought. */
static void
say_reported(struct look *k, const struct store_poll *r)
{
	if (r->grants_len > 0)
		jsn_set(
		    k->answer, "grants", array_of(r->grants, r->grants_len));
	if (r->acks_len > 0)
		jsn_set(k->answer, "acks", array_of(r->acks, r->acks_len));
	if (r->drops_len > 0) {
		struct jsn *drops = jsn_new_array();
		for (size_t i = 0; i < r->drops_len; i++) {
			struct jsn *d = jsn_new_object();
			jsn_set_str(d, "cid", r->drops[i].cid);
			jsn_set_str(d, "state", r->drops[i].state);
			if (r->drops[i].reason != NULL)
				jsn_set_str(d, "reason", r->drops[i].reason);
			jsn_push(drops, d);
		}
		jsn_set(k->answer, "drops", drops);
	}
	k->say |= r->grants_len + r->acks_len + r->drops_len > 0;
}

static void poll_park(struct poll *p, const struct look *k);

static void
poll_look(struct poll *p, const struct store_poll *reported)
{
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(jsn_free) struct jsn *answer = jsn_new_object();
	struct look k = { .p = p, .a = a, .answer = answer };
	struct store_instance_status status = { 0 };
	struct err e = { 0 };
	presence_told(p->fabric, p, &k.told);
	if (reported != NULL)
		say_reported(&k, reported);
	if (look_all(&k, &status, &e) < 0) {
		poll_fail(p, &e);
	} else if (status.revoked) {
		exchange_reply_error(
		    poll_end(p), 403, "the key of this instance is revoked");
	} else if (status.cloned) {
		refuse_clone(p);
	} else if (atomic_load(&p->other)) {
		refuse_session(p);
	} else if (p->superseded) {
		jsn_set_bool(answer, "superseded", true);
		poll_answer(p, TAKE(answer));
	} else if (k.say) {
		presence_tell(p->fabric, p, &k.told);
		poll_answer(p, TAKE(answer));
	} else {
		poll_park(p, &k);
	}
}

/* --- waiting ------------------------------------------------------------ */

/* All agents come back at once otherwise; few may come back soon. */
static int64_t
drain_ms(struct fabric *f)
{
	int64_t most = (int64_t)f->entries * DRAIN_EACH_MS + DRAIN_MIN_MS;
	return random_below(most < DRAIN_MAX_MS ? most : DRAIN_MAX_MS);
}

static void
poll_on_time(struct exchange *x, void *arg)
{
	struct poll *p = arg;
	p->waits = false;
	if (exchange_is_draining(x)) {
		struct jsn *answer = jsn_new_object();
		jsn_set_bool(answer, "drain", true);
		jsn_set_int(answer, "retry_ms", drain_ms(p->fabric));
		poll_answer(p, answer);
	} else if (clock_mono_ms() >= p->hold_until) {
		poll_answer(p, jsn_new_object());
	} else {
		poll_look(p, NULL);
	}
}

static void
poll_on_gone(struct exchange *x, void *arg)
{
	(void)x;
	(void)poll_end(arg);
}

static void
poll_park(struct poll *p, const struct look *k)
{
	int64_t wait = p->hold_until - clock_mono_ms();
	if (k->repeat && k->told.again_ms < wait)
		wait = k->told.again_ms;
	p->waits = true;
	exchange_park(p->x, wait > 0 ? wait : 0, poll_on_time, poll_on_gone, p);
}

void
poll_wake(void *poll)
{
	struct poll *p = poll;
	if (p->x != NULL && p->waits) {
		p->waits = false;
		exchange_unpark(p->x);
		poll_look(p, NULL);
	}
	poll_unref(&p);
}

void
poll_supersede(void *poll)
{
	struct poll *p = poll;
	p->superseded = true;
	poll_wake(p);
}

/* --- from the request --------------------------------------------------- */

static void
poll_reported(struct store_job *job)
{
	struct poll *p = job->arg;
	if (job->rc < 0)
		poll_fail(p, &job->err);
	else
		poll_look(p, &job->poll);
	store_job_free(&job);
}

static bool
poll_enter(struct poll *p, const char *session)
{
	struct poll *older = NULL;
	enum enter how = presence_enter(p->fabric, p, session, &older);
	if (older != NULL)
		fabric_post(older->thread, poll_supersede, older, p->fabric);
	if (how == ENTER_OK)
		return true;
	if (how == ENTER_CLONE)
		poll_job_cloned(p);
	refuse_session(p);
	return false;
}

void
route_poll(struct exchange *x)
{
	const struct jsn *body = exchange_json(x);
	struct store_job *job = NULL;
	struct err e = { 0 };
	struct poll *p = poll_new(x);
	if (poll_job_new(p, body, &job, &e) < 0) {
		poll_fail(p, &e);
		return;
	}
	if (!poll_enter(p, jsn_peek_str(body, "session", ""))) {
		store_job_free(&job);
		return;
	}
	live_answer(p->fabric, p->id, jsn_get(body, "replies"));
	if (job == NULL) {
		poll_look(p, NULL);
		return;
	}
	job->done = poll_reported;
	job->arg = p;
	store_submit(p->fabric->router->store, job);
}
