/* SPDX-License-Identifier: MIT */
/* Inside common: what starting, supervising and tree killing share. */
#pragma once

#include "common/proc.h"

/* Running children of ours, so that a tree kill leaves them alone. */
void proc_remember(pid_t pid);
void proc_forget(pid_t pid);

/*
 * Descendants of one child, found by session and parent in /proc.
 * 1. proc_tree_begin before the start: makes this process the sub-reaper.
 * 2. proc_tree_kill (common/proc.h) after the child was reaped: kills and reaps
 * what is left of its session and what it orphaned to us.
 * 3. proc_tree_end; the last of several restores the sub-reaper attribute.
 */
struct proc_tree {
	pid_t *before; /* children that we had already */
	size_t before_len;
};
void proc_tree_begin(struct proc_tree *t);
void proc_tree_end(struct proc_tree *t);
