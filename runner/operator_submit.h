/* SPDX-License-Identifier: MIT */
/* Commands are made, signed with the operator's key, and handed over. */
#pragma once

#include "common/clock.h"
#include "runner/operator.h"
#include "wire/command.h"

/* At most so many nodes in one command. */
#define SUBMIT_IDS_MAX 5000

struct sign_key;

/* The key of the context. ERR_INVALID when it has none. */
int operator_key(
    struct operation *op, struct sign_key **ret_key, struct err *e) MUST_CHECK;
/*
 * Fills in cid and times (by the router's clock when ours is wrong), signs and
 * submits; the same words again while the router does not answer. c->ids or
 * c->tags says whom. ret_reply is that of route command_submit (caller frees).
 * ERR_INVALID names what the command line got wrong.
 */
int command_submit(struct operation *op, const struct sign_key *key,
    struct command *c, char ret_cid[ULID_TEXT_BYTES], struct jsn **ret_reply,
    struct err *e) MUST_CHECK;
