/* SPDX-License-Identifier: MIT */
/* What serve.c hands on: a checked request in, the frame of its result out
 * (caller frees). They confine the process; each is its last work. */
#pragma once

#include "common/err.h"
#include "common/jsn.h"

int serve_pack(
    const struct jsn *q, struct jsn **ret_reply, struct err *e) MUST_CHECK;
int serve_unpack(
    const struct jsn *q, struct jsn **ret_reply, struct err *e) MUST_CHECK;
