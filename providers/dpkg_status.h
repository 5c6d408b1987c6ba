/* SPDX-License-Identifier: MIT */
/* dpkg's own list of packages, read without starting dpkg. */
#pragma once

#include "providers/view.h"

enum dpkg_state {
	DPKG_UNSURE, /* not listed, in between, or of several architectures */
	DPKG_INSTALLED,
};

/*
 * Looks the package up in $DPKG_ADMINDIR/status (default /var/lib/dpkg).
 * DPKG_INSTALLED sets *ret_version (in the arena). Everything that needs
 * dpkg's judgement, also an unreadable file, is DPKG_UNSURE.
 */
enum dpkg_state dpkg_status_find(const struct view *view, struct arena *a,
    const char *package, const char **ret_version);
