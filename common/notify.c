/* SPDX-License-Identifier: MIT */
/* The notification protocol of systemd: datagrams on a unix socket. */
#include "common/notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/auto.h"
#include "common/str.h"

void
notify_send(const char *lines)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (path[0] == '@') /* the abstract name space */
		to.sun_path[0] = '\0';
	AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	/* Nobody to tell of a failure: who listens is not ours. */
	ssize_t n = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, len);
	(void)n;
}

int64_t
notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");
	int64_t every_us, whose;
	if (usec == NULL || !str_to_i64(str_from(usec), 10, &every_us) ||
	    every_us <= 0)
		return 0;
	if (pid != NULL &&
	    (!str_to_i64(str_from(pid), 10, &whose) || whose != getpid()))
		return 0;
	return every_us / 1000;
}
