/* SPDX-License-Identifier: MIT */
/*
 * The table of handlers. A route whose handler is in no file yet is answered
 * by route_unwritten (issue 4: this falls away with the last of them).
 */
#include "router/routes.h"

static void
route_unwritten(struct exchange *x)
{
	exchange_reply_error(
	    x, 501, "this router does not serve this route yet");
}

/* Weak: the file that has the handler wins. The library must be linked whole,
 * else the linker is content with these. */
#define SHAPE(name_, prose_, list_)
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)                                                          \
	__attribute__((weak, alias("route_unwritten"))) void route_##name_(    \
	    struct exchange *x);
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE

const route_fn route_handlers[API_ROUTES] = {
#define SHAPE(name_, prose_, list_)
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)                                                          \
	[API_##name_] = route_##name_,
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE
};
