/* SPDX-License-Identifier: MIT */
/* Answers for debconf before a package is installed (RES-package-7). */
#pragma once

#include "providers/package.h"

/*
 * When the resource has a response_file: brings it to the cache directory as
 * a template or cookbook file and, if that changed the file, feeds it to
 * debconf-set-selections. *ret_changed (may be NULL) tells which.
 */
int preseed_package(struct provider_run *run, struct host *host,
    const struct package_item *item, bool *ret_changed,
    struct err *e) MUST_CHECK;
/* The reconfig verb of dpkg and apt: preseed, then dpkg-reconfigure; 1 when
 * the file was up to date. */
int preseed_reconfigure(struct provider_run *run, struct host *host,
    const struct package_work *work, struct err *e) MUST_CHECK;
