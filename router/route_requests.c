/* SPDX-License-Identifier: MIT */
/* A short question to one instance, answered over its poll (router/fabric.h).
 * Nothing of it is stored. */
#include <string.h>

#include "common/auto.h"
#include "router/fabric.h"
#include "router/router.h"
#include "router/routes.h"

#define TIMEOUT_MAX_MS 30000
#define TIMEOUT_MS 10000

/* NULL: no answer came in time. */
static void
on_answer(struct jsn *body, void *arg)
{
	struct exchange *x = arg;
	if (body == NULL) {
		exchange_reply_error(
		    x, 504, "the instance gave no answer in time");
		return;
	}
	struct jsn *o = jsn_new_object();
	jsn_set(o, "body", body);
	exchange_reply_json(x, 200, o);
}

void
route_request_live(struct exchange *x)
{
	struct router *r = exchange_router(x);
	const struct jsn *q = exchange_json(x);
	struct store_instance i;
	struct err e = { 0 };
	int64_t timeout_ms = jsn_peek_int(q, "timeout_ms", TIMEOUT_MS);
	if (timeout_ms < 1 || timeout_ms > TIMEOUT_MAX_MS) {
		exchange_reply_error(x, 422,
		    "body: .timeout_ms: must be 1 to %d", TIMEOUT_MAX_MS);
		return;
	}
	int rc = store_instance_resolve(r->store, exchange_thread(x),
	    exchange_arena(x), jsn_peek_str(q, "id", ""), &i, &e);
	if (rc == 0)
		rc = live_ask(r->fabric, i.id, jsn_peek_str(q, "type", ""),
		    jsn_get(q, "body"), timeout_ms, exchange_thread(x),
		    on_answer, x, &e);
	if (rc < 0)
		exchange_reply_err(x, &e);
}
