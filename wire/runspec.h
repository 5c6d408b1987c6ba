/* SPDX-License-Identifier: MIT */
/*
 * What one cook run is to do: the agent fills a struct runspec and sends it
 * as the first frame on descriptor 3; the cook reads it back. The frame's
 * members are described in wire/tbl/frames.h (run_spec).
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"

#define RUNSPEC_VERSION 1
#define RUNSPEC_ITEMS_MAX 1000

enum runspec_kind {
	RUNSPEC_RECIPE,   /* name is "cookbook::recipe" or "cookbook" */
	RUNSPEC_ROLE,     /* name is the role's */
	RUNSPEC_RESOURCE, /* a resource declared by the agent */
};

struct runspec_item {
	enum runspec_kind kind;
	const char *name;
	const char *resource;   /* RUNSPEC_RESOURCE: its type */
	struct jsn *properties; /* RUNSPEC_RESOURCE: borrowed; may be NULL */
};

struct runspec_secret {
	const char *name, *value;
};

struct runspec {
	const char *run_id, *node_name;
	const char **cookbook_paths; /* cookbook_paths_len entries */
	size_t cookbook_paths_len;
	/* The rest of the texts may be NULL: absent. */
	const char *role_path, *data_bag_path, *environment_path, *environment;
	struct jsn *attributes; /* borrowed object; NULL: {} */
	struct runspec_item *items;
	size_t items_len;
	const char *file_cache_path; /* required */
	const char *file_backup_path, *lockfile, *stacktrace_path;
	bool why_run;
	const char *log_level, *socket, *compat;
	struct runspec_secret *secrets;
	size_t secrets_len;
};

/* A frame that satisfies its own check; the caller frees it. It holds the
 * secrets in clear: for descriptor 3 only. */
struct jsn *runspec_format(const struct runspec *spec);
/* Texts and lists live in `a`; attributes and properties borrow from
 * `frame`. ERR_PROTOCOL names the place: "run_spec: .run_list[2]: ...". */
int runspec_parse(struct arena *a, const struct jsn *frame,
    struct runspec *ret_spec, struct err *e) MUST_CHECK;
/* Letters, digits, '_' and '-', then optionally "::" and a recipe name of the
 * same letters and '.'? */
bool runspec_recipe_is_valid(const char *name);
