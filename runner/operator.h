/* SPDX-License-Identifier: MIT */
/*
 * What the commands of the operator share: the context, the loop, the API, and
 * how a failure is told.
 *
 *	struct operation op;
 *	int status = operator_open(&op, o, t);
 *	if (status == EXIT_STATUS_OK) {
 *		rc = ...(&op, &e);
 *		status = rc < 0 ? operator_fail(&op, &e) : EXIT_STATUS_OK;
 *	}
 *	operator_close(&op);
 *	return status;
 */
#pragma once

#include "common/arena.h"
#include "runner/api_client.h"
#include "runner/commands.h"
#include "runner/context.h"
#include "runner/exits.h"
#include "runner/table.h"

struct operation {
	const struct options *o;
	struct term *t;
	struct arena *arena; /* texts as long as the command */
	struct context context;
	struct loop *loop;
	struct api_client *api;
};

/* EXIT_STATUS_OK, or the failure is told already. Always operator_close. */
int operator_open(
    struct operation *op, const struct options *o, struct term *t);
void operator_close(struct operation *op);
/* Tells the failure, with the router's hint, and returns the exit status. */
int operator_fail(struct operation *op, const struct err *e);
/* open, fn, fail or close, in one. fn returns an exit status, or negative. */
typedef int (*operator_fn)(struct operation *op, struct err *e);
int operator_do(const struct options *o, struct term *t, operator_fn fn);

/* A call with one variable in its path (NULL: none), query words and body. */
int operator_call(struct operation *op, enum api_route route, const char *var,
    const char *const *query, const struct jsn *body, struct jsn **ret_body,
    struct err *e) MUST_CHECK;
/* Every item of the list `key` of a paged GET route, over its pages, at most
 * `limit` (0: all). A negative result of fn stops. */
typedef int (*operator_item_fn)(
    struct operation *op, struct jsn *item, void *arg, struct err *e);
int operator_each(struct operation *op, enum api_route route, const char *var,
    const char *const *query, const char *key, size_t limit,
    operator_item_fn fn, void *arg, struct err *e) MUST_CHECK;
/* A node by id or name (caller frees). ERR_ABSENT. */
int operator_node(struct operation *op, const char *name,
    struct jsn **ret_instance, struct err *e) MUST_CHECK;

/* The action that args begin with: its function, by name, with a did-you-mean.
 * The first row is taken when there are no arguments. */
struct operator_action {
	const char *name, *usage;  /* "nodes rename NODE NAME" */
	size_t min_args, max_args; /* after the action */
	operator_fn fn;
};
int operator_find_action(struct operation *op, const char *command,
    const struct operator_action *actions, size_t len, operator_fn *ret_fn,
    struct err *e) MUST_CHECK;

/* How long: "2.5 s", "12 min", "3 h", "2 d". */
void operator_duration(int64_t ms, char out[32]);
/* How long ago by the router's clock: "now", "12 s ago", "3 h ago"; "never"
 * for 0. */
#define OPERATOR_AGO_BYTES 48
void operator_ago(
    const struct operation *op, int64_t at_ms, char out[OPERATOR_AGO_BYTES]);
