/* SPDX-License-Identifier: MIT */
/*
 * The fetch process: libexec/rightlink/fetch. Started by an agent or a cook
 * with a socket on descriptor 3; takes no arguments.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cookbooks-cache/serve.h"

#define FETCH_FD 3

int
main(int argc, char **argv)
{
	(void)argv;
	struct stat st;
	if (argc != 1 || fstat(FETCH_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		fputs("fetch: started by rightlink, with a socket on "
		      "descriptor 3\n",
		    stderr);
		return 2;
	}
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	umask(022);
	struct err e = { 0 };
	int status = serve_run(FETCH_FD, &e);
	if (e.code != 0)
		fprintf(stderr, "fetch: %s\n", e.text);
	return status;
}
