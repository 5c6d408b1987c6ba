/* SPDX-License-Identifier: MIT */
/* Commands and their deliveries: looking, waiting, cancelling. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "router/answers.h"
#include "router/fabric.h"
#include "router/router.h"
#include "router/routes.h"

#define SETTLE_MS 50 /* changes close together are one answer */

static struct store *
store_of(const struct exchange *x)
{
	return exchange_router(x)->store;
}

/* Instances see what they issued or received, others do not exist for them. */
static int
may_see(struct exchange *x, const char *cid, struct err *e)
{
	const struct caller *who = exchange_caller(x);
	bool concerns = true;
	int rc = 0;
	if (who->kind == CALLER_INSTANCE)
		rc = store_command_concerns(store_of(x), exchange_thread(x),
		    cid, who->id, &concerns, e);
	if (rc >= 0 && !concerns)
		return err_set(e, ERR_ABSENT, "no command '%s'", cid);
	return rc;
}

void
route_command_list(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_page page;
	struct store_command_list l;
	struct err e = { 0 };
	if (!ask_page(x, 1000, 100, &page))
		return;
	if (store_command_list(
		store_of(x), exchange_thread(x), a, &page, &l, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object(), *list = jsn_new_array();
	for (size_t i = 0; i < l.len; i++)
		jsn_push(list, answer_command(&l.items[i]));
	jsn_set(v, "commands", list);
	if (l.next != NULL)
		jsn_set_str(v, "next", l.next);
	exchange_reply_json(x, 200, v);
}

void
route_command_get(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *cid = exchange_var(x, 0);
	struct store_command c;
	struct err e = { 0 };
	int rc = may_see(x, cid, &e);
	if (rc >= 0)
		rc = store_command_find(
		    store_of(x), exchange_thread(x), a, cid, &c, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object();
	jsn_set(v, "command", answer_command(&c));
	exchange_reply_json(x, 200, v);
}

/* --- deliveries --------------------------------------------------------- */

struct wait {
	struct exchange *x;
	struct watch *watch;
	struct store_page page;
	int64_t after, until; /* rev; ms monotonic */
	bool parked, settling;
};

static struct exchange *
wait_end(struct wait *w)
{
	struct exchange *x = w->x;
	if (w->parked)
		exchange_unpark(x);
	watch_remove(exchange_router(x)->fabric, &w->watch);
	free(w);
	return x;
}

static void
wait_answer(struct wait *w)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct store_page page = w->page;
	struct exchange *x = wait_end(w);
	struct store_delivery_list l;
	struct err e = { 0 };
	if (store_delivery_list(store_of(x), exchange_thread(x), a,
		exchange_var(x, 0), &page, &l, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct jsn *v = jsn_new_object(), *list = jsn_new_array();
	for (size_t i = 0; i < l.len; i++)
		jsn_push(list, answer_delivery(&l.items[i]));
	jsn_set(v, "deliveries", list);
	jsn_set_bool(v, "done", l.done);
	jsn_set_int(v, "rev", l.rev);
	if (l.next != NULL)
		jsn_set_str(v, "next", l.next);
	exchange_reply_json(x, 200, v);
}

static void
wait_on_time(struct exchange *x, void *arg)
{
	struct wait *w = arg;
	(void)x;
	w->parked = false;
	wait_answer(w);
}

static void
wait_on_gone(struct exchange *x, void *arg)
{
	struct wait *w = arg;
	(void)x;
	w->parked = false;
	(void)wait_end(w);
}

static void
wait_park(struct wait *w, int64_t ms)
{
	w->parked = true;
	exchange_park(w->x, ms, wait_on_time, wait_on_gone, w);
}

/* Is there something newer? A change that wakes us is rarely alone. */
static void
wait_look(struct wait *w, bool woken)
{
	struct exchange *x = w->x;
	struct err e = { 0 };
	int64_t rev, left = w->until - clock_mono_ms();
	bool done;
	if (store_command_rev(store_of(x), exchange_thread(x),
		exchange_var(x, 0), &rev, &done, &e) < 0) {
		exchange_reply_err(wait_end(w), &e);
		return;
	}
	bool news = rev != w->after;
	if (done || left <= 0 || (news && !woken)) {
		wait_answer(w);
		return;
	}
	if (w->parked)
		exchange_unpark(x);
	w->settling = news;
	wait_park(w, news && left > SETTLE_MS ? SETTLE_MS : left);
}

static void
wait_woken(void *arg)
{
	struct wait *w = arg;
	bool is_done = false;
	int64_t rev;
	struct err e = { 0 };
	if (!w->settling) {
		wait_look(w, true);
		return;
	}
	/* The end of all is worth an answer at once. */
	if (store_command_rev(store_of(w->x), exchange_thread(w->x),
		exchange_var(w->x, 0), &rev, &is_done, &e) < 0 ||
	    is_done)
		wait_answer(w);
}

void
route_delivery_list(struct exchange *x)
{
	const char *cid = exchange_var(x, 0);
	struct err e = { 0 };
	int64_t wait_ms;
	struct store_page page;
	if (!ask_page(x, 10000, 1000, &page) ||
	    !ask_int(x, "wait_ms", API_HOLD_MAX_MS, 0, &wait_ms))
		return;
	if (may_see(x, cid, &e) < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	struct wait *w = xcalloc(1, sizeof(*w));
	w->x = x;
	w->page = page;
	w->after = exchange_query_int(x, "after", -1);
	w->until = clock_mono_ms() + wait_ms;
	if (wait_ms > 0 && w->after >= 0)
		w->watch = watch_add(exchange_router(x)->fabric, cid,
		    exchange_thread(x), wait_woken, w);
	wait_look(w, false);
}

/* --- cancelling --------------------------------------------------------- */

static void
cancelled(struct store_job *job)
{
	struct exchange *x = job->arg;
	if (job->rc < 0) {
		exchange_reply_err(x, &job->err);
	} else {
		const struct store_command_cancel *r = &job->command_cancel;
		struct jsn *v = jsn_new_object();
		jsn_set_int(v, "cancelled", r->cancelled);
		jsn_set_int(v, "stopping", r->stopping);
		jsn_set_int(v, "too_late", r->too_late);
		exchange_reply_json(x, 200, v);
	}
	store_job_free(&job);
}

void
route_command_cancel(struct exchange *x)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const struct caller *who = exchange_caller(x);
	const char *cid = exchange_var(x, 0);
	struct store_command c;
	struct err e = { 0 };
	int rc = may_see(x, cid, &e);
	if (rc >= 0)
		rc = store_command_find(
		    store_of(x), exchange_thread(x), a, cid, &c, &e);
	if (rc < 0) {
		exchange_reply_err(x, &e);
		return;
	}
	if (who->kind == CALLER_INSTANCE && !text_eq(c.issuer, who->id)) {
		exchange_reply_error(
		    x, 403, "an instance cancels only commands that it issued");
		return;
	}
	struct store_job *job = store_job_new(
	    STORE_command_cancel, exchange_thread(x), cancelled, x);
	job->command_cancel =
	    (struct store_command_cancel){ .cid = arena_strdup(job->a, cid),
		    .now = clock_now_ms() };
	store_submit(store_of(x), job);
}
