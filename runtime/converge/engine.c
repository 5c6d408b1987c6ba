/* SPDX-License-Identifier: MIT */
/*
 * The collection's turn, the notifications, and the end of a converge. The
 * queue keeps every entry ever queued, since an entry is never queued twice
 * in one converge, run or not (CORE-612).
 */
#include "runtime/converge/engine.h"

#include <stdlib.h>

/* A ring of resources that always change would notify for ever. */
#define DEPTH_MAX 500

struct engine {
	const struct converge_ops *ops;
	void *run;
	size_t position; /* of the next resource */
	struct converge_notice *queue;
	size_t queued, queue_room, sent;
	void **failures;
	size_t failure_count, failure_room;
	bool run_failed; /* failures[0] is of the converge itself */
	bool paused;     /* the collection's iterator was stopped */
	unsigned depth;  /* of immediate notifications */
	bool left;       /* control is on its way to a frame outside */
};

static void *
grown(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room == 0 ? 16 : *room * 2;
	return xreallocarray(items, *room, size);
}

/* After a failed call: keeps the failure for the end. */
static void
keep_failure(struct engine *g)
{
	void *failure = g->ops->take_failure(g->run);

	if (failure == NULL) {
		g->left = true;
		return;
	}
	g->ops->hold(g->run, failure);
	g->failures = grown(g->failures, g->failure_count, &g->failure_room,
	    sizeof(*g->failures));
	g->failures[g->failure_count++] = failure;
}

static bool
is_queued(const struct engine *g, const struct converge_notice *n)
{
	size_t i;

	for (i = 0; i < g->queued; i++)
		if (g->ops->same_notice(g->run, &g->queue[i], n))
			return true;
	return false;
}

static int
queue_delayed(struct engine *g, const struct converge_notice *n)
{
	if (is_queued(g, n))
		return g->ops->sending(g->run, n, SENDING_QUEUED_BEFORE);
	g->queue =
	    grown(g->queue, g->queued, &g->queue_room, sizeof(*g->queue));
	g->ops->hold(g->run, n->target);
	g->ops->hold(g->run, n->action);
	g->ops->hold(g->run, n->notifier);
	g->queue[g->queued++] = *n;
	return 0;
}

static int run_step(struct engine *g, const struct converge_step *s);

static int
send_one(struct engine *g, const struct converge_notice *n,
    enum converge_cause cause)
{
	struct converge_step s = { n->target, n->action, cause, n->notifier };
	enum converge_sending how =
	    cause == CAUSE_DELAYED ? SENDING_DELAYED : SENDING_NOW;

	if (g->ops->sending(g->run, n, how) < 0)
		return ERR_RUBY;
	return run_step(g, &s);
}

static int
notify(struct engine *g, void *resource, enum converge_cause which)
{
	struct converge_list list = { 0 };
	struct converge_notice n;
	size_t i;
	int r;

	if (g->ops->notices(g->run, resource, which, &list) < 0)
		return ERR_RUBY;
	for (i = 0; i < list.count; i++) {
		if (g->ops->notice(g->run, list.list, i, &n) < 0)
			return ERR_RUBY;
		r = which == CAUSE_IMMEDIATE ? send_one(g, &n, which)
					     : queue_delayed(g, &n);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
run_step(struct engine *g, const struct converge_step *s)
{
	int r;

	if (g->depth >= DEPTH_MAX)
		return g->ops->too_deep(g->run, s, g->depth);
	if (converge_action(g->ops, g->run, s) < 0)
		return ERR_RUBY;
	if (!g->ops->is_updated(g->run, s->resource))
		return 0;
	g->depth++;
	r = notify(g, s->resource, CAUSE_IMMEDIATE);
	g->depth--;
	return r < 0 ? ERR_RUBY : notify(g, s->resource, CAUSE_DELAYED);
}

static int
run_resource(struct engine *g, void *resource)
{
	struct converge_list actions = { 0 };
	size_t i;

	if (g->ops->actions(g->run, resource, &actions) < 0)
		return ERR_RUBY;
	for (i = 0; i < actions.count; i++) {
		struct converge_step s = {
			.resource = resource,
			.action = g->ops->action(g->run, actions.list, i),
			.cause = CAUSE_LIST,
		};

		if (run_step(g, &s) < 0)
			return ERR_RUBY;
	}
	return 0;
}

static int
run_collection(struct engine *g)
{
	int go = 1;

	while (go > 0 && g->position < g->ops->count(g->run)) {
		size_t here = g->position;

		g->position = here + 1; /* a failed one is not run again */
		if (g->ops->stand_at(g->run, here) < 0)
			return ERR_RUBY;
		if (run_resource(g, g->ops->at(g->run, here)) < 0)
			return ERR_RUBY;
		go = g->ops->next_index(g->run, here, &g->position);
	}
	if (go == 0)
		g->paused = true;
	return go < 0 ? ERR_RUBY : 0;
}

static int
resolve_all(struct engine *g)
{
	size_t i;

	for (i = 0; i < g->ops->count(g->run); i++)
		if (g->ops->resolve(g->run, g->ops->at(g->run, i)) < 0)
			return ERR_RUBY;
	return 0;
}

/* Every entry runs, whatever happened to those before it (CORE-630). */
static void
run_queue(struct engine *g)
{
	while (g->sent < g->queued && !g->left) {
		struct converge_notice n = g->queue[g->sent++];

		if (send_one(g, &n, CAUSE_DELAYED) < 0)
			keep_failure(g);
		else if (!g->run_failed && !g->paused && run_collection(g) < 0)
			keep_failure(g);
	}
}

static void
run_everything(struct engine *g)
{
	if (resolve_all(g) < 0) {
		keep_failure(g);
		return;
	}
	if (run_collection(g) < 0) {
		keep_failure(g);
		g->run_failed = true;
		if (!g->left)
			g->ops->flushing(g->run);
	}
	if (!g->left)
		run_queue(g);
}

int
converge_all(const struct converge_ops *ops, void *run)
{
	struct engine g = { .ops = ops, .run = run };
	int r = 0;

	run_everything(&g);
	if (g.left || g.failure_count > 0)
		r = ERR_RUBY;
	if (!g.left && g.failure_count > 0)
		ops->raise(run, g.failures, g.failure_count, g.run_failed);
	free(g.queue);
	free(g.failures);
	return r;
}
