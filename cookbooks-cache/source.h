/* SPDX-License-Identifier: MIT */
/*
 * Where trees come from. Each kind brings its tree into the store, or finds
 * it there; nothing is downloaded that the store has, and with `offline` the
 * network is not asked at all.
 */
#pragma once

#include "common/digest.h"
#include "cookbooks-cache/store.h"

struct source {
	const char *name;
	const char *kind; /* directory, tarball, git */
	const char *url;
	const char *ref;    /* git; NULL: HEAD */
	const char *sha256; /* tarball; NULL: not given */
	const char *path;   /* wanted directory inside the tree, or NULL */
	const char *what;   /* tree, cookbooks, cookbook */
};

struct source_context {
	struct store *store;
	struct fetch_limits limits;
	bool offline;
};

struct fetched {
	struct digest_text id;
	char commit[65]; /* git, else "" */
	bool is_cached;
	int64_t bytes; /* downloaded */
};

/* Errors name the place, not the source, and say what to do where something
 * can be done. ERR_ABSENT, ERR_INVALID,
 * ERR_LIMIT, ERR_DIGEST, ERR_NETWORK, ERR_REMOTE, ERR_SYNTAX, ERR_SYS,
 * ERR_UNSUPPORTED. */
int source_fetch(const struct source_context *c, const struct source *s,
    struct fetched *ret, struct err *e) MUST_CHECK;
