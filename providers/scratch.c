/* SPDX-License-Identifier: MIT */
/* Scratch files, each in a private directory. */
#include "providers/scratch.h"

#include <stdlib.h>
#include <unistd.h>

int
scratch_make(struct arena *a, struct scratch *ret, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	if (tmp == NULL || tmp[0] != '/')
		tmp = "/tmp";
	char *dir = arena_printf(a, "%s/rightlink-XXXXXX", tmp);
	if (mkdtemp(dir) == NULL)
		return err_sys(e, "create a directory in '%s'", tmp);
	ret->dir = dir;
	ret->path = arena_printf(a, "%s/body", dir);
	return 0;
}

void
scratch_remove(struct scratch *s)
{
	if (s->dir == NULL)
		return;
	unlink(s->path);
	rmdir(s->dir);
	*s = (struct scratch){ 0 };
}
