/* SPDX-License-Identifier: MIT */
/*
 * Remote requests that were accepted and not yet run: one file each in
 * STATE/inbox/, named by request id, so that they sort by arrival. A request
 * is taken out before it is run: it is run at most once.
 */
#pragma once

#include "common/arena.h"
#include "runner/fabric.h"

#define INBOX_MAX 1000

struct inbox_item {
	const char *request_id, *from, *name;
	enum executable_kind kind;
	struct jsn *attributes; /* owned object: ready to be merged */
	struct jsn *parameters; /* owned object or NULL */
	int hops;
};

/* The node attributes of a remote request: {"remote_recipe": {"from",
 * "tags"}} with attributes merged in, deeply: what the sender set there stays.
 * Caller frees. */
struct jsn *inbox_attributes(
    const char *from, struct jsn *tags, const struct jsn *attributes);
/* Durable when it returns 0; attributes as above. */
int inbox_put(const struct places *p, const char *request_id, const char *from,
    const struct remote_request *request, struct err *e) MUST_CHECK;
/* Takes the oldest out. 1 with *ret_item (texts in `a`), 0 when it is empty.
 * A file that does not parse is put aside as NAME.bad: an error. */
int inbox_take(struct arena *a, const struct places *p,
    struct inbox_item *ret_item, struct err *e) MUST_CHECK;
void inbox_item_release(struct inbox_item *item);
