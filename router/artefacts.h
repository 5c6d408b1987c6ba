/* SPDX-License-Identifier: MIT */
/* Archives of the router as files (router/route_artefacts.c). */
#pragma once

#include "common/base.h"

struct router;

#define ROUTER_ARTEFACTS_DIR "artefacts"

/* After its row is gone: nothing refers to it any more. */
void artefact_remove(const struct router *r, const char *sha256);
/* -1: no file. */
int64_t artefact_size(const struct router *r, const char *sha256);
