/* SPDX-License-Identifier: MIT */
/*
 * The event stream: who listens on which thread. Events are rows of the store;
 * a commit that made some wakes the threads that have listeners, and each
 * listener is sent what lies behind its last one.
 */
#pragma once

#include "common/base.h"

struct router;
struct events;

struct events *events_new(struct router *r);
void events_free(struct events **v);
/* There are new events. Any thread. */
void events_wake(struct events *v);
int64_t events_listeners(const struct events *v);
