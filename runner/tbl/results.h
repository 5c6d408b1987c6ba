/* SPDX-License-Identifier: MIT */
/*
 * What a delivery's state means for the exit status of `rightlink run --tag`:
 * RESULT(state, exit, STYLE). exit: a row of runner/tbl/exits.h; the state
 * that is open when the command line ends was waited for too long. STYLE: how
 * the state is shown. A run that its time limit ended fails with exit_status
 * TIMED_OUT and counts as that.
 */
/* clang-format off */
RESULT(queued, TIMED_OUT, FAINT)
RESULT(offered, TIMED_OUT, FAINT)
RESULT(granted, TIMED_OUT, FAINT)
RESULT(running, TIMED_OUT, WARN)
RESULT(ok, OK, GOOD)
RESULT(failed, FAILED, BAD)
RESULT(interrupted, FAILED, BAD)
RESULT(rejected, FAILED, BAD)
RESULT(expired, UNDELIVERED, WARN)
RESULT(cancelled, CANCELLED, WARN)
RESULT(revoked, OK, FAINT)
RESULT(lost, FAILED, BAD)

/* Of several nodes the first of these that any of them has: SEVERITY(exit). */
SEVERITY(FAILED)
SEVERITY(TIMED_OUT)
SEVERITY(UNDELIVERED)
SEVERITY(CANCELLED)
