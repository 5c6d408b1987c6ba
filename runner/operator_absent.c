/* SPDX-License-Identifier: MIT */
/* Which nodes are not there. */
#include "runner/operator_absent.h"

#include <stdlib.h>

#include "common/auto.h"
#include "common/clock.h"

#define ASKED_MAX 5 /* nodes; of more it is said how many wait */

struct question {
	struct absent *absent;
	char *id;
	struct api_call *call;
};

struct absent {
	struct operation *op;
	size_t len;
	struct question list[ASKED_MAX];
	bool told_more;
};

struct absent *
absent_new(struct operation *op)
{
	struct absent *a = xcalloc(1, sizeof(*a));
	a->op = op;
	return a;
}

void
absent_free(struct absent **at)
{
	if (at == NULL || *at == NULL)
		return;
	for (size_t i = 0; i < (*at)->len; i++) {
		api_cancel(&(*at)->list[i].call);
		free((*at)->list[i].id);
	}
	free(*at);
	*at = NULL;
}

static void
on_answer(int rc, const struct api_answer *a, const struct err *e, void *arg)
{
	(void)e;
	struct question *q = arg;
	q->call = NULL;
	const struct jsn *node = rc < 0 ? NULL : jsn_get(a->body, "instance");
	const char *presence = jsn_peek_str(node, "presence", "online");
	if (text_eq(presence, "online"))
		return;
	struct operation *op = q->absent->op;
	char ago[OPERATOR_AGO_BYTES];
	operator_ago(op, jsn_peek_int(node, "last_seen", 0), ago);
	term_note(op->t,
	    "'%s' is %s, seen %s; it gets the command when it comes, if that "
	    "is in time",
	    jsn_peek_str(node, "name", "?"), presence, ago);
}

static bool
is_asked(const struct absent *a, const char *id)
{
	for (size_t i = 0; i < a->len; i++) {
		if (text_eq(a->list[i].id, id))
			return true;
	}
	return false;
}

static void
ask(struct absent *a, const char *id)
{
	struct question *q = &a->list[a->len++];
	*q = (struct question){ .absent = a, .id = xstrdup(id) };
	struct api_request r = {
		.route = API_instance_get,
		.vars = { q->id },
		.done = on_answer,
		.arg = q,
	};
	struct err ignored = { 0 };
	(void)!api_start(a->op->api, &r, &q->call, &ignored);
}

void
absent_look(struct absent *a, const struct jsn *const *deliveries, size_t len)
{
	size_t more = 0;
	for (size_t i = 0; i < len; i++) {
		const char *state = jsn_peek_str(deliveries[i], "state", "");
		const char *id = jsn_peek_str(deliveries[i], "id", "");
		if ((!text_eq(state, "queued") && !text_eq(state, "offered")) ||
		    is_asked(a, id))
			continue;
		if (a->len < ASKED_MAX)
			ask(a, id);
		else
			more++;
	}
	if (more > 0 && !a->told_more) {
		a->told_more = true;
		term_note(a->op->t,
		    "%zu more nodes have not taken it yet: 'rightlink nodes' "
		    "shows who is online",
		    more);
	}
}
