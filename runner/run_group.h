/* SPDX-License-Identifier: MIT */
/*
 * One control group (cgroup version 2) a run, so that nothing that a run
 * started can hide from its end: not by a new session, not by a cleared
 * environment. Only where the machine lets us make groups below our own (a
 * service with Delegate=yes, or root with a writable hierarchy); without, the
 * mark in the environment has to do (proc_kill_marked).
 */
#pragma once

#include <sys/types.h>

#include "common/base.h"

struct run_groups;

/* Never NULL. Removes groups of former runs that are empty by now. */
struct run_groups *run_groups_open(void);
void run_groups_close(struct run_groups **g);
/* Are there groups on this machine? */
bool run_groups_work(const struct run_groups *g);
/* Makes the run's group: its directory, which the caller closes. -1: none. */
int run_group_make(const struct run_groups *g, const char *run_id);
/* Kills every process of the run, by group and by mark. */
void run_group_kill(const struct run_groups *g, const char *run_id);
/* Removes the group unless daemons of the run live on in it. */
void run_group_leave(const struct run_groups *g, const char *run_id);
