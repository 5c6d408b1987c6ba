/* SPDX-License-Identifier: MIT */
/* What git and subversion share: destinations and their requirements. */
#pragma once

#include "providers/command.h"

/* The destination without trailing slashes. */
const char *scm_destination(struct provider_run *run);
/* Absent, or a directory without entries? */
bool scm_is_vacant(
    struct provider_run *run, const struct view *view, const char *path);
/* Requirement: the directory that the destination goes into exists. */
int scm_require_parent(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *destination, struct err *e) MUST_CHECK;
/* Requirement: the program is on PATH. */
int scm_require_program(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *program, struct err *e) MUST_CHECK;
