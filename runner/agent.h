/* SPDX-License-Identifier: MIT */
/*
 * The agent: the process that boots a server and stays operational. It joins
 * two halves that do not know each other: the channel to the router
 * (runner/session.h) and what runs things here (runner/supervisor.h). Both
 * share the loop and the journal.
 *
 * Without an identity (nobody joined) it serves this machine alone: boot,
 * schedules, requests of its local socket.
 */
#pragma once

#include "common/err.h"
#include "runner/places.h"
#include "runner/settings.h"

struct agent;

/* Settings and places outlive it. ERR_STATE: another agent runs here;
 * ERR_ABSENT: nobody joined and no bundle is given. */
int agent_open(const struct settings *settings, const struct places *places,
    struct agent **ret_agent, struct err *e) MUST_CHECK;
void agent_close(struct agent **a);
/* Runs until it is asked to end (SIGTERM, SIGINT) or the instance has left.
 * 1: it wants to be started anew, with the identity that is on disk now. */
int agent_serve(struct agent *a, struct err *e) MUST_CHECK;
