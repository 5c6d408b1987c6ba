/* SPDX-License-Identifier: MIT */
/* Is the router alive, can it work, what does it count, what can it do. */
#include <string.h>

#include "common/auto.h"
#include "router/metrics.h"
#include "router/router.h"
#include "router/routes.h"
#include "router/store.h"

#define METRICS_MAX_BYTES ((size_t)1 << 20)

void
route_healthz(struct exchange *x)
{
	exchange_reply_bytes(x, 200, "text/plain", STR("ok\n"));
}

void
route_readyz(struct exchange *x)
{
	struct err e = { 0 };
	if (exchange_is_draining(x))
		exchange_reply_error(x, 503, "the router is about to stop");
	else if (store_check_space(exchange_router(x)->store, &e) < 0)
		exchange_reply_error(x, 503, "%s", e.text);
	else
		exchange_reply_bytes(x, 200, "text/plain", STR("ready\n"));
}

void
route_metrics(struct exchange *x)
{
	const struct caller *c = exchange_caller(x);
	bool may_read = c->kind == CALLER_OPERATOR &&
			wire_words_have(c->scopes, STR("read"));
	if (!c->loopback && !may_read) {
		exchange_set_header(
		    x, "WWW-Authenticate", "Bearer realm=\"rightlink\"");
		exchange_reply_error(x, 401,
		    "metrics are for this machine, or for an operator's token "
		    "with the scope 'read'");
		return;
	}
	AUTO_BUF struct buf text = BUF_INIT(METRICS_MAX_BYTES);
	metrics_format(exchange_router(x), exchange_thread(x), &text);
	exchange_reply_bytes(x, 200, "text/plain; version=0.0.4",
	    (struct str){ buf_text(&text), text.len });
}

void
route_openapi(struct exchange *x)
{
	exchange_reply_bytes(
	    x, 200, "application/json", str_from(exchange_router(x)->openapi));
}
