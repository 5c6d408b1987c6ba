/* SPDX-License-Identifier: MIT */
/*
 * The client's end of STATE/agent.sock: for perform, and for the commands of
 * `rightlink` that a running agent carries out.
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "runner/places.h"

/* A connection, blocking, close-on-exec; the caller closes it. ERR_ABSENT:
 * no agent is running on this state directory; ERR_LIMIT: its path is too
 * long for a socket. */
int agent_connect(const struct places *p, struct err *e) MUST_CHECK;
/* One request and its reply; frames of another type before it go to `seen`
 * (may be NULL; borrowed). A reply that is not ok becomes an error with its
 * code. Caller frees the reply. ERR_TIMEOUT (timeout_ms without any frame),
 * ERR_CLOSED. */
int agent_ask(int fd, const struct jsn *request, int64_t timeout_ms,
    void (*seen)(const struct jsn *frame, void *arg), void *arg,
    struct jsn **ret_reply, struct err *e) MUST_CHECK;
/* The error that a reply tells; 0 when it is ok. */
int agent_reply_check(const struct jsn *reply, struct err *e) MUST_CHECK;
