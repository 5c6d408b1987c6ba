/* SPDX-License-Identifier: MIT */
/* Old versions of changed and deleted files (RES-backup). */
#pragma once

#include "providers/provider.h"

/* Copies the file to its place among the backups and removes the oldest ones
 * over the resource's limit. Nothing when backups are off or there is no
 * file. */
int backup_make(struct provider_run *run, struct host *host, const char *path,
    struct err *e) MUST_CHECK;
