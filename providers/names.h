/* SPDX-License-Identifier: MIT */
/*
 * Names of users and groups, remembered for the life of the process as long
 * as /etc/passwd and /etc/group stay the same. That is looked at no more than
 * every few milliseconds; names_forget() is for whoever may have changed an
 * account (host_run calls it). What is not found is never remembered.
 */
#pragma once

#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"

/* Name or decimal text; ERR_ABSENT. */
int names_uid(const char *name, uid_t *ret, struct err *e) MUST_CHECK;
int names_gid(const char *name, gid_t *ret, struct err *e) MUST_CHECK;
/* The name of an id, or its decimal text; in the arena. */
const char *names_user(struct arena *a, uid_t uid);
const char *names_group(struct arena *a, gid_t gid);
void names_forget(void);
