/* SPDX-License-Identifier: MIT */
/*
 * Whom --tag, --id, --deployment and --online-only mean, asked of the router
 * once: what is shown to a person is what is signed.
 */
#pragma once

#include "runner/operator.h"

struct target_node {
	const char *id, *name;
};

struct target {
	struct target_node *nodes; /* by name; in op's arena */
	size_t len;
	size_t name_width; /* columns of the longest name, at most 40 */
};

/* Asks the router for the instances that carry the tags of `list` from `first`
 * on, in as many pages as it takes; each(id, {"tags", "name"}) for every one.
 * body holds the other members of route tags_query and is changed.
 * ERR_INVALID (a tag). */
int target_query(struct operation *op, const struct option_list *list,
    size_t first, struct jsn *body, jsn_member_fn each, void *arg,
    struct err *e) MUST_CHECK;
/* Does the command line name nodes at all? */
bool target_is_given(const struct options *o);
/* --tag and --id add up; --limit cuts. ERR_ABSENT (a node of --id),
 * ERR_INVALID (a tag). */
int target_resolve(
    struct operation *op, struct target *ret_target, struct err *e) MUST_CHECK;
/* Says on standard error whom `what` will meet and, above 10 nodes on a
 * terminal, asks. */
bool target_confirm(
    const struct operation *op, const struct target *t, const char *what);
