/* SPDX-License-Identifier: MIT */
/* SELinux contexts of what was changed (RES-selinux). */
#pragma once

#include "providers/provider.h"

/* Adds the change that restores the context when SELinux is on, wanted by
 * the configuration, and the plan has changes already. */
int selinux_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, int kind, struct err *e) MUST_CHECK;
int selinux_apply(struct provider_run *run, struct host *host, const char *path,
    bool directory, struct err *e) MUST_CHECK;
