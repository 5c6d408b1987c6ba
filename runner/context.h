/* SPDX-License-Identifier: MIT */
/*
 * Where an operator's router is and who the operator is there: the context
 * file (docs/adr/0004-fabric.md), a JSON object
 *
 *	{"router": URL, "ca": FILE, "token": TEXT, "key": FILE}
 *
 * of mode 0600. Paths in it are relative to its directory.
 */
#pragma once

#include "common/err.h"
#include "runner/options.h"

struct context {
	char *path;     /* the context file */
	char *router;   /* https://HOST[:PORT], no slash at the end */
	char *ca_file;  /* PEM to pin; NULL: the system's */
	char *token;    /* the operator's */
	char *key_file; /* NULL: what must be signed cannot be sent */
};

/* Is there a context file for these options? Nothing is read. */
bool context_exists(const struct options *o);
/* Of commands that work with and without a router: shall it be the router?
 * When one is named, or when there is a context and nothing says local. */
bool context_is_wanted(const struct options *o);
/* ERR_ABSENT: there is none; ERR_SYNTAX, ERR_INVALID (a member is wrong,
 * readable by others). Release with context_release. */
int context_load(const struct options *o, struct context *ret_context,
    struct err *e) MUST_CHECK;
void context_release(struct context *c);
