/* SPDX-License-Identifier: MIT */
/* Unix stream sockets of this machine. */
#include "common/local.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/auto.h"

int
local_listen(const char *path, int backlog, int *ret_fd, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(at.sun_path))
		return err_set(e, ERR_LIMIT,
		    "local socket: path '%s' is longer than %zu bytes; choose "
		    "a shorter state directory",
		    path, sizeof(at.sun_path) - 1);
	memcpy(at.sun_path, path, strlen(path) + 1);
	AUTO_FD int fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "local socket");
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "remove '%s'", path);
	mode_t mask = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)&at, sizeof(at));
	int sys = errno;
	umask(mask);
	if (rc < 0)
		return err_sysno(e, sys, "bind '%s'", path);
	if (listen(fd, backlog) < 0)
		return err_sys(e, "listen on '%s'", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static bool
peer_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

int
local_accept(int listener)
{
	AUTO_FD int fd =
	    accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 || !peer_is_trusted(fd))
		return -1;
	return TAKE_FD(fd);
}
