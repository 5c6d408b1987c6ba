/* SPDX-License-Identifier: MIT */
/* libexec/rightlink/router: `rightlink router ...`. */
#include <stdlib.h>
#include <sys/stat.h>

#include "router/commands.h"

int
main(int argc, char **argv)
{
	/* A reader that went away is a failed write, not our end. */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	umask(022);
	exit(router_command_line(argc, argv));
}
