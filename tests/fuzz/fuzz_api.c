/* SPDX-License-Identifier: MIT */
/*
 * What a request brings for each route. Input: METHOD, a blank, the path with
 * query, a newline, the body. Properties: a path that is found is written back
 * to a path that finds the same route with the same parts; a body that fits
 * its shape has every member that is needed, of its type, and still fits after
 * it was written and read again.
 */
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/jsn.h"
#include "router/http_parse.h"
#include "tests/fuzz/fuzz.h"
#include "wire/api.h"

#define PATH_MAX_BYTES ((size_t)4096)

/* False: a part of the path is none. */
static bool
read_parts(
    const struct api_vars *vars, char *room, const char *parts[API_PATH_VARS])
{
	struct err e = { 0 };
	for (size_t i = 0; i < vars->len; i++) {
		size_t len = 0;
		if (http_unescape(vars->values[i], false, room, &len, &e) < 0 ||
		    len == 0)
			return false;
		ASSERT(len <= vars->values[i].len && strlen(room) == len);
		parts[i] = room;
		room += len + 1;
	}
	return true;
}

static void
check_path(
    const char *method, enum api_route route, const struct api_vars *vars)
{
	char room[PATH_MAX_BYTES + 8], again_room[PATH_MAX_BYTES + 8];
	const char *parts[API_PATH_VARS], *again_parts[API_PATH_VARS];
	AUTO_BUF struct buf path = BUF_INIT(4 * PATH_MAX_BYTES);
	struct err e = { 0 };
	if (!read_parts(vars, room, parts))
		return;
	wire_route_path(route, parts, &path);
	enum api_route again;
	struct api_vars again_vars;
	struct str text = { buf_text(&path), path.len };
	int rc = wire_route_find(method, text, &again, &again_vars, &e);
	ASSERT(rc == 0);
	/* "self" as a part is the route of that name. */
	if (again != route)
		return;
	ASSERT(read_parts(&again_vars, again_room, again_parts));
	for (size_t i = 0; i < vars->len; i++)
		ASSERT(strcmp(parts[i], again_parts[i]) == 0);
}

static void
check_body(const struct wire_shape *shape, struct str body)
{
	AUTO(jsn_free) struct jsn *v = NULL;
	AUTO(jsn_free) struct jsn *again = NULL;
	AUTO_BUF struct buf text = BUF_INIT(8 * API_BODY_MAX_BYTES);
	struct err e = { 0 };
	if (jsn_parse(body, "body", API_BODY_MAX_BYTES, &v, &e) < 0 ||
	    wire_shape_check(shape, v, "body", &e) < 0) {
		ASSERT(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
		return;
	}
	for (const struct wire_field *f = shape->fields; f->name != NULL; f++) {
		enum jsn_type type = jsn_type(jsn_get(v, f->name));
		ASSERT(f->need == WIRE_MAY || type != JSN_NULL);
		if (type != JSN_NULL &&
		    (f->type == WIRE_STRING || f->type == WIRE_ENUM))
			ASSERT(type == JSN_STRING);
		if (type != JSN_NULL && f->type == WIRE_ENUM)
			ASSERT(wire_words_have(
			    f->words, jsn_str(jsn_get(v, f->name))));
	}
	jsn_format(v, JSN_PLAIN, &text);
	int rc = jsn_parse((struct str){ buf_text(&text), text.len }, "again",
	    8 * API_BODY_MAX_BYTES, &again, &e);
	ASSERT(rc == 0 && wire_shape_check(shape, again, "again", &e) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, line = { NULL, 0 };
	struct str method_text = { NULL, 0 }, path = { NULL, 0 };
	char method[16];
	struct api_vars vars;
	enum api_route route;
	struct err e = { 0 };
	if (size == 0 || size > API_BODY_MAX_BYTES ||
	    !str_split(&rest, '\n', &line) || line.len > PATH_MAX_BYTES ||
	    !str_split(&line, ' ', &method_text) ||
	    method_text.len >= sizeof(method) || !str_split(&line, '?', &path))
		return 0;
	memcpy(method, method_text.data, method_text.len);
	method[method_text.len] = '\0';
	if (wire_route_find(method, path, &route, &vars, &e) < 0)
		return 0;
	check_path(method, route, &vars);
	if (wire_routes[route].in == API_CONTENT_JSON && rest.data != NULL)
		check_body(&wire_routes[route].request, rest);
	return 0;
}
