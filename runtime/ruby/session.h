/* SPDX-License-Identifier: MIT */
/*
 * The cook's talk with the agent: the run spec that came first on descriptor
 * 3, the events that go back, the secrets that must not be printed. Without
 * an agent (solo, a stock ruby) events go nowhere and nothing is masked. Only
 * the process that opened the session sends: what a recipe forks stays mute.
 */
#pragma once

#include "common/buf.h"
#include "common/err.h"
#include "common/jsn.h"

/* Reads and checks the run spec from fd. */
int session_open(int fd, struct err *e) MUST_CHECK;
bool session_is_open(void);
/* The run spec, borrowed; NULL without an agent. */
const struct jsn *session_spec(void);
/* Is this the process that the session belongs to? True without one. */
bool session_is_ours(void);
/* Sends {"type":"event","event":name,...}; takes the frame. A dead agent is
 * not an error here: the run goes on to its end. */
void session_send(struct jsn *frame);
void session_mask(struct str text, struct buf *out);
