/* SPDX-License-Identifier: MIT */
/*
 * A call to the router that is repeated until it is answered or its time is
 * over: after no answer, and after 408, 425, 429 and 5xx, with growing pauses.
 * Only for calls that may be repeated: queries, and those that carry their own
 * id.
 */
#pragma once

#include "runner/supervisor.h"

struct patients;

/* ports must have a call; both outlive it. */
struct patients *patients_open(
    struct loop *l, const struct supervisor_ports *ports);
/* Who waits hears ERR_CLOSED. ports answer no more by then. */
void patients_close(struct patients **p);
/* c->done hears of it once: the answer that is final, or ERR_TIMEOUT with
 * what was wrong at last. c->timeout_ms is the limit of all attempts. */
void patient_call(struct patients *p, const struct port_call *c);
