/* SPDX-License-Identifier: MIT */
/*
 * What a service of Type=notify tells systemd: lines such as "READY=1",
 * "STOPPING=1", "RELOADING=1", "WATCHDOG=1", "STATUS=...". Without
 * NOTIFY_SOCKET nothing happens.
 */
#pragma once

#include "common/base.h"

void notify_send(const char *lines);
/* The supervisor wants a WATCHDOG=1 at least so often; half of it is a good
 * pace. 0: it does not watch this process. */
int64_t notify_watchdog_ms(void);
