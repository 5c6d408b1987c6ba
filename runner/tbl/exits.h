/* SPDX-License-Identifier: MIT */
/* Exit statuses of `rightlink`: EXIT(name, number, commands, prose); commands
 * as in runner/tbl/options.h: whose help names it. An interface: a number
 * never changes its meaning. A run ended by SIGINT or SIGTERM dies by that
 * signal (130 and 143 in a shell). `solo` has chef-solo's own. */
/* clang-format off */
EXIT(OK, 0, ALL, "success, whether or not something was changed; on nodes: on all of them")
EXIT(FAILED, 1, ALL, "the run, or what was asked, failed; on nodes: on at least one of them")
EXIT(UNDELIVERED, 20, TARGET, "some nodes never got it: expired, or given up before their batch")
EXIT(TIMED_OUT, 21, ENDS_LATE, "a run was ended at its time limit, or waiting was given up")
EXIT(CANCELLED, 22, TARGET, "cancelled before it had ended everywhere")
EXIT(NO_MATCH, 23, TARGET, "no node matches")
EXIT(REBOOT, 37, RUNS, "success, and a reboot is wanted (a script ended with 194, or rs_shutdown)")
EXIT(CONFIG, 43, ALL, "the bundle, its inputs, the context or the configuration is invalid; nothing was run")
EXIT(USAGE, 64, ALL, "unknown command or option, missing argument")
EXIT(BUSY, 75, RUNS, "another run is in progress on this machine")
