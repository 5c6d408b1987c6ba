/* SPDX-License-Identifier: MIT */
/*
 * A command: what a signed envelope of route command_submit says. Its JSON
 * (shape `command` of wire/tbl/command.h) is the payload, byte for byte.
 */
#pragma once

#include "common/arena.h"
#include "common/jsn.h"
#include "wire/shape.h"
#include "wire/tag.h"

#define COMMAND_MAX_BYTES ((size_t)384 << 10) /* COMMAND_IDS_MAX fit */
#define COMMAND_IDS_MAX 10000
#define COMMAND_LIFE_MAX_MS ((int64_t)30 * 24 * 3600 * 1000)
#define COMMAND_TTL_MS ((int64_t)24 * 3600 * 1000) /* when none is given */
#define COMMAND_HOPS_MAX 8

enum command_kind {
	COMMAND_RUN_RECIPE,
	COMMAND_RUN_SCRIPT,
	COMMAND_RUN_BOOT,
	COMMAND_DECOMMISSION,
	COMMAND_SHUTDOWN,
};

struct command {
	const char *cid, *name, *thread, *shutdown; /* may be NULL but cid */
	enum command_kind kind;
	struct jsn *attributes, *parameters; /* objects or NULL; borrowed */
	const char **ids;                    /* targets by id */
	size_t ids_len;
	struct jsn *tags; /* array, targets by tag; NULL: by id */
	enum tag_match match;
	bool any;          /* one of them is enough */
	const char *scope; /* deployment, or NULL: the issuer's reach */
	bool online_only, require_match, why_run, rerun;
	int64_t attempts;   /* rerun: at most so many executions */
	int64_t timeout_ms; /* of the run; 0: the bundle's */
	int64_t issued_at, not_after;
	int64_t hops;
};

/* Texts live in `a`, values borrow from *ret_value, which the caller frees
 * after the command. ERR_PROTOCOL (shape), ERR_SYNTAX, ERR_LIMIT; ERR_INVALID
 * with the JSON path: target by both ids and tags or neither, life over
 * COMMAND_LIFE_MAX_MS, hops, a member that the kind does not have. */
int command_parse(struct arena *a, struct str payload, struct jsn **ret_value,
    struct command *ret_command, struct err *e) MUST_CHECK;
/* The payload's text. cid, issued_at and not_after must be set. */
void command_format(const struct command *c, struct buf *out);
const char *command_kind_name(enum command_kind kind);
/* Is this instance, with these tags, meant? (.scope, online_only and any are
 * the router's to look at.) */
bool command_is_for(const struct command *c, const char *id,
    const struct tag *tags, size_t tags_len);
