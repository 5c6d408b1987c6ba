/* SPDX-License-Identifier: MIT */
/*
 * The handlers: route_NAME for each row of wire/tbl/api.h. The server calls
 * one after the caller is known and allowed, the query, the body and its shape
 * are checked (router/httpd.h says what a handler may do).
 */
#pragma once

#include "router/httpd.h"

typedef void (*route_fn)(struct exchange *x);

#define SHAPE(name_, prose_, list_)
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)                                                          \
	void route_##name_(struct exchange *x);
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE

/* The handler of each route, by enum api_route. */
extern const route_fn route_handlers[API_ROUTES];
