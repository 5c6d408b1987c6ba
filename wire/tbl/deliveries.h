/* SPDX-License-Identifier: MIT */
/*
 * States of a delivery (one command on one instance):
 * DELIVERY(name, number, TERMINAL or OPEN, prose). The numbers are stored.
 */
/* clang-format off */
DELIVERY(queued, 0, OPEN, "accepted, not yet seen by the agent")
DELIVERY(offered, 1, OPEN, "in an answer to the agent's poll")
DELIVERY(granted, 2, OPEN, "the agent has journaled it and may run it, nobody else")
DELIVERY(running, 3, OPEN, "the agent has begun")
DELIVERY(ok, 10, TERMINAL, "ran and succeeded")
DELIVERY(failed, 11, TERMINAL, "ran and failed")
DELIVERY(interrupted, 12, TERMINAL, "began and was cut short (a crash, a reboot, an operator)")
DELIVERY(rejected, 13, TERMINAL, "the agent refused it: signature, target, policy, freshness")
DELIVERY(expired, 14, TERMINAL, "not granted in time")
DELIVERY(cancelled, 15, TERMINAL, "cancelled before it was granted")
DELIVERY(revoked, 16, TERMINAL, "given to another instance instead, before it was granted")
DELIVERY(lost, 17, TERMINAL, "granted, and the instance is gone or forgot it")
