/* SPDX-License-Identifier: MIT */
/*
 * Where things are. The program finds its own parts relative to itself
 * (PREFIX/bin/rightlink -> PREFIX/libexec/rightlink, PREFIX/share/rightlink),
 * so a build tree works like an installation; RIGHTLINK_LIBEXEC and
 * RIGHTLINK_SHARE override. Everything that lasts lies below the state
 * directory:
 *
 *	state.json	state of the instance (runner/state.h)
 *	tags.json	tags of the instance (runner/fabric.h)
 *	schedules.json	schedules
 *	inbox/		remote requests not yet run
 *	runs/ULID/	one directory a run (runner/run.h)
 *	store/		fetched trees, owned by the fetch process
 *	cache/ backup/	file_cache_path and file_backup_path of the cook
 *	run-THREAD.sock	local socket of a run, while it is in progress
 *	run-THREAD.lock	held while perform does a run of the thread
 *	lock		held by the agent, or while a run without one is done
 *	agent.sock	local socket of the agent
 *	agent/		what the agent keeps
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

struct places {
	char *program; /* bin/rightlink, also for the programs beside it */
	char *libexec, *share, *state, *cron;
};

/* state_dir and cron_dir may be NULL: environment, then the default. The
 * state directory is made absolute, not made. Release with places_release. */
int places_find(const char *state_dir, const char *cron_dir,
    struct places *ret_places, struct err *e) MUST_CHECK;
void places_release(struct places *p);
/* Makes the state directory and those below it (0700, but store 0755 for the
 * unprivileged fetch process). */
int places_prepare(const struct places *p, struct err *e) MUST_CHECK;
/* PATH/NAME below the state directory; caller frees. */
char *places_state(const struct places *p, const char *name);
