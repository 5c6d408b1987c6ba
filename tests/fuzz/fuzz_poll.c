/* SPDX-License-Identifier: MIT */
/*
 * A body of the API: every shape of the table is put to it, that of the
 * poll's answer above all; what an answer offers goes on to the envelope and
 * the command. The first line is also taken for a path.
 */
#include <string.h>

#include "common/arena.h"
#include "common/auto.h"
#include "tests/fuzz/fuzz.h"
#include "wire/api.h"
#include "wire/command.h"
#include "wire/envelope.h"

static void
look_at_offer(const struct jsn *offer)
{
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(jsn_free) struct jsn *value = NULL;
	struct command c;
	struct err e = { 0 };
	if (envelope_parse(jsn_get(offer, "envelope"), "offer", &v, &e) < 0)
		return;
	if (command_parse(a, (struct str){ v.payload.data, v.payload.len },
		&value, &c, &e) < 0) {
		ASSERT(e.text[0] != '\0');
		return;
	}
	ASSERT(c.hops <= COMMAND_HOPS_MAX && c.not_after > c.issued_at);
	(void)command_is_for(&c, "i-1", NULL, 0);
}

static void
look_at_path(struct str path)
{
	enum api_route route;
	struct api_vars vars = { .len = 0 };
	if (wire_route_find("GET", path, &route, &vars, NULL) < 0)
		return;
	ASSERT(route < API_ROUTES && vars.len <= API_PATH_VARS);
	for (size_t i = 0; i < vars.len; i++)
		ASSERT(vars.values[i].len > 0 &&
		       memchr(vars.values[i].data, '/', vars.values[i].len) ==
			   NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size }, rest = text, line;
	if (str_split(&rest, '\n', &line))
		look_at_path(line);
	AUTO(jsn_free) struct jsn *v = NULL;
	struct err e = { 0 };
	if (jsn_parse(text, "t", API_BODY_MAX_BYTES, &v, &e) < 0)
		return 0;
	for (int i = 0; i < API_ROUTES; i++) {
		(void)!wire_shape_check(&wire_routes[i].request, v, "t", &e);
		(void)!wire_shape_check(&wire_routes[i].reply, v, "t", &e);
	}
	if (wire_shape_check(&wire_routes[API_poll].reply, v, "t", &e) < 0)
		return 0;
	ASSERT(jsn_type(jsn_get(v, "time_ms")) == JSN_INT);
	const struct jsn *offers = jsn_get(v, "offers");
	for (size_t i = 0; i < jsn_len(offers); i++) {
		ASSERT(jsn_peek_str(jsn_at(offers, i), "cid", NULL) != NULL);
		look_at_offer(jsn_at(offers, i));
	}
	return 0;
}
