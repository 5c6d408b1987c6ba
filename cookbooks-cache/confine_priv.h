/* SPDX-License-Identifier: MIT */
/* Inside the room: the part of confine_privileges that filters calls. */
#pragma once

#include "common/base.h"
#include "common/err.h"

/* Needs PR_SET_NO_NEW_PRIVS. 0 also where the kernel has no filters. */
int confine_calls(struct err *e) MUST_CHECK;
