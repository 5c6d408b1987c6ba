/* SPDX-License-Identifier: MIT */
/* What remote_file and http_request share: request headers, the text of a
 * refused request, URIs that may be shown. */
#pragma once

#include "providers/provider.h"

/* Header lines of a Hash, then those of `more` whose name the Hash does not
 * have (any case). more may be NULL. NULL-terminated. */
const char *const *fetch_headers(
    struct arena *a, const struct value *map, const char *const *more);
/* The URI with its password replaced by XXXX. */
const char *fetch_shown(struct arena *a, const char *uri);
/* 0 for a status below 400; else the exception of Chef (Net::HTTP...) and
 * `404 "Not Found"`. */
int fetch_check_status(
    struct provider_run *run, int status, struct err *e) MUST_CHECK;
/* Sets run->exception for a failed services->download; returns rc. */
int fetch_blame(struct provider_run *run, int rc);
/* Value of a header of an answer, in the arena, or NULL. Lower-case name. */
const char *fetch_header(
    struct arena *a, const struct download_answer *answer, const char *name);
