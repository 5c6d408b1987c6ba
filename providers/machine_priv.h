/* SPDX-License-Identifier: MIT */
/* The one machine: what both sides of the seam share. */
#pragma once

#include "providers/host.h"

#define VIEW_MAGIC 0x76696577u
#define HOST_MAGIC 0x686f7374u

struct view {
	unsigned magic;
};

struct host {
	unsigned magic;
	struct view view;
};

extern struct host machine;
