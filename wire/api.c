/* SPDX-License-Identifier: MIT */
/* wire/tbl/api.h and wire/tbl/deliveries.h made into arrays, and looking
 * things up in them. */
#include "wire/api.h"

#include <string.h>

#include "wire/fields.h"

#define SHAPE(name_, prose_, list_) SHAPE_OF_FIELDS(name_, prose_, list_)
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)                                                          \
	FIELDS(query_of_##name_, query_)                                       \
	FIELDS(request_of_##name_, request_)                                   \
	FIELDS(reply_of_##name_, reply_)
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE

/* Shapes that only prose speaks of, so that documents can name them. */
const struct wire_shape *const wire_api_shapes[] = {
#define SHAPE(name_, prose_, list_) &shape_##name_,
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE
};
const size_t wire_api_shapes_len = ARRAY_LEN(wire_api_shapes);

const struct wire_route wire_routes[API_ROUTES] = {
#define SHAPE(name_, prose_, list_)
#define ROUTE(name_, method_, path_, auth_, scope_, in_, out_, prose_, query_, \
    request_, reply_)                                                          \
	[API_##name_] = {                                                      \
		.name = #name_,                                                \
		.method = #method_,                                            \
		.path = path_,                                                 \
		.scope = scope_,                                               \
		.prose = prose_,                                               \
		.auth = API_AUTH_##auth_,                                      \
		.in = API_CONTENT_##in_,                                       \
		.out = API_CONTENT_##out_,                                     \
		.query = { "query", prose_, query_of_##name_ },                \
		.request = { "request", prose_, request_of_##name_ },          \
		.reply = { "reply", prose_, reply_of_##name_ },                \
	},
#include "wire/tbl/api.h"
#undef SHAPE
#undef ROUTE
};

/* Segment by segment; false when they differ. */
static bool
path_matches(const char *pattern, struct str path, struct api_vars *vars)
{
	struct str left = str_from(pattern), want, have;
	*vars = (struct api_vars){ .len = 0 };
	for (;;) {
		bool more = str_split(&left, '/', &want);
		if (more != str_split(&path, '/', &have))
			return false;
		if (!more)
			return true;
		if (want.len > 0 && want.data[0] == '{') {
			if (have.len == 0)
				return false;
			ASSERT(vars->len < API_PATH_VARS);
			vars->values[vars->len++] = have;
		} else if (!str_eq(want, have)) {
			return false;
		}
	}
}

int
wire_route_find(const char *method, struct str path, enum api_route *ret_route,
    struct api_vars *ret_vars, struct err *e)
{
	AUTO_BUF struct buf methods = BUF_INIT(200);
	struct api_vars vars, best_vars = { .len = 0 };
	int best = -1;
	for (int i = 0; i < API_ROUTES; i++) {
		const struct wire_route *r = &wire_routes[i];
		if (!path_matches(r->path, path, &vars))
			continue;
		buf_printf(
		    &methods, "%s%s", methods.len > 0 ? ", " : "", r->method);
		/* A written segment wins over a variable one. */
		if (text_eq(r->method, method) &&
		    (best < 0 || vars.len < best_vars.len)) {
			best = i;
			best_vars = vars;
		}
	}
	if (methods.len == 0)
		return err_set(e, ERR_ABSENT, "no such path '%.*s'",
		    (int)(path.len < 200 ? path.len : 200), path.data);
	if (best < 0)
		return err_set(e, ERR_UNSUPPORTED,
		    "this path has no method %.20s, but %s", method,
		    buf_text(&methods));
	*ret_route = (enum api_route)best;
	*ret_vars = best_vars;
	return 0;
}

void
wire_percent_encode(const char *value, struct buf *out)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-._~";
	for (; *value != '\0'; value++) {
		if (strchr(plain, *value) != NULL)
			buf_add_char(out, *value);
		else
			buf_printf(
			    out, "%%%02X", (unsigned)(unsigned char)*value);
	}
}

void
wire_route_path(
    enum api_route route, const char *const *values, struct buf *out)
{
	struct str left = str_from(wire_routes[route].path), part;
	(void)!str_split(&left, '/', &part); /* before the first slash */
	while (str_split(&left, '/', &part)) {
		buf_add_char(out, '/');
		if (part.len > 0 && part.data[0] == '{')
			wire_percent_encode(*values++, out);
		else
			buf_add(out, part.data, part.len);
	}
}

static const struct {
	enum delivery_state state;
	const char *name;
	enum {
		OPEN,
		TERMINAL
	} end;
} deliveries[] = {
#define DELIVERY(name_, number_, end_, prose_)                                 \
	{ DELIVERY_##name_, #name_, end_ },
#include "wire/tbl/deliveries.h"
#undef DELIVERY
};

const char *
delivery_state_name(enum delivery_state s)
{
	for (size_t i = 0; i < ARRAY_LEN(deliveries); i++) {
		if (deliveries[i].state == s)
			return deliveries[i].name;
	}
	return "unknown";
}

int
delivery_state_find(
    const char *name, enum delivery_state *ret_state, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(deliveries); i++) {
		if (text_eq(deliveries[i].name, name)) {
			*ret_state = deliveries[i].state;
			return 0;
		}
	}
	return err_set(
	    e, ERR_INVALID, "'%.40s' is no state of a delivery", name);
}

bool
delivery_state_is_terminal(enum delivery_state s)
{
	for (size_t i = 0; i < ARRAY_LEN(deliveries); i++) {
		if (deliveries[i].state == s)
			return deliveries[i].end == TERMINAL;
	}
	return false;
}
