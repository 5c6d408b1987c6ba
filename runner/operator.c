/* SPDX-License-Identifier: MIT */
/* Opening, calling, paging, failing: what every command of the operator does.
 */
#include "runner/operator.h"

#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"

int
operator_open(struct operation *op, const struct options *o, struct term *t)
{
	*op = (struct operation){ .o = o, .t = t, .arena = arena_new() };
	struct err e = { 0 };
	if (context_load(o, &op->context, &e) < 0) {
		term_error(t, &e, EXIT_STATUS_CONFIG);
		return EXIT_STATUS_CONFIG;
	}
	op->loop = loop_new();
	op->api = api_client_new(op->loop, &op->context, t);
	if (o->retry >= 0)
		api_client_set_give_up(
		    op->api, o->retry > 0 ? o->retry * 1000 : 1);
	return EXIT_STATUS_OK;
}

void
operator_close(struct operation *op)
{
	term_progress_end(op->t);
	api_client_free(&op->api);
	loop_free(&op->loop);
	context_release(&op->context);
	arena_free(&op->arena);
}

int
operator_fail(struct operation *op, const struct err *e)
{
	int status =
	    e->code == ERR_UNSUPPORTED ? EXIT_STATUS_USAGE : EXIT_STATUS_FAILED;
	term_progress_end(op->t);
	term_error_hint(op->t, e,
	    op->api != NULL ? api_client_hint(op->api) : NULL, status);
	return status;
}

int
operator_do(const struct options *o, struct term *t, operator_fn fn)
{
	struct operation op;
	int status = operator_open(&op, o, t);
	if (status == EXIT_STATUS_OK) {
		struct err e = { 0 };
		int rc = fn(&op, &e);
		status = rc < 0 ? operator_fail(&op, &e) : rc;
	}
	operator_close(&op);
	return status;
}

int
operator_call(struct operation *op, enum api_route route, const char *var,
    const char *const *query, const struct jsn *body, struct jsn **ret_body,
    struct err *e)
{
	struct api_request q = {
		.route = route, .vars = { var }, .query = query, .body = body
	};
	return api_do(op->api, &q, ret_body, e);
}

#define QUERY_WORDS_MAX 16

/* The words of the caller and the cursor. */
static void
page_query(const char *const *query, const char *cursor,
    const char *out[QUERY_WORDS_MAX])
{
	size_t n = 0;
	for (; query != NULL && query[n] != NULL; n++) {
		ASSERT(n + 3 < QUERY_WORDS_MAX);
		out[n] = query[n];
	}
	if (cursor != NULL) {
		out[n++] = "cursor";
		out[n++] = cursor;
	}
	out[n] = NULL;
}

int
operator_each(struct operation *op, enum api_route route, const char *var,
    const char *const *query, const char *key, size_t limit,
    operator_item_fn fn, void *arg, struct err *e)
{
	AUTO_STR char *cursor = NULL;
	size_t count = 0;
	do {
		const char *words[QUERY_WORDS_MAX];
		page_query(query, cursor, words);
		AUTO(jsn_free) struct jsn *page = NULL;
		int rc = operator_call(op, route, var, words, NULL, &page, e);
		const struct jsn *items = jsn_get(page, key);
		for (size_t i = 0; rc >= 0 && i < jsn_len(items); i++) {
			if (limit > 0 && count++ == limit)
				return 0;
			rc = fn(op, jsn_at(items, i), arg, e);
		}
		if (rc < 0)
			return rc;
		str_free(&cursor);
		const char *next = jsn_peek_str(page, "next", NULL);
		cursor = next != NULL ? xstrdup(next) : NULL;
	} while (cursor != NULL);
	return 0;
}

int
operator_node(struct operation *op, const char *name, struct jsn **ret_instance,
    struct err *e)
{
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc =
	    operator_call(op, API_instance_get, name, NULL, NULL, &reply, e);
	if (rc < 0)
		return err_wrap(e, "node '%.100s'", name);
	*ret_instance = jsn_ref(jsn_get(reply, "instance"));
	return 0;
}

static int
unknown_action(const char *command, const char *name,
    const struct operator_action *actions, size_t len, struct err *e)
{
	const char *names[32];
	ASSERT(len <= ARRAY_LEN(names));
	for (size_t i = 0; i < len; i++)
		names[i] = actions[i].name;
	const char *near = nearest_name(name, names, len);
	return err_set(e, ERR_UNSUPPORTED, "%s: unknown action '%.64s'%s%s%s",
	    command, name, near ? "; did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
}

int
operator_find_action(struct operation *op, const char *command,
    const struct operator_action *actions, size_t len, operator_fn *ret_fn,
    struct err *e)
{
	const struct option_list *args = &op->o->args;
	if (args->len == 0) {
		*ret_fn = actions[0].fn;
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		if (!text_eq(actions[i].name, args->list[0]))
			continue;
		if (args->len - 1 < actions[i].min_args ||
		    args->len - 1 > actions[i].max_args)
			return err_set(e, ERR_UNSUPPORTED,
			    "usage: rightlink %s", actions[i].usage);
		*ret_fn = actions[i].fn;
		return 0;
	}
	return unknown_action(command, args->list[0], actions, len, e);
}

void
operator_duration(int64_t ms, char out[32])
{
	if (ms < 0)
		ms = 0;
	if (ms < 100000)
		snprintf(
		    out, 32, "%d.%d s", (int)(ms / 1000), (int)(ms / 100 % 10));
	else if (ms < (int64_t)100 * 60000)
		snprintf(out, 32, "%d min", (int)(ms / 60000));
	else if (ms < (int64_t)100 * 3600000)
		snprintf(out, 32, "%d h", (int)(ms / 3600000));
	else
		snprintf(out, 32, "%d d", (int)(ms / 86400000 % 100000));
}

void
operator_ago(
    const struct operation *op, int64_t at_ms, char out[OPERATOR_AGO_BYTES])
{
	int64_t ms = clock_now_ms() + api_client_skew_ms(op->api) - at_ms;
	char duration[32];
	if (at_ms <= 0 || ms < 2000) {
		snprintf(out, OPERATOR_AGO_BYTES, at_ms > 0 ? "now" : "never");
		return;
	}
	operator_duration(ms, duration);
	if (ms < 100000)
		snprintf(duration, sizeof(duration), "%d s", (int)(ms / 1000));
	snprintf(out, OPERATOR_AGO_BYTES, "%s ago", duration);
}
