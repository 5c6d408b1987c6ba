/* SPDX-License-Identifier: MIT */
/* JSON that may be kept: every text of it has passed the mask. */
#pragma once

#include "common/jsn.h"
#include "common/secret.h"

/* A new object (caller frees) with the members of `object`, texts masked at
 * every depth, keys as they are, without the frame member "type". mask may be
 * NULL. */
struct jsn *mask_json(const struct mask *mask, const struct jsn *object);
