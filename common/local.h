/* SPDX-License-Identifier: MIT */
/*
 * Unix stream sockets of this machine: who may speak is decided by the file's
 * mode (0600) and by the peer's user id. Descriptors are non-blocking and
 * close-on-exec; the caller closes them, and removes the listener's file.
 */
#pragma once

#include "common/err.h"

/* Listens at path, in place of what was there. ERR_LIMIT: longer than a
 * socket's address may be. */
int local_listen(
    const char *path, int backlog, int *ret_fd, struct err *e) MUST_CHECK;
/* The next connection of root or of our own user, or -1: none is there, or
 * its peer was somebody else and is gone. */
int local_accept(int fd);
