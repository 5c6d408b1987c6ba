/* SPDX-License-Identifier: MIT */
/*
 * The routes of wire/tbl/api.h and the states of wire/tbl/deliveries.h as
 * tables: the router dispatches by them, clients build calls from them,
 * OpenAPI, manual and tests come from them.
 */
#pragma once

#include "common/buf.h"
#include "wire/shape.h"

enum api_route {
#define SHAPE(name_, prose_, list_)
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)                                                          \
	API_##name_,
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE
	API_ROUTES,
};

enum api_auth {
	API_AUTH_NONE,
	API_AUTH_INSTANCE,
	API_AUTH_OPERATOR,
	API_AUTH_ANY,
};

enum api_content {
	API_CONTENT_NONE,
	API_CONTENT_JSON,
	API_CONTENT_BYTES,
	API_CONTENT_TEXT,
	API_CONTENT_EVENTS,
};

struct wire_route {
	const char *name, *method, *path, *scope, *prose;
	enum api_auth auth;
	enum api_content in, out;
	struct wire_shape query, request, reply;
};

extern const struct wire_route wire_routes[API_ROUTES];
/* The SHAPEs of the table, also those that only prose speaks of. */
extern const struct wire_shape *const wire_api_shapes[];
extern const size_t wire_api_shapes_len;

#define API_PATH_VARS 2
struct api_vars {
	struct str values[API_PATH_VARS]; /* percent-decoded by the caller */
	size_t len;
};

/* The route of a method and path (no query). ERR_ABSENT: no such path;
 * ERR_UNSUPPORTED: the path has other methods, which the text names. */
int wire_route_find(const char *method, struct str path,
    enum api_route *ret_route, struct api_vars *ret_vars,
    struct err *e) MUST_CHECK;
/* The path of a route with {x} replaced by values, percent-encoded. */
void wire_route_path(
    enum api_route route, const char *const *values, struct buf *out);

/* All but letters, digits and -._~ as %XX, for query values too. */
void wire_percent_encode(const char *value, struct buf *out);

#define API_BODY_MAX_BYTES ((size_t)1 << 20)
#define API_APPEND_MAX_BYTES ((size_t)64 << 10)
#define API_ARTEFACT_MAX_BYTES ((size_t)1 << 30)
#define API_HOLD_MAX_MS 55000
#define API_OFFERS_MAX 100
#define API_SCOPES "read|run|bundle|admin"

enum delivery_state {
#define DELIVERY(name_, number_, end_, prose_) DELIVERY_##name_ = (number_),
#include "wire/tbl/deliveries.h"
#undef DELIVERY
};
const char *delivery_state_name(enum delivery_state s);
/* ERR_INVALID. */
int delivery_state_find(
    const char *name, enum delivery_state *ret_state, struct err *e) MUST_CHECK;
bool delivery_state_is_terminal(enum delivery_state s);
