/* SPDX-License-Identifier: MIT */
/* Exit statuses of `rightlink`: EXIT(name, number, prose). An interface: a
 * number never changes its meaning. A run ended by SIGINT or SIGTERM dies by
 * that signal (130 and 143 in a shell). `solo` has chef-solo's own. */
/* clang-format off */
EXIT(OK, 0, "success, whether or not something was changed")
EXIT(FAILED, 1, "the run, or what was asked, failed")
EXIT(REBOOT, 37, "success, and a reboot is wanted (a script ended with 194, or rs_shutdown)")
EXIT(CONFIG, 43, "the bundle, its inputs or the configuration is invalid; nothing was run")
EXIT(USAGE, 64, "unknown command or option, missing argument")
EXIT(BUSY, 75, "another run is in progress on this machine")
