/* SPDX-License-Identifier: MIT */
/* The two destructors of plain values that AUTO uses most. */
#include "common/auto.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void
fd_close(int *fd)
{
	int saved = errno;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void
str_free(char **text)
{
	if (text == NULL)
		return;
	free(*text);
	*text = NULL;
}
