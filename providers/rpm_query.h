/* SPDX-License-Identifier: MIT */
/* What rpm says about files and installed packages. */
#pragma once

#include "providers/package.h"

/*
 * `rpm <verb> --queryformat ...` of a file ("-qp") or a name ("-q"): name and
 * VERSION-RELEASE in the arena, both NULL when there is no such package
 * (status 1). Other statuses are a Package error (RES-rpm-1).
 */
int rpm_query(struct provider_run *run, const struct view *view,
    const char *verb, const char *subject, const char **ret_name,
    const char **ret_version, struct err *e) MUST_CHECK;
/*
 * What the resource's source file holds: the item takes its name, and its
 * version as the candidate. 1 when it did, 0 when there is no source, no such
 * file, or no package in it.
 */
int rpm_query_source(struct provider_run *run, const struct view *view,
    struct package_item *item, struct err *e) MUST_CHECK;
/*
 * rpm's order of two VERSION or VERSION-RELEASE texts, with "EPOCH:" in front
 * if any: segments of digits or letters, digits newer than letters, "~"
 * older than the end. Negative, 0, positive.
 */
int rpm_version_compare(const char *a, const char *b);
