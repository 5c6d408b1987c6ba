/* SPDX-License-Identifier: MIT */
/* The table of handlers. */
#include "router/routes.h"

const route_fn route_handlers[API_ROUTES] = {
#define SHAPE(name_, prose_, list_)
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)                                                          \
	[API_##name_] = route_##name_,
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE
};
