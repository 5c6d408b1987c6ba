/* SPDX-License-Identifier: MIT */
/* The exit statuses of runner/tbl/exits.h as constants. */
#pragma once

enum exit_status {
#define EXIT(name, number, commands, prose) EXIT_STATUS_##name = number,
#include "runner/tbl/exits.h"
#undef EXIT
};
