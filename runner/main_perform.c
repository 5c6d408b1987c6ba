/* SPDX-License-Identifier: MIT */
/*
 * The perform process: libexec/rightlink/perform. Started by the agent with a
 * socket on descriptor 3; takes no arguments.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "runner/perform.h"

#define PERFORM_FD 3

int
main(int argc, char **argv)
{
	(void)argv;
	struct stat st;
	if (argc != 1 || fstat(PERFORM_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		fputs("perform: started by the agent, with a socket on "
		      "descriptor 3\n",
		    stderr);
		return 2;
	}
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	umask(022);
	struct err e = { 0 };
	int rc = perform_run(PERFORM_FD, &e);
	if (rc < 0)
		fprintf(stderr, "perform: %s\n", e.text);
	return rc < 0;
}
